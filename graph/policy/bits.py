"""Sets as Python ints: bit i stands for the i-th name of a sorted universe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

_MANY = 64  # positions from which on it is quicker to set flags than bits


def bits(positions: Iterable[int]) -> int:
    """The set of these positions."""
    some = list(positions)
    if len(some) > _MANY:
        flags = np.zeros(max(some) + 1, np.bool_)
        flags[some] = True
        return from_bools(flags)
    whole = 0
    for position in some:
        whole |= 1 << position
    return whole


def members(row: int) -> Iterator[int]:
    """The positions in a set, lowest first."""
    while row:
        low = row & -row
        yield low.bit_length() - 1
        row ^= low


def union(rows: Iterable[int]) -> int:
    """Everything that is in any of the sets."""
    whole = 0
    for row in rows:
        whole |= row
    return whole


def full(size: int) -> int:
    """The set of all `size` positions."""
    return (1 << size) - 1


def from_bools(flags: npt.NDArray[np.bool_]) -> int:
    """The set of positions whose flag is true."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def to_bools(row: int, size: int) -> npt.NDArray[np.bool_]:
    """One flag for each of `size` positions."""
    packed = np.frombuffer(row.to_bytes((size + 7) // 8, "little"), np.uint8)
    return np.unpackbits(packed, bitorder="little", count=size).view(np.bool_)
