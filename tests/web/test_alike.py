"""What is the same in many accounts is one line that says how many it stands for, and opens to all of them."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.connections.models import ConnectionSet
from ciem.paths.models import Administrator, Breach, Choke, Finding, Latent
from tests.web import world as worlds

MORE = 9


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def opened(client, answer, words):
    """What the link with these words leads to."""
    href = re.search(rf'href="([^"]+)">{words}', answer.content.decode())[1].replace("&amp;", "&")
    return client.get(href if href.startswith("/") else answer.request["PATH_INFO"] + href)


def clone(row, **more):
    row.pk = None
    for name, value in more.items():
        setattr(row, name, value)
    row.save()


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


@pytest.fixture
def paths(world):
    """The same path in nine more accounts, where what it ends at is called the same."""
    row = worlds.finding(worlds.FIRST)
    row.alike, row.target_alike = "same", "same-target"
    row.save()
    for number in range(MORE):
        ends = {"target_key": f"{row.target_key}-{number}", "target_scope": f"account-{number}"}
        clone(row, key=f"{number}".rjust(64, "c"), rank=100 + number, **ends)
    return worlds.finding(worlds.FIRST)


def listed(answer):
    return re.findall(r'href="/paths/([0-9a-z]{64})/"', answer.content.decode())


def test_alike_paths_are_one_line_however_they_are_grouped(client, paths):
    for group in ("target", "entry", "harm", "none"):
        answer = client.get(reverse("paths"), {"group": group, "sort": "target"})
        shown = [key for key in listed(answer) if key == paths.key or key.startswith("ccc")]
        assert shown == [paths.key], group
        assert "and 9 paths alike in other accounts" in text(answer), group


def test_numbers_count_all_and_the_line_opens_to_its_members(client, paths):
    answer = client.get(reverse("paths"), {"group": "none"})
    everything = Finding.objects.filter(state="open").count()
    assert f"Paths {everything}" in text(answer)
    inside = opened(client, answer, "and 9 paths alike")
    assert len(listed(inside)) == 1 + MORE
    assert "alike in other accounts" not in text(inside)


def test_targets_that_are_alike_are_one_group_that_leads_to_the_paths_of_all(client, paths):
    answer = client.get(reverse("paths"))
    assert "10 of them, alike in as many accounts" in text(answer)
    assert "and 9 paths alike" in text(opened(client, answer, "Show all 10 paths"))


def test_only_what_the_reader_may_see_is_counted(world, signed_in, paths):
    Finding.objects.filter(rank__gte=104).update(touches=ConnectionSet.objects.of([world.away.pk]))
    assert "and 4 paths alike in other accounts" in text(signed_in(world.bob).get(reverse("paths")))


@pytest.mark.parametrize(
    ("name", "model"),
    [("administrators", Administrator), ("breaches", Breach), ("latent", Latent), ("chokes", Choke)],
)
def test_the_lists_beside_the_paths_fold_what_is_alike(client, name, model):
    row = model.objects.order_by("pk").first()
    model.objects.filter(pk=row.pk).update(alike="same")
    row.alike = "same"
    before = text(client.get(reverse(name)))
    for number in range(MORE):
        clone(row, **({"key": f"{number}".rjust(64, "d"), "number": 50 + number} if model is Choke else {}))
    answer = client.get(reverse(name))
    assert "alike in other accounts" not in before
    assert "and 9 others alike in other accounts" in text(answer)
    inside = opened(client, answer, "and 9 others alike").content.decode()
    assert inside.count('<th scope="row"') == 1 + MORE
