"""Few example texts where many globs cross one another: enough for everybody who asks, since each knows only some.

Of two texts the one that more of an asker's permitting globs match, and no more of the forbidding ones, can only be
better for that asker. So a text is needed only if no other one is better or as good for some asker.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from graph.policy.bits import bits
from graph.policy.examples import ANY_TEXT, Examples, Glob, Walk, examples, plain_text, short_first, unwritten, widened

ENOUGH = 2000  # see `examples`; an asker knows few globs


@dataclass(frozen=True, slots=True)
class Asker:
    """The globs by which texts can gain and those by which they can lose; one that is both must stay as it is."""

    gains: frozenset[Glob]
    losses: frozenset[Glob]


@lru_cache(maxsize=1024)
def enough_for(askers: frozenset[Asker], within: str = "?*", enough: int = ENOUGH) -> tuple[str, ...]:
    """Texts among which each asker finds one as good as any; ones not known in full where that is too hard to find."""
    pool = _Pool(frozenset(glob for asker in askers for glob in (*asker.gains, *asker.losses)), within, enough)
    for asker in sorted(askers, key=_name):
        pool.serve(asker)
    return pool.texts()


def _name(asker: Asker) -> tuple[list[list[str]], list[list[str]]]:
    return sorted(map(sorted, asker.gains)), sorted(map(sorted, asker.losses))


@lru_cache(maxsize=16384)
def _ways(globs: frozenset[Glob], within: str, enough: int) -> Examples:
    return examples(globs, within, enough)


class _Pool:
    """Texts, each with the set of globs that match it."""

    def __init__(self, globs: frozenset[Glob], within: str, enough: int) -> None:
        order = sorted(globs, key=sorted)
        self._walk = Walk([frozenset([within]), *order])
        self._number = {glob: number for number, glob in enumerate(order, 1)}
        self._other = unwritten(order)
        self._within, self._enough = within, enough
        shape = plain_text(within.replace("?", ""), self._other)
        self._ends = ["", *(shape[at:] for at in range(len(shape) - 1, 0, -1))]
        self._ways: dict[str, int] = {}
        self._matching: dict[int, list[int]] = defaultdict(list)  # the ways in which a glob, or none, is matched
        self._vague: set[str] = set()
        for glob in (frozenset("*"), *order):
            self._add(self._fitted(min((plain_text(form, self._other) for form in glob), key=short_first)))
        self._every = self._fitted(self._walk.together(order, self._other))

    def texts(self) -> tuple[str, ...]:
        return tuple(sorted({*self._ways, *self._vague}))

    def _way(self, text: str) -> int:
        return bits(self._walk.way(text))

    def _with_way(self, text: str) -> tuple[str, int]:
        return text, self._way(text)

    def _fitted(self, text: str) -> str:
        """With as much of the shape at its end as brings it within."""
        return next((text + end for end in self._ends if 0 in self._walk.way(text + end)), text)

    def _add(self, text: str) -> None:
        way = self._way(text)
        if way & 1 and text not in self._ways:
            self._ways[text] = way
            for number in self._walk.way(text):
                self._matching[number].append(way)

    def serve(self, asker: Asker) -> None:
        """Put in what is missing for one asker."""
        gains, losses = (bits(self._number[glob] for glob in globs) for globs in (asker.gains, asker.losses))
        if not gains & losses:
            if self._has(gains, gains, losses):
                return
            texts = (self._every, self._fitted(self._walk.together(sorted(asker.gains, key=sorted), self._other)))
            best = next((text for text in texts if self._way(text) & (gains | losses | 1) == gains | 1), "")
            if best:
                self._add(best)
                return
        self._search(asker, gains, losses)

    def _has(self, way: int, gains: int, losses: int) -> bool:
        """Whether some text is as good as one that is matched in this way."""
        needed, spared = way & gains, losses & ~way
        first = (needed & -needed).bit_length() - 1 if needed else 0
        return any(not needed & ~known and not spared & known for known in self._matching[first])

    def _search(self, asker: Asker, gains: int, losses: int) -> None:
        globs = asker.gains | asker.losses
        found = _ways(globs, self._within, self._enough)
        if not found.whole:
            self._vague.update(name for glob in globs for name in widened(glob))
            self._vague.add(ANY_TEXT)
        best_first = sorted((_value(way, gains, losses), text, way) for text, way in map(self._with_way, found.texts))
        for _, text, way in best_first:
            if not self._has(way, gains, losses):
                self._add(text)


def _value(way: int, gains: int, losses: int) -> int:
    return (way & losses).bit_count() - (way & gains).bit_count()
