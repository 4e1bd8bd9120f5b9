"""What becomes of snapshots: nodes, edges, sets, and the proof behind each edge."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

import graph.build
from graph.analysis.findings import analyse
from graph.build import BuildError, Estate, build
from graph.model import Category, Edge, EdgeClass, Entry, EntryKind, Strength, Verdict
from graph.snapshot import Snapshot
from tests.toy import office
from tests.toy.cloud import CLOUD
from tests.toy.facts import key_of, read


def _key(kind: str, name: str, where: str = "harbour") -> str:
    return key_of(where, kind, name)


def _expanded(estate: Estate) -> Iterator[Edge]:
    """Every edge between two real nodes; slow and plain."""
    inside: dict[str, list[str]] = {}
    for edge in estate.graph.edges:
        if edge.edge_class is EdgeClass.HAS:
            inside.setdefault(edge.source, []).append(edge.target)
    for edge in estate.graph.edges:
        if edge.edge_class is not EdgeClass.HAS:
            for end in inside.get(edge.target, [edge.target]):
                if end == edge.target or end != edge.source:
                    yield replace(edge, target=end)


def _between(estate: Estate, source: str, target: str) -> dict[str, Edge]:
    return {edge.rule: edge for edge in _expanded(estate) if (edge.source, edge.target) == (source, target)}


@pytest.fixture(scope="module")
def estate() -> Estate:
    return office.estate()


def test_every_pair_that_a_rule_relates_is_an_edge_with_its_verdict_and_no_other_is(estate: Estate) -> None:
    drawn = {(e.rule, e.source, e.target): e.verdict for e in _expanded(estate) if e.rule in estate.rules}
    expected = {}
    for key, (cloud, rule) in estate.rules.items():
        relation = rule.solve(estate.accesses[cloud]).reaches
        for identity in relation.identities if relation else ():
            for resource in relation.resources:
                verdict = relation.verdict(identity, resource)
                if verdict is not Verdict.DENIED and identity != resource:
                    expected[key, identity, resource] = verdict
    widened = {key: v for key, v in drawn.items() if key[1] == key[2]}
    assert {key: v for key, v in drawn.items() if key not in widened} == expected
    assert len(expected) > 20
    assert {key[1] for key in widened} == {_key("person", "cleo"), _key("person", "finn")}


def test_every_edge_of_a_rule_is_proved_by_replay_with_the_same_verdict(estate: Estate) -> None:
    proved = [(edge, estate.hop(edge)) for edge in _expanded(estate) if edge.rule in estate.rules]
    assert [(e, h.proof.verdict) for e, h in proved] == [(e, e.verdict) for e, _hop in proved]
    assert all(hop.proof.evidence for _edge, hop in proved)
    assert all(estate.document(e.document) for _edge, hop in proved for e in hop.proof.evidence)


def test_a_hop_says_in_a_sentence_what_happens(estate: Estate) -> None:
    ada, dan = _key("person", "ada"), _key("person", "dan")
    hop = estate.hop(_between(estate, ada, dan)["toy.drive-robot"])
    assert hop.sentence == "ada drives cart, which wears the badge of dan"
    assert hop.proof.via == _key("robot", "cart")
    watch = _between(estate, _key("person", "night {watch}"), _key("room", "archive"))["toy.read-archive"]
    assert estate.hop(watch).sentence == "night {watch} reads in archive"


def test_memberships_and_workloads_come_from_the_facts_and_need_no_proof(estate: Estate) -> None:
    runs = _between(estate, _key("robot", "cart"), _key("person", "dan"))["runs-as"]
    member = _between(estate, _key("person", "ada"), _key("team", "editors"))["member"]
    assert estate.hop(runs).sentence == "cart runs as dan"
    assert estate.hop(member).sentence == "ada is a member of editors"
    assert estate.hop(member).proof.evidence == ()


def test_equal_answers_share_one_set_node_named_by_its_members(estate: Estate) -> None:
    sets = {edge.source for edge in estate.graph.edges if edge.edge_class is EdgeClass.HAS}
    assert sets == {node.key for node in estate.graph.nodes if node.category is Category.SET}
    vaults = sorted([_key("vault", "bonds"), _key("vault", "payroll")])
    name = "set:" + hashlib.sha256(orjson.dumps(vaults)).hexdigest()
    users = [(e.source, e.verdict) for e in estate.graph.edges if e.target == name]
    assert users == [
        (_key("person", "ada"), Verdict.ALLOWED),
        (_key("person", "cleo"), Verdict.UNKNOWN),
        (_key("person", "gus"), Verdict.ALLOWED),
    ]


def test_an_account_becomes_the_identities_that_act_in_it_and_no_visitor(estate: Estate) -> None:
    owned = {e.target for e in _expanded(estate) if e.rule == "account-owner"}
    names = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "night {watch}")
    assert owned == {_key("person", name) for name in names}


def test_widening_oneself_is_an_edge_to_oneself_that_says_what_is_gained(estate: Estate) -> None:
    finn = _key("person", "finn")
    edge = _between(estate, finn, finn)["toy.sign-ledger"]
    assert (edge.verdict, edge.gains) == (Verdict.ALLOWED, ("door.open",))


def test_use_is_told_from_takeover_and_harms_from_techniques(estate: Estate) -> None:
    found = _between(estate, _key("person", "ben"), _key("person", "dan"))
    assert {rule: edge.strength for rule, edge in found.items()} == {
        "toy.borrow-badge": Strength.BECOMES,
        "toy.send-robot": Strength.USES,
    }
    harm = _between(estate, _key("person", "dan"), _key("vault", "payroll"))["toy.empty-vault"]
    assert (harm.edge_class, harm.harm) == (EdgeClass.GRANTS, "read_secrets")


def test_nodes_and_edges_are_sorted(estate: Estate) -> None:
    keys = [node.key for node in estate.graph.nodes]
    assert keys == sorted(set(keys))
    ends = [(e.source, e.target, e.edge_class, e.rule, e.verdict) for e in estate.graph.edges]
    assert ends == sorted(ends)


def test_hosts_that_were_never_listed_make_edges_unknown_and_none_listed_makes_them_latent(tmp_path: Path) -> None:
    eve, dan = _key("person", "eve"), _key("person", "dan")
    page = office.page()
    del page["robots"]
    unlisted = office.estate(page, folder=tmp_path)
    edge = _between(unlisted, eve, dan)["toy.drive-robot"]
    assert (edge.verdict, unlisted.hop(edge).proof.verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
    assert "drives a host" in unlisted.hop(edge).sentence

    none = office.estate({**page, "robots": []}, folder=tmp_path)
    assert "toy.drive-robot" not in _between(none, eve, dan)
    assert none.latent["toy.drive-robot"].verdict(eve, dan) is Verdict.ALLOWED
    assert none.graph.id != unlisted.graph.id


def test_what_was_never_asked_for_is_assumed_on_every_edge_of_that_scope_only(tmp_path: Path) -> None:
    page, other = office.page(), office.page()
    del page["bars"]
    other["logbook"]["office"] = "hill"
    page["badges"][5]["opens"].append({"what": "door/lobby", "office": "hill"})
    found = office.estate(page, other, folder=tmp_path)
    rules = [edge for edge in _expanded(found) if edge.rule in found.rules]
    for edge in rules:
        touches = {edge.source.split(":")[1], edge.target.split(":")[1]} if edge.source != "anonymous" else set()
        if touches == {"hill"}:
            assert edge.assumed == (), edge
        if touches == {"harbour"}:
            assert edge.assumed == ("bars",), edge
    assert {edge.assumed for edge in rules} == {(), ("bars",)}


def test_several_snapshots_make_one_estate_whatever_their_order(tmp_path: Path) -> None:
    hill = office.page()
    hill["logbook"]["office"] = "hill"
    hill["badges"][2]["opens"] = [{"what": "door/control", "office": "harbour"}]
    one, two = office.sample(), office.snapshot(hill, tmp_path)
    both = build([one, two])
    assert build([two, one, one]).graph == both.graph
    assert both.graph.snapshots == tuple(sorted([one.id, two.id]))
    assert "toy.administer" in _between(both, _key("person", "ada", "hill"), "toy:harbour")
    assert both.graph.id not in {build([one]).graph.id, build([two]).graph.id}


def test_no_snapshot_makes_an_empty_estate() -> None:
    empty = build([])
    assert (empty.graph.nodes, empty.graph.edges, empty.entries) == ((), (), ())


def test_a_cloud_that_is_not_installed_is_an_error_that_names_it() -> None:
    with pytest.raises(BuildError, match="nimbus"):
        build([Snapshot("nimbus", "x", ())])


def test_progress_names_each_rule_and_ends_at_the_whole() -> None:
    heard: list[tuple[int, int, str]] = []
    build([office.sample()], lambda done, total, words: heard.append((done, total, words)))
    assert [done for done, _total, _words in heard] == list(range(9))
    assert heard[-1][0] == heard[-1][1]
    assert "Drive a robot by hand" in heard[1][2]


def test_a_hop_that_needs_no_decision_still_says_why_it_holds(estate: Estate) -> None:
    plain = {edge.rule: edge for edge in _expanded(estate) if edge.rule not in estate.rules}
    assert len(plain) > 1
    for edge in plain.values():
        assert [because.words for because in estate.hop(edge).proof.because if because.words], edge


def test_an_edge_to_what_nobody_has_read_is_left_out_and_told(tmp_path: Path) -> None:
    page = office.page()
    page["robots"][0]["wears_badge_of"] = "nobody"
    estate = office.estate(page, folder=tmp_path)
    nodes = {node.key for node in estate.graph.nodes}
    assert all({edge.source, edge.target} <= nodes for edge in estate.graph.edges)
    (told,) = estate.facts["toy"].problems
    assert _key("person", "nobody") in told.what
    assert (told.place, told.scope) == (_key("robot", page["robots"][0]["name"]), "harbour")
    assert analyse(estate).paths


def test_an_entry_that_nobody_has_read_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Entry(EntryKind.KEY, "toy:harbour:person/nobody")
    lost = replace(CLOUD, read=lambda some: replace(read(some), entries=(*read(some).entries, stranger)))
    monkeypatch.setattr(graph.build, "clouds", lambda: {"toy": lost})
    estate = build([office.sample()])
    assert stranger not in estate.entries
    assert "person/nobody" in estate.facts["toy"].problems[0].what
