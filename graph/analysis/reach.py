"""What each node can become and harm in the end, for all nodes at once: strong components, then one pass over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from graph.analysis.walk import TIERS, Kept, Step, Walk
from graph.policy.bits import bits, members, union
from graph.policy.closure import components


@dataclass(frozen=True, eq=False)
class Closure:
    """One tier. `beyond[component[node]]` are the positions of what a node leads to, `harmed[…]` are pairs.

    A node is in what it leads to only if it lies on a circle, so that all who can take the same steps share one set.
    """

    component: tuple[int, ...]
    beyond: tuple[int, ...]
    harmed: tuple[int, ...]

    def nodes(self, node: int) -> int:
        """What it becomes in the end, itself included."""
        return self.beyond[self.component[node]] | 1 << node

    def pairs(self, node: int) -> int:
        return self.harmed[self.component[node]]


@dataclass(frozen=True, eq=False)
class Reach:
    """The closures of one walk by tier. In the `confined` ones accounts and administrators lead no further."""

    walk: Walk

    @cached_property
    def open(self) -> tuple[Closure, ...]:
        return tuple(closure(self.walk, tier, kept=self._kept) for tier in range(len(TIERS)))

    @cached_property
    def confined(self) -> tuple[Closure, ...]:
        return tuple(closure(self.walk, tier, self._owners(tier), self._kept) for tier in range(len(TIERS)))

    @cached_property
    def _kept(self) -> dict[int, int]:
        """Each set once, whichever closures it is in: tiers differ in little."""
        return {}

    @cached_property
    def targets(self) -> Kept[int]:
        """A set of pairs → the nodes that are harmed in it."""
        return Kept(lambda pairs: bits(sorted({self.walk.pairs[pair][1] for pair in members(pairs)})))

    @cached_property
    def circles(self) -> Counter[int]:
        """How many nodes lie in each component of the widest graph."""
        return Counter(self.open[-1].component)

    def _owners(self, tier: int) -> int:
        walk = self.walk
        return union(1 << account | walk.administrators[account, tier] for account in walk.accounts)


def closure(walk: Walk, tier: int, shut: int = 0, kept: dict[int, int] | None = None) -> Closure:
    """Reachability in one tier's graph. Rows are nodes of it too: identity → row → members, not identity → members.

    From what is `shut` nothing is done but administering. Equal sets are made once and kept in `kept`.
    """
    size = len(walk.nodes)
    moves = [_rows(steps, tier) if steps and not shut >> node & 1 else () for node, steps in enumerate(walk.moves)]
    labels, count = _components([*moves, *walk.row_members], size)
    inner: list[list[int]] = [[] for _component in range(count)]
    for vertex, label in enumerate(labels.tolist()):
        inner[label].append(vertex)
    kept = {} if kept is None else kept
    leading, harming = _Unions(kept), _Unions(kept)
    beyond, harmed = [0] * count, [0] * count
    for label in range(count):
        after = frozenset(int(labels[end]) for vertex in inner[label] for end in _ends(walk, moves, vertex)) - {label}
        rows = frozenset(vertex - size for vertex in inner[label] if vertex >= size)
        done = frozenset(one for v in inner[label] if v < size for one in _own_rows(walk, v, tier, shut))
        beyond[label] = leading.of((after, rows), chain((beyond[o] for o in after), (walk.rows[row] for row in rows)))
        own = (walk.harm_rows[row] & (walk.takeovers if confined else -1) for row, confined in done)
        harmed[label] = harming.of((after, done), chain((harmed[other] for other in after), own))
    return Closure(tuple(labels[:size].tolist()), tuple(beyond), tuple(harmed))


class _Unions:
    """Unions of sets, each made once for the same parts, and each result kept once."""

    def __init__(self, kept: dict[int, int]) -> None:
        self._kept, self._known = kept, dict[object, int]()

    def of(self, parts: object, sets: Iterable[int]) -> int:
        if parts not in self._known:
            whole = union(sets)
            self._known[parts] = self._kept.setdefault(whole, whole)
        return self._known[parts]


def _rows(steps: Sequence[Step], tier: int) -> tuple[int, ...]:
    return tuple({step.row for step in steps if step.tier <= tier})


def _ends(walk: Walk, moves: Sequence[Sequence[int]], vertex: int) -> Iterator[int]:
    """What a vertex leads to: a node to rows, a row to nodes."""
    size = len(walk.nodes)
    if vertex < size:
        return (size + row for row in moves[vertex])
    return iter(walk.row_members[vertex - size])


def _own_rows(walk: Walk, node: int, tier: int, shut: int) -> Iterator[tuple[int, bool]]:
    """What a node does itself, and whether only taking over counts of it."""
    steps = walk.harms[node]
    confined = bool(steps and shut >> node & 1)
    return ((step.row, confined) for step in steps if step.tier <= tier)


def _components(ends: Sequence[Sequence[int]], size: int) -> tuple[npt.NDArray[np.int32], int]:
    """Strong components of nodes and rows, each leading only to lower numbers."""
    starts = np.cumsum([0, *map(len, ends)])
    flat = np.fromiter((end for some in ends[:size] for end in some), np.int64) + size
    rest = np.fromiter((end for some in ends[size:] for end in some), np.int64)
    return components(starts, np.concatenate([flat, rest]))
