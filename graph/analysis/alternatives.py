"""The other ways to a finding, for those who ask for all: short detours on the part of the graph that matters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

import networkx as nx

from graph.analysis.chance import Chance
from graph.analysis.paths import Witness
from graph.analysis.ranking import Way, ranked
from graph.analysis.sparse import EMPTY, one
from graph.analysis.study import Analysis
from graph.analysis.walk import TIER, TIERS, Walk
from graph.model import Verdict

DETOUR = 2  # how many hops longer than the shortest a way may be
MOST = 20  # ways of one finding
END = -1  # stands for the harm, which several may do


def alternatives(analysis: Analysis, best: Way, most: int | None = None) -> tuple[tuple[Way, ...], bool]:
    """The witness and the other simple ways to the same finding, ranked; and whether there are more than are told."""
    walk, start = analysis.walk, analysis.walk.at[best.entry.identity]
    pair = analysis.pair(best.harm, best.target)
    graph = part_of(walk, start, pair, best.verdict)
    shortest = int(nx.shortest_path_length(graph, start, END))
    longest = min(shortest + DETOUR, most or shortest + DETOUR)
    found: dict[str, Way] = {best.id: best}
    ways = nx.shortest_simple_paths(graph, start, END)
    short = (tuple(way[:-1]) for way in _until(ways, longest))
    known = Chance(best.score.chance, best.score.error)
    for nodes in islice(short, MOST):
        other = analysis.way(best.entry, Witness(nodes, pair, tier_of(walk, nodes, pair)), known)
        found.setdefault(other.id, other)
    return ranked(found.values()), next(short, None) is not None


def _until(ways: Iterator[list[int]], longest: int) -> Iterator[list[int]]:
    for way in ways:
        if len(way) - 1 > longest:
            return
        yield way


def part_of(walk: Walk, start: int, pair: int, verdict: Verdict) -> nx.DiGraph[int]:
    """What lies on a way short enough: within reach of the start and within reach of the harm.

    Not through those who own the target's account, as surely as the finding itself is sure: that only restates it.
    """
    tier, shut = len(TIERS) - 1, walk.owners[walk.account_of[pair], TIER[verdict]]
    doing = walk.doing[pair, tier] - (EMPTY if pair in walk.takeovers else shut)
    ahead = {node: d for d, level in enumerate(walk.levels(one(start), tier, shut)) for node in level}
    behind = {node: d for d, level in enumerate(walk.back(doing, tier)) for node in level}
    shortest = min(ahead[node] + behind[node] for node in ahead.keys() & behind.keys())
    inside = {n for n in ahead.keys() & behind.keys() if ahead[n] + behind[n] <= shortest + DETOUR}
    graph: nx.DiGraph[int] = nx.DiGraph()
    for node in sorted(inside):
        for row in sorted({step.row for step in walk.moves[node] if node not in shut}):
            graph.add_edges_from((node, other) for other in walk.rows[row] if other in inside and other != node)
    graph.add_edges_from((node, END) for node in sorted(inside) if node in doing)
    return graph


def tier_of(walk: Walk, nodes: tuple[int, ...], pair: int) -> int:
    """The surest tier in which every hop is there."""
    for tier in range(len(TIERS)):
        hops = pairwise(nodes)
        if nodes[-1] in walk.doing[pair, tier] and all(a in walk.before[b, tier] for a, b in hops):
            return tier
    raise AssertionError("a way that is in no tier")
