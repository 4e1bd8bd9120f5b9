"""Find a node by part of its name or key."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import page_number
from ciem.web.nodes import NodeList, node_list
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
    if not known.snapshots:
        return show(request, "web/search.html", SearchPage(query, None, no_data(known)))
    if not query:
        state = State("empty", "search", "What are you looking for?", "Write part of a name or of a key.")
        return show(request, "web/search.html", SearchPage(query, None, state))
    found = node_list(request.user, page_number(request.GET.get("page")), text=query)
    state = (
        None
        if found.faces
        else State(
            "empty",
            "search",
            "Nothing has such a name",
            f"No identity, workload or target in the published graph has “{query}” in its name or key.",
        )
    )
    return show(request, "web/search.html", SearchPage(query, found, state))
