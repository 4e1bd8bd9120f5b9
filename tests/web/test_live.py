"""The form that a cloud asks for, testing and scanning: secrets never come back, and only those who may ask do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from ciem import pipeline
from ciem.connections import live
from ciem.connections.models import Connection
from ciem.scans import queue
from ciem.scans.models import ConnectionTest, Scan, State
from tests.web import world as worlds

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    told = []
    monkeypatch.setattr(queue, "send", lambda task, row: told.append((task, row.pk)) or True)
    return told


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


@pytest.fixture
def book(tmp_path):
    def write(**porter):
        page = {**OFFICE, "logbook": {**OFFICE["logbook"], "office": "mill"}, "porter": {"word": "sesame", **porter}}
        place = tmp_path / "book.json"
        place.write_text(json.dumps(page))
        return str(place)

    return write


@pytest.fixture
def mill(world, book):
    return live.connect_live(by=world.alice, name="Mill", cloud="toy", values={"book": book(), "word": "sesame"})


def connect(client, **given):
    return client.post(reverse("live"), {"cloud": "toy", **given})


def test_a_cloud_is_connected_by_the_form_that_it_asks_for(client, book):
    assert reverse("live") in client.get(reverse("connections")).content.decode()
    page = client.get(reverse("live"), {"cloud": "toy"}).content.decode()
    assert 'name="field-word" type="password"' in page
    answer = connect(client, name="Mill", **{"field-book": book(), "field-word": "sesame"})
    mill = Connection.objects.get(name="Mill")
    assert answer["Location"] == reverse("connection", args=[mill.pk])
    assert live.values_of(mill)["word"] == "sesame"


def test_a_refused_form_says_why_and_does_not_spell_the_secret(client):
    answer = connect(client, name="Mill", **{"field-word": "open sesame"})
    assert answer.status_code == 422
    assert "Still to be given: Logbook." in text(answer)
    assert "open sesame" not in answer.content.decode()
    assert not Connection.objects.filter(name="Mill").exists()
    assert "already" in text(connect(client, name="Lighthouse", **{"field-book": "/b", "field-word": "x"}))


def test_no_page_of_a_connection_spells_its_secret(client, mill):
    for name in ("connection", "live-change"):
        page = client.get(reverse(name, args=[mill.pk])).content.decode()
        assert mill.given["book"] in page
        assert "sesame" not in page
        assert mill.sealed not in page


def test_credentials_are_changed_and_an_empty_secret_stays(client, mill):
    address = reverse("live-change", args=[mill.pk])
    assert client.post(address, {"field-book": "/other", "field-word": ""}).status_code == 302
    mill.refresh_from_db()
    assert live.values_of(mill) == {"book": "/other", "word": "sesame", "floor": ""}
    assert client.post(address, {"field-book": ""}).status_code == 422


def test_a_scan_shows_its_parts_calls_gaps_and_what_was_lost(
    client, mill, sent, book, django_capture_on_commit_callbacks
):
    book(refuses={"robots": "Robots are hidden."}, withholds=["bars"])
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("live-scan", args=[mill.pk]))
    scan = Scan.objects.get(connection=mill)
    assert answer["Location"] == reverse("scan", args=[scan.pk])
    pipeline.work_on_import(scan.pk)
    page = client.get(answer["Location"])
    assert "Scan of Mill" in text(page)
    assert "0 of 9 parts read, 0 calls, 0 gaps." in text(page)
    assert "Receive the file" not in text(page)
    for part in scan.parts.all()[:8]:
        pipeline.work_on_part(part.pk)
    assert re.search(
        r"8 of 9 parts read, \d+ calls, 1 gap, about less than a minute left", text(client.get(answer["Location"]))
    )
    pipeline.work_on_part(scan.parts.last().pk)
    page = text(client.get(answer["Location"]))
    assert "1 part could not be read The list of robots: Robots are hidden." in page
    assert "Scan now" in text(client.get(reverse("connection", args=[mill.pk])))


def test_a_second_request_leads_to_the_scan_that_goes_on(client, mill):
    first = client.post(reverse("live-scan", args=[mill.pk]))["Location"]
    assert client.post(reverse("live-scan", args=[mill.pk]))["Location"] == first


def test_a_test_is_watched_and_says_what_is_missing(client, mill, book):
    book(refuses={"robots": f"Robots {worlds.SCRIPT}"})
    page = reverse("connection", args=[mill.pk])
    assert "not tested yet" in text(client.get(page))
    client.post(reverse("live-test-ask", args=[mill.pk]))
    part = reverse("live-test", args=[mill.pk])
    assert "hx-trigger" in client.get(part, headers={"HX-Request": "true"}).content.decode()
    pipeline.work_on_test(ConnectionTest.objects.get().pk)
    told = client.get(part, headers={"HX-Request": "true"})
    assert "hx-trigger" not in told.content.decode()
    assert "1 thing is missing" in text(told)
    assert worlds.SCRIPT not in told.content.decode()
    ConnectionTest.objects.create(connection=mill, state=State.DONE, finished_at=timezone.now())
    assert "nothing is missing" in text(client.get(page))


def test_a_connection_is_read_by_itself_as_often_as_is_said(client, mill):
    client.post(reverse("live-schedule", args=[mill.pk]), {"rhythm": "daily"})
    assert '<option value="daily" selected>' in client.get(reverse("connection", args=[mill.pk])).content.decode()
    assert "no such schedule" in text(
        client.post(reverse("live-schedule", args=[mill.pk]), {"rhythm": "hourly"}, follow=True)
    )


@pytest.mark.parametrize("name", ["live-scan", "live-test-ask", "live-schedule", "live-change"])
def test_only_those_who_may_and_see_it_act_on_a_live_connection(world, signed_in, mill, name):
    address = reverse(name, args=[mill.pk])
    assert signed_in(world.bob).post(address, {"rhythm": ""}).status_code == 404
    assert signed_in(world.erin).post(address, {"rhythm": ""}).status_code == 403
    assert signed_in(world.erin).get(reverse("live")).status_code == 403


def test_a_connection_of_files_has_no_credentials_and_is_not_scanned(client, world):
    assert "Scan now" not in text(client.get(reverse("connection", args=[world.home.pk])))
    assert client.get(reverse("live-change", args=[world.home.pk])).status_code == 404
    told = client.post(reverse("live-scan", args=[world.home.pk]), follow=True)
    assert "is read from files" in text(told)
