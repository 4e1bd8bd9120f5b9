"""Guardrail removal: the estate is asked once more without one guard, and what is new is the remover's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from graph.cloud import Solved
from graph.clouds.aws.rules.branches import any_branch, as_sure, moved, whole_row
from graph.clouds.aws.rules.changing import Change, changes
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import KINDS, Evaluate, held
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.links import Link
from graph.clouds.aws.rules.owning import new_owners
from graph.clouds.aws.rules.restating import beyond_ownership, reach
from graph.clouds.aws.rules.retagging import retagged
from graph.clouds.aws.rules.tags import asked_of_callers, speaks_of_tags, unsaid, with_tag
from graph.policy.bits import members, union
from graph.policy.relation import ANYTHING, EMPTY, Relation, Row, surer

# Those who set such a guard up are bound by others, or by none.
_OF_ORGANIZATION = ("organization policy", "text of an organization policy")


@dataclass(frozen=True, eq=False)
class Unbound:
    """Changes none of which frees an identity that another one frees, and who can make them and use what they open.

    `rule` is by which they are made: of a rule about tags that for one tag. `removers`, one for each kind of identity,
    say whom one can free and is or ends up being.
    """

    rule: Rule
    removers: tuple[Relation, ...]
    freed: Ground
    by: Mapping[str, Change]  # what frees each identity


def unbind(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Edges from the removers to what is newly open; whoever frees only itself also widens itself."""
    universe = reach(base)
    reaches, widens = base.nobody(universe), base.nobody()
    for found in unbound(rule, base, evaluate):
        opened = newly(rule.then, base, found.freed, universe, evaluate)
        opened = beyond_ownership(rule, base, found.freed, opened, universe, evaluate)
        for removers in found.removers:
            reaches = reaches.best(_led(removers, opened, universe))
            widens = widens.best(removers.own({key: (key,) for key in removers.resources}))
    return Solved(reaches=reaches, widens=widens, gains=rule.gains, removes=rule.guard)


