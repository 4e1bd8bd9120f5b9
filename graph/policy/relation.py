"""Who may do something on what, for everybody at once: a class for each identity, a row of resources for each class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graph.model import Verdict
from graph.policy.bits import bits, full, members
from graph.policy.classes import distinct

Classes = npt.NDArray[np.int32]
ANYTHING = ("*",)  # the resources of a relation that only says "there is one"
_NOTHING: Mapping[str, tuple[str, ...]] = {}  # a plain one, which travels between processes


class Row(NamedTuple):
    """A set of resources between two bounds: certain (`lower`), possible (`upper`).

    `unread` is the part of upper minus lower that hangs on something not read; the rest is conditional. A tuple, for
    hundreds of thousands are made of an account, and frozen dataclasses take four times as long.
    """

    lower: int
    upper: int
    unread: int = 0

    def __and__(self, other: Row) -> Row:
        lower, upper = self.lower & other.lower, self.upper & other.upper
        if not upper:
            return EMPTY
        return Row(lower, upper, (self.unread | other.unread) & upper & ~lower)

    def __or__(self, other: Row) -> Row:
        lower, upper = self.lower | other.lower, self.upper | other.upper
        return Row(lower, upper, (self.unread | other.unread) & ~lower)

    def __bool__(self) -> bool:
        return bool(self.upper)

    def verdict(self, position: int) -> Verdict:
        if self.lower >> position & 1:
            return Verdict.ALLOWED
        if not self.upper >> position & 1:
            return Verdict.DENIED
        return Verdict.UNKNOWN if self.unread >> position & 1 else Verdict.CONDITIONAL

    def parts(self) -> tuple[tuple[Verdict, int], ...]:
        """The three disjoint sets with their verdicts; what is denied has none."""
        conditional = self.upper & ~self.lower & ~self.unread
        return ((Verdict.ALLOWED, self.lower), (Verdict.CONDITIONAL, conditional), (Verdict.UNKNOWN, self.unread))


EMPTY = Row(0, 0)
_BROADCAST = {
    Verdict.DENIED: (0, 0, 0),
    Verdict.UNKNOWN: (0, -1, -1),
    Verdict.CONDITIONAL: (0, -1, 0),
    Verdict.ALLOWED: (-1, -1, 0),
}


@dataclass(frozen=True)
class Relation:
    """identities × resources, factored. Both universes are sorted keys; `classes[i]` indexes `rows`.

    `assumptions` names per scope what was taken for granted because it was never asked for.
    """

    identities: tuple[str, ...]
    resources: tuple[str, ...]
    classes: Classes
    rows: tuple[Row, ...]
    assumptions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)

    @cached_property
    def _identity_at(self) -> dict[str, int]:
        return {key: i for i, key in enumerate(self.identities)}

    @cached_property
    def _resource_at(self) -> dict[str, int]:
        return {key: i for i, key in enumerate(self.resources)}

    def class_of(self, identity: str) -> int:
        return int(self.classes[self._identity_at[identity]])

    def row(self, number: int) -> Row:
        return self.rows[number]

    def row_of(self, identity: str) -> Row:
        return self.rows[self.class_of(identity)]

    def verdict(self, identity: str, resource: str) -> Verdict:
        """DENIED also for names outside the universes."""
        at, on = self._identity_at.get(identity), self._resource_at.get(resource)
        if at is None or on is None:
            return Verdict.DENIED
        return self.rows[int(self.classes[at])].verdict(on)

    def who(self, resource: str) -> Iterator[tuple[str, Verdict]]:
        """The identities that may, with their verdicts, in order of their keys."""
        on = self._resource_at.get(resource)
        if on is None:
            return
        said = [row.verdict(on) for row in self.rows]
        for identity, number in zip(self.identities, self.classes.tolist(), strict=True):
            if said[number] is not Verdict.DENIED:
                yield identity, said[number]

    def sets(self) -> Iterator[tuple[int, Verdict, tuple[str, ...]]]:
        """(class, verdict, resources) for each class and verdict that has any resources."""
        for number, row in enumerate(self.rows):
            for verdict, part in row.parts():
                if part:
                    yield number, verdict, tuple(self.resources[i] for i in members(part))

    def pairs(self) -> tuple[int, int]:
        """How many pairs are certain, and how many are possible."""
        counts = np.bincount(self.classes, minlength=len(self.rows)).tolist()
        lower = sum(n * row.lower.bit_count() for n, row in zip(counts, self.rows, strict=True))
        return lower, sum(n * row.upper.bit_count() for n, row in zip(counts, self.rows, strict=True))

    def through(self, onward: Relation) -> Relation:
        """Two steps: what the resources reach, as identities of `onward`, by the surest of the ways."""

        def moved(row: Row) -> Row:
            whole = EMPTY
            for i in members(row.upper):
                if self.resources[i] in onward._identity_at:
                    step = onward.row_of(self.resources[i])
                    whole = surer(whole, step & Row(*_BROADCAST[row.verdict(i)]))
            return whole

        rows, assumptions = [moved(row) for row in self.rows], merged(self.assumptions, onward.assumptions)
        return _compact(self.identities, onward.resources, self.classes, rows, assumptions)

    # ----- algebra; the two relations must be over the same identities

    def meet(self, other: Relation) -> Relation:
        """Both. Over the same resources, or one of them over ANYTHING, which then holds for every resource."""
        if self.resources == ANYTHING != other.resources:
            return other.meet(self)
        if self._holds_for_nobody or other._holds_for_nobody:
            return nobody(self.identities, self.resources, merged(self.assumptions, self._beside(other).assumptions))
        spread = other.resources == ANYTHING != self.resources
        right = [Row(*_BROADCAST[row.verdict(0)]) for row in other.rows] if spread else other.rows
        return self._combine(other, lambda a, b: self.rows[a] & right[b])

    def join(self, other: Relation) -> Relation:
        """Either; over the same resources."""
        return self._alone(other) or self._combine(other, lambda a, b: self.rows[a] | other.rows[b])

    def best(self, other: Relation) -> Relation:
        """Either of two ways, as sure as the surer one: unknown where neither is better. Over the same resources."""
        return self._alone(other) or self._combine(other, lambda a, b: surer(self.rows[a], other.rows[b]))

    @property
    def _holds_for_nobody(self) -> bool:
        return len(self.rows) == 1 and not self.rows[0].upper

    def _beside(self, other: Relation) -> Relation:
        """The other one, which must be over the same identities."""
        if self.identities is not other.identities and self.identities != other.identities:
            raise ValueError("relations over different identities")
        return other

    def _alone(self, other: Relation) -> Relation | None:
        """Of two that add up, the one that is left where the other holds for nobody; None if both hold for some."""
        if not self._holds_for_nobody and not other._holds_for_nobody:
            return None
        one, assumptions = (other if self._holds_for_nobody else self), self._beside(other).assumptions
        return _compact(self.identities, self.resources, one.classes, one.rows, merged(self.assumptions, assumptions))

    def _combine(self, other: Relation, make: Callable[[int, int], Row]) -> Relation:
        self._beside(other)
        width = len(other.rows)
        pairs, classes = distinct(self.classes.astype(np.int64) * width + other.classes)
        rows = [make(*divmod(int(pair), width)) for pair in pairs.tolist()]
        return _compact(self.identities, self.resources, classes, rows, merged(self.assumptions, other.assumptions))

    def image(self, onto: Mapping[str, Iterable[str]], resources: tuple[str, ...]) -> Relation:
        """Follow a map from each resource to others (function → roles it runs as)."""
        at = {key: i for i, key in enumerate(resources)}
        step = [bits(at[key] for key in onto.get(name, ()) if key in at) for name in self.resources]

        def follow(row: int) -> int:
            whole = 0
            for i in members(row):
                whole |= step[i]
            return whole

        def moved(row: Row) -> Row:
            lower = follow(row.lower)
            return Row(lower, follow(row.upper), follow(row.unread) & ~lower)

        return _compact(self.identities, resources, self.classes, [moved(row) for row in self.rows], self.assumptions)

    def moved(self, resources: tuple[str, ...], rows: Sequence[Row]) -> Relation:
        """The same classes with other rows, over other resources."""
        return _compact(self.identities, resources, self.classes, rows, self.assumptions)

    def within(self, allowed: Row) -> Relation:
        """Only those resources that lie in `allowed`, as certainly as they do."""
        rows = [row & allowed for row in self.rows]
        return _compact(self.identities, self.resources, self.classes, rows, self.assumptions)

    def some(self) -> Relation:
        """There is a resource: the same relation over ANYTHING."""
        return _compact(self.identities, ANYTHING, self.classes, [_any(row) for row in self.rows], self.assumptions)

    def every(self) -> Relation:
        """All resources of the universe: a relation over ANYTHING. Of an empty universe nothing is said."""
        whole = full(len(self.resources)) or -1

        def all_of(row: Row) -> Row:
            lower, upper = row.lower == whole, row.upper == whole
            return Row(int(lower), int(upper), int(upper and not lower and bool(row.unread)))

        return _compact(self.identities, ANYTHING, self.classes, [all_of(row) for row in self.rows], self.assumptions)

    def own(self, mine: Mapping[str, Sequence[str]]) -> Relation:
        """Any of each identity's own resources (itself, its groups, its policies): a relation over ANYTHING."""
        at, rows, numbers = self._resource_at, self.rows, self.classes.tolist()
        levels = []
        for identity, number in zip(self.identities, numbers, strict=True):
            which = 0
            for key in mine.get(identity, ()):
                which |= 1 << at[key] if key in at else 0
            levels.append(_level(rows[number], which) if which else 0)
        found, classes = distinct(np.array(levels, np.int32))
        return _compact(self.identities, ANYTHING, classes, [_LEVELS[i] for i in found.tolist()], self.assumptions)

    def onto(self, resources: tuple[str, ...]) -> Relation:
        """A relation over ANYTHING said of each of `resources`."""
        whole = full(len(resources))
        rows = [Row(whole * row.lower, whole * row.upper, whole * row.unread) for row in self.rows]
        return Relation(self.identities, resources, self.classes, tuple(rows), self.assumptions)


