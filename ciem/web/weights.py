"""The table of weights that scores are made of: what is in force, one's own numbers over it, and who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from ciem.accounts.requests import SignedInRequest
from ciem.paths import weighing
from ciem.paths.models import WeightTable
from ciem.web import tables
from ciem.web.names import visible
from ciem.web.shell import show
from graph.weights import SHIPPED, Weights

_PARTS: Mapping[str, tuple[str, str]] = {
    "priors": ("Starts", "how likely an attacker starts there, from 0 to 1"),
    "edge_classes": ("Steps", "effort in bits by class of edge"),
    "families": ("Families of techniques", "effort in bits; counts before the class"),
    "rules": ("Single rules", "effort in bits; counts before the family"),
    "verdicts": ("Verdicts", "bits that a step costs more when it is not certain"),
    "conditions": ("Conditions", "bits that an open condition would cost, by who chooses it; beside the score"),
    "harms": ("Harms", "weight from 0 to 10"),
    "targets": ("Targets", "weight from 0 to 10; half of it is the criticality where nothing says more"),
    "criticality": ("Words for criticality", "from 0 to 5"),
    "oversight": (
        "Logs and guards",
        "times the impact: no log is left (1 or more), a guard is there (1 or less)",
    ),
    "other": ("Everything else", "weight from 0 to 10"),
}


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: str
    shipped: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the table; `shipped` of a row stands only where it differs."""

    key: str
    title: str
    words: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class WeightsPage:
    """What is in force from the next analysis on, and one's own table over what is shipped."""

    own: tables.Own
    parts: tuple[Part, ...]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return tables.lay(request, "weights", weighing.lay, lambda typed: _shown(request, typed, 422))
    newest = weighing.newest()
    return _shown(request, tables.Typed(tables.pretty(newest.body if newest else {})))


def _shown(request: SignedInRequest, typed: tables.Typed, status: int = 200) -> HttpResponse:
    weights = weighing.in_force()
    versions = (weights.version, weighing.published_version())
    own = tables.own(request, "weights", versions, WeightTable.objects.all(), typed)
    return show(request, "web/weights.html", WeightsPage(own, tuple(_parts(weights))), status)


def _parts(weights: Weights) -> Iterator[Part]:
    for key, (title, words) in _PARTS.items():
        mine: Mapping[str, float] = getattr(weights, key)
        theirs: Mapping[str, float] = getattr(SHIPPED, key)
        yield Part(key, title, words, tuple(_row(name, mine[name], theirs.get(name)) for name in mine))


def _row(name: str, value: float, shipped: float | None) -> Row:
    differs = "" if value == shipped else "none" if shipped is None else f"{shipped:g}"
    return Row(visible(name), f"{value:g}", differs)
