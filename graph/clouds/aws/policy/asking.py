"""From an estate's facts to requests: who asks, on what, under which context, bound by which documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from graph.cloud import Given
from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy import assumptions, reference
from graph.clouds.aws.policy.context import Known, given_states, region_of
from graph.clouds.aws.policy.decide import Request, Weighed, decision, weigh
from graph.clouds.aws.policy.documents import Policy, compile_policy
from graph.clouds.aws.policy.explain import explain
from graph.clouds.aws.policy.principals import caller_from_arn, caller_of
from graph.clouds.aws.policy.rules import service_linked
from graph.model import Decision, Document, Verdict, together

_SUREST = tuple(Verdict)
ANY_KEY = "~"  # stands for an object of which nothing is known, in a bucket that nobody has read


class UnknownIdentityError(KeyError):
    """An identity that the facts do not hold."""


@dataclass(frozen=True, eq=False)
class Estate:
    """The facts with what asking about them needs: what is where, and every document compiled once."""

    facts: AwsFacts
    known: Known
    _policies: dict[int, tuple[Document, Policy]] = field(default_factory=dict)

    @cached_property
    def principals(self) -> dict[str, Principal]:
        return {principal.key: principal for principal in self.facts.principals}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        return {
            resource.arn: resource for kind in sorted(self.facts.resources) for resource in self.facts.resources[kind]
        }

    @cached_property
    def own_accounts(self) -> frozenset[str | None]:
        """The accounts whose identities were read."""
        own = {each.account for each in self.facts.principals if each.kind is not PrincipalKind.OUTSIDE}
        return frozenset({*self.facts.accounts, *own})

    @cached_property
    def inside(self) -> dict[str, tuple[str, ...]]:
        """The object classes of each bucket."""
        found: dict[str, tuple[str, ...]] = {}
        for each in self.facts.resources.get("s3:object", ()):
            found[each.node] = (*found.get(each.node, ()), each.arn)
        return found

    @cached_property
    def _objects(self) -> dict[str, Resource]:
        """One object class of each bucket: all of a bucket's share its policies."""
        return {each.node: each for each in reversed(self.facts.resources.get("s3:object", ()))}

    def policy(self, document: Document) -> Policy:
        """The document compiled; the same object for the same document."""
        found = self._policies.get(id(document))
        if found is None:  # the document is kept too, so that its id stays its own
            found = self._policies[id(document)] = (document, compile_policy(document))
        return found[1]

    def policies(self, documents: Iterable[Document]) -> tuple[Policy, ...]:
        return tuple(self.policy(document) for document in documents)

    def resource(self, arn: str) -> Resource:
        """The resource of this ARN; one the facts do not hold has what its ARN says, an object what its bucket has."""
        found = self.resources.get(arn)
        if found is not None:
            return found
        bucket, slash, _ = arn.partition("/")
        if slash and bucket in self._objects:
            return replace(self._objects[bucket], arn=arn)
        parts = arn.split(":", 5)
        account = parts[4] if len(parts) == 6 and parts[4].isdigit() else None
        return Resource(arn, reference.kind_of_arn(arn), account, arn, region=region_of(arn))


def estate_of(facts: AwsFacts) -> Estate:
    return Estate(facts, Known(facts))


def weigh_all(estate: Estate, identity: str, action: str, resource: str, given: Given | None = None) -> list[Weighed]:
    """The call weighed on each resource it touches (an inference profile and the models behind it)."""
    first = estate.resource(resource)
    touched = (first, *(estate.resource(arn) for arn in first.members))
    return [weigh(request_for(estate, identity, action, each, given)) for each in touched]


