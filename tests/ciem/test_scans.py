"""What happens to a received file, and that a row of work is held by one worker at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from ciem.accounts.models import AuditEntry
from ciem.scans import actions, queries, queue, storage, work
from ciem.scans.models import MAX_TRIES, NEVER_ASKED, Scan, State, Upload
from graph.model import Gap, Problem
from graph.snapshot import Part, Snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """What was told to workers, as (task, row number)."""
    told = []
    monkeypatch.setattr(current_app, "send_task", lambda task, args: told.append((task, *args)))
    return told


@pytest.fixture
def receive(alice, harbour):
    def do(content=b"{}", name="office.json", by=alice, connection=harbour):
        return actions.receive(by=by, connection=connection, name=name, chunks=iter([content]))

    return do


def uploads():
    return [place for place in settings.UPLOADS.rglob("*") if place.is_file()] if settings.UPLOADS.exists() else []


def test_a_received_file_is_kept_queued_told_and_on_record(receive, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        scan = receive(b'{"a": 1}')
    assert scan.upload.place.read_bytes() == b'{"a": 1}'
    assert (scan.state, scan.upload.size) == (State.QUEUED, 8)
    assert sent == [(queue.RUN_IMPORT, scan.pk)]
    assert AuditEntry.objects.get().action == "import asked"
    assert Scan.objects.get().sent_at is not None


@pytest.mark.parametrize("error", [ConnectionError("no such socket"), RuntimeError("MISCONF the disk is full")])
def test_without_a_queue_the_import_waits(receive, monkeypatch, django_capture_on_commit_callbacks, error):
    def away(*_, **__):
        raise error

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        scan = receive()
    assert list(work.overdue(Scan.objects.all())) == [scan]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\a.json", "a.json"),
        (".hidden", "hidden"),
        ("...", "upload"),
        ("a\x00b\n.json", "a_b_.json"),
        ("ü" * 200 + ".zip", "ü" * 73 + ".zip"),
    ],
)
def test_a_name_that_a_stranger_chose_stays_in_its_folder(said, kept):
    assert storage.file_name(said) == kept


def test_an_empty_or_too_large_file_is_refused_and_leaves_nothing(receive, settings):
    with pytest.raises(ValidationError, match="empty"):
        receive(b"")
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(ValidationError, match="GRANTPATH_MAX_UPLOAD_BYTES"):
        receive(b"x" * 11)
    assert uploads() == []
    assert not Upload.objects.exists()


def test_nobody_imports_into_a_foreign_connection_or_without_the_role(receive, charlie, bob):
    with pytest.raises(Http404):
        receive(by=charlie)
    with pytest.raises(PermissionDenied):
        receive(by=bob)
    assert uploads() == []


def test_a_packed_folder_is_the_same_every_time_and_leaves_links_out(tmp_path):
    folder = tmp_path / "estate"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.json").write_text("b")
    (folder / "sub" / "a.json").write_text("a")
    (folder / "link").symlink_to("/etc/passwd")
    storage.pack(folder, tmp_path / "one.zip")
    storage.pack(folder, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    import zipfile

    assert zipfile.ZipFile(tmp_path / "one.zip").namelist() == ["estate/b.json", "estate/sub/a.json"]


def test_a_waiting_import_is_cancelled_at_once_and_the_next_is_told(
    receive, alice, sent, django_capture_on_commit_callbacks
):
    first, second = receive(), receive()
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel(by=alice, scan=first)
    first.refresh_from_db()
    assert first.state == State.CANCELLED
    assert sent == [(queue.RUN_IMPORT, second.pk)]
    assert not first.upload.place.exists()
    assert second.upload.place.exists()


def test_a_running_import_is_asked_to_stop(receive, alice):
    scan = receive()
    work.claim(Scan.objects.all(), scan.pk)
    actions.cancel(by=alice, scan=scan)
    scan.refresh_from_db()
    assert (scan.state, scan.cancel_asked) == (State.RUNNING, True)


def test_a_row_is_leased_to_one_worker(receive):
    scan = receive()
    assert work.claim(Scan.objects.all(), scan.pk) is not None
    assert work.claim(Scan.objects.all(), scan.pk) is None


def test_when_a_lease_runs_out_another_worker_takes_over_and_the_first_may_not_publish(receive):
    pk = receive().pk
    first = work.claim(Scan.objects.all(), pk)
    Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert [row.pk for row in work.overdue(Scan.objects.all())] == [pk]
    second = work.claim(Scan.objects.all(), pk)
    assert not work.renew(first)
    assert work.renew(second)
    with pytest.raises(work.LeaseLostError):
        work.still_mine(first)
    work.close(first, State.FAILED, "late")
    assert Scan.objects.get(pk=pk).state == State.RUNNING
    work.still_mine(second)


def test_input_that_kills_its_worker_is_not_tried_for_ever(receive):
    pk = receive().pk
    for _ in range(MAX_TRIES):
        assert work.claim(Scan.objects.all(), pk) is not None
        Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work.claim(Scan.objects.all(), pk) is None
    scan = Scan.objects.get(pk=pk)
    assert (scan.state, scan.error) == (State.FAILED, f"The worker ended {MAX_TRIES} times during this work.")


def test_a_row_that_was_just_sent_is_not_sent_again(receive):
    scan = receive()
    Scan.objects.update(sent_at=timezone.now())
    assert not work.overdue(Scan.objects.all())
    Scan.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    assert list(work.overdue(Scan.objects.all())) == [scan]


def snapshot(*, gaps=(), problems=()):
    parts = (Part("toy", "harbour", "", "read", ("a",), {}), Part("toy", "pier", "", "read", ("b",), {}))
    return Snapshot("toy", "harbour", parts, gaps, problems, "2026-03-02T08:00:00Z")


def test_a_kept_snapshot_says_what_was_read_and_what_was_not(receive, alice):
    gap = Gap("toy", "harbour", "", "look", ("c",), "refused", "Ask the harbour master.")
    scan = receive()
    record = actions.keep_snapshot(scan, snapshot(gaps=(gap,), problems=(Problem("f", "/1", "torn", "mend"),)))
    assert (record.counts, record.parts, record.scopes) == ({"read": 2}, 2, ["harbour", "pier"])
    assert record.collected_at.isoformat() == "2026-03-02T08:00:00+00:00"
    page = queries.scan_page(alice, scan.pk)
    assert [(found.call, found.remedy) for found in page.gaps] == [("look", "Ask the harbour master.")]
    assert [found.what for found in page.problems] == ["torn"]


def test_what_was_never_asked_for_is_no_gap_but_told_beside(receive, alice, harbour):
    gaps = (Gap("toy", "harbour", "", "look", ("c",), "refused"), Gap("toy", "*", "*", "listen", (), NEVER_ASKED))
    scan = receive()
    record = actions.keep_snapshot(scan, snapshot(gaps=gaps))
    actions.publish("1" * 64, [record], {}, {})
    page = queries.connection_page(alice, harbour.pk)
    assert (page.row.gaps, [gap.call for gap in page.gaps.rows]) == (1, ["look"])
    assert [gap.call for gap in page.never_asked] == ["listen"]
    assert [(call.call, call.answers, call.gaps) for call in page.calls] == [("look", 0, 1), ("read", 2, 0)]
    assert [gap.call for gap in queries.scan_page(alice, scan.pk).gaps] == ["look"]
    assert queries.coverage(alice).share_read == 2 / 4


def test_keeping_again_doubles_nothing(receive):
    gap = Gap("toy", "harbour", "", "look", ("c",), "refused")
    scan, again = receive(), receive()
    whole = snapshot(gaps=(gap,), problems=(Problem("f", "/1", "torn"),))
    first = actions.keep_snapshot(scan, whole)
    assert actions.keep_snapshot(scan, whole) == actions.keep_snapshot(again, whole) == first
    actions.note_gaps(first, (gap,))
    assert (first.gaps.count(), scan.problems.count()) == (1, 1)


def test_there_is_one_current_graph(receive):
    record = actions.keep_snapshot(receive(), snapshot())
    one = actions.publish("1" * 64, [record], {"nodes": 1}, {})
    two = actions.publish("2" * 64, [record], {}, {})
    assert queries.current_graph() == two
    assert actions.publish("1" * 64, [record], {"nodes": 1}, {}) == one == queries.current_graph()


def test_strangers_find_no_import_and_no_connection(receive, charlie, alice, harbour):
    scan = receive()
    for ask in (queries.scan_page, queries.scan):
        assert ask(alice, scan.pk)
        with pytest.raises(Http404):
            ask(charlie, scan.pk)
    with pytest.raises(Http404):
        queries.connection_page(charlie, harbour.pk)
    with pytest.raises(Http404):
        actions.cancel(by=charlie, scan=scan)
    assert queries.connection_rows(charlie) == ()
    assert queries.coverage(charlie).running == ()
    assert [row.latest for row in queries.connection_rows(alice)] == [scan]


def test_the_steps_of_an_import_say_how_far_it_is(receive, alice):
    first, second = receive(), receive()
    Scan.objects.filter(pk=first.pk).update(state=State.RUNNING, step="build", progress_done=1, progress_total=4)
    page = queries.scan_page(alice, first.pk)
    assert [step.state for step in page.steps] == ["done", "done", "running", "waiting", "waiting", "waiting"]
    assert page.percent == 25
    assert queries.scan_page(alice, second.pk).ahead == 1
