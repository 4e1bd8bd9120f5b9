"""Whatever bytes come: a snapshot that can be kept, or a refusal in words. Never another error."""

from __future__ import annotations

import copy
import io
import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import snapshot as snapshots
from graph.cloud import Importer, ImportOptions, ImportRefusedError, Limits
from graph.clouds.aws.formats import IMPORTERS
from graph.clouds.aws.formats.operations import operations
from tests.graph.clouds.aws.snapshot_files import ACCOUNT, US, in_account, write

REAL = Path(__file__).parents[3] / "data/real"
EXPORT: Any = json.loads((REAL / "aws_gaad_cloudsplaining_test.json").read_bytes())
EXPORT["Policies"] = EXPORT["Policies"][:3]
KINDS = ("iam-get-account", "lambda", "sns", "sts", "s3-", "secretsmanager", "ecs", "describe-regions")
DEMO = {
    path.relative_to(REAL).as_posix(): path.read_bytes()
    for path in sorted((REAL / "aws_cloudmapper_demo").rglob("*"))
    if path.is_file() and any(f"/{kind}" in path.as_posix() for kind in KINDS)
}
OPTIONS = ImportOptions(scope=ACCOUNT, limits=Limits(bytes=3_000_000, files=300))
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _survives(path: Path) -> None:
    """Recognising never raises; loading gives a snapshot that can be named and kept, or refuses in a sentence."""
    for importer in IMPORTERS:
        if importer.recognise(path) or path.is_file():
            _loads(importer, path)


def _loads(importer: Importer, path: Path) -> None:
    try:
        snapshot = importer.load(path, OPTIONS)
    except ImportRefusedError as refused:
        _is_a_sentence(str(refused))
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = snapshots.save(snapshot, Path(folder))
        assert snapshots.load(kept.parent, snapshot.id) == snapshot


def _is_a_sentence(words: str) -> None:
    assert words.endswith(".")
    assert "Traceback" not in words


def _in_file(data: bytes, name: str = "file.json") -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        _survives(path)


def _damaged(data: bytes, draw: Callable[[Any], Any]) -> bytes:
    """Some bytes changed, cut out or put in."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(changed) - 1)))
        kind = draw(st.sampled_from(["change", "cut", "insert", "end"]))
        if kind == "change" and changed:
            changed[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del changed[at : at + draw(st.integers(1, 50))]
        elif kind == "insert":
            changed[at:at] = draw(st.binary(max_size=20))
        else:
            del changed[at:]
    return bytes(changed)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in _places(child, (*path, key)))]


def _replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    whole = copy.deepcopy(value)
    at = whole
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = new
    return whole


@slow
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    _in_file(data)
    _in_file(data, "iam-get-account-authorization-details.json")
    _in_file(b"PK\x03\x04" + data)
    _in_file(b"\x1f\x8b\x08" + data)


@slow
@given(st.data())
def test_a_real_export_with_damaged_bytes(data: st.DataObject) -> None:
    _in_file(_damaged(json.dumps(EXPORT).encode(), data.draw))


@slow
@given(st.data())
def test_a_real_export_with_other_values(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(_places(EXPORT)))
    _in_file(json.dumps(_replaced(EXPORT, place, data.draw(ODD))).encode())


@slow
@given(st.data())
def test_a_real_folder_with_a_damaged_file(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DEMO)))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), DEMO | {name: _damaged(DEMO[name], data.draw)})
        _survives(Path(folder))


@slow
@given(st.data())
def test_a_snapshot_of_any_calls_with_any_content(data: st.DataObject) -> None:
    names = sorted(operations())
    files = {}
    for _ in range(data.draw(st.integers(1, 6))):
        operation = operations()[data.draw(st.sampled_from(names))]
        arguments = "".join(
            f"/{data.draw(st.sampled_from(['a', 'b.json', '%2E%2E', 'sha256-00']))}" for _ in operation.parameters
        )
        body = data.draw(st.dictionaries(st.sampled_from(sorted(operation.members)), ODD, max_size=3) | ODD)
        files[f"{data.draw(st.sampled_from(['global', US]))}/{operation.name}{arguments}.json"] = json.dumps(
            body
        ).encode()
    manifest = {"manifest.json": json.dumps(data.draw(ODD)).encode()}
    with tempfile.TemporaryDirectory() as folder:
        _survives(write(Path(folder), in_account(files) | manifest))


def _packed(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, value in DEMO.items():
                archive.writestr(name, value)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
            for name, value in DEMO.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(value)
                tar.addfile(entry, io.BytesIO(value))
    return buffer.getvalue()


ARCHIVES = {kind: _packed(kind) for kind in ("zip", "tar")}


@pytest.mark.parametrize("kind", sorted(ARCHIVES))
@slow
@given(data=st.data())
def test_a_damaged_archive(kind: str, data: st.DataObject) -> None:
    _in_file(_damaged(ARCHIVES[kind], data.draw), f"a.{kind}")
