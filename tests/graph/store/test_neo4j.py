"""What only the store on a server can get wrong: the server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import neo4j
import pytest

from docs import graph_model
from graph.model import Category, Edge, EdgeClass, Graph, Node, Verdict
from graph.store import StoreError, neo4j_loading, open_store
from graph.store.neo4j_server import address, refuse_old
from tests.servers.neo4j import Neo4j

pytestmark = pytest.mark.xdist_group("neo4j")

NODES = tuple(Node(f"n{at:04}", "role", "", "toy", "", Category.IDENTITY) for at in range(7))
CHAIN = tuple(Edge(a.key, b.key, EdgeClass.CAN_BECOME, "t", Verdict.ALLOWED) for a, b in pairwise(NODES))
GRAPH = Graph("g", (), NODES, CHAIN)


def _count(server: Neo4j, what: str) -> int:
    with neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{server.port}", auth=("neo4j", server.password)) as driver:
        return int(driver.execute_query(f"{what} RETURN count(*) AS number").records[0]["number"])


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j_loading, "BATCH", 2)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("neo4j://127.0.0.1", "no user"),
        ("neo4j://neo4j@", "no host"),
        ("neo4j://neo4j:secret@127.0.0.1", "holds a password"),
        ("neo4j://neo4j@127.0.0.1:port", "broken"),
        ("neo4j://neo4j@127.0.0.1?x=1", "more than that"),
    ],
)
def test_a_url_that_is_wrong_is_told_and_a_password_in_it_is_not_shown(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as told:
        open_store(url)
    assert "secret" not in str(told.value)


def test_a_url_names_host_port_user_and_database() -> None:
    found = address("bolt+s://a%40b@[::1]/estates")
    assert (found.place, found.user, found.database) == ("bolt+s://[::1]:7687", "a@b", "estates")


def test_the_password_comes_from_a_file_too(
    empty_neo4j: Neo4j, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRANTPATH_STORE_PASSWORD")
    with pytest.raises(StoreError, match="needs a password"):
        open_store(empty_neo4j.url)
    monkeypatch.setenv("GRANTPATH_STORE_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(empty_neo4j.url)
    (tmp_path / "password").write_text(f"{empty_neo4j.password}\n")
    assert "0 graphs" in open_store(empty_neo4j.url).health()


def test_a_wrong_password_a_wrong_database_and_nobody_there_are_told_apart(
    empty_neo4j: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.store.neo4j_server._PATIENCE", 0.5)
    with pytest.raises(StoreError, match=r"no database `elsewhere`"):
        open_store(f"{empty_neo4j.url}/elsewhere").health()
    with pytest.raises(StoreError, match="cannot be reached"):
        open_store("neo4j://neo4j@127.0.0.1:1").health()
    monkeypatch.setenv("GRANTPATH_STORE_PASSWORD", "guess")
    with pytest.raises(StoreError, match="refuses user `neo4j`") as told:
        open_store(empty_neo4j.url).health()
    assert "guess" not in str(told.value)


@pytest.mark.parametrize(
    ("version", "old"),
    [("4.4.48", True), ("5.25.1", True), ("5.26.30", False), ("2026.08.1", False), ("5.27-aura", False)],
)
def test_a_version_that_is_too_old_is_refused(version: str, old: bool) -> None:
    if not old:
        refuse_old(version)
        return
    with pytest.raises(StoreError, match=r"too old\. Use 5\.26"):
        refuse_old(version)


def test_health_names_version_and_edition(empty_neo4j: Neo4j) -> None:
    assert "Neo4j 2026.08.1 (community edition)" in open_store(empty_neo4j.url).health()


def test_a_database_of_a_newer_grantpath_is_left_alone(empty_neo4j: Neo4j) -> None:
    open_store(empty_neo4j.url).publish(GRAPH)
    change = "MATCH (s:Grantpath {name: 'schema'}) SET s.version = s.version + $by"
    empty_neo4j.run(change, by=1)
    try:
        with pytest.raises(StoreError, match="newer Grantpath"):
            open_store(empty_neo4j.url).ids()
    finally:
        empty_neo4j.run(change, by=-1)


@pytest.mark.usefixtures("small_batches")
def test_many_batches_are_one_graph(empty_neo4j: Neo4j) -> None:
    store = open_store(empty_neo4j.url)
    store.publish(GRAPH)
    with store.open("g") as opened:
        assert opened.graph() == GRAPH


class _Broken(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("in the middle of it")


@pytest.mark.usefixtures("small_batches")
def test_a_load_that_fails_leaves_nothing_behind(empty_neo4j: Neo4j) -> None:
    store = open_store(empty_neo4j.url)
    store.publish(replace(GRAPH, id="other"))
    broken = replace(CHAIN[-1], verdict=_Broken("allowed"))
    with pytest.raises(RuntimeError, match="in the middle"):
        store.publish(replace(GRAPH, edges=(*CHAIN[:-1], broken)))
    assert list(store.ids()) == ["other"]
    assert _count(empty_neo4j, "MATCH (:Node)") == len(NODES)
    assert _count(empty_neo4j, "MATCH ()-[e]->()") == len(CHAIN)
    assert _count(empty_neo4j, "MATCH (u) WHERE u:Unfinished OR u:Deleted") == 0


def test_what_a_writer_that_died_left_is_swept_away_when_it_is_overdue(empty_neo4j: Neo4j) -> None:
    store = open_store(empty_neo4j.url)
    store.publish(GRAPH)
    empty_neo4j.run("CREATE (:Unfinished {snap: 900, touched: 0}) CREATE (:Node:Identity {num: 900 * 4294967296 + 1})")
    empty_neo4j.run("CREATE (:Unfinished {snap: 901, touched: timestamp()}) CREATE (:Node {num: 901 * 4294967296})")
    store.publish(replace(GRAPH, id="next"))
    assert _count(empty_neo4j, "MATCH (n:Node) WHERE n.num >= 900 * 4294967296") == 1
    assert _count(empty_neo4j, "MATCH (u) WHERE u:Unfinished OR u:Deleted") == 1
    assert list(store.ids()) == ["g", "next"]


def test_a_deleted_graph_leaves_no_node_and_no_edge(empty_neo4j: Neo4j) -> None:
    store = open_store(empty_neo4j.url)
    store.publish(GRAPH)
    store.delete("g")
    assert _count(empty_neo4j, "MATCH (n) WHERE NOT n:Grantpath") == 0


def test_a_graph_that_is_deleted_under_its_reader_is_an_error_and_never_a_part_of_it(empty_neo4j: Neo4j) -> None:
    store = open_store(empty_neo4j.url)
    store.publish(GRAPH)
    with store.open("g") as opened:
        store.delete("g")
        with pytest.raises(StoreError, match="deleted while it was read"):
            opened.count()
        store.publish(GRAPH)  # the same id once more is not what was opened
        with pytest.raises(StoreError, match="deleted while it was read"):
            opened.node("n0001")


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Neo4j]:
    with Neo4j(heap="256m", pages="16m") as server:
        monkeypatch.setenv("GRANTPATH_STORE_PASSWORD", server.password)
        yield server


def test_a_server_that_was_killed_comes_back_with_every_graph_and_the_store_goes_on(
    own_server: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.store.neo4j_server._PATIENCE", 1.0)
    store = open_store(own_server.url)
    store.publish(GRAPH)
    own_server.stop(signal.SIGKILL)
    with pytest.raises(StoreError, match="cannot be reached"):
        store.publish(replace(GRAPH, id="next"))
    own_server.start()
    store.publish(replace(GRAPH, id="next"))
    assert list(store.ids()) == ["g", "next"]
    with store.open("g") as opened:
        assert opened.graph() == GRAPH


def test_the_reference_of_the_graph_is_that_of_the_schema_and_its_question_works(empty_neo4j: Neo4j) -> None:
    assert graph_model.PLACE.read_text("utf-8") == graph_model.page(), "run `python -m docs.graph_model`"
    open_store(empty_neo4j.url).publish(GRAPH)
    empty_neo4j.run(graph_model.page().split("```cypher\n")[2].split("```")[0], key="n0001")
