"""Who calls, and in which ways a Principal or NotPrincipal element names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.policy.patterns import MAYBE, NO, YES, Tri, opposite


class CallerKind(StrEnum):
    """`role` is a role whose session name is open, so all its sessions; `session` is one of them."""

    USER = "user"
    ROLE = "role"
    SESSION = "session"
    ROOT = "root"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    FEDERATED = "federated"
    ANONYMOUS = "anonymous"


_IAM = frozenset({"user", "role", "session", "root", "federated-user"})
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request. `behind` is the ARN of the role behind a session, of the user behind a federated user.

    `uid` is the unique id (AIDA…, AROA…). A service has its name in `arn`; a federated subject its provider, with
    `subject` and `audience` as globs of what the provider may say, and `claims` with all values of some others.
    """

    kind: CallerKind
    arn: str = ""
    account: str | None = None
    behind: str = ""
    uid: str = ""
    provider: str = ""
    subject: str = ""
    audience: str = ""
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_iam(self) -> bool:
        """Has policies of its own and an account."""
        return self.kind.value in _IAM

    @property
    def saml(self) -> bool:
        """The subject of a SAML provider rather than of one that issues OIDC tokens."""
        return ":saml-provider/" in self.provider

    @property
    def service_linked(self) -> bool:
        """Known by its path, not its name: outside SCPs and RCPs."""
        return ":role/aws-service-role/" in (self.behind or self.arn)


def caller_from_arn(arn: str, uid: str = "") -> Caller | None:
    """The caller that a principal ARN, a service name or a provider ARN stands for; None if it is none of these."""
    if not arn.startswith("arn:"):
        return Caller(CallerKind.SERVICE, arn) if _is_service(arn) else None
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    partition, service, account, rest = parts[1], parts[2], parts[4], parts[5]
    first, _, name = rest.partition("/")
    if service == "iam" and first in ("oidc-provider", "saml-provider"):
        return Caller(CallerKind.FEDERATED, "", account, provider=arn)
    kind = {
        ("iam", "user"): CallerKind.USER,
        ("iam", "role"): CallerKind.ROLE,
        ("iam", "root"): CallerKind.ROOT,
        ("sts", "assumed-role"): CallerKind.SESSION,
        ("sts", "federated-user"): CallerKind.FEDERATED_USER,
    }.get((service, first))
    if kind is None or not account or (kind is not CallerKind.ROOT and not name):
        return None
    behind = {
        CallerKind.ROLE: arn,
        CallerKind.SESSION: f"arn:{partition}:iam::{account}:role/{name.split('/')[0]}",
        CallerKind.FEDERATED_USER: f"arn:{partition}:iam::{account}:user/{name}",
    }.get(kind, "")
    return Caller(kind, arn, account, behind, uid)


