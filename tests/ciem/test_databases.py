"""Where the records are kept, by URL; and, on a real PostgreSQL, what several workers do at the same time."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from ciem import pipeline
from ciem.connections.models import Connection
from ciem.core import databases, turns
from ciem.core.env import SettingError
from ciem.scans import actions, queue, work
from ciem.scans.models import EstateGraph, Scan, State
from tests.ciem.test_commands import manage

DEFAULT = Path("/somewhere/records.sqlite3")
OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
LIGHTHOUSE = {**OFFICE, "logbook": {**OFFICE["logbook"], "office": "lighthouse"}}
on_postgresql = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql",
    reason="SQLite lets one transaction write at a time; `make test` runs this on PostgreSQL",
)


def test_without_a_url_the_records_are_a_file_that_waits_for_its_turn():
    found = databases.configured("X", "", DEFAULT)
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", DEFAULT)
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_url_may_name_another_file():
    assert databases.configured("X", "sqlite:////var/lib/a%20b.sqlite3", DEFAULT)["NAME"] == Path(
        "/var/lib/a b.sqlite3"
    )


def test_a_url_of_postgresql_says_all_that_libpq_understands():
    url = "postgresql://ada:p%40ss%2Fw@db.example:5433/grants?sslmode=verify-full&connect_timeout=3"
    found = databases.configured("X", url, DEFAULT)
    asked = {key: found[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert asked == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "grants",
        "USER": "ada",
        "PASSWORD": "p@ss/w",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert (found["OPTIONS"]["sslmode"], found["OPTIONS"]["connect_timeout"]) == ("verify-full", "3")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ada:s3cret@db/grants",
        "ada:s3cret@db/grants",
        "postgresql://ada:s3cret@db:5432",
        "postgresql://ada:s3cret@db:54[32/grants",
        "postgres://ada:s3cret@[db/grants",
        "postgresql://ada:s3cret@db/grants?s3cret=1",
        "postgresql://ada:s3cret%zz@db/grants",
        "sqlite:///",
    ],
)
def test_a_url_that_means_nothing_stops_the_start_in_words_and_without_its_password(url):
    with pytest.raises(SettingError, match=r"^X .* write ") as caught:
        databases.configured("X", url, DEFAULT)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path):
    url = f"postgresql://ada:s3cret@/grants?host={tmp_path}"
    done = manage("prepare", GRANTPATH_HOME=str(tmp_path / "home"), GRANTPATH_DATABASE_URL=url)
    assert done.returncode == 1
    assert f"The records cannot be kept in the PostgreSQL database grants at {tmp_path}" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_name_that_platforms_set_counts_where_ours_is_not_set(tmp_path):
    asks = ("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.DATABASES['default']['NAME'])")
    theirs, ours = "sqlite:////theirs.sqlite3", "sqlite:////ours.sqlite3"
    assert manage(*asks, GRANTPATH_HOME=str(tmp_path), DATABASE_URL=theirs).stdout.strip() == "/theirs.sqlite3"
    both = manage(*asks, GRANTPATH_HOME=str(tmp_path), DATABASE_URL=theirs, GRANTPATH_DATABASE_URL=ours)
    assert both.stdout.strip() == "/ours.sqlite3"


def beside(*jobs):
    """Run these at the same time, each with a connection to the database of its own; their answers in order."""
    answers: dict[int, object] = {}

    def run(number, job):
        try:
            answers[number] = job()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return [answers[number] for number in range(len(jobs))]


@pytest.fixture
def give(dana, monkeypatch):
    monkeypatch.setattr(queue, "send", lambda task, row: True)

    def do(page, into):
        return actions.receive(by=dana, connection=into, name="office.json", chunks=[json.dumps(page).encode()])

    return do


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_workers_that_claim_a_row_at_the_same_time_one_has_it(give):
    scan, start = give(OFFICE, "One"), threading.Barrier(4)

    def claim():
        start.wait(30)
        return work.claim(Scan.objects.select_related("connection", "upload", "snapshot"), scan.pk)

    claimed = [found for found in beside(*[claim] * 4) if found]
    assert len(claimed) == 1
    assert Scan.objects.get(pk=scan.pk).tries == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_turn_is_waited_for_until_the_transaction_of_the_other_is_over():
    order, taken = [], threading.Event()

    def first():
        with transaction.atomic():
            turns.take_turn("test")
            taken.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)")
            order.append("first")

    def second():
        taken.wait(30)
        with transaction.atomic():
            turns.take_turn("test")
            order.append("second")

    beside(first, second)
    assert order == ["first", "second"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_imports_that_publish_at_the_same_time_the_last_holds_what_both_read(give, monkeypatch):
    scans = [give(OFFICE, "One"), give(LIGHTHOUSE, "Two")]
    start, first_tries, publish = threading.Barrier(2), set(), pipeline.publish

    def publish_together(job):
        publish(job)
        if job.scan.pk not in first_tries:
            first_tries.add(job.scan.pk)
            start.wait(60)

    steps = tuple((step, publish_together if do is publish else do) for step, do in pipeline.STEPS)
    monkeypatch.setattr(pipeline, "STEPS", steps)
    beside(*(lambda pk=scan.pk: pipeline.work_on_import(pk) for scan in scans))
    assert [(scan.state, scan.error) for scan in Scan.objects.order_by("pk")] == [(State.DONE, "")] * 2
    current = EstateGraph.objects.get(is_current=True)
    read = Connection.objects.filter(snapshots__graphs=current).values_list("name", flat=True)
    assert sorted(read) == ["One", "Two"]
