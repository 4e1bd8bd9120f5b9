"""Assume breach: if anybody is taken over, what it leads to; one row for all identities it is the same for."""

from __future__ import annotations

from collections.abc import Iterator

from graph.analysis.paths import owners_of
from graph.analysis.reach import Reach
from graph.analysis.report import Breach
from graph.analysis.walk import NOWHERE, TIERS, Walk
from graph.policy.bits import bits, members, union

_Kept = tuple[int, ...]  # by tier, the pairs that are new there and restate no takeover


def breaches(reach: Reach) -> Iterator[Breach]:
    """Rows class by class, in the order of the classes' first identities, then by harm and target."""
    walk, taking = reach.walk, _Takeovers(reach.walk)
    for kept, identities in _classes(reach).items():
        names = tuple(walk.nodes[at].key for at in identities)
        rows: list[tuple[int, int, int]] = []
        for tier, pairs in enumerate(kept):
            rows += ((pair, hops, tier) for pair, hops in _hops(reach, taking, bits(identities), pairs, tier))
        for pair, hops, tier in sorted(rows):
            harm, target = walk.pairs[pair]
            yield Breach(names, harm, walk.nodes[target].key, TIERS[tier], hops)


class _Takeovers(dict[tuple[int, int], list[int]]):
    """(pair, tier) → who takes the account over in 1, 2, 3… hops; backwards, since few ways lead to an account."""

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self._walk = walk

    def __missing__(self, key: tuple[int, int]) -> list[int]:
        self[key] = levels = list(self._walk.back(self._walk.doing[key], key[1]))
        return levels


def _classes(reach: Reach) -> dict[_Kept, list[int]]:
    """The estate's own identities by what they lead to, those that lead to nothing left out."""
    found: dict[_Kept, list[int]] = {}
    known: dict[tuple[int, ...], _Kept] = {}
    for at in members(reach.walk.owned):
        where = tuple(c.component[at] for c in (*reach.open, *reach.confined))
        if where not in known:
            known[where] = tuple(_kept(reach, at))
        if any(known[where]):
            found.setdefault(known[where], []).append(at)
    return found


def _kept(reach: Reach, node: int) -> Iterator[int]:
    """Tier by tier the new pairs. Where the account can be taken over, only those that do not go through its owners."""
    walk, settled = reach.walk, 0
    for opened, confined in zip(reach.open, reach.confined, strict=True):
        pairs = opened.pairs(node)
        taken = pairs & walk.takeovers
        owned = union(walk.pairs_in.get(walk.pairs[pair][1], 0) for pair in members(taken))
        owned |= walk.pairs_in.get(NOWHERE, 0) if taken else 0
        yield (pairs & ~owned | taken | confined.pairs(node)) & ~settled
        settled |= pairs


def _hops(reach: Reach, taking: _Takeovers, starts: int, pairs: int, tier: int) -> Iterator[tuple[int, int]]:
    """The least number of hops from any of the starts to each pair."""
    walk = reach.walk
    takeovers = pairs & walk.takeovers
    for pair in members(takeovers):
        yield pair, next(hops for hops, level in enumerate(taking[pair, tier], 1) if level & starts)
    owners = union(owners_of(walk, account, tier) for account in walk.accounts)
    confined = union(reach.confined[tier].pairs(at) for at in members(starts)) & pairs & ~takeovers
    yield from _forth(walk, starts, confined, tier, owners)
    yield from _forth(walk, starts, pairs & ~confined & ~takeovers, tier, 0)


def _forth(walk: Walk, starts: int, pairs: int, tier: int, shut: int) -> Iterator[tuple[int, int]]:
    """Breadth first until everything asked for is found."""
    levels = walk.levels(starts, tier, shut) if pairs else iter(())
    for depth, level in enumerate(levels):
        done = union(
            walk.harm_rows[step.row]
            for node in members(level & ~shut)
            for step in walk.harms[node]
            if step.tier <= tier
        )
        for pair in members(done & pairs):
            yield pair, depth + 1
        pairs &= ~done
        if not pairs:
            return
