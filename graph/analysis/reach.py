"""What each node can become and harm in the end, for all nodes at once: strong components, then one pass over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graph.analysis.sparse import EMPTY, Distinct, Sparse, numbers, one, union
from graph.analysis.walk import TIERS, Kept, Step, Walk
from graph.policy.closure import components

_Positions = npt.NDArray[np.int64]
_Key = tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]  # moves and harms as (row, tier)


@dataclass(frozen=True, eq=False)
class Closure:
    """One tier. `beyond[component[node]]` are the positions of what a node leads to, `harmed[…]` are pairs.

    Nodes that can do the same are of one component, and so are those on one circle. A node is in what it leads to only
    if some move leads back to it, so that all who can take the same steps share one set.
    """

    component: Sequence[int]
    beyond: Sequence[Sparse]
    harmed: Sequence[Sparse]

    def nodes(self, node: int) -> Sparse:
        """What it becomes in the end, itself included."""
        beyond = self.beyond[self.component[node]]
        return beyond if node in beyond else beyond | one(node)

    def pairs(self, node: int) -> Sparse:
        return self.harmed[self.component[node]]


@dataclass(frozen=True, eq=False)
class Reach:
    """The closures of one walk by tier. In the `confined` ones accounts and administrators lead no further."""

    walk: Walk

    @cached_property
    def open(self) -> tuple[Closure, ...]:
        return tuple(_closure(self._ground, tier, EMPTY) for tier in range(len(TIERS)))

    @cached_property
    def confined(self) -> tuple[Closure, ...]:
        return tuple(_closure(self._ground, tier, self._owners(tier)) for tier in range(len(TIERS)))

    @cached_property
    def _ground(self) -> _Ground:
        return _Ground(self.walk)

    @cached_property
    def targets(self) -> Kept[Sparse]:
        """A set of pairs → the nodes that are harmed in it."""
        harmed = np.fromiter((target for _harm, target in self.walk.pairs), np.uint32, len(self.walk.pairs))
        return Kept(lambda pairs: Sparse(harmed[numbers(pairs)]))

    @cached_property
    def around(self) -> Kept[tuple[int, int]]:
        """(account, tier) → who gets to some harm in it without its owners; or to taking it over, which they may do."""
        return Kept(self._around)

    def _around(self, key: tuple[int, int]) -> Sparse:
        walk, (account, tier) = self.walk, key
        pairs, shut = walk.pairs_in[account], walk.owners[key]
        doing = union(walk.doing[pair, tier] for pair in pairs & walk.takeovers)
        doing |= union(walk.doing[pair, tier] for pair in pairs - walk.takeovers) - shut
        return union(walk.back(doing, tier, shut))

    def _owners(self, tier: int) -> Sparse:
        return union(self.walk.owners[account, tier] for account in self.walk.accounts)


class _Ground:
    """What all closures of a walk share. Nodes with the same steps are one actor; steps and rows stand in arrays."""

    def __init__(self, walk: Walk) -> None:
        found: dict[_Key, int] = {}
        keys = zip(map(_steps, walk.moves), map(_steps, walk.harms), strict=True)
        self.actor = np.fromiter((found.setdefault(key, len(found)) for key in keys), np.int64, len(walk.nodes))
        self.actors = len(found)
        self.moves = _Flat([moves for moves, _harms in found])
        self.harms = [sorted(harms) for _moves, harms in found]
        self.sizes = np.fromiter(map(len, walk.rows), np.int64, len(walk.rows))
        self.members = np.concatenate([np.zeros(0, np.uint32), *map(numbers, walk.rows)]).astype(np.int64)
        self.sets = Distinct()
        self.rows = list(map(self.sets.number, walk.rows))
        self.harm_rows = list(map(self.sets.number, walk.harm_rows))
        self.takeovers = [self.sets.number(row & walk.takeovers) for row in walk.harm_rows]


def _steps(steps: Sequence[Step]) -> frozenset[tuple[int, int]]:
    return frozenset((step.row, step.tier) for step in steps)


class _Flat:
    """The moves of all actors one after the other."""

    def __init__(self, moves: Sequence[frozenset[tuple[int, int]]]) -> None:
        self.actors = np.repeat(np.arange(len(moves)), list(map(len, moves)))
        flat = np.array([step for some in moves for step in sorted(some)], np.int64).reshape(-1, 2)
        self.rows, self.tiers = flat[:, 0], flat[:, 1]


def _closure(ground: _Ground, tier: int, shut: Sparse) -> Closure:
    """Reachability in one tier's graph. Rows are vertices of it too: actor → row → members, not actor → members.

    From what is `shut` nothing is done but administering, so those of an actor that are shut are an actor of their own.
    """
    closed = numbers(shut).astype(np.int64)
    apart, place = np.unique(ground.actor[closed], return_inverse=True)
    vertex, base = ground.actor.copy(), ground.actors + len(apart)
    vertex[closed] = ground.actors + place
    there = ground.moves.tiers <= tier
    sources = np.concatenate([ground.moves.actors[there], np.repeat(np.arange(len(ground.sizes)), ground.sizes) + base])
    ends = np.concatenate([ground.moves.rows[there] + base, vertex[ground.members]])
    size = base + len(ground.sizes)
    labels, count = components(np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=size))]), ends)
    own = [*_done(ground.harms, ground.harm_rows, tier)]
    own += _done((ground.harms[actor] for actor in apart.tolist()), ground.takeovers, tier)
    sets, beyond, harmed = ground.sets, [0] * count, [0] * count
    parts = zip(_after(labels[sources], labels[ends], count), _inside(labels, count), strict=True)
    for label, (after, vertices) in enumerate(parts):
        rows = [ground.rows[v - base] for v in vertices if v >= base]
        done = [row for v in vertices if v < base for row in own[v]]
        beyond[label] = sets.join(rows + [beyond[other] for other in after])
        harmed[label] = sets.join(done + [harmed[other] for other in after])
    known = sets.known
    return Closure(labels[vertex].tolist(), [known[at] for at in beyond], [known[at] for at in harmed])


def _done(harms: Iterable[Sequence[tuple[int, int]]], sets: Sequence[int], tier: int) -> Iterator[list[int]]:
    """Actor by actor what is done itself."""
    return ([sets[row] for row, least in some if least <= tier] for some in harms)


def _after(sources: npt.NDArray[np.int32], ends: npt.NDArray[np.int32], count: int) -> Iterator[Sequence[int]]:
    """For each component those that it leads to at once."""
    other = sources != ends
    steps = np.unique(sources[other].astype(np.int64) * count + ends[other])
    return _groups(steps // count, steps % count, count)


def _inside(labels: npt.NDArray[np.int32], count: int) -> Iterator[Sequence[int]]:
    """For each component its vertices."""
    order = np.argsort(labels, kind="stable")
    return _groups(labels[order].astype(np.int64), order, count)


def _groups(keys: _Positions, values: _Positions, count: int) -> Iterator[Sequence[int]]:
    """Values by key, of which the keys are in order."""
    cuts, told = np.searchsorted(keys, np.arange(count + 1)).tolist(), values.tolist()
    return (told[cuts[key] : cuts[key + 1]] for key in range(count))
