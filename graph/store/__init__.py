"""Where estate graphs rest between a scan and a question. One protocol, one contract suite for every store."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from graph.model import Edge, EdgeClass, Graph, Node, Strength, Verdict
from graph.store.arrays import Arrays


class StoreError(Exception):
    """The store cannot do what was asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An edge with the node at its other end; set nodes are looked through, so `edge` ends at real nodes."""

    edge: Edge
    node: Node


@dataclass(frozen=True, slots=True)
class Only:
    """Which edges a path may take; what is empty leaves the choice open."""

    classes: tuple[EdgeClass, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    strengths: tuple[Strength, ...] = ()
    rules: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()


ANY = Only()


class GraphReader(Protocol):
    """One whole estate graph, read-only. Lists are sorted by key; set nodes never appear."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def node(self, key: str) -> Node | None: ...
    def named(self, keys: Iterable[str]) -> Mapping[str, Node]:
        """Those of the nodes that are there, by key, in one go."""
        ...

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
        """Nodes by category, kind, target kind; `text` is found anywhere in key or name, ignoring case.

        `alike` is a word that they share.
        """
        ...

    def lines(
        self, *, category: str = "", kind: str = "", target: str = "", text: str = "", offset: int = 0, limit: int = 100
    ) -> Sequence[Node]:
        """The same list with one line for nodes that share a word: the first of them that fits."""
        ...

    def count(
        self, *, category: str = "", kind: str = "", target: str = "", text: str = "", alike: str = ""
    ) -> int: ...
    def words(self, keys: Iterable[str]) -> Mapping[str, str]:
        """By key, the word that a node shares with others; who shares none is left out."""
        ...

    def spread(
        self, words: Iterable[str], *, category: str = "", kind: str = "", target: str = "", text: str = ""
    ) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """By word, how many of the nodes that fit share it in each (cloud, scope)."""
        ...

    def leaving(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        """What the node can become, use or do: edges out of it, expanded."""
        ...

    def entering(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]: ...
    def degree(self, key: str) -> tuple[int, int]:
        """(edges in, edges out), expanded."""
        ...

    def paths(
        self, source: str, target: str, only: Only = ANY, *, longest: int = 8, limit: int = 10
    ) -> Sequence[Sequence[Neighbour]]:
        """The shortest ways from one node to another: all equally short, in the order of their hops.

        A set is no hop. There is none when the target is farther than `longest` hops, nor from a node to itself.
        """
        ...

    def arrays(self) -> Arrays:
        """All nodes and edges as numbers, sets included, in the order in which they were published."""
        ...

    def graph(self) -> Graph:
        """All of it, equal to what was published."""
        ...


_NONE: Mapping[str, str] = MappingProxyType({})


class Store(Protocol):
    """Many estate graphs, each whole or absent."""

    def publish(self, graph: Graph, alike: Mapping[str, str] = _NONE) -> None:
        """Write the graph aside and make it readable at once under its id. Publishing an id again changes nothing.

        `alike`: by key, the word that a node shares with those that are one line with it in folded lists.
        """
        ...

    def ids(self) -> Sequence[str]: ...
    def open(self, graph_id: str) -> GraphReader:
        """Raises StoreError when there is no such graph."""
        ...

    def delete(self, graph_id: str) -> None: ...
    def health(self) -> str:
        """One sentence: which store, which version, how many graphs. Raises StoreError when it does not work."""
        ...


# Each defines connect(url) -> Store.
_EMBEDDED, _NEO4J = "graph.store.embedded", "graph.store.neo4j"
_KINDS = {
    "embedded": _EMBEDDED,
    **dict.fromkeys(("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"), _NEO4J),
}


def open_store(url: str) -> Store:
    """`embedded:/folder` or `neo4j://user@host:port`. A store's library is imported only when it is asked for."""
    scheme, colon, place = url.partition(":")
    if not colon or scheme not in _KINDS or not place:
        raise StoreError(f"`{url}` names no store. Use `embedded:/folder` or `neo4j://user@host:port`.")
    store: Store = importlib.import_module(_KINDS[scheme]).connect(url)
    return store
