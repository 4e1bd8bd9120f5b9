"""What only the store in a folder can get wrong: its files."""

from __future__ import annotations

import os
from pathlib import Path

import ladybug
import pytest

from graph.model import Category, Graph, Node
from graph.store import StoreError, open_store

WORDS = {"a": "word", "b": "word"}
EMPTY = Graph("g", (), (), ())


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(f"embedded:{tmp_path / 'file' / 'graphs'}")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 10_000])
def test_a_foreign_file_in_place_of_a_graph_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "g.lbug").write_bytes(content)
    with pytest.raises(StoreError, match="graph g"):
        open_store(f"embedded:{tmp_path}").open("g")


def test_a_graph_under_the_name_of_another_is_an_error(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path}")
    store.publish(EMPTY)
    (tmp_path / "g.lbug").rename(tmp_path / "h.lbug")
    with pytest.raises(StoreError, match="something else"):
        store.open("h")


def test_an_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path / 'graphs'}")
    store.publish(Graph("../outside", (), (), ()))
    assert list(store.ids()) == ["../outside"]
    assert [path.name for path in tmp_path.iterdir()] == ["graphs"]


def test_only_the_graph_stays_behind_and_old_files_aside_are_swept_away(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path}")
    old, fresh = tmp_path / "x.lbug.1.new", tmp_path / "y.lbug.2.new"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (0, 0))
    store.publish(EMPTY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.lbug", "y.lbug.2.new"]
    assert list(store.ids()) == ["g"]


def test_a_graph_whose_id_looks_like_a_file_aside_is_kept(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path}")
    store.publish(Graph("x.new", (), (), ()))
    os.utime(tmp_path / "x.new.lbug", (0, 0))
    store.publish(EMPTY)
    assert list(store.ids()) == ["g", "x.new"]


def test_a_graph_of_before_words_were_kept_is_read_without_folding(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path}")
    nodes = tuple(Node(key, "role", key, "toy", key, Category.IDENTITY) for key in ("a", "b"))
    store.publish(Graph("g", (), nodes, ()), WORDS)
    with ladybug.Database(str(tmp_path / "g.lbug")) as database, ladybug.Connection(database) as connection:
        connection.execute("ALTER TABLE Node DROP alike")
        connection.execute("MATCH (m:Meta {key: 'format'}) SET m.value = '1'")
    with store.open("g") as opened:
        assert list(opened.lines()) == list(opened.nodes()) == list(nodes)
        assert opened.words(["a"]) == opened.spread(["word"]) == {}
        assert list(opened.nodes(alike="word")) == []
        assert opened.count(alike="word") == 0
