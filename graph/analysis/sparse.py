"""Sets of positions in an estate graph, of nodes or of pairs: most hold few out of very many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
from pyroaring import FrozenBitMap as Sparse

__all__ = ["EMPTY", "Distinct", "Sparse", "numbers", "one", "union"]

EMPTY = Sparse()


def one(position: int) -> Sparse:
    """The set of a single position."""
    return Sparse((position,))


def union(sets: Iterable[Sparse]) -> Sparse:
    """Everything that is in any of the sets."""
    several = iter(sets)
    return reduce(or_, several, next(several, EMPTY))


def numbers(some: Sparse) -> npt.NDArray[np.uint32]:
    """The positions in a set, lowest first."""
    return np.frombuffer(some.to_array(), np.uint32)


class Distinct:
    """Sets that are there once, by number, however often they come about. Number 0 is the empty one."""

    def __init__(self) -> None:
        self.known: list[Sparse] = []
        self._numbers: dict[bytes, int] = {}
        self._joined: dict[tuple[int, ...], int] = {}
        self.number(EMPTY)

    def number(self, some: Sparse) -> int:
        some.run_optimize()  # equal sets are written down alike only then
        digest = hashlib.blake2b(some.serialize(), digest_size=16).digest()
        found = self._numbers.setdefault(digest, len(self.known))
        if found == len(self.known):
            self.known.append(some)
        return found

    def join(self, parts: Iterable[int]) -> int:
        """The number of the union of these sets."""
        several = tuple(sorted({*parts} - {0}))
        if len(several) < 2:
            return several[0] if several else 0
        if several not in self._joined:
            self._joined[several] = self.number(union(self.known[part] for part in several))
        return self._joined[several]
