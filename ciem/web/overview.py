"""Where we stand: what is open, what it leads to, what could not be read, what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.permissions import Permission, can
from ciem.accounts.requests import SignedInRequest
from ciem.paths import queries
from ciem.paths.filters import LIVE
from ciem.scans.models import GapRecord
from ciem.scans.queries import Coverage, published_snapshots
from ciem.web import words
from ciem.web.connections import Way, ways
from ciem.web.names import visible
from ciem.web.rows import PathRow, path_rows, title
from ciem.web.shell import known_of, show
from ciem.web.states import State, no_data, no_path, unread
from ciem.web.tabs import beside_paths


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that opens its set, with its whole."""

    title: str
    value: str
    of: str
    href: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a breakdown; `width` in percent of the largest."""

    label: str
    count: int
    href: str
    width: float


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    words: str
    title: str
    href: str
    mark: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    lead: str
    tiles: tuple[Tile, ...]
    rows: tuple[PathRow, ...]
    state: State | None
    total: int
    harms: tuple[Share, ...]
    entries: tuple[Share, ...]
    gaps: tuple[GapRecord, ...]
    gap_count: int
    never_asked: int
    assumed: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StartPage:
    """Before the first import: how to begin."""

    can_import: bool
    ways: tuple[Way, ...]


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    known = known_of(request, request.user)
    if not known.connections and not known.unsettled:
        return show(request, "web/start.html", StartPage(can(request.user, Permission.IMPORT), ways()))
    found = queries.overview(request.user)
    targets = queries.findings(request.user).filter(state__in=LIVE).values("target_key").distinct().count()
    beside = () if found.first else beside_paths(request.user)
    gaps = GapRecord.objects.filter(snapshot__in=published_snapshots(request.user)).asked()[:5]
    return show(request, "web/overview.html", _page(found, targets, tuple(gaps), beside))


def _page(
    found: queries.Overview, targets: int, gaps: tuple[GapRecord, ...], beside: tuple[tuple[str, str], ...]
) -> OverviewPage:
    known = found.coverage
    empty = no_data(known) if not known.snapshots else no_path(known, beside)
    return OverviewPage(
        lead=_lead(found),
        tiles=tuple(_tiles(found, targets)),
        rows=path_rows(found.first),
        state=None if found.first else empty,
        total=found.total,
        harms=_shares("harm", found.harms, words.harm),
        entries=_shares("entry_kind", found.entry_kinds, words.entry),
        gaps=gaps,
        gap_count=known.gaps,
        never_asked=known.never_asked,
        assumed=_assumed(known),
        changes=tuple(
            Change(
                change.at,
                visible(change.words),
                title(change.finding),
                reverse("path", args=[change.finding.key]),
                {"open": "t-bad", "gone": "t-good", "not_rechecked": "t-gap"}.get(change.after, ""),
            )
            for change in found.changes[:6]
        ),
    )


def _lead(found: queries.Overview) -> str:
    if not found.total:
        return _no_path_words(found.coverage)
    sure = found.verdicts.get("allowed", 0)
    all_new = found.new == found.total and found.total > 1
    new = f" {'All' if all_new else found.new} of them are new with the last import." if found.new else ""
    return f"{found.total} attack paths are open; {sure} work by what was read alone.{new}"


def _no_path_words(known: Coverage) -> str:
    if not known.snapshots:
        return "Nothing has been read yet."
    if not known.has_entries:
        return "No path can begin: what was read holds no entry points. Nothing here means safe."
    missing = unread(known.gaps, known.never_asked)
    words = "No attack path is open in what was read"
    return f"{words}, but {missing} Nothing here means safe." if missing else f"{words}."


def _tiles(found: queries.Overview, targets: int) -> Iterator[Tile]:
    paths = reverse("paths")
    total = found.total
    yield Tile("Open paths", f"{total:,}", f"to {targets:,} targets", paths)
    yield Tile("Allowed", f"{found.verdicts.get('allowed', 0):,}", f"of {total:,} open", f"{paths}?verdict=allowed")
    conditional = found.verdicts.get("conditional", 0)
    yield Tile("Conditional", f"{conditional:,}", f"of {total:,} open", f"{paths}?verdict=conditional")
    unknown = found.verdicts.get("unknown", 0)
    share = f"{100 * unknown / total:.0f} % of {total:,} open" if total else "of 0 open"
    yield Tile("Unknown", f"{unknown:,}", share, f"{paths}?verdict=unknown")
    yield Tile(
        "Administrators", f"{found.administrators:,}", "identities that own an account", reverse("administrators")
    )
    yield _read(found.coverage)


def _read(known: Coverage) -> Tile:
    if known.share_read is None:
        return Tile("Read", "–", "nothing read yet", reverse("connections"))
    value = int(100 * known.share_read)
    return Tile(
        "Read", f"{value}", f"{known.answers:,} of {words.counted(known.expected, 'part')}", reverse("connections"), "%"
    )


def _shares(word: str, counts: Mapping[str, int], label: Callable[[str], str]) -> tuple[Share, ...]:
    """The values of one filter, most first."""
    most = max(counts.values(), default=1)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Share(label(value), count, f"{reverse('paths')}?{word}={value}", round(100 * count / most, 1))
        for value, count in ordered
    )


def _assumed(known: Coverage) -> tuple[str, ...]:
    """The kinds of limit or grant that some scope was never asked for."""
    return tuple(sorted({words.assumption(kind) for kind in known.assumed}))
