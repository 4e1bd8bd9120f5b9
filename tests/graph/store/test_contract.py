"""What every store of estate graphs must do. A store joins by adding its kit; no test asks which store it is."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pytest

from graph.model import Category, Edge, EdgeClass, Graph, Node, Strength, Verdict
from graph.store import GraphReader, Only, Store, StoreError, open_store
from tests.servers.neo4j import Neo4j
from tests.toy import office

HOSTILE = (
    "'; MATCH (n) DETACH DELETE n; //",
    '"}) RETURN 1',
    "$key",
    "back\\slash\nand line",
    "nul\x00inside",
    "ünï\u202ecode",
    "{brace}",
    " ",
    "%2e%2e/../..",
)


@dataclass(frozen=True)
class Kit:
    """A store under test: its address, and how to damage one graph in it from outside."""

    url: str
    damage: Callable[[str], None]


def _embedded(request: pytest.FixtureRequest) -> Kit:
    folder = request.getfixturevalue("tmp_path") / "graphs"

    def damage(graph_id: str) -> None:
        path = folder / f"{graph_id}.lbug"
        path.write_bytes(path.read_bytes()[:5000])

    return Kit(f"embedded:{folder}", damage)


def _neo4j(request: pytest.FixtureRequest) -> Kit:
    server: Neo4j = request.getfixturevalue("empty_neo4j")
    one = "MATCH (:Graph {id: $id}) MATCH (:Node)-[e]->() WITH e LIMIT 1 DELETE e"
    return Kit(server.url, lambda graph_id: server.run(one, id=graph_id))


KITS = {"embedded": _embedded, "neo4j": _neo4j}
ON_A_SERVER = {"neo4j": pytest.mark.xdist_group("neo4j")}


@pytest.fixture(params=[pytest.param(name, marks=ON_A_SERVER.get(name, ())) for name in sorted(KITS)])
def kit(request: pytest.FixtureRequest) -> Kit:
    return KITS[request.param](request)


@pytest.fixture
def store(kit: Kit) -> Store:
    return open_store(kit.url)


def _node(key: str, kind: str = "role", category: Category = Category.IDENTITY, **more: object) -> Node:
    return replace(Node(key, kind, f"name of {key}", "toy", "here", category, "Label"), **more)


def _becomes(source: str, target: str, rule: str = "toy.t", verdict: Verdict = Verdict.ALLOWED) -> Edge:
    return Edge(source, target, EdgeClass.CAN_BECOME, rule, verdict)


SMALL = Graph(
    "small",
    ("one", "two"),
    (
        _node("ann", "user", properties=(("born", "1815"), ("town", "London"))),
        _node("ben"),
        _node("cleo"),
        _node("set:1", "set", Category.SET),
        _node("vault", "vault", Category.RESOURCE, targets=("secret", "key")),
    ),
    (
        Edge("ann", "ann", EdgeClass.CAN_BECOME, "toy.widen", Verdict.UNKNOWN, gains=("door.open", "a, b")),
        _becomes("ann", "set:1", verdict=Verdict.CONDITIONAL),
        Edge("ann", "vault", EdgeClass.GRANTS, "toy.h", Verdict.ALLOWED, harm="read_secrets", assumed=("bars", "scp")),
        _becomes("ben", "ann", "toy.u"),
        _becomes("ben", "set:1", verdict=Verdict.ALLOWED),
        Edge("ben", "vault", EdgeClass.CAN_BECOME, "toy.x", Verdict.ALLOWED, Strength.USES, removes="boundary"),
        Edge("set:1", "ben", EdgeClass.HAS, "has", Verdict.ALLOWED),
        Edge("set:1", "cleo", EdgeClass.HAS, "has", Verdict.ALLOWED),
    ),
)


@pytest.fixture
def reader(store: Store) -> Iterator[GraphReader]:
    store.publish(SMALL)
    with store.open("small") as opened:
        yield opened


def _ends(found: object) -> list[tuple[str, str, str, str]]:
    return [(n.edge.source, n.edge.target, n.edge.rule, n.node.key) for n in found]  # type: ignore[attr-defined]


def test_what_was_published_is_read_back_equal(reader: GraphReader) -> None:
    assert reader.graph() == SMALL


def test_an_estate_drawn_from_snapshots_is_read_back_equal(store: Store) -> None:
    graph = office.estate().graph
    store.publish(graph)
    with store.open(graph.id) as opened:
        assert opened.graph() == graph


def test_an_empty_graph_is_a_graph(store: Store) -> None:
    empty = Graph("empty", (), (), ())
    store.publish(empty)
    with store.open("empty") as opened:
        assert opened.graph() == empty
        assert list(opened.nodes()) == []
        assert opened.count() == 0


def test_many_graphs_stand_beside_each_other(store: Store) -> None:
    others = [replace(SMALL, id=f"g{n}", nodes=(*SMALL.nodes, _node(f"zed{n}")), edges=()) for n in range(3)]
    for graph in reversed(others):
        store.publish(graph)
    assert list(store.ids()) == ["g0", "g1", "g2"]
    with store.open("g1") as opened:
        assert opened.node("zed1") == _node("zed1")
        assert opened.node("zed2") is None


def test_a_graph_that_was_never_published_is_an_error_that_says_so(store: Store) -> None:
    with pytest.raises(StoreError, match=r"no graph `nowhere`"):
        store.open("nowhere")


def test_a_deleted_graph_is_gone_and_the_others_stay(store: Store) -> None:
    store.publish(SMALL)
    store.publish(replace(SMALL, id="other"))
    store.delete("small")
    store.delete("small")
    assert list(store.ids()) == ["other"]
    with pytest.raises(StoreError):
        store.open("small")


def test_publishing_an_id_again_changes_nothing(store: Store) -> None:
    store.publish(SMALL)
    store.publish(replace(SMALL, nodes=SMALL.nodes[:2], edges=()))
    with store.open("small") as opened:
        assert opened.graph() == SMALL


def test_a_deleted_graph_can_be_published_anew(store: Store) -> None:
    store.publish(SMALL)
    store.delete("small")
    smaller = replace(SMALL, nodes=SMALL.nodes[:2], edges=SMALL.edges[:1])
    store.publish(smaller)
    with store.open("small") as opened:
        assert opened.graph() == smaller


def test_an_edge_to_a_node_that_is_not_there_is_refused_and_nothing_is_published(store: Store) -> None:
    with pytest.raises(StoreError, match="ghost"):
        store.publish(replace(SMALL, edges=(_becomes("ann", "ghost"),)))
    assert list(store.ids()) == []


def test_two_nodes_with_one_key_are_refused_and_nothing_is_published(store: Store) -> None:
    with pytest.raises(StoreError):
        store.publish(replace(SMALL, nodes=(SMALL.nodes[0], *SMALL.nodes)))
    assert list(store.ids()) == []


def test_an_id_that_no_store_can_keep_is_refused(store: Store) -> None:
    for bad in ("", "x" * 4000):
        with pytest.raises(StoreError, match="id"):
            store.open(bad)


def test_a_set_is_looked_through_on_the_way_out_and_never_leads_back_to_its_source(reader: GraphReader) -> None:
    assert _ends(reader.leaving("ann")) == [
        ("ann", "ann", "toy.widen", "ann"),
        ("ann", "ben", "toy.t", "ben"),
        ("ann", "cleo", "toy.t", "cleo"),
        ("ann", "vault", "toy.h", "vault"),
    ]
    assert _ends(reader.leaving("ben", [EdgeClass.CAN_BECOME])) == [
        ("ben", "ann", "toy.u", "ann"),
        ("ben", "cleo", "toy.t", "cleo"),
        ("ben", "vault", "toy.x", "vault"),
    ]


def test_a_set_is_looked_through_on_the_way_in(reader: GraphReader) -> None:
    assert _ends(reader.entering("cleo")) == [("ann", "cleo", "toy.t", "ann"), ("ben", "cleo", "toy.t", "ben")]
    assert _ends(reader.entering("ben")) == [("ann", "ben", "toy.t", "ann")]
    assert _ends(reader.entering("vault", [EdgeClass.GRANTS])) == [("ann", "vault", "toy.h", "ann")]


def test_an_expanded_edge_keeps_everything_but_its_ends(reader: GraphReader) -> None:
    conditional = reader.leaving("ann")[1].edge
    assert conditional == replace(SMALL.edges[1], target="ben")
    assert reader.leaving("ben", [EdgeClass.CAN_BECOME])[2].edge == SMALL.edges[5]


def test_neighbours_come_in_pages_that_add_up(reader: GraphReader) -> None:
    whole = _ends(reader.leaving("ann"))
    pages = [_ends(reader.leaving("ann", offset=start, limit=3)) for start in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 1, 0]
    assert pages[0] + pages[1] == whole
    assert _ends(reader.entering("vault", offset=1, limit=1)) == _ends(reader.entering("vault"))[1:2]


def test_degrees_count_expanded_edges(reader: GraphReader) -> None:
    assert reader.degree("ann") == (2, 4)
    assert reader.degree("cleo") == (2, 0)
    assert reader.degree("nobody") == (0, 0)


def _ways(found: object) -> list[str]:
    """Each way as the keys it passes and, in brackets, the rules it takes."""
    return [
        " ".join([way[0].edge.source, *(f"({step.edge.rule}) {step.node.key}" for step in way)])
        for way in found  # type: ignore[attr-defined]
    ]


# Two hops from a to z through the set or around it; three over what is surer; y leads back, and nothing leads to w.
NET = Graph(
    "net",
    (),
    (*(_node(key) for key in ("a", "b", "c", "d")), _node("s:1", "set", Category.SET), *(_node(k) for k in "wyz")),
    (
        Edge("a", "b", EdgeClass.MEMBER_OF, "toy.m", Verdict.ALLOWED),
        _becomes("a", "d", "toy.far", Verdict.UNKNOWN),
        _becomes("a", "s:1", "toy.s", Verdict.CONDITIONAL),
        _becomes("b", "c", "toy.t"),
        Edge("c", "z", EdgeClass.CAN_BECOME, "toy.t", Verdict.ALLOWED, Strength.USES),
        Edge("d", "z", EdgeClass.GRANTS, "toy.h", Verdict.ALLOWED, harm="read_secrets"),
        Edge("s:1", "a", EdgeClass.HAS, "has", Verdict.ALLOWED),
        Edge("s:1", "c", EdgeClass.HAS, "has", Verdict.ALLOWED),
        Edge("s:1", "y", EdgeClass.HAS, "has", Verdict.ALLOWED),
        _becomes("y", "s:1", "toy.back"),
        Edge("w", "z", EdgeClass.RUNS_AS, "toy.r", Verdict.ALLOWED),
    ),
)


@pytest.fixture
def net(store: Store) -> Iterator[GraphReader]:
    store.publish(NET)
    with store.open("net") as opened:
        yield opened


def test_all_shortest_ways_are_found_and_a_set_is_no_hop(net: GraphReader) -> None:
    found = net.paths("a", "z")
    assert _ways(found) == ["a (toy.s) c (toy.t) z", "a (toy.far) d (toy.h) z"]
    assert found[0][0].edge == replace(NET.edges[2], target="c")
    assert found[0][1].node == _node("z")
    assert _ways(net.paths("y", "z")) == ["y (toy.back) c (toy.t) z"]


def test_ways_take_only_the_edges_that_one_may_take(net: GraphReader) -> None:
    certain = Only(verdicts=(Verdict.ALLOWED,))
    assert _ways(net.paths("a", "z", certain)) == ["a (toy.m) b (toy.t) c (toy.t) z"]
    becoming = Only(classes=(EdgeClass.CAN_BECOME,))
    assert _ways(net.paths("a", "z", becoming)) == ["a (toy.s) c (toy.t) z"]
    assert _ways(net.paths("a", "z", Only(rules=("toy.far", "toy.h")))) == ["a (toy.far) d (toy.h) z"]
    assert _ways(net.paths("a", "z", Only(strengths=(Strength.BECOMES,)))) == ["a (toy.far) d (toy.h) z"]
    assert _ways(net.paths("d", "z", Only(harms=("read_secrets",)))) == ["d (toy.h) z"]
    assert _ways(net.paths("d", "z", Only(harms=("'] OR true //",)))) == []


def test_ways_are_bounded_in_length_and_number(net: GraphReader) -> None:
    certain = Only(verdicts=(Verdict.ALLOWED,))
    assert _ways(net.paths("a", "z", certain, longest=2)) == []
    assert _ways(net.paths("a", "z", certain, longest=3)) != []
    assert _ways(net.paths("a", "z", limit=1)) == ["a (toy.s) c (toy.t) z"]


def test_there_is_no_way_against_the_arrows_to_itself_to_a_set_or_to_nothing(net: GraphReader) -> None:
    for source, target in (("z", "a"), ("a", "w"), ("a", "a"), ("a", "s:1"), ("s:1", "c"), ("a", "no"), ("no", "a")):
        assert list(net.paths(source, target)) == []


@pytest.mark.parametrize("graph", [SMALL, NET, Graph("empty", (), (), ())], ids=lambda graph: graph.id)
def test_a_graph_comes_as_arrays_of_rows(store: Store, graph: Graph) -> None:
    store.publish(graph)
    with store.open(graph.id) as opened:
        arrays = opened.arrays()
    assert arrays.keys == tuple(node.key for node in graph.nodes)
    assert arrays.sets.tolist() == [node.category is Category.SET for node in graph.nodes]
    kinds = list(EdgeClass)
    ends = zip(arrays.source.tolist(), arrays.target.tolist(), arrays.classes.tolist(), strict=True)
    told = [(arrays.keys[source], arrays.keys[target], kinds[cls]) for source, target, cls in ends]
    assert told == [(edge.source, edge.target, edge.edge_class) for edge in graph.edges]


def test_sets_never_appear(reader: GraphReader) -> None:
    assert reader.node("set:1") is None
    assert [node.key for node in reader.nodes()] == ["ann", "ben", "cleo", "vault"]
    assert reader.count(category="set") == 0
    assert reader.count() == 4
    assert list(reader.leaving("set:1")) == []


def test_several_nodes_are_found_by_their_keys_and_no_sets(reader: GraphReader) -> None:
    every = reader.nodes(limit=1000)
    asked = [every[-1].key, every[0].key, "no such key", "set:1"]
    assert reader.named(asked) == {node.key: node for node in (every[0], every[-1])}
    assert reader.named(()) == {}


def test_nodes_are_found_by_category_kind_target_and_text_together(reader: GraphReader) -> None:
    def keys(**asked: str) -> list[str]:
        found = [node.key for node in reader.nodes(**asked)]
        assert reader.count(**asked) == len(found)
        return found

    assert keys(category="identity") == ["ann", "ben", "cleo"]
    assert keys(kind="role") == ["ben", "cleo"]
    assert keys(target="key") == ["vault"]
    assert keys(text="NAME OF B") == ["ben"]
    assert keys(text="e", kind="role", category="identity") == ["ben", "cleo"]
    assert keys(text="no such thing") == []
    assert keys(category="identity", target="secret") == []


def test_nodes_come_in_pages(reader: GraphReader) -> None:
    assert [node.key for node in reader.nodes(offset=1, limit=2)] == ["ben", "cleo"]
    assert [node.key for node in reader.nodes(offset=3, limit=2)] == ["vault"]


MANY = Graph(
    "many",
    (),
    (
        _node("a1", scope="one"),
        _node("a2", scope="two"),
        _node("a3", scope="two"),
        _node("b1", scope="one", targets=("secret",)),
        _node("b2", scope="two", cloud="other"),
        _node("c", scope="one"),
        _node("d1", "user", scope="one"),
        _node("d2", "user", scope="two"),
    ),
    (),
)
SHARED = {"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B", "d1": "c", "d2": "c"}  # one word is a node's key


@pytest.fixture
def many(store: Store) -> Iterator[GraphReader]:
    store.publish(MANY, SHARED)
    with store.open("many") as opened:
        yield opened


def _keys(nodes: Iterable[Node]) -> list[str]:
    return [node.key for node in nodes]


def test_what_shares_a_word_is_one_line_of_a_folded_list(many: GraphReader) -> None:
    assert _keys(many.lines()) == ["a1", "b1", "c", "d1"]
    assert _keys(many.nodes()) == [node.key for node in MANY.nodes]
    assert _keys(many.lines(offset=1, limit=2)) == ["b1", "c"]
    assert many.lines()[0] == MANY.nodes[0]
    assert many.graph() == MANY


def test_a_list_is_filtered_before_it_is_folded(many: GraphReader) -> None:
    assert _keys(many.lines(text="2")) == ["a2", "b2", "d2"]
    assert _keys(many.lines(kind="user")) == ["d1"]
    assert _keys(many.lines(target="secret")) == ["b1"]


def test_a_line_opens_to_its_members(many: GraphReader) -> None:
    assert _keys(many.nodes(alike="A")) == ["a1", "a2", "a3"]
    assert _keys(many.nodes(alike="A", text="3")) == ["a3"]
    assert (many.count(alike="A"), many.count(alike="A", text="3"), many.count(alike="no such")) == (3, 1, 0)


def test_a_word_is_counted_by_place(many: GraphReader) -> None:
    assert many.words(["a1", "c", "d2", "nobody"]) == {"a1": "A", "d2": "c"}
    assert many.words(()) == {}
    assert many.spread(["A", "B", "no such", ""]) == {
        "A": {("toy", "one"): 1, ("toy", "two"): 2},
        "B": {("toy", "one"): 1, ("other", "two"): 1},
    }
    assert many.spread(["A", "B"], text="1") == {"A": {("toy", "one"): 1}, "B": {("toy", "one"): 1}}
    assert many.spread(["B"], target="secret") == {"B": {("toy", "one"): 1}}


def test_where_nobody_said_what_is_alike_every_node_is_a_line(reader: GraphReader) -> None:
    assert list(reader.lines()) == list(reader.nodes())
    assert reader.words(["ann", "ben"]) == {}
    assert reader.spread(["A"]) == {}


def test_text_is_text_and_never_a_pattern_or_a_query(store: Store) -> None:
    nodes = tuple(sorted((replace(_node(key), name=key) for key in HOSTILE), key=lambda node: node.key))
    edges = tuple(_becomes(a.key, b.key, rule=a.key) for a, b in itertools.pairwise(nodes))
    graph = Graph("hostile", HOSTILE, nodes, edges)
    store.publish(graph, {node.key: node.key for node in nodes})
    with store.open("hostile") as opened:
        assert opened.graph() == graph
        assert opened.words(HOSTILE) == {key: key for key in HOSTILE}
        assert list(opened.lines()) == list(nodes)
        assert opened.named(HOSTILE) == {node.key: node for node in nodes}
        assert opened.spread(HOSTILE) == {key: {("toy", "here"): 1} for key in HOSTILE}
        for node in nodes:
            assert opened.node(node.key) == node
            assert node.key in [found.key for found in opened.nodes(text=node.name)]
        for edge in edges:
            assert [n.edge for n in opened.leaving(edge.source)] == [edge]
            assert [n.edge for n in opened.entering(edge.target)] == [edge]
        assert list(opened.nodes(text=".*")) == []


_READ = """
import sys
from graph.store import open_store
with open_store(sys.argv[1]).open("small") as reader:
    print(len(reader.graph().edges), reader.degree("ann"), flush=True)
    sys.stdin.readline()
    print(len(reader.graph().edges), flush=True)
