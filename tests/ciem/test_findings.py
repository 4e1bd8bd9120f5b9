"""The life of a finding, the questions one can ask, and that a stranger sees none of it."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from ciem import pipeline
from ciem.accounts.models import AuditEntry
from ciem.paths import actions, queries, sweeping
from ciem.paths.estate import estate_for, store
from ciem.paths.filters import CHOICES, FindingFilter, facets
from ciem.paths.models import Finding, FindingChange, FindingState, PolicyDocument, Question, QuestionKind
from ciem.scans import actions as scans
from ciem.scans import queue
from ciem.scans.models import EstateGraph, State
from graph.model import EdgeClass

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
LIGHTHOUSE = {**OFFICE, "logbook": {**OFFICE["logbook"], "office": "lighthouse"}}
ADA = "toy:harbour:person/ada"
TOMORROW = timezone.now().date() + timedelta(days=1)


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    told = []
    monkeypatch.setattr(queue, "send", lambda task, row: told.append((task, row.pk)))
    return told


@pytest.fixture
def give(dana, harbour):
    def do(page=OFFICE, connection=harbour):
        scan = scans.receive(by=dana, connection=connection, name="office.json", chunks=[json.dumps(page).encode()])
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        assert scan.state == State.DONE, scan.error
        return scan

    return do


@pytest.fixture
def finding(give):
    give()
    return Finding.objects.order_by("rank").first()


def test_an_accepted_finding_stays_accepted_until_its_day(finding, alice, give):
    actions.accept(by=alice, finding=finding, until=TOMORROW, note="known")
    give()
    finding.refresh_from_db()
    assert finding.state == FindingState.ACCEPTED
    Finding.objects.update(accepted_until=timezone.now().date() - timedelta(days=1))
    give()
    finding.refresh_from_db()
    assert finding.state == FindingState.OPEN
    words = [change.words for change in finding.changes.all()]
    assert words[0] == "The time for which it was accepted is over."
    assert words[1].startswith("Accepted until")


def test_accepting_needs_a_reason_and_a_day_to_come(finding, alice):
    for until, note in ((TOMORROW, "  "), (timezone.now().date(), "known")):
        with pytest.raises(ValidationError):
            actions.accept(by=alice, finding=finding, until=until, note=note)
    assert AuditEntry.objects.filter(action="finding accepted").count() == 0


def test_who_may_not_decide_or_not_see_cannot_accept(finding, bob, charlie):
    with pytest.raises(PermissionDenied):
        actions.accept(by=bob, finding=finding, until=TOMORROW, note="known")
    with pytest.raises(Http404):
        actions.accept(by=charlie, finding=finding, until=TOMORROW, note="known")


def test_an_accepted_finding_can_be_reopened_and_both_are_on_record(finding, alice):
    actions.accept(by=alice, finding=finding, until=TOMORROW, note="known")
    actions.reopen(by=alice, finding=finding)
    assert list(AuditEntry.objects.filter(by=alice).values_list("action", flat=True)) == [
        "finding open",
        "finding accepted",
    ]
    assert [change.after for change in FindingChange.objects.filter(by=alice)] == ["open", "accepted"]


def test_a_connection_that_left_the_estate_orphans_its_findings(give, dana, lighthouse, harbour):
    give()
    give(LIGHTHOUSE, lighthouse)
    current = EstateGraph.objects.get(is_current=True)
    current.snapshots.set(current.snapshots.filter(connection=harbour))  # as when a connection is taken out
    give()
    states = dict(Finding.objects.values_list("target_scope", "state").distinct())
    assert states == {"harbour": "open", "lighthouse": "orphaned"}


def test_a_question_is_answered_by_a_worker_once_for_all_who_ask(finding, alice, bob, sent):
    asked = actions.ask(by=alice, kind=QuestionKind.ACCESS, subject=ADA, verb="vault.unlock", object=finding.target_key)
    assert sent[-1] == (queue.RUN_QUESTION, asked.pk)
    pipeline.work_on_question(asked.pk)
    answered = queries.question(bob, asked.pk)
    assert answered.state == State.DONE
    assert answered.answer["sentences"]
    before = len(sent)
    again = actions.ask(by=bob, kind=QuestionKind.ACCESS, subject=ADA, verb="vault.unlock", object=finding.target_key)
    assert (again.pk, len(sent)) == (asked.pk, before)


def test_an_edge_can_be_asked_why_it_is_there(finding, alice):
    hop = queries.path_page(alice, finding.key).witness.hops[-1]
    asked = actions.ask(by=alice, kind=QuestionKind.EDGE, subject=hop.source, verb=hop.rule.key, object=hop.target)
    pipeline.work_on_question(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == (State.DONE, "")
    assert asked.answer["verdict"] == hop.verdict
    assert asked.answer["sentences"] == [hop.sentence]
    assert {evidence["document"] for evidence in asked.answer["evidence"]} <= asked.answer["documents"].keys()


def test_a_question_without_sense_is_answered_in_words(finding, alice):
    asked = actions.ask(by=alice, kind=QuestionKind.ACCESS, subject=ADA, verb="fly", object=finding.target_key)
    pipeline.work_on_question(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == (State.FAILED, "`fly` is no action of this cloud.")


def test_nobody_asks_about_what_they_cannot_see(finding, charlie):
    with pytest.raises(Http404):
        actions.ask(by=charlie, kind=QuestionKind.ACCESS, subject=ADA, verb="fly", object=finding.target_key)
    assert not Question.objects.exists()


def test_every_query_knows_nothing_for_a_stranger(finding, charlie, alice):
    asked = actions.ask(by=alice, kind=QuestionKind.ACCESS, subject=ADA, verb="fly", object=finding.target_key)
    document = queries.path_page(alice, finding.key).witness.documents[0]
    nothing = FindingFilter()
    refused = {
        "path_page": (finding.key,),
        "node_page": (finding.target_key,),
        "edges": (ADA,),
        "document": (finding.key, document),
        "question": (asked.pk,),
        "papers": (ADA,),
        "paper": (ADA, document),
    }
    empty = {
        "findings": lambda found: found.count() == 0,
        "finding_page": lambda page: page.findings.total == 0 and not any(map(len, page.facets.values())),
        "grouped_page": lambda page: page.total == page.groups.total == 0,
        "administrators": lambda found: found.count() == 0,
        "widenings": lambda found: found.count() == 0,
        "breaches": lambda found: found.count() == 0,
        "nodes_page": lambda page: page == ((), False),
        "lines_page": lambda page: page == queries.LinesPage((), False, {}),
        "rule_counts": lambda found: found == {},
        "scope_names": lambda found: found == {},
        "overview": lambda page: page.total == page.administrators == page.coverage.answers == len(page.changes) == 0,
    }
    public = {
        name
        for name, found in inspect.getmembers(queries, inspect.isfunction)
        if found.__module__ == queries.__name__ and not name.startswith("_")
    }
    assert public == refused.keys() | empty.keys()
    for name, arguments in refused.items():
        assert getattr(queries, name)(alice, *arguments)
        with pytest.raises(Http404):
            getattr(queries, name)(charlie, *arguments)
    for name, is_empty in empty.items():
        arguments = (nothing,) if name in {"finding_page", "grouped_page"} else ()
        assert is_empty(getattr(queries, name)(charlie, *arguments)), name


def test_the_estate_shows_no_node_and_no_edge_of_a_foreign_connection(give, alice, dana, lighthouse):
    give()
    give(LIGHTHOUSE, lighthouse)
    with estate_for(alice) as mine, estate_for(dana) as whole:
        assert {node.scope for node in whole.nodes(limit=1000)} >= {"harbour", "lighthouse"}
        seen = mine.nodes(limit=1000)
        assert "lighthouse" not in {node.scope for node in seen}
        for node in seen:
            for near in (*mine.leaving(node.key), *mine.entering(node.key)):
                assert near.node.scope != "lighthouse"
        with pytest.raises(Http404):
            mine.node("toy:lighthouse:person/ada")
        assert mine.nodes(limit=2, offset=1) == seen[1:3]
        everything = whole.leaving(ADA, limit=1000)
        assert mine.leaving(ADA, [EdgeClass.GRANTS], limit=1000) == tuple(
            near for near in everything if near.edge.edge_class == EdgeClass.GRANTS
        )


def test_the_takeovers_of_an_identity_and_those_that_lead_to_a_target_are_told(finding, alice):
    rows = queries.breaches(alice)
    row = rows[0]
    key, name = row.members[0]
    assert row.count == len(row.members)
    assert row in queries.node_page(alice, key).breaches
    target, target_name, _kind = row.target_members[0]
    assert row.target_count == len(row.target_members)
    assert row in queries.node_page(alice, target).breached_by
    assert not any(key in dict(found.members) for found in rows if found not in queries.node_page(alice, key).breaches)
    assert row in queries.breaches(alice, text=name)
    assert row in queries.breaches(alice, text=target_name)
    assert row not in queries.breaches(alice, text="nothing of the sort")


def test_a_number_beside_a_choice_is_what_choosing_it_shows(finding, alice):
    everything = Finding.objects.visible_to(alice)
    for word in CHOICES:
        for choice in facets(everything, FindingFilter(), [word])[word]:
            chosen = FindingFilter().with_(word, choice.value)
            assert chosen.apply(everything).count() == choice.count > 0, (word, choice)


def test_a_filter_survives_its_address(finding):
    chosen = FindingFilter().with_("harm", "administer").with_("harm", "invoke").with_("assumed", "no")
    address = FindingFilter(chosen.chosen, "a b&c", "hops").address()
    from django.http import QueryDict

    again = FindingFilter.of(dict(QueryDict(address).lists()))
    assert again.address() == address
    assert chosen.without("harm", "invoke").without("assumed").address() == "harm=administer"
    assert FindingFilter.of({"sort": ["; drop"], "harm": [""], "nonsense": ["x"]}) == FindingFilter()


def test_groups_by_target_hold_the_same_findings(finding, alice):
    page = queries.grouped_page(alice, FindingFilter())
    assert sum(group.total for group in page.groups.rows) == page.total == queries.findings(alice).count()
    assert [group.best[0].rank for group in page.groups.rows] == sorted(g.best[0].rank for g in page.groups.rows)
    assert all(sum(group.verdicts.values()) == group.total for group in page.groups.rows)


def test_the_number_of_queries_does_not_grow_with_the_findings(finding, alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        queries.finding_page(alice, FindingFilter())
    with django_assert_max_num_queries(20):
        queries.grouped_page(alice, FindingFilter())
    with django_assert_max_num_queries(24):
        queries.overview(alice)


def test_old_graphs_are_swept_and_what_findings_need_stays(give, settings):
    settings.KEEP_GRAPHS = 1
    first = give().graph
    give({**OFFICE, "badges": [{"colour": badge["colour"], "opens": []} for badge in OFFICE["badges"]]})
    sweeping.sweep()
    assert list(store().ids()) == [EstateGraph.objects.get(is_current=True).graph_id]
    assert PolicyDocument.objects.filter(graph=first).exists()  # the findings that are gone were last seen there
    give()
    sweeping.sweep()
    assert len(store().ids()) == 1


def test_every_count_of_a_facet_is_what_choosing_it_gives(finding, alice):
    everything, words = queries.findings(alice), ("state", "verdict", "harm", "target_kind", "entry_kind", "assumed")
    harm = everything.first().harm
    for chosen in (FindingFilter(), FindingFilter({"harm": (harm,)}), FindingFilter({"verdict": ("allowed",)})):
        for word, choices in facets(everything, chosen, words).items():
            for choice in choices:
                alone = chosen.without(word).with_(word, choice.value)
                assert choice.count == alone.apply(everything).count(), (chosen, word, choice.value)
