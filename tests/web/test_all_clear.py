"""Nothing found is good news only where everything was read and a path can begin somewhere."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.urls import reverse

from ciem.paths.models import Finding
from ciem.scans.models import NEVER_ASKED, EstateGraph, GapRecord, SnapshotRecord
from tests.web import world as worlds

SURE = ('"state state-ok"', "#check", "Every part that was asked for could be read")


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def get(world, signed_in):
    client = signed_in(world.alice)
    Finding.objects.all().delete()
    GapRecord.objects.all().delete()
    return lambda name, *args, **parameters: client.get(reverse(name, args=args), parameters)


def counted(entries):
    EstateGraph.objects.update(counts={"nodes": 3, "entries": entries})


def never_asked(number):
    for snapshot in SnapshotRecord.objects.all():
        for i in range(number):
            GapRecord.objects.create(snapshot=snapshot, scope="*", call=f"call-{i:02}", error=NEVER_ASKED)


@pytest.mark.parametrize("name", ["overview", "paths"])
def test_without_entry_points_no_page_is_reassuring(get, name):
    counted(0)
    page = text(get(name))
    assert "no entry points" in page
    assert "Nothing here means safe" in page
    assert re.search(r"Look as well at Assumed breach \(3\) and Administrators \(1\)", page)
    assert "state-ok" not in get(name).content.decode()


@pytest.mark.parametrize("name", ["overview", "paths", "connections"])
def test_calls_that_were_never_asked_are_told_and_nothing_is_green(get, name):
    counted(2)
    never_asked(20)
    page = get(name).content.decode()
    assert "40 calls" in text(get(name))
    assert [word for word in SURE if word in page] == []


def test_what_was_never_asked_counts_against_what_was_read(get):
    counted(0)
    never_asked(20)
    assert re.search(r"Read 31 % 18 of 58 parts", text(get("overview")))


def test_a_connection_names_the_calls_that_were_never_asked(get, world):
    never_asked(2)
    page = get("connection", world.home.pk)
    assert "2 calls never asked for" in text(page)
    assert "call-01" in page.content.decode()
    assert "state-ok" not in page.content.decode()


def test_where_everything_was_read_the_good_news_is_told(get):
    counted(2)
    assert "Every part that was asked for could be read" in text(get("paths"))
    assert 'state state-ok"' in get("paths").content.decode()


def test_the_lists_beside_the_paths_say_how_much_they_hold(get):
    tabs = text(get("administrators"))
    assert "Paths 0 Choke points 4 Administrators 1 Self-widening 1 Assumed breach 3 Agents 2 Latent 2 Changes" in tabs


def test_a_connection_that_was_never_read_is_not_passed_over(get, world):
    world.away.snapshots.all().delete()
    assert "1 connection has nothing read yet." in text(get("connections"))


def test_the_data_are_as_old_as_their_oldest_part(get, world):
    assert "21 Nov 2026, 06:00 UTC" in text(get("overview"))
    SnapshotRecord.objects.filter(connection=world.home).update(collected_at=None)
    assert "21 Nov 2026, 06:00 UTC and 1 file without a date" in text(get("overview"))
    SnapshotRecord.objects.update(collected_at=None)
    assert "date unknown" in text(get("overview"))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Use `a<b>` here.", "Use <code>a&lt;b&gt;</code> here."),
        ("`x` and `y`", "<code>x</code> and <code>y</code>"),
        ("one ` alone <b>", "one ` alone &lt;b&gt;"),
        (worlds.SCRIPT, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"),
    ],
)
def test_what_stands_between_backticks_is_code(words, shown):
    assert Template("{% load web %}{{ words|code }}").render(Context({"words": words})) == shown
