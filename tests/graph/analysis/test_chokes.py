"""What would be gone without a node or a grant, who is exposed to whom, and ways that are unlike each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis.administrators import restates
from graph.analysis.best import best_ways
from graph.analysis.chance import Cut, Network
from graph.analysis.chokes import chokes
from graph.analysis.dangers import dangers
from graph.analysis.findings import analyse
from graph.analysis.ranking import Way, ranked
from graph.analysis.reach import Reach
from graph.analysis.sparse import one
from graph.analysis.standing import standings
from graph.analysis.study import Analysis
from graph.analysis.walk import walk
from graph.model import Entry, EntryKind, Graph
from graph.weights import SHIPPED, load
from tests.graph.analysis.plain import PEOPLE, TARGETS, Plain, graphs
from tests.toy import office
from tests.toy.facts import key_of

EXAMPLES = settings(max_examples=60, deadline=None)


def _person(name: str) -> str:
    return key_of("harbour", "person", name)


def _lockers(*more: str) -> dict[str, Any]:
    """The office, where further people with a green badge leave it beside dan's."""
    page = office.page()
    page["people"] += [{"name": name, "badges": ["green"], "leaves_badge_in": "locker-9"} for name in more]
    return page


def _study(page: dict[str, Any], folder: Path) -> tuple[Analysis, tuple[Way, ...]]:
    study = Analysis(office.estate(page, folder=folder))
    return study, ranked(way for way in study.ways(study.estate.entries) if not restates(study, way))


# ----- choke points


def test_without_a_bridge_the_whole_score_is_gone(tmp_path: Path) -> None:
    study, ways = _study(office.page(), tmp_path)
    found = {choke.node: choke for choke in chokes(study, ways) if choke.node}
    through_ada = [way for way in ways if any(edge.source == _person("ada") for edge in way.edges[1:])]
    ada = found[_person("ada")]
    assert set(ada.removed) == {way.finding for way in through_ada}
    assert ada.score == pytest.approx(sum(way.score.value for way in through_ada))
    assert ada.weakened == 0


def test_where_there_is_another_way_only_the_likelihood_falls(tmp_path: Path) -> None:
    study, ways = _study(_lockers("hal"), tmp_path)
    found = {choke.node: choke for choke in chokes(study, ways) if choke.node}
    dan = found[_person("dan")]
    ben = {way.finding for way in ways if way.entry.identity == _person("ben")}
    assert not ben & set(dan.removed)
    assert dan.weakened >= 2
    assert 0 < dan.score < sum(way.score.value for way in ways)


def test_a_statement_that_makes_many_hops_is_one_choke_point(tmp_path: Path) -> None:
    study, ways = _study(_lockers("hal", "ivy"), tmp_path)
    found = {(c.evidence.document, c.evidence.place): c for c in chokes(study, ways) if c.evidence}
    red = found["harbour: red badge", "/opens/0"]
    assert {target for _source, _rule, target in red.edges} >= {_person("dan")}
    assert {way.finding for way in ways if way.entry.identity == _person("ben")} >= set(red.removed)


def test_a_choke_point_takes_away_what_cutting_it_by_hand_does(tmp_path: Path) -> None:
    study, ways = _study(_lockers("hal"), tmp_path)
    at = study.walk.at
    for choke in chokes(study, ways):
        edges = frozenset((at[a], rule, at[b]) for a, rule, b in choke.edges) if choke.evidence else frozenset()
        cut = Cut(frozenset({at[choke.node]} if choke.node else ()), edges)
        for way in ways:
            left = study.network.fan(at[way.entry.identity], cut).chances(one(study.pair(way.harm, way.target)))
            assert bool(left) or way.finding in choke.removed or choke.through < len(ways)
            if way.finding in choke.removed:
                assert not left


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE))
def test_cutting_a_node_that_all_ways_go_through_leaves_nothing(graph: Graph, start: str) -> None:
    network = Network(walk(graph), SHIPPED, {})
    plain = Plain(graph, 2)
    whole = network.fan(network.walk.at[start]).chances()
    for node in PEOPLE:
        if node == start:
            continue
        left = network.fan(network.walk.at[start], Cut(nodes=frozenset({network.walk.at[node]}))).chances()
        pairs = {(network.walk.pairs[at][0], network.walk.nodes[network.walk.pairs[at][1]].key) for at in left}
        assert pairs == set(_without(plain, node).outcomes({start}))
        assert all(left[at].value <= whole[at].value + 1e-9 for at in left)


def _without(plain: Plain, node: str) -> Plain:
    edges = tuple(e for e in plain.graph.edges if node not in (e.source, e.target))
    return Plain(replace(plain.graph, edges=edges), plain.tier)


# ----- dangers


