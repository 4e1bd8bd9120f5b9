"""Where the value of a condition key comes from: the principal, the resource, the snapshot, or nobody we know.

Both evaluators ask here, so that they cannot differ on what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from graph.cloud import Given
from graph.clouds.aws.facts import ELSEWHERE, Account, AwsFacts, Principal, PrincipalKind, Resource, Tags
from graph.clouds.aws.policy.documents import Policy, Statement, compile_policy
from graph.clouds.aws.policy.principals import Caller, CallerKind, caller_of
from graph.model import Document
from graph.policy.conditions import as_moment
from graph.policy.patterns import ABSENT, PRESENT, UNKNOWN, Context, Other, Some, State, action_matches

PrincipalFact = Callable[[Principal], State]
ResourceFact = Callable[[Resource], State]

# Keys that hold several values, even if there is one (IAM user guide, "Single-valued vs. multivalued context keys").
MULTIVALUED = frozenset(
    {
        "aws:tagkeys",
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:vpceorgpaths",
        "aws:principalservicenameslist",
        "sts:transitivetagkeys",
        "kms:encryptioncontextkeys",
    }
)


# One endpoint for all regions of the partition, so the caller has no choice of region.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html
ONE_ENDPOINT = frozenset({"iam", "organizations", "cloudfront", "route53", "support"})


# Of calls that set a boundary `iam:PermissionsBoundary` is the one asked for, of others the one that the identity has.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#available-keys-for-iam
_BOUNDARY = "iam:permissionsboundary"
_SETS_BOUNDARY = frozenset(
    {"iam:createuser", "iam:createrole", "iam:putuserpermissionsboundary", "iam:putrolepermissionsboundary"}
)


# Without a factor: a call with a long-lived key says nothing of factors, one with a session of it says there was none.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
_OF_FACTORS: Mapping[str, State] = {"aws:multifactorauthpresent": Other("true"), "aws:multifactorauthage": ABSENT}


def factorless(facts: AwsFacts) -> frozenset[str]:
    """Users who never show a second factor."""
    return frozenset(user.arn for user in facts.resources.get("iam:user", ()) if user.attributes.get("factorless"))


class Like(str):
    """A value that a question fixes only so far: some text of this form."""


def given_states(given: Given) -> dict[str, State]:
    """Context that a question fixes, as states: no value means that the key is absent."""
    return {key.lower(): _given_state(key.lower(), values) for key, values in given.items()}


def _given_state(key: str, values: tuple[str, ...]) -> State:
    if not values:
        return ABSENT
    if isinstance(values[0], Like):
        return Some(values[0])
    return values if len(values) > 1 or key in MULTIVALUED else values[0]


def tag_state(tags: Tags | None, name: str) -> State:
    """The value of a tag. Condition keys ignore case, tags do not: two that differ by case alone leave it open."""
    if tags is None:
        return UNKNOWN
    values = {value for key, value in tags.items() if key.lower() == name}
    return ABSENT if not values else values.pop() if len(values) == 1 else PRESENT


# ----- what a caller is, whoever describes it

_TYPES = {
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
    CallerKind.ROOT: "Account",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ANONYMOUS: "Anonymous",
}


# Identities' own calls never carry these; a service's call on behalf of a resource does.
_SERVICE_CALLS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})


def _principal_arn(caller: Caller) -> State:
    """For a session the ARN of its role, paths and all if it is known."""
    if not caller.is_iam:
        return ABSENT
    if caller.kind is CallerKind.SESSION:
        return caller.behind
    return caller.arn


def _own_account(caller: Caller) -> State:
    return caller.account if caller.is_iam and caller.account else ABSENT


def _user_name(caller: Caller) -> State:
    """Users only."""
    return caller.arn.rsplit("/", 1)[-1] if caller.kind is CallerKind.USER else ABSENT


def _user_id(caller: Caller) -> State:
    """Of a role `AROA…:name`, and who assumes it picks the name."""
    kind = caller.kind
    if kind is CallerKind.ANONYMOUS:
        return "anonymous"
    if kind is CallerKind.ROOT:
        return caller.account or PRESENT
    if kind is CallerKind.FEDERATED_USER:
        return f"{caller.account}:{caller.arn.rsplit('/', 1)[-1]}"
    if not caller.uid:
        return PRESENT if caller.is_iam else UNKNOWN
    if kind is CallerKind.SESSION:
        return caller.uid if ":" in caller.uid else f"{caller.uid}:{caller.arn.rsplit('/', 1)[-1]}"
    return Some(f"{caller.uid}:*") if kind is CallerKind.ROLE and ":" not in caller.uid else caller.uid


def _token_time(caller: Caller) -> State:
    """Temporary credentials have one; a user may or may not use them."""
    temporary = (CallerKind.ROLE, CallerKind.SESSION, CallerKind.FEDERATED_USER)
    return PRESENT if caller.kind in temporary else UNKNOWN


def _of_provider(key: str, caller: Caller) -> State | None:
    """`<host>:sub`, `<host>:aud`, `saml:sub`: what an identity provider says of a federated subject."""
    host, _, claim = key.rpartition(":")
    if not ("." in host or host == "saml"):
        return None
    if caller.kind is not CallerKind.FEDERATED:
        return UNKNOWN if caller.kind in (CallerKind.ROLE, CallerKind.SESSION) else ABSENT
    if host != _host(caller):
        return ABSENT
    if known := dict(caller.claims).get(claim):
        return known
    said = {"sub": caller.subject, "aud": caller.audience}.get(claim, "")
    return (Some(said) if "*" in said or "?" in said else said) if said else UNKNOWN


def _host(caller: Caller) -> str:
    """`saml`, or the host that begins the keys of an OIDC provider."""
    if ":saml-provider/" in caller.provider:
        return "saml"
    return (caller.provider.partition(":oidc-provider/")[2] or caller.provider).lower()


_OF_CALLER: Mapping[str, Callable[[Caller], State]] = {
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": _own_account,
    "kms:calleraccount": _own_account,
    "aws:principaltype": lambda who: _TYPES.get(who.kind, UNKNOWN),
    "aws:username": _user_name,
    "aws:userid": _user_id,
    "aws:principalisawsservice": lambda who: "true" if who.kind is CallerKind.SERVICE else "false",
    "aws:principalservicename": lambda who: who.arn if who.kind is CallerKind.SERVICE else ABSENT,
    "aws:principalservicenameslist": lambda who: (who.arn,) if who.kind is CallerKind.SERVICE else ABSENT,
    "aws:tokenissuetime": _token_time,
}


def of_caller(key: str, caller: Caller) -> State | None:
    """What follows from who calls, for a bulk request and for an estate alike; None if the key does not follow.

    IAM user guide, "AWS global condition context keys" and the table of principal key values.
    """
    if key in _OF_CALLER:
        return _OF_CALLER[key](caller)
    if key in _SERVICE_CALLS:
        return UNKNOWN if caller.kind is CallerKind.SERVICE else ABSENT
    return _of_provider(key, caller)


# ----- what the facts say


@dataclass(frozen=True, eq=False)
class Known:
    """The condition keys that the facts of an estate decide."""

    facts: AwsFacts
    compiled: Callable[[Document], Policy] = compile_policy

    @cached_property
    def callers(self) -> Mapping[str, Caller]:
        return {principal.key: caller_of(principal) for principal in self.facts.principals}

    @cached_property
    def session_tagged(self) -> frozenset[str]:
        """Roles whose trust lets a caller set session tags, so that their tags are not all there is."""
        roles = self.facts.resources.get("iam:role", ())
        return frozenset(role.arn for role in roles if _lets_tag(map(self.compiled, role.policies)))

    @cached_property
    def _organization(self) -> str | None:
        """The one organization, if all its accounts are in the facts: whoever is not there is outside it."""
        known = {account.organization for account in self.facts.accounts.values() if account.organization}
        only = known.pop() if len(known) == 1 else None
        return only if only in self.facts.whole_organizations else None

    @cached_property
    def _factorless(self) -> frozenset[str]:
        return factorless(self.facts)

    @cached_property
    def _of_factors(self) -> Mapping[str, PrincipalFact]:
        def told(state: State) -> PrincipalFact:
            return lambda principal: state if principal.key in self._factorless else UNKNOWN

        return {key: told(state) for key, state in _OF_FACTORS.items()}

    # ----- principal

    def principal(self, key: str) -> PrincipalFact | None:
        """How the key follows from the principal; None if it does not."""
        name, _, tag = key.partition("/")
        if name == "aws:principaltag":
            return lambda principal: self._principal_tag(principal, tag)
        own: Mapping[str, PrincipalFact] = {
            "aws:principalorgid": lambda principal: self._org_id(principal.account, principal),
            "aws:principalorgpaths": lambda principal: self._org_paths(principal.account, principal),
            "aws:principalarn": self._principal_arn,
            **(self._of_factors if self._factorless else {}),
        }
        if key in own:
            return own[key]
        if of_caller(key, Caller(CallerKind.ANONYMOUS)) is None:
            return None
        return lambda principal: self._of_caller(key, principal)

    def _of_caller(self, key: str, principal: Principal) -> State:
        state = of_caller(key, self._caller(principal))
        return UNKNOWN if state is None else state

    def _caller(self, principal: Principal) -> Caller:
        return self.callers.get(principal.key) or caller_of(principal)

    def _principal_arn(self, principal: Principal) -> State:
        """An outside account stands for whoever is in it."""
        caller = self._caller(principal)
        if principal.kind is PrincipalKind.OUTSIDE and caller.kind is CallerKind.ROOT:
            return Some(f"arn:*:*::{caller.account}:*")
        return _principal_arn(caller)

    def _principal_tag(self, principal: Principal, tag: str) -> State:
        if principal.kind in (PrincipalKind.ANONYMOUS, PrincipalKind.SERVICE):
            return ABSENT
        state = tag_state(principal.tags, tag)
        if principal.kind is PrincipalKind.ROLE and principal.key in self.session_tagged:
            return UNKNOWN if state in (ABSENT, UNKNOWN) else PRESENT
        return UNKNOWN if principal.kind in (PrincipalKind.FEDERATED, PrincipalKind.OUTSIDE) else state

    def _org_id(self, account: str | None, principal: Principal | None = None) -> State:
        state = self._organization_of(account, principal)
        return (state.organization or ABSENT) if isinstance(state, Account) else state

    def _org_paths(self, account: str | None, principal: Principal | None = None) -> State:
        state = self._organization_of(account, principal)
        if isinstance(state, Other):
            return Other(f"{state.than}/*")
        if not isinstance(state, Account):
            return state
        return (state.path,) if state.path else UNKNOWN if state.organization else ABSENT

    def _organization_of(self, account: str | None, principal: Principal | None) -> Account | State:
        """The account if its place is known, else what can be said of its organization."""
        if principal is not None and not self._caller(principal).is_iam:
            return ABSENT
        if account == ELSEWHERE:
            return ABSENT
        found = self.facts.accounts.get(account or "")
        if found is None:
            return Other(self._organization) if account and self._organization else UNKNOWN
        asked = found.organization is not None or found.scps is not None
        return found if asked else UNKNOWN

    # ----- resource

    def resource(self, key: str) -> ResourceFact | None:
        """How the key follows from the resource; None if it does not."""
        name, _, tag = key.partition("/")
        if name.endswith((":resourcetag", ":buckettag")) and tag:
            service = name.partition(":")[0]
            return lambda resource: _resource_tag(resource, service, tag)
        facts: dict[str, ResourceFact] = {
            "aws:resourceaccount": lambda resource: resource.account or UNKNOWN,
            "s3:resourceaccount": lambda resource: resource.account or UNKNOWN,
            "aws:resourceorgid": lambda resource: self._org_id(resource.account),
            "aws:resourceorgpaths": lambda resource: self._org_paths(resource.account),
            _BOUNDARY: _boundary_of,
            "aws:requestedregion": lambda resource: resource.region or region_of(resource.arn) or UNKNOWN,
        }
        return facts.get(key)

    # ----- everything else

    def of_action(self, action: str) -> Mapping[str, State]:
        """What follows from the action alone: where a global service is called, what the call itself brings."""
        fixed = self._commercial and action.lower().partition(":")[0] in ONE_ENDPOINT
        found: dict[str, State] = {"aws:requestedregion": "us-east-1"} if fixed else {}
        return {**found, _BOUNDARY: UNKNOWN} if action.lower() in _SETS_BOUNDARY else found

    @cached_property
    def _commercial(self) -> bool:
        """No identity is of China's or the government's partition, whose endpoints lie elsewhere."""
        beyond = self.facts.beyond
        return not {"aws-cn", "aws-us-gov"} & (beyond.partitions if beyond else partitions(self.facts.principals))

    def constant(self, key: str) -> State:
        """The snapshot's time is now; of all other keys nothing is known."""
        now = self.facts.collected_at
        if now is None:
            return UNKNOWN
        if key == "aws:currenttime":
            return now
        moment = as_moment(now) if key == "aws:epochtime" else None
        return str(int(moment.timestamp())) if moment else UNKNOWN

    def context(self, principal: Principal, resource: Resource, given: Mapping[str, State]) -> Context:
        """All that is known of one pair, for the point decision."""

        def state(key: str) -> State:
            if key in given:
                return given[key]
            if of_principal := self.principal(key):
                return of_principal(principal)
            if of_resource := self.resource(key):
                return of_resource(resource)
            return self.constant(key)

        return state


