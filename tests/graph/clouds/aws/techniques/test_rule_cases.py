"""Every technique and every harm: an estate where it works, and a near miss where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.cloud import Target, Technique
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.targets import TARGETS
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Proof, Verdict
from tests.estates.aws_small import ROOT, arn, small, source

_FILES = sorted((Path(__file__).parents[4] / "data" / "aws_rules").glob("*.json"))
CASES: list[dict[str, Any]] = [case for file in _FILES for case in json.loads(file.read_text())]
RULES: dict[str, Technique | Target] = {rule.key: rule for rule in (*TECHNIQUES, *TARGETS)}


def said(case: dict[str, Any], estate: dict[str, Any]) -> tuple[Verdict, Proof]:
    """What everybody's answer says of the case's pair, and the replay of that pair."""
    access, rule, who = AwsAccess(small(estate)), RULES[case["rule"]], source(estate)
    end = {"account": ROOT, "itself": who}.get(case["reaches"]) or arn(case["reaches"])
    found = rule.solve(access)
    relation = found.widens if end == who else found.reaches
    assert relation is not None
    return relation.verdict(who, "*" if end == who else end), rule.prove(access, who, end)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_a_rule_works_where_all_it_needs_is_there(case: dict[str, Any]) -> None:
    verdict, proof = said(case, case["estate"])
    expected = Verdict(case.get("verdict", "allowed"))
    assert (verdict, proof.verdict) == (expected, expected)
    assert proof.because, "an edge says why it is there"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_a_rule_does_not_work_in_the_near_miss(case: dict[str, Any]) -> None:
    verdict, proof = said(case, {**case["estate"], **case["near_miss"]["estate"]})
    assert (verdict, proof.verdict) == (Verdict.DENIED, Verdict.DENIED), case["near_miss"]["why"]


def test_every_rule_has_a_case() -> None:
    assert {case["rule"] for case in CASES} == set(RULES)
    assert all(case["near_miss"]["why"] for case in CASES)
