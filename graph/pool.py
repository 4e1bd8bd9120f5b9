"""Work that falls into independent pieces, done by as many processes as there are processors."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_tasks: list[Callable[[int], Any]] = []  # what a child that was forked off finds to do


def workers(asked: int | None = None) -> int:
    """How many processes to use: as many as were asked for, else one for each processor this one may run on."""
    if "fork" not in multiprocessing.get_all_start_methods() or multiprocessing.current_process().daemon:
        return 1  # a child would need all of the estate sent to it, or may not have children of its own
    return asked or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def each(work: Callable[[int], T], count: int, processes: int) -> Iterator[T]:
    """`work` of 0, 1, 2 … in this order, each in a child that shares this process's memory as it is now."""
    if processes < 2 or count < 2:
        yield from map(work, range(count))
        return
    _tasks.append(work)
    gc.collect()
    gc.freeze()  # what is here now stays shared: no collection touches it
    try:
        with ProcessPoolExecutor(min(processes, count), multiprocessing.get_context("fork")) as pool:
            yield from pool.map(_done, range(count))
    finally:
        gc.unfreeze()
        _tasks.pop()


def _done(number: int) -> Any:
    made = _tasks[-1](number)
    gc.collect()  # engines hold on to themselves
    return made
