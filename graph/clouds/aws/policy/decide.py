"""One request decided, slowly and obviously: every layer asked, then put together. The referee of the set engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graph.clouds.aws.policy import rules
from graph.clouds.aws.policy.documents import Policy
from graph.clouds.aws.policy.kms import grantable, grants_allow
from graph.clouds.aws.policy.layers import (
    FALSE,
    TRUE,
    UNREAD,
    Applied,
    Question,
    Said,
    Truth,
    any_of,
    by_principal,
    everybody,
    levels,
    one_level,
    open_conditions,
    plainly,
)
from graph.clouds.aws.policy.principals import Caller, CallerKind
from graph.clouds.aws.policy.s3 import acl_allows, is_public
from graph.model import Because, Condition, Decision, Json, Verdict
from graph.policy.patterns import MAYBE, NO, YES, Context, Tri

LAYERS = ("identity", "resource", "boundary", "scp", "rcp", "session", "endpoint")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that decides one call. `resource` is `*` for an action without resource type.

    `resource_account` is None for what belongs to nobody in particular (a foundation model): then as in the own
    account. `scps` and `rcps` are levels, root first; none where none apply. `vouched`: the caller's own account is
    not ours to read, and its owner can grant the identity side. `public_block` None: not known.
    """

    caller: Caller
    action: str
    resource: str
    context: Context
    resource_account: str | None = None
    identity: tuple[Policy, ...] = ()
    vouched: bool = False
    boundary: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] = ()
    resource_policies: tuple[Policy, ...] = ()
    scps: tuple[tuple[Policy, ...], ...] = ()
    rcps: tuple[tuple[Policy, ...], ...] = ()
    endpoints: tuple[Policy, ...] = ()
    public_block: bool | None = False
    acl: tuple[Mapping[str, Json], ...] = ()
    grants: tuple[Mapping[str, Json], ...] = ()
    grants_unread: bool = False
    canonical_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def same_account(self) -> bool:
        """Caller and resource share an account; a service and an anonymous caller have none.

        What belongs to no account (a foundation model) is each caller's own, in the caller's account: an outside
        account uses its own access to it, which is no matter of the accounts that were read.
        """
        account = self.caller.account
        if self.resource_account is None:
            return account is not None and not self.vouched
        return account == self.resource_account

    @property
    def question(self) -> Question:
        bounded = bool(self.boundary) and self.caller.is_iam
        return Question(self.caller, self.action, self.resource, self.context, self.canonical_ids, bounded)


@dataclass(frozen=True, slots=True)
class Route:
    """One way of being let in, and the layers it passes through. `how` is the way of being named it takes."""

    truth: Truth
    layers: tuple[str, ...]
    how: str = ""


@dataclass(frozen=True)
class Weighed:
    """What every layer said of a request, and the ways in. `always` or `never`: policies do not decide, and why."""

    request: Request
    said: Mapping[str, Said] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    always: str = ""
    never: str = ""
    constraints: tuple[Condition, ...] = ()  # open constraints of grants

    @property
    def granted(self) -> Truth:
        """Let in by some way, the ceilings that bind every way left aside."""
        return any_of(route.truth for route in self.routes)

    @property
    def allow(self) -> Truth:
        return self.granted & self.said["scp"].allow & self.said["endpoint"].allow

    @property
    def deny(self) -> Truth:
        return any_of(said.deny for said in self.said.values())

    @property
    def verdict(self) -> Verdict:
        if self.always or self.never:
            return Verdict.ALLOWED if self.always else Verdict.DENIED
        return verdict_of(self.allow & ~self.deny)

    @property
    def used(self) -> tuple[Route, ...]:
        """The surest ways in."""
        best = max((route.truth.tri for route in self.routes), default=NO)
        return tuple(route for route in self.routes if route.truth.tri is best and best is not NO)


def decide(request: Request) -> Decision:
    """The decision with its layers, evidence and open conditions."""
    return decision(weigh(request))


def weigh(request: Request) -> Weighed:
    """Ask every layer."""
    caller, action = request.caller, request.action
    if why := rules.always_allowed(action, caller):
        return Weighed(request, always=why)
    unable = "" if request.vouched else rules.unable(action, caller)  # an outside account stands for whoever is in it
    if why := rules.frozen(action, request.resource) or unable:
        return Weighed(request, never=why)
    resource, constraints = _resource(request)
    said = {
        "identity": _identity(request),
        "resource": resource,
        "boundary": _ceiling("boundary", request.boundary if caller.kind is not CallerKind.ROOT else (), request),
        "scp": levels("scp", request.scps if rules.scps_apply(caller) else (), plainly(request.question)),
        "rcp": _rcp(request),
        "session": _ceiling("session", request.session, request),
        "endpoint": levels("endpoint", [(each,) for each in request.endpoints], everybody(request.question)),
    }
    return Weighed(request, said, tuple(_routes(request, said)), constraints=constraints)