_LEVELS = (EMPTY, Row(0, 1, 1), Row(0, 1), Row(1, 1))


def _level(row: Row, which: int) -> int:
    """How surely the row holds any of these, as a place in `_LEVELS`."""
    if row.lower & which:
        return 3
    upper = row.upper & which
    return 0 if not upper else 1 if row.unread & which == upper else 2


def surer(a: Row, b: Row) -> Row:
    """What either gives, as surely as the surer one does."""
    if not a.upper or a == b:
        return b
    if not b.upper:
        return a
    lower, upper = a.lower | b.lower, a.upper | b.upper
    if lower == upper:
        return Row(lower, upper)
    conditional = (a.upper & ~a.lower & ~a.unread) | (b.upper & ~b.lower & ~b.unread)
    return Row(lower, upper, (a.unread | b.unread) & ~lower & ~conditional)


def _any(row: Row) -> Row:
    """One bit: is there any. Unknown only when nothing better than unread is there."""
    return Row(
        int(bool(row.lower)), int(bool(row.upper)), int(not row.lower and bool(row.unread) and row.unread == row.upper)
    )


def nobody(
    identities: tuple[str, ...],
    resources: tuple[str, ...],
    assumptions: Mapping[str, tuple[str, ...]] = _NOTHING,
) -> Relation:
    """The relation that holds for no pair."""
    return Relation(identities, resources, np.zeros(len(identities), np.int32), (EMPTY,), assumptions)


