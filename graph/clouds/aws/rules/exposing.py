"""Exposure: a resource is opened to oneself or to somebody elsewhere; only what one was not in before counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from graph.cloud import Solved
from graph.clouds.aws.rules.becoming import become, run_as
from graph.clouds.aws.rules.branches import any_branch, as_sure, certain, negated
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import KEYS, Conjunction, Need, Place, Rule, Shape, Supply
from graph.policy.bits import members, union
from graph.policy.relation import EMPTY, Relation, Row, surer

SHARING = "sharing"
_COPIES = ("ec2:snapshot", "ec2:image", "rds:snapshot")  # what estates have without anybody listing it


def expose(rule: Rule, base: Ground) -> Solved:
    """Assets that one can newly let somebody into; of other resources only that there is one."""
    fresh = opening(rule, base)
    if rule.asset:
        return Solved(reaches=fresh, removes=rule.guard)
    widens = fresh.some()
    widens = widens.best(may_be_there(rule, base)) if rule.guard == SHARING and rule.kind in _COPIES else widens
    return Solved(widens=widens, gains=rule.gains, removes=rule.guard)


def may_be_there(rule: Rule, base: Ground) -> Relation:
    """Over ANYTHING: who can share a thing of the kind where those that are there were never listed."""
    anew = any_branch(replace(rule, any_of=(on_new(rule),)), base)
    return anew.within(Row(0, 1, 1)).meet(base.unlisted(rule.kind))


def on_new(rule: Rule) -> Conjunction:
    """What opens, on a thing that nobody has read."""
    return (replace(rule.any_of[0][0], place=Place.NEW),)


def expose_host(rule: Rule, base: Ground) -> Solved:
    """Hosts that one can newly let somebody use, and so the roles that they act as."""
    found = run_as(rule, base)
    if not rule.guard or found.reaches is None:
        return found
    whole = base.nobody(found.reaches.resources)
    for before, ways in by_win(rule).items():
        part = run_as(replace(rule, any_of=ways), base).reaches
        whole = whole.best(_fresh(rule, before, part, base)) if part is not None else whole
    return replace(found, reaches=whole, removes=rule.guard)


def opening(rule: Rule, base: Ground) -> Relation:
    """Identities and the resources that they can newly let themselves or others into."""
    return base.once(("opening", rule), lambda: _opening(rule, base))


def _opening(rule: Rule, base: Ground) -> Relation:
    parts = [
        _fresh(rule, before, any_branch(replace(rule, any_of=ways), base), base)
        for before, ways in by_win(rule).items()
    ]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.best(part)
    return whole.meet(copying(rule, base)) if rule.shape is Shape.COPY else whole


def _fresh(rule: Rule, before: Conjunction, opened: Relation, base: Ground) -> Relation:
    return opened.meet(negated(certain(had(rule, before, base)))) if before else opened


def had(rule: Rule, before: Conjunction, base: Ground) -> Relation:
    """Who has what is won to begin with."""
    return any_branch(replace(rule, any_of=(before,)), base)


def by_win(rule: Rule) -> Mapping[Conjunction, tuple[Conjunction, ...]]:
    """The ways by what one would have to have for them to win nothing; () where what is won cannot be had otherwise."""
    found: dict[Conjunction, list[Conjunction]] = defaultdict(list)
    for way in rule.any_of:
        won = [need for need in way if _is_won(need)]
        there = won if any(map(_is_let, won)) else []
        found[tuple(map(_as_it_is, there))].append(way)
    return {before: tuple(ways) for before, ways in found.items()}


def _is_won(need: Need) -> bool:
    return need.supply is not Supply.NOTHING or need.place in KEYS


def _is_let(need: Need) -> bool:
    """A key that lets the stranger in as it is, is what sharing a copy needs and nothing that it wins."""
    return need.supply is not Supply.NOTHING and (need.place not in KEYS or need.supply is not Supply.STRANGER_NOW)


def _as_it_is(need: Need) -> Need:
    return replace(need, supply=Supply.NOTHING, given=need.given if need.place in KEYS else ())


# ----- by a role that one hands over


def copying(rule: Rule, base: Ground) -> Relation:
    """Over the rule's universe: what a role that one can hand to the service can read and carry away.

    `then` says how the role is handed over, what it must be able to do, and who has what is won anyway.
    """
    return base.once(("copying", rule, rule.then), lambda: _copying(rule, base))


def _copying(rule: Rule, base: Ground) -> Relation:
    handing, doing, having = rule.then
    handed, able = become(handing, base).reaches, any_branch(doing, handed_over(rule, base))
    if handed is None or not able.identities:
        return base.nobody(able.resources)
    rows = tuple(_through(row, handed.resources, able) for row in handed.rows)
    carried = replace(handed, resources=able.resources, rows=rows)
    return carried.meet(negated(certain(any_branch(having, base))))


def handed_over(rule: Rule, base: Ground) -> Ground:
    """Only the few roles that somebody can hand to the service, so that nobody else is asked what it could carry."""
    return base.own(("handed over", rule.then[0]), lambda: _handed_over(rule.then[0], base))


def _handed_over(handing: Rule, base: Ground) -> Ground:
    handed = become(handing, base).reaches
    some = members(union(row.upper for row in handed.rows)) if handed is not None else ()
    keys = [handed.resources[i] for i in some] if handed is not None else []
    known = base.places.principals
    return base.changed(known[key] for key in keys if key in known)


def _through(row: Row, roles: tuple[str, ...], able: Relation) -> Row:
    """What any of these roles is able to do."""
    whole = EMPTY
    known = set(able.identities)
    for i in members(row.upper):
        if roles[i] in known:
            whole = surer(whole, able.row_of(roles[i]) & as_sure(row.verdict(i)))
    return whole
