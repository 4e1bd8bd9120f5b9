"""Exposure and impact of every node: how many reach it, how much it reaches; from the closure, nothing is searched."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from graph.analysis.reach import Reach
from graph.analysis.report import Standing
from graph.analysis.sparse import Sparse, numbers
from graph.model import Entry, EntryKind

Counts = npt.NDArray[np.int64]
_Line = tuple[tuple[int, ...], int, int, int, int]


def standings(reach: Reach, entries: Iterable[Entry]) -> tuple[Standing, ...]:
    """Nodes that are alike in all numbers share a row; those of which all are 0 are left out."""
    kinds = _by_kind(reach, entries)
    exposed = [_exposed(reach, starts).tolist() for starts in kinds.values()]
    breached, impact = _exposed(reach, reach.walk.owned).tolist(), _Impact(reach)
    found: dict[_Line, list[str]] = {}
    for at, node in enumerate(reach.walk.nodes[: reach.walk.real]):
        line = (tuple(counts[at] for counts in exposed), breached[at], *impact.of(at))
        if any(line[0]) or any(line[1:]):
            found.setdefault(line, []).append(node.key)
    rows = (_row(tuple(kinds), line, nodes) for line, nodes in found.items())
    return tuple(sorted(rows, key=lambda row: row.nodes))


def _row(kinds: tuple[EntryKind, ...], line: _Line, nodes: list[str]) -> Standing:
    entries = tuple((kind, number) for kind, number in zip(kinds, line[0], strict=True) if number)
    return Standing(tuple(nodes), entries, *line[1:])


def _by_kind(reach: Reach, entries: Iterable[Entry]) -> dict[EntryKind, Sparse]:
    found: dict[EntryKind, list[int]] = {}
    for entry in entries:
        found.setdefault(entry.kind, []).append(reach.walk.at[entry.identity])
    return {kind: Sparse(found[kind]) for kind in sorted(found)}


def _exposed(reach: Reach, starts: Sparse) -> Counts:
    """For each node, how many of the starts other than itself become or harm it in the end; any verdict counts."""
    closure = reach.open[-1]
    counts = np.zeros(len(reach.walk.nodes), np.int64)
    groups: dict[int, list[int]] = {}
    for at in starts:
        groups.setdefault(closure.component[at], []).append(at)
    for component, group in groups.items():
        nodes = closure.beyond[component]
        counts[numbers(nodes | reach.targets[closure.harmed[component]])] += len(group)
        counts[[at for at in group if at in nodes]] -= 1  # whom moves lead back to itself is not exposed by that
    return counts


class _Impact:
    """How many others a node becomes, how many harms it does, and to how many targets."""

    def __init__(self, reach: Reach) -> None:
        self._reach, self._closure = reach, reach.open[-1]
        self._real = Sparse(range(reach.walk.real))
        self._known: dict[int, tuple[int, int, int]] = {}

    def of(self, at: int) -> tuple[int, int, int]:
        component = self._closure.component[at]
        beyond = self._closure.beyond[component]
        if component not in self._known:
            harmed = self._closure.harmed[component]
            become = beyond.intersection_cardinality(self._real)
            self._known[component] = become, len(harmed), len(self._reach.targets[harmed])
        become, harms, targets = self._known[component]
        return become - (at in beyond), harms, targets
