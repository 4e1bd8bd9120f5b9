"""Archives are trusted in nothing: what could do harm stops the import, with the reason."""

from __future__ import annotations

import gzip
import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.cloud import ImportOptions, ImportRefusedError, Limits
from graph.clouds.aws.formats import importing
from tests.graph.clouds.aws.snapshot_files import ACCOUNT, US, write

NAME = f"aws/{ACCOUNT}/{US}/kms-list-keys.json"
DATA = b'{"Keys": []}'


def _zip(path: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, DATA)
        fill(archive)
    return path


def _many(archive: zipfile.ZipFile, data: bytes) -> None:
    for number in range(20):
        archive.writestr(f"aws/{number}.json", data)


def _tar(path: Path, *entries: tarfile.TarInfo, data: bytes = DATA) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for entry in (_file(NAME), *entries):
            archive.addfile(entry, io.BytesIO(data[: entry.size]))
    return path


def _file(name: str, size: int = len(DATA), kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size if kind == tarfile.REGTYPE else 0, kind, link
    return info


def _refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(ImportRefusedError) as refused:
        importing.load(path, ImportOptions(limits=limits or Limits()))
    return str(refused.value)


BAD_NAMES = [
    "../../etc/passwd",
    f"aws/{ACCOUNT}/{US}/../../../x.json",
    "/etc/passwd",
    "C:/windows/x.json",
    "C:\\windows\\x.json",
    "..\\x.json",
    "aws/a\0b.json",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_path_that_leads_out_of_a_zip_stops_the_import(tmp_path: Path, name: str) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("placeholder")
        info.filename = info.orig_filename = name
        archive.writestr(info, DATA)

    if "\0" in name:
        path = _zip(tmp_path / "a.zip", lambda a: a.writestr("aws/a#b.json", DATA))
        path.write_bytes(path.read_bytes().replace(b"aws/a#b.json", b"aws/a\0b.json"))
    else:
        path = _zip(tmp_path / "a.zip", fill)
    assert "leads out of the archive" in _refused(path)


@pytest.mark.parametrize("name", [name for name in BAD_NAMES if "\0" not in name])
def test_a_path_that_leads_out_of_a_tar_stops_the_import(tmp_path: Path, name: str) -> None:
    assert "leads out of the archive" in _refused(_tar(tmp_path / "a.tgz", _file(name)))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
    ids=["link", "hard link", "character device", "block device", "pipe"],
)
def test_a_link_or_device_in_a_tar_stops_the_import(tmp_path: Path, kind: bytes) -> None:
    path = _tar(tmp_path / "a.tgz", _file("aws/x.json", kind=kind, link=NAME))
    assert "`aws/x.json` is a link or device" in _refused(path)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR], ids=["link", "pipe", "device"])
def test_a_link_or_device_in_a_zip_stops_the_import(tmp_path: Path, mode: int) -> None:
    info = zipfile.ZipInfo("aws/x.json")
    info.external_attr = (mode | 0o777) << 16
    assert "is a link or device" in _refused(_zip(tmp_path / "a.zip", lambda a: a.writestr(info, "/etc/passwd")))


@pytest.mark.parametrize("name", [NAME, f"./{NAME}", NAME.replace("/", "//"), NAME.replace("/", "\\")])
def test_a_second_copy_of_a_member_stops_the_import(tmp_path: Path, name: str) -> None:
    assert f"`{NAME}` is in the archive twice" in _refused(_tar(tmp_path / "a.tgz", _file(name)))


def test_a_second_copy_in_a_zip_stops_the_import(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = _zip(tmp_path / "a.zip", lambda archive: archive.writestr(NAME, b"{}"))
    assert "is in the archive twice" in _refused(path)


def test_an_encrypted_zip_stops_the_import(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", lambda _: None)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1  # the flag that says: encrypted
    path.write_bytes(bytes(data))
    assert "encrypted" in _refused(path)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_zip_that_was_cut_stops_the_import(tmp_path: Path, part: float) -> None:
    path = _zip(tmp_path / "a.zip", lambda archive: archive.writestr("aws/more.json", DATA * 100))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    assert "The archive is damaged" in _refused(path)


def test_a_zip_with_a_changed_byte_stops_the_import(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", lambda _: None)
    data = bytearray(path.read_bytes())
    data[30 + len(NAME) + 4] ^= 0xFF
    path.write_bytes(bytes(data))
    assert "The archive is damaged" in _refused(path)


def test_a_tar_that_was_cut_stops_the_import(tmp_path: Path) -> None:
    path = _tar(tmp_path / "a.tgz", *(_file(f"aws/{n}.json") for n in range(500)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "The archive is damaged" in _refused(path)


def test_more_bytes_than_allowed_stop_the_import_while_unpacking(tmp_path: Path) -> None:
    bomb = b"0" * 5_000_000
    limits = Limits(bytes=1_000_000)
    zipped = _zip(tmp_path / "a.zip", lambda archive: archive.writestr("aws/x.json", bomb))
    tarred = _tar(tmp_path / "a.tgz", _file("aws/x.json", len(bomb)), data=bomb)
    assert zipped.stat().st_size < 20_000
    for path in (zipped, tarred):
        assert "More than 1,000,000 bytes (unpacked), the limit" in _refused(path, limits)


def test_bytes_of_many_small_files_count_together(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", lambda a: _many(a, b"0" * 1000))
    assert "bytes (unpacked), the limit" in _refused(path, Limits(bytes=10_000))


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 3_000_000_000
    with gzip.open(tmp_path / "a.tgz", "wb") as file:
        file.write(header.tobuf())
        file.write(b"0" * 100_000)
    assert "The archive is damaged" in _refused(tmp_path / "a.tgz")


def test_more_files_or_deeper_folders_than_allowed_stop_the_import(tmp_path: Path) -> None:
    many = _zip(tmp_path / "a.zip", lambda a: _many(a, DATA))
    deep = _zip(tmp_path / "b.zip", lambda a: a.writestr("aws/" + "d/" * 20 + "x.json", DATA))
    assert "More than 10 files, the limit" in _refused(many, Limits(files=10))
    assert "lies deeper than 12 folders" in _refused(deep)


def test_the_limits_hold_for_a_folder_too(tmp_path: Path) -> None:
    write(tmp_path, {NAME: DATA, f"aws/{ACCOUNT}/{US}/a/b/c/d/e/f/g/h/i/j/k.json": DATA})
    assert "lies deeper than 12 folders" in _refused(tmp_path)
    assert "the limit" in _refused(tmp_path, Limits(depth=99, files=1))
    assert "the limit" in _refused(tmp_path, Limits(depth=99, bytes=20))


def test_nesting_is_limited_inside_archives(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", lambda a: a.writestr(f"aws/{ACCOUNT}/{US}/kms-list-aliases.json", "[" * 100_000))
    assert "nested deeper than 200" in _refused(path)


def test_nothing_is_written_where_the_archive_says(tmp_path: Path) -> None:
    importing.load(_zip(tmp_path / "a.zip", lambda _: None), ImportOptions())
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_without_a_snapshot_is_not_recognised(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
        archive.writestr("data.json", json.dumps({"a": 1}))
    assert not importing.recognise(tmp_path / "a.zip")
    assert "There is no `aws/<account>/<region>/`" in _refused(tmp_path / "a.zip")


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\x1f\x8b", b"\x1f\x8b" + b"\0" * 50])
def test_rubbish_with_the_first_bytes_of_an_archive_is_not_recognised_and_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert not importing.recognise(path)
    assert _refused(path)
