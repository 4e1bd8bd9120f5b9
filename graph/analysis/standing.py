"""Exposure and impact of every node: how many reach it, how much it reaches; from the closure, nothing is searched."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from graph.analysis.reach import Reach
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
    walk = reach.walk
    counts = np.zeros(len(walk.nodes), np.int64)
    groups: dict[object, list[int]] = {}
    for at in members(starts):
        groups.setdefault(_alike(reach, at), []).append(at)
    for group in groups.values():
        nodes, harmed = _beyond(reach, group[0])
        counts += len(group) * to_bools(nodes | reach.targets[harmed], len(walk.nodes))
        if nodes >> group[0] & 1:
            counts[group] -= 1  # on a circle each of them reaches itself, which is no exposure
    return counts


def _alike(reach: Reach, at: int) -> object:
    """Equal for nodes that reach the same beyond themselves: those on one circle, those with the same steps."""
    component = reach.open[-1].component[at]
    if reach.circles[component] > 1:
        return component
    moves, harms = reach.walk.moves[at], reach.walk.harms[at]
    return frozenset(step.row for step in moves), frozenset(step.row for step in harms)


def _beyond(reach: Reach, at: int) -> tuple[int, int]:
    """What a node reaches, itself only if it lies on a circle, and what it harms."""
    closure = reach.open[-1]
    return closure.beyond[closure.component[at]], closure.pairs(at)


def _impact(reach: Reach, at: int) -> tuple[int, int, int]:
    if not reach.walk.moves[at] and not reach.walk.harms[at]:
        return 0, 0, 0
    closure = reach.open[-1]
    harmed, become = closure.pairs(at), closure.nodes(at) & full(reach.walk.real)
    return become.bit_count() - 1, harmed.bit_count(), reach.targets[harmed].bit_count()
