"""All that one identity can become and do in the end, with the least number of hops; nothing is implied away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.analysis.reach import Reach
from graph.analysis.sparse import EMPTY, Sparse, one, union
from graph.analysis.walk import TIERS, Walk
from graph.model import EdgeClass, Verdict

BECOME = "become"
_BECOMING = frozenset({EdgeClass.CAN_BECOME, EdgeClass.RUNS_AS})


@dataclass(frozen=True, slots=True)
class Reachable:
    """One thing within reach; `harm` is `become` for identities."""

    target: str
    harm: str
    verdict: Verdict
    hops: int


def reachable(reach: Reach, identity: str) -> tuple[Reachable, ...]:
    """Sorted by target and harm; each with its best verdict, then fewest hops."""
    walk, start = reach.walk, reach.walk.at[identity]
    found = [*_become(walk, start), *_harmed(walk, start)]
    return tuple(sorted(found, key=lambda one: (one.target, one.harm)))


def _become(walk: Walk, start: int) -> Iterator[Reachable]:
    """Groups one is merely a member of are walked through but are nobody to become."""
    somebody = union(walk.rows[step.row] for steps in walk.moves for step in steps if step.edge.edge_class in _BECOMING)
    seen, somebody = one(start), somebody & Sparse(range(walk.real))
    for tier, verdict in enumerate(TIERS):
        now = EMPTY
        for depth, level in enumerate(walk.levels(one(start), tier)):
            for node in (level & somebody) - seen:
                yield Reachable(walk.nodes[node].key, BECOME, verdict, depth)
            now |= level
        seen |= now


def _harmed(walk: Walk, start: int) -> Iterator[Reachable]:
    seen = EMPTY
    for tier, verdict in enumerate(TIERS):
        for depth, level in enumerate(walk.levels(one(start), tier)):
            steps = (step for node in level for step in walk.harms[node] if step.tier <= tier)
            new = union(walk.harm_rows[step.row] for step in steps) - seen
            for pair in new:
                harm, target = walk.pairs[pair]
                yield Reachable(walk.nodes[target].key, harm, verdict, depth + 1)
            seen |= new
