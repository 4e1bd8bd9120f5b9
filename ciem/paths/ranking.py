"""The order of findings: what is surest, begins where most can begin, does the worst to the most precious, and is near.

The score is the weight of the harm times that of the kind of target, at most 100.
"""

from __future__ import annotations

from collections.abc import Iterable

from ciem.paths.published import Published, target_kind
from graph.model import EntryKind, Path, Verdict
from graph.targets import HARMS, TARGET_KINDS

_SURE = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED)
# From where anybody can begin to where somebody must first get hold of something.
_OPEN = (
    EntryKind.ANONYMOUS,
    EntryKind.OUTSIDE,
    EntryKind.FEDERATED,
    EntryKind.EXPOSED,
    EntryKind.PROMPT,
    EntryKind.KEY,
)


def score(published: Published, path: Path) -> float:
    kind = target_kind(published.node(path.target))
    harm = HARMS[path.harm][1] if path.harm in HARMS else 1
    return float(harm * (TARGET_KINDS[kind][1] if kind else 1))


def ranked(published: Published, paths: Iterable[Path]) -> list[tuple[float, Path]]:
    """Scores with paths, most dangerous first."""

    def place(scored: tuple[float, Path]) -> tuple[object, ...]:
        weight, path = scored
        kind = path.entry.kind
        openness = _OPEN.index(kind) if kind in _OPEN else len(_OPEN)
        return _SURE.index(path.verdict), openness, -weight, len(path.hops), path.id

    return sorted(((score(published, path), path) for path in paths), key=place)
