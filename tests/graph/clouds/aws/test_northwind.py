"""The demo estate gives what was planted in it, and none of what only looks like it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from graph.analysis.findings import analyse
from graph.analysis.report import Report
from graph.build import build
from graph.cloud import ImportOptions
from graph.clouds.aws.demo import write
from graph.formats import load
from graph.model import Category
from graph.snapshot import Snapshot

EXPECTED = json.loads((Path(__file__).parents[3] / "data" / "northwind.json").read_text())


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("demo") / "northwind"
    write(folder)
    return load(folder, ImportOptions())


@pytest.fixture(scope="module")
def report(snapshot: Snapshot) -> Report:
    return analyse(build([snapshot]))


def found(report: Report, case: Mapping[str, str]) -> list[str]:
    """The verdicts of the findings that a case is about; a finding told of a wider entry counts for the narrower."""
    matching = [p for p in report.paths if p.harm == case["harm"] and p.target.endswith(case["target"])]
    return [
        path.verdict.value
        for path in matching
        if any(key.endswith(case["identity"]) for key in (path.entry.identity, *report.implied.get(path.finding, ())))
    ]


@pytest.mark.parametrize("case", EXPECTED["planted"], ids=lambda c: f"{c['identity']} {c['harm']} {c['target']}")
def test_a_planted_path_is_found_with_its_verdict(report: Report, case: Mapping[str, str]):
    assert found(report, case) == [case["verdict"]], case["why"]


@pytest.mark.parametrize("case", EXPECTED["near_misses"], ids=lambda c: f"{c['identity']} {c['harm']} {c['target']}")
def test_a_near_miss_is_no_path(report: Report, case: Mapping[str, str]):
    verdicts = case.get("verdicts", ["allowed", "conditional", "unknown"])
    assert not [verdict for verdict in found(report, case) if verdict in verdicts], case["why"]


def test_enough_is_planted():
    assert len(EXPECTED["planted"]) >= 12
    assert len({case["harm"] for case in EXPECTED["planted"]}) >= 5
    assert len(EXPECTED["near_misses"]) >= 12


def test_every_target_and_identity_that_a_case_names_is_in_the_estate(snapshot: Snapshot):
    keys = [node.key for node in build([snapshot]).graph.nodes]
    for case in EXPECTED["planted"] + EXPECTED["near_misses"]:
        assert any(key.endswith(case["target"]) for key in keys), case
        assert any(key.endswith(case["identity"]) for key in keys), case


def test_one_thing_could_not_be_read(snapshot: Snapshot):
    assert [{"call": gap.call, "arguments": list(gap.arguments)} for gap in snapshot.gaps] == EXPECTED["gaps"]
    assert not snapshot.problems


def test_identities_are_those_that_can_act_and_groups(snapshot: Snapshot):
    estate = build([snapshot])
    nodes = [node for node in estate.graph.nodes if node.category is Category.IDENTITY]
    idle = {node.kind for node in nodes if node.key not in estate.accesses["aws"].identities}
    assert idle == {"group"}
    assert {n.category for n in estate.graph.nodes if n.kind == "policy"} == {Category.RESOURCE}


def test_every_hop_says_why(report: Report):
    for path in report.paths:
        for hop in path.hops:
            assert hop.sentence
            assert hop.proof.evidence or hop.proof.because, (path.id, hop)


def test_every_hop_that_was_decided_names_the_actions_it_needs(report: Report):
    hops = [hop for path in report.paths for hop in path.hops if hop.technique.startswith("aws.")]
    actions = {hop.technique: {one.action for one in hop.proof.because if one.action} for hop in hops}
    assert all(actions.values()), actions
    assert actions["aws.passrole-sagemaker-training"] == {"iam:PassRole", "sagemaker:CreateTrainingJob"}
    assert actions["aws.assume-role"] == {"sts:AssumeRole"}


def test_a_path_of_a_stranger_says_which_policy_lets_it_in_there(report: Report):
    """Any AWS account is let in by several policies; each path names the one that it begins with."""
    strangers = [path for path in report.paths if path.entry.kind in {"outside", "federated", "anonymous"}]
    first = {path.hops[0].target: path for path in strangers if "/partner-eval" in path.hops[0].target}
    [path] = first.values()
    assert path.entry.why == "the trust policy of partner-eval lets it in"
    assert "From any AWS account (the trust policy of partner-eval lets it in)" in path.reason
    assert "whoever knows or guesses it gets past" in path.reason
    opened = [path for path in strangers if path.target == "arn:aws:s3:::nw-public-embeddings"]
    assert {path.entry.why for path in opened} == {"the policy of nw-public-embeddings lets it in"}


def test_a_path_by_a_key_keeps_what_is_known_of_the_key(report: Report):
    whys = {path.entry.why for path in report.paths if path.entry.identity.endswith(":user/ops-jonas")}
    assert whys == {"it has an active access key, made or rotated on 2025-12-24"}


def test_only_own_identities_widen_themselves(report: Report):
    assert report.widening
    assert {edge.source.split(":")[5].partition("/")[0] for edge in report.widening} <= {"user", "role"}
    pairs = [(edge.source, edge.rule) for edge in report.widening]
    assert len(pairs) == len(set(pairs))
