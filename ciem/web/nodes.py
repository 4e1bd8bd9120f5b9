"""Lists of nodes, and what the pages of an identity and of a target share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from ciem.accounts.models import User
from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_number
from ciem.paths import queries
from ciem.paths.estate import Shared, Wanted
from ciem.paths.tallying import SURENESS, Tally, tallies
from ciem.paths.witness import rule
from ciem.web.asks import Ask, asking
from ciem.web.faces import Face, face
from ciem.web.names import visible
from ciem.web.shell import known_of
from ciem.web.states import State, no_data
from ciem.web.tabs import Tab
from ciem.web.words import assumption, fact, harms, layer, moment
from graph.model import EdgeClass, Node, Strength
from graph.node_facts import BECAUSE, GUARDED, LOG_UNKNOWN, OVERSIGHT, UNLOGGED
from graph.store import Neighbour

_RANKS: Mapping[str, Callable[[Tally], int]] = {
    "paths": lambda _tally: 0,
    "verdict": lambda tally: SURENESS[tally.verdict],
    "harm": lambda tally: -tally.weight,
}
_ORDERS = {"name": "ascending"}  # what counts goes from the most to the least
RANK = ("allowed", "conditional", "unknown")  # as `graph.model.together` ranks them, surest first


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as a line, with the attack paths that concern it and the address of all of them.

    `alike`: how many it stands for where they are alike, and in how many scopes.
    """

    face: Face
    tally: Tally | None = None
    href: str = ""
    alike: Shared | None = None
    alike_href: str = ""


@dataclass(frozen=True, slots=True)
class NodeList:
    """One page of nodes. The whole is not counted: it may be large, and not all of it is the reader's."""

    rows: tuple[NodeRow, ...]
    number: int
    more: bool
    turn: str

    @property
    def pages(self) -> int:
        return self.number + self.more

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.more else None


def found_by_name(user: User, number: int, text: str) -> NodeList:
    """Nodes by part of their name or key."""
    nodes, more = queries.nodes_page(user, text=text, number=number)
    return NodeList(tuple(NodeRow(face(node)) for node in nodes), number, more, f"?{urlencode({'q': text})}&")


_OVERSIGHT = {
    UNLOGGED: "Leaves no log",
    UNLOGGED + BECAUSE: "Logs",
    LOG_UNKNOWN: "May leave no log",
    LOG_UNKNOWN + BECAUSE: "Logs",
    GUARDED: "Guarded against",
    GUARDED + BECAUSE: "Guarded by",
}


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    value: str


def properties(node: Node) -> tuple[Property, ...]:
    """What is known of a node beside its name, in the order the cloud gives."""
    return tuple(
        Property(
            _OVERSIGHT.get(name) or visible(name.replace("_", " ")).capitalize(),
            harms(value) if name in OVERSIGHT else visible(moment(value)),
        )
        for name, value in node.properties
    )


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """An edge as a line: the node at the other end, how, how sure, and the question that explains it."""

    face: Face
    incoming: bool
    edge_class: str
    words: str
    rule: str
    harm: str
    verdict: str
    uses: bool
    assumed: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Grant:
    """A node with all that leads from it, or to it, on one line."""

    face: Face
    rows: tuple[EdgeRow, ...]


def by_harm(rows: Iterable[EdgeRow]) -> tuple[EdgeRow, ...]:
    """Of several ways to one harm between the same two nodes, the surest."""
    best: dict[tuple[str, str], EdgeRow] = {}
    for row in rows:
        known = best.get((row.face.key, row.harm))
        if known is None or RANK.index(row.verdict) < RANK.index(known.verdict):
            best[row.face.key, row.harm] = row
    return tuple(best.values())


def by_node(rows: Iterable[EdgeRow], but: str = "") -> tuple[Grant, ...]:
    """Edges that share their other end, together; those to the node itself are left out."""
    found: dict[Face, list[EdgeRow]] = {}
    for row in rows:
        if row.face.key != but:
            found.setdefault(row.face, []).append(row)
    return tuple(Grant(face, tuple(members)) for face, members in found.items())


def edge_rows(neighbours: Iterable[Neighbour]) -> tuple[EdgeRow, ...]:
    """Edges as lines; the sentence of a rule is its title, that of a fact its own word."""
    return tuple(map(_edge_row, neighbours))


def _edge_row(near: Neighbour) -> EdgeRow:
    edge = near.edge
    known = rule(edge.rule)
    return EdgeRow(
        face=face(near.node),
        incoming=edge.target != near.node.key,
        edge_class=edge.edge_class.value,
        words=visible(
            known.title or layer(fact(edge.rule)) + (" it" if edge.edge_class == EdgeClass.CAN_BECOME else "")
        ),
        rule=edge.rule,
        harm=edge.harm,
        verdict=edge.verdict.value,
        uses=edge.strength == Strength.USES,
        assumed=", ".join(map(assumption, edge.assumed)),
        ask=asking(edge.source, edge.rule, edge.target) if known.title else (),
    )


