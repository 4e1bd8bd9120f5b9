"""Assume breach: if anybody is taken over, what it leads to; alike identities and alike targets share a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.analysis.paths import owners_of
from graph.analysis.reach import Reach
from graph.analysis.report import Breach
from graph.analysis.walk import NOWHERE, TIERS, Walk
from graph.policy.bits import bits, members, union

_Kept = tuple[int, ...]  # by tier, the pairs that are new there and restate no takeover


def breaches(reach: Reach) -> Iterator[Breach]:
    """Rows class by class, in the order of the classes' first identities, then by harm, verdict and hops.

    Targets that are alike in all of this share a row: a secret reader's thousand secrets are one line, not a thousand.
    """
    walk, taking, parts = reach.walk, _Takeovers(reach.walk), _Parts(reach.walk)
    for kept, identities in _classes(reach).items():
        names, starts = tuple(walk.nodes[at].key for at in identities), bits(identities)
        rows = [
            (harm, tier, hops, targets)
            for tier, pairs in enumerate(kept)
            for hops, done in _by_hops(reach, taking, starts, pairs, tier).items()
            for harm, targets in parts[done]
        ]
        for harm, tier, hops, targets in sorted(rows):
            yield Breach(names, harm, targets, TIERS[tier], hops)


class _Parts(dict[int, tuple[tuple[str, tuple[str, ...]], ...]]):
    """A set of pairs → its harms, each with the targets of one scope, by key. Each set is cut up once."""

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self._walk = walk

    def __missing__(self, pairs: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found: dict[tuple[str, str, str], list[str]] = {}
        for pair in members(pairs):
            harm, at = self._walk.pairs[pair]
            node = self._walk.nodes[at]
            found.setdefault((harm, node.cloud, node.scope), []).append(node.key)
        self[pairs] = parts = tuple((harm, tuple(keys)) for (harm, _cloud, _scope), keys in sorted(found.items()))
        return parts


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


def _by_hops(reach: Reach, taking: _Takeovers, starts: int, pairs: int, tier: int) -> Mapping[int, int]:
    """The pairs by the least number of hops from any of the starts."""
    walk, found = reach.walk, dict[int, int]()
    takeovers = pairs & walk.takeovers
    for pair in members(takeovers):
        hops = next(hops for hops, level in enumerate(taking[pair, tier], 1) if level & starts)
        found[hops] = found.get(hops, 0) | 1 << pair
    owners = union(owners_of(walk, account, tier) for account in walk.accounts)
    confined = union(reach.confined[tier].pairs(at) for at in members(starts)) & pairs & ~takeovers
    for some, shut in ((confined, owners), (pairs & ~confined & ~takeovers, 0)):
        for hops, done in _forth(walk, starts, some, tier, shut):
            found[hops] = found.get(hops, 0) | done
    return found


def _forth(walk: Walk, starts: int, pairs: int, tier: int, shut: int) -> Iterator[tuple[int, int]]:
    """Breadth first until everything asked for is found."""
    levels = walk.levels(starts, tier, shut) if pairs else iter(())
    for hops, level in enumerate(levels, 1):
        done = pairs & union(
            walk.harm_rows[step.row]
            for node in members(level & ~shut)
            for step in walk.harms[node]
            if step.tier <= tier
        )
        if done:
            yield hops, done
        pairs &= ~done
        if not pairs:
            return
