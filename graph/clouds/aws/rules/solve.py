"""What a rule finds, for everybody at once: one evaluator for each shape of rule, all of them on relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from graph.cloud import Solved
from graph.clouds.aws.rules.becoming import become, run_as
from graph.clouds.aws.rules.branches import any_branch, certain, negated
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape, Supply
from graph.clouds.aws.rules.owning import add, administer, join, own_through, widen
from graph.clouds.aws.rules.unbinding import unbind
from graph.policy.relation import Relation


def solve(rule: Rule, base: Ground) -> Solved:
    """Whom or what the rule reaches, from everybody; worked out once for each estate."""
    return base.once(("solved", rule), lambda: _EVALUATORS[rule.shape](rule, base))


def _harm(rule: Rule, base: Ground) -> Solved:
    return Solved(reaches=any_branch(rule, base))


def _open(rule: Rule, base: Ground) -> Solved:
    """Those who can let themselves in, where they are not in yet."""
    return Solved(widens=opening(rule, base).some(), gains=rule.gains, removes=rule.guard)


def opening(rule: Rule, base: Ground) -> Relation:
    """Identities and the resources that they can newly let themselves into."""
    return base.once(("opening", rule), lambda: _opening(rule, base))


def _opening(rule: Rule, base: Ground) -> Relation:
    granted = (
        tuple(replace(need, supply=Supply.NOTHING) for need in way if need.supply is not Supply.NOTHING)
        for way in rule.any_of
    )
    already = any_branch(replace(rule, any_of=tuple(dict.fromkeys(granted))), base)
    return any_branch(rule, base).meet(negated(certain(already)))


_EVALUATORS: Mapping[Shape, Callable[[Rule, Ground], Solved]] = {
    Shape.BECOME: become,
    Shape.RUN_AS: run_as,
    Shape.OWN_THROUGH: lambda rule, base: own_through(rule, base, solve),
    Shape.WIDEN: widen,
    Shape.ADD: add,
    Shape.JOIN: join,
    Shape.UNBIND: lambda rule, base: unbind(rule, base, solve),
    Shape.OPEN: _open,
    Shape.ADMINISTER: administer,
    Shape.HARM: _harm,
}
