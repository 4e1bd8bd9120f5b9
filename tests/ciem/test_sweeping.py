"""What grows is swept, and nothing that is in use or could still be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.conf import settings

from ciem import pipeline
from ciem.paths import sweeping
from ciem.paths.estate import store
from ciem.paths.models import Bound, Finding, FindingState, PolicyDocument
from ciem.scans import actions, queue
from ciem.scans.models import Scan, SnapshotRecord, State
from graph.model import Graph

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
CALM = {**OFFICE, "badges": [{"colour": badge["colour"], "opens": []} for badge in OFFICE["badges"]]}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(queue, "send", lambda task, row: None)


@pytest.fixture
def run(alice, harbour):
    def do(page=OFFICE):
        scan = actions.receive(by=alice, connection=harbour, name="office.json", chunks=[json.dumps(page).encode()])
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        return scan

    return do


def age(folder) -> None:
    """Make everything in a folder look old."""
    for place in Path(folder).iterdir():
        os.utime(place, (0, 0))


def snapshots() -> set[str]:
    return {place.name for place in Path(settings.SNAPSHOTS).iterdir()}


def test_documents_that_only_bind_go_with_their_graph_and_evidence_stays_with_its_finding(run, settings):
    settings.KEEP_GRAPHS = 1
    first = run().graph
    evidence = set(PolicyDocument.objects.filter(graph=first, is_evidence=True).values_list("name", flat=True))
    assert PolicyDocument.objects.filter(graph=first, is_evidence=False).exists()
    assert Bound.objects.filter(graph=first).exists()
    run(CALM)
    sweeping.sweep()
    assert set(PolicyDocument.objects.filter(graph=first).values_list("name", flat=True)) == evidence != set()
    assert not Bound.objects.filter(graph=first).exists()


def test_a_graph_that_was_written_and_never_published_goes_when_no_import_runs(run):
    published = run().graph.graph_id
    store().publish(Graph("stray", (), (), ()))
    Scan.objects.update(state=State.RUNNING)
    sweeping.sweep()
    assert set(store().ids()) == {published, "stray"}
    Scan.objects.update(state=State.DONE)
    sweeping.sweep()
    assert list(store().ids()) == [published]


def test_a_graph_that_is_swept_away_just_before_it_is_published_again_is_written_again(run, monkeypatch):
    first = run()
    run(CALM)
    analyse, swept = pipeline.analyse, []

    def analyse_while_somebody_sweeps(estate, *others):
        if not swept:
            swept.append(store().ids())
            store().publish(estate.graph)
            monkeypatch.setattr(type(store()), "publish", lambda self, graph, words: unpatched())
        return analyse(estate, *others)

    publish = type(store()).publish

    def unpatched():
        """The step finds the graph there already; then it is swept, once."""
        monkeypatch.setattr(type(store()), "publish", publish)
        settings_keep(1)
        sweeping.sweep()

    def settings_keep(number):
        monkeypatch.setattr(settings._wrapped, "KEEP_GRAPHS", number)

    monkeypatch.setattr(pipeline, "analyse", analyse_while_somebody_sweeps)
    again = run()
    assert (again.state, again.graph) == (State.DONE, first.graph)
    assert again.graph.graph_id in store().ids()


def test_snapshots_of_published_graphs_and_of_imports_on_their_way_stay_others_go(run, alice, harbour):
    kept = run().snapshot
    stopped = run(CALM)
    stopped.graph.delete()
    Scan.objects.filter(pk=stopped.pk).update(state=State.QUEUED)
    Path(settings.SNAPSHOTS, ".half.part").write_bytes(b"half")
    age(settings.SNAPSHOTS)
    sweeping.sweep()
    assert snapshots() == {f"{kept.snapshot_id}.jsonl.gz", f"{stopped.snapshot.snapshot_id}.jsonl.gz"}
    Scan.objects.filter(pk=stopped.pk).update(state=State.CANCELLED)
    sweeping.sweep()
    assert snapshots() == {f"{kept.snapshot_id}.jsonl.gz"}
    assert run(CALM).state == State.DONE


def test_what_a_killed_web_server_left_half_goes_and_what_comes_in_stays(run):
    old, young = (Path(settings.FILE_UPLOAD_TEMP_DIR, name) for name in ("old.upload", "young.upload"))
    for place in (old, young):
        place.write_bytes(b"half")
    os.utime(old, (0, 0))
    sweeping.sweep()
    assert (old.exists(), young.exists()) == (False, True)
    young.unlink()


def test_a_snapshot_that_was_damaged_later_is_healed_by_importing_a_newer_file(run):
    run()
    Path(settings.SNAPSHOTS, f"{SnapshotRecord.objects.get().snapshot_id}.jsonl.gz").write_bytes(b"damaged")
    healed = run(CALM)
    assert (healed.state, healed.error) == (State.DONE, "")
    assert set(Finding.objects.values_list("state", flat=True)) == {FindingState.NOT_RECHECKED}
