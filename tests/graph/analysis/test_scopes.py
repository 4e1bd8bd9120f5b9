"""What lies in other accounts changes nothing of what is told of one: copies of an estate beside it, told alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings

from graph.analysis.breach import breaches
from graph.analysis.paths import witnesses
from graph.analysis.reach import Reach
from graph.analysis.standing import standings
from graph.analysis.walk import walk
from graph.model import Entry, EntryKind, Graph
from tests.graph.analysis.plain import PEOPLE, graphs

EXAMPLES = settings(max_examples=40, deadline=None)
COPIES = ("a", "b", "c")


def _copied(graph: Graph) -> Graph:
    """Copies under other keys: the first before the estate, the others behind it, so that every number is another."""
    nodes = [replace(n, key=f"{c} {n.key}", scope=n.scope and f"{c} {n.scope}") for c in COPIES for n in graph.nodes]
    edges = [
        replace(edge, source=f"{c} {edge.source}", target=f"{c} {edge.target}") for c in COPIES for edge in graph.edges
    ]
    in_order = sorted(edges, key=lambda edge: (edge.source, edge.target, edge.rule, edge.verdict))
    return Graph("copied", (), tuple(sorted(nodes, key=lambda node: node.key)), tuple(in_order))


def _of(copy: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Those of that copy, by their first names."""
    return tuple(key.removeprefix(f"{copy} ") for key in keys if key.startswith(f"{copy} "))


def _ways(reach: Reach, start: str) -> list[tuple[tuple[str, ...], str, str, int]]:
    nodes, found = reach.walk.nodes, []
    for way in witnesses(reach, reach.walk.at[start]):
        harm, target = reach.walk.pairs[way.pair]
        found.append((tuple(nodes[at].key for at in way.nodes), harm, nodes[target].key, way.tier))
    return sorted(found)


@EXAMPLES
@given(graph=graphs)
def test_each_of_many_scopes_has_the_ways_that_it_has_alone(graph: Graph) -> None:
    alone, beside = Reach(walk(graph)), Reach(walk(_copied(graph)))
    for person in PEOPLE:
        for copy in COPIES:
            found = _ways(beside, f"{copy} {person}")
            told = [(_of(copy, nodes), harm, *_of(copy, [target]), tier) for nodes, harm, target, tier in found]
            assert told == _ways(alone, person)


@EXAMPLES
@given(graph=graphs)
def test_each_of_many_scopes_has_the_breaches_and_the_standing_that_it_has_alone(graph: Graph) -> None:
    alone, beside = Reach(walk(graph)), Reach(walk(_copied(graph)))
    starts = [Entry(EntryKind.KEY, key) for key in PEOPLE[:3]]
    rows, many = set(breaches(alone)), list(breaches(beside))
    exposed = standings(alone, starts)
    spread = standings(beside, [replace(one, identity=f"{c} {one.identity}") for c in COPIES for one in starts])
    for copy in COPIES:
        mine = [replace(row, identities=_of(copy, row.identities), targets=_of(copy, row.targets)) for row in many]
        assert {row for row in mine if row.identities} == rows
        assert {replace(row, nodes=_of(copy, row.nodes)) for row in spread} == set(exposed)
