"""What one scan of one connection collected, immutable and named by its content."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import orjson

from graph.model import Gap, Json, Problem


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of the provider: which call, with which arguments, in which scope and region.

    `response` is the provider's own JSON, cleaned of secrets, pages merged. `file` is where it was read, for messages.
    """

    cloud: str
    scope: str
    region: str
    call: str
    arguments: tuple[str, ...]
    response: Json
    file: str = ""


def canonical(value: Json) -> bytes:
    """Equal JSON values give equal bytes, whatever the order of members or the packing."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _identify(part: Part) -> list[Json]:
    return [
        part.cloud,
        part.scope,
        part.region,
        part.call,
        list(part.arguments),
        hashlib.sha256(canonical(part.response)).hexdigest(),
    ]


@dataclass(frozen=True)
class Snapshot:
    """The parts of one connection's scan, the gaps beside them, and the bad input that was left out.

    `scope` is the connection's own: an account, an organization, a project, a tenant. `ignored` names files that
    are fine and of no use here; unlike `problems` they are nobody's fault.
    """

    cloud: str
    scope: str
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    collected_at: str | None = None
    ignored: tuple[Problem, ...] = field(default=(), compare=False)

    @cached_property
    def id(self) -> str:
        """sha256 over the sorted parts, the gaps and the collection time; independent of packing."""
        gaps = sorted([g.cloud, g.scope, g.region, g.call, list(g.arguments), g.error] for g in self.gaps)
        whole = [sorted(map(_identify, self.parts), key=canonical), gaps, self.collected_at]
        return hashlib.sha256(canonical(whole)).hexdigest()


class SnapshotError(Exception):
    """A stored snapshot that cannot be had; the message says why and what to do."""


_STORED_FORMAT = 1
_ID = re.compile(r"[0-9a-f]{64}")
_LEVEL = 3  # a third of the time of the default, for a tenth more bytes


def save(snapshot: Snapshot, folder: Path) -> Path:
    """Write the snapshot to a file named by its id, whole or not at all; writing it again changes nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = _file(folder, snapshot.id)
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            _write(snapshot, file)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return target


def load(folder: Path, snapshot_id: str) -> Snapshot:
    """The snapshot with this id, checked against it. Raises SnapshotError when it is missing or damaged."""
    if not _ID.fullmatch(snapshot_id):
        raise SnapshotError(f"`{snapshot_id[:80]}` is no snapshot id: 64 hexadecimal digits.")
    path = _file(folder, snapshot_id)
    try:
        with gzip.open(path, "rb") as lines:
            snapshot = _read(iter(lines))
    except FileNotFoundError as error:
        raise SnapshotError(f"There is no snapshot {snapshot_id} in {folder}. Import its files again.") from error
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"The stored snapshot {path} is damaged ({error}). Import its files again.") from error
    if snapshot.id != snapshot_id:
        raise SnapshotError(f"The stored snapshot {path} is not what its name says. Import its files again.")
    return snapshot


def _file(folder: Path, snapshot_id: str) -> Path:
    return folder / f"{snapshot_id}.jsonl.gz"


def _write(snapshot: Snapshot, file: IO[bytes]) -> None:
    """A line about the snapshot, then one a part: a reader never holds the text of more than one."""
    head = {
        "format": _STORED_FORMAT,
        "cloud": snapshot.cloud,
        "scope": snapshot.scope,
        "collected_at": snapshot.collected_at,
        "gaps": [asdict(gap) for gap in snapshot.gaps],
        "problems": [asdict(problem) for problem in snapshot.problems],
        "ignored": [asdict(problem) for problem in snapshot.ignored],
        "parts": len(snapshot.parts),
    }
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=_LEVEL) as lines:
        lines.write(canonical(head) + b"\n")
        for part in snapshot.parts:
            lines.write(canonical({name: getattr(part, name) for name in Part.__slots__}) + b"\n")


def _read(lines: Iterator[bytes]) -> Snapshot:
    head = orjson.loads(next(lines, b""))
    if head["format"] != _STORED_FORMAT:
        raise ValueError(f"format {head['format']} is not known to this version")
    parts = tuple(_part(orjson.loads(line)) for line in lines)
    if len(parts) != head["parts"]:
        raise ValueError(f"{len(parts)} of {head['parts']} parts are there")
    return Snapshot(
        cloud=head["cloud"],
        scope=head["scope"],
        parts=parts,
        gaps=tuple(Gap(**gap | {"arguments": tuple(gap["arguments"])}) for gap in head["gaps"]),
        problems=tuple(Problem(**problem) for problem in head["problems"]),
        collected_at=head["collected_at"],
        ignored=tuple(Problem(**problem) for problem in head["ignored"]),
    )


def _part(fields: dict[str, Json]) -> Part:
    arguments = fields.pop("arguments")
    return Part(**fields, arguments=tuple(arguments) if isinstance(arguments, list) else ())  # type: ignore[arg-type]
