"""Snapshots rest in files named by their id: whole or absent, checked when read."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from graph.model import Gap, Problem
from graph.snapshot import Part, Snapshot, SnapshotError, Stored, Writer, load, opened, save

SNAPSHOT = Snapshot(
    cloud="toy",
    scope="office",
    parts=(
        Part("toy", "office", "", "logbook", (), {"b": [1, 2.5, None, "é"], "a": {"x": True}}, "a.json"),
        Part("toy", "office", "", "page", ("1", "two"), [], "b.json"),
    ),
    gaps=(Gap("toy", "office", "", "page", ("3",), "torn out", "Find it."),),
    problems=(Problem("a.json", "/b", "odd", "Look."),),
    collected_at="2026-01-31T08:00:00Z",
    ignored=(Problem("c.json", "", "ignored: not a page"),),
)


def test_a_snapshot_comes_back_equal_with_its_problems_and_remarks(tmp_path: Path) -> None:
    path = save(SNAPSHOT, tmp_path / "deep" / "folder")
    found = load(path.parent, SNAPSHOT.id)
    assert path.name == f"{SNAPSHOT.id}.jsonl.gz"
    assert (found, found.problems, found.ignored) == (SNAPSHOT, SNAPSHOT.problems, SNAPSHOT.ignored)
    assert found.id == SNAPSHOT.id


def test_saving_gives_the_same_bytes_each_time_and_leaves_nothing_aside(tmp_path: Path) -> None:
    first = save(SNAPSHOT, tmp_path).read_bytes()
    again = save(replace(SNAPSHOT), tmp_path).read_bytes()
    assert first == again
    assert [path.name for path in tmp_path.iterdir()] == [f"{SNAPSHOT.id}.jsonl.gz"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = replace(SNAPSHOT, problems=(Problem("a", "b", "c", object()),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        save(broken, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_snapshot_says_so_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"There is no snapshot 0000.* Import its files again"):
        load(tmp_path, "0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "G" * 64])
def test_what_is_no_id_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(SnapshotError, match="is no snapshot id"):
        load(tmp_path, name)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_file_that_was_cut_is_damaged(tmp_path: Path, keep: float) -> None:
    path = save(SNAPSHOT, tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(SnapshotError, match=r"is damaged .* Import its files again"):
        load(tmp_path, SNAPSHOT.id)


def test_a_file_with_other_content_than_its_name_is_refused(tmp_path: Path) -> None:
    path = save(SNAPSHOT, tmp_path)
    other = save(replace(SNAPSHOT, collected_at=None), tmp_path)
    path.write_bytes(other.read_bytes())
    with pytest.raises(SnapshotError, match="is not what its name says"):
        load(tmp_path, SNAPSHOT.id)


@pytest.mark.parametrize("lines", [b"", b"{}\n", b"[]\n", b'{"format": 2}\n', b"not JSON\n"])
def test_a_file_of_something_else_is_damaged(tmp_path: Path, lines: bytes) -> None:
    save(SNAPSHOT, tmp_path).write_bytes(gzip.compress(lines))
    with pytest.raises(SnapshotError, match="is damaged"):
        load(tmp_path, SNAPSHOT.id)


def test_a_part_that_is_missing_is_noticed(tmp_path: Path) -> None:
    path = save(SNAPSHOT, tmp_path)
    path.write_bytes(gzip.compress(b"".join(gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:-1])))
    with pytest.raises(SnapshotError, match="1 of 2 parts are there"):
        load(tmp_path, SNAPSHOT.id)


# ----- of several scopes

HOUSES = replace(
    SNAPSHOT,
    scope="street",
    parts=tuple(
        Part("toy", scope, "", call, (number,), {"says": f"{scope} {call} {number}"})
        for scope in ("1", "10", "a/b", "office")
        for call in ("logbook", "page")
        for number in ("1", "2")
    ),
)


def test_a_snapshot_of_several_scopes_comes_back_equal_and_each_scope_alone(tmp_path: Path) -> None:
    path = save(HOUSES, tmp_path)
    assert load(tmp_path, HOUSES.id) == HOUSES
    stored = opened(tmp_path, HOUSES.id)
    assert isinstance(stored, Stored)
    assert (stored.scopes, stored.calls) == (HOUSES.scopes, HOUSES.calls)
    for scope in HOUSES.scopes:
        assert stored.of(scope) == HOUSES.of(scope)
        assert stored.of(scope, {"page"}) == HOUSES.of(scope, {"page"})
    assert (stored.gaps, stored.problems, stored.collected_at) == (HOUSES.gaps, HOUSES.problems, HOUSES.collected_at)
    assert path.read_bytes() == save(replace(HOUSES, parts=HOUSES.parts[::-1]), tmp_path).read_bytes()


def test_a_snapshot_written_scope_by_scope_has_the_name_of_the_whole(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        for scope in HOUSES.scopes:
            writer.put(scope, HOUSES.of(scope))
        path = writer.close(replace(HOUSES, parts=()))
    assert path.stem == HOUSES.id
    with Writer(tmp_path) as writer:
        writer.put("b", ())
        with pytest.raises(ValueError, match="a comes too late"):
            writer.put("a", ())


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_packed_file_that_was_cut_is_damaged(tmp_path: Path, keep: float) -> None:
    path = save(HOUSES, tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(SnapshotError, match=r"is damaged .* Import its files again"):
        load(tmp_path, HOUSES.id)


def test_a_packed_file_with_other_content_than_its_name_is_refused(tmp_path: Path) -> None:
    path = save(HOUSES, tmp_path)
    path.write_bytes(save(replace(HOUSES, collected_at=None), tmp_path).read_bytes())
    with pytest.raises(SnapshotError, match="is not what its name says"):
        load(tmp_path, HOUSES.id)
