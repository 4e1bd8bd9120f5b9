"""All identities of the facts as a table: positions, standings, and whom a Principal element may mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.clouds.aws.facts import AwsFacts, PrincipalKind
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.principals import NOBODY, Caller, CallerKind, Entry, Named, named, not_named
from graph.policy.index import Index
from graph.policy.patterns import YES

Codes = npt.NDArray[np.int32]
# Condition keys that callers of equal standing share.
OF_STANDING = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "kms:calleraccount"),
        *("aws:principaltype", "aws:principalisawsservice", "aws:tokenissuetime"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"),
    }
)
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
_SESSION = re.compile(r"arn:[^:]+:sts::(\d{12}):assumed-role/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the organization and a Principal element without names can tell apart about a caller."""

    account: str | None
    kind: CallerKind
    outside: bool
    service_linked: bool
    saml: bool
    bounded: bool

    @property
    def is_iam(self) -> bool:
        return self.kind not in (CallerKind.SERVICE, CallerKind.FEDERATED, CallerKind.ANONYMOUS)


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """Whom a statement takes in: by standing, and by name.

    Those it means by name it takes in besides what their standing says; but if `apart` is there (a NotPrincipal that
    may spare some), then instead, and its codes tell them from all others.
    """

    broad: dict[int, Named]
    single: dict[int, Named]
    apart: Codes | None = None

    def of(self, i: int, standing: int) -> Named:
        """How it takes in a caller as one of a view."""
        if self.apart is not None and i in self.single:
            return self.single[i]
        return self.broad.get(standing, NOBODY)


NO_ONE = Naming({}, {})


