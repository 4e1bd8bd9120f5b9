"""What publishing writes beside the paths, weights that take effect, and two graphs compared: with the toy cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from ciem import pipeline
from ciem.accounts.models import AuditEntry
from ciem.paths import comparisons, studied_queries, sweeping, weighing
from ciem.paths.filters import FindingFilter
from ciem.paths.models import (
    Choke,
    ChokePath,
    Comparison,
    Danger,
    Difference,
    Finding,
    Latent,
    Standing,
    StandingMember,
    WeightTable,
)
from ciem.paths.studied import LISTS
from ciem.scans import actions as scans
from ciem.scans import queue
from ciem.scans.models import EstateGraph, Scan, State
from graph.weights import SHIPPED

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = json.loads((Path(__file__).parents[1] / "toy" / "office.json").read_text())
CALM = {**OFFICE, "people": [{**one, "badge_copied": False} for one in OFFICE["people"] if one["name"] != "gus"]}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    told = []
    monkeypatch.setattr(queue, "send", lambda task, row: told.append((task, row.pk)))
    return told


@pytest.fixture
def give(dana, harbour):
    def do(page=OFFICE):
        scan = scans.receive(by=dana, connection=harbour, name="office.json", chunks=[json.dumps(page).encode()])
        pipeline.work_on_import(scan.pk)
        scan.refresh_from_db()
        assert scan.state == State.DONE, scan.error
        return scan

    return do


@pytest.fixture
def graphs(give):
    return give(CALM).graph, give().graph


def test_scores_are_kept_with_their_factors_and_rank_is_their_order(give):
    give()
    rows = list(Finding.objects.order_by("rank"))
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    for row in rows:
        assert row.factors["value"] == row.score
        assert row.factors["weights"] == SHIPPED.version
        assert len(row.factors["hops"]) == row.hops


def test_what_goes_through_a_choke_point_is_what_its_filter_gives(give, dana):
    give()
    points = studied_queries.choke_points(dana)
    assert points
    assert [point.score for point in points] == sorted((point.score for point in points), reverse=True)
    for point in points:
        for word, number in (("choke", point.through), ("cut", point.removed)):
            chosen = FindingFilter().with_(word, point.choke.key)
            assert chosen.apply(Finding.objects.visible_to(dana)).count() == number
        assert point.is_whole
        assert point.removed <= point.through


def test_a_node_that_is_a_choke_point_is_passed_by_every_path_through_it(give):
    give()
    for choke in Choke.objects.exclude(node=None):
        for inside in ChokePath.objects.filter(choke=choke).select_related("finding"):
            assert choke.node["key"] in [hop["source"] for hop in inside.finding.path["hops"][1:]]


def test_what_is_foreign_is_counted_nowhere(give, dana, charlie, alice):
    give()
    assert studied_queries.choke_points(charlie) == ()
    for rows in (studied_queries.latent(charlie), studied_queries.amplified(charlie)):
        assert not rows.exists()
    target = Danger.objects.first().target_key
    assert studied_queries.dangers_of(dana, target).exists()
    assert studied_queries.dangers_of(alice, target).exists()
    assert not studied_queries.dangers_of(charlie, target).exists()
    graph = EstateGraph.objects.get(is_current=True)
    assert [studied_queries.sees_all_of(user, graph) for user in (dana, alice, charlie)] == [True, True, False]


def test_every_node_with_numbers_has_one_standing(give):
    give()
    keys = list(StandingMember.objects.values_list("node_key", flat=True))
    assert len(keys) == len(set(keys)) > 0
    assert Standing.objects.count() <= len(keys)


def test_publishing_again_replaces_the_lists_and_sweeping_takes_them_along(give, settings):
    settings.KEEP_GRAPHS = 1
    give()
    before = {model: model.objects.count() for model in LISTS}
    assert before[Choke]
    assert before[Standing]
    give()
    assert {model: model.objects.count() for model in LISTS} == before
    old = EstateGraph.objects.get(is_current=True)
    give(CALM)
    assert any(model.objects.filter(graph=old).exists() for model in LISTS)
    sweeping.sweep()
    assert not any(model.objects.filter(graph=old).exists() for model in LISTS)
    assert not ChokePath.objects.filter(choke__graph=old).exists()


def test_a_table_of_weights_counts_from_the_next_analysis_on(give, dana):
    first = give().graph
    table = weighing.lay(by=dana, body={"name": "ours", "priors": {"key": 1, "key.leaked": 1}}, note="we were told")
    assert Finding.objects.first().factors["weights"] == SHIPPED.version
    before = dict(Finding.objects.values_list("key", "score"))
    again = weighing.analyse_again(by=dana)
    pipeline.work_on_import(again.pk)
    again.refresh_from_db()
    assert again.state == State.DONE, again.error
    assert again.graph != first
    assert {row.factors["weights"] for row in Finding.objects.all()} == {table.version}
    after = dict(Finding.objects.values_list("key", "score"))
    assert after.keys() == before.keys()
    assert all(after[key] >= before[key] for key in before)
    assert any(after[key] > before[key] for key in before)
    assert not Finding.objects.exclude(state="open").exists()


def test_going_back_to_the_shipped_table_gives_the_first_graph_again(give, dana):
    first = give().graph
    for body in ({"priors": {"key": 1}}, {}):
        weighing.lay(by=dana, body=body, note="known")
        pipeline.work_on_import(weighing.analyse_again(by=dana).pk)
    assert EstateGraph.objects.get(is_current=True) == first


def test_who_may_not_decide_changes_no_weights(give, bob, charlie, erin):
    give()
    for user in (bob, erin):
        with pytest.raises(PermissionDenied):
            weighing.lay(by=user, body={}, note="known")
        with pytest.raises(PermissionDenied):
            weighing.analyse_again(by=user)
    with pytest.raises(ValidationError):
        weighing.analyse_again(by=charlie)
    assert (WeightTable.objects.count(), Scan.objects.count()) == (0, 1)


def test_two_graphs_are_compared_with_the_change_that_did_it(graphs, dana, sent):
    old, new = graphs
    comparison = comparisons.ask(by=dana, old=old, new=new)
    assert sent[-1] == (queue.RUN_COMPARISON, comparison.pk)
    pipeline.work_on_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.state == State.DONE, comparison.error
    rows = list(Difference.objects.filter(comparison=comparison))
    opened = {row.finding_key for row in rows if row.turn == "opened"}
    assert opened == set(Finding.objects.filter(first_graph=new).values_list("key", flat=True))
    assert any("is now an entry point" in words for row in rows for words in row.because)
    back = comparisons.ask(by=dana, old=new, new=old)
    pipeline.work_on_comparison(back.pk)
    assert opened == set(
        Difference.objects.filter(comparison=back, turn="closed").values_list("finding_key", flat=True)
    )


def test_a_comparison_is_asked_once_audited_and_shows_nothing_foreign(graphs, dana, charlie, alice):
    old, new = graphs
    assert comparisons.graphs(charlie) == ()
    assert set(comparisons.graphs(alice)) == {old, new}
    comparison = comparisons.ask(by=dana, old=old, new=new)
    assert comparisons.ask(by=alice, old=old, new=new) == comparison
    assert AuditEntry.objects.filter(action="comparison asked").count() == 1
    pipeline.work_on_comparison(comparison.pk)
    assert comparisons.differences(alice, comparison).exists()
    assert not comparisons.differences(charlie, comparison).exists()
    with pytest.raises(ValidationError):
        comparisons.ask(by=dana, old=old, new=old)
    assert Comparison.objects.count() == 1


def test_a_comparison_whose_snapshots_are_gone_fails_in_words(graphs, dana, settings):
    old, new = graphs
    for place in Path(settings.SNAPSHOTS).iterdir():
        place.unlink()
    comparison = comparisons.ask(by=dana, old=old, new=new)
    pipeline.work_on_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.state == State.FAILED
    assert comparison.error


def test_overdue_comparisons_are_sent_again(graphs, dana, sent):
    comparison = comparisons.ask(by=dana, old=graphs[0], new=graphs[1])
    sent.clear()
    pipeline.send_overdue()
    assert (queue.RUN_COMPARISON, comparison.pk) in sent


def test_latent_rows_are_cut_and_counted_whole(give):
    give()
    for row in Latent.objects.all():
        assert row.identity_count >= len(row.identities) > 0
        assert row.target_count >= len(row.targets) > 0
