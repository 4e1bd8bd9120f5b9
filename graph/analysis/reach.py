"""What each node can become and harm in the end, for all nodes at once: strong components, then one pass over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graph.analysis.walk import TIERS, Kept, Step, Walk
from graph.policy.bits import bits, members, union
from graph.policy.closure import components


@dataclass(frozen=True, eq=False)
class Closure:
    """One tier. `reached[component[node]]` are node positions (the node itself included), `harmed[…]` are pairs."""

    component: tuple[int, ...]
    reached: tuple[int, ...]
    harmed: tuple[int, ...]

    def nodes(self, node: int) -> int:
        return self.reached[self.component[node]]

    def pairs(self, node: int) -> int:
        return self.harmed[self.component[node]]


@dataclass(frozen=True, eq=False)
class Reach:
    """The closures of one walk by tier. In the `confined` ones accounts and administrators lead no further."""

    walk: Walk

    @cached_property
    def open(self) -> tuple[Closure, ...]:
        return tuple(closure(self.walk, tier) for tier in range(len(TIERS)))

    @cached_property
    def confined(self) -> tuple[Closure, ...]:
        return tuple(closure(self.walk, tier, self._owners(tier)) for tier in range(len(TIERS)))

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


def closure(walk: Walk, tier: int, shut: int = 0) -> Closure:
    """Reachability in one tier's graph. Rows are nodes of it too: identity → row → members, not identity → members.

    From what is `shut` nothing is done but administering.
    """
    size = len(walk.nodes)
    moves = [_rows(steps, tier) if not shut >> node & 1 else () for node, steps in enumerate(walk.moves)]
    labels, count = _components([*moves, *walk.row_members], size)
    inner: list[list[int]] = [[] for _component in range(count)]
    for vertex, label in enumerate(labels.tolist()):
        inner[label].append(vertex)
    reached, harmed = [0] * count, [0] * count
    for label in range(count):
        below, pairs = 0, 0
        nodes = [vertex for vertex in inner[label] if vertex < size]
        after = {int(labels[end]) for vertex in inner[label] for end in _ends(walk, moves, vertex)} - {label}
        for other in after:
            below |= reached[other]
            pairs |= harmed[other]
        for node in nodes:
            below |= 1 << node
            pairs |= _own_pairs(walk, node, tier, bool(shut >> node & 1))
        reached[label], harmed[label] = below, pairs
    return Closure(tuple(labels[:size].tolist()), tuple(reached), tuple(harmed))


def _rows(steps: Sequence[Step], tier: int) -> tuple[int, ...]:
    return tuple({step.row for step in steps if step.tier <= tier})


def _ends(walk: Walk, moves: Sequence[Sequence[int]], vertex: int) -> Iterator[int]:
    """What a vertex leads to: a node to rows, a row to nodes."""
    size = len(walk.nodes)
    if vertex < size:
        return (size + row for row in moves[vertex])
    return iter(walk.row_members[vertex - size])


def _own_pairs(walk: Walk, node: int, tier: int, shut: bool) -> int:
    whole = union(walk.harm_rows[step.row] for step in walk.harms[node] if step.tier <= tier)
    return whole & walk.takeovers if shut else whole


def _components(ends: Sequence[Sequence[int]], size: int) -> tuple[npt.NDArray[np.int32], int]:
    """Strong components of nodes and rows, each leading only to lower numbers."""
    starts = np.cumsum([0, *map(len, ends)])
    flat = np.fromiter((end for some in ends[:size] for end in some), np.int64) + size
    rest = np.fromiter((end for some in ends[size:] for end in some), np.int64)
    return components(starts, np.concatenate([flat, rest]))
