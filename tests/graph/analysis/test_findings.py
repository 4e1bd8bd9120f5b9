"""What an analysis of the toy office says: paths, administrators, breaches, widening, and the proof of each."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from graph.analysis.alternatives import alternatives
from graph.analysis.findings import analyse
from graph.analysis.ranking import ranked
from graph.analysis.reachable import reachable
from graph.analysis.report import Report
from graph.analysis.study import Analysis, finding_key
from graph.build import Estate
from graph.model import Entry, EntryKind, Proof, Strength, Verdict, together
from tests.toy import office
from tests.toy.facts import key_of

OFFICE = "toy:harbour"


def _person(name: str, where: str = "harbour") -> str:
    return key_of(where, "person", name)


@pytest.fixture(scope="module")
def estate() -> Estate:
    return office.estate()


@pytest.fixture(scope="module")
def report(estate: Estate) -> Report:
    return analyse(estate)


def _found(report: Report) -> set[tuple[str, str, str, str, int]]:
    return {(p.entry.identity, p.harm, p.target, str(p.verdict), len(p.hops)) for p in report.paths}


ARCHIVE, PAYROLL = key_of("harbour", "room", "archive"), key_of("harbour", "vault", "payroll")
EXPECTED = {
    ("anonymous", "administer", OFFICE, "conditional", 2),
    (_person("ben"), "read_secrets", PAYROLL, "conditional", 2),
    (_person("ben"), "read_training_data", ARCHIVE, "allowed", 2),
    (_person("eve"), "administer", OFFICE, "conditional", 1),
    (_person("eve"), "read_secrets", PAYROLL, "conditional", 2),
    (_person("eve"), "read_training_data", ARCHIVE, "allowed", 2),
    (_person("mallory"), "administer", OFFICE, "allowed", 2),
}


def test_the_office_has_exactly_the_paths_that_were_planted(report: Report) -> None:
    assert _found(report) == EXPECTED


def test_paths_are_ranked_by_score_and_each_shows_what_it_is_made_of(report: Report) -> None:
    scores = [path.score or 0 for path in report.paths]
    assert scores == sorted(scores, reverse=True)
    for path in report.paths:
        assert path.factors is not None
        assert path.score == path.factors.value
        assert 0 < path.score <= 100
        assert len(path.factors.hops) == len(path.factors.asked) == len(path.hops)
        assert path.factors.value == pytest.approx(100 * path.factors.impact * path.factors.visible, abs=0.011)
        assert path.factors.weights == report.weights


def test_a_path_is_as_sure_as_its_least_sure_hop_and_every_hop_is_proved(report: Report) -> None:
    for path in report.paths:
        assert path.verdict is together(hop.verdict for hop in path.hops)
        assert path.hops[0].source == path.entry.identity
        assert path.hops[-1].target == path.target
        assert all(hop.proof.evidence and hop.sentence for hop in path.hops)
        assert all(hop.strength is Strength.BECOMES for hop in path.hops)
        assert [a.target for a in path.hops[:-1]] == [b.source for b in path.hops[1:]]


def test_every_document_that_evidence_names_is_in_the_report(report: Report) -> None:
    named = {e.document for path in report.paths for hop in path.hops for e in hop.proof.evidence}
    assert set(report.documents) == named
    assert all(document.body for document in report.documents.values())


def test_those_who_own_the_office_are_listed_and_their_own_doings_are_not_paths(report: Report) -> None:
    assert [(a.identity, a.account, str(a.verdict)) for a in report.administrators] == [
        (_person("ada"), OFFICE, "allowed"),
        (_person("cleo"), OFFICE, "unknown"),
        (_person("gus"), OFFICE, "allowed"),
    ]
    assert _person("gus") not in {path.entry.identity for path in report.paths}


def test_what_the_attacker_chooses_protects_nothing_and_the_path_says_so(report: Report) -> None:
    reasons = {(p.entry.identity, p.harm): p.reason for p in report.paths}
    assert "protects nothing" in reasons[_person("eve"), "administer"]
    assert "hour After 18:00" in reasons[_person("eve"), "administer"]
    assert "holds only if" in reasons[_person("ben"), "read_secrets"]
    assert "protects nothing" not in reasons[_person("ben"), "read_secrets"]
    assert "Nothing stands in the way" in reasons[_person("mallory"), "administer"]


def test_a_torn_page_makes_a_path_unknown_and_the_reason_says_so(tmp_path: Path) -> None:
    page = office.page()
    page["people"][2]["badge_copied"] = True  # cleo, whose page is torn
    page["bars"].append({"door": "control", "person": "cleo"})
    report = analyse(office.estate(page, folder=tmp_path))
    cleo = {(p.harm, p.target): p for p in report.paths if p.entry.identity == _person("cleo")}
    takeover = cleo["administer", OFFICE]
    assert (takeover.verdict, takeover.hops[0].technique) == (Verdict.UNKNOWN, "toy.sign-master-ledger")
    assert "could not be read" in takeover.reason
    assert cleo["read_training_data", ARCHIVE].verdict is Verdict.ALLOWED


def test_whoever_may_own_the_office_by_an_unread_page_is_listed_as_that(tmp_path: Path) -> None:
    page = office.page()
    page["people"][2]["badge_copied"] = True
    report = analyse(office.estate(page, folder=tmp_path))
    cleo = {(p.harm, p.target, str(p.verdict)) for p in report.paths if p.entry.identity == _person("cleo")}
    # Surer ways than the unread one are paths of their own; what only the unread page would allow is folded.
    assert cleo == {("read_training_data", ARCHIVE, "allowed"), ("read_secrets", PAYROLL, "conditional")}


def test_use_without_takeover_is_no_step_of_a_path(tmp_path: Path) -> None:
    page = office.page()
    page["badges"][7]["opens"] = [{"what": "robot/cart"}]  # ben may only send the robot now
    report = analyse(office.estate(page, folder=tmp_path))
    assert _person("ben") not in {path.entry.identity for path in report.paths}


def test_assume_breach_shares_one_row_and_widening_is_listed(report: Report) -> None:
    rows = {(b.identities, b.harm): (str(b.verdict), b.hops) for b in report.breaches}
    together_ = (_person("ada"), _person("finn"), _person("gus"))
    assert rows[together_, "administer"] == ("allowed", 1)
    assert rows[(_person("ben"), _person("dan")), "read_training_data"] == ("allowed", 1)
    breached = {identity for row in report.breaches for identity in row.identities}
    assert not breached & {"anonymous", _person("mallory")}  # nobody of the office can be them
    assert [edge.source for edge in report.widening] == [_person("cleo"), _person("finn")]


def test_keys_name_the_finding_and_never_its_way(report: Report) -> None:
    path = next(p for p in report.paths if p.entry.identity == _person("mallory"))
    said = ["outside", _person("mallory"), "administer", OFFICE]
    assert path.finding == hashlib.sha256(orjson.dumps(said)).hexdigest()
    steps = [[hop.source, hop.technique, hop.target] for hop in path.hops]
    assert path.id == hashlib.sha256(orjson.dumps([path.finding, steps])).hexdigest()
    other = Entry(EntryKind.KEY, _person("mallory"))
    assert finding_key(other, "administer", OFFICE) != path.finding


def test_an_account_is_walked_through_to_other_accounts_but_not_to_its_own_targets(tmp_path: Path) -> None:
    harbour, hill = office.page(), office.page()
    hill["logbook"]["office"] = "hill"
    hill["hung_out"], hill["visitors"] = [], []
    hill["people"] = [{"name": "ida", "badges": ["green"]}]
    hill["robots"] = []
    harbour["people"].append({"name": "joe", "badges": ["green"], "office": "hill"})  # wears a badge of the hill
    report = analyse(office.estate(harbour, hill, folder=tmp_path))
    mallory = {(p.harm, p.target): p for p in report.paths if p.entry.identity == _person("mallory")}
    hill_archive = key_of("hill", "room", "archive")
    assert set(mallory) >= {("administer", OFFICE), ("read_training_data", hill_archive)}
    assert ("read_training_data", ARCHIVE) not in mallory
    through = [hop.target for hop in mallory["read_training_data", hill_archive].hops]
    assert through == [_person("ada"), OFFICE, _person("joe"), hill_archive]


def test_the_same_estate_gives_the_same_report(estate: Estate, report: Report) -> None:
    assert analyse(office.estate()) == report
    assert report.graph_id == estate.graph.id


def test_progress_counts_up_to_all_entries() -> None:
    heard: list[tuple[int, int, str]] = []
    proved = len(analyse(office.estate(), lambda *told: heard.append(told)).paths)
    counted = [(done, total) for done, total, _words in heard]
    assert counted == sorted(counted)
    assert (counted[0], counted[-1]) == ((0, 0), (proved, proved))
    assert f"proving {proved} paths" in {words for done, _total, words in heard if done}


def test_ranking_proves_nothing(estate: Estate) -> None:
    def never(*_asked: object) -> Proof:
        raise AssertionError("proved")

    unable = {key: (cloud, replace(rule, prove=never)) for key, (cloud, rule) in estate.rules.items()}
    assert len(ranked(Analysis(replace(estate, rules=unable)).ways(estate.entries))) > 5


def test_a_way_is_the_path_it_will_be_once_it_is_proved(estate: Estate) -> None:
    analysis = Analysis(estate)
    for way in analysis.ways(estate.entries):
        path = analysis.path(way)
        assert (path.id, path.finding, path.harm, path.target) == (way.id, way.finding, way.harm, way.target)
        assert path.verdict is way.verdict
        edges = [(edge.source, edge.rule, edge.target) for edge in way.edges]
        assert [(hop.source, hop.technique, hop.target) for hop in path.hops] == edges


def test_the_other_ways_to_a_finding_are_short_detours_without_going_in_circles(estate: Estate) -> None:
    analysis = Analysis(estate)
    gus = next(entry for entry in analysis.identities() if entry.identity == _person("finn"))
    [witness] = [way for way in analysis.ways([gus]) if way.harm == "administer"]
    ways, more = alternatives(analysis, witness)
    assert ways[0] == witness
    assert not more
    for way in ways:
        stops = [gus.identity, *(edge.target for edge in way.edges)]
        assert len(set(stops)) == len(stops)
        assert len(way.edges) <= len(witness.edges) + 2


def test_alternatives_through_different_people_are_all_told(tmp_path: Path) -> None:
    page = office.page()
    page["people"] += [
        {"name": "hal", "badges": ["green"], "leaves_badge_in": "locker-9"},
        {"name": "ivy", "badges": ["green"], "leaves_badge_in": "locker-9"},
    ]
    analysis = Analysis(office.estate(page, folder=tmp_path))
    [ben] = [entry for entry in analysis.estate.entries if entry.identity == _person("ben")]
    [witness] = [way for way in analysis.ways([ben]) if way.harm == "read_training_data"]
    ways, more = alternatives(analysis, witness)
    assert {way.edges[0].target for way in ways} == {_person("dan"), _person("hal"), _person("ivy")}
    assert not more


def test_reach_tells_what_one_becomes_but_no_group_one_is_merely_in(estate: Estate) -> None:
    found = {(r.harm, r.target): (str(r.verdict), r.hops) for r in reachable(Analysis(estate).reach, _person("ben"))}
    assert found == {
        ("become", _person("dan")): ("allowed", 1),
        ("read_secrets", PAYROLL): ("conditional", 2),
        ("read_training_data", ARCHIVE): ("allowed", 2),
    }
