"""Why a hop holds: the statement and its document by name; what allows everything is one line."""

from __future__ import annotations

import re
from html import escape

import pytest
from django.urls import reverse

from ciem.paths.models import PolicyDocument
from ciem.web.hops import short_name
from ciem.web.words import moment
from tests.web import world as worlds


@pytest.fixture
def page(world, signed_in):
    def fetch(body):
        finding = worlds.finding(worlds.FIRST)
        evidence = {"document": "org/p-FullAccess", "place": "/Statement/0", "effect": "Allow", "label": ""}
        finding.path["hops"][0]["because"].append({"layer": "scp", "words": "", "evidence": evidence})
        finding.path["hops"][0]["evidence"].append(evidence)
        finding.save()
        PolicyDocument.objects.create(graph=finding.last_graph, name="org/p-FullAccess", body={"Statement": [body]})
        page = signed_in(world.alice).get(reverse("path", args=[worlds.FIRST])).content.decode()
        return page, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

    return fetch


def test_what_allows_everything_is_one_line_without_its_document(page):
    html, words = page({"Effect": "Allow", "Action": "*", "Resource": ["*"], "Sid": "All"})
    assert "Service control policy allows everything (p-FullAccess)" in words
    assert 'aria-label="org/p-FullAccess' not in html
    assert f"statement 2 in {escape(short_name(worlds.DOCUMENT))}" in words


@pytest.mark.parametrize(
    "body",
    [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"mfa": "true"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
    ],
)
def test_what_allows_less_is_shown_with_its_document(page, body):
    html, words = page(body)
    assert "allows everything" not in words
    assert 'aria-label="org/p-FullAccess' in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-08-15T08:00:00Z", "15 Aug 2026, 08:00 UTC"),
        ("2026-08-15T08:00:00+02:00", "15 Aug 2026, 06:00 UTC"),
        ("2026-08-15", "2026-08-15"),
        ("2026-99-15T08:00:00Z", "2026-99-15T08:00:00Z"),
    ],
)
def test_moments_are_written_as_people_write_them(text, shown):
    assert moment(text) == shown


def test_a_hop_names_the_actions_it_needs_and_each_statement_those_it_decides(world, signed_in):
    client = signed_in(world.alice)
    page = client.get(reverse("path", args=[worlds.FIRST])).content.decode()
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "Needs badge.lend, door.open" in words
    assert words.count("statement 2 grants it: badge.lend, door.open") == 1
    text = client.get(reverse("path-text", args=[worlds.FIRST])).content.decode()
    assert "   - Needs: `badge.lend`, `door.open`" in text


def test_a_path_that_was_kept_without_its_actions_still_reads(world, signed_in):
    finding = worlds.finding(worlds.FIRST)
    for reason in finding.path["hops"][0]["because"]:
        del reason["action"]
    finding.save()
    page = signed_in(world.alice).get(reverse("path", args=[worlds.FIRST])).content.decode()
    assert "statement 2 grants it" in page
    assert "Needs" not in page


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws.delete-role-permissions-boundary", "Removes a guard first: boundary of x"),
        ("aws.tag-role", "Changes first: boundary of x"),
    ],
)
def test_a_hop_takes_a_guard_away_only_where_its_technique_does(world, signed_in, key, words):
    finding = worlds.finding(worlds.CHAIN)
    finding.path["hops"][0] |= {"removes": "boundary of x"}
    finding.path["hops"][0]["rule"]["key"] = key
    finding.save()
    page = signed_in(world.alice).get(reverse("path", args=[worlds.CHAIN])).content.decode()
    assert words in re.sub(r"<[^>]+>", "", page)
