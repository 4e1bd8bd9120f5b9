"""The toy office as tests want it: its logbook, its snapshot, its estate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from graph.build import Estate, build
from graph.cloud import ImportOptions
from graph.snapshot import Snapshot
from tests.toy.cloud import CLOUD

LOGBOOK = Path(__file__).with_name("office.json")


def page() -> dict[str, Any]:
    """The sample logbook, to be changed at will."""
    found: dict[str, Any] = orjson.loads(LOGBOOK.read_bytes())
    return found


def snapshot(changed: dict[str, Any], folder: Path) -> Snapshot:
    """A snapshot of a changed logbook, through the importer."""
    path = folder / f"{changed['logbook']['office']}.json"
    path.write_text(json.dumps(changed))
    return CLOUD.importers[0].load(path, ImportOptions())


def sample() -> Snapshot:
    return CLOUD.importers[0].load(LOGBOOK, ImportOptions())


def estate(*changed: dict[str, Any], folder: Path | None = None) -> Estate:
    """The estate of the sample, or of changed logbooks written to `folder`."""
    return build([snapshot(one, folder) for one in changed] if folder else [sample()])