def _is_service(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", name))


_BY_KIND = {
    PrincipalKind.SERVICE: CallerKind.SERVICE,
    PrincipalKind.ANONYMOUS: CallerKind.ANONYMOUS,
    PrincipalKind.FEDERATED: CallerKind.FEDERATED,
}


def caller_of(principal: Principal) -> Caller:
    """The caller that an identity of the facts is. An outside account is its root user."""
    if principal.kind is PrincipalKind.FEDERATED:
        return Caller(
            CallerKind.FEDERATED,
            account=principal.account,
            provider=principal.provider,
            subject=principal.subject,
            audience=principal.audience,
            claims=principal.claims,
        )
    if principal.kind in _BY_KIND:
        return Caller(_BY_KIND[principal.kind], principal.key if principal.kind is PrincipalKind.SERVICE else "")
    found = caller_from_arn(principal.key, principal.uid)
    if found is None and principal.account:  # a root user known by its account
        found = Caller(CallerKind.ROOT, f"arn:aws:iam::{principal.account}:root", principal.account)
    return found or Caller(CallerKind.ANONYMOUS)


# ----- Principal


Entry = tuple[str, str]  # (type, value) as in {"AWS": "…"}; "*" alone is ("*", "*")


@dataclass(frozen=True, slots=True)
class Named:
    """The ways in which a Principal element names a caller; they add up, so several may hold.

    In the caller's own account they differ (IAM user guide, "How AWS enforcement code logic evaluates requests"):
    `direct` (user, session, everybody) is not bound by what boundary and session policy leave out; `role` is;
    `account` grants nothing, but opens the identity side for keys and trusts. `unread`: hangs on an id not mapped.
    """

    direct: Tri = NO
    role: Tri = NO
    account: Tri = NO
    unread: bool = False

    @property
    def any(self) -> Tri:
        return max(self.direct, self.role, self.account)

    @property
    def own(self) -> Tri:
        """Named itself, not only by its account."""
        return max(self.direct, self.role)

    def __or__(self, other: Named) -> Named:
        return Named(
            max(self.direct, other.direct),
            max(self.role, other.role),
            max(self.account, other.account),
            self.unread or other.unread,
        )


NOBODY = Named()
DIRECT, ROLE, ACCOUNT = Named(direct=YES), Named(role=YES), Named(account=YES)
CanonicalIds = Mapping[str, str]


def named(entries: Iterable[Entry], caller: Caller, canonical_ids: CanonicalIds | None = None) -> Named:
    """How a Principal element names the caller."""
    how = NOBODY
    for kind, value in entries:
        how |= _named_by(kind, value, caller, canonical_ids or {})
    return how


def _named_by(kind: str, value: str, caller: Caller, canonical_ids: CanonicalIds) -> Named:
    if value == "*" and kind in ("AWS", "*"):
        return DIRECT  # everybody: anonymous callers and services too
    if kind == "Service":
        return DIRECT if caller.kind is CallerKind.SERVICE and value in ("*", caller.arn) else NOBODY
    if kind == "Federated":
        return DIRECT if caller.kind is CallerKind.FEDERATED and _same_provider(value, caller.provider) else NOBODY
    if not caller.is_iam:
        return NOBODY
    if kind == "CanonicalUser":
        return _by_canonical_id(value, caller, canonical_ids)
    return _by_arn(value, caller)


def _same_provider(value: str, provider: str) -> bool:
    """A provider is written as its ARN, or as its host alone."""
    return value in ("*", provider) or value.partition(":oidc-provider/")[2] == provider != ""


def _by_canonical_id(value: str, caller: Caller, canonical_ids: CanonicalIds) -> Named:
    """A canonical user id stands for an account. One that is not mapped may be the caller's."""
    account = canonical_ids.get(value)
    if account is None:
        return Named(account=MAYBE, unread=True)
    return _account_named(caller) if account == caller.account else NOBODY


def _account_named(caller: Caller) -> Named:
    """The root user is its account."""
    return Named(direct=YES, account=YES) if caller.kind is CallerKind.ROOT else ACCOUNT


def _by_arn(value: str, caller: Caller) -> Named:
    """An ARN, an account or a unique id. Wildcards within an ARN name nobody; nor does the id of one deleted since."""
    if value == caller.arn or (caller.uid and value == caller.uid):
        return ROLE if caller.kind is CallerKind.ROLE else _account_named(caller) if _is_root(caller) else DIRECT
    account = _ACCOUNT.fullmatch(value)
    if account:
        return _account_named(caller) if account.group(1) == caller.account else NOBODY
    if caller.behind and value == caller.behind:
        return ROLE
    if caller.kind is CallerKind.SESSION and _same_role(value, caller):
        return ROLE
    if caller.kind is CallerKind.ROLE and value.startswith(session_prefix(caller)):
        return Named(direct=MAYBE)  # whoever assumes the role picks the session's name
    return NOBODY


def _is_root(caller: Caller) -> bool:
    return caller.kind is CallerKind.ROOT


def _same_role(value: str, caller: Caller) -> bool:
    """A session's ARN drops the path of its role."""
    head, _, name = value.partition(":role/")
    own_head, _, own_name = caller.behind.partition(":role/")
    return head == own_head and bool(name) and name.rsplit("/", 1)[-1] == own_name.rsplit("/", 1)[-1]


def session_prefix(caller: Caller) -> str:
    """How the ARNs of a role's sessions begin."""
    partition = caller.arn.split(":", 2)[1]
    return f"arn:{partition}:sts::{caller.account}:assumed-role/{caller.arn.rsplit('/', 1)[-1]}/"


# ----- NotPrincipal


def not_named(
    entries: tuple[Entry, ...],
    caller: Caller,
    *,
    deny: bool,
    bounded: bool,
    canonical_ids: CanonicalIds | None = None,
) -> Named:
    """How a NotPrincipal element takes in the caller.

    With Deny it hits everybody who has a boundary, whatever it lists (IAM, "Permissions boundaries"). Others are
    spared for sure only if the whole chain is listed: account and user; account and role (and session). Of a list
    with less the page says that it "might" not spare them ("NotPrincipal with Deny"), hence MAYBE.
    """
    how = named(entries, caller, canonical_ids)
    if not deny:
        # The page does not say whether an Allow spares the users of an account that is listed alone; a Deny does not.
        spared = max(how.own, min(how.account, MAYBE))
        return Named(direct=opposite(spared), unread=how.unread or spared is MAYBE)
    if not caller.is_iam:
        return Named(direct=opposite(how.direct))
    if bounded or (how.own == NO and not how.unread):
        return Named(direct=YES)
    account = how.account == YES or any(value == "*" for _, value in entries)
    if how.own == YES and account:
        return NOBODY
    return Named(direct=MAYBE, unread=True)