"""


def test_other_processes_read_while_graphs_are_published_and_deleted(kit: Kit, store: Store) -> None:
    store.publish(SMALL)
    asked = [sys.executable, "-c", _READ, kit.url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(asked, **pipes) as first, subprocess.Popen(asked, **pipes) as second:  # type: ignore[call-overload]
        assert [p.stdout.readline() for p in (first, second)] == ["8 (2, 4)\n"] * 2
        store.publish(replace(SMALL, id="another"))
        assert [p.communicate("\n", timeout=60)[0] for p in (first, second)] == ["8\n"] * 2
    assert (first.returncode, second.returncode) == (0, 0)


_DIE = """
import os, sys
from graph.model import *
from graph.store import open_store

class Deadly(str):
    def __str__(self):
        os._exit(9)

nodes = tuple(Node(f"n{i:05}", "role", "", "toy", "", Category.IDENTITY) for i in range(20000))
edges = (Edge("n00000", "n00001", EdgeClass.MEMBER_OF, "m", Verdict.ALLOWED),
         Edge("n00000", "n00001", EdgeClass.GRANTS, "m", Deadly("allowed")))
open_store(sys.argv[1]).publish(Graph("half", (), nodes, edges))
"""


def test_a_writer_that_dies_half_way_leaves_nothing_to_be_seen(kit: Kit, store: Store) -> None:
    store.publish(SMALL)
    assert subprocess.run([sys.executable, "-c", _DIE, kit.url], check=False, timeout=60).returncode == 9
    assert list(store.ids()) == ["small"]
    with pytest.raises(StoreError):
        store.open("half")
    store.publish(replace(SMALL, id="half"))
    with store.open("half") as opened:
        assert opened.graph().nodes == SMALL.nodes


def test_a_damaged_graph_is_an_error_and_never_an_answer(kit: Kit, store: Store) -> None:
    store.publish(SMALL)
    kit.damage("small")
    with pytest.raises(StoreError, match="small"), store.open("small") as opened:
        opened.graph()


def test_health_names_the_store_and_counts_its_graphs(store: Store) -> None:
    store.publish(SMALL)
    assert "1 graph" in store.health()


@pytest.mark.parametrize("url", ["nothing", "warp:drive", "embedded:", ":x"])
def test_an_address_that_names_no_store_says_what_would(url: str) -> None:
    with pytest.raises(StoreError, match="embedded:"):
        open_store(url)
