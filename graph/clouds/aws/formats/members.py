"""The files of a folder or archive as one list, each read only when asked for, within limits."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.cloud import ImportRefusedError, Limits

_JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git"})


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its path below the root, how many bytes it has, and the bytes."""

    path: tuple[str, ...]
    size: int
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        return "/".join(self.path)


def is_junk(path: tuple[str, ...]) -> bool:
    """Whether the path is what a desktop leaves behind (macOS puts `._name` beside each file of an archive)."""
    return any(part in _JUNK or part.startswith("._") for part in path)


class Budget:
    """Counts what an import costs and refuses it, naming the limit, once it is too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._bytes, self._files = limits, 0, 0

    def file(self, path: tuple[str, ...]) -> None:
        self._files += 1
        if self._files > self._limits.files:
            raise ImportRefusedError(
                f"More than {self._limits.files:,} files, the limit. Pack calls with many arguments as `.jsonl`."
            )
        if len(path) > self._limits.depth:
            raise ImportRefusedError(
                f"`{'/'.join(path)[:200]}` lies deeper than {self._limits.depth} folders, which is the limit."
            )

    def spend(self, count: int) -> None:
        self._bytes += count
        if self._bytes > self._limits.bytes:
            raise ImportRefusedError(
                f"More than {self._limits.bytes:,} bytes (unpacked), the limit. Import fewer accounts at a time."
            )


def folder_members(root: Path, limits: Limits) -> tuple[list[Member], list[str]]:
    """The regular files below a folder, sorted; and the names of links and devices, which are never followed."""
    budget, found, refused = Budget(limits), [], []
    for path, entry in _walk(root, ()):
        mode = entry.stat(follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            refused.append("/".join(path))
            continue
        budget.file(path)
        size = entry.stat(follow_symlinks=False).st_size
        budget.spend(size)
        found.append(Member(path, size, Path(entry.path).read_bytes))
    return sorted(found, key=lambda member: member.path), sorted(refused)


def _walk(folder: Path, below: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], os.DirEntry[str]]]:
    """Every entry that is no folder, without recursion: a folder may be nested deeper than the interpreter's stack."""
    waiting = [(folder, below)]
    while waiting:
        here, path = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                inner = (*path, entry.name)
                if is_junk(inner):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), inner))
                else:
                    yield inner, entry


def folder_names(root: Path, most: int, depth: int = 7) -> Iterator[list[str]]:
    """The paths of the first files of a folder, shallow ones first; links are not followed."""
    waiting, seen = deque([(root, 1)]), 0
    while waiting and seen < most:
        here, level = waiting.popleft()
        for entry in sorted(here.iterdir()):
            seen += 1
            if entry.is_dir() and not entry.is_symlink() and level < depth:
                waiting.append((entry, level + 1))
            elif entry.is_file():
                yield list(entry.relative_to(root).parts)
