"""Writing a graph into Neo4j in bounded batches, and taking one out again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import neo4j

from graph.model import Edge, EdgeClass, Graph, Node
from graph.store import StoreError
from graph.store.neo4j_schema import BARE, EDGES, LABELS, NODES, ROWS, span
from graph.store.neo4j_server import Server

G = TypeVar("G", bound=Hashable)
BATCH = 2_000  # rows in one transaction: more of them cost memory and gain nothing
_REMOVED = 5_000
_ABANDONED = 3_600_000  # milliseconds, by the server's clock, after which a writer that said nothing has died

# A graph is Unfinished, then a Graph that can be read, then Deleted; each change is one small transaction.
_BEGIN = (
    "MATCH (s:Grantpath {name: 'schema'}) SET s.next = s.next + 1 "
    "CREATE (:Unfinished {snap: s.next, touched: timestamp()}) RETURN s.next AS snap"
)
_ALIVE = "MATCH (u:Unfinished {snap: $snap}) SET u.touched = timestamp() RETURN u.snap"
_FINISH = (
    "MATCH (u:Unfinished {snap: $snap}) "
    "CREATE (g:Graph {id: $id, snap: $snap, snapshots: $snapshots, nodes: $nodes, edges: $edges}) "
    "DELETE u RETURN g.snap"
)
_GIVE_UP = "MATCH (u:Unfinished {snap: $snap}) SET u:Deleted REMOVE u:Unfinished RETURN u.snap AS snap"
_FORGET = (
    "MATCH (g:Graph {id: $id}) CREATE (:Deleted {snap: g.snap, touched: timestamp()}) "
    "WITH g, g.snap AS snap DELETE g RETURN snap"
)
_OVERDUE = (
    "MATCH (u) WHERE (u:Unfinished OR u:Deleted) AND u.touched < timestamp() - $old "
    "SET u:Deleted, u.touched = timestamp() REMOVE u:Unfinished RETURN u.snap AS snap"
)
# Edges first: one node of a great graph may have more of them than a transaction should hold.
_CLEAR = (
    "MATCH (n:Node)-[e]->() WHERE n.num >= $low AND n.num < $high "
    f"CALL (e) {{ DELETE e }} IN TRANSACTIONS OF {_REMOVED} ROWS",
    "MATCH (n:Node) WHERE n.num >= $low AND n.num < $high "
    f"CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF {_REMOVED} ROWS",
)
_GONE = "MATCH (d:Deleted {snap: $snap}) DELETE d"


def load(server: Server, graph: Graph, alike: Mapping[str, str]) -> None:
    """Everything beside what is there, then one transaction that makes it a graph; a failure leaves nothing."""
    [row] = server.write(_BEGIN)
    snap = int(row["snap"])
    try:
        ids = _nodes(server, snap, graph.nodes, alike)
        _edges(server, snap, graph, ids)
        told = {"id": graph.id, "snapshots": list(graph.snapshots), "nodes": len(ids), "edges": len(graph.edges)}
        if not server.write(_FINISH, snap=snap, **told):
            raise _swept(graph.id)
    except BaseException:
        with suppress(StoreError):  # the server is gone: what is left of the load is overdue some day
            remove(server, _GIVE_UP, snap=snap)
        raise


def remove(server: Server, question: str, **given: Any) -> None:
    """Clear away the graphs that a question marks as deleted and names."""
    for row in server.write(question, **given):
        for clear in _CLEAR:
            server.alone(clear, **span(row["snap"]))
        server.write(_GONE, snap=row["snap"])


def forget(server: Server, graph_id: str) -> None:
    remove(server, _FORGET, id=graph_id)


def sweep(server: Server) -> None:
    """What writers and removers that died have left."""
    remove(server, _OVERDUE, old=_ABANDONED)


def _nodes(server: Server, snap: int, nodes: Sequence[Node], alike: Mapping[str, str]) -> Mapping[str, int]:
    """The internal id of each node by its key. They are good for this load only: Neo4j gives them out again."""
    ids: dict[str, int] = {}
    shape = ", ".join(f"{name}: r[{at}]" for at, name in enumerate(NODES))
    rows = ((node.category, _node_row(snap, at, node, alike)) for at, node in enumerate(nodes))
    for category, some in _batches(rows):
        create = f"UNWIND $rows AS r CREATE (n:Node:{LABELS[category]} {{{shape}}}) RETURN collect(id(n)) AS ids"
        [answer] = _batch(server, snap, create, some, nodes=len(some))
        ids.update(zip((row[2] for row in some), answer["ids"], strict=True))
        _same_order(server, some, answer["ids"])
    if len(ids) != len(nodes):
        raise StoreError(f"Two of the {len(nodes)} nodes have the same key. Import the snapshots again.")
    return ids


def _same_order(server: Server, rows: Sequence[Sequence[Any]], ids: Sequence[int]) -> None:
    """That ids come back in the order of the rows is how Neo4j works and no promise: looked at, batch by batch."""
    some = sorted({0, len(ids) // 2, len(ids) - 1})
    asked = "UNWIND $ids AS wanted MATCH (n) WHERE id(n) = wanted RETURN n.num AS num"
    wanted = [ids[at] for at in some]
    found = server.read(lambda transaction: [row["num"] for row in transaction.run(asked, ids=wanted)])
    if found != [rows[at][0] for at in some]:
        raise StoreError("Neo4j gave the ids of new nodes in another order than the nodes. Nothing was published.")


def _edges(server: Server, snap: int, graph: Graph, ids: Mapping[str, int]) -> None:
    try:
        for edge_class, some in _batches(_edge_rows(graph.edges, ids)):
            _batch(server, snap, _CREATE_EDGE[edge_class], some, edges=len(some))
    except KeyError as error:
        raise StoreError(f"Graph {graph.id} has an edge to {error}, which is none of its nodes.") from error


def _batch(
    server: Server, snap: int, question: str, rows: Sequence[Sequence[Any]], *, nodes: int = 0, edges: int = 0
) -> list[neo4j.Record]:
    """One transaction, which also says that the writer lives and still may write."""

    def work(transaction: neo4j.ManagedTransaction) -> list[neo4j.Record]:
        if transaction.run(_ALIVE, snap=snap).single() is None:
            raise _swept(str(snap))
        result = transaction.run(question, rows=rows)
        answer = list(result)
        made = result.consume().counters
        if (made.nodes_created, made.relationships_created) != (nodes, edges):
            raise StoreError(f"Neo4j made {made.relationships_created} of {edges} edges. Nothing was published.")
        return answer

    return server.change(work)


def _swept(name: str) -> StoreError:
    return StoreError(f"Another process took the unfinished graph {name} for abandoned. Publish it again.")


def _batches(rows: Iterable[tuple[G, Sequence[Any]]]) -> Iterator[tuple[G, list[Sequence[Any]]]]:
    """Rows of a kind together, as many as one transaction takes; what waits is bounded too."""
    waiting: defaultdict[G, list[Sequence[Any]]] = defaultdict(list)
    for group, row in rows:
        waiting[group].append(row)
        if len(waiting[group]) == BATCH:
            yield group, waiting.pop(group)
    yield from waiting.items()


def _node_row(snap: int, at: int, node: Node, alike: Mapping[str, str]) -> Sequence[Any]:
    """In the order of NODES."""
    return (
        (snap << ROWS) + at,
        snap,
        node.key,
        node.kind,
        node.name,
        node.cloud,
        node.scope,
        node.category.value,
        node.label,
        list(node.targets),
        json.dumps(node.properties),
        f"{node.key}\n{node.name}".casefold(),
        alike.get(node.key) or None,
    )


def _edge_rows(edges: Iterable[Edge], ids: Mapping[str, int]) -> Iterator[tuple[EdgeClass, Sequence[Any]]]:
    """Both ends, then the properties in the order of EDGES; what is empty is left out."""
    for at, edge in enumerate(edges):
        ends = (ids[edge.source], ids[edge.target], edge.rule, at)
        if edge.edge_class is EdgeClass.HAS:
            yield edge.edge_class, ends
            continue
        said = (str(edge.verdict), str(edge.strength), edge.harm or None)
        lists = (list(edge.assumed) or None, list(edge.gains) or None)
        yield edge.edge_class, (*ends, *said, *lists, edge.removes or None)


def _create_edge(edge_class: EdgeClass) -> str:
    names = BARE if edge_class is EdgeClass.HAS else tuple(EDGES)
    shape = ", ".join(f"{name}: r[{at}]" for at, name in enumerate(names, start=2))
    ends = "MATCH (a) WHERE id(a) = r[0] MATCH (b) WHERE id(b) = r[1]"
    return f"UNWIND $rows AS r {ends} CREATE (a)-[:{edge_class} {{{shape}}}]->(b)"


_CREATE_EDGE = {edge_class: _create_edge(edge_class) for edge_class in EdgeClass}
