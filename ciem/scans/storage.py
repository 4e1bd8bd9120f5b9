"""Uploads and snapshots: in folders of this machine and, where a bucket is set, in that for all machines."""

from __future__ import annotations

import hashlib
import logging
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from ciem.scans import remote
from ciem.scans.models import SnapshotRecord, Upload
from graph import snapshot as snapshots
from graph.snapshot import Snapshot, Stored

log = logging.getLogger(__name__)

CHUNK = 1 << 20
_UPLOADS, _SNAPSHOTS = "uploads", "snapshots"  # what they are called in a bucket


@dataclass(frozen=True, slots=True)
class Received:
    """A file that lies in the uploads folder and has no row yet."""

    name: str
    folder: str
    size: int
    sha256: str


def file_name(name: str) -> str:
    """The last part of a name that a stranger chose, fit to be a file's."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(character if character.isprintable() else "_" for character in last).strip().lstrip(".")
    return plain.encode()[-150:].decode(errors="ignore") or "upload"


def receive(name: str, chunks: Iterable[bytes]) -> Received:
    """Write what comes to a folder of its own; a file that is too large or empty is removed and refused."""
    folder = uuid.uuid4().hex
    place = Path(settings.UPLOADS) / folder / file_name(name)
    place.parent.mkdir(parents=True, mode=0o700)
    try:
        size, digest = _write(place, chunks)
        if remote.is_on():
            remote.keep(place, f"{_UPLOADS}/{folder}/{place.name}")
            shutil.rmtree(place.parent, ignore_errors=True)  # who works on it may be another machine
    except BaseException as error:
        shutil.rmtree(place.parent, ignore_errors=True)
        if isinstance(error, OSError):
            words = f"The file could not be kept ({error.strerror}). Make room and send it again."
            raise ValidationError(words) from error
        raise
    return Received(place.name, folder, size, digest)


def _write(place: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with place.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.MAX_UPLOAD_BYTES:
                limit = settings.MAX_UPLOAD_BYTES // 1_000_000
                raise ValidationError(f"The file is larger than {limit} MB. GRANTPATH_MAX_UPLOAD_BYTES sets the limit.")
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise ValidationError("The file is empty. Export it again.")
    return size, digest.hexdigest()


def read_chunks(place: Path) -> Iterator[bytes]:
    """A file on this machine, piece by piece, as an upload comes."""
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def pack(folder: Path, archive: Path) -> None:
    """A folder as the archive that a user would upload; the same files give the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for place in sorted(place for place in folder.rglob("*") if place.is_file() and not place.is_symlink()):
            info = zipfile.ZipInfo(str(Path(folder.name) / place.relative_to(folder)))
            info.compress_type = zipfile.ZIP_DEFLATED
            with packed.open(info, "w", force_zip64=True) as target, place.open("rb") as source:
                shutil.copyfileobj(source, target, CHUNK)


def bring(upload: Upload) -> None:
    """Have the received file on this machine, if it is anywhere."""
    name = f"{_UPLOADS}/{upload.file}/{upload.name}"
    if remote.is_on() and not upload.place.exists() and name in remote.listed(name):
        remote.fetch(name, upload.place)


def remove_upload(folder: str) -> None:
    """The file is not needed any more; its row, if there is one, stays and says what was received."""
    shutil.rmtree(Path(settings.UPLOADS) / folder, ignore_errors=True)
    if remote.is_on():
        try:
            remote.remove(f"{_UPLOADS}/{folder}/")
        except OSError as error:
            log.warning("%s stays until the next sweep: %s", folder, error)


def uploads_in_bucket() -> dict[str, datetime]:
    """The folders there and when something was last put into each."""
    found: dict[str, datetime] = {}
    for name, moment in remote.listed(f"{_UPLOADS}/").items() if remote.is_on() else ():
        folder = name.split("/")[1]
        found[folder] = max(moment, found.get(folder, moment))
    return found


def _pieces(upload: Upload) -> Path:
    return Path(settings.UPLOADS) / upload.file / "pieces"


def collected(upload: Upload) -> Path:
    """Where the pieces of a live scan lie that are made, a folder for each; all of them are on this machine then."""
    place, prefix = _pieces(upload), f"{_UPLOADS}/{upload.file}/pieces/"
    if remote.is_on():
        shutil.rmtree(place, ignore_errors=True)  # one of them may be of an earlier try, made again elsewhere
        for name in sorted(remote.listed(prefix)):
            remote.fetch(name, place / name.removeprefix(prefix))
    return place


def _share(upload: Upload, key: str) -> None:
    prefix, place = f"{_UPLOADS}/{upload.file}/pieces/{key}/", _pieces(upload) / key
    remote.remove(prefix)
    for file in sorted(found for found in place.rglob("*") if found.is_file()):
        remote.keep(file, prefix + file.relative_to(place).as_posix())


@contextmanager
def making(upload: Upload, key: str, lease: str) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder to make a piece in, aside, and how to put it in its place. An earlier try's is replaced."""
    aside = Path(settings.UPLOADS) / upload.file / "making" / f"{key}.{lease}"
    aside.mkdir(parents=True)

    def settle() -> None:
        place = _pieces(upload) / key
        place.parent.mkdir(exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
        if remote.is_on():
            _share(upload, key)

    try:
        yield aside, settle
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def folder() -> Path:
    """Where snapshots are kept."""
    return Path(settings.SNAPSHOTS)


def save(snapshot: Snapshot | Stored) -> None:
    """Keep a snapshot under its id. One of several scopes may have been written to its file already."""
    place = snapshot.path if isinstance(snapshot, Stored) else snapshots.save(snapshot, folder())
    if remote.is_on():
        remote.keep(place, f"{_SNAPSHOTS}/{place.name}")


def _bring_snapshot(snapshot_id: str) -> None:
    if remote.is_on() and not list(folder().glob(f"{snapshot_id}.*")):
        for name in remote.listed(f"{_SNAPSHOTS}/{snapshot_id}."):
            remote.fetch(name, folder() / name.rpartition("/")[2])


def snapshots_in_bucket() -> dict[str, datetime]:
    """The ids there and since when."""
    found = remote.listed(f"{_SNAPSHOTS}/") if remote.is_on() else {}
    return {name.rpartition("/")[2].split(".")[0]: moment for name, moment in found.items()}


def remove_from_bucket(snapshot_id: str) -> None:
    """Nobody needs it."""
    remote.remove(f"{_SNAPSHOTS}/{snapshot_id}.")


def opened(record: SnapshotRecord) -> Snapshot | Stored:
    """As below, but one of several scopes stays in its file until a scope is asked for."""
    _bring_snapshot(record.snapshot_id)
    return snapshots.opened(folder(), record.snapshot_id)


def load(record: SnapshotRecord) -> Snapshot:
    """A snapshot that was kept. Raises SnapshotError when it is missing or damaged."""
    _bring_snapshot(record.snapshot_id)
    return snapshots.load(folder(), record.snapshot_id)
