"""The pages of weights and of criticality: what is in force, one's own over it, and what is refused loses nothing."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.urls import reverse

from ciem.accounts.models import AuditEntry
from ciem.paths import judging, weighing
from ciem.paths.models import ImportanceTable, WeightTable
from ciem.scans.models import Scan, State
from graph.importance import SETTING, importance
from graph.weights import SHIPPED


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


def lay(client, body, note="known", name="weights"):
    return client.post(reverse(name), {"body": body, "note": note}, follow=True)


def test_the_shipped_table_is_shown(client):
    page = text(client.get(reverse("weights")))
    assert SHIPPED.version in page
    assert "priors anonymous 1 same" in page


def test_own_numbers_are_laid_over_with_a_version_and_an_audit_entry(client):
    page = text(lay(client, '{"name": "ours", "priors": {"key": 0.5}}'))
    table = WeightTable.objects.get()
    assert table.version.startswith("ours.")
    assert weighing.in_force().priors["key"] == 0.5
    assert weighing.in_force().priors["anonymous"] == 1
    assert "key 0.5 0.15" in page
    assert "What is published was made with 2.abc" in page
    assert AuditEntry.objects.filter(action="weights changed").get().details["note"] == "known"


def test_going_back_to_what_is_shipped_is_a_table_too(client):
    lay(client, '{"priors": {"key": 0.5}}')
    lay(client, "")
    assert weighing.in_force() == SHIPPED
    assert WeightTable.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "This is not JSON: line 1, column 2."),
        ("[" * 5000, "This is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"priors": {"key": 7}}', "Your table: priors.key must be a number from 0 to 1, not 7."),
        ('{"prior": {}}', "has no prior ; there are"),
        ('{"bits": {"verdicts": {"allowed": 9}}}', "must not be more than"),
        ('{"priors": {"key": "<script>"}}', "must be a number"),
        ('{"name": "\\ud800", "priors": {"key": 1}}', "half of a character"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_kept_in_the_form(client, body, said):
    answer = lay(client, body)
    assert answer.status_code == 422
    assert said in text(answer)
    assert WeightTable.objects.count() == 0
    assert "<script>" not in answer.content.decode().split("<textarea")[1]


def test_a_reason_is_asked_for_and_the_same_numbers_are_no_change(client):
    assert "Say why it is changed." in text(lay(client, '{"priors": {"key": 0.5}}', " "))
    assert "in force already" in text(lay(client, ""))


def test_an_analyst_and_an_auditor_may_look_and_not_change(world, signed_in):
    client = signed_in(world.erin)
    assert "Lay it over" not in text(client.get(reverse("weights")))
    assert lay(client, '{"priors": {"key": 0.5}}').status_code == 403
    assert client.post(reverse("weights-analyse")).status_code == 403


def test_what_is_published_can_be_analysed_again_once_at_a_time(client, world, signed_in):
    signed_in(world.charlie).post(reverse("weights-analyse"))
    assert Scan.objects.count() == 2
    client.post(reverse("weights-analyse"))
    scan = Scan.objects.latest("pk")
    assert (scan.state, scan.snapshot.snapshot_id, scan.upload.size) == (State.QUEUED, "snap-away", 0)
    assert "An import goes on already." in text(client.post(reverse("weights-analyse"), follow=True))
    assert AuditEntry.objects.filter(action="analysis asked").count() == 1
    assert "An import goes on already." in text(
        client.post(reverse("weights-analyse"), {"back": "importance"}, follow=True)
    )
    page = text(client.get(reverse("scan", args=[scan.pk])))
    assert "Analysis of the whole estate No file is read" in page
    assert "What is published stays until this analysis is done." in page
    assert "Build the estate graph" in page
    assert "Receive the file" not in page


def test_the_rules_of_criticality_in_force_stand_in_the_form(client):
    answer = client.get(reverse("importance"))
    page = text(answer)
    assert importance().version in page
    assert "Owner The first of these tags that it has: owner, team" in page
    assert "1. Tag criticality or business criticality or importance 5 critical, mission critical" in page
    assert "GRANTPATH_IMPORTANCE" in page
    typed = html.unescape(re.search(r"<textarea[^>]*id=.body[^>]*>(.*?)</textarea>", answer.content.decode(), re.S)[1])
    assert judging.read(json.loads(typed)).version == importance().version


def test_own_rules_are_laid_with_a_version_and_shown(client):
    body = '{"name": "ours", "rules": [{"names": {"5": ["crown", "<b>"]}}]}'
    page = text(lay(client, body, name="importance"))
    table = ImportanceTable.objects.get()
    assert f"The table {table.version} counts from the next analysis on." in page
    assert "1. A word in the name of the target 5 crown, &lt;b&gt;" in page
    assert "known" in page
    lay(client, "", name="importance")
    assert judging.in_force() == importance()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "This is not JSON: line 1, column 2."),
        ('{"rules": [{"names": {"9": ["x"]}}]}', "Your table: rule 1: names must name levels from 1 to 5"),
        ('{"owner_tags": "team"}', "owner_tags must be a list of texts."),
        ('{"rules": [], "x": 1}', "has no x ; there are name, owner_tags and rules."),
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_their_place_and_kept_in_the_form(client, body, said):
    answer = lay(client, body, name="importance")
    assert answer.status_code == 422
    assert said in text(answer)
    assert html.escape(body) in answer.content.decode()
    assert not ImportanceTable.objects.exists()


def test_a_file_of_rules_that_cannot_be_used_is_told_on_the_page(client, monkeypatch, tmp_path):
    monkeypatch.setenv(SETTING, str(tmp_path / "nowhere.json"))
    assert "nowhere.json cannot be read" in text(client.get(reverse("importance")))
