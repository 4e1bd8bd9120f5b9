"""The order of attack paths: surest first, then shortest, then by id. Ranking needs no proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.analysis.walk import TIER
from graph.model import Edge, Entry, Verdict


@dataclass(frozen=True, slots=True)
class Way:
    """A path whose hops are not proved yet, with the names it will have."""

    id: str
    finding: str
    entry: Entry
    harm: str
    target: str
    verdict: Verdict
    edges: tuple[Edge, ...]


def ranked(ways: Iterable[Way]) -> tuple[Way, ...]:
    """Until there is a score, a sure long path comes before a doubtful short one."""
    return tuple(sorted(ways, key=lambda way: (TIER[way.verdict], len(way.edges), way.id)))
