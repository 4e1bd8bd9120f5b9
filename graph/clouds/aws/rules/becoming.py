"""Whom one becomes: by a permission on them, by handing their role to a service, by what already runs as them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph.cloud import Solved
from graph.clouds.aws.facts import PrincipalKind
from graph.clouds.aws.rules.branches import any_branch, each_to, negated, of_kinds, row_of_each, whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Place, Rule, Shape
from graph.clouds.aws.rules.places import roles_of
from graph.policy.bits import bits, union
from graph.policy.relation import ANYTHING, Relation, Row

# An identity of IAM has no token of its own: what is unknown of a trust is not unknown of it. Outside, anybody may.
_WITH_TOKENS = frozenset({PrincipalKind.FEDERATED, PrincipalKind.OUTSIDE})


def become(rule: Rule, base: Ground) -> Solved:
    """The role or user that the permissions are on; a role that is passed must trust the service."""
    reached = any_branch(rule, base)
    if rule.token:
        reached = reached.meet(_with_tokens(base))
    if rule.service:
        reached = reached.within(base.trusting(rule.service))
    if rule.serves:
        reached = reached.within(served(rule, base))
    if not rule.through:
        return Solved(reaches=reached)
    held = _held(rule, base)
    bare = ~held.upper
    return Solved(reaches=reached.within(held), latent=reached.within(whole_row(bare)))


def _with_tokens(base: Ground) -> Relation:
    """Over ANYTHING: who can show a token to STS itself."""
    brokered = {key: ANYTHING for key, who in base.places.people.items() if who.brokered}
    return of_kinds(_WITH_TOKENS, base).meet(negated(each_to(brokered, ANYTHING, base)))


def served(rule: Rule, base: Ground) -> Row:
    """Those of the rule's kind for whom the credential is good for something."""
    whole = base.whole or base
    return whole.once(("served", rule.kind, rule.serves), lambda: _served(rule, whole))


def _served(rule: Rule, base: Ground) -> Row:
    return row_of_each(base.doing(rule.serves), base.places.universe(rule))


def _held(rule: Rule, base: Ground) -> Row:
    """The roles that something of the kind holds; where the kind was never listed, any may be."""
    holder = replace(rule, kind=rule.through, acts_as="")
    held, unlisted = _hosted(holder, base), _listed(holder, base)[1]
    return Row(held, held | unlisted, unlisted & ~held)


def run_as(rule: Rule, base: Ground) -> Solved:
    """Hosts that are there lead to their roles. Where none were listed, any role of the service may be on one."""
    there = any_branch(rule, base)
    anew = base.home(there.resources).meet(any_branch(imagined(rule), base))
    if rule.serves:
        there, anew = there.within(served(rule, base)), anew.within(served(rule, base))
    fitting, hosted = base.trusting(rule.service), _hosted(rule, base)
    if not rule.mixed:
        there = there.within(whole_row(fitting.upper))  # what runs shows that the conditions of its trust are met
    listed, unlisted = _listed(rule, base)
    maybe = anew.within(Row(0, fitting.upper & unlisted, fitting.upper & unlisted))
    return Solved(reaches=there.best(maybe), latent=anew.within(fitting).within(whole_row(listed & ~hosted)))


def imagined(rule: Rule) -> Rule:
    """The same rule on a host that does not exist yet, which may consist of anything that is there."""
    to = {Place.HOST: Place.NEW, Place.PART: Place.SOME}
    moved = tuple(
        tuple(replace(need, place=to.get(need.place, need.place)) for need in branch) for branch in rule.any_of
    )
    return replace(rule, shape=Shape.BECOME, kind=rule.about, any_of=moved, where=())


def _listed(rule: Rule, base: Ground) -> tuple[int, int]:
    """The roles of accounts whose hosts were listed, and of those where they never were."""
    ours = base.once("roles by account", lambda: _by_account(base))
    known = union(roles for account, roles in ours.items() if base.places.listed(account, rule.kind))
    return known, union(ours.values()) & ~known


def _by_account(base: Ground) -> Mapping[str, int]:
    return {account: base.in_account("iam:role", account).lower for account in sorted(base.places.facts.accounts)}


def _hosted(rule: Rule, base: Ground) -> int:
    """The roles that some host runs as."""
    running = {role for host in base.places.of(rule.kind) for role in roles_of(host, rule)}
    return bits(i for i, role in enumerate(base.places.names("iam:role")) if role in running)
