"""A stored graph as columns of numbers, for analysis: no object for each of millions of edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.model import EdgeClass

_PLACES = {cls: at for at, cls in enumerate(EdgeClass)}


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """The graph as it is held, set nodes and their HAS edges included; edges in the order of the graph's.

    `source` and `target` are places in `keys`, `classes` are places in `EdgeClass`; `sets` tells which nodes are sets.
    """

    keys: tuple[str, ...]
    sets: NDArray[np.bool_]
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    classes: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some edges of one class: both ends, and the place of each among the edges of the graph."""

    edge_class: EdgeClass
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    at: NDArray[np.int64]


def part(edge_class: EdgeClass, source: Sequence[int], target: Sequence[int], at: Sequence[int]) -> Part:
    ends = np.asarray(source, np.int32), np.asarray(target, np.int32)
    return Part(edge_class, *ends, np.asarray(at, np.int64))


def joined(keys: Sequence[str], sets: Sequence[bool], parts: Iterable[Part]) -> Arrays:
    """Parts in any order, put into that of the graph."""
    some = [part(EdgeClass.HAS, (), (), ()), *parts]
    order = np.argsort(np.concatenate([one.at for one in some]))
    source, target = (np.concatenate([getattr(one, end) for one in some])[order] for end in ("source", "target"))
    classes = np.concatenate([np.full(len(one.at), _PLACES[one.edge_class], np.int8) for one in some])[order]
    return Arrays(tuple(keys), np.asarray(sets, np.bool_), source, target, classes)
