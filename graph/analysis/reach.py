"""What each node can become and harm in the end, for all nodes at once: strong components, then one pass over them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from graph.analysis.sparse import EMPTY, Distinct, Sparse, numbers, one, union
from graph.analysis.walk import TIERS, Kept, Step, Walk
from graph.policy.closure import ancestors, components

_Numbers = npt.NDArray[np.int32]
_Positions = npt.NDArray[np.int64]
_Codes = tuple[int, ...]  # steps, each as its row and tier in one number
_TIERS = len(TIERS)


@dataclass(frozen=True, eq=False)
class Closure:
    """One tier: for each node the numbers of two sets, of the nodes that it leads to and of the pairs that it harms.

    A node is in what it leads to only if some move leads back to it, so that all who can take the same steps share one
    set.
    """

    sets: Sequence[Sparse]
    leading: Sequence[int]
    harming: Sequence[int]

    def beyond(self, node: int) -> Sparse:
        """What it becomes in one move or more."""
        return self.sets[self.leading[node]]

    def nodes(self, node: int) -> Sparse:
        """What it becomes in the end, itself included."""
        beyond = self.beyond(node)
        return beyond if node in beyond else beyond | one(node)

    def pairs(self, node: int) -> Sparse:
        return self.sets[self.harming[node]]

    def alike(self, node: int) -> tuple[int, int]:
        """Equal for nodes that lead to the same and harm the same."""
        return self.leading[node], self.harming[node]


@dataclass(frozen=True, eq=False)
class Reach:
    """The closures of one walk by tier. In the `confined` ones accounts and administrators lead no further."""

    walk: Walk

    @cached_property
    def open(self) -> tuple[Closure, ...]:
        return tuple(map(self._ground.closure, self._open))

    @cached_property
    def confined(self) -> tuple[Closure, ...]:
        ground, _made = self._ground, self.open  # the open ones first: they need the ground too
        solved = [ground.solve(tier, self._owners(tier), known) for tier, known in enumerate(self._open)]
        for made_of in ("_ground", "_open"):  # much, and all closures are made
            del self.__dict__[made_of]
        return tuple(map(ground.closure, solved))

    @cached_property
    def _open(self) -> tuple[_Solved, ...]:
        found: list[_Solved] = []
        for tier in range(len(TIERS)):
            found.append(self._ground.solve(tier, EMPTY, found[-1] if found else None))
        return tuple(found)

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


@dataclass(frozen=True, eq=False)
class _Solved:
    """What the vertices of one tier's graph lead to and harm, as numbers of sets; `vertex` is that of each node."""

    tier: int
    vertex: _Positions
    leading: _Numbers
    harming: _Numbers


