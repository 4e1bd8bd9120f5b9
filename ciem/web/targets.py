"""Targets: what is worth attacking, who reaches one, and by which harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_number
from ciem.paths import queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Finding
from ciem.paths.witness import Witness
from ciem.web import picture
from ciem.web.faces import Face, face
from ciem.web.hops import faces_of, steps
from ciem.web.identities import NodesPage
from ciem.web.nodes import EdgeRow, Property, edge_rows, node_list, properties
from ciem.web.rows import PathRow, path_rows
from ciem.web.shell import known_of, show
from ciem.web.states import State, no_data
from ciem.web.tabs import Tab
from ciem.web.words import target_kind
from graph.model import EdgeClass
from graph.targets import TARGET_KINDS

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
    direct: tuple[EdgeRow, ...]
    administrators: tuple[queries.Administrator, ...]
    breaches: tuple[queries.Breach, ...]
    limit: int
    crowded: bool


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in TARGET_KINDS else "account"
    text = request.GET.get("q", "").strip()[:200]
    known = known_of(request, request.user)
    found = (
        node_list(request.user, page_number(request.GET.get("page")), target=kind, text=text)
        if known.snapshots
        else None
    )
    tabs = tuple(Tab(target_kind(word), f"{reverse('targets')}?kind={word}", word == kind) for word in TARGET_KINDS)
    lead = "What is worth attacking, by kind. Open one to see who reaches it."
    nothing = State(
        "empty",
        "filter",
        "None of this kind",
        "Nothing in the published graph fits. What was not read does not show up here.",
        reverse("connections"),
        "What was read",
    )
    state = no_data(known) if found is None else None if found.faces else nothing
    return show(
        request,
        "web/nodes.html",
        NodesPage("Targets", lead, tabs, found, text, (("kind", kind),), f"?kind={kind}", state),
    )


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
        direct=tuple(row for row in entering if row.edge_class == EdgeClass.GRANTS),
        administrators=found.administrators,
        breaches=tuple(row for row in found.breaches if row.target_key == key),
        limit=queries.NEAR,
        crowded=len(found.entering) >= queries.NEAR,
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
