"""Find one witness for each finding: the surest and then shortest way from a start to each harm on each target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.analysis.reach import Reach
from graph.analysis.walk import NOWHERE, TIERS, Walk
from graph.policy.bits import members, union


@dataclass(frozen=True, slots=True)
class Witness:
    """A way as positions: the nodes from the start to the one that does the harm, the pair, and the tier it needs."""

    nodes: tuple[int, ...]
    pair: int
    tier: int


def witnesses(reach: Reach, start: int, pairs: int = -1, most: int | None = None) -> Iterator[Witness]:
    """The best way from `start` to each of `pairs` it can bring about, of at most `most` hops.

    A way to a target through the account it lies in, or through one of that account's administrators, only restates
    that the account can be taken over; where there is no other as sure, there is no witness. A target that lies in no
    account (a model of the provider) is there for whoever owns any.
    """
    settled = 0
    for tier in range(len(TIERS)):
        wanted = reach.open[tier].pairs(start) & pairs & ~settled
        for shut, some in _by_owner(reach, start, tier, wanted):
            levels = list(reach.walk.levels(1 << start, tier, shut, None if most is None else most - 1))
            for pair in members(some):
                nodes = _way(reach.walk, levels, pair, tier, shut)
                if nodes:
                    settled |= 1 << pair
                    yield Witness(nodes, pair, tier)
        settled |= wanted if most is None else _implied(reach.walk, start, tier, wanted & ~settled, most)


def _by_owner(reach: Reach, start: int, tier: int, wanted: int) -> Iterator[tuple[int, int]]:
    """The wanted pairs by what must not be walked through to them: the owners of the account they lie in."""
    walk, reached, free = reach.walk, reach.open[tier].nodes(start), 0
    for account, inside in walk.pairs_in.items() if wanted else ():
        owners = owners_of(walk, account, tier) & reached
        if owners and wanted & inside:
            yield owners, wanted & inside
        else:
            free |= wanted & inside
    if free:
        yield 0, free


def owners_of(walk: Walk, account: int, tier: int) -> int:
    """An account and those who administer it as they stand; for what lies in no account, the owners of any."""
    accounts = walk.accounts if account == NOWHERE else (account,)
    return union(1 << at | walk.administrators[at, tier] for at in accounts)


def _way(walk: Walk, levels: list[int], pair: int, tier: int, shut: int) -> tuple[int, ...]:
    """Back from the first level where somebody does the harm; by the order of keys where several could. () for none."""
    doing = walk.doing[pair, tier] & ~(0 if walk.takeovers >> pair & 1 else shut)
    for depth, level in enumerate(levels):
        if doing & level:
            nodes = [_first(doing & level)]
            for earlier in reversed(levels[:depth]):
                nodes.append(_first(walk.before[nodes[-1], tier] & earlier & ~shut))
            return tuple(reversed(nodes))
    return ()


def _implied(walk: Walk, start: int, tier: int, pairs: int, most: int) -> int:
    """Those of the pairs that can be brought about within `most` hops if owners may be walked through."""
    reached = union(walk.levels(1 << start, tier, most=most - 1))
    return union(1 << pair for pair in members(pairs) if walk.doing[pair, tier] & reached)


def _first(nodes: int) -> int:
    return (nodes & -nodes).bit_length() - 1
