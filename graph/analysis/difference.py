"""Two estate graphs compared: findings opened, closed and changed, each with the change that did it.

Nothing here runs the engine: whoever compares hands in what is known of either side, read from a store or worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from graph.analysis.causes import Cause, Known, causes
from graph.model import Hop, Path, Verdict


class Turn(StrEnum):
    """What became of a finding."""

    OPENED = "opened"
    CLOSED = "closed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Summary:
    """A finding as far as it takes to see whether anything became of it."""

    path: str
    verdict: Verdict
    score: float


@dataclass(frozen=True)
class Side:
    """One estate graph. `path` gives the witness of a finding, `stands` how surely there is an edge by a rule."""

    findings: Mapping[str, Summary]
    path: Callable[[str], Path]
    stands: Callable[[str, str, str], Verdict | None]
    entries: frozenset[tuple[str, str]]
    known: Known


@dataclass(frozen=True, slots=True)
class Turned:
    """A hop that made the difference, and why it is there now or is no longer."""

    source: str
    target: str
    technique: str
    was: Verdict | None
    now: Verdict | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is the new one, or of what was closed the old one; `was` the old one of what changed.

    `because` sums the hops' causes up in sentences. `rechecked` is false where a finding is gone only because what it
    hung on was not read this time: that does not mean safe.
    """

    turn: Turn
    path: Path
    was: Summary | None
    hops: tuple[Turned, ...]
    because: tuple[str, ...]
    rechecked: bool = True


def compare(old: Side, new: Side) -> Iterator[Difference]:
    """Opened, then closed, then changed; within each by score, then by finding."""
    opened = sorted(new.findings.keys() - old.findings.keys(), key=lambda key: (-new.findings[key].score, key))
    closed = sorted(old.findings.keys() - new.findings.keys(), key=lambda key: (-old.findings[key].score, key))
    both = sorted(new.findings.keys() & old.findings.keys(), key=lambda key: (-new.findings[key].score, key))
    for key in opened:
        yield _turned(Turn.OPENED, new.path(key), old, new)
    for key in closed:
        yield _turned(Turn.CLOSED, old.path(key), old, new)
    for key in both:
        if old.findings[key] != new.findings[key]:
            yield _changed(key, old, new)


def _turned(turn: Turn, path: Path, old: Side, new: Side) -> Difference:
    """Of the path that is there on one side only: the hops that the other side lacks."""
    having, lacking = (new, old) if turn is Turn.OPENED else (old, new)
    hops = tuple(_hop(hop, old, new) for hop in path.hops if _stands(lacking, hop) is None)
    words = list(dict.fromkeys(cause.words for hop in hops for cause in hop.causes))
    start = (path.entry.kind, path.entry.identity)
    if start not in lacking.entries:
        words.insert(0, f"{path.entry.identity} is {'now' if turn is Turn.OPENED else 'no longer'} an entry point.")
    if not words and not hops:
        words = [f"Every hop is {'was' if turn is Turn.OPENED else 'still is'} there: " + _FOLDED[turn]]
    if not words:
        words = [f"{hop.source} {'can' if turn is Turn.OPENED else 'can no longer'}: {_UNTOLD}" for hop in hops]
    rechecked = turn is Turn.OPENED or not any(lacking.known.lost(hop, having.known) for hop in path.hops)
    return Difference(turn, path, None, hops, tuple(words), rechecked)


_FOLDED = {
    Turn.OPENED: "before, it only restated another finding of the same or a wider start.",
    Turn.CLOSED: "now it only restates another finding of the same or a wider start.",
}


_UNTOLD = "nothing that is known of both sides tells why."


def _changed(key: str, old: Side, new: Side) -> Difference:
    """The hops of either witness that are not as sure on both sides."""
    path, before = new.path(key), old.path(key)
    asked = dict.fromkeys((hop.source, hop.technique, hop.target) for hop in (*path.hops, *before.hops))
    by_key = {(hop.source, hop.technique, hop.target): hop for hop in (*before.hops, *path.hops)}
    moved = (by_key[one] for one in asked if old.stands(*one) != new.stands(*one))
    hops = tuple(_hop(hop, old, new) for hop in moved)
    words = tuple(dict.fromkeys(cause.words for hop in hops for cause in hop.causes))
    other = ("The way shown is as it was; other ways to the same end came or went.",)
    return Difference(Turn.CHANGED, path, old.findings[key], hops, words or other)


def _hop(hop: Hop, old: Side, new: Side) -> Turned:
    was, now = _stands(old, hop), _stands(new, hop)
    return Turned(hop.source, hop.target, hop.technique, was, now, causes(hop, old.known, new.known, _came(was, now)))


def _came(was: Verdict | None, now: Verdict | None) -> bool:
    """It became surer, or is there at all."""
    order = list(Verdict)
    return now is not None and (was is None or order.index(now) < order.index(was))


def _stands(side: Side, hop: Hop) -> Verdict | None:
    return side.stands(hop.source, hop.technique, hop.target)
