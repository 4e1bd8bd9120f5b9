"""The sets of permissions that public catalogues name as ways of escalation, all of which some rule answers."""

from __future__ import annotations

import json
from pathlib import Path

from graph.cloud import PermissionSet

_FILE = Path(__file__).parent / "data" / "permission_sets.json"


def _read() -> tuple[PermissionSet, ...]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        PermissionSet(
            row["id"],
            tuple(row["permissions"]),
            row["family"],
            tuple((catalogue, tuple(names)) for catalogue, names in row["known_to"].items()),
            row.get("retired", ""),
        )
        for row in rows
    )


PERMISSION_SETS = _read()
