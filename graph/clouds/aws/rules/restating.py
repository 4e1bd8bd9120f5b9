"""What an owner of an account does in it is told of the account: edges that only say so once more are left out."""

from __future__ import annotations

from collections.abc import Mapping

from graph.clouds.aws.rules.administer import administering
from graph.clouds.aws.rules.branches import whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import Evaluate
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.lending import rights
from graph.policy.bits import bits, full
from graph.policy.relation import Row


def beyond_ownership(
    rule: Rule, base: Ground, freed: Ground, opened: Mapping[str, Row], universe: tuple[str, ...], evaluate: Evaluate
) -> Mapping[str, Row]:
    """What is open to each identity besides what is its own anyway, of those who now own their account for certain."""
    owning, left, here = administering(freed), dict(opened), set(base.identities)
    for key, row in opened.items():
        root = base.places.roots.get(base.places.account_of.get(key, ""), "")
        if row and root in here and owning.row_of(key).lower:
            owned = _owned(rule, base, root, universe, evaluate)
            left[key] = row & whole_row(full(len(universe)) & ~owned)
    return left


def _owned(rule: Rule, base: Ground, root: str, universe: tuple[str, ...], evaluate: Evaluate) -> int:
    """Of assets those that the root user harms, of identities all of its account."""
    if rule.asset:
        return rights(root, rule, base, evaluate).upper
    account_of = base.places.account_of
    return bits(i for i, name in enumerate(universe) if name != root and account_of.get(name) == account_of[root])


def restates(
    rule: Rule, base: Ground, freed: Ground, through: str, target: str, universe: tuple[str, ...], evaluate: Evaluate
) -> bool:
    """Whether reaching the target through somebody is nothing but owning its account."""
    whole = whole_row(full(len(universe)))
    left = beyond_ownership(rule, base, freed, {through: whole}, universe, evaluate)
    return not left[through].upper >> universe.index(target) & 1
