"""Rules of criticality laid on a page count from the next analysis on, and a trouble with them loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ciem import pipeline
from ciem.accounts.models import AuditEntry
from ciem.paths import judging, queries, weighing
from ciem.paths.models import Finding, ImportanceTable
from ciem.scans import actions as scans
from ciem.scans import queue
from ciem.scans.models import EstateGraph, State
from ciem.scans.queries import current_graph
from graph.importance import SETTING, importance

pytestmark = pytest.mark.django_db(transaction=True)


OFFICE = Path(__file__).parents[1] / "toy" / "office.json"


@pytest.fixture(autouse=True)
def published(monkeypatch, dana, harbour):
    monkeypatch.setattr(queue, "send", lambda _task, _row: None)
    scan = scans.receive(by=dana, connection=harbour, name="office.json", chunks=[OFFICE.read_bytes()])
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert scan.state == State.DONE, scan.error
    return scan.graph


def _again(user):
    scan = weighing.analyse_again(by=user)
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    return scan


def _said(user, key):
    return dict(queries.node_page(user, key).node.properties)


def test_own_rules_count_from_the_next_analysis_on_and_an_empty_table_goes_back(published, dana):
    assert judging.published_version() == importance().version
    found = Finding.objects.first()
    rules = [{"names": {"5": [found.target_name]}}]
    table = judging.lay(by=dana, body={"name": "ours", "rules": rules}, note="our crown jewel")
    assert table.version.startswith("ours.")
    assert judging.in_force().owner_tags == importance().owner_tags
    assert "criticality" not in _said(dana, found.target_key)
    assert _again(dana).state == State.DONE
    assert _said(dana, found.target_key)["criticality"] == "5"
    assert judging.published_version() == table.version
    judging.lay(by=dana, body={}, note="no more")
    _again(dana)
    assert EstateGraph.objects.get(is_current=True) == published
    assert [row.note for row in ImportanceTable.objects.all()] == ["no more", "our crown jewel"]
    told = AuditEntry.objects.filter(action="importance rules changed").order_by("pk")
    assert [row.details["before"] for row in told] == [importance().version, table.version]


def test_a_file_that_cannot_be_used_is_told_and_what_was_published_stays(published, dana, monkeypatch, tmp_path):
    monkeypatch.setenv(SETTING, str(tmp_path / "nowhere.json"))
    scan = _again(dana)
    assert scan.state == State.FAILED
    assert "nowhere.json cannot be read" in scan.error
    assert current_graph() == published


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": 1}, "a list of `rules`"),
        ({"rule": []}, "has no `rule`; there are"),
        ({"rules": [{"names": {"6": ["x"]}}]}, "Your table: rule 1: names must name levels from 1 to 5"),
        ({"owner_tags": ["\ud800"]}, "owner_tags must be a list of texts"),
        ({}, "in force already"),
    ],
)
def test_rules_that_cannot_be_used_or_change_nothing_are_refused(dana, body, said):
    with pytest.raises(ValidationError, match=said):
        judging.lay(by=dana, body=body, note="known")
    assert not ImportanceTable.objects.exists()


def test_a_reason_is_asked_for_and_only_who_decides_may_change_them(dana, erin):
    with pytest.raises(ValidationError, match="Say why"):
        judging.lay(by=dana, body={"rules": []}, note=" ")
    with pytest.raises(PermissionDenied):
        judging.lay(by=erin, body={"rules": []}, note="known")
