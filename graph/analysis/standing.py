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


def standings(reach: Reach, entries: Iterable[Entry]) -> tuple[Standing, ...]:
    """Nodes that are alike in all numbers share a row; those of which all are 0 are left out."""
    kinds = _by_kind(reach, entries)
    exposed = [_exposed(reach, starts) for starts in kinds.values()]
    columns = np.array([*exposed, _exposed(reach, reach.walk.owned), *_impact(reach)])[:, : reach.walk.real]
    told = np.flatnonzero(columns.any(axis=0))
    found: dict[tuple[int, ...], list[str]] = {}
    for at, line in zip(told.tolist(), zip(*columns[:, told].tolist(), strict=True), strict=True):
        found.setdefault(line, []).append(reach.walk.nodes[at].key)
    rows = (_row(tuple(kinds), line, nodes) for line, nodes in found.items())
    return tuple(sorted(rows, key=lambda row: row.nodes))


def _row(kinds: tuple[EntryKind, ...], line: tuple[int, ...], nodes: list[str]) -> Standing:
    entries = tuple((kind, number) for kind, number in zip(kinds, line, strict=False) if number)
    identities, becomes, harms, targets = line[len(kinds) :]
    return Standing(tuple(nodes), entries, identities, becomes, harms, targets)


def _by_kind(reach: Reach, entries: Iterable[Entry]) -> dict[EntryKind, Sparse]:
    found: dict[EntryKind, list[int]] = {}
    for entry in entries:
        found.setdefault(entry.kind, []).append(reach.walk.at[entry.identity])
    return {kind: Sparse(found[kind]) for kind in sorted(found)}


def _exposed(reach: Reach, starts: Sparse) -> Counts:
    """For each node, how many of the starts other than itself become or harm it in the end; any verdict counts."""
    closure = reach.open[-1]
    counts = np.zeros(len(reach.walk.nodes), np.int64)
    groups: dict[tuple[int, int], list[int]] = {}
    for at in starts:
        groups.setdefault(closure.alike(at), []).append(at)
    for group in groups.values():
        nodes = closure.beyond(group[0])
        counts[numbers(nodes | reach.targets[closure.pairs(group[0])])] += len(group)
        counts[[at for at in group if at in nodes]] -= 1  # whom moves lead back to itself is not exposed by that
    return counts


def _impact(reach: Reach) -> tuple[Counts, Counts, Counts]:
    """How many others each node becomes, how many harms it does, and to how many targets."""
    closure, real = reach.open[-1], Sparse(range(reach.walk.real))
    leading, harming = np.array(closure.leading), np.array(closure.harming)
    become, harms, targets = (np.zeros(len(closure.sets), np.int64) for _ in range(3))
    for number in np.unique(leading).tolist():
        become[number] = closure.sets[number].intersection_cardinality(real)
    for number in np.unique(harming).tolist():
        harmed = closure.sets[number]
        harms[number], targets[number] = len(harmed), len(reach.targets[harmed])
    returning = np.fromiter((at in closure.beyond(at) for at in range(len(leading))), np.int64, len(leading))
    return become[leading] - returning, harms[harming], targets[harming]
