"""The page of changes: two graphs, what became of the paths and why, and only what one may see of it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.paths.models import Comparison
from ciem.scans.models import EstateGraph, State
from tests.web import world as worlds


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


def test_one_graph_is_nothing_to_compare(client):
    assert "Only one graph yet" in text(client.get(reverse("changes")))


def test_the_last_two_graphs_are_compared_and_each_change_says_why(client, world):
    worlds.compared(world)
    page = text(client.get(reverse("changes")))
    assert "All 3 Opened 1 Closed 1 Changed 1" in page
    assert "of opened was added." in page
    assert "What it hung on was not read this time, so it may well be open still." in page
    assert "score 20, now 40" in page


def test_a_turn_has_an_address(client, world):
    worlds.compared(world)
    page = text(client.get(reverse("changes"), {"turn": "closed"}))
    assert "of closed was added." in page
    assert "of opened was added." not in page


def test_only_what_one_may_see_is_told_and_counted(signed_in, world):
    worlds.compared(world)
    page = text(signed_in(world.bob).get(reverse("changes")))
    assert "All 2 Opened 1 Closed 1 Changed 0" in page
    assert "keeper" not in page
    assert "Only one graph yet" not in page
    assert "beef" not in text(signed_in(world.charlie).get(reverse("changes")))


def test_a_link_names_both_graphs_and_a_strange_one_is_not_there(client, world, signed_in):
    worlds.compared(world)
    asked = {"old": worlds.OLDER[:16], "new": worlds.GRAPH.id[:16]}
    assert "All 3" in text(client.get(reverse("changes"), asked))
    assert client.get(reverse("changes"), {**asked, "old": "cafe"}).status_code == 404
    assert signed_in(world.charlie).get(reverse("changes"), asked).status_code == 404
    assert "The same graph twice" in text(client.get(reverse("changes"), {**asked, "old": asked["new"]}))


def test_what_was_not_compared_yet_can_be_asked_for_once(client, world):
    worlds.compared(world).delete()
    assert "Compare them" in text(client.get(reverse("changes")))
    assert Comparison.objects.count() == 0
    for _ in range(2):
        answer = client.post(reverse("changes"), {"old": worlds.OLDER, "new": worlds.GRAPH.id}, follow=True)
        assert "Being compared" in text(answer)
    assert Comparison.objects.get().state == State.QUEUED


def test_a_failed_comparison_says_so_and_can_be_asked_for_again(client, world):
    comparison = worlds.compared(world)
    Comparison.objects.update(state=State.FAILED, error=f"No. {worlds.REVERSED}")
    page = text(client.get(reverse("changes")))
    assert "The comparison failed No." in page
    client.post(reverse("changes"), {"old": worlds.OLDER, "new": worlds.GRAPH.id})
    comparison.refresh_from_db()
    assert comparison.state == State.QUEUED
    assert EstateGraph.objects.count() == 2