def verdict_of(truth: Truth) -> Verdict:
    if truth.tri is MAYBE:
        return Verdict.UNKNOWN if truth.unread else Verdict.CONDITIONAL
    return Verdict.ALLOWED if truth.tri is YES else Verdict.DENIED


# ----- the layers


def _identity(request: Request) -> Said:
    if not request.caller.is_iam:
        return Said("identity", allow=FALSE)
    said = one_level("identity", request.identity, plainly(request.question))
    if request.caller.kind is CallerKind.ROOT and not request.vouched:
        return Said(
            "identity", True, TRUE, said.deny, (), said.denies, "the root user may do everything in its account"
        )
    if request.vouched:
        return Said("identity", True, TRUE, FALSE, note="its own account decides, and may grant it")
    return said


def _ceiling(layer: str, policies: tuple[Policy, ...], request: Request) -> Said:
    if not policies or not request.caller.is_iam:
        return Said(layer)
    return one_level(layer, policies, plainly(request.question))


def _rcp(request: Request) -> Said:
    """Only denies count: RCPFullAWSAccess stands at every level and cannot be detached."""
    if not rules.rcps_apply(request.action, request.caller, request.resource):
        return Said("rcp")
    said = levels("rcp", request.rcps, everybody(request.question))
    return Said("rcp", said.present, TRUE, said.deny, (), said.denies)


def _resource(request: Request) -> tuple[Said, tuple[Condition, ...]]:
    """Resource policies, access control lists, grants, and the public-access block, which denies."""
    said = one_level("resource", request.resource_policies, by_principal(request.question))
    caller, action, of_s3 = request.caller, request.action, request.action.lower().startswith("s3:")
    lists = acl_allows(request.acl, action, caller, request.canonical_ids) if of_s3 else FALSE
    granted, left = grants_allow(request.grants, action, caller, request.context)
    if request.grants_unread and grantable(action):
        granted |= UNREAD
    beside = lists | granted
    blocked = _blocked(request) if of_s3 else FALSE
    present = bool(request.resource_policies or request.acl or request.grants or request.grants_unread)
    note = _note(blocked, lists, granted)
    allow = said.allow | beside
    return Said("resource", present, allow, said.deny | blocked, said.allows, said.denies, note, beside), left


def _note(blocked: Truth, lists: Truth, granted: Truth) -> str:
    """What bears on the resource layer besides statements, in words."""
    if blocked.possible:
        shut = "Block Public Access shuts out other accounts under a public policy"
        return shut if blocked == TRUE else f"it could not be read whether {shut}"
    if lists.possible:
        return "an access control list lets it" if lists == TRUE else "an access control list names an id not mapped"
    if granted.possible:
        return "grants on the key could not be read" if granted == UNREAD else "a grant on the key lets it"
    return ""


def _blocked(request: Request) -> Truth:
    """RestrictPublicBuckets leaves a bucket with a public policy to its own account and to services
    (S3 user guide, "Blocking public access to your Amazon S3 storage")."""
    if request.public_block is False or request.same_account or request.caller.kind is CallerKind.SERVICE:
        return FALSE
    public = is_public(request.resource_policies)
    return public & (TRUE if request.public_block else UNREAD)


# ----- the ways in


def _routes(request: Request, said: Mapping[str, Said]) -> Iterator[Route]:
    """In one account any of them suffices; across accounts both sides must speak; others have no side of their own."""
    identity, resource = said["identity"].allow, said["resource"].allow
    ceiling = said["boundary"].allow & said["session"].allow
    own = identity & ceiling
    if not request.caller.is_iam:
        yield Route(resource, ("resource",))
        return
    if not request.same_account:
        yield Route(own & resource, ("identity", "resource", "boundary", "session"))
        return
    named = _ways(said["resource"])
    if rules.needs_resource_side(request.action, request.resource):
        yield Route(own & named["account"], ("identity", "resource", "boundary", "session"), "account")
    else:
        yield Route(own, ("identity", "boundary", "session"))
    yield Route(named["direct"] | said["resource"].beside, ("resource",), "direct")
    yield Route(named["role"] & ceiling, ("resource", "boundary", "session"), "role")


def way(found: Applied, how: str) -> Truth:
    """How surely a statement of a resource policy lets the caller in as one named in this way, or in any."""
    if not how:
        return found.truth
    tri: Tri = getattr(found.how, how)
    return found.truth & Truth(tri, found.how.unread and tri is MAYBE)


def _ways(said: Said) -> dict[str, Truth]:
    return {how: any_of(way(found, how) for found in said.allows) for how in ("direct", "role", "account")}


# ----- the decision in the shared nouns


