"""Every technique and harm has a page, a list finds them, and what they count is what the reader may see."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.connections.models import ConnectionSet
from ciem.paths.models import Finding, Stepped
from tests.web import world as worlds

KEY = "toy.borrow-badge"


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.bob)


@pytest.fixture
def two(world):
    """Two paths by one technique."""
    Stepped.objects.all().delete()
    keys = (worlds.FIRST, worlds.CHAIN)
    for key in keys:
        Stepped.objects.create(finding=worlds.finding(key), rule=KEY)
    return keys


def test_a_technique_tells_what_it_needs_gives_and_how_to_stop_and_notice_it(client):
    Stepped.objects.all().delete()
    page = text(client.get(reverse("technique", args=[KEY])))
    assert "Borrow a badge from a shared locker" in page
    assert "Becomes the identity" in page
    assert "Needs door.open on the locker room" in page
    assert "Gives the other person&#x27;s badge" in page
    assert "To stop it Give everybody a locker with a key." in page
    assert "To notice it Look for a badge used twice at once." in page
    assert "A takes the badge that B leaves in a shared locker" in page
    assert "No open path goes by it" in page


def test_a_technique_lists_its_paths_and_the_filter_of_the_list_shows_just_these(client, two):
    page = client.get(reverse("technique", args=[KEY]))
    assert "2 paths" in text(page)
    listed = client.get(reverse("paths"), {"rule": KEY, "group": "none"})
    assert set(re.findall(r'href="/paths/([0-9a-z]{64})/"', listed.content.decode())) == set(two)
    assert "Borrow a badge from a shared locker" in text(listed)


def test_only_paths_that_the_reader_may_see_are_counted(world, client, two):
    Finding.objects.filter(key=two[0]).update(touches=ConnectionSet.objects.of([world.away.pk]))
    assert "1 path" in text(client.get(reverse("technique", args=[KEY])))
    assert "Borrow a badge from a shared locker toy.borrow-badge Take over none 1 paths by" in text(
        client.get(reverse("techniques"), {"q": KEY})
    )


def test_a_technique_of_a_real_cloud_names_its_catalogues_and_attack_techniques(client):
    answer = client.get(reverse("technique", args=["aws.upload-ssh-key"]))
    assert 'href="https://attack.mitre.org/techniques/T1098/004/"' in answer.content.decode()
    assert "AWS-T047" in text(answer)
    assert "Permission sets it answers" in text(answer)


def test_a_harm_says_to_what_it_is_done(client):
    page = text(client.get(reverse("technique", args=["aws.key.decrypt-by-policy"])))
    assert "Encryption key" in page
    assert "Needs one of kms:PutKeyPolicy" in page


def test_the_list_searches_names_permissions_and_catalogue_numbers_and_filters_by_family(client):
    def found(**asked):
        page = client.get(reverse("techniques"), asked).content.decode()
        return set(re.findall(r'href="/techniques/([a-z0-9.-]+)/"', page))

    assert "aws.upload-ssh-key" in found(q="uploadsshpublickey")
    assert found(q="AWS-T047") == {"aws.upload-ssh-key"}
    assert found(q="upload-ssh-key", group="self-escalation") == set()
    assert found(q="upload-ssh-key", group="principal-access") == {"aws.upload-ssh-key"}
    assert found(kind="harm", q="decrypt-by-policy") == {"aws.key.decrypt-by-policy"}
    assert "Hidden by your filters" in text(client.get(reverse("techniques"), {"q": "<no such>"}))


def test_all_are_reached_page_by_page(client):
    seen, number = set(), 1
    while True:
        page = client.get(reverse("techniques"), {"page": number}).content.decode()
        seen |= set(re.findall(r'href="/techniques/([a-z0-9.-]+)/"', page))
        if 'rel="next"' not in page:
            break
        number += 1
    total = int(re.search(r"Techniques, (\d+)", page)[1])
    assert len(seen) == total > 150
    assert client.get(reverse("techniques"), {"page": 999}).status_code == 200


def test_what_no_cloud_has_is_not_there(client):
    assert client.get(reverse("technique", args=["toy.none"])).status_code == 404


def test_hops_lead_to_the_page_of_their_technique(client, world):
    finding = worlds.finding(worlds.CHAIN)
    finding.path["hops"][0]["rule"] = {**finding.path["hops"][0]["rule"], "key": KEY, "title": "Borrow"}
    finding.save()
    assert f'href="/techniques/{KEY}/"' in client.get(reverse("path", args=[worlds.CHAIN])).content.decode()
