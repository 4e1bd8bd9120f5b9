"""Whom a resource may let in from elsewhere, told by its policies, grants and lists; rather too many than too few."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.clouds.aws.facts import AwsFacts, PrincipalKind, Resource
from graph.clouds.aws.policy.documents import compile_policy
from graph.clouds.aws.policy.principals import Entry
from graph.model import Document, Json

INSIDE = frozenset({PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT})  # those that an account holds
_ACCOUNT = re.compile(r"\d{12}")
_GROUPS = "http://acs.amazonaws.com/groups/"


@dataclass(frozen=True, slots=True)
class Guests:
    """Accounts that are named, themselves or somebody in them; whether any account may come; and whether strangers."""

    accounts: frozenset[str] = frozenset()
    everybody: bool = False
    strangers: bool = False

    def __or__(self, other: Guests) -> Guests:
        if not (other.accounts or other.strangers):
            return self
        everybody, strangers = self.everybody or other.everybody, self.strangers or other.strangers
        return Guests(self.accounts | other.accounts, everybody, strangers)


NOBODY = Guests()
ANYBODY = Guests(everybody=True, strangers=True)


class Invitations:
    """The guests of resources; equal documents are read once."""

    def __init__(self, facts: AwsFacts, read: frozenset[str] = frozenset()) -> None:
        """`read` are further accounts of the estate; somebody's id that nobody here has may be of one of them."""
        self._canonical_ids = facts.canonical_ids
        self._read = read | {p.account for p in facts.principals if p.kind in INSIDE and p.account}
        self._of_id = {p.uid: p.account for p in facts.principals if p.uid and p.account}
        self._elsewhere = bool(read)
        self._known: dict[int, Guests] = {}
        self._kept: list[object] = []  # bodies stay alive, so that their ids stay theirs

    def to(self, resource: Resource) -> Guests:
        """Whom it may let in, its own account among them."""
        guests = NOBODY
        if resource.kind != "iam:group":  # its papers say what members may do
            for document in resource.policies:
                guests |= self._of_document(document)
        for grant in resource.grants:
            guests |= self._of_grant(grant.get("GranteePrincipal"))
        for listed in resource.acl:
            guests |= self._of_list(listed.get("Grantee"))
        if resource.attributes.get("assigned"):
            guests |= Guests(strangers=True)  # a directory hands its roles to people of no account
        return ANYBODY if resource.attributes.get("grants_unread") else guests

    def _of_document(self, document: Document) -> Guests:
        if document.body is None:
            return ANYBODY
        known = self._known.get(id(document.body))
        if known is None:
            known = self._known[id(document.body)] = self._read_document(document)
            self._kept.append(document.body)
        return known

    def _read_document(self, document: Document) -> Guests:
        policy = compile_policy(document)
        guests = ANYBODY if policy.problem else NOBODY
        for statement in policy.statements:
            if statement.allows and statement.principals is not None:
                guests |= ANYBODY if statement.not_principal else self._named(statement.principals)
        return guests

    def _named(self, entries: Iterable[Entry]) -> Guests:
        guests = NOBODY
        for kind, value in entries:
            if kind in ("AWS", "*"):
                guests |= self._of_aws(value)
            elif kind == "CanonicalUser":
                guests |= self._of_canonical_id(value)
            else:
                guests |= Guests(strangers=True)
        return guests

    def _of_aws(self, value: str) -> Guests:
        """An account, an ARN in one, or the id of somebody; an id that nobody has names nobody."""
        if value == "*":
            return ANYBODY
        account = value if _ACCOUNT.fullmatch(value) else (value.split(":", 5)[4:5] or [""])[0]
        account = account or self._of_id.get(value, value if self._elsewhere else "")
        return Guests(frozenset([account]), strangers=account not in self._read) if account else Guests(strangers=True)

    def _of_canonical_id(self, value: str) -> Guests:
        account = self._canonical_ids.get(value)
        return Guests(frozenset([account]), strangers=account not in self._read) if account else ANYBODY

    def _of_grant(self, grantee: Json) -> Guests:
        return self._of_aws(grantee) if isinstance(grantee, str) else ANYBODY

    def _of_list(self, grantee: Json) -> Guests:
        if not isinstance(grantee, Mapping) or str(grantee.get("URI", "")).startswith(_GROUPS):
            return ANYBODY
        return self._of_canonical_id(str(grantee.get("ID", "")))
