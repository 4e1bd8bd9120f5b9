"""The page of weights: what is in force, one's own numbers over it, and what is refused loses nothing."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.accounts.models import AuditEntry
from ciem.paths import weighing
from ciem.paths.models import WeightTable
from ciem.scans.models import Scan, State
from graph.weights import SHIPPED


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


def lay(client, body, note="known"):
    return client.post(reverse("weights"), {"body": body, "note": note}, follow=True)


def test_the_shipped_table_is_shown_with_the_rules_of_criticality(client):
    page = text(client.get(reverse("weights")))
    assert SHIPPED.version in page
    assert "priors anonymous 1 same" in page
    assert "How criticality and owner are found" in page
    assert "GRANTPATH_IMPORTANCE" in page


def test_own_numbers_are_laid_over_with_a_version_and_an_audit_entry(client):
    page = text(lay(client, '{"name": "ours", "priors": {"key": 0.5}}'))
    table = WeightTable.objects.get()
    assert table.version.startswith("ours.")
    assert weighing.in_force().priors["key"] == 0.5
    assert weighing.in_force().priors["anonymous"] == 1
    assert "key 0.5 0.15" in page
    assert "The published scores were made with 2.abc" in page
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
