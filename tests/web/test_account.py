"""One's own password, and what every browser asks for by itself."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from ciem.accounts.models import AuditEntry

NEW = "a password that is new 17"


def fields(old, new=NEW):
    return {"old_password": old, "new_password1": new, "new_password2": new}


def test_a_password_is_changed_by_whoever_knows_the_old_one(world, signed_in):
    client = signed_in(world.bob)
    assert client.post(reverse("password"), fields("the password of bob"))["Location"] == "/"
    assert "Your password was changed." in client.get("/").content.decode()  # and one stays signed in
    assert Client().login(username="bob", password=NEW)
    assert AuditEntry.objects.filter(action="password changed", by=world.bob).exists()


def test_without_the_old_password_or_with_a_weak_one_nothing_changes(world, signed_in):
    client = signed_in(world.bob)
    for wrong in (fields("guessed"), fields("the password of bob", "bob"), {}):
        answer = client.post(reverse("password"), wrong)
        assert answer.status_code == 422
        assert "-error" in answer.content.decode()
    assert Client().login(username="bob", password="the password of bob")
    assert not AuditEntry.objects.filter(action="password changed").exists()


def test_the_icon_that_browsers_ask_for_by_themselves_is_there(db):
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer["Location"].endswith(".svg")) == (302, True)
