"""What a rule finds, for everybody at once: one evaluator for each shape of rule, all of them on relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graph.cloud import Solved
from graph.clouds.aws.rules.anchoring import anchor
from graph.clouds.aws.rules.becoming import become
from graph.clouds.aws.rules.branches import any_branch
from graph.clouds.aws.rules.exposing import expose, expose_host
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.lending import lend
from graph.clouds.aws.rules.owning import add, administer, join, own_through, widen
from graph.clouds.aws.rules.unbinding import recast, unbind, unguard
from graph.clouds.aws.rules.unblocking import unblock
from graph.clouds.aws.rules.vouching import appoint, assign, vouch


def solve(rule: Rule, base: Ground) -> Solved:
    """Whom or what the rule reaches, from everybody; worked out once for each estate."""
    return base.once(("solved", rule), lambda: _EVALUATORS[rule.shape](rule, base))


def _harm(rule: Rule, base: Ground) -> Solved:
    return Solved(reaches=any_branch(rule, base))


_EVALUATORS: Mapping[Shape, Callable[[Rule, Ground], Solved]] = {
    Shape.BECOME: become,
    Shape.RUN_AS: expose_host,
    Shape.OWN_THROUGH: lambda rule, base: own_through(rule, base, solve),
    Shape.WIDEN: widen,
    Shape.ADD: add,
    Shape.JOIN: join,
    Shape.VOUCH: vouch,
    Shape.ASSIGN: assign,
    Shape.ANCHOR: anchor,
    Shape.APPOINT: appoint,
    Shape.UNBIND: lambda rule, base: unbind(rule, base, solve),
    Shape.UNGUARD: lambda rule, base: unguard(rule, base, solve),
    Shape.RECAST: lambda rule, base: recast(rule, base, solve),
    Shape.OPEN: expose,
    Shape.COPY: expose,
    Shape.UNBLOCK: lambda rule, base: unblock(rule, base, solve),
    Shape.ADMINISTER: administer,
    Shape.LEND: lambda rule, base: lend(rule, base, solve),
    Shape.HARM: _harm,
}
