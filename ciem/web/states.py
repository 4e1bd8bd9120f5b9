"""Nothing to show has five reasons, and a page says which: none found, not read, filtered away, no data, failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from ciem.scans.queries import Coverage
from ciem.web.words import counted


@dataclass(frozen=True, slots=True)
class State:
    """An empty list in words. `kind` is ok, gap or empty; `more` are further links, pairs of address and words."""

    kind: str
    icon: str
    title: str
    text: str
    href: str = ""
    link: str = ""
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A line above a list. `kind` is gap, bad, good or info."""

    kind: str
    icon: str
    text: str
    href: str = ""
    link: str = ""


def no_data(known: Coverage) -> State:
    """Nothing was published yet, or what was is not this reader's."""
    if known.running:
        scan = known.running[0]
        text = f"{scan.connection} is being read. The first results appear when it is done."
        return State("empty", "clock", "Reading", text, reverse("scan", args=[scan.pk]), "See how far it is")
    if (known.connections or known.unsettled) and not known.snapshots:
        text = "Nothing has been read successfully yet."
        return State("empty", "warn", "No data yet", text, reverse("connections"), "See what happened")
    return State("empty", "plug", "No data yet", "Import a file to begin.", reverse("import"), "Import files")


def filtered(count: int, thing: str, href: str) -> State:
    words = f"{count} {thing} without them." if count else f"There are no {thing} without them either."
    return State("empty", "filter", "Hidden by your filters", words, href, "Clear filters")


def unread(gaps: int, never_asked: int) -> str:
    """What is missing, in a sentence; empty when nothing is."""
    parts = [
        *([f"{counted(gaps, 'part')} could not be read"] if gaps else ()),
        *(
            [f"{counted(never_asked, 'call')} {'was' if never_asked == 1 else 'were'} never asked"]
            if never_asked
            else ()
        ),
    ]
    return f"{' and '.join(parts)}." if parts else ""


def none_found(known: Coverage, what: str, more: Iterable[tuple[str, str]] = ()) -> State:
    """Nothing was found; whether that is good news depends on what was read."""
    missing = unread(known.gaps, known.never_asked)
    if missing:
        text = f"{what} But {missing} There may be more than is known: nothing here means safe."
        address = reverse("connections")
        return State("gap", "gap", "None found in what was read", text, address, "See what is missing", tuple(more))
    return State("ok", "ok", "None found", f"{what} Every part that was asked for could be read.", more=tuple(more))


def no_path(known: Coverage, more: Iterable[tuple[str, str]]) -> State:
    """No path was found. Where no path can begin, that says nothing at all."""
    if known.has_entries:
        return none_found(known, "Nothing worth attacking is reached from any place where an attacker starts.", more)
    text = (
        "What was read holds no entry points (such as access keys and resource policies), so no path can begin. "
        "Nothing here means safe."
    )
    return State("gap", "gap", "No entry points", text, reverse("connections"), "See what is missing", tuple(more))


def assumed_note(assumed: dict[str, list[str]], words: str) -> Note | None:
    """What kind of limit or grant was never asked for, over all scopes."""
    if not assumed:
        return None
    text = f"Not asked for in this data, so not considered: {words}. Verdicts stand as decided without them."
    return Note("gap", "gap", text, reverse("connections"), "What was read")