def decision(weighed: Weighed) -> Decision:
    if weighed.always:
        layers = {layer: "allowed" if layer == "identity" else "none" for layer in LAYERS}
        return Decision(Verdict.ALLOWED, False, layers, (), (Because("identity", None, weighed.always),))
    if weighed.never:
        layers = {layer: "denied" if layer == "resource" else "none" for layer in LAYERS}
        return Decision(Verdict.DENIED, False, layers, ("resource",), (Because("resource", None, weighed.never),))
    stopped = _blocked_by(weighed) if weighed.verdict is Verdict.DENIED else ()
    layers = {layer: _word(weighed.said[layer], layer in stopped) for layer in LAYERS}
    denies = (found for said in weighed.said.values() for found in said.denies)
    explicit = weighed.verdict is Verdict.DENIED and any(found.truth.tri is YES for found in denies)
    because = tuple(_because(weighed, stopped))
    return Decision(weighed.verdict, explicit, layers, stopped, because, tuple(_conditions(weighed)))


def _word(said: Said, stops: bool) -> str:
    """What a layer says, in the words of a decision. One that is silent and stops nothing says nothing."""
    if stops or said.deny.tri is YES:
        return "denied"
    if not said.present:
        return "none"
    truth = said.allow & ~said.deny if said.allow.possible else said.deny
    return "none" if truth.tri is NO else verdict_of(truth).value


def _blocked_by(weighed: Weighed) -> tuple[str, ...]:
    """The layers that stop it, each by itself."""
    said = weighed.said
    stops = {layer for layer in LAYERS if said[layer].deny.tri is YES}
    stops |= {layer for layer in ("scp", "endpoint") if said[layer].allow.tri is NO}
    if not weighed.granted.possible:
        stops |= set(_not_let_in(weighed))
    return tuple(layer for layer in LAYERS if layer in stops)


def _not_let_in(weighed: Weighed) -> Iterator[str]:
    """No way leads in: what is missing."""
    request, said = weighed.request, weighed.said
    if not request.caller.is_iam:
        yield "resource"
        return
    yield from (layer for layer in ("boundary", "session") if said[layer].allow.tri is NO)
    role_named = request.same_account and _ways(said["resource"])["role"].possible
    if said["identity"].allow.tri is NO and not role_named:
        yield "identity"
    required = not request.same_account or rules.needs_resource_side(request.action, request.resource)
    if required and said["resource"].allow.tri is NO:
        yield "resource"


def _because(weighed: Weighed, stopped: tuple[str, ...]) -> Iterator[Because]:
    """The statements that decide, in the order of the layers; of an implicit deny the layers that are empty."""
    denied = weighed.verdict is Verdict.DENIED
    for layer in LAYERS:
        said = weighed.said[layer]
        if denied:
            yield from (_reason(layer, found) for found in said.denies if found.truth.tri is YES)
            if layer in stopped and not any(found.truth.tri is YES for found in said.denies):
                yield Because(layer, None, said.note if said.deny.tri is YES else _silence(said))
            continue
        yield from (_reason(layer, found) for found in _letting(weighed, layer))
        yield from (_reason(layer, found) for found in said.denies)
        if said.note and (said.deny.possible or _counts(weighed, layer)):
            yield Because(layer, None, said.note)


def _silence(said: Said) -> str:
    return "no statement allows it" if said.present else "there is no policy that allows it"


def _reason(layer: str, found: Applied) -> Because:
    return Because(layer, found.evidence(), found.why_open() if found.truth == UNREAD else "")


def _counts(weighed: Weighed, layer: str) -> bool:
    """The layer lies on one of the ways taken, or binds them all."""
    return layer in ("scp", "endpoint") or any(layer in route.layers for route in weighed.used)


def _letting(weighed: Weighed, layer: str) -> Iterator[Applied]:
    """The allows that carry the decision."""
    if not _counts(weighed, layer):
        return
    if layer != "resource":
        yield from weighed.said[layer].carriers
        return
    found = weighed.said[layer].allows
    hows = {route.how for route in weighed.used if layer in route.layers}
    best = {how: max((way(each, how).tri for each in found), default=NO) for how in hows}
    for each in found:
        if any(way(each, how).tri is best[how] is not NO for how in hows):
            yield each


def _conditions(weighed: Weighed) -> Iterator[Condition]:
    """What must hold for the answer to be yes; only of answers that are left open."""
    if weighed.verdict not in (Verdict.CONDITIONAL, Verdict.UNKNOWN):
        return
    seen: set[Condition] = set()
    for layer in LAYERS:
        for found in (*_letting(weighed, layer), *weighed.said[layer].denies):
            if found.truth.tri is MAYBE:
                for condition in open_conditions(found, weighed.request.question):
                    if condition not in seen:
                        seen.add(condition)
                        yield condition
    if weighed.granted.tri is MAYBE:
        yield from (condition for condition in weighed.constraints if condition not in seen)
