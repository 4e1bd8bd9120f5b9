"""What one scan of one connection collected, immutable and named by its content."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote

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
        name = _Name()
        for scope in sorted(self._by_scope, key=canonical):
            name.take(self._by_scope[scope])
        return name.told(self.gaps, self.collected_at)

    @cached_property
    def _by_scope(self) -> Mapping[str, Sequence[Part]]:
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.scope, []).append(part)
        return found

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that have parts, sorted."""
        return tuple(sorted(self._by_scope))

    @cached_property
    def calls(self) -> Mapping[str, frozenset[str]]:
        """By scope, which calls have parts."""
        return {scope: frozenset(part.call for part in some) for scope, some in self._by_scope.items()}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many parts each call has."""
        return Counter(part.call for part in self.parts)

    def of(self, scope: str, calls: Collection[str] | None = None) -> tuple[Part, ...]:
        """The parts of one scope, of these calls only where any are named."""
        return tuple(part for part in self._by_scope.get(scope, ()) if calls is None or part.call in calls)


class Pieces(Protocol):
    """A snapshot whose scopes can be read one by one: in memory, or from where it is stored."""

    @property
    def id(self) -> str: ...
    @property
    def cloud(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def gaps(self) -> tuple[Gap, ...]: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def collected_at(self) -> str | None: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def calls(self) -> Mapping[str, frozenset[str]]: ...
    def of(self, scope: str, calls: Collection[str] | None = None) -> tuple[Part, ...]: ...


class _Name:
    """The id of a snapshot, worked out scope by scope in the order of their canonical names."""

    def __init__(self) -> None:
        self._hash, self._between = hashlib.sha256(b"[["), b""

    def take(self, parts: Iterable[Part]) -> None:
        """The parts of one scope. A part's first members are its cloud and scope, so scopes never mix."""
        self.take_rows(_rows(parts))

    def take_rows(self, rows: bytes) -> None:
        if rows:
            self._hash.update(self._between + rows)
            self._between = b","

    def told(self, gaps: Iterable[Gap], collected_at: str | None) -> str:
        rows = sorted([g.cloud, g.scope, g.region, g.call, list(g.arguments), g.error] for g in gaps)
        self._hash.update(b"]," + canonical(rows) + b"," + canonical(collected_at) + b"]")
        return self._hash.hexdigest()


def _rows(parts: Iterable[Part]) -> bytes:
    return b",".join(sorted(map(canonical, map(_identify, parts))))


class SnapshotError(Exception):
    """A stored snapshot that cannot be had; the message says why and what to do."""


_STORED_FORMAT, _PIECES_FORMAT = 1, 2
_ID = re.compile(r"[0-9a-f]{64}")
_LEVEL = 3  # a third of the time of the default, for a tenth more bytes


def save(snapshot: Snapshot, folder: Path) -> Path:
    """Write the snapshot to a file named by its id, whole or not at all; writing it again changes nothing in it.

    What is of several scopes is packed so that each can be read alone.
    """
    if len(snapshot.scopes) > 1:
        with Writer(folder) as writer:
            for scope in sorted(snapshot.scopes, key=canonical):
                writer.put(scope, snapshot.of(scope))
            return writer.close(snapshot)
    with _aside(folder) as (aside, file):
        _write(snapshot, file)
        return _settle(aside, file, _file(folder, snapshot.id))


def load(folder: Path, snapshot_id: str) -> Snapshot:
    """The snapshot with this id, checked against it. Raises SnapshotError when it is missing or damaged."""
    stored = opened(folder, snapshot_id)
    return _checked(whole(stored), stored.path, snapshot_id) if isinstance(stored, Stored) else stored


def whole(snapshot: Snapshot | Stored) -> Snapshot:
    """With all parts in memory."""
    if isinstance(snapshot, Snapshot):
        return snapshot
    parts = tuple(part for scope in snapshot.scopes for part in snapshot.of(scope))
    return replace(snapshot.head, parts=parts)