class _Ground:
    """What all closures of a walk share. Nodes with the same steps are one actor; steps and rows stand in arrays.

    Vertices of a tier's graph are the actors, then the rows, then those of the actors that are shut.
    """

    def __init__(self, walk: Walk) -> None:
        found: dict[tuple[_Codes, _Codes], int] = {}
        keys = zip(map(_codes, walk.moves), map(_codes, walk.harms), strict=True)
        self.actor = np.fromiter((found.setdefault(key, len(found)) for key in keys), np.int64, len(walk.nodes))
        self.actors, self.size = len(found), len(found) + len(walk.rows)
        self.moves = _Flat([moves for moves, _harms in found])
        self.harms = [harms for _moves, harms in found]
        sizes = np.fromiter(map(len, walk.rows), np.int64, len(walk.rows))
        self.row_of = np.repeat(np.arange(len(sizes)), sizes) + self.actors
        self.members = np.concatenate([np.zeros(0, np.uint32), *map(numbers, walk.rows)]).astype(np.int64)
        self.sets = Distinct()
        self.rows = list(map(self.sets.number, walk.rows))
        self.harm_rows = list(map(self.sets.number, walk.harm_rows))
        self.takeovers = [self.sets.number(row & walk.takeovers) for row in walk.harm_rows]
        tiers = [{code % _TIERS for some in steps for code in some} for steps in found]
        self.with_tier = [[at for at, mine in enumerate(tiers) if tier in mine] for tier in range(_TIERS)]

    def closure(self, solved: _Solved) -> Closure:
        vertex = solved.vertex
        return Closure(self.sets.known, array("i", solved.leading[vertex]), array("i", solved.harming[vertex]))

    def solve(self, tier: int, shut: Sparse, known: _Solved | None) -> _Solved:
        """Reachability in one tier's graph. Rows are vertices too: actor → row → members, not actor → members.

        From what is `shut` nothing is done but administering. `known` is the same with less in it or nothing shut:
        what cannot get to where they differ is taken from there.
        """
        closed = numbers(shut).astype(np.int64)
        apart, place = np.unique(self.actor[closed], return_inverse=True)
        vertex, size = self.actor.copy(), self.size + len(apart)
        vertex[closed] = self.size + place
        there = self.moves.tiers <= tier
        sources = np.concatenate([self.moves.actors[there], self.row_of])
        ends = np.concatenate([self.moves.rows[there] + self.actors, vertex[self.members]])
        labels, count = components(np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=size))]), ends)
        new = np.ones(size, np.bool_) if known is None else self._new(known.tier, tier, sources, ends, size)
        leading, harming = np.zeros(count, np.int32), np.zeros(count, np.int32)
        if known is not None:
            old = np.flatnonzero(~new)
            leading[labels[old]], harming[labels[old]] = known.leading[old], known.harming[old]
        open_to = _Condensed(labels, sources, ends, new)
        self._fill(open_to, self._doing(tier, apart.tolist()), leading, harming)
        return _Solved(tier, vertex, leading[labels], harming[labels])

    def _new(self, before: int, tier: int, sources: _Positions, ends: _Positions, size: int) -> npt.NDArray[np.bool_]:
        """The vertices that get to something which is not as it was: actors with more steps, those that are shut."""
        more = [at for one in range(before + 1, tier + 1) for at in self.with_tier[one]]
        return ancestors(sources, ends, np.array([*more, *range(self.size, size)], np.int64), size)

    def _doing(self, tier: int, apart: Sequence[int]) -> Callable[[int], list[int]]:
        """What a vertex adds itself to the sets of what is harmed."""

        def done(vertex: int) -> list[int]:
            if vertex < self.actors:
                return [self.harm_rows[code // _TIERS] for code in self.harms[vertex] if code % _TIERS <= tier]
            if vertex < self.size:
                return []
            codes = self.harms[apart[vertex - self.size]]
            return [self.takeovers[code // _TIERS] for code in codes if code % _TIERS <= tier]

        return done

    def _fill(
        self, condensed: _Condensed, doing: Callable[[int], list[int]], leading: _Numbers, harming: _Numbers
    ) -> None:
        """Component by component, sinks first."""
        lead, harm = leading.tolist(), harming.tolist()
        for label, vertices, after in condensed.parts():
            rows = [self.rows[vertex - self.actors] for vertex in vertices if self.actors <= vertex < self.size]
            done = [row for vertex in vertices for row in doing(vertex)]
            lead[label] = self.sets.join(rows + [lead[other] for other in after])
            harm[label] = self.sets.join(done + [harm[other] for other in after])
        leading[:], harming[:] = lead, harm


class _Condensed:
    """Components of which something is new, each with its vertices and the components that it leads to at once."""

    def __init__(self, labels: _Numbers, sources: _Positions, ends: _Positions, new: npt.NDArray[np.bool_]) -> None:
        inside = np.flatnonzero(new)
        order = np.argsort(labels[inside], kind="stable")
        self._vertices, self._labels = inside[order], labels[inside[order]].astype(np.int64)
        crossing = new[sources] & (labels[sources] != labels[ends])
        size = len(new)
        self._steps = np.unique(labels[sources[crossing]].astype(np.int64) * size + labels[ends[crossing]])
        self._size = size

    def parts(self) -> Iterator[tuple[int, Sequence[int], Sequence[int]]]:
        todo = np.unique(self._labels)
        inside = _groups(self._labels, self._vertices, todo)
        after = _groups(self._steps // self._size, self._steps % self._size, todo)
        return zip(todo.tolist(), inside, after, strict=True)


def _groups(keys: _Positions, values: _Positions, wanted: _Positions) -> Iterator[Sequence[int]]:
    """The values of each wanted key; keys are in order."""
    starts = np.searchsorted(keys, wanted).tolist()
    stops, told = np.searchsorted(keys, wanted, "right").tolist(), values.tolist()
    return (told[start:stop] for start, stop in zip(starts, stops, strict=True))


def _codes(steps: Sequence[Step]) -> _Codes:
    return tuple(sorted({step.row * _TIERS + step.tier for step in steps})) if steps else ()


class _Flat:
    """The moves of all actors one after the other."""

    def __init__(self, moves: Sequence[_Codes]) -> None:
        self.actors = np.repeat(np.arange(len(moves)), list(map(len, moves)))
        self.rows, self.tiers = np.divmod(np.array(list(chain.from_iterable(moves)), np.int64), _TIERS)
