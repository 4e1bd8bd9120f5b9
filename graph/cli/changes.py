"""The command that compares two estates: diff."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from graph.analysis.administrators import restates
from graph.analysis.difference import Difference, Side, Turn, Turned, compare
from graph.analysis.sides import side
from graph.analysis.study import Analysis
from graph.build import build
from graph.cli import writing
from graph.cli.loading import OPENED, progress, tell_problems, weights
from graph.cli.roaming import starts
from graph.cli.writing import Line, note, unless_none, write
from graph.cloud import ImportOptions
from graph.formats import load
from graph.model import EntryKind
from graph.weights import Weights


def diff(arguments: Namespace) -> int:
    """Paths opened, closed and changed; 3 if any was opened."""
    table = weights(arguments)
    (old, bad), (new, worse) = (_side(arguments, name, table) for name in (arguments.old, arguments.new))
    if not old.entries and not new.entries:
        note(
            f"No entry points in either, so no path can begin: not an all-clear. Try --entry {EntryKind.ASSUME_BREACH}."
        )
    found = list(compare(old, new))
    write(
        unless_none(map(_line, found), lambda: "0 answers: no path was opened, closed or changed."),
        arguments.format,
        _brief,
    )
    _count(found)
    return OPENED if any(one.turn is Turn.OPENED for one in found) else bad or worse


def _side(arguments: Namespace, name: str, table: Weights) -> tuple[Side, bool]:
    snapshot = load(Path(name), ImportOptions(arguments.collected_at, arguments.scope, progress=progress()))
    analysis = Analysis(build([snapshot], progress()), table)
    entries = starts(analysis, arguments.entry, None)
    ways = [way for way in analysis.ways(entries) if not restates(analysis, way)]
    return side(analysis, entries, ways), tell_problems([snapshot])


def _count(found: Iterable[Difference]) -> None:
    unread = sum(not one.rechecked for one in found)
    if unread:
        note(f"{unread} of the paths that are gone hung on what was not read this time; that does not mean safe.")


def _line(one: Difference) -> Line:
    return {
        "change": one.turn,
        "path": writing.path(one.path),
        "was": asdict(one.was) if one.was else None,
        "because": {"words": list(one.because), "hops": list(map(_hop, one.hops))},
        "rechecked": one.rechecked,
    }


def _hop(one: Turned) -> Line:
    return {
        "source": one.source,
        "target": one.target,
        "technique": one.technique,
        "was": one.was,
        "now": one.now,
        "causes": list(map(asdict, one.causes)),
    }


def _brief(line: Line) -> Line:
    """In a table: what became of which path, and why."""
    path = writing.brief_path(line["path"])
    kept = {name: path[name] for name in ("score", "verdict", "entry", "harm", "target")}
    return {"change": line["change"], **kept, "because": " ".join(line["because"]["words"])}
