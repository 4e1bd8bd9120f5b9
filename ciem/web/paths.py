"""Attack paths: the list with its filters, one path, and the lists beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, can
from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import Page, map_page, page_number, page_of
from ciem.paths import actions, queries, studied_queries
from ciem.paths.filters import Choice, FindingFilter, facets
from ciem.paths.folding import firsts, tell
from ciem.paths.models import Finding
from ciem.scans.queries import Coverage
from ciem.web import filtering, picture, words
from ciem.web.chokes import ChokeRow, by_hop, choke_row
from ciem.web.faces import Face, identity_face, target_face
from ciem.web.grouping import GROUPINGS, PathGroup, grouped
from ciem.web.hops import Condition, HopView, faces_of, hops, steps
from ciem.web.markdown import markdown
from ciem.web.missing import missing
from ciem.web.names import visible
from ciem.web.rows import title
from ciem.web.scores import ScoreView, score_view
from ciem.web.shell import known_of, show
from ciem.web.standing import agent_row
from ciem.web.states import Note, State, filtered, no_data, no_path, none_found
from ciem.web.tabs import Tab, beside_paths, list_tabs

SORTED = {"rank": "Score", "hops": "Fewest hops", "newest": "Newest", "target": "Target"}
ORDERS = {
    "rank": "The highest score first.",
    "hops": "The shortest first, then by score.",
    "newest": "What was found last first, then by score.",
    "target": "By the name of the target, then by score.",
}


@dataclass(frozen=True, slots=True)
class PathsPage:
    """The list of paths: what was chosen, what could be chosen, and one page of the set."""

    lead: str
    lists: tuple[Tab, ...]
    announce: str
    menus: tuple[filtering.Menu, ...]
    chips: tuple[filtering.Chip, ...]
    verdicts: tuple[Tab, ...]
    hidden: tuple[tuple[str, str], ...]
    groupings: tuple[filtering.Option, ...]
    sorts: tuple[filtering.Option, ...]
    order: str
    text: str
    groups: tuple[PathGroup, ...]
    list: Page[Any]
    turn: str
    state: State | None


@dataclass(frozen=True, slots=True)
class PathPage:
    """One path: in a sentence, as a picture, hop by hop, and what must hold."""

    key: str
    title: str
    verdict: str
    verdict_words: str
    seen: str
    state: str
    state_words: str
    previous: str
    next: str
    reason: str
    notes: tuple[Note, ...]
    picture: picture.Picture
    hops: tuple[HopView, ...]
    conditions: tuple[Condition, ...]
    text: str
    text_href: str
    graph: str
    entry: Face
    entry_kind: str
    entry_why: str
    entry_facts: tuple[tuple[str, str], ...]
    score: ScoreView | None
    ways: tuple[Tab, ...]
    chokes: tuple[ChokeRow, ...]
    implied: tuple[Face, ...]
    target: Face
    harm: str
    first_seen: datetime
    last_seen: datetime
    history: tuple[tuple[datetime, str], ...]
    beside: tuple[tuple[str, str], ...]
    can_decide: bool
    accepted_until: date | None
    note: str


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    chosen = FindingFilter.of(dict(request.GET.lists()))
    by = request.GET.get("group", "target")
    by = by if by in GROUPINGS else "target"
    known = known_of(request, request.user)
    found = grouped(queries.findings(request.user), chosen, by, page_number(request.GET.get("page")))
    counts = facets(Finding.objects.visible_to(request.user), chosen, filtering.FACETS)
    return show(
        request, "web/paths.html", _paths_page(request.user, chosen, by, found.groups, found.page, counts, known)
    )


def _paths_page(
    user: User,
    chosen: FindingFilter,
    by: str,
    groups: tuple[PathGroup, ...],
    page: Page[Any],
    counts: dict[str, tuple[Choice, ...]],
    known: Coverage,
) -> PathsPage:
    verdicts, scopes = filtering.verdict_tabs(chosen, by, counts["verdict"]), queries.scope_names(user)
    fitting = next(tab.count for tab in verdicts if tab.current) or 0
    return PathsPage(
        lead=_lead(user, known),
        lists=list_tabs(user, "paths"),
        announce=f"{fitting} {'path' if fitting == 1 else 'paths'}",
        menus=filtering.menus(counts, chosen, scopes),
        chips=filtering.chips(chosen, by, scopes),
        verdicts=verdicts,
        hidden=filtering.hidden(chosen),
        groupings=tuple(filtering.Option(value, label, None, value == by) for value, label in GROUPINGS.items()),
        sorts=tuple(filtering.Option(value, label, None, value == chosen.sort) for value, label in SORTED.items()),
        order=ORDERS[chosen.sort],
        text=chosen.text,
        groups=groups,
        list=page,
        turn=filtering.turn(chosen, by),
        state=None if groups else _empty(user, chosen, known),
    )


def _lead(user: User, known: Coverage) -> str:
    live = FindingFilter().apply(queries.findings(user))
    numbers = live.aggregate(total=Count("pk"), sure=Count("pk", filter=Q(verdict="allowed")))
    total, sure = numbers["total"], numbers["sure"]
    if not total:
        return "Ways from where an attacker starts to what is worth attacking."
    if sure == total:
        return f"{'The one open path works' if total == 1 else f'All {total} open paths work'} by what was read."
    others = "the other hangs" if total - sure == 1 else "the others hang"
    return f"{sure} of {total} open paths work by what was read; {others} on a condition or on something unread."


def _empty(user: User, chosen: FindingFilter, known: Coverage) -> State:
    if not known.snapshots:
        return no_data(known)
    if chosen != FindingFilter():
        return filtered(FindingFilter().apply(queries.findings(user)).count(), "paths", reverse("paths"))
    return no_path(known, beside_paths(user))


@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    found = queries.path_page(request.user, key, page_number(request.GET.get("way")))
    return show(request, "web/path.html", _path_page(request.user, found, _link(request, key)))


class AcceptForm(forms.Form):
    """Living with a finding: until when, and why."""

    until = forms.DateField()
    note = forms.CharField(max_length=2000)


@require_POST
def accept(request: SignedInRequest, key: str) -> HttpResponse:
    """Accept a finding until a day; the page says it in words when that is refused."""
    finding = queries.path_page(request.user, key).finding
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            actions.accept(by=request.user, finding=finding, **form.cleaned_data)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    else:
        messages.error(request, "Give a day and a reason.")
    return redirect("path", key=key)


@require_POST
def reopen(request: SignedInRequest, key: str) -> HttpResponse:
    try:
        actions.reopen(by=request.user, finding=queries.path_page(request.user, key).finding)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("path", key=key)


@require_safe
def as_text(request: SignedInRequest, key: str) -> HttpResponse:
    """The path as Markdown, for a ticket or a mail."""
    found = queries.path_page(request.user, key)
    text = markdown(found.finding, found.witness, _link(request, key))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _link(request: SignedInRequest, key: str) -> str:
    return request.build_absolute_uri(reverse("path", args=[key]))


def _path_page(user: User, found: queries.PathPage, link: str) -> PathPage:
    finding, witness = found.finding, found.witness
    views = hops(witness, found.documents, by_hop(witness, found.chokes), found.factors)
    return PathPage(
        key=finding.key,
        title=title(finding),
        verdict=finding.verdict,
        verdict_words=words.whole(finding.verdict, finding.chosen_by_caller),
        seen=f"Known since {finding.first_seen:%-d %b %Y}, last seen {finding.last_seen:%-d %b %Y, %H:%M} UTC",
        state=finding.state,
        state_words=words.state(finding.state),
        previous=reverse("path", args=[found.previous.key]) if found.previous else "",
        next=reverse("path", args=[found.next.key]) if found.next else "",
        reason=finding.reason,
        notes=(*_notes(finding), *missing(user, witness, found.documents)),
        picture=picture.draw([steps(witness)], faces_of([witness]), f"{title(finding)}, in {finding.hops} hops"),
        hops=views,
        conditions=tuple(condition for view in views for condition in view.conditions),
        text=markdown(finding, witness, link),
        text_href=reverse("path-text", args=[finding.key]),
        graph=finding.last_graph.graph_id if finding.last_graph else "",
        entry=identity_face(finding.entry_key, finding.entry_name, finding.entry_label, finding.entry_node_kind),
        entry_kind=finding.entry_kind,
        entry_why=finding.entry_why,
        entry_facts=tuple((words.entry_fact(name), visible(value)) for name, value in finding.entry_facts),
        score=score_view(found.factors, finding.harm),
        ways=tuple(_ways(found)),
        chokes=tuple(map(choke_row, found.chokes)),
        implied=tuple(identity_face(key, name, "") for key, name in found.implied),
        target=target_face(finding.target_key, finding.target_name, finding.target_kind, finding.target_label),
        harm=finding.harm,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        history=tuple((change.at, visible(change.words)) for change in found.changes),
        beside=tuple(_beside(found)),
        can_decide=can(user, Permission.DECIDE),
        accepted_until=finding.accepted_until if finding.state == "accepted" else None,
        note=finding.note,
    )


def _ways(found: queries.PathPage) -> Iterator[Tab]:
    """A tab for each of the ways, if there are several."""
    start = reverse("path", args=[found.finding.key])
    if found.ways:
        yield Tab("Way 1", start, found.way == 1, found.finding.hops)
    for one in found.ways:
        yield Tab(f"Way {one.number}", f"{start}?way={one.number}", found.way == one.number, len(one.path["hops"]))


def _notes(finding: Finding) -> Sequence[Note]:
    notes = []
    if finding.assumed:
        kinds = ", ".join(map(words.assumption, finding.assumed))
        text = f"Not asked for in this data, so not considered: {kinds}. One of them could still forbid a step."
        notes.append(Note("gap", "gap", text, reverse("connections"), "What was read"))
    if finding.state == "not_rechecked":
        text = "What decides it was not read again by the last import, so it stands as it was last seen."
        notes.append(Note("gap", "gap", text))
    if finding.state == "gone":
        notes.append(Note("good", "ok", "The last analysis no longer finds this path. It is kept as history."))
    return notes


def _beside(found: queries.PathPage) -> Sequence[tuple[str, str]]:
    """Links to what shares an end with this path."""
    address = reverse("paths")
    ends = (
        (found.same_target, "target", found.finding.target_key, "more to this target"),
        (found.same_entry, "entry", found.finding.entry_key, "more from this entry"),
    )
    return [
        (f"{address}?{FindingFilter().with_(word, key).address()}&group=none", f"{number} {label}")
        for number, word, key, label in ends
        if number
    ]


@dataclass(frozen=True, slots=True)
class SidePage:
    """A list beside the paths: administrators, self-widening, assumed breach or latent techniques."""

    lists: tuple[Tab, ...]
    lead: str
    list: Page[Any]
    turn: str
    state: State | None
    text: str = ""
    rule: str = ""
    rules: tuple[tuple[str, int], ...] = ()


@require_safe
def administrators(request: SignedInRequest) -> HttpResponse:
    rows = queries.administrators(request.user)
    lead = (
        "Who owns an account to begin with, and by what. What they do in it is their job: "
        "it is counted here, on one line each, and not listed among the paths."
    )
    return _side(request, "administrators", rows, (lead, "No identity owns an account by what was read."), folds=True)


@require_safe
def widenings(request: SignedInRequest) -> HttpResponse:
    rows = queries.widenings(request.user)
    lead = "Who can give themselves more rights without becoming anybody else."
    return _side(request, "widenings", rows, (lead, "No identity can widen its own rights."))


@require_safe
def breaches(request: SignedInRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    rows = queries.breaches(request.user, text=text)
    lead = (
        "If any one of these identities were taken over, what would it lead to? What is alike shares a row; "
        "hops are counted as on a path, from the nearest of them."
    )
    nothing = "No identity leads to anything worth attacking."
    return _side(request, "breaches", rows, (lead, nothing), asked={"q": text}, folds=True)


@require_safe
def latent(request: SignedInRequest) -> HttpResponse:
    rule = request.GET.get("rule", "")[:100]
    rows = studied_queries.latent(request.user, rule)
    lead = (
        "What would work as soon as something were there to do it with, such as a function with a role. None works now."
    )
    nothing = "Nothing waits only for something to work with."
    return _side(request, "latent", rows, (lead, nothing), asked={"rule": rule}, folds=True)


@require_safe
def agents(request: SignedInRequest) -> HttpResponse:
    rows = studied_queries.amplified(request.user)
    lead = "What an agent reaches with its tools, against what those who may talk to it reach without it."
    return _side(request, "agents", rows, (lead, "Nobody may talk to an agent, or there is none."), change=agent_row)


def _side(
    request: SignedInRequest,
    name: str,
    rows: Any,
    words: tuple[str, str],
    *,
    asked: Mapping[str, str] = MappingProxyType({}),
    change: Callable[[Any], Any] = lambda row: row,
    folds: bool = False,
) -> HttpResponse:
    """With `folds`, rows that are alike share a line, unless just those were asked for."""
    alike = request.GET.get("alike", "")[:64] if folds else ""
    lines = rows.filter(alike=alike) if alike else firsts(rows) if folds else rows
    page = page_of(lines, page_number(request.GET.get("page")))
    if folds and not alike:
        tell(rows, page.rows)
    page = map_page(page, change)
    known, (lead, nothing) = known_of(request, request.user), words
    kept = {word: value for word, value in {**asked, "alike": alike}.items() if value}
    state = None if page.rows else no_data(known) if not known.snapshots else none_found(known, nothing)
    if state and kept:
        state = filtered(0, "rows", reverse(name))
    turn = f"?{urlencode(kept)}&" if kept else "?"
    rules = studied_queries.latent_rules(request.user) if name == "latent" else ()
    shown = SidePage(
        list_tabs(request.user, name), lead, page, turn, state, asked.get("q", ""), asked.get("rule", ""), rules
    )
    return show(request, f"web/{name}.html", shown)