def test_a_danger_is_likelier_than_each_of_its_findings_and_no_likelier_than_all(tmp_path: Path) -> None:
    study, ways = _study(office.page(), tmp_path)
    by_finding = {way.finding: way for way in ways}
    for danger in dangers(study, ways):
        likelihoods = [by_finding[finding].score.likelihood for finding in danger.findings]
        assert danger.score.chance >= max(likelihoods) - danger.score.error
        assert danger.score.prior == 1


def test_dominators_are_the_nodes_that_nobody_gets_around(tmp_path: Path) -> None:
    page = office.page()
    page["hung_out"], page["visitors"] = [], []
    for person in page["people"]:
        person.pop("badge_copied", None)
    page["people"][1]["badge_copied"] = True  # ben alone can start, and borrows dan's badge
    study, ways = _study(page, tmp_path)
    told = {danger.target: danger.dominators for danger in dangers(study, ways)}
    archive = key_of("harbour", "room", "archive")
    assert told[archive] == (_person("dan"), _person("ben"))


def test_dominators_are_left_out_where_there_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study, ways = _study(office.page(), tmp_path)
    monkeypatch.setattr("graph.analysis.dangers.MOST_EDGES", 0)
    assert {danger.dominators for danger in dangers(study, ways)} == {()}


# ----- exposure and impact


@EXAMPLES
@given(graph=graphs, keys=st.sets(st.sampled_from(PEOPLE)), anybody=st.sets(st.sampled_from(PEOPLE)))
def test_exposure_and_impact_are_counted_as_a_search_counts_them(
    graph: Graph, keys: set[str], anybody: set[str]
) -> None:
    entries = [Entry(EntryKind.KEY, key) for key in keys] + [Entry(EntryKind.ANONYMOUS, key) for key in anybody]
    rows = standings(Reach(walk(graph)), entries)
    by_node = {node: row for row in rows for node in row.nodes}
    assert len(by_node) == sum(len(row.nodes) for row in rows)
    plain = Plain(graph, 2)
    within = {one: _touched(plain, one) for one in PEOPLE}
    for node in (*PEOPLE, *TARGETS):
        kinds = {EntryKind.KEY: keys, EntryKind.ANONYMOUS: anybody}
        exposed = {kind: sum(node in within[one] - {one} for one in some) for kind, some in kinds.items()}
        row = by_node.get(node)
        assert dict(row.entries if row else ()) == {kind: number for kind, number in exposed.items() if number}
        assert (row.identities if row else 0) == sum(node in within[one] - {one} for one in PEOPLE)
        if node in PEOPLE:
            become = {other for other in plain.distances({node}) if not other.startswith("use of ")}
            assert (row.becomes if row else 0) == len(become) - 1
            assert (row.harms if row else 0) == len(plain.outcomes({node}))


def _touched(plain: Plain, start: str) -> set[str]:
    return set(plain.distances({start})) | {target for _harm, target in plain.outcomes({start})}


# ----- the best ways


def test_the_best_ways_each_go_without_something_the_others_hang_on(tmp_path: Path) -> None:
    study, ways = _study(_lockers("hal", "ivy", "joe"), tmp_path)
    for witness in ways:
        found = best_ways(study, witness, 3)
        assert found[0] == witness
        assert len({way.id for way in found}) == len(found) <= 3
        for way in found:
            stops = [way.entry.identity, *(edge.target for edge in way.edges)]
            assert len(set(stops)) == len(stops)
            assert way.finding == witness.finding
            assert way.score.chance == witness.score.chance
    ben = [way for way in ways if way.entry.identity == _person("ben")]
    assert all(len(best_ways(study, way, 3)) == 3 for way in ben)
    assert all(len(best_ways(study, way, 9)) == 4 for way in ben)


def test_a_finding_with_one_way_has_one_best_way(tmp_path: Path) -> None:
    study, ways = _study(office.page(), tmp_path)
    [mallory] = [way for way in ways if way.entry.identity == _person("mallory")]
    assert best_ways(study, mallory) == (mallory,)


# ----- the report


def test_scores_of_a_report_lie_between_0_and_100_and_own_weights_make_another_graph(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"name": "ours", "priors": {"key": 0.9}}')
    own = analyse(office.estate(), weights=load(tmp_path / "own.json", SHIPPED))
    shipped = analyse(office.estate())
    assert own.graph_id != shipped.graph_id
    assert own.weights != shipped.weights
    assert shipped.graph_id == office.estate().graph.id
    for report in (own, shipped):
        assert all(0 < (path.score or 0) <= 100 for path in report.paths)
        assert all(row.score is not None for row in report.breaches)
    before = {path.finding: path.score or 0 for path in shipped.paths}
    keys = [path for path in own.paths if path.entry.kind is EntryKind.KEY]
    assert all((path.score or 0) > before[path.finding] for path in keys)