def partitions(principals: Iterable[Principal]) -> frozenset[str]:
    """The partitions that their ARNs name."""
    return frozenset(p.key.split(":", 2)[1] for p in principals if p.key.startswith("arn:"))


def _lets_tag(trusts: Iterable[Policy]) -> bool:
    return any(trust.problem or _speaks(trust.statements) for trust in trusts)


def _speaks(statements: Iterable[Statement]) -> bool:
    patterns = (pattern for statement in statements if statement.allows for pattern in statement.actions)
    return any(action_matches(pattern, "sts:TagSession") for pattern in patterns)


def region_of(arn: str) -> str:
    """The region in an ARN; IAM's and S3's have none."""
    parts = arn.split(":", 5)
    return parts[3] if len(parts) == 6 and "*" not in parts[3] else ""


def _boundary_of(resource: Resource) -> State:
    boundary = resource.attributes.get("boundary")
    return UNKNOWN if not isinstance(boundary, str) else boundary or ABSENT


def _resource_tag(resource: Resource, service: str, tag: str) -> State:
    """A service's own prefix reads the same tags, on its own resources (`secretsmanager:ResourceTag/…`).

    S3's tags take part only where attribute-based access control is on for the bucket.
    """
    if not resource.abac or service not in ("aws", resource.kind.partition(":")[0]):
        return ABSENT
    return tag_state(resource.tags, tag)
