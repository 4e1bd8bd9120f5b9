"""From the files of a snapshot to a Snapshot: read each, settle what they say, note what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats.apart import load_apart
from graph.clouds.aws.formats.archive import archive_members, kind_of_archive
from graph.clouds.aws.formats.archive import names as archive_names
from graph.clouds.aws.formats.collection import Collection
from graph.clouds.aws.formats.finishing import finish
from graph.clouds.aws.formats.layout import Layout, arrange, looks_like_snapshot
from graph.clouds.aws.formats.manifest import Manifest, read_manifest
from graph.clouds.aws.formats.members import Member, folder_members, folder_names
from graph.clouds.aws.formats.reader import Reader
from graph.snapshot import Snapshot, Stored

NOTHING = "There is no `aws/<account>/<region>/` and no `<region>/<service>-<operation>.json` here."
_MOST_NAMES = 5_000


def recognise(path: Path) -> bool:
    """Whether a folder or archive has files where a snapshot has them. Looks at names only."""
    try:
        return looks_like_snapshot(_names(path))
    except (OSError, ValueError):
        return False


def _names(path: Path) -> Iterator[list[str]]:
    if path.is_dir():
        yield from folder_names(path, _MOST_NAMES)
    elif path.is_file() and kind_of_archive(path):
        for name in archive_names(path, _MOST_NAMES):
            yield [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def load(path: Path, options: ImportOptions) -> Snapshot | Stored:
    """The snapshot that a folder or archive holds. Raises ImportRefusedError where nothing can be read."""
    collection = Collection()
    with _members(path, options) as (members, links):
        layout = arrange(members, path.resolve().name)
        if not layout.folders:
            raise ImportRefusedError(NOTHING)
        manifest = _manifest(layout, options, collection)
        for name in links:
            collection.problem(name, "refused: a link or device is never followed", "Put the file itself there.")
        for name, why in layout.strays:
            collection.ignore(name, why)
        if stored := load_apart(layout, collection, manifest.gaps, manifest.collected_at, options):
            return stored
        scopes = Reader(layout, options, collection).read()
    return finish(collection, scopes, manifest.collected_at, options)


@contextmanager
def _members(path: Path, options: ImportOptions) -> Iterator[tuple[list[Member], list[str]]]:
    if path.is_dir():
        yield folder_members(path, options.limits)
    else:
        with archive_members(path, options.limits) as members:
            yield members, []


def _manifest(layout: Layout, options: ImportOptions, collection: Collection) -> Manifest:
    if layout.manifest is None:
        return Manifest()
    manifest = read_manifest(layout.manifest.read(), options.limits.nesting)
    for place, what in manifest.faults:
        collection.problem(layout.manifest.name, what, "Correct it; what it would say is not known.", place)
    for question, error in manifest.gaps:
        collection.gap(question, error)
    return manifest
