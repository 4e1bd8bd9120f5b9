"""Find one witness for each finding: the surest and then shortest way from a start to each harm on each target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.analysis.reach import Reach
from graph.analysis.sparse import EMPTY, Sparse, one, union
from graph.analysis.walk import TIERS, Walk


@dataclass(frozen=True, slots=True)
class Witness:
    """A way as positions: the nodes from the start to the one that does the harm, the pair, and the tier it needs."""

    nodes: tuple[int, ...]
    pair: int
    tier: int


def witnesses(reach: Reach, start: int, pairs: Sparse | None = None, most: int | None = None) -> Iterator[Witness]:
    """The best way from `start` to each of `pairs` it can bring about, of at most `most` hops. None for all pairs.

    A way to a target through the account it lies in, or through one of that account's administrators, only restates
    that the account can be taken over; where there is no other as sure, there is no witness. A target that lies in no
    account (a model of the provider) is there for whoever owns any.
    """
    settled = EMPTY
    for tier in range(len(TIERS)):
        wanted = reach.open[tier].pairs(start) - settled
        wanted = wanted if pairs is None else wanted & pairs
        found = list[int]()
        for shut, inside, some in _by_owner(reach, start, tier, wanted):
            walked = None if most is None else most - 1
            levels = list(reach.walk.levels(one(start), tier, shut, walked, inside))
            for pair in some:
                nodes = _way(reach.walk, levels, pair, tier, shut)
                if nodes:
                    found.append(pair)
                    yield Witness(nodes, pair, tier)
        settled |= Sparse(found)
        settled |= wanted if most is None else _implied(reach.walk, start, tier, wanted - settled, most)


def _by_owner(reach: Reach, start: int, tier: int, wanted: Sparse) -> Iterator[tuple[Sparse, Sparse | None, Sparse]]:
    """The wanted pairs by what must not be walked through to them: the owners of the account they lie in.

    With what it takes to look at, where that is not all: who gets to some harm in that account in spite of it.
    """
    walk, reached, free = reach.walk, reach.open[tier].nodes(start), EMPTY
    for account, pairs in walk.pairs_in.items() if wanted else ():
        inside = wanted & pairs
        owners = walk.owners[account, tier] & reached if inside else EMPTY
        if not owners:
            free |= inside
        elif start in (around := reach.around[account, tier]):
            yield walk.owners[account, tier], around, inside
    if free:
        yield EMPTY, None, free


def _way(walk: Walk, levels: list[Sparse], pair: int, tier: int, shut: Sparse) -> tuple[int, ...]:
    """Back from the first level where somebody does the harm; by the order of keys where several could. () for none."""
    doing = walk.doing[pair, tier] - (EMPTY if pair in walk.takeovers else shut)
    for depth, level in enumerate(levels):
        if doing.intersect(level):
            nodes = [(doing & level).min()]
            for earlier in reversed(levels[:depth]):
                nodes.append(((walk.before[nodes[-1], tier] & earlier) - shut).min())
            return tuple(reversed(nodes))
    return ()


def _implied(walk: Walk, start: int, tier: int, pairs: Sparse, most: int) -> Sparse:
    """Those of the pairs that can be brought about within `most` hops if owners may be walked through."""
    reached = union(walk.levels(one(start), tier, most=most - 1))
    return Sparse(pair for pair in pairs if walk.doing[pair, tier].intersect(reached))
