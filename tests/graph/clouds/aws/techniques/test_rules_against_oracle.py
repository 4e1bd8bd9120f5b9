"""The evaluators on relations say of every pair what the slow evaluator says of it, and so does the replay."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape, every_need
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Verdict
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 12))  # a round is some hundred slow decisions
_APART = {  # held to it in tests of their own, for they change facts or say something else
    *(Shape.ASSIGN, Shape.ANCHOR, Shape.RECAST, Shape.UNBIND, Shape.UNGUARD, Shape.UNBLOCK),
    *(Shape.OPEN, Shape.COPY, Shape.JOIN, Shape.ADD),
}
_UNCHANGED = [
    rule for rule in (*(entry.rule for entry in ENTRIES), *(row.rule for row in ROWS)) if rule.shape not in _APART
]


@pytest.mark.parametrize("shape", sorted({rule.shape for rule in _UNCHANGED}))
@settings(max_examples=ROUNDS)
@example(seed=159)  # being several owns surely by somebody whom one becomes, and by oneself only maybe
@given(seed=st.integers(0, 10**6))
def test_a_rule_reaches_for_everybody_what_it_reaches_pair_by_pair(shape: Shape, seed: int) -> None:
    dice = Random(seed)
    some = [rule for rule in _UNCHANGED if rule.shape is shape]
    rules = [_shortened(rule, dice) for rule in dice.sample(some, min(2, len(some)))]
    facts = make_takeovers(seed, [one for rule in rules for one in (rule, *rule.then)])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for rule in rules:
        for who, target, verdict in _pairs(rule, ground, dice):
            assert verdict is oracle.reaches(rule, who, target), (rule, who, target)
            assert verdict is prove(rule, ground, who, target).verdict, (rule, who, target)


def _shortened(rule: Rule, dice: Random) -> Rule:
    """With some of the many ways on from there: the slow evaluator tries each of them, for each move of a chain."""
    ways = [then for then in rule.then if then.about == rule.kind]
    others = [then for then in rule.then if then.about in ("iam:role", "iam:user") and then not in ways]
    some = (*dice.sample(ways, min(3, len(ways))), *dice.sample(others, min(1, len(others))))
    return replace(rule, then=some)


_CHANGING = {entry.key: entry.rule for entry in ENTRIES if entry.rule.shape is Shape.JOIN}
_WIDENING = [e.rule for e in ENTRIES if e.rule.shape in (Shape.WIDEN, Shape.JOIN, Shape.ADD)]
_FEW = ("aws.create-access-key", "aws.update-trust", "aws.put-own-user-policy", "aws.put-own-role-policy")


@pytest.mark.parametrize("key", sorted(_CHANGING))
@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_single_change_opens_what_the_changed_estate_opens(key: str, seed: int) -> None:
    then = (ADMINISTER, *(entry.rule for entry in ENTRIES if entry.key in _FEW))
    rule = replace(_CHANGING[key], then=then if _CHANGING[key].then else ())
    facts = make_takeovers(seed, (rule, *rule.then))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for who, target, verdict in _pairs(rule, ground, Random(seed)):
        assert verdict is oracle.reaches(rule, who, target), (who, target)
        if who != target:  # from itself to itself there is no edge: the replay of such a pair is that of widening
            assert verdict is prove(rule, ground, who, target).verdict, (who, target)


@settings(max_examples=2 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_who_only_widens_is_told_as_one_by_one(seed: int) -> None:
    dice = Random(seed)
    rule = dice.choice(_WIDENING)
    facts = make_takeovers(seed, (rule,))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    widens = solve(rule, ground).widens
    assert widens is not None
    for who in dice.sample(widens.identities, 8):
        verdict = widens.verdict(who, "*")
        assert verdict is oracle.widens(rule, who), (rule, who)
        assert verdict is prove(rule, ground, who, who).verdict, (rule, who)


def _pairs(rule: Rule, ground: Ground, dice: Random) -> list[tuple[str, str, Verdict]]:
    """Some pairs that the rule relates, and some others."""
    relation = solve(rule, ground).reaches
    assert relation is not None
    everything = [
        (who, target, relation.verdict(who, target)) for who in relation.identities for target in relation.resources
    ]
    yes = [pair for pair in everything if pair[2] is not Verdict.DENIED]
    no = [pair for pair in everything if pair[2] is Verdict.DENIED]
    return dice.sample(yes, min(10, len(yes))) + dice.sample(no, min(6, len(no)))


def test_an_action_without_resource_is_decided_alike_for_everybody_and_one_by_one() -> None:
    rules = [entry.rule for entry in ENTRIES if any(n.action == "bedrock:CreateAgent" for n in every_need(entry.rule))]
    access = AwsAccess(make_takeovers(73011, rules))
    relation = access.relation("bedrock:CreateAgent")
    for who in relation.identities:
        assert relation.verdict(who, "*") is access.decide(who, "bedrock:CreateAgent", "*").verdict, who
    assert relation.verdict("arn:aws:iam::222222222222:role/r0", "*") is Verdict.CONDITIONAL
