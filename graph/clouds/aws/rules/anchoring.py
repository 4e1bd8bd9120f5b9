"""Whom one becomes by a certificate authority of one's own, once Roles Anywhere trusts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from graph.cloud import Solved
from graph.clouds.aws.facts import Resource
from graph.clouds.aws.rules.branches import any_branch, as_sure
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Place, Rule, Shape
from graph.clouds.aws.rules.places import fits, linked
from graph.clouds.aws.rules.proofs import all_of, best_of
from graph.clouds.aws.rules.vouching import role_behind
from graph.model import Proof, Verdict
from graph.policy.bits import bits, members
from graph.policy.relation import ANYTHING, EMPTY, Relation, Row, surer

PROFILE, ANCHOR = "rolesanywhere:profile", "rolesanywhere:trust-anchor"
_NEW = "00000000-0000-4000-8000-000000000000"  # the id that a new trust anchor gets is AWS's choice
Branches = Callable[[Rule, Ground, str, str], Proof]
Trust = Callable[[str, str], Proof]


def anchor(rule: Rule, base: Ground) -> Solved:
    """The sessions of profiles that let in whoever shows a certificate of the anchor that one has made or changed.

    For which trust anchor Roles Anywhere asks for a role is known, so a trust that names another one is a no.
    https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    """
    able, ends = controlled(rule, base), sessions(base)
    opened = {thing: _opened(rule, base, thing, ends) for thing in able.resources}
    rows = tuple(_through(row, able.resources, opened) for row in able.rows)
    return Solved(reaches=replace(able, resources=ends, rows=rows))


def sessions(base: Ground) -> tuple[str, ...]:
    """All that some profile hands out, sorted."""
    return tuple(sorted({end for profile in base.places.of(PROFILE) for end in linked(profile, "sessions")}))


def controlled(rule: Rule, base: Ground) -> Relation:
    """Identities and the anchors that they can change, or the profiles for which they can make one.

    An anchor serves the profiles of its own region, so that it must be called for there.
    """
    things = tuple(item.arn for item in base.places.of(rule.kind))
    whole = base.nobody(things)
    for region in sorted({item.region for item in base.places.of(rule.kind)}):
        here = bits(i for i, item in enumerate(base.places.of(rule.kind)) if item.region == region and fits(item, rule))
        able = any_branch(called_in(rule, region), base)
        able = base.home(things).meet(able) if able.resources == ANYTHING else able
        whole = whole.best(able.within(Row(here, here)))
    return whole


def called_in(rule: Rule, region: str) -> Rule:
    """The permissions of the rule alone, with new anchors made in one region."""
    there = (("aws:RequestedRegion", (region,)),)
    ways = tuple(
        tuple(replace(need, given=there) if need.place is Place.NEW else need for need in needs)
        for needs in rule.any_of
    )
    return replace(rule, shape=Shape.BECOME, any_of=ways, service="")


def opening(rule: Rule, base: Ground, thing: str) -> Iterator[tuple[str, str]]:
    """What is handed out by it, each with the trust anchor that the certificate belongs to."""
    item = base.places.resources[thing]
    source = anchor_of(item)
    for profile in (item,) if rule.kind == PROFILE else _served(base, item):
        for end in linked(profile, "sessions"):
            yield end, source


def anchor_of(item: Resource) -> str:
    """The anchor itself, or a new one beside a profile."""
    return f"{item.arn.rpartition(':')[0]}:trust-anchor/{_NEW}" if item.kind == PROFILE else item.arn


def _served(base: Ground, item: Resource) -> Iterator[Resource]:
    """The enabled profiles of the anchor's account and region."""
    for profile in base.places.of(PROFILE):
        if (profile.account, profile.region, profile.attributes.get("enabled")) == (item.account, item.region, True):
            yield profile


def _opened(rule: Rule, base: Ground, thing: str, ends: tuple[str, ...]) -> Row:
    at, whole = {end: i for i, end in enumerate(ends)}, EMPTY
    for end, source in opening(rule, base, thing):
        whole = surer(whole, as_sure(lets_in(rule, base, end, source)) & Row(1 << at[end], 1 << at[end]))
    return whole


def lets_in(rule: Rule, base: Ground, end: str, source: str) -> Verdict:
    """Whether the role behind a session trusts the service for this anchor."""
    position = base.places.position.get(("iam:role", role_behind(end, base)))
    return Verdict.DENIED if position is None else base.trusting_for(rule.service, source).verdict(position)


def _through(row: Row, things: tuple[str, ...], opened: Mapping[str, Row]) -> Row:
    whole = EMPTY
    for i in members(row.upper):
        whole = surer(whole, opened[things[i]] & as_sure(row.verdict(i)))
    return whole


def anchoring(rule: Rule, base: Ground, source: str, target: str, branches: Branches, trust: Trust) -> Proof:
    """By the surest of the anchors, which is named, or of the profiles that a new one serves."""
    able, proofs = controlled(rule, base), []
    for thing in able.resources:
        if able.verdict(source, thing) is Verdict.DENIED:
            continue
        item = base.places.resources[thing]
        right = branches(called_in(rule, item.region), base, source, thing)
        for end, named in opening(rule, base, thing):
            if end == target and lets_in(rule, base, end, named) is not Verdict.DENIED:
                proofs.append(replace(all_of([right, trust(role_behind(end, base), named)]), via=thing))
    return best_of(proofs)
