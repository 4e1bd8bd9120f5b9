"""Unpack a zip or tar.gz into one spool file, trusting nothing that it says of itself."""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from graph.cloud import ImportRefusedError, Limits
from graph.clouds.aws.formats.members import Budget, Member, is_junk

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_MOST_AT_ONCE = 1 << 24
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
)


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def kind_of_archive(path: Path) -> str:
    """`zip`, `gzip` or nothing, by the first bytes."""
    with path.open("rb") as file:
        head = file.read(4)
    return "zip" if head in _ZIP else "gzip" if head.startswith(_GZIP) else ""


def names(path: Path, most: int = 5_000) -> Iterator[str]:
    """The first names in an archive, as they stand there. Ends quietly where the archive cannot be read."""
    try:
        if kind_of_archive(path) == "zip":
            with zipfile.ZipFile(path) as archive:
                yield from archive.namelist()[:most]
        else:
            with _Gunzip(path, _MOST_AT_ONCE * 4) as stream, tarfile.TarFile(fileobj=stream) as tar:
                for _, entry in zip(range(most), tar, strict=False):
                    yield entry.name
    except (*_DAMAGED, ImportRefusedError):
        return


@contextmanager
def archive_members(path: Path, limits: Limits) -> Iterator[list[Member]]:
    """The files of an archive, sorted. Whatever is not a plain file at a plain path refuses the whole archive."""
    with tempfile.TemporaryFile() as spool:
        try:
            unpack = _unpack_zip if kind_of_archive(path) == "zip" else _unpack_tar
            members = unpack(path, spool, limits)
        except _DAMAGED as error:
            raise ImportRefusedError(f"The archive is damaged ({_words(error)}). Pack it again.") from error
        yield sorted(members, key=lambda member: member.path)


def _words(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _unpack_zip(path: Path, spool: IO[bytes], limits: Limits) -> list[Member]:
    with zipfile.ZipFile(path) as archive:
        packer = _Spool(spool, limits)
        for info in archive.infolist():
            place = packer.place(info.orig_filename)
            mode = info.external_attr >> 16
            if info.flag_bits & 0x1:
                raise ImportRefusedError(f"The archive is encrypted (`{info.filename}`). Pack it without a password.")
            if info.is_dir() or stat.S_ISDIR(mode):
                continue
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise _not_a_file(info.filename)
            with archive.open(info) as source:
                packer.take(place, source)
        return packer.members


def _unpack_tar(path: Path, spool: IO[bytes], limits: Limits) -> list[Member]:
    with _Gunzip(path, limits.bytes) as stream, tarfile.TarFile(fileobj=stream) as archive:
        packer = _Spool(spool, limits)
        for entry in archive:
            place = packer.place(entry.name)
            if entry.isdir():
                continue
            source = archive.extractfile(entry) if entry.isreg() else None
            if source is None:
                raise _not_a_file(entry.name)
            packer.take(place, source)
        return packer.members


class _Gunzip(gzip.GzipFile):
    """A gzip stream that stops at a number of bytes, and whenever a header claims to be huge."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "rb")
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        # tarfile reads an extended header whole, however long it says it is; files are read in small pieces
        if size is None or not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.HeaderError("a header is too long")
        data = super().read(size)
        # Headers and padding come on top of the files: 1 kB for each of a million small ones
        if self.tell() > 2 * self._most + _MOST_AT_ONCE:
            raise ImportRefusedError(f"More than {self._most:,} bytes (unpacked), the limit.")
        return data


def _not_a_file(name: str) -> ImportRefusedError:
    return ImportRefusedError(f"`{name}` is a link or device. A snapshot holds plain files only; pack it again.")


class _Spool:
    """All files of an archive, one after the other in a single file, so that no name of the archive is ever used."""

    def __init__(self, spool: IO[bytes], limits: Limits) -> None:
        self._spool, self._budget = spool, Budget(limits)
        self._seen: set[tuple[str, ...]] = set()
        self.members: list[Member] = []

    def place(self, name: str) -> tuple[str, ...]:
        """The path that a name means, or a refusal. A backslash separates: some Windows tools write it."""
        plain = name.replace("\\", "/")
        parts = tuple(part for part in plain.split("/") if part not in ("", "."))
        drive = len(plain) > 1 and plain[1] == ":"
        if "\0" in name or plain.startswith("/") or drive or ".." in parts:
            raise ImportRefusedError(
                f"`{name[:200]!a}` leads out of the archive. A snapshot's paths are plain and relative; pack it again."
            )
        self._budget.file(parts)
        return parts

    def take(self, path: tuple[str, ...], source: _Reads) -> None:
        if is_junk(path):
            return
        if path in self._seen or not path:
            raise ImportRefusedError(f"`{'/'.join(path)}` is in the archive twice. Pack it again.")
        self._seen.add(path)
        start = self._spool.tell()
        while chunk := source.read(_CHUNK):
            self._budget.spend(len(chunk))
            self._spool.write(chunk)
        size = self._spool.tell() - start
        self.members.append(Member(path, size, lambda: self._read(start, size)))

    def _read(self, start: int, size: int) -> bytes:
        """Without moving: processes that were forked off share the place in the file."""
        self._spool.flush()
        return os.pread(self._spool.fileno(), size, start)
