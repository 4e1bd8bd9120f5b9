"""What runs on this machine, told by /proc on Linux and by ps elsewhere (a slim Linux has no ps)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def processes() -> Iterator[tuple[int, int]]:
    """(parent, process group) of everything that lives and is no zombie."""
    for state, parent, group in _from_proc() if Path("/proc/self/stat").exists() else _from_ps():
        if not state.startswith("Z"):
            yield int(parent), int(group)


def _from_proc() -> Iterator[list[str]]:
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield place.read_text().rpartition(")")[2].split()[:3]  # a name in brackets may hold anything
        except OSError:
            continue  # it has just ended


def _from_ps() -> Iterator[list[str]]:
    listed = subprocess.run(["ps", "-axo", "stat=,ppid=,pgid="], capture_output=True, text=True, check=True)
    yield from (line.split() for line in listed.stdout.splitlines())


def groups_below(pid: int) -> set[int]:
    """The process groups of its children."""
    return {group for parent, group in processes() if parent == pid}


def all_ended(groups: set[int]) -> bool:
    """Have all processes of these groups ended, or do they yet?"""
    return eventually(lambda: not any(group in groups for _, group in processes()))


def eventually(holds: Callable[[], bool], within: float = 180.0) -> bool:
    """Wait for a condition, for long: a busy machine is no failure."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
