"""What became of the paths from one published graph to another, and the change that did it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import Page, map_page, page_number, page_of
from ciem.paths import comparisons
from ciem.paths.models import Comparison, Difference, Finding
from ciem.scans.models import EstateGraph, State
from ciem.web.names import visible
from ciem.web.scores import number
from ciem.web.shell import known_of, show
from ciem.web.states import State as Empty
from ciem.web.states import no_data
from ciem.web.tabs import Tab, list_tabs
from ciem.web.words import phrase

TURNS = {"opened": "Opened", "closed": "Closed", "changed": "Changed"}
_LONG = 4000  # characters of a statement that are shown

_NOT_COMPARED = (
    "Compared are the attack paths from where an attacker can start, as far as you may see them. None opened, closed "
    "or changed here. Who administers an account, and what a takeover would lead to, is listed of the current graph."
)


@dataclass(frozen=True, slots=True)
class GraphOption:
    value: str
    label: str
    chosen_old: bool
    chosen_new: bool


@dataclass(frozen=True, slots=True)
class CauseView:
    """One change: a sentence, and what stood there before and after, if it was a text."""

    words: str
    what: str
    change: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A path that opened, closed or changed. `href` is empty where no finding of it is left."""

    turn: str
    turn_words: str
    title: str
    href: str
    route: tuple[str, ...]
    verdict: str
    was_verdict: str
    score: str
    was_score: str
    because: tuple[str, ...]
    causes: tuple[CauseView, ...]
    rechecked: bool


@dataclass(frozen=True, slots=True)
class ChangesPage:
    lists: tuple[Tab, ...]
    graphs: tuple[GraphOption, ...]
    old: str
    new: str
    turns: tuple[Tab, ...]
    list: Page[ChangeRow] | None
    turn: str
    state: Empty | None
    waiting: bool
    can_ask: bool


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest) -> HttpResponse:
    known = comparisons.graphs(request.user)
    asked = request.POST if request.method == "POST" else request.GET
    old, new = _chosen(known, asked.get("old", ""), asked.get("new", ""))
    if request.method == "POST":
        return _ask(request, old, new)
    return show(request, "web/changes.html", _page(request, known, old, new))


def _chosen(known: Sequence[EstateGraph], old: str, new: str) -> tuple[EstateGraph | None, EstateGraph | None]:
    """By the beginnings of their ids; the last two unless others are named. 404 for what is not theirs to see."""
    return _named(known, old, 1), _named(known, new, 0)


def _named(known: Sequence[EstateGraph], name: str, usual: int) -> EstateGraph | None:
    if not name:
        return known[usual] if len(known) > usual else None
    found = [graph for graph in known if graph.graph_id.startswith(name)]
    if len(found) != 1:
        raise Http404("no such graph")
    return found[0]


def _ask(request: SignedInRequest, old: EstateGraph | None, new: EstateGraph | None) -> HttpResponse:
    if old is None or new is None:
        messages.error(request, "There are no two graphs to compare.")
        return redirect("changes")
    try:
        comparisons.ask(by=request.user, old=old, new=new)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(_address(old, new))


def _address(old: EstateGraph, new: EstateGraph, turn: str = "") -> str:
    words = {"old": _short(old), "new": _short(new), **({"turn": turn} if turn else {})}
    return f"{reverse('changes')}?{urlencode(words)}"


def _short(graph: EstateGraph) -> str:
    return graph.graph_id[:16]


