"""Is a finding that is no longer found gone, or was it only not looked at again? Absence of evidence is no evidence.

A finding leans on nodes and documents. Where they were read from is asked of the snapshots in which it was last seen:
if one of those parts is now a gap, or was not asked for by the new file at all, nothing was rechecked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ciem.paths.witness import Witness
from graph.model import Json
from graph.snapshot import Part, Snapshot, canonical

_SEPARATORS = re.compile(r"[:/|#]")
Place = tuple[str, str, str, str]  # cloud, scope, region, call


def leans_on(witness: Witness) -> dict[str, list[str]]:
    """The words by which to find, in a snapshot, what a path hangs on: keys, names and documents."""
    nodes = [node for node in witness.nodes if node.key]
    return {
        "keys": sorted({node.key for node in nodes}),
        "names": sorted({node.name for node in nodes if node.name}),
        "documents": list(witness.documents),
    }


def _place(part: Part) -> Place:
    return part.cloud, part.scope, part.region, part.call


@dataclass(frozen=True)
class _Covered:
    """What the new snapshots asked for, answered or not."""

    parts: Mapping[tuple[Place, tuple[str, ...]], Part]
    places: frozenset[Place]
    gaps: Mapping[Place, tuple[tuple[str, ...], ...]]
    broken_lists: frozenset[tuple[str, str, str]]  # cloud, scope, region: some list is a gap
    bad_files: frozenset[str]

    @classmethod
    def of(cls, snapshots: Iterable[Snapshot], bad_files: Iterable[str]) -> _Covered:
        parts: dict[tuple[Place, tuple[str, ...]], Part] = {}
        gaps: dict[Place, list[tuple[str, ...]]] = defaultdict(list)
        for snapshot in snapshots:
            parts.update({(_place(part), part.arguments): part for part in snapshot.parts})
            for gap in snapshot.gaps:
                gaps[gap.cloud, gap.scope, gap.region, gap.call].append(gap.arguments)
        return cls(
            parts,
            frozenset(place for place, _ in parts),
            {place: tuple(missed) for place, missed in gaps.items()},
            frozenset(place[:3] for place, missed in gaps.items() if () in missed),
            frozenset(bad_files),
        )

    def lost(self, part: Part) -> bool:
        """Was this part, read once, not read again? An object that is really gone is no longer asked about."""
        place = _place(part)
        now = self.parts.get((place, part.arguments))
        if now is None:
            # What would be asked about each item of a list follows from the list: without it, nobody knows.
            return place not in self.places or place in self.gaps or place[:3] in self.broken_lists
        if canonical(now.response) == canonical(part.response):
            return False
        missed = self.gaps.get(place, ())
        return part.arguments in missed or () in missed or (bool(now.file) and now.file in self.bad_files)


@dataclass(frozen=True)
class Recheck:
    """The comparison of the snapshots a finding was last seen in with those of now.

    Where one of the former cannot be had any more, nothing can be said to have been rechecked.
    """

    before: Sequence[Snapshot] | None
    now: Sequence[Snapshot]
    bad_files: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def _lost(self) -> frozenset[str]:
        """Every text that stands in a lost part, whole: a set, since thousands of findings ask."""
        same = {snapshot.id for snapshot in self.now}
        covered = _Covered.of(self.now, self.bad_files)
        return frozenset(
            text
            for snapshot in self.before or ()
            if snapshot.id not in same
            for part in snapshot.parts
            if covered.lost(part)
            for text in _texts([list(part.arguments), part.response])
        )

    def missed(self, leans: Mapping[str, Any]) -> bool:
        """Does something that the finding leans on stand in a part that was not read again?"""
        if self.before is None:
            return True
        named = (*leans["keys"], *leans["documents"])
        return any(word in self._lost for word in (*named, *map(_last_word, named), *leans["names"]))


def _last_word(key: str) -> str:
    """What a provider's answer calls a thing whose key says where it is, too: `a:b:host/i-1` is `i-1` at home."""
    return _SEPARATORS.split(key)[-1]


def _texts(value: Json) -> Iterator[str]:
    """All texts in a JSON value, names of members included."""
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            yield from item
            rest += item.values()
        elif isinstance(item, list | tuple):
            rest += item
