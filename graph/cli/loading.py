"""Read the snapshots a command names, tell what was bad in them, and find the names it is asked about."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from graph.build import Estate, build
from graph.cli.writing import note, shown
from graph.cloud import ImportOptions
from graph.formats import load
from graph.snapshot import Snapshot
from graph.weights import SHIPPED, Weights, WeightsError
from graph.weights import load as load_weights

BAD_INPUT, UNUSABLE, OPENED = 1, 2, 3
Progress = Callable[[int, int, str], None]


class UsageError(Exception):
    """Arguments that cannot be used; the message says why."""


def snapshots(arguments: Namespace) -> list[Snapshot]:
    """All snapshots named, in the order given."""
    options = ImportOptions(arguments.collected_at, arguments.scope, progress=progress())
    return [load(Path(name), options) for name in arguments.snapshots]


def estate(arguments: Namespace) -> tuple[Estate, bool]:
    """The estate graph of the snapshots, and whether some of their input was bad."""
    found = snapshots(arguments)
    return build(found, progress()), tell_problems(found)


def weights(arguments: Namespace) -> Weights:
    """The table of weights: the shipped one, with an own laid over it if one is named."""
    try:
        return load_weights(Path(arguments.weights), SHIPPED) if arguments.weights else SHIPPED
    except WeightsError as error:
        raise UsageError(str(error)) from error


def tell_problems(found: Iterable[Snapshot]) -> bool:
    """Count and name bad input on standard error."""
    problems = [problem for snapshot in found for problem in snapshot.problems]
    for problem in problems:
        place = f" {problem.place}" if problem.place else ""
        note(f"bad input: {problem.file}{place}: {problem.what} {problem.remedy}".rstrip())
    if problems:
        note(f"Bad input left out: {len(problems)}.")
    return bool(problems)


def progress() -> Progress:
    """Shown on a terminal only, on one line."""
    if not sys.stderr.isatty():
        return lambda _done, _total, _words: None

    def show(done: int, total: int, words: str) -> None:
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r\x1b[K{done}/{total} {shown(words)[:60]}{end}")
        sys.stderr.flush()

    return show


def fits(name: str, pattern: str | None) -> bool:
    """Equal, or matched as a shell would."""
    return pattern is None or name == pattern or fnmatchcase(name, pattern)


def named(pattern: str, names: Sequence[str], what: str) -> list[str]:
    """The names that fit. A plain name that is not there is an error; a pattern may fit nothing, which is noted."""
    found = [name for name in names if fits(name, pattern)]
    if not found and not set(pattern) & set("*?["):
        raise missing(pattern, names, what)
    if not found:
        note(f"No {what} fits `{pattern}`.")
    return found


def missing(name: str, names: Sequence[str], what: str) -> UsageError:
    """The error for a name that is not there, with those that look like it."""
    near = get_close_matches(name, names, 3, 0.5)
    hint = f" Near it: {', '.join(near)}." if near else ""
    return UsageError(f"There is no {what} `{name}` in these snapshots.{hint}")
