"""A live connection is asked part by part; whatever ends a part or a worker, the scan ends and says how."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ciem import pipeline
from ciem.accounts.models import AuditEntry
from ciem.connections import live
from ciem.connections.models import Connection, Kind
from ciem.paths.models import Finding
from ciem.scans import actions, collecting, queries, queue, schedules, work
from ciem.scans.models import MAX_TRIES, ConnectionTest, Scan, ScanPart, State, Step, Upload
from ciem.scans.schedules import Rhythm
from graph.clouds.aws.demo import PROD_ML, write
from tests.graph.clouds.aws.collect.aws_server import Aws, answers_of, enter, reached

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
WORKERS = {
    queue.RUN_IMPORT: pipeline.work_on_import,
    queue.RUN_PART: pipeline.work_on_part,
    queue.RUN_TEST: pipeline.work_on_test,
}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What was told to workers and not yet heard."""
    told = []

    def send(task, row):
        type(row).objects.filter(pk=row.pk).update(sent_at=timezone.now())
        told.append((task, row.pk))
        return True

    monkeypatch.setattr(queue, "send", send)
    return told


@pytest.fixture
def work_off(sent):
    """One worker that hears every message, in order, until there is none; or `most` of them."""

    def do(most=1000):
        for _ in range(most):
            if not sent:
                break
            task, pk = sent.pop(0)
            WORKERS[task](pk)

    return do


@pytest.fixture
def book(tmp_path):
    """The porter's book, with a way to rewrite it."""
    place = tmp_path / "book.json"

    def write(**porter):
        place.write_text(json.dumps({**OFFICE, "porter": {"word": "sesame", **porter}}))
        return place

    write()
    return write


@pytest.fixture
def office(dana, book):
    return live.connect_live(
        by=dana, name="Office", cloud="toy", values={"book": str(book()), "word": "sesame", "floor": ""}
    )


def scanned(by, office, work_off):
    scan = collecting.ask(by=by, connection=office)
    work_off()
    scan.refresh_from_db()
    return scan


def pass_time(**rows):
    """As if a lease and the last message were long ago."""
    long_ago = timezone.now() - timedelta(hours=1)
    for model in (Scan, ScanPart):
        model.objects.filter(lease_until__isnull=False, **rows).update(lease_until=long_ago)
        model.objects.filter(**rows).update(sent_at=long_ago)


def test_a_secret_is_sealed_and_nothing_that_is_kept_or_recorded_spells_it(office):
    row = Connection.objects.filter(pk=office.pk).values().get()
    assert row["kind"] == Kind.LIVE
    assert "sesame" not in str(row)
    assert "sesame" not in str(list(AuditEntry.objects.values()))
    assert live.values_of(office)["word"] == "sesame"


def test_an_empty_secret_keeps_the_former_and_an_empty_field_is_named(office, dana):
    changed = live.give(by=dana, connection=office, values={"book": "/other", "word": "", "floor": "2"})
    assert live.values_of(changed) == {"book": "/other", "word": "sesame", "floor": "2"}
    changed = live.give(by=dana, connection=office, values={"book": "/other", "word": "open", "floor": ""})
    assert live.values_of(changed)["word"] == "open"
    with pytest.raises(ValidationError, match="Logbook"):
        live.give(by=dana, connection=office, values={"word": "open"})
    with pytest.raises(ValidationError, match="Password"):
        live.connect_live(by=dana, name="Other", cloud="toy", values={"book": "/b"})
    assert not Connection.objects.filter(name="Other").exists()


def test_only_those_who_may_and_see_it_ask_for_a_scan(office, bob, alice):
    with pytest.raises(PermissionDenied):
        collecting.ask(by=bob, connection=office)
    with pytest.raises(Http404):
        collecting.ask(by=alice, connection=office)
    with pytest.raises(Http404):
        live.give(by=alice, connection=office, values={})


def test_a_connection_of_files_is_not_asked(dana, harbour):
    with pytest.raises(ValidationError, match="import"):
        collecting.ask(by=dana, connection=harbour)


