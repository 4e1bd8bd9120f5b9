"""What a file is, is told by its content, for any cloud; and what nobody knows is refused in words that help."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph import formats
from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds import clouds

TOY = Path(__file__).parents[2] / "toy/office.json"


@pytest.fixture(autouse=True)
def _with_the_toy_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GRANTPATH_EXTRA_CLOUDS", "tests.toy.cloud")
    clouds.cache_clear()
    yield
    clouds.cache_clear()


def test_a_file_of_any_cloud_is_recognised_and_loaded() -> None:
    known = formats.recognise(TOY)
    assert known is not None
    assert known[0].key == "toy"
    snapshot = formats.load(TOY, ImportOptions())
    assert (snapshot.cloud, bool(snapshot.parts)) == ("toy", True)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.json", b'{"hello": 1}', "`a.json` looks like JSON of another kind."),
        ("a.json", b'\xef\xbb\xbf [{"hello": 1}]', "`a.json` looks like JSON of another kind."),
        ("a.txt", b"hello", "`a.txt` looks like a text that is no JSON."),
        ("a.bin", b"\x7fELF\0\0", "`a.bin` looks like binary data."),
        ("a.json", b"", "`a.json` looks like an empty file."),
        ("a.zip", b"PK\x03\x04 cut", "`a.zip` looks like a damaged zip archive."),
        ("a.tgz", b"\x1f\x8b cut", "`a.tgz` looks like a gzip archive that is damaged"),
    ],
)
def test_what_nobody_knows_is_refused_with_what_it_looks_like_and_what_is_accepted(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImportRefusedError) as refused:
        formats.load(tmp_path / name)
    assert str(refused.value).startswith(words)
    labels = [importer.label for cloud in clouds().values() for importer in cloud.importers]
    assert labels
    assert all(label in str(refused.value) for label in labels)


def test_a_folder_or_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="looks like an empty folder"):
        formats.load(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ImportRefusedError, match="a zip archive without the files that are expected"):
        formats.load(tmp_path / "a.zip")
    with pytest.raises(ImportRefusedError, match="a folder without the files that are expected"):
        formats.load(tmp_path)


def test_a_path_with_nothing_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="There is nothing at"):
        formats.load(tmp_path / "absent")
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    with pytest.raises(ImportRefusedError, match="There is nothing at"):
        formats.load(tmp_path / "link")
