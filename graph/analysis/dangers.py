"""Each harm to each target by whoever starts anywhere, with the nodes that nobody gets around on the way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import networkx as nx

from graph.analysis.ranking import Way
from graph.analysis.report import Danger
from graph.analysis.score import ANYWHERE, weighed
from graph.analysis.sparse import Sparse
from graph.analysis.study import Analysis

MOST_EDGES = 400_000  # of what is reached; above, dominators are left out rather than waited for
_ROOT = -1


def dangers(analysis: Analysis, ways: Iterable[Way]) -> tuple[Danger, ...]:
    """Ranked by score, then by harm and target. An end is as likely as that some start is taken and gets through."""
    walk = analysis.walk
    found: dict[int, list[str]] = {}
    for way in ways:
        found.setdefault(analysis.pair(way.harm, way.target), []).append(way.finding)
    starts = _priors(analysis)
    chances = analysis.network.together(starts).chances(Sparse(found))
    above = _dominators(analysis, sorted(starts), sorted(found))
    told = []
    for pair, findings in sorted(found.items()):
        harm, target = walk.pairs[pair][0], walk.nodes[walk.pairs[pair][1]]
        factors = weighed(analysis.weights, harm, target, chances[pair], (ANYWHERE, 1.0))
        told.append(Danger(harm, target.key, factors, tuple(findings), above.get(pair, ())))
    return tuple(sorted(told, key=lambda one: (-one.score.value, one.harm, one.target)))


def _priors(analysis: Analysis) -> dict[int, float]:
    """Where an attacker may start, and how likely; of several kinds of start the likeliest."""
    found: dict[int, float] = {}
    for entry in analysis.estate.entries:
        at = analysis.walk.at[entry.identity]
        found[at] = max(found.get(at, 0), analysis.prior(entry)[1])
    return found


def _dominators(analysis: Analysis, starts: Sequence[int], pairs: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """For each pair the nodes on all ways from anywhere to it, nearest first. Nobody gets around those."""
    graph = _reached(analysis, starts, pairs)
    if graph is None:
        return {}
    size = len(analysis.walk.nodes)
    above = nx.immediate_dominators(graph, _ROOT)
    told: dict[int, tuple[str, ...]] = {}
    for pair in pairs:
        chain = (at for at in _up(above, _vertex(analysis, pair)) if 0 <= at < size)
        told[pair] = tuple(dict.fromkeys(analysis.walk.nodes[at].key for at in chain))
    return told


def _vertex(analysis: Analysis, pair: int) -> int:
    """Vertices are nodes, then rows, then rows of harms, then pairs."""
    walk = analysis.walk
    return len(walk.nodes) + len(walk.rows) + len(walk.harm_rows) + pair


def _up(above: Mapping[int, int], at: int) -> Iterator[int]:
    while at != _ROOT:
        at = above[at]
        yield at


def _reached(analysis: Analysis, starts: Sequence[int], pairs: Sequence[int]) -> nx.DiGraph[int] | None:
    """What is reached from the starts, with rows as vertices of their own; None if it is too much."""
    walk = analysis.walk
    graph: nx.DiGraph[int] = nx.DiGraph()
    nodes, rows = len(walk.nodes), len(walk.rows)
    graph.add_edges_from((_ROOT, at) for at in starts)
    wanted, waiting, seen, drawn = Sparse(pairs), list(starts), set(starts), 0
    while waiting:
        at = waiting.pop()
        for row in {step.row for step in walk.moves[at]}:
            graph.add_edge(at, nodes + row)
            if nodes + row not in seen:
                seen.add(nodes + row)
                drawn += len(walk.rows[row])
                graph.add_edges_from((nodes + row, end) for end in walk.rows[row])
                waiting += (more := set(walk.rows[row]) - seen)
                seen |= more
        graph.add_edges_from((at, nodes + rows + row) for row in {step.row for step in walk.harms[at]})
        if drawn > MOST_EDGES:
            return None
    for row in {step.row for at in seen if at < nodes for step in walk.harms[at]}:
        ends = walk.harm_rows[row] & wanted
        graph.add_edges_from((nodes + rows + row, _vertex(analysis, pair)) for pair in ends)
    return graph
