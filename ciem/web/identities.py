"""Identities and workloads: what one is, how it can be taken over, and what it reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.paths import queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Administrator, Breach, Widening
from ciem.web.asks import Ask
from ciem.web.faces import Face, face
from ciem.web.nodes import (
    NOTHING,
    EdgeRow,
    Grant,
    NodesPage,
    Property,
    by_harm,
    by_node,
    edge_rows,
    nodes_page,
    properties,
)
from ciem.web.rows import PathRow, path_rows
from ciem.web.shell import show
from graph.model import EdgeClass

_LISTS = {"identity": "Identities", "workload": "Workloads"}
_PASSIVE = {EdgeClass.MEMBER_OF, EdgeClass.RUNS_AS}


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
class IdentityPage:
    """An identity or workload: the ways in, the ways out, and the paths that begin there."""

    face: Face
    key: str
    properties: tuple[Property, ...]
    explain: str
    takeovers: tuple[Grant, ...]
    becomes: tuple[Grant, ...]
    belongs: tuple[EdgeRow, ...]
    harms: tuple[str, ...]
    reaches: tuple[Reach, ...]
    breaches: tuple[Breach, ...]
    paths: tuple[PathRow, ...]
    paths_href: str
    administers: tuple[Administrator, ...]
    widenings: tuple[Widening, ...]
    limit: int
    crowded: bool


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    lead = "Users, groups, roles and everything else that can act, and the workloads that run as them."
    page = NodesPage("Identities", lead, (), None, "", "category", "identity", NOTHING)
    return show(request, "web/nodes.html", nodes_page(request, page, _LISTS))


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
        belongs=tuple(row for row in (*entering, *leaving) if row.edge_class in _PASSIVE),
        harms=harms,
        reaches=reaches,
        breaches=tuple(row for row in found.breaches if key in dict(row.members)),
        paths=path_rows(found.findings_from),
        paths_href=f"{reverse('paths')}?{FindingFilter().with_('entry', key).address()}&group=none",
        administers=found.administers,
        widenings=found.widenings,
        limit=queries.NEAR,
        crowded=max(len(found.entering), len(found.leaving)) >= queries.NEAR,
    )


def _reach(grants: Iterable[EdgeRow]) -> tuple[tuple[str, ...], tuple[Reach, ...]]:
    """The matrix of targets by harms: only harms that occur get a column."""
    granted: dict[Face, dict[str, Cell]] = defaultdict(dict)
    for row in grants:
        granted[row.face][row.harm] = Cell(row.harm, row.verdict, row.ask)
    harms = tuple(sorted({harm for cells in granted.values() for harm in cells}))
    ordered = sorted(granted.items(), key=lambda item: item[0].key)
    return harms, tuple(Reach(face, tuple(cells.get(harm) for harm in harms)) for face, cells in ordered)
