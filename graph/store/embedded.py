"""The store without a server: each estate graph is one Ladybug file, put in place whole, never changed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote

import ladybug
import pyarrow as pa

from graph.model import Category, Edge, EdgeClass, Graph, Node, Strength, Verdict
from graph.store import ANY, Neighbour, Only, Store, StoreError
from graph.store.arrays import Arrays, joined, part
from graph.store.edges import CLASSES, between, chosen, order, types
from graph.store.walking import shortest

FORMAT = "2"
_BEFORE = "1"  # knew nothing of words that nodes share
_ENDING = ".lbug"
_READ_POOL, _READ_THREADS = 64 << 20, 1
_WRITE_POOL, _WRITE_THREADS = 256 << 20, 1
_BATCH = 250_000  # edges in one COPY: each needs up to 200 bytes of the pool
_ABANDONED = 24 * 3600  # seconds after which a file aside belongs to nobody

_SCHEMA = (
    "CREATE NODE TABLE Meta(key STRING PRIMARY KEY, value STRING)",
    "CREATE NODE TABLE Node(key STRING PRIMARY KEY, kind STRING, name STRING, cloud STRING, scope STRING, "
    "category STRING, label STRING, targets STRING[], properties STRING, folded STRING, alike STRING, at INT64)",
    *(
        f"CREATE REL TABLE {cls}(FROM Node TO Node, rule STRING, verdict STRING, strength STRING, harm STRING, "
        "assumed STRING, gains STRING, removes STRING, at INT64)"
        for cls in CLASSES
    ),
    "CREATE REL TABLE HAS(FROM Node TO Node, rule STRING, at INT64)",  # by far the most: nothing but what it is
)
_NODE = (
    "n.key AS key, n.kind AS kind, n.name AS name, n.cloud AS cloud, n.scope AS scope, n.category AS category, "
    "n.label AS label, n.targets AS targets, n.properties AS properties"
)
_EACH = "UNWIND $keys AS wanted MATCH (n:Node {key: wanted})"  # by the index; IN would look at every node
_LINE = "n.alike AS word, CASE WHEN n.alike = '' THEN n.key ELSE '' END AS alone"
_TESTS = {
    "category": "n.category = $category",
    "kind": "n.kind = $kind",
    "target": "$target IN n.targets",
    "text": "n.folded CONTAINS $text",
    "alike": "n.alike = $alike",
}
_SAID = (
    "e.verdict AS verdict, e.strength AS strength, e.harm AS harm, e.assumed AS assumed, e.gains AS gains, "
    "e.removes AS removes"
)
_EDGE = f"a.key AS source, b.key AS target, label(e) AS edge_class, e.rule AS rule, {_SAID}"
_ENDS = "a.at AS source, b.at AS target, e.rule AS rule, e.at AS at"


def connect(url: str) -> Store:
    """The store in a folder, which is made when it is not there."""
    place = url.partition(":")[2]
    folder = Path(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The graph folder `{place}` cannot be made: {error.strerror}. Choose another.") from error
    return EmbeddedStore(folder)


class EmbeddedStore:
    """A folder of graphs. Any number of processes may read while one publishes: old readers keep the file they have."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, graph: Graph, alike: Mapping[str, str] = MappingProxyType({})) -> None:
        """Write aside, then replace: a reader sees the whole graph or none."""
        final = self._file(graph.id)
        if final.exists():
            return
        aside = final.with_name(f"{final.name}.{os.getpid()}.new")
        self._sweep()
        try:
            _discard(aside)
            _write(aside, graph, alike)
            _to_disk(aside)
            aside.replace(final)
        except KeyError as error:
            raise StoreError(f"Graph {graph.id} has an edge to {error}, which is none of its nodes.") from error
        except (OSError, RuntimeError) as error:
            raise StoreError(f"Graph {graph.id} could not be written to `{self._folder}`: {error}") from error
        finally:
            _discard(aside)

    def ids(self) -> Sequence[str]:
        return sorted(unquote(path.name.removesuffix(_ENDING)) for path in self._folder.glob(f"*{_ENDING}"))

    def open(self, graph_id: str) -> EmbeddedReader:
        path = self._file(graph_id)
        if not path.exists():
            raise StoreError(f"There is no graph `{graph_id}` here. It was never published, or it was deleted.")
        return EmbeddedReader(path, graph_id)

    def delete(self, graph_id: str) -> None:
        """Forget a graph; one that is not there is forgotten already."""
        self._file(graph_id).unlink(missing_ok=True)

    def health(self) -> str:
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise StoreError(f"The graph folder `{self._folder}` cannot be read and written. Check its owner and mode.")
        return f"Ladybug {ladybug.__version__} in `{self._folder}`: {len(self.ids())} graphs."

    def _file(self, graph_id: str) -> Path:
        name = quote(graph_id, safe="")
        if not name or len(name) > 200:
            raise StoreError(f"`{graph_id[:60]}` cannot be the id of a graph.")
        return self._folder / (name + _ENDING)

    def _sweep(self) -> None:
        """Remove what writers that died have left aside."""
        for path in self._folder.glob("*.new*"):
            with suppress(FileNotFoundError):
                if path.suffix != _ENDING and time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()