class Callers(Index):
    """Positions are those of `facts.principals`, which are sorted by key."""

    def __init__(self, facts: AwsFacts, callers: Mapping[str, Caller]) -> None:
        self.principals = facts.principals
        super().__init__([p.key for p in self.principals])
        self.callers = tuple(callers[key] for key in self.names)
        self._canonical = facts.canonical_ids
        self._know_standings()
        self._know_names()
        self._namings: dict[object, Naming] = {}
        self._apart: dict[tuple[int, ...], tuple[tuple[Codes, ...], tuple[list[int], Codes]]] = {}

    def _know_standings(self) -> None:
        seen: dict[Standing, int] = {}
        self.representatives: list[int] = []  # one caller of each standing
        codes = []
        for i, (principal, caller) in enumerate(zip(self.principals, self.callers, strict=True)):
            outside = principal.kind is PrincipalKind.OUTSIDE
            bounded = principal.boundary is not None and caller.is_iam
            standing = Standing(caller.account, caller.kind, outside, caller.service_linked, caller.saml, bounded)
            codes.append(seen.setdefault(standing, len(seen)))
            if len(seen) > len(self.representatives):
                self.representatives.append(i)
        self.standings = tuple(seen)
        self.standing: Codes = np.array(codes, np.int32)
        self.standing_of = codes

    def told_apart(
        self, columns: tuple[Codes, ...], work: Callable[[Iterable[Codes]], tuple[list[int], Codes]]
    ) -> tuple[list[int], Codes]:
        """The classes that columns make, once for the very same ones: few conditions tell callers apart."""
        key = tuple(dict.fromkeys(map(id, columns)))
        if key not in self._apart:
            self._apart[key] = columns, work(columns)  # kept, so that ids stay theirs
        return self._apart[key][1]

    def where(self, holds: Callable[[Caller], object], *, outside: bool = True) -> frozenset[Standing]:
        """The standings of which it holds. An outside account stands for whoever is in it, so it can be left out."""
        pairs = zip(self.standings, self.representatives, strict=True)
        return frozenset(each for each, i in pairs if (outside or not each.outside) and holds(self.callers[i]))

    def _know_names(self) -> None:
        self._meant: dict[str, set[int]] = defaultdict(set)
        for i, caller in enumerate(self.callers):
            for name in (caller.arn, caller.uid, caller.behind, caller.provider):
                self._meant[name].add(i)
            if ":oidc-provider/" in caller.provider:
                self._meant[caller.provider.partition(":oidc-provider/")[2]].add(i)
            if ":role/" in caller.arn:
                self._meant[f"{caller.account}/{caller.arn.rsplit('/', 1)[-1]}"].add(i)
        self._meant.pop("", None)

    def meant(self, entries: Iterable[Entry]) -> set[int]:
        """Whom entries may mean by name; a superset, to be asked one by one."""
        found: set[int] = set()
        for _, value in entries:
            found |= self._meant.get(value, set())
            if session := _SESSION.match(value):
                found |= self._meant.get(f"{session.group(1)}/{session.group(2)}", set())
        return found

    def grantees(self, value: object) -> Iterable[int]:
        """Whom a grant's principal may mean; everybody, if it is not a text."""
        if not isinstance(value, str):
            return range(self.size)
        if account := _ACCOUNT.fullmatch(value):
            of_account = [i for i, caller in enumerate(self.callers) if caller.account == account.group(1)]
            return sorted({*of_account, *self.meant([("AWS", value)])})
        return sorted(self.meant([("AWS", value)]))

    # ----- Principal and NotPrincipal

    def naming(self, statement: Statement) -> Naming:
        """Whom the statement takes in. Worked out once for equal elements."""
        key = statement.principals, statement.not_principal, statement.not_principal and statement.allows
        if key not in self._namings:
            self._namings[key] = self._naming(statement)
        return self._namings[key]

    def bound_by_rcp(self, statement: Statement) -> Naming:
        """Whom a statement of an RCP takes in; without a Principal everybody, and never a service-linked role."""
        naming = self.naming(statement)
        if statement.principals is None:
            naming = Naming({code: Named(direct=YES) for code in range(len(self.standings))}, {})
        free = {code for code, standing in enumerate(self.standings) if standing.service_linked}
        broad = {code: how for code, how in naming.broad.items() if code not in free}
        single = {i: NOBODY if self.standing_of[i] in free else how for i, how in naming.single.items()}
        return Naming(broad, single, naming.apart)

    def _naming(self, statement: Statement) -> Naming:
        entries = statement.principals
        if entries is None:
            return NO_ONE
        broad = tuple(entry for entry in entries if _is_broad(entry))
        by_standing = [self._how(statement, broad, representative) for representative in self.representatives]
        single: dict[int, Named] = {}
        if statement.not_principal or not any(map(_is_everybody, entries)):
            single = {i: self._how(statement, entries, i) for i in sorted(self.meant(entries))}
            single = {i: how for i, how in single.items() if how != by_standing[self.standing_of[i]]}
        there = {code: how for code, how in enumerate(by_standing) if how != NOBODY}
        apart = self._told_apart(list(single)) if statement.not_principal and single else None
        return Naming(there, single, apart)

    def _told_apart(self, single: list[int]) -> Codes:
        codes: Codes = np.zeros(self.size, np.int32)
        codes[single] = np.arange(1, len(single) + 1)
        return codes

    def _how(self, statement: Statement, entries: tuple[Entry, ...], i: int) -> Named:
        caller = self.callers[i]
        if not statement.not_principal:
            return named(entries, caller, self._canonical)
        bounded = self.standings[self.standing_of[i]].bounded
        deny = not statement.allows
        return not_named(entries, caller, deny=deny, bounded=bounded, canonical_ids=self._canonical)


def _is_broad(entry: Entry) -> bool:
    """Names by account, or everybody of a kind."""
    kind, value = entry
    return value == "*" or kind == "CanonicalUser" or bool(_ACCOUNT.fullmatch(value))


def _is_everybody(entry: Entry) -> bool:
    return entry[1] == "*" and entry[0] in ("AWS", "*")
