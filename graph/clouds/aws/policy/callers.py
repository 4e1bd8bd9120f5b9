"""All identities of the facts as a table: positions, accounts, kinds, and who a name in a Principal element may mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from graph.clouds.aws.facts import AwsFacts, PrincipalKind
from graph.clouds.aws.policy.principals import Entry, caller_of
from graph.policy.bits import bits, full
from graph.policy.index import Index

Codes = npt.NDArray[np.int32]
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
_SESSION = re.compile(r"arn:[^:]+:sts::(\d{12}):assumed-role/([^/]+)/")


class Callers(Index):
    """Positions are those of `facts.principals`, which are sorted by key."""

    def __init__(self, facts: AwsFacts) -> None:
        self.principals = facts.principals
        super().__init__([p.key for p in self.principals])
        self.callers = tuple(map(caller_of, self.principals))
        self.accounts = tuple(sorted({p.account or "" for p in self.principals}))
        codes = {account: i for i, account in enumerate(self.accounts)}
        self.account_code: Codes = np.array([codes[p.account or ""] for p in self.principals], np.int32)
        self.kind_code: Codes = np.array([self._side(i) for i in range(self.size)], np.int32)
        self._canonical = facts.canonical_ids
        self._named: dict[str, set[int]] = defaultdict(set)
        self._learn_names()

    def _side(self, i: int) -> int:
        """Callers whose layers are combined alike: strangers without policies here, service-linked roles, the rest."""
        caller, outside = self.callers[i], self.principals[i].kind is PrincipalKind.OUTSIDE
        return 4 * caller.is_iam + 2 * outside + caller.service_linked

    def _learn_names(self) -> None:
        for i, caller in enumerate(self.callers):
            for name in (caller.arn, caller.uid, caller.behind, caller.provider):
                self._named[name].add(i)
            if ":oidc-provider/" in caller.provider:
                self._named[caller.provider.partition(":oidc-provider/")[2]].add(i)
            if caller.arn.partition(":role/")[1]:
                self._named[f"{caller.account}/{caller.arn.rsplit('/', 1)[-1]}"].add(i)
            if caller.is_iam:
                self._named[f"account {caller.account}"].add(i)
                self._named["any account"].add(i)
        self._named.pop("", None)

    def meant_by(self, entries: Iterable[Entry]) -> set[int] | None:
        """Whom these entries may name; a superset, to be asked one by one. None: everybody."""
        found: set[int] = set()
        for kind, value in entries:
            if value == "*":
                return None
            found |= self._named.get(value, set())
            if kind == "CanonicalUser":
                account = self._canonical.get(value)
                found |= self._named.get("any account" if account is None else f"account {account}", set())
            if account_id := _ACCOUNT.fullmatch(value):
                found |= self._named.get(f"account {account_id.group(1)}", set())
            if session := _SESSION.match(value):
                found |= self._named.get(f"{session.group(1)}/{session.group(2)}", set())
        return found

    def bounded(self, i: int) -> bool:
        return self.principals[i].boundary is not None

    def in_account(self, code: int) -> int:
        return bits(np.flatnonzero(self.account_code == code).tolist()) & full(self.size)
