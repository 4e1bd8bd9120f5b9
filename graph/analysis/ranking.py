"""The order of attack paths: surest first, then shortest, then by id."""

from __future__ import annotations

from collections.abc import Iterable

from graph.analysis.walk import TIER
from graph.model import Path


def ranked(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Until there is a score, a sure long path comes before a doubtful short one."""
    return tuple(sorted(paths, key=lambda path: (TIER[path.verdict], len(path.hops), path.id)))
