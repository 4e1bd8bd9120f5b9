"""The rules alone: edges of all techniques, of all harms, and the closure over the graph that is drawn from them.

On two estates: the nasty one that the decision engine is measured on, where many may do much, and an ordinary company.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from random import Random

from bench.aws_company import Company
from bench.aws_estate import LARGE, SMALL, Maker, Size
from bench.aws_folder import write
from bench.machine import heading, middle, timed
from graph.analysis.reach import Reach
from graph.analysis.walk import walk
from graph.build import build
from graph.cloud import ImportOptions, Solved
from graph.clouds.aws import CLOUD
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.formats import load
from graph.model import Graph, Verdict
from graph.policy.collector import uncollected
from graph.snapshot import Snapshot
from tests.graph.oracle.aws_rules import Oracle

# Where single pairs are held against the slow evaluator: it follows every chain of becoming anew, so rules that go on
# with chains get fewer identities.
TINY = Size(users=20, roles=60, buckets=24, others=60)
TINIEST = Size(users=5, roles=8, buckets=4, others=10)
ROUNDS = 3  # two pairs of each rule in each; one round where it is slow
_CHANGES = {Shape.UNBIND, Shape.UNGUARD, Shape.UNBLOCK, Shape.RECAST}  # which the slow evaluator asks all over again
_CHAINED = frozenset({Shape.OWN_THROUGH})
_CHECKABLE = frozenset(Shape) - _CHANGES - _CHAINED - {Shape.OPEN, Shape.COPY, Shape.JOIN, Shape.ADD}


@dataclass
class Figures:
    """One estate of one size, measured. CPU seconds."""

    principals: int
    compile: list[float] = field(default_factory=list)
    techniques: list[float] = field(default_factory=list)
    harms: list[float] = field(default_factory=list)
    closure: list[float] = field(default_factory=list)
    pairs: int = 0
    reached: int = 0

    @property
    def edges_and_closure(self) -> float:
        return middle(self.techniques) + middle(self.closure)


def run(seed: int, runs: int) -> None:
    """Both estates at both sizes."""
    heading("Technique and harm rules, and the closure", seed)
    print(f"  {len(CLOUD.techniques)} techniques, {len(CLOUD.targets)} harms on kinds of targets")
    for words, maker in (("The engine's estate", Maker), ("An ordinary company", Company)):
        small = measure(_snapshot(maker(SMALL, seed)), runs)
        large = measure(_snapshot(maker(LARGE, seed)), runs)
        for figures in (small, large):
            show(words, figures)
        _check(maker(TINY, seed), _CHECKABLE, ROUNDS, Random(seed))
        _check(maker(TINIEST, seed), _CHAINED, 1, Random(seed))
        growth = log(large.principals / small.principals)
        power = log(large.edges_and_closure / small.edges_and_closure) / growth
        print(f"    growth with the number of principals, as an exponent: {power:.2f}")


def _snapshot(estate: Maker) -> Snapshot:
    with tempfile.TemporaryDirectory() as aside:
        write(estate, Path(aside) / "estate")
        return load(Path(aside) / "estate", ImportOptions())


# ----- measuring


def measure(snapshot: Snapshot, runs: int) -> Figures:
    facts = CLOUD.read([snapshot])
    assert isinstance(facts, AwsFacts)
    figures, graph = Figures(len(facts.principals)), build([snapshot]).graph  # reads the service reference, too
    for _ in range(runs):
        _rules(facts, figures)
        _closure(graph, figures)
    return figures


def _rules(facts: AwsFacts, figures: Figures) -> None:
    """Every rule, in the order in which the build asks them; documents compiled before."""
    access = CLOUD.access(facts)
    assert isinstance(access, AwsAccess)
    figures.compile.append(timed(access.prepare)[0])
    with uncollected():  # as the build does it
        seconds, techniques = timed(lambda: [technique.solve(access) for technique in CLOUD.techniques])
        figures.techniques.append(seconds)
        seconds, harms = timed(lambda: [target.solve(access) for target in CLOUD.targets])
        figures.harms.append(seconds)
    figures.pairs = _possible([*techniques, *harms])


def _possible(solved: Iterable[Solved]) -> int:
    return sum(relation.pairs()[1] for one in solved for relation in (one.reaches, one.widens) if relation is not None)


def _closure(graph: Graph, figures: Figures) -> None:
    """What everybody can become and harm in the end, in all three tiers."""
    walked = walk(graph)
    seconds, tiers = timed(lambda: Reach(walked).open)
    figures.closure.append(seconds)
    last = tiers[-1]
    figures.reached = sum(len(last.nodes(node)) for node in range(len(walked.nodes)))


def _check(estate: Maker, shapes: frozenset[Shape], rounds: int, dice: Random) -> None:
    """Some pairs of each rule against point decisions one by one; half of them where something is possible."""
    facts = CLOUD.read([_snapshot(estate)])
    assert isinstance(facts, AwsFacts)
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    rules = [rule for rule in (*(e.rule for e in ENTRIES), *(r.rule for r in ROWS)) if rule.shape in shapes]
    pairs = [(rule, *pair) for _ in range(rounds) for rule in rules for pair in _pairs(rule, ground, dice)]
    wrong = [pair for pair in pairs if prove(pair[0], ground, *pair[1:]).verdict is not oracle.reaches(*pair)]
    told = f"{len({id(rule) for rule, *_ in pairs})} rules, {len(pairs)} pairs compared, {len(wrong)} differences"
    print(f"    equal to the slow evaluator at {len(facts.principals)} principals: {told}")


def _pairs(rule: Rule, ground: Ground, dice: Random) -> Iterable[tuple[str, str]]:
    found = solve(rule, ground).reaches
    if found is None or not found.resources:
        return
    target = dice.choice(found.resources)
    may = [who for who, verdict in found.who(target) if verdict is not Verdict.DENIED]
    yield dice.choice(may or found.identities), target
    yield dice.choice(found.identities), dice.choice(found.resources)


# ----- showing


def show(words: str, figures: Figures) -> None:
    print(f"\n  {words}, {figures.principals:,} principals")
    print(f"    {'compile everything':32}{middle(figures.compile):8.3f} s")
    print(f"    {'edges of the techniques':32}{middle(figures.techniques):8.3f} s")
    print(f"    {'edges of the harms':32}{middle(figures.harms):8.3f} s")
    print(f"    {'closure, three tiers':32}{middle(figures.closure):8.3f} s")
    print(f"    {'techniques and closure':32}{figures.edges_and_closure:8.3f} s")
    print(f"    possible edges {figures.pairs:,}; node pairs within reach {figures.reached:,}")
