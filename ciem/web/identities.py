"""Identities and workloads: what one is, how it can be taken over, and what it reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.paths import queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Administrator, Breach, Widening
from ciem.web.asks import Ask
from ciem.web.evidence import Sheet, sheet
from ciem.web.faces import Face, face
from ciem.web.nodes import (
    EdgeRow,
    Grant,
    Kinds,
    Property,
    by_harm,
    by_node,
    edge_rows,
    nodes_page,
    properties,
)
from ciem.web.rows import PathRow, path_rows
from ciem.web.shell import show
from ciem.web.standing import StandingView, Worth, standing_view, worth
from ciem.web.words import short_name
from graph.model import EdgeClass

_SHOWN = 20  # paths on the page of an identity; a link leads to all

LIST = Kinds(
    "Identities",
    "Users, groups, roles and everything else that can act, and the workloads that run as them.",
    "category",
    "identity",
    {"identity": "Identities", "workload": "Workloads"},
    "through",
    "throughs",
    "attack paths that begin there or pass",
    {"name": "Name", "paths": "Paths"},
    "paths",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One harm to one target: the verdict and the question that explains it."""

    harm: str
    verdict: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Reach:
    """A target with what can be done to it directly."""

    face: Face
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class PaperRow(queries.Paper):
    """A document that binds the identity, with what to call it."""

    title: str


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """An identity or workload: the ways in, the ways out, and the paths that begin there."""

    face: Face
    key: str
    properties: tuple[Property, ...]
    explain: str
    takeovers: tuple[Grant, ...]
    becomes: tuple[Grant, ...]
    belongs: tuple[EdgeRow, ...]
    papers: tuple[PaperRow, ...]
    harms: tuple[str, ...]
    reaches: tuple[Reach, ...]
    breaches: tuple[Breach, ...]
    paths: tuple[PathRow, ...]
    paths_href: str
    passing: int
    passing_href: str
    administers: tuple[Administrator, ...]
    widenings: tuple[Widening, ...]
    limit: int
    crowded: bool
    worth: Worth
    standing: StandingView


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    return show(request, "web/nodes.html", nodes_page(request, LIST))


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A document that binds an identity, in full."""

    face: Face
    title: str
    ways: tuple[queries.Paper, ...]
    sheet: Sheet


@require_safe
def document(request: SignedInRequest, key: str, name: str) -> HttpResponse:
    found = queries.paper(request.user, key, name)
    identity = queries.node_page(request.user, key)
    ways = tuple(paper for paper in identity.papers if paper.document == name)
    page = DocumentPage(face(identity.node), short_name(name), ways, sheet(name, found.body, (), found.problem))
    return show(request, "web/document.html", page)


@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    return show(request, "web/identity.html", _page(queries.node_page(request.user, key)))


def _page(found: queries.NodePage) -> IdentityPage:
    entering, leaving = edge_rows(found.entering), edge_rows(found.leaving)
    harms, reaches = _reach(by_harm(row for row in leaving if row.edge_class == EdgeClass.GRANTS))
    key = found.node.key
    return IdentityPage(
        face=face(found.node),
        key=key,
        properties=properties(found.node),
        explain=urlencode({"identity": key}),
        takeovers=by_node((row for row in entering if row.edge_class == EdgeClass.CAN_BECOME), but=key),
        becomes=by_node((row for row in leaving if row.edge_class == EdgeClass.CAN_BECOME), but=key),
        belongs=edge_rows(found.belongs),
        papers=tuple(PaperRow(**asdict(paper), title=short_name(paper.document)) for paper in found.papers),
        harms=harms,
        reaches=reaches,
        breaches=found.breaches,
        paths=path_rows(found.findings_from[:_SHOWN]),
        paths_href=f"{reverse('paths')}?{FindingFilter().with_('entry', key).address()}&group=none",
        passing=found.passing,
        passing_href=f"{reverse('paths')}?{FindingFilter().with_('through', key).address()}&group=none",
        administers=found.administers,
        widenings=found.widenings,
        limit=queries.NEAR,
        crowded=max(len(found.entering), len(found.leaving)) >= queries.NEAR,
        worth=worth(dict(found.node.properties)),
        standing=standing_view(found),
    )


def _reach(grants: Iterable[EdgeRow]) -> tuple[tuple[str, ...], tuple[Reach, ...]]:
    """The matrix of targets by harms: only harms that occur get a column."""
    granted: dict[Face, dict[str, Cell]] = defaultdict(dict)
    for row in grants:
        granted[row.face][row.harm] = Cell(row.harm, row.verdict, row.ask)
    harms = tuple(sorted({harm for cells in granted.values() for harm in cells}))
    ordered = sorted(granted.items(), key=lambda item: item[0].key)
    return harms, tuple(Reach(face, tuple(cells.get(harm) for harm in harms)) for face, cells in ordered)
