"""Choke points: what many paths share, ranked by what would be gone without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_of
from ciem.paths import queries, studied_queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Choke
from ciem.paths.studied_queries import ChokePoint
from ciem.paths.witness import Witness, WitnessNode, rule
from ciem.web.evidence import Sheet, sheet
from ciem.web.faces import face, href_of, icon_of
from ciem.web.names import visible
from ciem.web.rows import PathRow, path_rows
from ciem.web.scores import number
from ciem.web.shell import known_of, show
from ciem.web.states import State, no_data, none_found
from ciem.web.tabs import Tab, list_tabs
from ciem.web.words import ordinal, short_name
from graph.snapshot import canonical

_SHOWN = 20  # paths on the page of one choke point


@dataclass(frozen=True, slots=True)
class ChokeRow:
    """A choke point as a line. The numbers' addresses open just what they count."""

    key: str
    title: str
    kind: str
    icon: str
    href: str
    owner: str
    score: str
    at_least: bool
    removed: int
    removed_href: str
    weakened: int
    through: int
    through_href: str
    others: int = 0
    others_href: str = ""


@dataclass(frozen=True, slots=True)
class ChokesPage:
    lists: tuple[Tab, ...]
    rows: tuple[ChokeRow, ...]
    state: State | None
    partial: bool


@dataclass(frozen=True, slots=True)
class ChokeStep:
    """A hop that is there by a statement or membership."""

    source: str
    source_href: str
    rule: str
    target: str
    target_href: str


@dataclass(frozen=True, slots=True)
class ChokePage:
    """One choke point: what it is, the hops it makes, how each kind of them is stopped, and the paths through it."""

    row: ChokeRow
    node_href: str
    sheet: Sheet | None
    steps: tuple[ChokeStep, ...]
    more_steps: int
    remedies: tuple[tuple[str, str], ...]
    paths: tuple[PathRow, ...]


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    known = known_of(request, request.user)
    points, alike = studied_queries.choke_points(request.user), request.GET.get("alike", "")
    words = "No path has anything in common with another, or there is no path."
    state = None if points else none_found(known, words) if known.snapshots else no_data(known)
    rows = tuple(choke_row(one) for one in points if one.choke.alike == alike) if alike else _folded(points)
    page = ChokesPage(list_tabs(request.user, "chokes"), rows, state, any(row.at_least for row in rows))
    return show(request, "web/chokes.html", page)


def _folded(points: Iterable[ChokePoint]) -> tuple[ChokeRow, ...]:
    """Those that are alike on one line: its first speaks for all."""
    groups: dict[str, list[ChokePoint]] = {}
    for point in points:
        groups.setdefault(point.choke.alike, []).append(point)
    return tuple(
        replace(choke_row(some[0]), others=len(some) - 1, others_href=f"?{urlencode({'alike': alike})}")
        for alike, some in groups.items()
    )


@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    found = studied_queries.choke_page(request.user, key)
    choke = found.point.choke
    chosen = FindingFilter().with_("choke", key)
    shown = page_of(chosen.apply(queries.findings(request.user)), 1, _SHOWN)
    document = found.document
    return show(
        request,
        "web/choke.html",
        ChokePage(
            row=choke_row(found.point),
            node_href=face(WitnessNode.load(choke.node)).href if choke.node else "",
            sheet=sheet(document.name, document.body, [choke.place], document.problem) if document else None,
            steps=tuple(_step(edge) for edge in choke.edges),
            more_steps=choke.edge_count - len(choke.edges),
            remedies=tuple(
                (key, fix) for key in dict.fromkeys(edge[2] for edge in choke.edges) if (fix := rule(key).fix)
            ),
            paths=path_rows(shown.rows),
        ),
    )


def _step(edge: Iterable[Any]) -> ChokeStep:
    source, source_name, rule, target, target_name, category, targets = edge
    return ChokeStep(
        visible(source_name or source),
        href_of(source, "identity"),
        rule,
        visible(target_name or target),
        href_of(target, category, tuple(targets)),
    )


def choke_row(point: ChokePoint) -> ChokeRow:
    choke = point.choke
    title, kind, icon = _looks(point)
    return ChokeRow(
        key=choke.key,
        title=title,
        kind=kind,
        icon=icon,
        href=reverse("choke", args=[choke.key]),
        owner=visible(choke.owner),
        score=number(point.score),
        at_least=not point.is_whole,
        removed=point.removed,
        removed_href=_paths("cut", choke.key),
        weakened=choke.weakened if point.is_whole else 0,
        through=point.through,
        through_href=_paths("choke", choke.key),
    )


def _looks(point: ChokePoint) -> tuple[str, str, str]:
    """Its title, what kind of thing it is, and its icon."""
    choke = point.choke
    if choke.node:
        shown = face(WitnessNode.load(choke.node))
        return shown.name, shown.words, icon_of(choke.node["kind"], choke.node["category"])
    if choke.document:
        where = choke.label or ordinal(choke.place)
        return visible(f"{where} in {_paper(choke)}"), "Statement", "log"
    source, source_name, rule, target, target_name, *_ = choke.edges[0]
    return visible(f"{source_name or source} {rule.replace('-', ' ')} {target_name or target}"), "Relationship", "link"


def _paper(choke: Choke) -> str:
    """The document's name; of one that hangs on a node of its hops, the node's name stands in it for the key."""
    named = {key: name for edge in choke.edges for key, name in ((edge[0], edge[1]), (edge[3], edge[4])) if name}
    key = max((key for key in named if choke.document.startswith(f"{key} ")), key=len, default="")
    return f"{named[key]}{choke.document.removeprefix(key)}" if key else short_name(choke.document)


def _paths(word: str, key: str) -> str:
    return f"{reverse('paths')}?{FindingFilter().with_(word, key).address()}&group=none"


def by_hop(witness: Witness, points: Iterable[ChokePoint]) -> Mapping[int, tuple[ChokeRow, ...]]:
    """The choke points of each hop, counted from 1: the node it starts from, or what makes it."""
    found: dict[int, list[ChokeRow]] = {}
    for point in points:
        keys = {canonical([edge[0], edge[2], edge[3]]) for edge in point.choke.edges}
        node = (point.choke.node or {}).get("key")
        for number_, hop in enumerate(witness.hops, 1):
            starts = node == hop.source and number_ > 1
            if starts or canonical([hop.source, hop.rule.key, hop.target]) in keys:
                found.setdefault(number_, []).append(choke_row(point))
    return {number_: tuple(rows) for number_, rows in found.items()}
