"""The pieces of a collection, each in a folder of its own, as one snapshot."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from graph.cloud import CollectRefusedError, ImportOptions, Piece
from graph.clouds.aws.collect.asking import Error
from graph.clouds.aws.collect.piece import closed
from graph.clouds.aws.collect.plan import place_of
from graph.clouds.aws.formats import importing
from graph.clouds.aws.formats.manifest import FORMAT
from graph.model import Gap
from graph.snapshot import Snapshot, Stored

_MANIFEST = "manifest.json"
_COLLECTOR = "grantpath"


def write_manifest(folder: Path, collected_at: str, gaps: Sequence[Gap]) -> None:
    """Say when it was, and what cannot be told by an error in the place of an answer."""
    rows = [_row(gap) for gap in gaps]
    about = {"format": FORMAT, "collected_at": collected_at, "collector": _COLLECTOR, "gaps": rows}
    (folder / _MANIFEST).write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))


def joined(folder: Path, lost: Sequence[tuple[Piece, str]], into: Path) -> None:
    """Put the pieces below `folder` together as one snapshot folder; the time is that of the first."""
    manifests = [_take(piece, into) for piece in sorted(p for p in folder.iterdir() if p.is_dir())]
    given_up = [gap for piece, why in lost for gap in closed(place_of(piece), Error("", why))]
    rows = [row for manifest in manifests for row in manifest["gaps"]] + [_row(gap) for gap in given_up]
    if not (into / "aws").exists():
        why = f" The first reason: {rows[0]['error']}" if rows else ""
        raise CollectRefusedError(f"Nothing could be collected.{why}")
    times = [manifest["collected_at"] for manifest in manifests]
    about = {"format": FORMAT, "collected_at": min(times), "collector": _COLLECTOR, "gaps": rows}
    (into / _MANIFEST).write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))


def finish(folder: Path, lost: Sequence[tuple[Piece, str]], options: ImportOptions) -> Snapshot | Stored:
    """The snapshot of the pieces: what importing the same folder gives."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".joined-") as name:
        joined(folder, lost, Path(name))
        return importing.load(Path(name), options)


def _take(piece: Path, into: Path) -> Mapping[str, Any]:
    """Link or copy the files of a piece; its manifest. Pieces never hold the same file."""
    for path in sorted(piece.rglob("*.json*")):
        below = path.relative_to(piece)
        if below.parts != (_MANIFEST,):
            (into / below).parent.mkdir(parents=True, exist_ok=True)
            _link(path, into / below)
    manifest: Mapping[str, Any] = orjson.loads((piece / _MANIFEST).read_bytes())
    return manifest


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _row(gap: Gap) -> dict[str, Any]:
    service, _, operation = gap.call.rpartition("-") if gap.call != "*" else ("*", "", "*")
    return {
        "provider": gap.cloud,
        "scope": gap.scope,
        "region": gap.region,
        "service": service,
        "operation": operation,
        "error": gap.error,
        "arguments": list(gap.arguments),
    }
