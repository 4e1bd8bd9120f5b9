"""Who may open what: strangers find nothing, visitors sign in, roles end where they should."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import world as worlds

OPEN_TO_ALL = [
    "overview",
    "connections",
    "paths",
    "administrators",
    "widenings",
    "breaches",
    "identities",
    "targets",
    "explain",
    "search",
]


def addresses(world):
    """Every address that names an object of the home connection."""
    return [
        reverse("connection", args=[world.home.pk]),
        reverse("scan", args=[world.scan.pk]),
        reverse("path", args=[worlds.CHAIN]),
        reverse("path-text", args=[worlds.CHAIN]),
        reverse("identity", args=[worlds.DEPLOYER.key]),
        reverse("identity", args=[worlds.JOB.key]),
        reverse("target", args=[worlds.ENDPOINT.key]),
    ]


def foreign(world):
    """The same for the connection that bob was not given."""
    return [
        reverse("connection", args=[world.away.pk]),
        reverse("scan", args=[world.foreign_scan.pk]),
        reverse("path", args=[worlds.FOREIGN]),
        reverse("path-text", args=[worlds.FOREIGN]),
        reverse("identity", args=[worlds.KEEPER.key]),
        reverse("target", args=[worlds.LAMP.key]),
    ]


def test_everybody_signed_in_opens_the_lists_and_sees_only_their_own(world, signed_in):
    for user in (world.alice, world.bob, world.charlie, world.erin):
        for name in OPEN_TO_ALL:
            assert signed_in(user).get(reverse(name)).status_code == 200, (user, name)


def test_who_was_given_the_connection_opens_what_belongs_to_it(world, signed_in):
    for user in (world.alice, world.bob, world.erin):
        for address in addresses(world):
            assert signed_in(user).get(address).status_code == 200, (user, address)


def test_for_a_stranger_nothing_of_it_exists(world, signed_in):
    for address in [*addresses(world), *foreign(world)]:
        assert signed_in(world.charlie).get(address).status_code == 404, address


def test_a_grant_on_one_connection_opens_nothing_of_another(world, signed_in):
    for address in foreign(world):
        assert signed_in(world.bob).get(address).status_code == 404, address


def test_lists_never_name_what_is_foreign(world, signed_in):
    bob = signed_in(world.bob)
    for name in [*OPEN_TO_ALL, "import"]:
        page = bob.get(reverse(name), {"group": "none"}).content.decode()
        assert "lamp" not in page, name
        assert "Lighthouse" not in page, name
    assert "lamp" not in bob.get(reverse("search"), {"q": "lam"}).content.decode().replace("“lam”", "")
    assert "lamp" in signed_in(world.alice).get(reverse("search"), {"q": "lam"}).content.decode()


def test_a_foreign_import_cannot_be_cancelled_nor_a_foreign_connection_imported_into(world, signed_in):
    bob = signed_in(world.bob)
    assert bob.post(reverse("scan-cancel", args=[world.foreign_scan.pk])).status_code == 404
    answer = bob.post(reverse("import"), {"connection": world.away.pk})
    assert answer.status_code == 422


def test_visitors_are_sent_to_sign_in_from_every_address(world):
    names = [*OPEN_TO_ALL, "import", "audit"]
    for address in [*map(reverse, names), *addresses(world)]:
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("login")), address


def test_only_administrators_and_auditors_read_the_audit_log(world, signed_in):
    seen = {u.username: signed_in(u).get(reverse("audit")).status_code for u in (world.alice, world.bob, world.erin)}
    assert seen == {"alice": 200, "bob": 403, "erin": 200}
    assert "Audit log" not in signed_in(world.bob).get("/").content.decode()


def test_an_auditor_may_look_but_not_import(world, signed_in):
    erin = signed_in(world.erin)
    assert erin.get(reverse("import")).status_code == 403
    assert reverse("import") not in erin.get(reverse("connections")).content.decode()
    assert erin.post(reverse("scan-cancel", args=[world.scan.pk])).status_code == 403


def test_signing_in_leads_to_the_page_that_was_asked_for_and_signing_out_ends_it(world):
    client = Client()
    form = {"username": "bob", "password": "the password of bob", "next": reverse("paths")}
    assert client.post(reverse("login"), form)["Location"] == reverse("paths")
    assert client.get(reverse("paths")).status_code == 200
    client.post(reverse("logout"))
    assert client.get(reverse("paths")).status_code == 302


def test_a_wrong_password_is_refused_in_words(world):
    answer = Client().post(reverse("login"), {"username": "bob", "password": "guess"})
    assert "User name or password is wrong" in answer.content.decode()


@pytest.mark.parametrize("address", ["/nothing/", "/paths/none/", "/identities/none/", "/connections/999/"])
def test_what_does_not_exist_says_so_in_our_own_words(world, signed_in, address):
    answer = signed_in(world.alice).get(address)
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_writes_need_a_token_of_our_own_page(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.alice)
    assert client.post(reverse("scan-cancel", args=[world.scan.pk])).status_code == 403
    assert client.post(reverse("import"), {}).status_code == 403