def test_a_scan_becomes_findings_like_an_import_of_the_same(office, dana, work_off):
    scan = scanned(dana, office, work_off)
    assert (scan.state, scan.error) == (State.DONE, "")
    assert {part.state for part in scan.parts.all()} == {State.DONE}
    assert scan.parts.count() == 9
    assert sum(part.calls for part in scan.parts.all()) == sum(len(OFFICE[p.data["list"]]) for p in scan.parts.all())
    assert not Path(scan.upload.place.parent).exists()
    found = set(Finding.objects.values_list("key", flat=True))
    office.refresh_from_db()
    assert office.scope == "harbour"
    again = actions.receive(by=dana, connection=office, name="office.json", chunks=[json.dumps(OFFICE).encode()])
    work_off()
    again.refresh_from_db()
    assert again.state == State.DONE
    assert found == set(Finding.objects.values_list("key", flat=True))


def test_a_second_request_joins_the_scan_that_goes_on(office, dana, work_off):
    first = collecting.ask(by=dana, connection=office)
    work_off(3)
    assert collecting.ask(by=None, connection=office) == first
    work_off()
    assert collecting.ask(by=dana, connection=office) != first


def test_no_worker_holds_a_scan_while_its_parts_are_made_and_no_more_than_set_are(
    office, dana, work_off, sent, settings
):
    settings.SCAN_PARTS = 2
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    scan.refresh_from_db()
    assert (scan.state, scan.step, scan.lease, scan.tries) == (State.RUNNING, Step.COLLECT, "", 0)
    assert [task for task, _ in sent] == [queue.RUN_PART] * 2
    held = [collecting.claim(pk) for _, pk in sent]
    assert all(held)
    third = scan.parts.exclude(pk__in=[part.pk for part in held]).first()
    assert collecting.claim(third.pk) is None
    work.close(held[0], State.FAILED, "x")
    assert collecting.claim(third.pk) is not None


def test_a_part_that_is_refused_is_a_gap_and_the_rest_goes_on(office, dana, work_off, book):
    book(refuses={"visitors": "Visitors are private."}, withholds=["ledgers"])
    scan = scanned(dana, office, work_off)
    assert scan.state == State.DONE
    assert scan.parts.get(key="list-visitors").error == "Visitors are private."
    assert scan.parts.get(key="list-ledgers").gaps == 1
    told = {tuple(gap.arguments): gap.error for gap in scan.snapshot.gaps.all() if gap.arguments}
    assert told[("visitors",)] == "Visitors are private."
    assert told[("ledgers",)] == "withheld"


def test_a_trouble_that_may_pass_is_tried_a_few_times_and_then_a_gap(office, dana, work_off, book, sent):
    book(stumbles={"bars": "The line is bad."})
    scan = collecting.ask(by=dana, connection=office)
    for number in range(1, MAX_TRIES + 1):
        work_off()
        assert scan.parts.get(key="list-bars").tries == number
        pass_time()
        pipeline.send_overdue()
    work_off()
    scan.refresh_from_db()
    assert scan.state == State.DONE
    assert "The line is bad." in scan.parts.get(key="list-bars").error


def test_a_trouble_that_passes_leaves_no_gap(office, dana, work_off, book):
    book(stumbles={"bars": "The line is bad."})
    scan = collecting.ask(by=dana, connection=office)
    work_off()
    book()
    pass_time()
    pipeline.send_overdue()
    work_off()
    scan.refresh_from_db()
    assert (scan.state, scan.parts.get(key="list-bars").state) == (State.DONE, State.DONE)


def test_a_scan_of_which_nothing_could_be_read_fails_and_publishes_nothing(office, dana, work_off, book):
    book(refuses=dict.fromkeys(OFFICE, "Closed today."))
    scan = scanned(dana, office, work_off)
    assert (scan.state, scan.snapshot) == (State.FAILED, None)
    assert scan.error == "Nothing could be read. Closed today."
    assert queries.current_graph() is None


def test_a_wrong_word_fails_the_scan_with_what_to_do(office, dana, work_off):
    live.give(by=dana, connection=office, values={**office.given, "word": "barley"})
    scan = scanned(dana, office, work_off)
    assert (scan.state, scan.step) == (State.FAILED, Step.PLAN)
    assert "Ask for the new one." in scan.error


