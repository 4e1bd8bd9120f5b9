"""What somebody else's credential can do: whoever makes one uses its holder's rights, and is not its holder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from graph.cloud import Solved
from graph.clouds.aws.rules.branches import any_branch, as_sure, moved
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import Evaluate
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.proofs import all_of, best_of
from graph.model import Proof, Verdict
from graph.policy.bits import members
from graph.policy.relation import EMPTY, Relation, Row, surer

Branches = Callable[[Rule, Ground, str, str], Proof]
Prove = Callable[[Rule, Ground, str, str], Proof]


def lend(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Edges from whoever can make the credential to the assets that it lets harm, as sure as both halves."""
    universe = base.places.assets(rule.asset)
    able = lenders(rule, base)
    rows = tuple(_led(row, able, rule, base, evaluate) for row in able.rows)
    return Solved(reaches=replace(able, resources=universe, rows=rows))


def lenders(rule: Rule, base: Ground) -> Relation:
    """Over users: whose credential one can make."""
    return any_branch(replace(rule, asset="", then=()), base)


def lending(rule: Rule, base: Ground, source: str, target: str, branch: Branches, prove: Prove) -> Proof:
    """By the surest of those whose credential can be made: it is named."""
    able, alone, proofs = lenders(rule, base), replace(rule, asset="", then=()), []
    for holder in able.resources:
        if able.verdict(source, holder) is not Verdict.DENIED:
            theirs = best_of(prove(then, base.whole or base, holder, target) for then in rule.then)
            proofs.append(replace(all_of([branch(alone, base, source, holder), theirs]), via=holder))
    return best_of(proofs)


def _led(row: Row, able: Relation, rule: Rule, base: Ground, evaluate: Evaluate) -> Row:
    whole = EMPTY
    for i in members(row.upper):
        whole = surer(whole, rights(able.resources[i], rule, base, evaluate) & as_sure(row.verdict(i)))
    return whole


def rights(holder: str, rule: Rule, base: Ground, evaluate: Evaluate) -> Row:
    """What the holder can do to the assets; asked of the whole estate, for a changed part may not have the holder."""
    others = base.whole or base
    return others.once(("lent", rule.then, holder), lambda: _of_holder(holder, rule, others, evaluate))


def _of_holder(holder: str, rule: Rule, base: Ground, evaluate: Evaluate) -> Row:
    at = {key: i for i, key in enumerate(base.places.assets(rule.asset))}
    whole = EMPTY
    for then in rule.then:
        reached = evaluate(then, base).reaches
        if reached is not None and reached.resources:
            whole = surer(whole, moved(reached.row_of(holder), [at[name] for name in reached.resources]))
    return whole
