"""Exposure and impact of every node: how many reach it, how much it reaches; from the closure, nothing is searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from graph.analysis.reach import Closure, Reach
from graph.analysis.report import Standing
from graph.model import Entry, EntryKind
from graph.policy.bits import bits, full, members, to_bools

Counts = npt.NDArray[np.int64]
_Line = tuple[tuple[int, ...], int, int, int, int]


def standings(reach: Reach, entries: Iterable[Entry]) -> tuple[Standing, ...]:
    """Nodes that are alike in all numbers share a row; those of which all are 0 are left out."""
    kinds = _by_kind(reach, entries)
    exposed = [_exposed(reach, starts) for starts in kinds.values()]
    breached = _exposed(reach, reach.walk.owned)
    found: dict[_Line, list[str]] = {}
    for at, node in enumerate(reach.walk.nodes[: reach.walk.real]):
        line = (tuple(int(counts[at]) for counts in exposed), int(breached[at]), *_impact(reach, at))
        if any(line[0]) or any(line[1:]):
            found.setdefault(line, []).append(node.key)
    rows = (_row(tuple(kinds), line, nodes) for line, nodes in found.items())
    return tuple(sorted(rows, key=lambda row: row.nodes))


def _row(kinds: tuple[EntryKind, ...], line: _Line, nodes: list[str]) -> Standing:
    entries = tuple((kind, number) for kind, number in zip(kinds, line[0], strict=True) if number)
    return Standing(tuple(nodes), entries, *line[1:])


def _by_kind(reach: Reach, entries: Iterable[Entry]) -> dict[EntryKind, int]:
    found: dict[EntryKind, list[int]] = {}
    for entry in entries:
        found.setdefault(entry.kind, []).append(reach.walk.at[entry.identity])
    return {kind: bits(sorted(set(found[kind]))) for kind in sorted(found)}


def _exposed(reach: Reach, starts: int) -> Counts:
    """For each node, how many of the starts other than itself become or harm it in the end; any verdict counts."""
    walk, closure = reach.walk, reach.open[-1]
    counts = np.zeros(len(walk.nodes), np.int64)
    for (nodes, harmed), number in _alike(closure, starts).items():
        counts += number * to_bools(nodes | reach.targets[harmed], len(walk.nodes))
    own = np.zeros(len(walk.nodes), np.int64)
    own[list(members(starts))] = 1  # reached by itself, which is no exposure
    return counts - own


def _alike(closure: Closure, starts: int) -> Counter[tuple[int, int]]:
    """What the starts reach, and how many of them reach just that."""
    components = Counter(closure.component[at] for at in members(starts))
    found: Counter[tuple[int, int]] = Counter()
    for component, number in components.items():
        found[closure.reached[component], closure.harmed[component]] += number
    return found


def _impact(reach: Reach, at: int) -> tuple[int, int, int]:
    closure = reach.open[-1]
    harmed, become = closure.pairs(at), closure.nodes(at) & full(reach.walk.real)
    return become.bit_count() - 1, harmed.bit_count(), reach.targets[harmed].bit_count()
