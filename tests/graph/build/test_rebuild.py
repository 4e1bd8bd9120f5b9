"""An estate built from what an earlier one knows is the estate that is built anew; parts travel and stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

import graph.build
import graph.build.estate
from graph.build import Estate, build, rebuild
from graph.build.pool import each
from graph.clouds.aws import CLOUD
from graph.clouds.aws.demo import write
from graph.clouds.aws.parts import cut
from graph.formats import load
from graph.snapshot import Part, Snapshot
from tests.toy import office

DETAILS = "iam-get-account-authorization-details"


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Snapshot]:
    folder = tmp_path_factory.mktemp("demo")
    write(folder)
    return [load(folder)]


@pytest.fixture(scope="module")
def estate(snapshots: Sequence[Snapshot]) -> Estate:
    return build(snapshots)


def _edited(snapshots: Sequence[Snapshot], edit: Any) -> list[Snapshot]:
    """The first account's users and roles changed, as a later scan would find them."""
    first, *rest = snapshots
    parts, done = [], False
    for part in first.parts:
        if part.call == DETAILS and not done:
            details: Any = orjson.loads(orjson.dumps(part.response))
            edit(details)
            parts.append(Part(part.cloud, part.scope, part.region, part.call, part.arguments, details))
            done = True
        else:
            parts.append(part)
    assert done
    return [replace(first, parts=tuple(parts)), *rest]


def _policy(details: Any) -> None:
    may = {"Effect": "Allow", "Action": ["s3:GetObject", "lambda:InvokeFunction"], "Resource": "*"}
    body = {"Version": "2012-10-17", "Statement": [may]}
    details["RoleDetailList"][0]["RolePolicyList"].append({"PolicyName": "more", "PolicyDocument": body})


def _trust(details: Any) -> None:
    anyone = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    details["RoleDetailList"][0]["AssumeRolePolicyDocument"] = {"Version": "2012-10-17", "Statement": [anyone]}


def _removal(details: Any) -> None:
    details["RoleDetailList"].pop()


@pytest.mark.parametrize("edit", [lambda _details: None, _policy, _trust, _removal])
def test_a_rebuilt_estate_is_the_estate_built_anew(snapshots: Sequence[Snapshot], estate: Estate, edit: Any) -> None:
    later = _edited(snapshots, edit)
    again, anew = rebuild(estate, later), build(later)
    assert again.graph == anew.graph
    assert again.entries == anew.entries


def test_what_a_policy_does_not_bear_on_is_not_asked_again(snapshots: Sequence[Snapshot], estate: Estate) -> None:
    again = rebuild(estate, _edited(snapshots, _policy))
    before, now = estate.works["aws"].drawn, again.works["aws"].drawn
    assert before is not None
    assert now is not None
    same = {key for key, solved in now.solved.items() if before.solved[key] is solved}
    assert len(same) > len(now.solved) // 2
    assert len(same) < len(now.solved)


def test_a_cloud_that_keeps_nothing_is_built_anew() -> None:
    first = build([office.sample()])
    assert rebuild(first, [office.sample()]).graph == first.graph


# ----- parts

# Whole, these lead by what is nobody's (a model) to assets of accounts that let nobody in; in parts they do not.
_BY_WHAT_IS_NOBODYS = {"aws.ai-quota.use-up"}


def _edges(estate: Estate) -> set[tuple[str, ...]]:
    """Pair by pair, for sets may differ in the members that only such rules reach."""
    inside: dict[str, list[str]] = {}
    for edge in estate.graph.edges:
        if edge.rule == "has":
            inside.setdefault(edge.source, []).append(edge.target)
    others = [e for e in estate.graph.edges if e.rule != "has" and e.rule not in _BY_WHAT_IS_NOBODYS]
    return {(e.source, end, e.rule, e.verdict, *e.assumed) for e in others for end in inside.get(e.target, [e.target])}


def test_an_estate_in_parts_is_the_same_graph_whatever_works_on_them(
    snapshots: Sequence[Snapshot], estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = replace(CLOUD, parts=cut)
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": cloud})
    monkeypatch.setattr(graph.build, "_WORTH_A_PROCESS", 1)
    parts, spread = build(snapshots, processes=1), build(snapshots, processes=2)
    assert len(parts.works["aws"].parts) > 2
    assert _edges(parts) == _edges(estate)
    assert spread.graph == parts.graph
    assert {rule: r.pairs() for rule, r in spread.latent.items()} == {r: x.pairs() for r, x in estate.latent.items()}


def test_an_edge_of_a_part_is_proved_by_that_part(
    snapshots: Sequence[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, parts=cut)})
    parts = build(snapshots)
    sets = {edge.source for edge in parts.graph.edges if edge.rule == "has"}
    edges = [edge for edge in parts.graph.edges if edge.rule in parts.rules and edge.target not in sets]
    some = [edge for edge in edges[:: len(edges) // 60 + 1] if edge.source != edge.target]
    assert [parts.hop(edge).proof.verdict for edge in some] == [edge.verdict for edge in some]


def test_hops_that_are_proved_together_are_those_proved_one_by_one(
    snapshots: Sequence[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, parts=cut)})
    monkeypatch.setattr(graph.build.estate, "_WORTH_A_PROCESS", 1)
    parts = build(snapshots)
    sets = {edge.source for edge in parts.graph.edges if edge.rule == "has"}
    edges = [edge for edge in parts.graph.edges if not {edge.source, edge.target} & sets]
    plain = [edge for edge in edges if edge.rule not in parts.rules]
    some = [*plain[:20], *edges[:: len(edges) // 60 + 1]]
    assert {edge.rule in parts.rules for edge in some} == {True, False}
    told: list[int] = []
    found = parts.hops(some, lambda done, _total, _words: told.append(done), processes=2)
    assert found == {edge: parts.hop(edge) for edge in some}
    assert told[-1] == len(set(some))


@pytest.mark.parametrize("processes", [1, 3])
def test_pieces_of_work_come_back_in_order(processes: int) -> None:
    assert list(each(lambda number: number * number, 7, processes)) == [0, 1, 4, 9, 16, 25, 36]