def aimed(estate: Estate, action: str, resource: str) -> tuple[str, ...]:
    """What the action really acts on when it is asked about a bucket and acts on objects, or the other way round.

    Just the resource where that is what the action acts on, or where nothing better is known.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    kinds, kind = reference.resource_kinds(action), reference.kind_of_arn(resource)
    if not kinds or kind in kinds:
        return (resource,)
    if kind == "s3:bucket" and "s3:object" in kinds:
        return estate.inside.get(resource) or (f"{resource}/{ANY_KEY}",)
    if kind == "s3:object" and "s3:bucket" in kinds:
        return (resource.partition("/")[0],)
    return (resource,)


def decide_for(estate: Estate, identity: str, action: str, resource: str, given: Given | None = None) -> Decision:
    """The point question on an estate: of several things inside the resource, on the one that is most open."""
    decisions = (_decide_on(estate, identity, action, each, given) for each in aimed(estate, action, resource))
    return min(decisions, key=lambda made: _SUREST.index(made.verdict))


def _decide_on(estate: Estate, identity: str, action: str, resource: str, given: Given | None) -> Decision:
    """A call on several resources needs all of them."""
    weighed = weigh_all(estate, identity, action, resource, given)
    made = _merged([decision(each) for each in weighed])
    return replace(made, assumed=_assumed(estate, identity, action, estate.resource(resource)))


def explain_for(
    estate: Estate, identity: str, action: str, resource: str, given: Given | None = None
) -> tuple[str, ...]:
    """The same in words; of several resources the one that decides."""
    found = [_deciding(estate, identity, action, each, given) for each in aimed(estate, action, resource)]
    best = min(found, key=lambda weighed: _SUREST.index(weighed.verdict))
    opening, *lines = explain(best)
    return (opening, *_about(action, resource, best.request.resource, len(found)), *lines)


def _deciding(estate: Estate, identity: str, action: str, resource: str, given: Given | None) -> Weighed:
    weighed = weigh_all(estate, identity, action, resource, given)
    worst = together(each.verdict for each in weighed)
    return next(each for each in weighed if each.verdict is worst)


def _about(action: str, asked: str, decided: str, among: int) -> Iterator[str]:
    """Where the action does not act on that kind of thing: what was decided instead."""
    kinds, kind = reference.resource_kinds(action), reference.kind_of_arn(asked)
    if not kinds or not kind or kind in kinds:
        return
    acts, not_on = " or ".join(map(_many, kinds)), _many(kind)
    told = f"{reference.canonical(action).partition(':')[2]} acts on {acts}, not on {not_on}"
    if decided in (asked, "*"):
        yield f"{told}; decided as it is written."
    else:
        most = f", the most open of {among} kinds of object in it" if among > 1 else ""
        yield f"{told}; decided for {decided}{most}."


def _many(kind: str) -> str:
    return {"s3:object": "objects", "s3:bucket": "buckets"}.get(kind, f"{kind} resources")


def _assumed(estate: Estate, identity: str, action: str, resource: Resource) -> tuple[str, ...]:
    """What was taken for granted because it was never asked for, where this call would feel it."""
    of_caller = assumptions.of_caller(estate.facts, _principal(estate, identity).account)
    of_resource = assumptions.of_resource(estate.facts, resource.account, action, resource.kind)
    return tuple(sorted({*of_caller, *of_resource}))


def _merged(decisions: list[Decision]) -> Decision:
    """One decision of several: the worst verdict and, layer by layer, the worst word."""
    first, *others = decisions
    if not others:
        return first
    worst = together(each.verdict for each in decisions)
    deciding = [each for each in decisions if each.verdict is worst]
    layers = {layer: max((each.layers[layer] for each in decisions), key=_WORDS.index) for layer in first.layers}
    return Decision(
        worst,
        any(each.explicit for each in deciding),
        layers,
        tuple(dict.fromkeys(layer for each in deciding for layer in each.blocked_by)),
        tuple(dict.fromkeys(because for each in deciding for because in each.because)),
        tuple(dict.fromkeys(condition for each in decisions for condition in each.conditions))
        if worst is not Verdict.DENIED
        else (),
    )


_WORDS = ("none", "allowed", "conditional", "unknown", "denied")


def stranger(estate: Estate, identity: str) -> Principal | None:
    """A service, or somebody of an account that was not read, known by ARN or account number; None for anybody else."""
    arn = f"arn:aws:iam::{identity}:root" if re.fullmatch(r"[0-9]{12}", identity) else identity
    caller = caller_from_arn(arn) if arn.startswith("arn:") else None
    if (beyond := estate.facts.beyond) and identity in beyond.services:
        return Principal(identity, PrincipalKind.SERVICE, None)
    if caller is None or not caller.is_iam or caller.account in estate.own_accounts:
        return None
    return Principal(arn, PrincipalKind.OUTSIDE, caller.account)


def _principal(estate: Estate, identity: str) -> Principal:
    found = estate.principals.get(identity) or stranger(estate, identity)
    if found is None:
        raise UnknownIdentityError(f"the facts hold no identity {identity}")
    return found


def request_for(estate: Estate, identity: str, action: str, resource: Resource, given: Given | None = None) -> Request:
    """The request that an identity of the facts makes on a resource."""
    principal = _principal(estate, identity)
    facts, account = estate.facts, estate.facts.accounts.get(principal.account or "")
    owner = facts.accounts.get(resource.account or "")
    scps = account.scps or () if account and not account.management else ()
    rcps = owner.rcps or () if owner and not owner.management and not managed_by_aws(resource) else ()
    return Request(
        caller=estate.known.callers.get(identity) or caller_of(principal),
        action=action,
        resource="*" if reference.takes_no_resource(action) else resource.arn,
        resource_account=resource.account,
        context=estate.known.context(
            principal, resource, {**estate.known.of_action(action), **given_states(given or {})}
        ),
        identity=estate.policies(principal.documents),
        vouched=principal.kind is PrincipalKind.OUTSIDE,
        boundary=estate.policies((principal.boundary,) if principal.boundary else ()),
        resource_policies=estate.policies(resource.policies) if trusts_count(resource, action) else (),
        scps=tuple(estate.policies(level) for level in scps),
        rcps=tuple(estate.policies(level) for level in rcps),
        public_block=resource.public_block if action.lower().startswith("s3:") else False,
        acl=resource.acl,
        grants=resource.grants,
        grants_unread=bool(resource.attributes.get("grants_unread")),
        canonical_ids=facts.canonical_ids,
    )


def managed_by_aws(resource: Resource) -> bool:
    """Keys that AWS manages, and the trust of service-linked roles, are outside RCPs (Organizations, "RCPs")."""
    return resource.attributes.get("manager") == "AWS" or service_linked(resource.arn)


def trusts_count(resource: Resource, action: str) -> bool:
    """The policy on a role is its trust, which speaks of STS calls alone: `iam:PassRole` does not look at it.

    What lies on a group is said of its members, not of who may change it.
    """
    return resource.kind not in ("iam:role", "iam:group") or action.lower().startswith("sts:")