def recast(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Edges from whoever can change what somebody is to what that opens; who opens more for itself widens itself."""
    universe = reach(base)
    reaches, widens = base.nobody(universe), base.nobody()
    for found in unbound(rule, base, evaluate):
        opened = newly(leading(rule), base, found.freed, universe, evaluate)
        opened = beyond_ownership(rule, base, found.freed, opened, universe, evaluate)
        used = useful(rule, base, found, evaluate)
        for removers in found.removers:
            reaches = reaches.best(_led(removers, opened, universe))
            widens = widens.best(removers.own({key: (key,) for key in removers.resources if key in used}))
    return Solved(reaches=reaches, widens=widens, gains=rule.gains)


def unguard(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Edges from the removers of any guard to the assets that can be harmed without it, and could not before."""
    universe = base.places.assets(rule.asset)
    reaches = base.nobody(universe)
    for guard in rule.guards:
        if guard.shape is Shape.RETAG:
            reaches = reaches.best(retagged(rule, guard, base))
            continue
        for found in unbound(guard, base, evaluate):
            opened = newly(rule.then, base, found.freed, universe, evaluate)
            opened = beyond_ownership(rule, base, found.freed, opened, universe, evaluate)
            for removers in found.removers if any(opened.values()) else ():
                reaches = reaches.best(_led(removers, opened, universe))
    return Solved(reaches=reaches, removes=rule.guard)


def leading(rule: Rule) -> tuple[Rule, ...]:
    """Of what is tried once more, what leads on to somebody."""
    return tuple(then for then in rule.then if then.shape is not Shape.HARM)


def useful(rule: Rule, base: Ground, found: Unbound, evaluate: Evaluate) -> frozenset[str]:
    """Those for whom the change opens anything at all: somebody to become, or something to do to an asset."""
    used = set()
    for then in rule.then:
        now, before = evaluate(then, found.freed).reaches, evaluate(then, base).reaches
        if now is not None and before is not None:
            used |= {key for key in found.freed.identities if now.row_of(key).upper & ~before.row_of(key).upper}
    return frozenset(used)


# ----- who can take what off


def unbound(rule: Rule, base: Ground, evaluate: Evaluate) -> tuple[Unbound, ...]:
    """Only for guards that somebody can remove, and only with those freed whom the remover is or ends up being."""
    return base.own(("unbound", rule), lambda: _unbound(rule, base, evaluate))


def _unbound(rule: Rule, base: Ground, evaluate: Evaluate) -> tuple[Unbound, ...]:
    found = (one for way in _one_by_one(rule, base) for one in _made(way, base, evaluate))
    return tuple(one for one in found if one is not None)


def _one_by_one(rule: Rule, base: Ground) -> tuple[Rule, ...]:
    """The rule; one that sets tags once for each that policies ask of callers, if anybody may set any."""
    if not any(map(speaks_of_tags, rule.any_of)):
        return (rule,)
    if not any(_able(replace(rule, any_of=tuple(map(unsaid, rule.any_of))), base).rows):
        return ()
    asked = base.once("asked of callers", lambda: asked_of_callers(base.places.facts))
    return tuple(
        replace(rule, any_of=tuple(with_tag(needs, tag, value) for needs in rule.any_of)) for tag, value in asked
    )


def _made(rule: Rule, base: Ground, evaluate: Evaluate) -> Iterator[Unbound | None]:
    able = _able(rule, base)
    some = {able.resources[i] for i in members(union(row.upper for row in able.rows))}
    apart = _apart(changes(rule, base.places, some))
    return (_freeing(rule, base, able, together, evaluate) for together in apart)


def _able(rule: Rule, base: Ground) -> Relation:
    """Who may take a guard off what. Who owns the account already gains nothing, unless it is above the account."""
    able = any_branch(rule, base)
    if able.resources == ANYTHING:
        able = base.home(base.places.accounts()).meet(able)
    return able if rule.guard in _OF_ORGANIZATION else new_owners(able, base)


def _apart(some: Iterable[Change]) -> list[list[Change]]:
    """As few groups as may be in which nobody is freed twice. What changes accounts is tried by itself."""
    groups: list[tuple[set[str], list[Change]]] = []
    for change in some:
        keys = {principal.key for principal in change.frees}
        fitting = (group for group in groups if not (group[0] & keys or change.accounts or group[1][0].accounts))
        group = next(fitting, None)
        if group is None:
            groups.append((keys, [change]))
        else:
            group[0].update(keys)
            group[1].append(change)
    return [together for _keys, together in groups]


def _freeing(rule: Rule, base: Ground, able: Relation, together: list[Change], evaluate: Evaluate) -> Unbound | None:
    after = {principal.key: principal for change in together for principal in change.frees}
    steps: dict[str, list[str]] = defaultdict(list)
    for change in together:
        steps[change.on] += [principal.key for principal in change.frees]
    removers = tuple(_removers(rule, base, able, steps, kind, evaluate) for kind in KINDS)
    used = {relation.resources[i] for relation in removers for i in members(union(row.upper for row in relation.rows))}
    if not used:
        return None
    by = {principal.key: change for change in together for principal in change.frees}
    freed = base.changed((after[key] for key in used), together[0].facts(base.places.facts))
    return Unbound(rule, removers, freed, by)


def _removers(
    rule: Rule, base: Ground, able: Relation, steps: Mapping[str, list[str]], kind: str, evaluate: Evaluate
) -> Relation:
    """Few may take a guard off, so the ways to whom it binds are only followed for them."""
    people = base.places.names(kind)
    return held(rule, base, evaluate, Link(able.resources, people, steps).image(able), itself=True)


# ----- what is open then


def newly(
    then: Iterable[Rule], base: Ground, freed: Ground, universe: tuple[str, ...], evaluate: Evaluate
) -> Mapping[str, Row]:
    """What each freed identity reaches that it could not reach before."""
    at = {key: i for i, key in enumerate(universe)}
    opened = dict.fromkeys(freed.identities, EMPTY)
    for rule in then:
        now, before = evaluate(rule, freed).reaches, evaluate(rule, base).reaches
        if now is None or before is None:
            continue
        for key in freed.identities:
            new = whole_row(~before.row_of(key).upper) & now.row_of(key)
            opened[key] = surer(opened[key], moved(new, [at[name] for name in now.resources]))
    return opened


def _led(removers: Relation, opened: Mapping[str, Row], universe: tuple[str, ...]) -> Relation:
    """What is open through any of these identities, as sure as the removal and the way to it."""
    rows = []
    for row in removers.rows:
        whole = EMPTY
        for i in members(row.upper):
            whole = surer(whole, opened.get(removers.resources[i], EMPTY) & as_sure(row.verdict(i)))
        rows.append(whole)
    return replace(removers, resources=universe, rows=tuple(rows))
