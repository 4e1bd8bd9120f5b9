"""The decision engine: compiling, single actions, all actions at once, and whether it equals the point decision."""

from __future__ import annotations

import gc
from collections import defaultdict
from dataclasses import dataclass, field
from math import log
from random import Random

from bench.aws_estate import ACTIONS, LARGE, SMALL, make_estate
from bench.machine import heading, middle, peak_megabytes, timed
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.reference import resource_kinds
from graph.model import Document
from graph.policy.bits import members
from graph.policy.relation import Relation

SHOWN = (
    *("s3:GetObject", "secretsmanager:GetSecretValue", "bedrock:InvokeModel"),
    *("sts:AssumeRole", "iam:PassRole", "kms:Decrypt"),
)
CHECKED = 4000  # pairs held against the point decision, half of them where something is possible


@dataclass
class Figures:
    """One size, measured."""

    principals: int
    statements: int
    compile: list[float] = field(default_factory=list)
    alone: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    together: list[float] = field(default_factory=list)
    relations: dict[str, Relation] = field(default_factory=dict)
    megabytes: float = 0.0
    compared: int = 0
    differences: int = 0

    @property
    def pairs(self) -> int:
        return sum(len(r.identities) * len(r.resources) for r in self.relations.values())

    @property
    def total(self) -> float:
        return middle(self.compile) + middle(self.together)


def run(seed: int, runs: int) -> None:
    """Both sizes, one table each, and how the cost grows from one to the other."""
    heading("AWS decisions as interval sets", seed)
    for action in ACTIONS:
        resource_kinds(action)  # the service reference is read once, before any clock runs
    figures = []
    for size in (SMALL, LARGE):
        figures.append(measure(make_estate(size, seed), seed, runs))
        show(figures[-1])
    small, large = figures
    growth = log(large.principals / small.principals)
    exponent = {
        "compile": log(middle(large.compile) / middle(small.compile)) / growth,
        f"{len(ACTIONS)} actions": log(middle(large.together) / middle(small.together)) / growth,
        "pairs": log(large.pairs / small.pairs) / growth,
    }
    said = ", ".join(f"{what} {power:.2f}" for what, power in exponent.items())
    print(f"\n  growth with the number of principals, as an exponent: {said}")


# ----- measuring


def measure(facts: AwsFacts, seed: int, runs: int) -> Figures:
    gc.collect()
    gc.freeze()  # the estate is loaded; the collector need not walk it again
    figures = Figures(len(facts.principals), _statements(facts))
    for _ in range(runs):
        gc.collect()  # the engines of the round before
        before = peak_megabytes()
        seconds, access = timed(lambda: _compiled(facts))
        figures.compile.append(seconds)
        seconds, relations = timed(lambda: {action: access.relation(action) for action in ACTIONS})  # noqa: B023
        figures.together.append(seconds)
        figures.megabytes = max(figures.megabytes, peak_megabytes() - before)
        for action in SHOWN:
            figures.alone[action].append(_alone(facts, action))
    figures.relations = relations
    _check(access, figures, Random(seed))
    return figures


def _alone(facts: AwsFacts, action: str) -> float:
    """As the first question to an engine."""
    gc.collect()
    access = _compiled(facts)
    return timed(lambda: access.relation(action))[0]


def _compiled(facts: AwsFacts) -> AwsAccess:
    access = AwsAccess(facts)
    access.prepare()
    return access


def _statements(facts: AwsFacts) -> int:
    found: dict[int, Document] = {}
    for principal in facts.principals:
        limit = (principal.boundary,) if principal.boundary else ()
        found.update((id(document.body), document) for document in (*principal.documents, *limit))
    for of_kind in facts.resources.values():
        found.update((id(d.body), d) for resource in of_kind for d in resource.policies)
    return sum(len(document.body["Statement"]) for document in found.values() if document.body)


def _check(access: AwsAccess, figures: Figures, dice: Random) -> None:
    """Some pairs of each action, decided alone."""
    actions = sorted(figures.relations)
    for i in range(CHECKED):
        action = actions[i % len(actions)]
        relation = figures.relations[action]
        identity, resource = _pair(relation, dice, possible=i % 2 == 0)
        alone = access.decide(identity, action, resource).verdict
        figures.compared += 1
        figures.differences += relation.verdict(identity, resource) is not alone


def _pair(relation: Relation, dice: Random, *, possible: bool) -> tuple[str, str]:
    identity = dice.choice(relation.identities)
    if possible:
        some = [key for key in dice.sample(relation.identities, 40) if relation.row_of(key)]
        if some:
            return some[0], relation.resources[dice.choice(list(members(relation.row_of(some[0]).upper)))]
    return identity, dice.choice(relation.resources)


# ----- showing


def show(figures: Figures) -> None:
    print(f"\n  {figures.principals:,} principals, {figures.statements:,} distinct statements")
    print(f"    {'compile everything':32}{middle(figures.compile):8.3f} s")
    for action in SHOWN:
        relation, seconds = figures.relations[action], middle(figures.alone[action])
        pairs = len(relation.identities) * len(relation.resources)
        print(
            f"    {action:32}{seconds:8.3f} s {len(relation.resources):6,} resources, {len(relation.rows):5,} classes,"
            f" {pairs / seconds / 1e6:6.0f} M pairs/s"
        )
    print(f"    {f'{len(ACTIONS)} actions at once':32}{middle(figures.together):8.3f} s")
    rate = figures.pairs / figures.total / 1e6
    print(f"    pairs decided {figures.pairs:,}; with compile included {rate:.0f} M pairs/s")
    counts = [relation.pairs() for relation in figures.relations.values()]
    rows = {(row.lower, row.upper) for relation in figures.relations.values() for row in relation.rows}
    certain, perhaps = sum(low for low, _ in counts), sum(high for _, high in counts)
    print(f"    certain pairs {certain:,}, possible pairs {perhaps:,}, distinct rows {len(rows):,}")
    print(f"    memory above the loaded facts {figures.megabytes:.0f} MB")
    print(f"    equal to the point decision: {figures.compared:,} pairs compared, {figures.differences} differences")
