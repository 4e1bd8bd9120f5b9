"""What an owner of an account does in it is told of the account: edges that only say so once more are left out."""

from __future__ import annotations

from collections.abc import Mapping

from graph.clouds.aws.rules.administer import administering
from graph.clouds.aws.rules.branches import as_sure, whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import KINDS, Evaluate
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.lending import rights
from graph.model import Verdict
from graph.policy.bits import bits
from graph.policy.relation import Row


def beyond_ownership(
    rule: Rule, base: Ground, freed: Ground, opened: Mapping[str, Row], universe: tuple[str, ...], evaluate: Evaluate
) -> Mapping[str, Row]:
    """What is open to each identity besides what is its own anyway, of those who now own their account for certain."""
    owning, left, here = administering(freed), dict(opened), set(base.identities)
    for key, row in opened.items():
        root = base.places.roots.get(base.places.account_of.get(key, ""), "")
        if row and root in here and owning.row_of(key).lower:
            left[key] = _surer_than(_owned(rule, base, root, universe, evaluate), row)
    return left


def _surer_than(owned: Row, row: Row) -> Row:
    """What of a row is surer than what is owned: an asset elsewhere may let the root user in on terms."""
    conditional = row.upper & ~row.lower & ~row.unread & ~(owned.upper & ~owned.unread)
    lower, unread = row.lower & ~owned.lower, row.unread & ~owned.upper
    return Row(lower, lower | conditional | unread, unread)


def _owned(rule: Rule, base: Ground, root: str, universe: tuple[str, ...], evaluate: Evaluate) -> Row:
    """Of assets those that the root user harms, of identities all of its account."""
    if rule.asset:
        return rights(root, rule, base, evaluate)
    account_of = base.places.account_of
    return whole_row(
        bits(i for i, name in enumerate(universe) if name != root and account_of.get(name) == account_of[root])
    )


def restates(
    rule: Rule, base: Ground, freed: Ground, through: str, led: tuple[str, Verdict], evaluate: Evaluate
) -> bool:
    """Whether what somebody is led to, that surely, is nothing but owning its account."""
    target, verdict = led
    universe = base.places.assets(rule.asset) if rule.asset else reach(base)
    left = beyond_ownership(rule, base, freed, {through: as_sure(verdict)}, universe, evaluate)
    return not left[through].upper >> universe.index(target) & 1


def reach(base: Ground) -> tuple[str, ...]:
    """Whom or what one can come to be."""
    people = {name for kind in KINDS for name in base.places.names(kind)}
    return tuple(sorted({*people, *base.places.accounts()}))
