"""The most dangerous path stands first and says why; an unknown one says what was not read and what would close it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.paths.models import Finding, PolicyDocument
from ciem.scans.models import GapRecord
from tests.web import world as worlds


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def get(world, signed_in):
    client = signed_in(world.alice)
    return lambda name, *args, **parameters: client.get(reverse(name, args=args), parameters)


def test_paths_keep_the_order_of_the_analysis_which_goes_by_score(world):
    ranked = Finding.objects.order_by("rank").values_list("key", "score")
    assert [(key.rstrip("0"), score) for key, score in ranked] == [("b1", 81), ("a1", 72), ("a2", 58), ("a3", 40)]


def test_the_list_says_its_order_and_shows_what_it_goes_by(get):
    page = text(get("paths", group="none"))
    assert "The highest score first" in page
    assert re.search(r" 81 1 in 13 .*Allowed Long-lived key Read secrets 1 ", page)


def test_a_finding_that_was_never_weighed_has_a_dash(get):
    Finding.objects.update(score=None, factors={})
    assert re.search(r" – .*Allowed Long-lived key Read secrets 1 ", text(get("paths", group="none")))


def test_an_unknown_path_names_what_was_not_read_and_the_right_that_is_needed(get, world):
    PolicyDocument.objects.filter(name=worlds.DOCUMENT).update(body=None, problem="Refused.")
    GapRecord.objects.update(arguments=["CiDeploy"], remedy="Allow `list-keys` and collect again.")
    answer = get("path", worlds.HOSTILE)
    assert "Not read: CiDeploy" in text(answer)
    assert "Allow <code>list-keys</code> and collect again." in answer.content.decode()
    assert f'href="{reverse("connection", args=[world.home.pk])}#gaps">See the gap' in answer.content.decode()


def test_a_gap_in_a_foreign_connection_is_not_told(world, signed_in):
    PolicyDocument.objects.filter(name=worlds.DOCUMENT).update(body=None, problem="Refused.")
    foreign = world.away.snapshots.get()
    GapRecord.objects.update(snapshot=foreign, arguments=["CiDeploy"], remedy="Ask the lighthouse.")
    page = text(signed_in(world.bob).get(reverse("path", args=[worlds.HOSTILE])))
    assert "Not read: CiDeploy" in page
    assert "lighthouse" not in page


def test_a_document_that_was_not_read_has_no_check_mark(get):
    finding = worlds.finding(worlds.HOSTILE)
    for reason in finding.path["hops"][0]["because"]:
        if reason["evidence"]:
            reason["evidence"].update(effect="", place="")
    finding.save()
    layers = re.search(r'<ul class="layers">(.*?)</ul>', get("path", worlds.HOSTILE).content.decode(), flags=re.S)[1]
    assert "#unknown" in layers
    assert "#ok" not in layers
