"""Lists of identities and targets: how many attack paths concern each, in the order that the address asks for."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ciem.paths.models import Finding, Passed
from ciem.paths.queries import nodes_page, scope_names
from ciem.paths.tallying import tallies
from tests.web import world as worlds


@pytest.fixture
def rows(world, signed_in):
    """Name → the cells of its line, in the order of the page."""

    def fetch(name, who=None, **asked):
        page = signed_in(who or world.alice).get(reverse(name), asked).content.decode()
        lines = re.findall(r"<tr><th scope=\"row\".*?</tr>", page, re.S)
        cells = [re.findall(r"<t[hd]\b.*?</t[hd]>", line, re.S) for line in lines]
        plain = [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in line] for line in cells]
        return {line[0].split(" ")[0]: line[3:] for line in plain}

    return fetch


PASSING = "attack paths that begin there or pass"


def test_identities_tell_how_many_paths_begin_there_or_pass(rows):
    found = rows("identities")
    assert found["training-role"] == [f"1 {PASSING}"]
    assert found["svc-datasync"] == [f"1 {PASSING}"]
    assert found["platform-admin"] == found["analysts"] == ["0"]


def test_identities_come_with_most_paths_first_unless_names_are_asked_for(rows, world):
    by_key, _ = nodes_page(world.alice, category="identity")
    assert len(rows("identities")) == len(by_key)
    clone = worlds.finding(worlds.CHAIN)
    clone.pk, clone.key, clone.rank = None, "c" * 64, 99
    clone.save()
    Passed.objects.create(finding=clone, node_key=worlds.TRAINER.key)
    found = list(rows("identities").items())
    assert found[0][0] == "training-role"
    assert found[0][1][0].startswith("2 ")
    counts = [int(cells[0].split()[0]) for _name, cells in found]
    assert counts == sorted(counts, reverse=True)
    by_name = list(rows("identities", sort="name"))
    assert by_name == [html.escape(node.name).split()[0] for node in by_key]
    assert sorted(dict(found)) == sorted(by_name)


def test_targets_come_with_most_paths_first_and_tell_verdict_and_worst_harm(rows):
    clone = worlds.finding(worlds.FOREIGN)
    clone.pk, clone.key, clone.rank, clone.harm, clone.verdict = None, "c" * 64, 99, "destroy", "unknown"
    clone.save()
    found = rows("targets", kind="secret")
    assert [name[:4] for name in found] == ["lamp", "safe"]
    assert found["lamp"] == ["2 attack paths that end there", "Allowed", "Read secrets"]
    assert next(iter(rows("targets", kind="secret", sort="name"))) == "lamp"


@pytest.mark.parametrize(("sort", "first"), [("verdict", "lamp"), ("harm", "safe"), ("paths", "safe")])
def test_targets_are_sorted_by_verdict_or_harm(rows, sort, first):
    """Two unknown paths lead to one secret, an allowed one to the other, by a lesser harm."""
    Finding.objects.filter(key=worlds.FOREIGN).update(harm="destroy")
    clone = worlds.finding(worlds.HOSTILE)
    clone.pk, clone.key, clone.rank = None, "c" * 64, 99
    clone.save()
    assert next(iter(rows("targets", kind="secret", sort=sort))).startswith(first)


def test_a_count_opens_its_set(world, signed_in):
    client = signed_in(world.alice)
    for name, asked in (("identities", {"sort": "paths"}), ("targets", {"kind": "model_endpoint"})):
        page = client.get(reverse(name), asked).content.decode()
        href, number = re.search(r'class="num"><a href="([^"]+)">(\d+)', page).groups()
        listed = set(re.findall(r"/paths/([0-9a-z]{64})/", client.get(href.replace("&amp;", "&")).content.decode()))
        assert len(listed) == int(number) == 1


def test_only_paths_that_the_reader_may_see_are_counted(rows, world):
    assert worlds.LAMP.key in tallies(world.alice, ending=True)
    assert tallies(world.bob, ending=True).keys() == {worlds.BUCKET.key, worlds.ENDPOINT.key, worlds.SECRET.key}
    assert tallies(world.charlie, ending=False) == {}
    assert "lamp" not in rows("targets", world.bob, kind="secret")


def test_paths_that_are_gone_are_not_counted(world):
    Finding.objects.filter(key=worlds.FIRST).update(state="gone")
    assert worlds.BUCKET.key not in tallies(world.alice, ending=True)


def test_sorting_keeps_kind_and_search_and_a_search_keeps_the_order(world, signed_in):
    page = (
        signed_in(world.alice).get(reverse("targets"), {"kind": "secret", "q": "la", "sort": "harm"}).content.decode()
    )
    heads = dict(re.findall(r'<th scope="col"[^>]*><a href="([^"]+)">([^<]+)</a>', page))
    assert {title: href.replace("&amp;", "&") for href, title in heads.items()} == {
        "Name": "?kind=secret&q=la&sort=name",
        "Paths": "?kind=secret&q=la",
        "Surest verdict": "?kind=secret&q=la&sort=verdict",
        "Worst harm": "?kind=secret&q=la&sort=harm",
    }
    assert page.count("aria-sort") == 1
    assert '<input type="hidden" name="sort" value="harm">' in page


def test_a_page_asks_as_many_questions_for_many_rows_as_for_few(world, signed_in):
    client = signed_in(world.alice)

    def asked(**words):
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("identities"), words)
        return len(seen)

    assert asked(q="ci-deployer", sort="paths") == asked(q="a", sort="paths")


def test_scopes_are_called_by_the_name_that_the_cloud_gives_else_by_their_connection(world, signed_in):
    assert scope_names(world.alice) == {worlds.HOME: "nw-prod-ml", worlds.AWAY: "Lighthouse"}
    assert scope_names(world.bob) == {worlds.HOME: "nw-prod-ml"}
    assert scope_names(world.charlie) == {}
    client = signed_in(world.alice)
    for address in (
        reverse("identities"),
        reverse("identity", args=[worlds.DEPLOYER.key]),
        reverse("target", args=[worlds.BUCKET.key]),
        reverse("connection", args=[world.home.pk]),
        reverse("connections"),
        reverse("overview"),
        f"{reverse('paths')}?{urlencode({'scope': worlds.HOME})}",
    ):
        assert f"nw-prod-ml ({worlds.HOME})" in client.get(address).content.decode(), address


def test_hops_of_assumed_breach_are_those_of_a_path_and_say_from_whom_they_count(world, signed_in):
    """A row of one identity counts as its path does; in a row of several the others may be further away."""
    client = signed_in(world.alice)
    page = client.get(reverse("breaches")).content.decode()
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr><th.*?</tr>", page, re.S)]
    assert {"from the nearest" in row for row in rows if "svc-datasync" in row} == {True}
    [alone] = [row for row in rows if "keeper" in row]
    path = worlds.finding(worlds.FOREIGN)
    assert alone.split()[-1] == str(path.hops) == str(len(path.path["hops"]))
