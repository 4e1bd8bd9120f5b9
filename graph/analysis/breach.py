"""Assume breach: if anybody is taken over, what it leads to; alike identities and alike targets share a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.analysis.reach import Reach
from graph.analysis.report import Breach
from graph.analysis.sparse import EMPTY, Sparse, one, union
from graph.analysis.walk import NOWHERE, TIERS, Walk

_Kept = tuple[Sparse, ...]  # by tier, the pairs that are new there and restate no takeover


def breaches(reach: Reach) -> Iterator[Breach]:
    """Rows class by class, in the order of the classes' first identities, then by harm, verdict and hops.

    Targets that are alike in all of this share a row: a secret reader's thousand secrets are one line, not a thousand.
    """
    walk, taking, parts = reach.walk, _Takeovers(reach.walk), _Parts(reach.walk)
    for kept, identities in _classes(reach).items():
        names, starts = tuple(walk.nodes[at].key for at in identities), Sparse(identities)
        rows = [
            (harm, tier, hops, targets)
            for tier, pairs in enumerate(kept)
            if pairs
            for hops, done in _by_hops(reach, taking, starts, pairs, tier).items()
            for harm, targets in parts[done]
        ]
        for harm, tier, hops, targets in sorted(rows):
            yield Breach(names, harm, targets, TIERS[tier], hops)


class _Parts(dict[Sparse, tuple[tuple[str, tuple[str, ...]], ...]]):
    """A set of pairs → its harms, each with the targets of one scope, by key. Each set is cut up once."""

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        known: dict[tuple[str, str, str], tuple[str, str, str]] = {}
        ends = [(harm, walk.nodes[at]) for harm, at in walk.pairs]
        places = ((harm, node.cloud, node.scope) for harm, node in ends)
        self._places = [known.setdefault(place, place) for place in places]
        self._keys = [node.key for _harm, node in ends]

    def __missing__(self, pairs: Sparse) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found: dict[tuple[str, str, str], list[str]] = {}
        places, keys = self._places, self._keys
        for pair in pairs:
            found.setdefault(places[pair], []).append(keys[pair])
        self[pairs] = parts = tuple((harm, tuple(keys)) for (harm, _cloud, _scope), keys in sorted(found.items()))
        return parts


class _Takeovers(dict[tuple[int, int], list[Sparse]]):
    """(pair, tier) → who takes the account over in 1, 2, 3… hops; backwards, since few ways lead to an account."""

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self._walk = walk

    def __missing__(self, key: tuple[int, int]) -> list[Sparse]:
        self[key] = levels = list(self._walk.back(self._walk.doing[key], key[1]))
        return levels


def _classes(reach: Reach) -> dict[_Kept, list[int]]:
    """The estate's own identities by what they lead to, those that lead to nothing left out."""
    found: dict[_Kept, list[int]] = {}
    known: dict[tuple[tuple[int, int], ...], _Kept] = {}
    for at in reach.walk.owned:
        where = tuple(closure.alike(at) for closure in (*reach.open, *reach.confined))
        if where not in known:
            known[where] = tuple(_kept(reach, at))
        if any(known[where]):
            found.setdefault(known[where], []).append(at)
    return found


def _kept(reach: Reach, node: int) -> Iterator[Sparse]:
    """Tier by tier the new pairs. Where the account can be taken over, only those that do not go through its owners."""
    walk, settled = reach.walk, EMPTY
    for opened, confined in zip(reach.open, reach.confined, strict=True):
        pairs = opened.pairs(node)
        taken = pairs & walk.takeovers
        if taken:
            inside = union(walk.pairs_in.get(walk.pairs[pair][1], EMPTY) for pair in taken)
            restated = inside | walk.pairs_in.get(NOWHERE, EMPTY)
            yield ((pairs - restated) | taken | confined.pairs(node)) - settled
        else:
            yield pairs - settled
        settled |= pairs


def _by_hops(reach: Reach, taking: _Takeovers, starts: Sparse, pairs: Sparse, tier: int) -> Mapping[int, Sparse]:
    """The pairs by the least number of hops from any of the starts."""
    walk, found = reach.walk, dict[int, Sparse]()
    takeovers = pairs & walk.takeovers
    for pair in takeovers:
        hops = next(hops for hops, level in enumerate(taking[pair, tier], 1) if level.intersect(starts))
        found[hops] = found.get(hops, EMPTY) | one(pair)
    confined = (union(reach.confined[tier].pairs(at) for at in starts) & pairs) - takeovers
    for some, shut in ((confined, walk.owners[NOWHERE, tier]), (pairs - confined - takeovers, EMPTY)):
        for hops, done in _forth(walk, starts, some, tier, shut):
            found[hops] = found.get(hops, EMPTY) | done
    return found


def _forth(walk: Walk, starts: Sparse, pairs: Sparse, tier: int, shut: Sparse) -> Iterator[tuple[int, Sparse]]:
    """Breadth first until everything asked for is found."""
    levels = walk.levels(starts, tier, shut) if pairs else iter(())
    for hops, level in enumerate(levels, 1):
        done = pairs & union(
            walk.harm_rows[step.row] for node in level - shut for step in walk.harms[node] if step.tier <= tier
        )
        if done:
            yield hops, done
        pairs -= done
        if not pairs:
            return