def opened(folder: Path, snapshot_id: str) -> Snapshot | Stored:
    """As above, but the scopes of one that has several are left where they are until they are asked for."""
    if not _ID.fullmatch(snapshot_id):
        raise SnapshotError(f"`{snapshot_id[:80]}` is no snapshot id: 64 hexadecimal digits.")
    packed = _packed(folder, snapshot_id)
    if packed.exists():
        return Stored(packed, snapshot_id)
    path = _file(folder, snapshot_id)
    try:
        with _sound(path), gzip.open(path, "rb") as lines:
            snapshot = _read(iter(lines))
    except FileNotFoundError as error:
        raise SnapshotError(f"There is no snapshot {snapshot_id} in {folder}. Import its files again.") from error
    return _checked(snapshot, path, snapshot_id)


def _checked(snapshot: Snapshot, path: Path, snapshot_id: str) -> Snapshot:
    if snapshot.id != snapshot_id:
        raise SnapshotError(f"The stored snapshot {path} is not what its name says. Import its files again.")
    return snapshot


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"The stored snapshot {path} is damaged ({error}). Import its files again.") from error


@contextmanager
def _aside(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file to write to, which is gone if nobody gives it its name."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield Path(name), file
    finally:
        Path(name).unlink(missing_ok=True)


def _settle(aside: Path, file: IO[bytes], target: Path) -> Path:
    file.flush()
    os.fsync(file.fileno())
    aside.replace(target)
    return target


# ----- one file


def _file(folder: Path, snapshot_id: str) -> Path:
    return folder / f"{snapshot_id}.jsonl.gz"


def _write(snapshot: Snapshot, file: IO[bytes]) -> None:
    """A line about the snapshot, then one a part: a reader never holds the text of more than one."""
    head = _head(snapshot) | {"format": _STORED_FORMAT, "parts": len(snapshot.parts)}
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=_LEVEL) as lines:
        lines.write(canonical(head) + b"\n")
        for part in snapshot.parts:
            lines.write(_line(part))


def _line(part: Part) -> bytes:
    return canonical({name: getattr(part, name) for name in Part.__slots__}) + b"\n"


def _head(snapshot: Snapshot) -> dict[str, Json]:
    return {
        "cloud": snapshot.cloud,
        "scope": snapshot.scope,
        "collected_at": snapshot.collected_at,
        "gaps": [asdict(gap) for gap in snapshot.gaps],
        "problems": [asdict(problem) for problem in snapshot.problems],
        "ignored": [asdict(problem) for problem in snapshot.ignored],
    }


def _read(lines: Iterator[bytes]) -> Snapshot:
    head = orjson.loads(next(lines, b""))
    if head["format"] != _STORED_FORMAT:
        raise ValueError(f"format {head['format']} is not known to this version")
    parts = tuple(_part(orjson.loads(line)) for line in lines)
    if len(parts) != head["parts"]:
        raise ValueError(f"{len(parts)} of {head['parts']} parts are there")
    return _headed(head, parts)


def _headed(head: Mapping[str, Any], parts: tuple[Part, ...] = ()) -> Snapshot:
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


# ----- in pieces

_HEAD = "head.json"
_SINCE = (1980, 1, 1, 0, 0, 0)  # what a zip says of files without a date


@dataclass(frozen=True, slots=True)
class Packed:
    """The parts of one scope as they are stored: how many each call has, and their lines; and what names them."""

    scope: str
    rows: bytes
    calls: Mapping[str, tuple[int, bytes]]

    @staticmethod
    def of(scope: str, parts: Iterable[Part]) -> Packed:
        some, calls = sorted(parts, key=lambda p: (p.call, p.region, p.arguments)), dict[str, list[bytes]]()
        for part in some:
            calls.setdefault(part.call, []).append(_line(part))
        return Packed(scope, _rows(some), {call: (len(lines), b"".join(lines)) for call, lines in calls.items()})


