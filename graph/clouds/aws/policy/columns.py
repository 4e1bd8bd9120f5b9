"""A fact of each caller or resource as a column: a code for each of them, and the distinct values behind the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from graph.clouds.aws.policy.callers import Codes
from graph.policy.bits import from_bools
from graph.policy.index import Index
from graph.policy.patterns import State

Thing = TypeVar("Thing")
Fact = Callable[[Thing], State]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Known texts, sorted, with the code of each; and the codes of values that are no known text."""

    index: Index
    codes: Codes
    others: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Column:
    """What some facts together are, thing by thing; `values` holds one tuple for each distinct combination."""

    codes: Codes
    values: tuple[tuple[State, ...], ...]

    @cached_property
    def texts(self) -> Texts:
        """The values that are one known text, of a column of one fact."""
        plain = sorted((value[0], code) for code, value in enumerate(self.values) if isinstance(value[0], str))
        open_codes = tuple(code for code, value in enumerate(self.values) if not isinstance(value[0], str))
        return Texts(Index([text for text, _ in plain]), np.array([code for _, code in plain], np.int32), open_codes)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """For each code, the set of things that have it."""
        return tuple(from_bools(self.codes == code) for code in range(len(self.values)))


class Columns(Generic[Thing]):
    """The columns of one table, each made when first asked for. `fact(key)` is None where the table does not know.

    `coarse` keys are the same for all things of one group; `groups` are a code for each thing and one thing of each.
    """

    def __init__(
        self,
        things: Sequence[Thing],
        fact: Callable[[str], Fact[Thing] | None],
        groups: tuple[Codes, Sequence[Thing]] | None = None,
        coarse: frozenset[str] = frozenset(),
    ) -> None:
        self._things = things
        self._fact = fact
        self._groups = groups
        self._coarse = coarse
        self._single: dict[str, Column | None] = {}
        self._joint: dict[tuple[str, ...], Column] = {}

    def knows(self, key: str) -> bool:
        return self.single(key) is not None

    def single(self, key: str) -> Column | None:
        """The column of one key; None if it is no fact of these things."""
        if key not in self._single:
            fact = self._fact(key)
            self._single[key] = None if fact is None else self._made(key, fact)
        return self._single[key]

    def _made(self, key: str, fact: Fact[Thing]) -> Column:
        if self._groups is None or key not in self._coarse:
            return _column([(fact(thing),) for thing in self._things])
        codes, examples = self._groups
        column = _column([(fact(example),) for example in examples])
        return Column(column.codes[codes], column.values)

    def joint(self, keys: tuple[str, ...]) -> Column:
        """The column of several keys together, all of them known here."""
        if keys not in self._joint:
            parts = [column for column in map(self.single, keys) if column is not None]
            self._joint[keys] = parts[0] if len(parts) == 1 else _joined(parts)
        return self._joint[keys]


def _column(values: Sequence[tuple[State, ...]]) -> Column:
    seen: dict[tuple[State, ...], int] = {}
    codes = np.array([seen.setdefault(value, len(seen)) for value in values], np.int32)
    return Column(codes, tuple(seen))


def _joined(parts: Sequence[Column]) -> Column:
    value_of = [[column.values[code][0] for code in column.codes.tolist()] for column in parts]
    return _column(list(zip(*value_of, strict=True)))