def test_a_part_whose_worker_dies_each_time_fails_bounded_and_the_scan_ends(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    part = scan.parts.get(key="list-robots")
    for _ in range(MAX_TRIES):
        assert collecting.claim(part.pk)  # and dies without a word
        pass_time(pk=part.pk)
    work_off()
    pipeline.send_overdue()
    work_off()
    scan.refresh_from_db()
    part.refresh_from_db()
    assert (part.state, scan.state) == (State.FAILED, State.DONE)
    assert "3 times" in part.error


def test_parts_that_nobody_heard_of_are_sent_again(office, dana, work_off, sent):
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    while scan.state != State.DONE:
        assert sent
        sent.clear()  # the broker lost all of it
        pass_time()
        pipeline.send_overdue()
        assert sent
        work_off(1)
        scan.refresh_from_db()


def test_a_worker_that_dies_between_cutting_and_resting_leaves_a_scan_that_goes_on(
    office, dana, work_off, sent, monkeypatch
):
    scan = collecting.ask(by=dana, connection=office)
    monkeypatch.setattr(collecting, "rest", lambda _scan: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        work_off(1)
    monkeypatch.undo()
    monkeypatch.setattr(queue, "send", lambda task, row: sent.append((task, row.pk)))
    pass_time()
    pipeline.send_overdue()
    work_off()
    scan.refresh_from_db()
    assert (scan.state, scan.parts.count()) == (State.DONE, 9)


def test_what_a_worker_writes_that_lost_its_part_is_not_taken(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    late = collecting.claim(scan.parts.get(key="list-robots").pk)
    pass_time(pk=late.pk)
    assert collecting.claim(late.pk)
    with pytest.raises(work.LeaseLostError):
        collecting.done(late, 0, lambda: pytest.fail("put in its place"))


def test_a_cancelled_scan_is_over_at_once_and_its_parts_stop(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    work_off(2)
    held = collecting.claim(scan.parts.filter(state=State.QUEUED).first().pk)
    actions.cancel(by=dana, scan=scan)
    scan.refresh_from_db()
    assert scan.state == State.CANCELLED
    with pytest.raises(work.LeaseLostError):
        collecting.note(held, 5, "goes on")
    work_off()
    assert set(scan.parts.values_list("state", flat=True)) == {State.DONE, State.CANCELLED}
    assert not scan.upload.place.parent.exists()
    assert scanned(dana, office, work_off).state == State.DONE


def test_a_part_is_made_into_an_empty_folder_and_an_earlier_try_is_replaced(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    old = scan.upload.place.parent / "pieces" / "list-robots"
    old.mkdir(parents=True)
    (old / "answer.json").write_text("half")
    work_off()
    scan.refresh_from_db()
    assert scan.state == State.DONE


def test_a_test_says_exactly_what_is_missing(office, dana, work_off, book):
    book(refuses={"robots": "Robots are hidden."})
    test = collecting.ask_test(by=dana, connection=office)
    assert collecting.ask_test(by=dana, connection=office) == test
    work_off()
    test = ConnectionTest.objects.get()
    assert test.state == State.DONE
    assert [(one["place"], one["what"]) for one in test.missing] == [("robots", "Robots are hidden.")]
    book()
    collecting.ask_test(by=dana, connection=office)
    work_off()
    assert ConnectionTest.objects.first().missing == []


def test_an_aws_account_is_connected_with_what_the_environment_holds_and_scanned(dana, work_off, monkeypatch, tmp_path):
    write(tmp_path / "northwind")
    enter(monkeypatch, PROD_ML, tmp_path / "no-such-file")
    account = live.connect_live(by=dana, name="Models", cloud="aws", values={"regions": "eu-west-1,us-east-1"})
    with reached(Aws(answers_of(tmp_path / "northwind")), monkeypatch):
        test = collecting.ask_test(by=dana, connection=account)
        work_off()
        scan = scanned(dana, account, work_off)
    test.refresh_from_db()
    account.refresh_from_db()
    assert (test.state, test.missing) == (State.DONE, [])
    assert (scan.state, scan.error, account.scope) == (State.DONE, "", PROD_ML)
    assert scan.parts.count() > 5
    assert Finding.objects.filter(state="open").count() > 5


def test_the_time_left_is_told_once_a_part_is_over(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    work_off(1)
    scan.refresh_from_db()
    assert collecting.time_left(scan) is None
    work_off(1)
    assert collecting.time_left(scan) > timedelta(0)
    work_off()
    scan.refresh_from_db()
    assert collecting.time_left(scan) is None


def test_an_unfinished_scan_keeps_its_folder_from_the_sweep(office, dana, work_off):
    scan = collecting.ask(by=dana, connection=office)
    assert Upload.objects.filter(scan__state__in=(State.QUEUED, State.RUNNING)).get() == scan.upload


def test_a_schedule_asks_for_scans_at_a_minute_of_its_own_until_it_is_taken_away(office, dana, work_off):
    schedules.settle(by=dana, connection=office, rhythm=Rhythm.DAILY)
    schedules.settle(by=dana, connection=office, rhythm=Rhythm.WEEKLY)
    task = PeriodicTask.objects.get(task=schedules.TASK)
    assert (task.crontab.day_of_week != "*", json.loads(task.args)) == (True, [office.pk])
    pipeline.scan_due(*json.loads(task.args))
    work_off()
    assert Scan.objects.get().state == State.DONE
    schedules.settle(by=dana, connection=office, rhythm=Rhythm.NEVER)
    assert not PeriodicTask.objects.filter(task=schedules.TASK).exists()


def test_a_schedule_of_a_removed_connection_ends_by_itself(office, dana):
    schedules.settle(by=dana, connection=office, rhythm=Rhythm.OFTEN)
    pk = office.pk
    actions.remove_empty(by=dana, connection=office)
    pipeline.scan_due(pk)
    assert not PeriodicTask.objects.filter(task=schedules.TASK).exists()


def test_schedules_are_spread_over_hours_and_minutes():
    moments = [schedules.moment(pk, Rhythm.DAILY) for pk in range(200)]
    assert len({(found["hour"], found["minute"]) for found in moments}) > 150
    assert schedules.moment(7, Rhythm.DAILY) == schedules.moment(7, Rhythm.DAILY)
    assert len(schedules.moment(7, Rhythm.OFTEN)["hour"].split(",")) == 4


def told_by_mail(office, dana, work_off, book, settings):
    settings.EMAIL_HOST, settings.NOTIFY = "mail.example", ["ops@example.org"]
    book(refuses=dict.fromkeys(OFFICE, "Closed today."))
    return scanned(dana, office, work_off)


def test_a_failed_scan_is_told_by_mail_with_its_reason_and_no_secret(
    office, dana, work_off, book, settings, mailoutbox
):
    told_by_mail(office, dana, work_off, book, settings)
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == ("Grantpath: the scan of Office failed", ["ops@example.org"])
    assert "Closed today." in mail.body
    assert "sesame" not in mail.body
    book()
    assert scanned(dana, office, work_off).state == State.DONE
    assert len(mailoutbox) == 1


def test_mail_that_is_not_taken_harms_nothing(office, dana, work_off, book, settings, monkeypatch):
    def away(*_):
        raise ConnectionRefusedError("no such host")

    monkeypatch.setattr("ciem.scans.notices.send_mail", away)
    assert told_by_mail(office, dana, work_off, book, settings).error == "Nothing could be read. Closed today."


def test_a_scan_that_kills_its_worker_while_it_is_joined_fails_is_told_and_leaves_no_folder(
    office, dana, work_off, settings, mailoutbox
):
    settings.EMAIL_HOST, settings.NOTIFY = "mail.example", ["ops@example.org"]
    scan = collecting.ask(by=dana, connection=office)
    work_off(10)  # all but the joining
    for _ in range(MAX_TRIES):
        assert work.claim(Scan.objects.all(), scan.pk)  # and dies without a word
        pass_time(pk=scan.pk)
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, len(mailoutbox)) == (State.FAILED, 1)
    assert not scan.upload.place.parent.exists()
