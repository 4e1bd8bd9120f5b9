"""Targets: what is worth attacking, who reaches one, and by which harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.paths import queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Administrator, Breach, Finding
from ciem.paths.witness import Witness
from ciem.web import picture
from ciem.web.faces import Face, face
from ciem.web.hops import faces_of, steps
from ciem.web.nodes import Grant, Kinds, Property, by_harm, by_node, edge_rows, nodes_page, properties
from ciem.web.rows import PathRow, path_rows
from ciem.web.shell import show
from ciem.web.standing import DangerRow, StandingView, Worth, danger_rows, standing_view, worth
from ciem.web.words import target_kind
from graph.model import EdgeClass
from graph.targets import TARGET_KINDS

LIST = Kinds(
    "Targets",
    "What is worth attacking, by kind. Open one to see who reaches it.",
    "kind",
    "account",
    {kind: target_kind(kind) for kind in TARGET_KINDS},
    "target",
    "targets",
    "attack paths that end there",
    {"name": "Name", "paths": "Paths", "verdict": "Surest verdict", "harm": "Worst harm"},
    "paths",
)
DRAWN = 8  # so many of the best paths are drawn together


@dataclass(frozen=True, slots=True)
class HarmCount:
    """How many findings do one harm to the target, by verdict."""

    harm: str
    href: str
    verdicts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TargetPage:
    """A target: the paths that end there, drawn together and listed, and who is granted what directly."""

    face: Face
    key: str
    kinds: tuple[str, ...]
    properties: tuple[Property, ...]
    harms: tuple[HarmCount, ...]
    picture: picture.Picture | None
    paths: tuple[PathRow, ...]
    paths_href: str
    direct: tuple[Grant, ...]
    administrators: tuple[Administrator, ...]
    breaches: tuple[Breach, ...]
    breach_count: int
    breaches_href: str
    limit: int
    crowded: bool
    worth: Worth
    standing: StandingView
    dangers: tuple[DangerRow, ...]


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    return show(request, "web/nodes.html", nodes_page(request, LIST))


@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    found = queries.node_page(request.user, key)
    best = Finding.objects.visible_to(request.user).filter(pk__in=[row.pk for row in found.findings_to[:DRAWN]])
    witnesses = {reverse("path", args=[key]): Witness.load(path) for key, path in best.values_list("key", "path")}
    return show(request, "web/target.html", _page(found, witnesses))


def _page(found: queries.NodePage, witnesses: Mapping[str, Witness]) -> TargetPage:
    key = found.node.key
    shown = face(found.node)
    address = f"{reverse('paths')}?{FindingFilter().with_('target', key).address()}"
    entering = edge_rows(found.entering)
    return TargetPage(
        face=shown,
        key=key,
        kinds=tuple(map(target_kind, found.node.targets)),
        properties=properties(found.node),
        harms=tuple(_harms(found.harms, address)),
        picture=_picture(witnesses, shown) if witnesses else None,
        paths=path_rows(found.findings_to[:20]),
        paths_href=f"{address}&group=none",
        direct=by_node(by_harm(row for row in entering if row.edge_class == EdgeClass.GRANTS)),
        administrators=found.administrators,
        breaches=found.breached_by,
        breach_count=found.breached_by_count,
        breaches_href=f"{reverse('breaches')}?{urlencode({'q': found.node.name})}",
        limit=queries.NEAR,
        crowded=len(found.entering) >= queries.NEAR,
        worth=worth(dict(found.node.properties)),
        standing=standing_view(found),
        dangers=danger_rows(found.dangers),
    )


def _picture(witnesses: Mapping[str, Witness], shown: Face) -> picture.Picture:
    """The best paths as one picture; a line leads to the page of its path."""
    chains = [steps(witness, href) for href, witness in witnesses.items()]
    return picture.draw(chains, faces_of(witnesses.values()), f"Ways to {shown.name}")


def _harms(counts: Iterable[tuple[str, str, int]], address: str) -> Iterable[HarmCount]:
    verdicts: dict[str, list[tuple[str, int]]] = {}
    for harm, verdict, number in counts:
        verdicts.setdefault(harm, []).append((verdict, number))
    return (HarmCount(harm, f"{address}&harm={harm}&group=none", tuple(rows)) for harm, rows in verdicts.items())
