"""From a received file to findings on record, step by step in this process, on the toy cloud."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from ciem import pipeline
from ciem.accounts.models import AuditEntry
from ciem.paths import queries as paths
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Finding, FindingState
from ciem.scans import actions, queries, queue, work
from ciem.scans.models import Scan, State, Step

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
CALM = {**OFFICE, "badges": [{"colour": badge["colour"], "opens": []} for badge in OFFICE["badges"]]}
LIGHTHOUSE = {**OFFICE, "logbook": {**OFFICE["logbook"], "office": "lighthouse"}}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    told = []
    monkeypatch.setattr(queue, "send", lambda task, row: told.append((task, row.pk)))
    return told


@pytest.fixture
def give(alice, harbour):
    def do(page=OFFICE, by=alice, connection=harbour, name="office.json"):
        content = page if isinstance(page, bytes) else json.dumps(page).encode()
        return actions.receive(by=by, connection=connection, name=name, chunks=[content])

    return do


@pytest.fixture
def run(give):
    def do(*given, **named):
        scan = give(*given, **named)
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        return scan

    return do


def states():
    return dict(Finding.objects.values_list("key", "state"))


def test_the_order_of_work_is_the_order_of_the_steps():
    assert [step for step, _ in pipeline.STEPS] == list(Step)


def test_a_file_becomes_ranked_findings(run, alice):
    scan = run()
    assert (scan.state, scan.error) == (State.DONE, "")
    assert scan.graph == queries.current_graph()
    assert not scan.upload.place.exists()
    page = paths.finding_page(alice, FindingFilter())
    assert [finding.rank for finding in page.findings.rows] == list(range(1, page.findings.total + 1))
    assert page.findings.total == scan.graph.counts["paths"] > 0
    first = paths.path_page(alice, page.findings.rows[0].key)
    assert first.witness.hops
    assert all(hop.sentence for hop in first.witness.hops)
    assert set(first.documents) == set(first.witness.documents)
    assert [change.words for change in first.changes] == ["Found for the first time."]


def test_an_import_notes_the_nodes_of_its_paths_and_what_binds_whom(run, alice):
    for _again in range(2):
        run()
        for finding in Finding.objects.all():
            assert [one.node_key for one in finding.passed.order_by("pk")] == [n["key"] for n in finding.path["nodes"]]
        told = paths.papers(alice, "toy:harbour:person/ada")
        assert [(paper.how, paper.document) for paper in told] == [("badge", "harbour: gold badge")]
        assert paths.paper(alice, "toy:harbour:person/ada", "harbour: gold badge").body["colour"] == "gold"


def test_the_same_file_again_changes_nothing_but_the_last_sight(run):
    run()
    before = {finding.key: (finding.state, finding.path, finding.rank) for finding in Finding.objects.all()}
    seen = Finding.objects.first().last_seen
    again = run()
    assert again.state == State.DONE
    assert before == {finding.key: (finding.state, finding.path, finding.rank) for finding in Finding.objects.all()}
    assert Finding.objects.first().last_seen > seen


def test_running_a_finished_import_again_does_nothing(run):
    scan = run()
    entries = AuditEntry.objects.count()
    pipeline.work_on_import(scan.pk)
    assert AuditEntry.objects.count() == entries


def test_what_was_read_again_and_not_found_is_gone(run):
    run()
    assert set(states().values()) == {FindingState.OPEN}
    calm = run(CALM)
    assert calm.state == State.DONE
    assert set(states().values()) == {FindingState.GONE}
    assert run().state == State.DONE
    assert set(states().values()) == {FindingState.OPEN}


def test_what_was_left_out_as_bad_input_is_not_rechecked(run):
    run()
    before = states()
    people = [person if person["name"] == "dan" else {"nme": person["name"]} for person in OFFICE["people"]]
    broken = {**OFFICE, "people": people}
    scan = run(broken)
    assert (scan.state, scan.problems.count()) == (State.DONE, len(people) - 1)
    missed = {state for key, state in states().items() if state != FindingState.OPEN}
    assert missed == {FindingState.NOT_RECHECKED}
    assert states().keys() == before.keys()
    run(broken)
    assert FindingState.GONE not in states().values()


def test_a_file_that_cannot_be_read_fails_in_words_and_the_old_graph_stays(run):
    good = run()
    bad = run(b"[1, 2")
    assert bad.state == State.FAILED
    assert "Accepted:" in bad.error
    assert queries.current_graph() == good.graph
    assert set(states().values()) == {FindingState.OPEN}


def test_what_names_something_unread_is_left_out_and_told(run):
    robots = [{**OFFICE["robots"][0], "wears_badge_of": "nobody"}]
    scan = run({**OFFICE, "robots": robots})
    assert (scan.state, scan.error) == (State.DONE, "")
    assert "person/nobody" in scan.problems.get().what


def test_a_file_of_another_scope_is_refused(run):
    run()
    other = run(LIGHTHOUSE)
    assert other.state == State.FAILED
    assert "connection of its own" in other.error


def test_a_fault_of_ours_is_told_apart_and_breaks_nothing(run, monkeypatch):
    good = run()
    monkeypatch.setattr(pipeline, "analyse", lambda *_: 1 / 0)
    bad = run(CALM)
    assert bad.state == State.FAILED
    assert "fault of the program (ZeroDivisionError)" in bad.error
    assert queries.current_graph() == good.graph


def test_a_trouble_that_may_pass_is_tried_again_and_not_for_ever(give, monkeypatch):
    def full(*_, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "build", full)
    scan = give()
    told = []
    for _ in range(4):
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        told.append(scan.state)
    assert told == [State.QUEUED, State.QUEUED, State.FAILED, State.FAILED]
    assert "No space left on device" in scan.error


def test_a_worker_that_died_halfway_leaves_work_that_another_finishes(give, monkeypatch):
    scan = give()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_attempt", lambda row, do, close: pipeline.read(pipeline.Job(row)))
        pipeline.work_on_import(scan.pk)  # reads the file, then "dies" without a word
    Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert list(work.overdue(Scan.objects.all())) == [scan]
    scan.refresh_from_db()
    scan.upload.place.unlink()  # the snapshot is enough
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.tries) == (State.DONE, 2)


def test_a_second_import_into_a_connection_waits_for_the_first(give, sent):
    first, second = give(), give(CALM)
    pipeline.work_on_import(second.pk)
    second.refresh_from_db()
    assert second.state == State.QUEUED
    sent.clear()
    pipeline.work_on_import(first.pk)
    assert sent == [(queue.RUN_IMPORT, second.pk)]
    pipeline.work_on_import(second.pk)
    second.refresh_from_db()
    assert second.graph == queries.current_graph()


def test_an_import_that_was_cancelled_while_it_ran_publishes_nothing(give, alice, monkeypatch):
    scan = give()
    build = pipeline.build

    def build_and_be_cancelled(snapshots, tell, **more):
        actions.cancel(by=alice, scan=scan)
        return build(snapshots, tell, **more)

    monkeypatch.setattr(pipeline, "build", build_and_be_cancelled)
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert scan.state == State.CANCELLED
    assert queries.current_graph() is None
    assert not scan.upload.place.exists()


def test_two_connections_share_one_graph_and_one_that_was_overtaken_builds_again(
    run, give, dana, lighthouse, monkeypatch
):
    scan, analyse, inner = give(), pipeline.analyse, []

    def analyse_and_be_overtaken(estate, *others):
        if not inner:
            inner.append(None)
            inner[0] = run(LIGHTHOUSE, by=dana, connection=lighthouse)
        return analyse(estate, *others)

    monkeypatch.setattr(pipeline, "analyse", analyse_and_be_overtaken)
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert (inner[0].state, scan.state) == (State.DONE, State.DONE)
    current = queries.current_graph()
    assert {record.scope for record in current.snapshots.all()} == {"harbour", "lighthouse"}
    assert scan.graph == current != inner[0].graph


def test_each_sees_the_findings_of_their_connections_only(run, alice, charlie, dana, lighthouse):
    run()
    run(LIGHTHOUSE, by=dana, connection=lighthouse)
    scopes = {
        user.username: set(paths.findings(user).values_list("target_scope", flat=True))
        for user in (alice, dana, charlie)
    }
    assert scopes == {"alice": {"harbour"}, "dana": {"harbour", "lighthouse"}, "charlie": set()}