class Writer:
    """Stores a snapshot scope by scope, so that none but the one at hand is in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name, self._last = _Name(), b""
        self._pieces: dict[str, dict[str, int]] = {}  # how many parts each call has in each scope
        self.bytes = 0  # of all parts, not compressed

    def __enter__(self) -> Writer:
        self._beside = _aside(self._folder)
        self._path, self._file = self._beside.__enter__()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        return self

    def __exit__(self, *trouble: Any) -> None:
        self._zip.close()
        self._beside.__exit__(*trouble)

    def put(self, scope: str, parts: Iterable[Part]) -> None:
        """All parts of one scope; scopes come in the order of their canonical names."""
        self.take(Packed.of(scope, parts))

    def take(self, packed: Packed) -> None:
        """The same, of what another process has packed."""
        if canonical(packed.scope) <= self._last:
            raise ValueError(f"{packed.scope} comes too late")
        self._last = canonical(packed.scope)
        self._name.take_rows(packed.rows)
        for call, (_count, lines) in packed.calls.items():
            self._add(_member(packed.scope, call), lines)
        self._pieces[packed.scope] = {call: count for call, (count, _lines) in packed.calls.items()}

    def close(self, head: Snapshot) -> Path:
        """Give it its name. `head` is the snapshot without its parts."""
        told = _head(head) | {"format": _PIECES_FORMAT, "pieces": self._pieces, "bytes": self.bytes}
        self._add(_HEAD, canonical(told))
        self._zip.close()
        return _settle(self._path, self._file, _packed(self._folder, self._name.told(head.gaps, head.collected_at)))

    def _add(self, name: str, data: bytes) -> None:
        self.bytes += len(data)
        info = zipfile.ZipInfo(name, _SINCE)
        info.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(info, data, compresslevel=_LEVEL)


@dataclass(frozen=True)
class Stored:
    """A snapshot that stays in its file: what it says of itself is here, its parts are read scope by scope."""

    path: Path
    id: str
    _open: dict[int, zipfile.ZipFile] = field(default_factory=dict, repr=False, compare=False)

    @property
    def _zip(self) -> zipfile.ZipFile:
        """Opened once in each process: those that were forked off would share one place to read at."""
        if os.getpid() not in self._open:
            with _sound(self.path):
                self._open[os.getpid()] = zipfile.ZipFile(self.path)
        return self._open[os.getpid()]

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        with _sound(self.path):
            told: dict[str, Any] = orjson.loads(self._zip.read(_HEAD))
            if told["format"] != _PIECES_FORMAT:
                raise ValueError(f"format {told['format']} is not known to this version")
            return told

    @cached_property
    def head(self) -> Snapshot:
        """All but the parts."""
        with _sound(self.path):
            return _headed(self._told)

    @property
    def cloud(self) -> str:
        return self.head.cloud

    @property
    def scope(self) -> str:
        return self.head.scope

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return self.head.gaps

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.head.problems

    @property
    def collected_at(self) -> str | None:
        return self.head.collected_at

    @property
    def bytes(self) -> int:
        """How large the parts are when they are unpacked."""
        return int(self._told["bytes"])

    @cached_property
    def calls(self) -> Mapping[str, frozenset[str]]:
        return {scope: frozenset(calls) for scope, calls in self._told["pieces"].items()}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many parts each call has in all scopes together."""
        found: dict[str, int] = {}
        for calls in self._told["pieces"].values():
            for call, count in calls.items():
                found[call] = found.get(call, 0) + int(count)
        return found

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(sorted(self._told["pieces"]))

    def of(self, scope: str, calls: Collection[str] | None = None) -> tuple[Part, ...]:
        """The parts of one scope, of these calls only where any are named."""
        known = self._told["pieces"].get(scope, {})
        asked = sorted(known if calls is None else known.keys() & set(calls))
        with _sound(self.path):
            parts = tuple(
                _part(orjson.loads(line))
                for call in asked
                for line in self._zip.read(_member(scope, call)).splitlines()
            )
            if len(parts) != sum(known[call] for call in asked):
                raise ValueError(f"{len(parts)} of the parts of {scope} are there")
        return tuple(sorted(parts, key=lambda part: (part.region, part.call, part.arguments)))


def _member(scope: str, call: str) -> str:
    return f"{quote(scope, safe='')}/{quote(call, safe='')}.jsonl"


def _packed(folder: Path, snapshot_id: str) -> Path:
    return folder / f"{snapshot_id}.zip"