def side_by_side(parts: Sequence[Relation]) -> Relation:
    """Relations over different identities as one; over the resources of all of them."""
    identities = tuple(sorted(key for part in parts for key in part.identities))
    resources = tuple(sorted({key for part in parts for key in part.resources}))
    who, what = ({key: i for i, key in enumerate(names)} for names in (identities, resources))
    classes = np.zeros(len(identities), np.int32)
    rows: dict[Row, int] = {EMPTY: 0}
    assumptions: Mapping[str, tuple[str, ...]] = _NOTHING
    for part in parts:
        at = [what[key] for key in part.resources]
        move = [rows.setdefault(_moved(row, at), len(rows)) for row in part.rows]
        classes[[who[key] for key in part.identities]] = np.array(move, np.int32)[part.classes]
        assumptions = merged(assumptions, part.assumptions)
    return Relation(identities, resources, classes, tuple(rows), assumptions)


def overlaid(relation: Relation, few: Relation, places: Sequence[int]) -> Relation:
    """The relation with the answers of a few of its identities replaced, who stand at these places; the very same if
    they are the same."""
    rows: dict[Row, int] = {}
    for number, row in enumerate(relation.rows):
        rows.setdefault(row, number)
    extra: list[Row] = []
    classes = relation.classes.copy()
    for at, number in zip(places, few.classes.tolist(), strict=True):
        row = few.rows[number]
        if row != relation.rows[int(classes[at])]:
            if row not in rows:
                rows[row] = len(relation.rows) + len(extra)
                extra.append(row)
            classes[at] = rows[row]
    if np.array_equal(classes, relation.classes):
        return relation
    return Relation(relation.identities, relation.resources, classes, (*relation.rows, *extra), relation.assumptions)


def reseated(relation: Relation, identities: tuple[str, ...], seats: Classes) -> Relation:
    """The relation over other identities, each with the answer of the one at its seat."""
    return Relation(identities, relation.resources, relation.classes[seats], relation.rows, relation.assumptions)


def same(one: Relation, other: Relation) -> bool:
    """Whether two relations say the same in the same way."""
    alike = (one.identities, one.resources, one.rows) == (other.identities, other.resources, other.rows)
    return alike and one.assumptions == other.assumptions and np.array_equal(one.classes, other.classes)


def _moved(row: Row, at: Sequence[int]) -> Row:
    """The same row over other positions."""
    return Row(*(bits(at[i] for i in members(part)) for part in (row.lower, row.upper, row.unread)))


def merged(a: Mapping[str, tuple[str, ...]], b: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Two tables of assumptions as one."""
    if a is b or not b:
        return a
    return {scope: tuple(sorted({*a.get(scope, ()), *b.get(scope, ())})) for scope in sorted({*a, *b})}


def _compact(
    identities: tuple[str, ...],
    resources: tuple[str, ...],
    classes: npt.NDArray[np.integer],
    rows: Sequence[Row],
    assumptions: Mapping[str, tuple[str, ...]],
) -> Relation:
    """Equal rows become one class."""
    seen: dict[Row, int] = {}
    move = [seen.setdefault(row, len(seen)) for row in rows]
    if len(seen) == 1:
        return Relation(identities, resources, np.zeros(len(identities), np.int32), tuple(seen), assumptions)
    if len(seen) < len(rows):
        classes = np.array(move, np.int32)[classes]
    return Relation(identities, resources, classes.astype(np.int32, copy=False), tuple(seen), assumptions)
