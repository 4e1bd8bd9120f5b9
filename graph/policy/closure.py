"""What a vertex of a graph leads to in the end: strong components, sinks first, as far as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from graph.policy.bits import from_bools, to_bools, union

Positions = npt.NDArray[np.int64]


def components(starts: Positions, ends: Positions) -> tuple[npt.NDArray[np.int32], int]:
    """Strong components of vertex i → ends[starts[i]:starts[i + 1]], and how many there are.

    They are numbered so that each leads only to lower numbers; SciPy does so but does not promise it.
    """
    size = len(starts) - 1
    graph = csr_array((np.ones(len(ends), np.int8), ends, starts), shape=(size, size))
    count, labels = connected_components(graph, directed=True, connection="strong")
    sources = np.repeat(np.arange(size), np.diff(starts))
    if np.any(labels[sources] < labels[ends]):
        raise AssertionError("SciPy no longer numbers strong components sinks first")
    return labels, int(count)


def ancestors(sources: Positions, ends: Positions, marked: Positions, size: int) -> npt.NDArray[np.bool_]:
    """A flag for each vertex of sources[i] → ends[i]: whether it is marked or leads to what is."""
    back = np.concatenate([ends, np.full(len(marked), size)]), np.concatenate([sources, marked])
    graph = csr_array((np.ones(len(back[0]), np.int8), back), shape=(size + 1, size + 1))
    found = np.zeros(size + 1, np.bool_)
    found[breadth_first_order(graph, size, return_predecessors=False)] = True
    return found[:-1]


class Closure:
    """Vertices that lead to members, which are vertices in turn: many members can share one.

    `rows[vertex]` is the set of members that it leads to at once, `vertex_of[member]` is negative where a member
    leads nowhere.
    """

    def __init__(self, rows: Sequence[int], vertex_of: npt.NDArray[np.int32]) -> None:
        self._rows = rows
        self._vertex_of = vertex_of
        self._after: dict[int, Positions] = {}
        self._reached: dict[int, int] = {}
        self._leading: dict[int, npt.NDArray[np.bool_]] = {}

    def reached(self, vertices: Iterable[int]) -> Mapping[int, int]:
        """For these vertices, and perhaps others, the members at the end of one move or more."""
        new = self._unknown(vertices)
        if new.size:
            self._work_out(new)
        return self._reached

    def leading(self, ends: int) -> npt.NDArray[np.bool_]:
        """A flag for each vertex: whether it leads to any of these members in the end."""
        if ends not in self._leading:
            self._leading[ends] = self._back(ends)
        return self._leading[ends]

    def _back(self, ends: int) -> npt.NDArray[np.bool_]:
        found, left = np.zeros(len(self._rows), np.bool_), list(range(len(self._rows)))
        while ends:
            new = [vertex for vertex in left if self._rows[vertex] & ends]
            fresh = np.zeros(len(self._rows) + 1, np.bool_)  # the last place is that of members that lead nowhere
            fresh[new] = True
            found |= fresh[:-1]
            left = [vertex for vertex in left if not fresh[vertex]] if new else []
            ends = from_bools(fresh[self._vertex_of])
        return found

    def after(self, vertex: int) -> Positions:
        """The vertices that one leads to at once."""
        if vertex not in self._after:
            there = np.zeros(len(self._rows) + 1, np.bool_)
            there[self._vertex_of[to_bools(self._rows[vertex], len(self._vertex_of))]] = True
            self._after[vertex] = np.flatnonzero(there[:-1])  # the last place took the members that lead nowhere
        return self._after[vertex]

    def _unknown(self, vertices: Iterable[int]) -> Positions:
        """Those among the vertices, and what they lead to, that nobody asked for yet."""
        todo = [vertex for vertex in sorted(set(vertices)) if vertex not in self._reached]
        seen = np.zeros(len(self._rows), np.bool_)
        seen[[*todo, *self._reached]] = True
        found = list(todo)
        while todo:
            after = self.after(todo.pop())
            new = after[~seen[after]].tolist()
            seen[new] = True
            found += new
            todo += new
        return np.array(sorted(found), np.int64)

    def _work_out(self, new: Positions) -> None:
        place = np.full(len(self._rows), -1, np.int64)
        place[new] = np.arange(len(new))
        ends = [place[self.after(vertex)] for vertex in new.tolist()]
        ends = [some[some >= 0] for some in ends]
        labels, count = components(np.cumsum([0, *map(len, ends)]), np.concatenate(ends))
        inside: list[list[int]] = [[] for _component in range(count)]
        for i, label in enumerate(labels.tolist()):
            inside[label].append(i)
        whole = [0] * count
        for label, some in enumerate(inside):
            after = np.unique(labels[np.concatenate([ends[i] for i in some])])
            below = union(whole[other] for other in after.tolist() if other != label)
            mine = [int(new[i]) for i in some]
            known = {int(end) for vertex in mine for end in self.after(vertex)[place[self.after(vertex)] < 0]}
            whole[label] = below | union(self._rows[vertex] for vertex in mine)
            whole[label] |= union(self._reached[vertex] for vertex in known)
            self._reached.update(dict.fromkeys(mine, whole[label]))
