"""Whoever holds a catalogued set of permissions is found by the rule that answers for it; without one of them, not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.cloud import PermissionSet, Target, Technique
from graph.clouds.aws.permission_sets import PERMISSION_SETS
from graph.clouds.aws.policy.reference import canonical
from graph.clouds.aws.targets import TARGETS
from graph.clouds.aws.techniques import TECHNIQUES
from graph.policy.patterns import action_matches

_FILES = sorted((Path(__file__).parents[4] / "data" / "aws_rules").glob("*.json"))
_CASES: list[dict[str, Any]] = [
    case for file in _FILES for case in json.loads(file.read_text()) if "permission_set" in case
]
_SETS = {one.key: one for one in PERMISSION_SETS}
_RULES: tuple[Technique | Target, ...] = (*TECHNIQUES, *TARGETS)
_ANSWERS = {rule.key: rule.answers for rule in _RULES}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case['permission_set']} {case['rule']}")
def test_the_set_itself_is_enough_for_the_rule_that_answers_it(case: dict[str, Any]) -> None:
    """The case grants nothing beyond the set; `also` names what the catalogue left out, with `why_also`."""
    assert case["permission_set"] in _ANSWERS[case["rule"]]
    granted = {words.partition(" on ")[0] for words in case["estate"]["allow"]}
    patterns = (*_SETS[case["permission_set"]].permissions, *case.get("also", ()))
    assert granted, "something is granted"
    assert all(any(action_matches(pattern, action) for pattern in patterns) for action in granted)
    assert bool(case.get("also")) == bool(case.get("why_also"))


def test_every_answer_has_a_case_that_grants_the_set() -> None:
    answered = {(rule, key) for rule, keys in _ANSWERS.items() for key in keys}
    assert answered == {(case["rule"], case["permission_set"]) for case in _CASES}
    assert {key for _rule, key in answered} <= set(_SETS)


@pytest.mark.parametrize("one", PERMISSION_SETS, ids=lambda one: one.key)
def test_catalogued_permissions_are_actions_that_there_are(one: PermissionSet) -> None:
    assert one.retired or all("*" in action or canonical(action) == action for action in one.permissions)


def test_every_set_is_answered_for_or_its_service_is_gone() -> None:
    answered = {key for keys in _ANSWERS.values() for key in keys}
    assert len(PERMISSION_SETS) == len(_SETS) == 251
    assert {one.key for one in PERMISSION_SETS if not one.retired} == answered
