"""What one can newly let somebody into, for everybody at once: the same as one by one, and so says the replay."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Verdict
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 12))
_EXPOSING = (Shape.OPEN, Shape.COPY)
_TECHNIQUES = [entry.rule for entry in ENTRIES if entry.rule.shape in _EXPOSING]
_HARMS = [row.rule for row in ROWS if row.rule.shape in _EXPOSING]
_HOSTS = [entry.rule for entry in ENTRIES if entry.rule.shape is Shape.RUN_AS and entry.rule.guard]


@settings(max_examples=3 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_who_can_open_something_is_told_as_one_by_one(seed: int) -> None:
    dice = Random(seed)
    rule = dice.choice(_TECHNIQUES)
    facts = make_takeovers(seed, (rule, *rule.then))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    widens = solve(rule, ground).widens
    assert widens is not None
    for who in dice.sample(widens.identities, 8):
        verdict = widens.verdict(who, "*")
        assert verdict is oracle.widens(rule, who), (rule, who)
        assert verdict is prove(rule, ground, who, who).verdict, (rule, who)


@pytest.mark.parametrize("rules", [_HARMS, _HOSTS], ids=["assets", "hosts"])
@settings(max_examples=2 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_what_can_be_opened_is_told_as_one_by_one(rules: list[Rule], seed: int) -> None:
    dice = Random(seed)
    rule = dice.choice(rules)
    facts = make_takeovers(seed, (rule, *rule.then))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    relation = solve(rule, ground).reaches
    assert relation is not None
    pairs = [(who, end, relation.verdict(who, end)) for who in relation.identities for end in relation.resources]
    yes = [pair for pair in pairs if pair[2] is not Verdict.DENIED]
    no = [pair for pair in pairs if pair[2] is Verdict.DENIED]
    for who, end, verdict in dice.sample(yes, min(8, len(yes))) + dice.sample(no, min(5, len(no))):
        assert verdict is oracle.reaches(rule, who, end), (rule, who, end)
        assert verdict is prove(rule, ground, who, end).verdict, (rule, who, end)
