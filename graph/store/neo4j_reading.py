"""Reading one estate graph from Neo4j while others are there, come and go."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

import neo4j

from graph.model import Category, Edge, EdgeClass, Graph, Node, Strength, Verdict
from graph.store import ANY, Neighbour, Only, StoreError
from graph.store.arrays import Arrays, joined, part
from graph.store.edges import between, chosen, types
from graph.store.neo4j_schema import span
from graph.store.neo4j_server import Server
from graph.store.walking import shortest

# Every list is a range of the unique `num`: by `snap` alone Neo4j would look at the nodes of all graphs.
_HERE = "n.num >= $low AND n.num < $high AND n.category <> 'set'"
_ONE = "(n:Node {snap: $snap, key: $key})"
_EACH = "UNWIND $keys AS wanted MATCH (n:Node {snap: $snap, key: wanted}) WHERE n.category <> 'set'"
_LINE = "n.alike AS word, CASE WHEN n.alike IS NULL THEN n.key ELSE '' END AS alone"
_TESTS = {
    "category": "n.category = $category",
    "kind": "n.kind = $kind",
    "target": "$target IN n.targets",
    "text": "n.folded CONTAINS $text",
    "alike": "n.alike = $alike",
}
_SAYS = "type(e), e.rule, e.verdict, e.strength, e.harm, e.assumed, e.gains, e.removes"
# A set is looked through, and never leads back to where it was come from.
_OUT = "MATCH (n:Node {{snap: $snap, key: $key}})-[e:{}]->(m:Node)-[:HAS*0..1]->(o:Node)"
_IN = "MATCH (n:Node {{snap: $snap, key: $key}})<-[:HAS*0..1]-(m:Node)<-[e:{}]-(o:Node)"
_REAL = "WHERE NOT o:Set AND NOT n:Set AND (m:Set AND o <> n OR NOT m:Set)"
_STILL = "MATCH (g:Graph {id: $id, snap: $snap}) RETURN g.id"
_NODES, _SOURCES = 10_000, 2_000  # nodes, and nodes with the edges out of them, in one answer


class Neo4jReader:
    """One graph. Each answer is of the whole graph or, if it was deleted meanwhile, an error; for several threads."""

    def __init__(self, server: Server, found: Mapping[str, Any]) -> None:
        self._server = server
        self._id, self._snap = str(found["id"]), int(found["snap"])
        self._snapshots = tuple(found["snapshots"])
        self._size = int(found["nodes"]), int(found["edges"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held between two answers."""

    def node(self, key: str) -> Node | None:
        return self.named([key]).get(key)

    def named(self, keys: Iterable[str]) -> Mapping[str, Node]:
        wanted = sorted(set(keys))
        return {row["n"]["key"]: _node(row["n"]) for row in self._rows(f"{_EACH} RETURN n", keys=wanted)}

    def nodes(
        self,
        *,
        category: str = "",
        kind: str = "",
        target: str = "",
        text: str = "",
        alike: str = "",
        offset: int = 0,
        limit: int = 100,
    ) -> Sequence[Node]:
        where, given = _filter(category, kind, target, text, alike)
        asked = f"MATCH (n:Node) WHERE {where} RETURN n ORDER BY n.num SKIP $offset LIMIT $limit"
        return [_node(row["n"]) for row in self._rows(asked, **given, offset=offset, limit=limit)]

    def lines(
        self, *, category: str = "", kind: str = "", target: str = "", text: str = "", offset: int = 0, limit: int = 100
    ) -> Sequence[Node]:
        where, given = _filter(category, kind, target, text)
        first = (
            f"MATCH (n:Node) WHERE {where} WITH {_LINE}, min(n.num) AS first ORDER BY first SKIP $offset LIMIT $limit"
        )
        asked = f"{first} MATCH (n:Node {{num: first}}) RETURN n ORDER BY n.num"
        return [_node(row["n"]) for row in self._rows(asked, **given, offset=offset, limit=limit)]

    def count(self, *, category: str = "", kind: str = "", target: str = "", text: str = "", alike: str = "") -> int:
        where, given = _filter(category, kind, target, text, alike)
        [row] = self._rows(f"MATCH (n:Node) WHERE {where} RETURN count(*) AS number", **given)
        return int(row["number"])

    def words(self, keys: Iterable[str]) -> Mapping[str, str]:
        asked = f"{_EACH} AND n.alike IS NOT NULL RETURN n.key AS key, n.alike AS word"
        return {row["key"]: row["word"] for row in self._rows(asked, keys=sorted(set(keys)))}

    def spread(
        self, words: Iterable[str], *, category: str = "", kind: str = "", target: str = "", text: str = ""
    ) -> Mapping[str, Mapping[tuple[str, str], int]]:
        where, given = _filter(category, kind, target, text)
        told = "n.alike AS word, n.cloud AS cloud, n.scope AS scope, count(*) AS number"
        asked = f"MATCH (n:Node) WHERE n.alike IN $words AND {where} RETURN {told} ORDER BY word, cloud, scope"
        found: dict[str, dict[tuple[str, str], int]] = {}
        for row in self._rows(asked, words=sorted(set(words)), **given):
            found.setdefault(row["word"], {})[row["cloud"], row["scope"]] = row["number"]
        return found

    def leaving(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        found = self._page(_OUT.format(types(classes)), key, offset, limit)
        return [Neighbour(between(_edge(*says), key, node.key), node) for node, says in found]

    def entering(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        found = self._page(_IN.format(types(classes)), key, offset, limit)
        return [Neighbour(between(_edge(*says), node.key, key), node) for node, says in found]

    def degree(self, key: str) -> tuple[int, int]:
        asked = [f"{pattern.format(types(()))} {_REAL} RETURN count(*) AS number" for pattern in (_IN, _OUT)]
        entering, leaving = (self._rows(question, key=key)[0]["number"] for question in asked)
        return entering, leaving

    def paths(
        self, source: str, target: str, only: Only = ANY, *, longest: int = 8, limit: int = 10
    ) -> Sequence[Sequence[Neighbour]]:
        return shortest(self, (source, target), only, longest=longest, limit=limit)

    def steps(self, keys: Sequence[str], only: Only) -> Iterator[tuple[Edge, bool]]:
        """Edges out of the nodes that one may take, and whether each ends at a set."""
        where, given = chosen(only)
        start = (
            f"UNWIND $keys AS wanted MATCH (n:Node {{snap: $snap, key: wanted}})-[e:{types(only.classes)}]->(o:Node)"
        )
        told = f"n.key AS source, o.key AS target, o:Set AS through, [{_SAYS}] AS says"
        for row in self._rows(f"{start} WHERE {where} RETURN {told}", keys=list(keys), **given):
            yield between(_edge(*row["says"]), row["source"], row["target"]), row["through"]

    def members(self, sets: Collection[str]) -> Mapping[str, Sequence[str]]:
        start = "UNWIND $keys AS wanted MATCH (n:Node {snap: $snap, key: wanted})-[:HAS]->(o:Node)"
        found = self._rows(f"{start} RETURN wanted AS held, collect(o.key) AS keys", keys=sorted(sets)) if sets else ()
        return {**dict.fromkeys(sets, ()), **{row["held"]: row["keys"] for row in found}}

    def arrays(self) -> Arrays:
        nodes = "MATCH (n:Node) {} WITH n ORDER BY n.num RETURN collect(n.key) AS keys, collect(n:Set) AS sets"
        keys, sets = list[str](), list[bool]()
        for row in self._ranges(nodes, _NODES):
            keys += row["keys"]
            sets += row["sets"]
        ends = "collect(n.num - $low) AS source, collect(o.num - $low) AS target, collect(e.at) AS at"
        edges = f"MATCH (n:Node)-[e]->(o:Node) {{}} RETURN type(e) AS type, {ends}"
        found = [
            part(EdgeClass(row["type"]), row["source"], row["target"], row["at"]) for row in self._ranges(edges, _NODES)
        ]
        made = joined(keys, sets, found)
        self._whole(len(keys), len(made.source))
        return made

    def graph(self) -> Graph:
        nodes = tuple(_node(row["n"]) for row in self._ranges("MATCH (n:Node) {} RETURN n ORDER BY n.num", _NODES))
        placed: list[tuple[int, Edge]] = []
        ends = "n.num - $low AS source, o.num - $low AS target, e.at AS at"
        asked = f"MATCH (n:Node)-[e]->(o:Node) {{}} RETURN {ends}, [{_SAYS}] AS says"
        for row in self._ranges(asked, _SOURCES):
            source, target = nodes[row["source"]].key, nodes[row["target"]].key
            placed.append((row["at"], between(_edge(*row["says"]), source, target)))
        self._whole(len(nodes), len(placed))
        placed.sort(key=itemgetter(0))
        return Graph(self._id, self._snapshots, nodes, tuple(edge for _at, edge in placed))

    def _ranges(self, question: str, step: int) -> Iterator[neo4j.Record]:
        """The whole graph in answers of bounded size."""
        for start in range(0, self._size[0], step):
            low = span(self._snap)["low"] + start
            where = "WHERE n.num >= $start AND n.num < $end"
            yield from self._rows(question.format(where), start=low, end=low + step)

    def _page(self, pattern: str, key: str, offset: int, limit: int) -> Iterator[tuple[Node, Sequence[Any]]]:
        order = "o.num, type(e), e.rule, e.verdict, e.at SKIP $offset LIMIT $limit"
        asked = f"{pattern} {_REAL} RETURN o, [{_SAYS}] AS says ORDER BY {order}"
        for row in self._rows(asked, key=key, offset=offset, limit=limit):
            yield _node(row["o"]), row["says"]

    def _rows(self, question: str, **given: Any) -> list[neo4j.Record]:
        """An answer counts only if the graph is still there after it: who deletes takes its name away first."""
        parameters = {**span(self._snap), "snap": self._snap, "id": self._id, **given}

        def work(transaction: neo4j.ManagedTransaction) -> tuple[list[neo4j.Record], bool]:
            return list(transaction.run(question, parameters)), transaction.run(_STILL, parameters).single() is not None

        rows, whole = self._server.read(work)
        if not whole:
            raise StoreError(f"Graph {self._id} was deleted while it was read. Open the one that is current now.")
        return rows

    def _whole(self, nodes: int, edges: int) -> None:
        if (nodes, edges) != self._size:
            raise StoreError(f"Graph {self._id} is damaged: parts are gone. Delete it and import the snapshots again.")


def _filter(category: str, kind: str, target: str, text: str, alike: str = "") -> tuple[str, dict[str, str]]:
    """The WHERE of a list and its parameters; sets are never listed."""
    wanted = {"category": category, "kind": kind, "target": target, "text": text.casefold(), "alike": alike}
    given = {name: value for name, value in wanted.items() if value}
    return " AND ".join([_HERE, *(_TESTS[name] for name in given)]), given


def _node(row: Mapping[str, Any]) -> Node:
    return Node(
        row["key"],
        row["kind"],
        row["name"],
        row["cloud"],
        row["scope"],
        Category(row["category"]),
        row["label"],
        tuple(row["targets"]),
        tuple((name, value) for name, value in json.loads(row["properties"])),
    )


def _edge(cls: str, rule: str, verdict: str | None, strength: str | None, *rest: Any) -> Edge:
    """An edge without its ends. What is empty is not there; a set's edges say nothing but their rule."""
    harm, assumed, gains, removes = rest
    how = Verdict(verdict or Verdict.ALLOWED), Strength(strength or Strength.BECOMES)
    lists = tuple(assumed or ()), tuple(gains or ())
    return Edge("", "", EdgeClass(cls), rule, *how, harm or "", *lists, removes or "")
