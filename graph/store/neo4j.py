"""The store on a Neo4j server: many estate graphs in one database, each whole and never changed once it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from graph.model import Graph
from graph.store import Store, StoreError
from graph.store.neo4j_loading import forget, load, sweep
from graph.store.neo4j_reading import Neo4jReader
from graph.store.neo4j_schema import prepare
from graph.store.neo4j_server import Server, connected

_GRAPH = "MATCH (g:Graph {id: $id}) RETURN g {.*} AS graph"
_NONE: Mapping[str, str] = MappingProxyType({})


def connect(url: str) -> Store:
    """The store at `neo4j://user@host:port/database`. Nothing is asked of the server before the store is used."""
    return Neo4jStore(connected(url))


class Neo4jStore:
    """Any number of processes may read while others publish and delete. Good for several threads at once."""

    def __init__(self, server: Server) -> None:
        self._known = server
        self._looked_at = False

    @property
    def _server(self) -> Server:
        """The server, once it is known to be new enough and to have our constraints and indexes."""
        if not self._looked_at:
            self._known.version()
            prepare(self._known)
            self._looked_at = True
        return self._known

    def publish(self, graph: Graph, alike: Mapping[str, str] = _NONE) -> None:
        if self._found(graph.id) is not None:
            return
        sweep(self._server)
        try:
            load(self._server, graph, alike)
        except StoreError:
            if self._found(graph.id) is None:  # else another process was faster, and has published the same
                raise

    def ids(self) -> Sequence[str]:
        asked = "MATCH (g:Graph) RETURN g.id AS id"
        return sorted(self._server.read(lambda transaction: [str(row["id"]) for row in transaction.run(asked)]))

    def open(self, graph_id: str) -> Neo4jReader:
        found = self._found(graph_id)
        if found is None:
            raise StoreError(f"There is no graph `{graph_id}` here. It was never published, or it was deleted.")
        return Neo4jReader(self._server, found)

    def delete(self, graph_id: str) -> None:
        """Forget a graph; one that is not there is forgotten already."""
        forget(self._server, graph_id)

    def health(self) -> str:
        version, edition = self._server.version()
        untested = "" if edition == "community" else ", which Grantpath is not tested with"
        named = f"Neo4j {version} ({edition} edition{untested})"
        return f"{named} at {self._server.where.place}: {len(self.ids())} graphs."

    def _found(self, graph_id: str) -> Mapping[str, object] | None:
        if not graph_id or len(graph_id) > 200:
            raise StoreError(f"`{graph_id[:60]}` cannot be the id of a graph.")
        found = self._server.read(lambda transaction: list(transaction.run(_GRAPH, id=graph_id)))
        return found[0]["graph"] if found else None