def _page(
    request: SignedInRequest, known: Sequence[EstateGraph], old: EstateGraph | None, new: EstateGraph | None
) -> ChangesPage:
    turn = request.GET.get("turn", "")
    turn = turn if turn in TURNS else ""
    comparison = comparisons.comparison_of(old, new) if old and new else None
    done = comparison is not None and comparison.state == State.DONE
    rows = comparisons.differences(request.user, comparison) if comparison and done else None
    fitting = rows.filter(turn=turn) if rows is not None and turn else rows
    listed = None if fitting is None else _rows(request, page_of(fitting, page_number(request.GET.get("page"))))
    return ChangesPage(
        lists=list_tabs(request.user, "changes"),
        graphs=tuple(_option(graph, old, new) for graph in known),
        old=_short(old) if old else "",
        new=_short(new) if new else "",
        turns=tuple(_tabs(old, new, turn, comparisons.counts(rows))) if rows is not None and old and new else (),
        list=listed,
        turn=f"{_address(old, new, turn)}&" if old and new else "?",
        state=_state(request, old, new, comparison, listed),
        waiting=comparison is not None and comparison.state in {State.QUEUED, State.RUNNING},
        can_ask=bool(old and new and old != new)
        and (comparison is None or comparison.state in {State.FAILED, State.CANCELLED}),
    )


def _option(graph: EstateGraph, old: EstateGraph | None, new: EstateGraph | None) -> GraphOption:
    current = ", current" if graph.is_current else ""
    label = f"{graph.published_at:%-d %b %Y, %H:%M} UTC ({_short(graph)[:8]}{current})"
    return GraphOption(_short(graph), label, graph == old, graph == new)


def _tabs(old: EstateGraph, new: EstateGraph, turn: str, counts: Mapping[str, int]) -> Iterator[Tab]:
    yield Tab("All", _address(old, new), not turn, sum(counts.values()))
    for key, words in TURNS.items():
        yield Tab(words, _address(old, new, key), turn == key, counts.get(key, 0))


def _state(
    request: SignedInRequest,
    old: EstateGraph | None,
    new: EstateGraph | None,
    comparison: Comparison | None,
    listed: Page[ChangeRow] | None,
) -> Empty | None:
    """Why there is nothing to show, if there is nothing."""
    if listed is not None:
        return None if listed.rows else Empty("empty", "info", "No path changed", _NOT_COMPARED)
    if new is None:
        return no_data(known_of(request, request.user))
    if old is None:
        return Empty("empty", "clock", "Only one graph yet", "After the next import there are two to compare.")
    return _why_not_done(comparison, old == new)


def _why_not_done(comparison: Comparison | None, is_same: bool) -> Empty:
    if is_same:
        return Empty("empty", "info", "The same graph twice", "Choose two that are not the same.")
    if comparison is None:
        return Empty("empty", "refresh", "Not compared yet", "Comparing takes about as long as two imports.")
    if comparison.state in {State.FAILED, State.CANCELLED}:
        return Empty("gap", "warn", "The comparison failed", visible(comparison.error))
    return Empty("empty", "clock", "Being compared", "A worker is at it. This page shows the result when it is done.")


def _rows(request: SignedInRequest, found: Page[Difference]) -> Page[ChangeRow]:
    keys = [row.finding_key for row in found.rows]
    there = set(Finding.objects.visible_to(request.user).filter(key__in=keys).values_list("key", flat=True))
    return map_page(found, lambda row: _row(row, row.finding_key in there))


def _row(row: Difference, is_there: bool) -> ChangeRow:
    return ChangeRow(
        turn=row.turn,
        turn_words=TURNS.get(row.turn, row.turn),
        title=visible(f"{row.entry_name} can {phrase(row.harm)} {row.target_name}"),
        href=reverse("path", args=[row.finding_key]) if is_there else "",
        route=tuple(map(visible, row.route)),
        verdict=row.verdict,
        was_verdict=row.was_verdict if row.was_verdict != row.verdict else "",
        score=number(row.score),
        was_score="" if row.was_score is None or row.was_score == row.score else number(row.was_score),
        because=tuple(map(visible, row.because)),
        causes=tuple(_cause(cause) for hop in row.hops for cause in hop["causes"] if _has_text(cause)),
        rechecked=row.rechecked,
    )


def _has_text(cause: Mapping[str, Any]) -> bool:
    return cause["before"] is not None or cause["after"] is not None


def _cause(cause: Mapping[str, Any]) -> CauseView:
    return CauseView(
        visible(cause["words"]), cause["what"], cause["change"], _text(cause["before"]), _text(cause["after"])
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return visible(text if len(text) <= _LONG else f"{text[:_LONG]}\n…")
