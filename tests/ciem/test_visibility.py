"""Who was given one of two connections learns nothing of the other, by whatever way it might come."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.http import Http404

from ciem import pipeline
from ciem.connections.models import ConnectionGrant
from ciem.paths import actions, queries
from ciem.paths.estate import EstateView, estate_for
from ciem.paths.models import Question, QuestionKind
from ciem.scans import actions as scans
from ciem.scans import queue
from ciem.scans.models import EstateGraph, SnapshotRecord, State
from ciem.scans.queries import coverage
from graph.analysis.findings import analyse
from graph.model import Category, Edge, EdgeClass, Node, Verdict
from graph.store import Neighbour

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
LIGHTHOUSE = {**OFFICE, "logbook": {**OFFICE["logbook"], "office": "lighthouse"}}
ADA = "toy:harbour:person/ada"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(queue, "send", lambda task, row: None)


@pytest.fixture
def give(dana, harbour):
    def do(page=OFFICE, connection=harbour):
        scan = scans.receive(by=dana, connection=connection, name="office.json", chunks=[json.dumps(page).encode()])
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        assert scan.state == State.DONE, scan.error
        return scan

    return do


def test_a_file_that_claims_a_foreign_scope_opens_nothing_of_it(give, charlie, dana, lighthouse):
    ConnectionGrant.objects.create(user=charlie, connection=lighthouse)
    give()
    give(LIGHTHOUSE, lighthouse)
    SnapshotRecord.objects.filter(connection=lighthouse).update(scopes=["lighthouse", "harbour"])
    give(LIGHTHOUSE, lighthouse)
    assert set(queries.findings(charlie).values_list("target_scope", flat=True)) == {"lighthouse"}
    assert "harbour" in queries.findings(dana).values_list("target_scope", flat=True)
    with estate_for(charlie) as mine, pytest.raises(Http404):
        mine.node(ADA)


def test_a_finding_that_hangs_on_a_document_of_another_connection_is_for_those_who_may_see_both(
    give, alice, dana, lighthouse, monkeypatch
):
    give(LIGHTHOUSE, lighthouse)

    def analyse_under_a_policy_of_the_lighthouse(estate, *others):
        report = analyse(estate, *others)
        lent = {name: replace(document, scope="lighthouse") for name, document in report.documents.items()}
        return replace(report, documents=lent)

    monkeypatch.setattr(pipeline, "analyse", analyse_under_a_policy_of_the_lighthouse)
    give()
    assert queries.findings(dana).filter(target_scope="harbour").exists()
    assert not queries.findings(alice).exists()


def test_an_answer_that_hangs_on_another_connection_is_kept_from_those_who_were_not_given_it(
    give, alice, dana, lighthouse
):
    give(LIGHTHOUSE, lighthouse)
    give()
    hop = queries.path_page(alice, queries.findings(alice).first().key).witness.hops[-1]
    asked = actions.ask(by=alice, kind=QuestionKind.EDGE, subject=hop.source, verb=hop.rule.key, object=hop.target)
    pipeline.work_on_question(asked.pk)
    answer = queries.question(alice, asked.pk).answer
    assert answer["scopes"] == ["harbour"]
    Question.objects.update(answer={**answer, "scopes": ["harbour", "lighthouse"]})
    hidden = queries.question(alice, asked.pk)
    assert hidden.answer is None
    assert "not given" in hidden.error
    assert queries.question(dana, asked.pk).answer["sentences"] == answer["sentences"]


def test_bad_input_is_told_with_the_import_that_brought_it_only(give, lighthouse):
    bad = {**LIGHTHOUSE, "people": [*LIGHTHOUSE["people"], {"badges": []}]}
    assert give(bad, lighthouse).problems.count() == 1
    assert give().problems.count() == 0


def test_what_was_not_asked_for_elsewhere_is_not_told(give, alice, dana, lighthouse):
    give(LIGHTHOUSE, lighthouse)
    give()
    EstateGraph.objects.filter(is_current=True).update(assumed={"lighthouse": ["bars"]})
    assert coverage(dana).assumed == {"bars"}
    assert coverage(alice).assumed == frozenset()


def test_a_stranger_behind_a_stranger_stays_unknown(give, alice):
    """anonymous reaches both offices and an outsider; the outsider reaches the lighthouse alone."""
    give()

    def node(key, scope=""):
        return Node(key, "person", key, "toy", scope, Category.IDENTITY, "Person")

    anyone, outsider, mine = node("anyone"), node("outsider"), node("mine", "harbour")
    near = {"anyone": [mine, outsider], "mine": [anyone], "outsider": [anyone, node("theirs", "lighthouse")]}

    class Reader:
        def leaving(self, key, classes=(), *, offset=0, limit=100):
            found = near[key][offset : offset + limit]
            return [Neighbour(Edge(key, end.key, EdgeClass.GRANTS, "r", Verdict.ALLOWED), end) for end in found]

        entering = leaving

    view = EstateView(EstateGraph.objects.get(), Reader(), alice)
    assert view.sees(anyone)
    assert not view.sees(outsider)
    assert [found.node.key for found in view.leaving("anyone")] == ["mine"]
