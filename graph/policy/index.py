"""Sorted names as positions: a pattern becomes one bit, a run of bits, or a scan of the names that share its start."""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from graph.policy.bits import bits, full

Test = Callable[[str], object]
_LAST = "\U0010ffff"  # sorts behind every character a name can hold
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a policy language reads `*` and `?`. `compile` makes a test of one pattern, true for the names it matches.

    `open_ended`: a `*` at the very end of a pattern takes whatever follows, so that the match is a run of names.
    """

    name: str
    compile: Callable[[str], Test]
    open_ended: bool = True


@cache
def glob_test(pattern: str) -> Test:
    """A test for a plain glob. fnmatch writes expressions that cannot backtrack: policies are not to be trusted."""
    if not _WILD.search(pattern):
        return pattern.__eq__
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match


GLOB = Dialect("glob", glob_test)


def literal_start(pattern: str) -> str:
    """What every name that matches begins with."""
    found = _WILD.search(pattern)
    return pattern[: found.start()] if found else pattern


def telling_literal(pattern: str, name: str) -> str:
    """A text that every name that matches holds, quicker to look for than the pattern: one that this name lacks, if
    there is one, since what it shares with the pattern it may share with all names.
    """
    return max(_WILD.split(pattern), key=lambda text: (text not in name, len(text)))


class Index:
    """The positions of sorted names, and the set of names for each pattern ever asked."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.size = len(self.names)
        self.all = full(self.size)
        self.at = {name: i for i, name in enumerate(self.names)}
        self._known: dict[tuple[str, str], int] = {}

    def span(self, start: str) -> tuple[int, int]:
        """The run of names that begin so."""
        return bisect_left(self.names, start), bisect_left(self.names, start + _LAST)

    def match(self, pattern: str, dialect: Dialect = GLOB) -> int:
        """The set of names that the pattern matches."""
        known = self._known.get((dialect.name, pattern))
        if known is None:
            known = self._known[dialect.name, pattern] = self._find(pattern, dialect)
        return known

    def _find(self, pattern: str, dialect: Dialect) -> int:
        start = literal_start(pattern)
        rest = pattern[len(start) :]
        if not rest and dialect.open_ended:
            return 1 << self.at[pattern] if pattern in self.at else 0
        first, end = self.span(start)
        if rest == "*" and dialect.open_ended:
            return full(end - first) << first
        if first == end:
            return 0
        return self.scan(dialect.compile(pattern), first, end, telling_literal(rest, self.names[first]))

    def scan(self, test: Test, first: int = 0, end: int | None = None, holding: str = "") -> int:
        """The names of a run that pass a test, tried one by one; only names that hold a certain text can pass it."""
        run = enumerate(self.names[first:end], first)
        return bits([i for i, name in run if holding in name and test(name)])
