"""Lists of nodes, and what the pages of an identity and of a target share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ciem.accounts.models import User
from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_number
from ciem.paths import queries
from ciem.paths.witness import rule
from ciem.web.asks import Ask, asking
from ciem.web.faces import Face, face
from ciem.web.names import visible
from ciem.web.shell import known_of
from ciem.web.states import State, no_data
from ciem.web.tabs import Tab
from ciem.web.words import assumption, fact, layer, moment
from graph.model import EdgeClass, Node, Strength
from graph.store import Neighbour

RANK = ("allowed", "conditional", "unknown")  # as `graph.model.together` ranks them, surest first


@dataclass(frozen=True, slots=True)
class NodeList:
    """One page of nodes. The whole is not counted: it may be large, and not all of it is the reader's."""

    faces: tuple[Face, ...]
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


def node_list(user: User, number: int, *, category: str = "", target: str = "", text: str = "") -> NodeList:
    """Nodes by category or kind of target, and by part of their name or key."""
    nodes, more = queries.nodes_page(user, category=category, target=target, text=text, number=number)
    query = urlencode({key: value for key, value in (("q", text), ("kind", target), ("category", category)) if value})
    return NodeList(tuple(map(face, nodes)), number, more, f"?{query}&" if query else "?")


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    value: str


def properties(node: Node) -> tuple[Property, ...]:
    """What is known of a node beside its name, in the order the cloud gives."""
    return tuple(
        Property(visible(name.replace("_", " ")).capitalize(), visible(moment(value)))
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
class NodesPage:
    """A list of nodes of one kind with a search by name. `word` and `value` say which kind, in the address."""

    title: str
    lead: str
    tabs: tuple[Tab, ...]
    list: NodeList | None
    text: str
    word: str
    value: str
    state: State | None


def nodes_page(request: SignedInRequest, page: NodesPage, kinds: Mapping[str, str]) -> NodesPage:
    """Fill a page: one tab for each kind, the nodes of the chosen one, or why there are none."""
    value = request.GET.get(page.word, "")
    value = value if value in kinds else page.value
    text = request.GET.get("q", "").strip()[:200]
    known = known_of(request, request.user)
    tabs = tuple(Tab(title, f"?{page.word}={word}", word == value) for word, title in kinds.items())
    if not known.snapshots:
        return replace(page, value=value, tabs=tabs, text=text, state=no_data(known))
    narrowed = {"category": value} if page.word == "category" else {"target": value}
    found = node_list(request.user, page_number(request.GET.get("page")), text=text, **narrowed)
    state = None if found.faces else page.state
    return replace(page, value=value, tabs=tabs, list=found, text=text, state=state)


NOTHING = State(
    "empty",
    "filter",
    "None of this kind",
    "Nothing in the published graph fits. What was not read does not show up here.",
)
