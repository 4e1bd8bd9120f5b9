"""Steps from one universe of resources to another (function → role, object → bucket), for whole sets at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graph.model import Verdict
from graph.policy.bits import bits, from_bools, to_bools
from graph.policy.relation import EMPTY, Relation, Row, surer


class Link:
    """Each source leads to some targets. A set of sources leads to all that any of them leads to.

    `free` are targets that are reached without any source (a bucket without a customer key needs no key), `doubtful`
    sources of which it was not read whether they lead anywhere.
    """

    def __init__(
        self,
        sources: Sequence[str],
        targets: Sequence[str],
        steps: Mapping[str, Iterable[str]],
        free: Row = EMPTY,
        doubtful: int = 0,
    ) -> None:
        at = {key: i for i, key in enumerate(targets)}
        pairs = [(i, at[key]) for i, name in enumerate(sources) for key in steps.get(name, ()) if key in at]
        self.targets = tuple(targets)
        self.free = free
        self._doubtful = doubtful
        self._at = at
        self._from = np.array([pair[0] for pair in pairs], np.int64)
        self._to = np.array([pair[1] for pair in pairs], np.int64)
        self._size = len(sources)
        self._leading = bits(pair[0] for pair in pairs)  # few of a kind lead anywhere, so most sets are alike in them
        self._same = [pair[0] for pair in pairs] == [pair[1] for pair in pairs] == list(range(len(targets)))
        self._one_each = np.array_equal(self._from, np.arange(self._size))  # every source leads to one target
        self._known: dict[int, int] = {0: 0}
        self._rows: dict[Row, Row] = {}

    def freely(self, target: str) -> Verdict:
        """How surely a target is reached without any source."""
        return self.free.verdict(self._at[target]) if target in self._at else Verdict.DENIED

    def follow(self, row: int) -> int:
        if self._same and self._size == len(self.targets):
            return row
        row &= self._leading
        known = self._known.get(row)
        if known is None:
            hit = np.zeros(len(self.targets), np.bool_)
            flags = to_bools(row, self._size)
            hit[self._to[np.flatnonzero(flags if self._one_each else flags[self._from])]] = True
            known = self._known[row] = from_bools(hit)
        return known

    def row(self, row: Row) -> Row:
        """One sure way makes it sure; it hangs on something unread only where no better way leads there."""
        if not self._same:
            row = Row(row.lower & self._leading, row.upper & self._leading, row.unread & self._leading)
        known = self._rows.get(row)
        if known is None:
            known = self._rows[row] = surer(self._row(row), self.free)
        return known

    def _row(self, row: Row) -> Row:
        if self._doubtful:
            row = Row(row.lower & ~self._doubtful, row.upper, row.unread | row.upper & self._doubtful)
        lower, upper = self.follow(row.lower), self.follow(row.upper)
        if lower == upper or not row.unread:
            return Row(lower, upper)
        conditional = self.follow(row.upper & ~row.lower & ~row.unread)
        return Row(lower, upper, upper & ~lower & ~conditional)

    def image(self, relation: Relation) -> Relation:
        return relation.moved(self.targets, [self.row(row) for row in relation.rows])
