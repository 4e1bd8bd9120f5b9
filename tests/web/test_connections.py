"""Connections come to be by an import that succeeds; what failed leaves a line, and nothing that cannot be removed."""

from __future__ import annotations

import re
from html import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ciem.accounts.models import AuditEntry
from ciem.connections.models import Connection, ConnectionGrant
from ciem.scans.models import Scan, State, Upload
from graph.clouds import clouds
from tests.web import world as worlds


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


def upload(client, name=""):
    file = SimpleUploadedFile("ledger.json", b"{}")
    return client.post(reverse("import"), {"file": file, "name": name})


@pytest.fixture
def failed(client):
    """An import into a new connection that came to nothing."""
    upload(client)
    Scan.objects.filter(connection__name="ledger").update(state=State.FAILED, error="It is no export.")
    return Connection.objects.get(name="ledger")


def test_a_failed_first_import_is_told_apart_and_counts_as_no_connection(client, failed):
    page = client.get(reverse("connections"))
    assert "Imports that have brought nothing yet ledger Last import failed It is no export. Remove" in text(page)
    assert f'id="connection-{failed.pk}"' not in page.content.decode()
    assert re.search(r"Connections\s*2\b", text(client.get("/")))


def test_the_next_try_under_the_same_name_goes_into_the_same_connection(client, failed):
    assert upload(client).status_code == 302
    assert Scan.objects.filter(connection=failed).count() == 2
    again = re.search(
        r'href="([^"]+)">Import again', client.get(reverse("scan", args=[_first(failed)])).content.decode()
    )
    assert 'value="ledger"' in client.get(again[1]).content.decode()


def _first(connection):
    return connection.scans.earliest("pk").pk


def test_a_connection_of_which_nothing_was_read_can_be_removed_with_its_imports(client, world, failed):
    address = reverse("connection-remove", args=[failed.pk])
    assert client.get(address).status_code == 405
    assert "ledger was removed." in text(client.post(address, follow=True))
    assert not Connection.objects.filter(pk=failed.pk).exists()
    assert not Upload.objects.filter(name="ledger.json").exists()
    assert AuditEntry.objects.filter(action="connection removed", by=world.alice).exists()


def test_a_connection_with_data_or_with_an_import_going_on_is_not_removed(client, world, failed):
    refused = client.post(reverse("connection-remove", args=[world.home.pk]), follow=True)
    assert "so it stays" in text(refused)
    Scan.objects.filter(connection=failed).update(state=State.RUNNING)
    assert "Cancel it first" in text(client.post(reverse("connection-remove", args=[failed.pk]), follow=True))
    assert Connection.objects.count() == 3


def test_only_those_who_may_connect_and_who_see_it_remove_a_connection(world, signed_in, failed):
    address = reverse("connection-remove", args=[failed.pk])
    assert signed_in(world.bob).post(address).status_code == 404
    ConnectionGrant.objects.create(user=world.erin, connection=failed)
    assert signed_in(world.erin).post(address).status_code == 403
    assert Connection.objects.filter(pk=failed.pk).exists()


def test_the_name_of_a_connection_means_that_connection(client, world):
    answer = upload(client, name="  Lighthouse ")
    assert Scan.objects.latest("pk").connection == world.away
    assert "Lighthouse is a connection already: this is its newer file." in text(client.get(answer["Location"]))


def test_the_name_of_a_foreign_connection_is_taken(world, signed_in):
    assert "already exists" in text(upload(signed_in(world.bob), name="Lighthouse"))
    assert not Scan.objects.filter(connection=world.away, requested_by=world.bob).exists()


def test_a_file_that_says_the_same_as_before_is_told_as_nothing_new(client, world):
    upload(client, name="Lighthouse")
    scan = Scan.objects.latest("pk")
    Scan.objects.filter(pk=scan.pk).update(state=State.DONE, snapshot=world.foreign_scan.snapshot)
    assert "Nothing new: the file says the same as that of" in text(client.get(reverse("scan", args=[scan.pk])))
    assert "Nothing new" not in text(client.get(reverse("scan", args=[world.foreign_scan.pk])))


def test_names_of_connections_stay_text(client, failed):
    Connection.objects.filter(pk=failed.pk).update(name=worlds.SCRIPT)
    assert worlds.SCRIPT not in client.get(reverse("connections")).content.decode()


def test_a_connection_never_read_offers_to_import_a_file_and_nothing_again(client, failed):
    page = client.get(reverse("connection", args=[failed.pk])).content.decode()
    assert not re.search(r"collect\w* again|newer file", page, re.I)
    href = re.search(r'href="([^"]+)">(?:<svg.*?</svg>)?Import a file', page)[1].replace("&amp;", "&")
    assert 'name="name" maxlength="100" autocomplete="off" value="ledger"' in client.get(href).content.decode()


def test_a_connection_that_was_read_offers_a_newer_file(client, world):
    page = client.get(reverse("connection", args=[world.home.pk])).content.decode()
    href = re.search(r'href="([^"]+)">(?:<svg.*?</svg>)?Import a newer file', page)[1]
    assert f'value="{world.home.pk}" selected' in client.get(href).content.decode()


@pytest.mark.parametrize("name", ["overview", "connections", "import"])
def test_the_command_that_makes_a_first_file_stands_where_one_begins(world, signed_in, name):
    """In the words of each cloud's own importer; the overview is the start page of whoever has nothing yet."""
    page = signed_in(world.charlie).get(reverse(name)).content.decode()
    for cloud in clouds().values():
        told = [importer.how for importer in cloud.importers if importer.how]
        assert told
        assert all(escape(how) in page for how in told), cloud.key


def test_who_may_not_import_is_not_told_how_under_connections(world, signed_in):
    assert "porter print" not in signed_in(world.erin).get(reverse("connections")).content.decode()
