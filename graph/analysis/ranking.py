"""The order of attack paths: by score, then by id. Ranking needs no proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.model import Edge, Entry, Score, Verdict


@dataclass(frozen=True, slots=True)
class Way:
    """A path whose hops are not proved yet, with the names it will have and its score."""

    id: str
    finding: str
    entry: Entry
    harm: str
    target: str
    verdict: Verdict
    edges: tuple[Edge, ...]
    score: Score


def ranked(ways: Iterable[Way]) -> tuple[Way, ...]:
    """The other ways to one finding have its score, so they follow it, the likeliest first."""
    return tuple(sorted(ways, key=lambda way: (-way.score.value, sum(way.score.hops), way.id)))
