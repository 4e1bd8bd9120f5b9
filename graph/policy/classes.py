"""Equal codes as one class, without sorting where the codes are few: thousands of small tables are joined this way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
_ROOM = 16  # how many times more values than codes may be possible before sorting is quicker than marking


def distinct(codes: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], Codes]:
    """The values that occur, ascending, and for each code which of them it is. No code is negative."""
    highest = int(codes.max(initial=0))
    if highest > _ROOM * codes.size + 1024:
        values, where = np.unique(codes, return_inverse=True)
        return values.astype(np.int64), where.ravel().astype(np.int32)
    there = np.zeros(highest + 1, np.bool_)
    there[codes] = True
    number = np.cumsum(there, dtype=np.int32) - 1
    return np.flatnonzero(there), number[codes].astype(np.int32)


def joined(columns: Sequence[Codes]) -> Codes:
    """A class for each place: equal where all columns are equal."""
    whole: npt.NDArray[np.integer] = np.zeros(columns[0].size, np.int64)
    many = 1  # how many values `whole` can have
    for column in columns:
        low = int(column.min(initial=0))
        width = int(column.max(initial=0)) - low + 1
        if many * width > _ROOM * column.size + 1024:
            values, numbers = distinct(whole)
            whole, many = numbers.astype(np.int64), len(values)
        whole = whole * width + (column - low)
        many *= width
    return distinct(whole)[1]


def first_of(classes: Codes) -> list[int]:
    """Where each class first stands."""
    first = np.zeros(int(classes.max(initial=-1)) + 1, np.int64)
    first[classes[::-1]] = np.arange(classes.size)[::-1]
    found: list[int] = first.tolist()
    return found
