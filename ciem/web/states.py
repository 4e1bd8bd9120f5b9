"""Nothing to show has five reasons, and a page says which: none found, not read, filtered away, no data, failed."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from ciem.scans.queries import Coverage


@dataclass(frozen=True, slots=True)
class State:
    """An empty list in words. `kind` is ok, gap or empty."""

    kind: str
    icon: str
    title: str
    text: str
    href: str = ""
    link: str = ""


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
    if known.connections and not known.snapshots:
        text = "Nothing has been read successfully yet."
        return State("empty", "warn", "No data yet", text, reverse("connections"), "See what happened")
    return State("empty", "plug", "No data yet", "Import a file to begin.", reverse("import"), "Import files")


def filtered(count: int, thing: str, href: str) -> State:
    words = f"{count} {thing} without them." if count else f"There are no {thing} without them either."
    return State("empty", "filter", "Hidden by your filters", words, href, "Clear filters")


def none_found(known: Coverage, what: str) -> State:
    """Nothing was found; whether that is good news depends on what was read."""
    if known.gaps:
        text = f"{what} But {known.gaps} parts could not be read, so there may be more than is known."
        return State("gap", "gap", "None found in what was read", text, reverse("connections"), "See what is missing")
    return State("ok", "ok", "None found", f"{what} Every part that was asked for could be read.")


def assumed_note(assumed: dict[str, list[str]], words: str) -> Note | None:
    """What kind of limit or grant was never asked for, over all scopes."""
    if not assumed:
        return None
    text = f"Not asked for in this data, so not considered: {words}. Verdicts stand as decided without them."
    return Note("gap", "gap", text, reverse("connections"), "What was read")
