"""The published estate graph as one user may see it: read from the store, never computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, islice
from typing import Protocol, TypeVar

from django.conf import settings
from django.http import Http404

from ciem.accounts.models import User
from ciem.connections.models import Connection
from ciem.scans.models import EstateGraph, SnapshotRecord
from ciem.scans.queries import current_graph
from graph.model import EdgeClass, Node
from graph.store import GraphReader, Neighbour, Store, open_store

T = TypeVar("T")
_NAMED = 64  # nodes looked up by key at once
_NOBODY = frozenset({0})  # owns what lies outside every connection: no row has this number
STEP = 200  # rows fetched at once where some are left out afterwards


@cache
def store() -> Store:
    """The store that the settings name, opened once per process."""
    return open_store(settings.GRANTPATH_STORE)


class Placed(Protocol):
    """Anything that lies in a scope of a cloud."""

    @property
    def cloud(self) -> str: ...
    @property
    def scope(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Territory:
    """Which connections each (cloud, scope) of a graph belongs to.

    A scope that several connections read belongs to all of them: what is known of it may come from any, and nobody
    sees a scope by importing a file that only claims to be of it.
    """

    owned: Mapping[tuple[str, str], frozenset[int]]

    @classmethod
    def of(cls, snapshots: Iterable[SnapshotRecord]) -> Territory:
        owned: dict[tuple[str, str], set[int]] = {}
        for found in snapshots:
            for scope in (found.scope, *found.scopes):
                owned.setdefault((found.cloud, scope), set()).add(found.connection_id)
        return cls({place: frozenset(owners) for place, owners in owned.items()})

    @property
    def everybody(self) -> frozenset[int]:
        """Every connection of the estate."""
        return frozenset().union(*self.owned.values())

    def owners(self, thing: Placed) -> frozenset[int]:
        """The connections it lies in; none when it lies outside all, such as a stranger's account."""
        return self.owned.get((thing.cloud, thing.scope), frozenset())

    def touched(self, things: Iterable[Placed]) -> set[int]:
        """The connections that these things lie in."""
        return {owner for thing in things for owner in self.owners(thing)}

    def named(self, scopes: Iterable[str]) -> set[int]:
        """The connections of these scopes, whatever their cloud: documents say only their scope."""
        wanted = set(scopes)
        return {owner for (_, scope), owners in self.owned.items() if scope in wanted for owner in owners}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which nodes a list shows. `alike` is a word that they share; `folded`: those that share one are one line."""

    category: str = ""
    kind: str = ""
    target: str = ""
    text: str = ""
    alike: str = ""
    folded: bool = False

    @property
    def fit(self) -> dict[str, str]:
        """What a reader asks by, the word left out."""
        return {"category": self.category, "kind": self.kind, "target": self.target, "text": self.text}

    def fits(self, node: Node) -> bool:
        ours = self.category in ("", node.category) and self.kind in ("", node.kind)
        named = self.text.casefold() in f"{node.key}\n{node.name}".casefold()
        return ours and named and (not self.target or self.target in node.targets)


EVERY = Wanted()


@dataclass(frozen=True, slots=True)
class Shared:
    """What a line of a folded list stands for: the word of its nodes, how many there are, and in how many scopes."""

    word: str
    nodes: int
    scopes: int


class EstateView:
    """A graph reader that shows only what the user may see: foreign nodes, and edges to them, do not exist.

    A node outside every connection is seen by those who see a neighbour of it.
    """

    def __init__(self, graph: EstateGraph, reader: GraphReader, user: User) -> None:
        self.graph = graph
        self._reader = reader
        self._all = user.is_active and user.sees_everything
        self._territory = Territory.of(graph.snapshots.all())
        self._visible = set(Connection.objects.visible_to(user).values_list("pk", flat=True))
        self._outside: dict[str, bool] = {}

    def sees(self, node: Node) -> bool:
        """May the user know of this node?"""
        if self._all:
            return True
        owners = self._territory.owners(node)
        if not owners and node.key not in self._outside:
            self._outside[node.key] = self._has_visible_neighbour(node)
        return owners <= self._visible if owners else self._outside[node.key]

    def _has_visible_neighbour(self, node: Node) -> bool:
        def near(side: Callable[..., Sequence[Neighbour]]) -> Iterator[Neighbour]:
            return _every(lambda start: side(node.key, offset=start, limit=STEP))

        def is_inside(owners: frozenset[int]) -> bool:
            return bool(owners) and owners <= self._visible

        return any(
            is_inside(self._territory.owners(found.node))
            for side in (self._reader.leaving, self._reader.entering)
            for found in near(side)
        )

    def _sees_end(self, near: Neighbour) -> bool:
        return self.sees(near.node)

    def find(self, key: str) -> Node | None:
        """The node, unless it is unknown or foreign."""
        found = self._reader.node(key)
        return found if found and self.sees(found) else None

    def node(self, key: str) -> Node:
        """The node, or 404 when it is unknown or foreign."""
        found = self.find(key)
        if found is None:
            raise Http404("no such node in the current graph")
        return found

    def nodes(
        self, *, category: str = "", kind: str = "", text: str = "", offset: int = 0, limit: int = 100
    ) -> Sequence[Node]:
        """Nodes that fit, by key."""
        return self.lines(Wanted(category, kind, text=text), offset=offset, limit=limit)

    def lines(self, wanted: Wanted, first: Sequence[str] = (), *, offset: int = 0, limit: int = 100) -> Sequence[Node]:
        """Nodes that fit, those of `first` before all others and in their order, the others by key."""
        read = self._reader.lines if wanted.folded and self._all else partial(self._reader.nodes, alike=wanted.alike)
        if self._all and not first:
            return tuple(read(**wanted.fit, offset=offset, limit=limit))
        others = _every(lambda start: read(**wanted.fit, offset=start, limit=STEP))
        found = chain(filter(wanted.fits, self._named(first)), others)
        return _slice(self._once(filter(self.sees, found), wanted.folded), offset, limit)

    def _named(self, keys: Sequence[str]) -> Iterator[Node]:
        for start in range(0, len(keys), _NAMED):  # a question each would cost as much as a question for all
            some = keys[start : start + _NAMED]
            known = self._reader.named(some)
            yield from (known[key] for key in some if key in known)

    def _once(self, nodes: Iterator[Node], folded: bool) -> Iterator[Node]:
        """Each node once, or of those that share a word only the first."""
        seen: set[str] = set()
        while some := list(islice(nodes, _NAMED)):
            words = self._reader.words(node.key for node in some) if folded else {}
            for node in some:
                line = words.get(node.key, node.key)
                if line not in seen:
                    seen.add(line)
                    yield node

    def shared(self, keys: Iterable[str], wanted: Wanted) -> Mapping[str, Shared]:
        """By key, what a line stands for beside its node, of what fits and the user sees."""
        words = self._reader.words(keys)
        spread = self._reader.spread(words.values(), **wanted.fit)
        return {key: self._shared(word, spread.get(word, {}), wanted) for key, word in words.items()}

    def _shared(self, word: str, spread: Mapping[tuple[str, str], int], wanted: Wanted) -> Shared:
        owned = self._territory.owned
        seen = Counter(
            {place: n for place, n in spread.items() if self._all or owned.get(place, _NOBODY) <= self._visible}
        )
        if not self._all and spread.keys() - owned.keys():
            members = _every(lambda start: self._reader.nodes(**wanted.fit, alike=word, offset=start, limit=STEP))
            places = ((node, (node.cloud, node.scope)) for node in members)
            seen.update(place for node, place in places if place not in owned and self.sees(node))
        return Shared(word, seen.total(), len(seen))

    def leaving(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        """What a node that the user sees can become, use or do."""
        wanted = tuple(classes)
        found = _every(lambda start: self._reader.leaving(key, wanted, offset=start, limit=STEP))
        return _slice(filter(self._sees_end, found), offset, limit)

    def entering(
        self, key: str, classes: Iterable[EdgeClass] = (), *, offset: int = 0, limit: int = 100
    ) -> Sequence[Neighbour]:
        """Who can become, use or harm a node that the user sees."""
        wanted = tuple(classes)
        found = _every(lambda start: self._reader.entering(key, wanted, offset=start, limit=STEP))
        return _slice(filter(self._sees_end, found), offset, limit)


def _every(fetch: Callable[[int], Sequence[T]]) -> Iterator[T]:
    """All rows, a step at a time, as far as somebody asks."""
    start = 0
    while rows := fetch(start):
        yield from rows
        start += len(rows)
        if len(rows) < STEP:
            return


def _slice(rows: Iterator[T], offset: int, limit: int) -> tuple[T, ...]:
    return tuple(islice(rows, offset, offset + limit))


@contextmanager
def estate_for(user: User) -> Iterator[EstateView]:
    """The current graph as this user may see it; 404 while there is none."""
    graph = current_graph()
    if graph is None:
        raise Http404("no graph has been published yet")
    with store().open(graph.graph_id) as reader:
        yield EstateView(graph, reader, user)
