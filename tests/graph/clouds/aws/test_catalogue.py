"""The catalogue of actions that harm AI assets: a rule evaluates each set of them, or it is said why none does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.clouds.aws.catalogue import CATALOGUE
from graph.clouds.aws.policy.reference import canonical
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.targets import HARMS, TARGET_KINDS

_FILE = Path(__file__).parents[4] / "graph" / "clouds" / "aws" / "data" / "ai_catalogue.json"
_CATALOGUE: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
_SETS = [(row, frozenset(some), " + ".join(some)) for row in _CATALOGUE for some in row["any_of"]]
_RULES: dict[str, Rule] = {row.key: row.rule for row in ROWS} | {entry.key: entry.rule for entry in ENTRIES}
_NEWER = frozenset({"bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser"})


def _needed(rule: Rule) -> Iterator[frozenset[str]]:
    """The actions of each alternative, and of what a rule goes on with."""
    yield from (frozenset(need.action for need in way) for way in rule.any_of)
    for then in rule.then:
        yield from _needed(then)


def _answered(row: dict[str, Any], actions: frozenset[str]) -> bool:
    """By a harm of the very kind, one alternative of which needs all of them."""
    fitting = (one.rule for one in ROWS if (one.asset, one.harm) == (row["target"], row["harm"]))
    plain = (rule for rule in fitting if rule.shape is not Shape.UNGUARD)
    return any(actions <= needed for rule in plain for needed in _needed(rule))


@pytest.mark.parametrize(("row", "actions", "name"), _SETS, ids=[f"{r['target']} {r['harm']} {n}" for r, _, n in _SETS])
def test_every_set_of_the_catalogue_is_evaluated_or_it_is_said_why_not(
    row: dict[str, Any], actions: frozenset[str], name: str
) -> None:
    rules, why = row.get("elsewhere", {}).get(name, ()), row.get("apart", {}).get(name, "")
    assert (_answered(row, actions) or bool(rules)) != bool(why), "by a rule, or by a reason, and not by both"
    for rule in rules:
        assert any(actions & needed for needed in _needed(_RULES[rule])), f"{rule} needs some of it"
    assert not why or why.endswith(".")


def test_nothing_is_said_of_sets_that_are_not_there() -> None:
    for row in _CATALOGUE:
        known = {" + ".join(some) for some in row["any_of"]}
        assert {*row.get("elsewhere", {}), *row.get("apart", {})} <= known


def test_its_words_are_ours_and_its_actions_are_actions() -> None:
    assert {row["target"] for row in _CATALOGUE} <= set(TARGET_KINDS)
    assert {row["harm"] for row in _CATALOGUE} <= {*HARMS, "run_as"}  # to run as an identity is a technique
    actions = {action for _, some, _ in _SETS for action in some}
    assert {action for action in actions if canonical(action) != action} <= _NEWER


def test_all_target_kinds_have_harms_here() -> None:
    """What only runs, or is run as, is reached by techniques."""
    assert {one.asset for one in ROWS} == set(TARGET_KINDS) - {"ai_identity", "ml_compute"}


def test_the_page_of_the_catalogue_says_of_each_set_which_rules_evaluate_it_or_why_none_does() -> None:
    assert [(one.target, one.harm, one.permissions) for one in CATALOGUE] == [
        (row["target"], row["harm"], tuple(some)) for row in _CATALOGUE for some in row["any_of"]
    ]
    assert all(bool(one.answered) != bool(one.reason) for one in CATALOGUE)
    assert {key for one in CATALOGUE for key in one.answered} <= set(_RULES)