@dataclass(frozen=True, slots=True)
class Kinds:
    """A list of nodes before anybody asked: its words, the kinds it is cut into, and what its counts count.

    `word` says in the address which kind is shown and `usual` is the one without a word; `filter` is the word by
    which the list of paths shows those that a count counts, `filter_alike` that for nodes that are alike.
    """

    title: str
    lead: str
    word: str
    usual: str
    kinds: Mapping[str, str]
    filter: str
    filter_alike: str
    counted: str
    sorts: Mapping[str, str]
    sort: str


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column that sorts: the address of that order, in which direction, and whether it is so now."""

    title: str
    href: str
    order: str
    current: bool
    number: bool


@dataclass(frozen=True, slots=True)
class NodesPage:
    """A list of nodes of one kind with a search by name. `kept` is what the search carries along in the address.

    `opened`: only those are listed that share one line.
    """

    title: str
    lead: str
    tabs: tuple[Tab, ...]
    columns: tuple[Column, ...]
    list: NodeList | None
    text: str
    kept: tuple[tuple[str, str], ...]
    clear: str
    opened: bool
    state: State | None
    counted: str
    ranks: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks of a list."""

    of: Kinds
    kind: str
    sort: str
    text: str
    alike: str
    number: int

    @classmethod
    def by(cls, asked: QueryDict, of: Kinds) -> Self:
        kind = str(asked[of.word]) if asked.get(of.word) in of.kinds else of.usual
        sort = str(asked["sort"]) if asked.get("sort") in of.sorts else of.sort
        text, alike = asked.get("q", "").strip()[:200], asked.get("alike", "")[:64]
        return cls(of, kind, sort, text, alike, page_number(asked.get("page")))

    def address(self, **other: str) -> str:
        """The address of the same list but for some words."""
        said = {self.of.word: self.kind, "q": self.text, "alike": self.alike, "sort": self.sort} | other
        if said["sort"] == self.of.sort:
            said["sort"] = ""
        return f"?{urlencode({word: value for word, value in said.items() if value})}"

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """What a search carries along."""
        told = (self.of.word, self.kind), ("sort", "" if self.sort == self.of.sort else self.sort)
        return tuple((word, value) for word, value in (*told, ("alike", self.alike)) if value)

    @property
    def wanted(self) -> Wanted:
        category, target = (self.kind, "") if self.of.word == "category" else ("", self.kind)
        return Wanted(category, target=target, text=self.text, alike=self.alike, folded=not self.alike)


def nodes_page(request: SignedInRequest, of: Kinds) -> NodesPage:
    """One tab for each kind, the nodes of the chosen one with their attack paths, or why there are none."""
    asked, known = _Asked.by(request.GET, of), known_of(request, request.user)
    found = _node_list(request.user, asked) if known.snapshots else None
    tabs = ((word, asked.address(**{of.word: word, "q": "", "alike": ""})) for word in of.kinds)
    return NodesPage(
        of.title,
        of.lead,
        tuple(Tab(of.kinds[word], href, word == asked.kind) for word, href in tabs),
        tuple(
            Column(
                title, asked.address(sort=word), _ORDERS.get(word, "descending"), word == asked.sort, word == "paths"
            )
            for word, title in of.sorts.items()
        ),
        found,
        asked.text,
        asked.kept,
        asked.address(q="", alike=""),
        bool(asked.alike),
        no_data(known) if found is None else None if found.rows else NOTHING,
        of.counted,
        "harm" in of.sorts,
    )


def _node_list(user: User, asked: _Asked) -> NodeList:
    ending, wanted = asked.of.filter == "target", asked.wanted
    tallied = partial(tallies, user, ending=ending, folded=wanted.folded)
    every = tallied(category=wanted.category, text=wanted.text, alike=wanted.alike) if asked.sort in _RANKS else None
    first = _ordered(every or {}, asked.sort)
    found = queries.lines_page(user, wanted, number=asked.number, first=first)
    lines = {node.key: found.shared[node.key].word if node.key in found.shared else node.key for node in found.nodes}
    known = tallied(among=tuple(lines.values()), text=wanted.text) if every is None else every
    rows = tuple(_row(node, asked, found.shared.get(node.key), known.get(lines[node.key])) for node in found.nodes)
    return NodeList(rows, asked.number, found.more, f"{asked.address()}&")


def _row(node: Node, asked: _Asked, alike: Shared | None, tally: Tally | None) -> NodeRow:
    """A node that stands for others opens to all of them, and its number to the paths of all."""
    start = f"{reverse('paths')}?group=none&"
    if alike is None or alike.nodes < 2:
        return NodeRow(face(node), tally, start + urlencode({asked.of.filter: node.key}))
    href = start + urlencode({asked.of.filter_alike: alike.word})
    return NodeRow(face(node), tally, href, alike, asked.address(alike=alike.word))


def _ordered(tallied: Mapping[str, Tally], sort: str) -> tuple[str, ...]:
    """The first node of each line with attack paths, those that matter most first."""
    rank = _RANKS.get(sort, _RANKS["paths"])
    ordered = sorted(tallied.values(), key=lambda tally: (rank(tally), -tally.paths, tally.first))
    return tuple(tally.first for tally in ordered)


NOTHING = State(
    "empty",
    "filter",
    "None of this kind",
    "Nothing in the published graph fits. What was not read does not show up here.",
)
