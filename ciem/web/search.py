"""Find a node by part of its name or key."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_number
from ciem.scans.queries import Coverage
from ciem.web.names import visible
from ciem.web.nodes import NodeList, found_by_name
from ciem.web.shell import known_of, show
from ciem.web.states import State, no_data


@dataclass(frozen=True, slots=True)
class SearchPage:
    query: str
    list: NodeList | None
    state: State | None


@require_safe
def results(request: SignedInRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    known = known_of(request, request.user)
    number = page_number(request.GET.get("page"))
    found = found_by_name(request.user, number, query) if known.snapshots and query else None
    return show(request, "web/search.html", SearchPage(query, found, _nothing(query, known, found)))


def _nothing(query: str, known: Coverage, found: NodeList | None) -> State | None:
    """Why there is nothing to show, if there is nothing."""
    if found and found.rows:
        return None
    if not known.snapshots:
        return no_data(known)
    if not query:
        return State("empty", "search", "What are you looking for?", "Write part of a name or of a key.")
    text = f"No identity, workload or target in the published graph has “{visible(query)}” in its name or key."
    return State("empty", "search", "Nothing has such a name", text)
