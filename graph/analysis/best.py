"""The best ways to one finding that are unlike each other: the next one avoids what the ones before hang on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import networkx as nx

from graph.analysis.alternatives import END, part_of, tier_of
from graph.analysis.chance import Chance
from graph.analysis.paths import Witness
from graph.analysis.ranking import Way
from graph.analysis.study import Analysis
from graph.analysis.walk import TIERS

BEST = 3  # ways of one finding, unless more are asked for
_TRIES = 3  # searches for each way wanted
_HOP = 0.01  # bits of a hop that costs nothing: of equally likely ways the shorter
_USED = 4.0  # bits that a hop costs more for each way it is already in
_Hops = frozenset[tuple[str, str]]


def best_ways(analysis: Analysis, witness: Way, most: int = BEST) -> tuple[Way, ...]:
    """The witness, then ways that do without something that each way before them hangs on. Simple, of real nodes.

    A way is no other way for taking a detour around a step that always works.
    """
    found = [witness]
    for other in _candidates(analysis, witness, most):
        if len(found) < most and all(_unlike(analysis, other, known) for known in found):
            found.append(other)
    return tuple(found)


def _candidates(analysis: Analysis, witness: Way, most: int) -> Iterator[Way]:
    """The likeliest way, again and again, each time with the hops of the ways before made harder."""
    walk = analysis.walk
    start, pair = walk.at[witness.entry.identity], analysis.pair(witness.harm, witness.target)
    graph = part_of(walk, start, pair, witness.verdict)
    used = Counter((walk.at[edge.source], walk.at[edge.target]) for edge in witness.edges[:-1])
    used[walk.at[witness.edges[-1].source], END] += 1
    costs: dict[tuple[int, int], float] = {}

    def cost(source: int, target: int, _data: object) -> float:
        step = source, target
        if step not in costs:
            last = len(TIERS) - 1
            edge = walk.harm(source, pair, last) if target == END else walk.move(source, target, last)
            costs[step] = analysis.bits(edge) + _HOP
        return costs[step] + _USED * used[step]

    for _try in range(_TRIES * (most - 1)):
        nodes = nx.dijkstra_path(graph, start, END, weight=cost)
        used.update(pairwise(nodes))
        inner = tuple(nodes[:-1])
        known = Chance(witness.score.chance, witness.score.error)
        yield analysis.way(witness.entry, Witness(inner, pair, tier_of(walk, inner, pair)), known)


def _unlike(analysis: Analysis, other: Way, known: Way) -> bool:
    """It goes without some step that the known way hangs on."""
    return not _hangs_on(analysis, known) <= _hops(other)


def _hangs_on(analysis: Analysis, way: Way) -> _Hops:
    """The hops that may fail; of a way on which none may, all."""
    critical = frozenset((edge.source, edge.target) for edge in way.edges if analysis.bits(edge) > 0)
    return critical or _hops(way)


def _hops(way: Way) -> _Hops:
    return frozenset((edge.source, edge.target) for edge in way.edges)
