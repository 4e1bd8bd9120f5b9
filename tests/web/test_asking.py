"""A question names things as people do: by key, by name, or something inside a thing; what is unclear is told where."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.urls import reverse

from ciem.paths.models import Question
from tests.web import world as worlds


@pytest.fixture
def ask(world, signed_in):
    def ask(user, identity, resource, action="vault.unlock"):
        answer = signed_in(user).post(
            reverse("explain"), {"identity": identity, "action": action, "resource": resource}
        )
        return answer.status_code, answer.content.decode()

    return ask


def asked():
    return Question.objects.values_list("subject", "object").get()


def wrong(page):
    """The fields that are marked, each with what is said of it."""
    return dict(re.findall(r'id="id_(\w+)-error">.*?<span>(.*?)</span>', page, flags=re.S))


def test_names_are_as_good_as_keys(ask, world):
    assert ask(world.bob, "svc-datasync", "nw-training-data")[0] == 302
    assert asked() == (worlds.SYNC.key, worlds.BUCKET.key)


def test_something_inside_a_thing_can_be_asked_about(ask, world):
    inside = f"{worlds.BUCKET.key}/2026/rows.csv"
    assert ask(world.bob, worlds.SYNC.key, inside)[0] == 302
    assert asked() == (worlds.SYNC.key, inside)


def test_strangers_are_asked_about_by_those_who_see_everything_alone(ask, world):
    stranger = "away:555566667777"
    code, page = ask(world.bob, stranger, worlds.BUCKET.key)
    assert (code, wrong(page).keys()) == (422, {"identity"})
    assert ask(world.alice, stranger, worlds.BUCKET.key)[0] == 302
    question = Question.objects.get()
    assert not Question.objects.visible_to(world.bob).filter(pk=question.pk).exists()


@pytest.mark.parametrize("unknown", [worlds.LAMP.key, "away:secret/none", worlds.LAMP.name, "none"])
def test_what_is_foreign_and_what_is_unknown_are_refused_alike(ask, world, unknown):
    code, page = ask(world.bob, worlds.SYNC.key, unknown)
    said = wrong(page)
    assert (code, list(said)) == (422, ["resource"])
    assert said["resource"].startswith("The published graph has no resource with the key or name")
    assert not Question.objects.exists()


def test_a_misspelt_action_is_told_on_its_field_before_anything_is_asked(ask, world, monkeypatch):
    strict = SimpleNamespace(misspelt=lambda action: f"`{action}` is no action. Did you mean `s3:GetObject`?")
    monkeypatch.setattr("ciem.web.explain.clouds", lambda: {"strict": strict})
    code, page = ask(world.bob, worlds.SYNC.key, worlds.BUCKET.key, action="s3:GetObjct")
    assert code == 422
    assert wrong(page)["action"].endswith("Did you mean <code>s3:GetObject</code>?")
    assert not Question.objects.exists()


def test_names_are_suggested(world, signed_in):
    page = signed_in(world.bob).get(reverse("explain")).content.decode()
    assert f'<option value="{worlds.SYNC.key}">svc-datasync</option>' in page
    assert 'list="known-identity"' in page
    assert worlds.LAMP.key not in page
