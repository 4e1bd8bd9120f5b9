"""What binds an identity stands on its page, each document to be read in full, for whoever may see the identity."""

from __future__ import annotations

import re
from html import escape

from django.urls import reverse

from ciem.web.hops import short_name
from tests.web import world as worlds


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_an_identity_says_what_binds_it_and_how(world, signed_in):
    page = text(signed_in(world.alice).get(reverse("identity", args=[worlds.SYNC.key])))
    assert f"What binds it 2 {escape(short_name(worlds.DOCUMENT))} inline rule reader lent rule of analysts" in page
    assert "Is in analysts" in page


def test_a_document_that_binds_is_shown_in_full_and_made_safe(world, signed_in):
    client = signed_in(world.bob)
    page = client.get(reverse("identity-document", args=[worlds.SYNC.key, "sync/reader"])).content.decode()
    assert "&lt;script&gt;alert(" in page
    assert worlds.SCRIPT not in page
    assert "lent rule of analysts" in re.sub(r"<[^>]+>", "", page)


def test_what_was_read_elsewhere_is_not_told_with_an_identity(world, signed_in):
    """The same document binds somebody of its own scope, and is shown there."""
    client = signed_in(world.alice)
    assert worlds.SHEET.name not in text(client.get(reverse("identity", args=[worlds.SYNC.key])))
    assert client.get(reverse("identity-document", args=[worlds.SYNC.key, worlds.SHEET.name])).status_code == 404
    assert client.get(reverse("identity-document", args=[worlds.KEEPER.key, worlds.SHEET.name])).status_code == 200


def test_a_foreign_identity_has_no_documents_and_an_identity_no_others(world, signed_in):
    client = signed_in(world.bob)
    for key, name in ((worlds.KEEPER.key, worlds.SHEET.name), (worlds.DEPLOYER.key, "sync/reader")):
        assert client.get(reverse("identity-document", args=[key, name])).status_code == 404


def test_an_identity_tells_how_many_paths_pass_that_begin_elsewhere(world, signed_in):
    client = signed_in(world.alice)
    assert "1 attack path begins elsewhere and passes here" in text(
        client.get(reverse("identity", args=[worlds.TRAINER.key]))
    )
    assert "passes here" not in text(client.get(reverse("identity", args=[worlds.SYNC.key])))