class EmbeddedReader:
    """One graph file, open for reading. Not for several threads at once: open one each, it costs milliseconds."""

    def __init__(self, path: Path, graph_id: str) -> None:
        try:
            self._database = ladybug.Database(
                str(path), read_only=True, buffer_pool_size=_READ_POOL, max_num_threads=_READ_THREADS
            )
            self._connection = ladybug.Connection(self._database)
            self._meta = {
                row["key"]: row["value"] for row in self._rows("MATCH (m:Meta) RETURN m.key AS key, m.value AS value")
            }
        except (OSError, RuntimeError, StoreError) as error:
            raise StoreError(
                f"The file of graph {graph_id} is damaged ({error}). Import the snapshots again."
            ) from error
        self._tells = self._meta.get("format") == FORMAT
        if self._meta.get("format") not in (FORMAT, _BEFORE) or self._meta.get("id") != graph_id:
            raise StoreError(f"The file of graph {graph_id} holds something else. Import the snapshots again.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._database.close()

    def node(self, key: str) -> Node | None:
        found = self._rows(f"MATCH (n:Node {{key: $key}}) WHERE n.category <> 'set' RETURN {_NODE}", key=key)
        return next(map(_node, found), None)

    def named(self, keys: Iterable[str]) -> Mapping[str, Node]:
        return {key: node for key, node in self._by_key(set(keys)).items() if node.category is not Category.SET}

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
        where, given = self._filter(category, kind, target, text, alike)
        asked = f"MATCH (n:Node) WHERE {where} RETURN {_NODE} ORDER BY key SKIP $offset LIMIT $limit"
        return [_node(row) for row in self._rows(asked, **given, offset=offset, limit=limit)]

    def lines(
        self, *, category: str = "", kind: str = "", target: str = "", text: str = "", offset: int = 0, limit: int = 100
    ) -> Sequence[Node]:
        where, given = self._filter(category, kind, target, text)
        line = _LINE if self._tells else "n.key AS word"
        asked = f"MATCH (n:Node) WHERE {where} WITH {line}, min(n.key) AS key RETURN key"
        page = self._rows(f"{asked} ORDER BY key SKIP $offset LIMIT $limit", **given, offset=offset, limit=limit)
        keys = [row["key"] for row in page]
        found = self._by_key(set(keys))
        return [found[key] for key in keys]

    def count(self, *, category: str = "", kind: str = "", target: str = "", text: str = "", alike: str = "") -> int:
        where, given = self._filter(category, kind, target, text, alike)
        return int(next(self._rows(f"MATCH (n:Node) WHERE {where} RETURN count(*) AS number", **given))["number"])

    def words(self, keys: Iterable[str]) -> Mapping[str, str]:
        asked = f"{_EACH} WHERE n.alike <> '' RETURN n.key AS key, n.alike AS word"
        wanted = sorted(set(keys)) if self._tells else ()
        return {row["key"]: row["word"] for row in self._rows(asked, keys=wanted)} if wanted else {}

    def spread(
        self, words: Iterable[str], *, category: str = "", kind: str = "", target: str = "", text: str = ""
    ) -> Mapping[str, Mapping[tuple[str, str], int]]:
        where, given = self._filter(category, kind, target, text)
        told = "n.alike AS word, n.cloud AS cloud, n.scope AS scope, count(*) AS number"
        asked = f"MATCH (n:Node) WHERE n.alike IN $words AND {where} RETURN {told} ORDER BY word, cloud, scope"
        wanted = sorted(set(words) - {""}) if self._tells else ()
        found: dict[str, dict[tuple[str, str], int]] = {}
        for row in self._rows(asked, words=wanted, **given) if wanted else ():
            found.setdefault(row["word"], {})[row["cloud"], row["scope"]] = row["number"]
        return found

    def leaving(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        ends = [(end, edge) for edge, ends in self._out(key, classes) for end in ends]
        page = sorted(ends, key=order)[offset : offset + limit]
        nodes = self._by_key({end for end, _edge in page})
        return [Neighbour(between(edge, key, end), nodes[end]) for end, edge in page]

    def entering(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        page = sorted(((edge.source, edge) for edge in self._in(key, classes)), key=order)[offset : offset + limit]
        nodes = self._by_key({start for start, _edge in page})
        return [Neighbour(between(edge, start, key), nodes[start]) for start, edge in page]

    def degree(self, key: str) -> tuple[int, int]:
        return sum(1 for _edge in self._in(key, ())), sum(len(ends) for _edge, ends in self._out(key, ()))

    def paths(
        self, source: str, target: str, only: Only = ANY, *, longest: int = 8, limit: int = 10
    ) -> Sequence[Sequence[Neighbour]]:
        return shortest(self, (source, target), only, longest=longest, limit=limit)

    def steps(self, keys: Sequence[str], only: Only) -> Iterator[tuple[Edge, bool]]:
        """Edges out of the nodes that one may take, and whether each ends at a set."""
        where, given = chosen(only)
        start = f"UNWIND $keys AS wanted MATCH (a:Node {{key: wanted}})-[e:{types(only.classes)}]->(b:Node)"
        asked = f"{start} WHERE {where} RETURN {_EDGE}, b.category AS category"
        for row in self._rows(asked, keys=list(keys), **given):
            yield _found(row), row["category"] == Category.SET

    def arrays(self) -> Arrays:
        asked = "MATCH (n:Node) RETURN n.key AS key, n.category = 'set' AS through, n.at AS at ORDER BY at"
        keys, sets, _at = self._columns(asked)
        parts = []
        for cls in EdgeClass:
            ends = self._columns(
                f"MATCH (a:Node)-[e:{cls}]->(b:Node) RETURN a.at AS source, b.at AS target, e.at AS at"
            )
            parts.append(part(cls, *ends))
        return joined(keys.tolist(), sets, parts)

    def graph(self) -> Graph:
        """All of it. Ends travel as numbers: as names, millions of them would not fit the reader's buffer pool."""
        nodes = tuple(map(_node, self._rows(f"MATCH (n:Node) RETURN {_NODE}, n.at AS at ORDER BY at")))
        placed: list[tuple[int, Edge]] = []
        for cls in EdgeClass:
            columns = _ENDS if cls is EdgeClass.HAS else f"{_ENDS}, {_SAID}"
            for row in self._rows(f"MATCH (a:Node)-[e:{cls}]->(b:Node) RETURN {columns}"):
                placed.append((row["at"], _edge(row, cls, nodes[row["source"]].key, nodes[row["target"]].key)))
        placed.sort(key=itemgetter(0))
        edges = tuple(edge for _at, edge in placed)
        return Graph(self._meta["id"], tuple(json.loads(self._meta["snapshots"])), nodes, edges)

    def _out(self, key: str, classes: Iterable[EdgeClass]) -> Iterator[tuple[Edge, list[str]]]:
        """Edges out of a node with the real nodes at their ends; a set never leads back to its source."""
        asked = f"MATCH (a:Node {{key: $key}})-[e:{types(classes)}]->(b:Node) RETURN {_EDGE}, b.category AS category"
        found = [(_found(row), row["category"] == Category.SET) for row in self._rows(asked, key=key)]
        inside = self.members({edge.target for edge, through in found if through})
        for edge, through in found:
            yield edge, [end for end in inside[edge.target] if end != key] if through else [edge.target]

    def _in(self, key: str, classes: Iterable[EdgeClass]) -> Iterator[Edge]:
        """Edges into a node, its sets looked through."""
        sets = self._rows("MATCH (s:Node)-[:HAS]->(b:Node {key: $key}) RETURN s.key AS key", key=key)
        asked = f"MATCH (a:Node)-[e:{types(classes)}]->(b:Node) WHERE b.key IN $keys RETURN {_EDGE}"
        for row in self._rows(asked, keys=[key, *sorted(row["key"] for row in sets)]):
            if row["target"] == key or row["source"] != key:
                yield _found(row)

    def members(self, sets: Collection[str]) -> Mapping[str, list[str]]:
        inside: dict[str, list[str]] = {key: [] for key in sets}
        asked = "MATCH (s:Node)-[:HAS]->(b:Node) WHERE s.key IN $keys RETURN s.key AS held, b.key AS key"
        for row in self._rows(asked, keys=sorted(sets)) if sets else ():
            inside[row["held"]].append(row["key"])
        return inside

    def _filter(self, category: str, kind: str, target: str, text: str, alike: str = "") -> tuple[str, dict[str, str]]:
        """The WHERE of a list and its parameters; sets are never listed."""
        wanted = {"category": category, "kind": kind, "target": target, "text": text.casefold(), "alike": alike}
        given = {name: value for name, value in wanted.items() if value}
        tests = {**_TESTS, "alike": _TESTS["alike"] if self._tells else "$alike = ''"}
        return " AND ".join(["n.category <> 'set'", *(tests[name] for name in given)]), given

    def _by_key(self, keys: set[str]) -> Mapping[str, Node]:
        found = self._rows(f"{_EACH} RETURN {_NODE}", keys=sorted(keys)) if keys else ()
        return {row["key"]: _node(row) for row in found}

    def _columns(self, question: str) -> Sequence[Any]:
        """The answer as arrays of NumPy."""
        [table] = self._tables(question)
        return [column.to_numpy() for column in table.columns]

    def _rows(self, question: str, **given: Any) -> Iterator[Mapping[str, Any]]:
        for table in self._tables(question, **given):
            yield from table.to_pylist()

    def _tables(self, question: str, **given: Any) -> Iterator[pa.Table]:
        try:
            answer = self._connection.execute(question, given)
        except RuntimeError as error:
            raise StoreError(f"The graph could not be read: {error}") from error
        for result in answer if isinstance(answer, list) else (answer,):
            with closing(result):
                yield result.get_as_arrow()


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


def _edge(row: Mapping[str, Any], cls: EdgeClass, source: str, target: str) -> Edge:
    if cls is EdgeClass.HAS:
        return Edge(source, target, cls, row["rule"], Verdict.ALLOWED)
    lists = tuple(json.loads(row["assumed"])), tuple(json.loads(row["gains"]))
    how = Verdict(row["verdict"]), Strength(row["strength"])
    return Edge(source, target, cls, row["rule"], *how, row["harm"], *lists, row["removes"])


def _found(row: Mapping[str, Any]) -> Edge:
    return _edge(row, EdgeClass(row["edge_class"]), row["source"], row["target"])


# ----- writing


def _write(path: Path, graph: Graph, alike: Mapping[str, str]) -> None:
    """Bulk copies: one for the nodes, then class by class for the edges, bounded in rows."""
    keys = pa.array([node.key for node in graph.nodes], pa.string())
    position = {node.key: at for at, node in enumerate(graph.nodes)}
    with _writing(path) as connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("COPY Node FROM $rows", {"rows": _node_table(graph.nodes, keys, alike)})
        connection.execute("COPY Meta FROM $rows", {"rows": _meta_table(graph)})
        for cls in EdgeClass:
            places = [at for at, edge in enumerate(graph.edges) if edge.edge_class is cls]
            for start in range(0, len(places), _BATCH):
                some = places[start : start + _BATCH]
                table = _edge_table([graph.edges[at] for at in some], some, position, keys)
                connection.execute(f"COPY {cls} FROM $rows", {"rows": table})


@contextmanager
def _writing(path: Path) -> Iterator[Any]:
    with (
        closing(ladybug.Database(str(path), buffer_pool_size=_WRITE_POOL, max_num_threads=_WRITE_THREADS)) as database,
        closing(ladybug.Connection(database)) as connection,
    ):
        yield connection


def _meta_table(graph: Graph) -> pa.Table:
    said = {"format": FORMAT, "id": graph.id, "snapshots": json.dumps(graph.snapshots)}
    return pa.table({"key": list(said), "value": list(said.values())})


def _node_table(nodes: Sequence[Node], keys: pa.Array, alike: Mapping[str, str]) -> pa.Table:
    return pa.table(
        {
            "key": keys,
            "kind": [n.kind for n in nodes],
            "name": [n.name for n in nodes],
            "cloud": [n.cloud for n in nodes],
            "scope": [n.scope for n in nodes],
            "category": [str(n.category) for n in nodes],
            "label": [n.label for n in nodes],
            "targets": pa.array([list(n.targets) for n in nodes], pa.list_(pa.string())),
            "properties": [json.dumps(n.properties) for n in nodes],
            "folded": [f"{n.key}\n{n.name}".casefold() for n in nodes],
            "alike": pa.array([alike.get(n.key, "") for n in nodes], pa.string()),
            "at": range(len(nodes)),
        }
    )


def _edge_table(edges: Sequence[Edge], places: Sequence[int], position: Mapping[str, int], keys: pa.Array) -> pa.Table:
    ends = {
        "from": keys.take(pa.array([position[e.source] for e in edges], pa.int32())),
        "to": keys.take(pa.array([position[e.target] for e in edges], pa.int32())),
        "rule": pa.array([e.rule for e in edges], pa.string()),
    }
    if edges[0].edge_class is EdgeClass.HAS:
        return pa.table({**ends, "at": places})
    said = {
        "verdict": [str(e.verdict) for e in edges],
        "strength": [str(e.strength) for e in edges],
        "harm": [e.harm for e in edges],
        "assumed": [json.dumps(e.assumed) for e in edges],
        "gains": [json.dumps(e.gains) for e in edges],
        "removes": [e.removes for e in edges],
    }
    return pa.table({**ends, **said, "at": places})


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _discard(aside: Path) -> None:
    """The file aside and what Ladybug may have put beside it."""
    for path in aside.parent.glob(f"{aside.name}*"):
        if path.suffix != _ENDING:
            path.unlink(missing_ok=True)
