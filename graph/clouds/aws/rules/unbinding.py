"""Guardrail removal: the estate is asked once more without one guard, and what is new is the remover's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph.cloud import Solved
from graph.clouds.aws.facts import Principal
from graph.clouds.aws.rules.branches import any_branch, whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import Evaluate, held
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.owning import new_owners
from graph.model import Verdict
from graph.policy.bits import bits, members, union
from graph.policy.relation import EMPTY, Relation, Row, surer

_AS_SURE = {
    Verdict.ALLOWED: Row(-1, -1),
    Verdict.CONDITIONAL: Row(0, -1),
    Verdict.UNKNOWN: Row(0, -1, -1),
    Verdict.DENIED: EMPTY,
}


@dataclass(frozen=True)
class Unbound:
    """Who can take the guard off an identity that they are or can become, and what is newly open to that identity.

    `removers` is over the identities of the rule's kind; `opened` gives some of them a row over `reach`.
    """

    removers: Relation
    reach: tuple[str, ...]
    opened: Mapping[str, Row]
    freed: Ground | None


def unbind(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Edges from the removers to what is newly open; whoever frees only itself also widens itself."""
    found = unbound(rule, base, evaluate)
    rows = tuple(_reached(row, found) for row in found.removers.rows)
    reaches = replace(found.removers, resources=found.reach, rows=rows)
    own = found.removers.own({key: (key,) for key in found.removers.resources})
    return Solved(reaches=reaches, widens=own, gains=rule.gains, removes=rule.guard)


def unbound(rule: Rule, base: Ground, evaluate: Evaluate) -> Unbound:
    """The parts of the answer."""
    return base.once(("unbound", rule), lambda: _unbound(rule, base, evaluate))


def _unbound(rule: Rule, base: Ground, evaluate: Evaluate) -> Unbound:
    removers = _removers(rule, base, evaluate)
    affected = [removers.resources[i] for i in members(union(row.upper for row in removers.rows))]
    kinds = (*base.places.of("iam:role"), *base.places.of("iam:user"))
    reach = tuple(sorted({*(item.arn for item in kinds), *base.places.accounts()}))
    if not affected:
        return Unbound(removers, reach, {}, None)
    freed = base.changed(_without(base.places.principals[key], rule.guard) for key in affected)
    return Unbound(removers, reach, _opened(rule, base, freed, reach, evaluate), freed)


def _without(principal: Principal, guard: str) -> Principal:
    if guard != "boundary":
        raise ValueError(f"no guard is called {guard}")
    return replace(principal, boundary=None)


def _removers(rule: Rule, base: Ground, evaluate: Evaluate) -> Relation:
    """Few may take a guard off, so the ways to whom it binds are only followed for them."""
    guarded = bits(i for i, key in enumerate(base.places.universe(rule)) if _guarded(base, key))
    able = new_owners(any_branch(rule, base).within(whole_row(guarded)), base)
    return held(rule, base, evaluate, able, itself=True)


def _guarded(base: Ground, key: str) -> bool:
    principal = base.places.principals.get(key)
    return principal is not None and principal.boundary is not None


def _opened(rule: Rule, base: Ground, freed: Ground, reach: tuple[str, ...], evaluate: Evaluate) -> Mapping[str, Row]:
    """What each freed identity reaches that it could not reach before."""
    at = {key: i for i, key in enumerate(reach)}
    opened = dict.fromkeys(freed.identities, EMPTY)
    for then in rule.then:
        now, before = evaluate(then, freed).reaches, evaluate(then, base).reaches
        if now is None or before is None:
            continue
        for key in freed.identities:
            new = whole_row(~before.row_of(key).upper) & now.row_of(key)
            opened[key] = surer(opened[key], _moved(new, [at[name] for name in now.resources]))
    return opened


def _moved(row: Row, positions: list[int]) -> Row:
    """The same row over another universe."""
    lower, upper, unread = (bits(positions[i] for i in members(part)) for part in (row.lower, row.upper, row.unread))
    return Row(lower, upper, unread)


def _reached(row: Row, found: Unbound) -> Row:
    """What is open through any of these identities, as sure as the removal and the way to it."""
    whole = EMPTY
    for i in members(row.upper):
        whole = surer(whole, found.opened.get(found.removers.resources[i], EMPTY) & _AS_SURE[row.verdict(i)])
    return whole
