"""Recognise what a file is by its content and load it, whatever cloud it is of."""

from __future__ import annotations

import zipfile
from pathlib import Path

from graph.cloud import Cloud, Importer, ImportOptions, ImportRefusedError
from graph.clouds import clouds
from graph.snapshot import Snapshot, Stored, whole

_HEAD = 64


def recognise(path: Path) -> tuple[Cloud, Importer] | None:
    """The first importer that knows the file, clouds and their importers asked in order of their keys."""
    for _, cloud in sorted(clouds().items()):
        for importer in sorted(cloud.importers, key=lambda i: i.key):
            if importer.recognise(path):
                return cloud, importer
    return None


def load(path: Path, options: ImportOptions | None = None) -> Snapshot:
    """The snapshot in a file, folder or archive. Raises ImportRefusedError saying what it seems, what is accepted."""
    return whole(load_or_store(path, options or ImportOptions()))


def load_or_store(path: Path, options: ImportOptions) -> Snapshot | Stored:
    """The same; one that is large is stored where the options say, and comes back as what is stored."""
    try:
        if not path.exists():
            raise ImportRefusedError(f"There is nothing at `{path}`.")
        known = recognise(path)
        if known is None:
            raise ImportRefusedError(f"`{path.name}` looks like {looks_like(path)}. {accepted()}")
        return known[1].load(path, options)
    except OSError as error:
        raise ImportRefusedError(f"`{path}` cannot be read: {error.strerror or error}. Check its rights.") from error


def accepted() -> str:
    """What can be imported, in a sentence."""
    labels = [importer.label for _, cloud in sorted(clouds().items()) for importer in cloud.importers]
    return f"Accepted: {'; '.join(labels) or 'nothing, no cloud is installed'}."


def looks_like(path: Path) -> str:
    """In a few words what a file that nobody knows seems to be."""
    if path.is_dir():
        return "a folder without the files that are expected" if any(path.iterdir()) else "an empty folder"
    if not path.is_file():
        return "a device or a link to nothing"
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return _content(path, head)


def _content(path: Path, head: bytes) -> str:
    if not head:
        return "an empty file"
    if head.startswith(b"PK"):
        return (
            "a zip archive without the files that are expected" if zipfile.is_zipfile(path) else "a damaged zip archive"
        )
    if head.startswith(b"\x1f\x8b"):
        return "a gzip archive that is damaged or without the files that are expected"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return "JSON of another kind"
    return "binary data" if b"\0" in head else "a text that is no JSON"
