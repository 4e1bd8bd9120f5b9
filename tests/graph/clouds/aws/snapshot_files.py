"""Write the files of a snapshot, as test data or a test describes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graph.cloud import ImportOptions
from graph.clouds.aws.formats import importing
from graph.snapshot import Snapshot

ACCOUNT = "111122223333"
US = "us-east-1"


def content(file: Mapping[str, Any]) -> bytes:
    """The bytes of a file in a data file: `json`, `lines` (packed), `text` (repeated `times`) or `hex`."""
    if "json" in file:
        return json.dumps(file["json"]).encode()
    if "lines" in file:
        return "".join(json.dumps(line) + "\n" for line in file["lines"]).encode()
    if "hex" in file:
        return bytes.fromhex(file["hex"])
    return (file["text"] * file.get("times", 1)).encode()


def write(root: Path, files: Mapping[str, Any]) -> Path:
    """Put files below a folder; what is not bytes is written as JSON."""
    for name, value in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return root


def described(files: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    return {file["path"]: content(file) for file in files}


def load(root: Path, files: Mapping[str, Any], options: ImportOptions | None = None) -> Snapshot:
    """The snapshot of such files."""
    return importing.load(write(root, files), options or ImportOptions())


def in_account(files: Mapping[str, Any], account: str = ACCOUNT) -> dict[str, Any]:
    return {f"aws/{account}/{name}": value for name, value in files.items()}
