"""Files that come from the network: who may send them, how much of them is kept, and what a full disk does."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from ciem.connections.models import Connection
from ciem.scans import actions
from ciem.scans.receiving import GuardedUploadHandler, ReceivedFile

pytestmark = pytest.mark.django_db

CHUNK = b"x" * 1000


def incoming() -> list[int]:
    """The sizes of what lies where files come in."""
    return [place.stat().st_size for place in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()]


@pytest.fixture
def handler():
    """What takes a file from a request of somebody."""
    begun = []

    def begin(user):
        request = RequestFactory().post("/")
        request.user = user
        made = GuardedUploadHandler(request)
        made.new_file("file", "office.json", "application/json", 0)
        begun.append(made)
        return made

    yield begin
    for made in begun:
        made.file.close()


@pytest.fixture
def browse():
    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_of_a_file_that_is_too_large_nothing_stays_on_disk_while_the_rest_comes(handler, alice, settings):
    settings.MAX_UPLOAD_BYTES = 1500
    large = handler(alice)
    large.receive_data_chunk(CHUNK, 0)
    assert incoming() == [1000]
    large.receive_data_chunk(CHUNK, 1000)
    large.receive_data_chunk(CHUNK, 2000)
    assert incoming() == [0]
    assert (large.file_complete(3000).size, "larger than" in large.file.problem) == (3000, True)


def test_what_is_small_by_itself_is_refused_after_too_much(handler, alice, settings):
    settings.MAX_UPLOAD_BYTES = 1500
    several = handler(alice)
    several.receive_data_chunk(CHUNK * 2, 0)
    several.file_complete(2000).close()
    several.new_file("other", "b.json", "application/json", 0)
    several.receive_data_chunk(b"{}", 0)
    assert several.file_complete(2).problem


@pytest.mark.parametrize("who", ["bob", "erin", "a visitor"])
def test_of_those_who_may_not_import_no_byte_is_kept(handler, request, who):
    stranger = handler(AnonymousUser() if who == "a visitor" else request.getfixturevalue(who))
    stranger.receive_data_chunk(CHUNK, 0)
    assert incoming() == [0]
    assert stranger.file_complete(1000).problem


@pytest.mark.parametrize("broken", [(ReceivedFile, "write"), (Path, "open")], ids=["on its way", "when it is kept"])
def test_a_full_disk_is_told_and_leaves_nothing(alice, browse, monkeypatch, broken):
    monkeypatch.setattr(*broken, full)
    answer = browse(alice).post(reverse("import"), {"file": SimpleUploadedFile("new.json", b"{}"), "name": "New"})
    assert answer.status_code == 422
    assert "could not be kept (No space left on device)" in answer.content.decode()
    assert not Connection.objects.filter(name="New").exists()
    assert not list(Path(settings.UPLOADS).iterdir()) if Path(settings.UPLOADS).exists() else True
    assert incoming() == []


def test_a_new_connection_is_made_only_for_a_file_that_could_be_kept(alice, bob):
    with pytest.raises(ValidationError, match="empty"):
        actions.receive(by=alice, connection="New", name="a.json", chunks=[])
    assert not Connection.objects.filter(name="New").exists()
    scan = actions.receive(by=alice, connection=" New  one ", name="a.json", chunks=[b"{}"])
    assert scan.connection == Connection.objects.visible_to(alice).get(name="New one")
    again = actions.receive(by=alice, connection="New one", name="a.json", chunks=[b"{}"])
    assert again.connection == scan.connection
    assert Connection.objects.filter(name="New one").count() == 1
    assert len(list(Path(settings.UPLOADS).iterdir())) == 2


def test_no_page_is_kept_by_a_browser_or_a_proxy(alice, browse):
    for client in (browse(alice), Client()):
        for address in (reverse("overview"), reverse("login"), "/nothing/"):
            assert {"no-store", "private"} <= set(client.get(address)["Cache-Control"].split(", "))
