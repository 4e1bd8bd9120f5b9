"""What directories, tags and policy versions open is told for everybody as it is one by one, and replayed alike."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES, directory, recasting, taking, widening
from graph.model import Verdict
from tests.estates.aws_directories import make_directories
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 6))  # a round is some hundred slow decisions
_RULES = {entry.key: entry.rule for entry in ENTRIES}
_LEADING = [
    *sorted(entry.key for entry in directory.ENTRIES),
    *("aws.create-access-key", "aws.replace-access-key", "aws.tag-user-access-key", "aws.enable-access-key"),
    *("aws.create-service-credential", "aws.upload-ssh-key", "aws.sso-widen-own-set", "aws.attach-own-user-policy"),
]
_FEW = ("aws.create-access-key", "aws.update-trust", "aws.assume-role", "aws.put-own-user-policy")


@pytest.mark.parametrize("key", _LEADING)
@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_directory_leads_everybody_where_it_leads_them_one_by_one(key: str, seed: int) -> None:
    rule = _RULES[key]
    facts = make_directories(seed, [rule])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for who, target, verdict in _pairs(rule, ground, Random(seed)):
        assert verdict is oracle.reaches(rule, who, target), (who, target)
        assert verdict is prove(rule, ground, who, target).verdict, (who, target)


_CHANGING = {entry.key: entry.rule for entry in recasting.ENTRIES}


def _short(key: str) -> Rule:
    harms = [then for then in _CHANGING[key].then if then.shape is Shape.HARM and then.kind == "s3:bucket"]
    return replace(_CHANGING[key], then=(ADMINISTER, *(_RULES[each] for each in _FEW), *harms[:1]))


@pytest.mark.parametrize("key", sorted(_CHANGING))
@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_change_to_somebody_opens_what_the_changed_estate_opens(key: str, seed: int) -> None:
    rule, dice = _short(key), Random(seed)
    facts = make_directories(seed, [rule])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for who, target, verdict in _pairs(rule, ground, dice):
        assert verdict is oracle.reaches(rule, who, target), (who, target)
        if who != target:
            assert verdict is prove(rule, ground, who, target).verdict, (who, target)
    widens = solve(rule, ground).widens
    assert widens is not None
    for who in dice.sample(widens.identities, 4):
        verdict = widens.verdict(who, "*")
        assert verdict is oracle.widens(rule, who), who
        assert verdict is prove(rule, ground, who, who).verdict, who


_RECAST = [row.rule for row in ROWS if row.key.endswith("-by-recasting")]


@settings(max_examples=3 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_change_to_somebody_harms_what_the_changed_estate_lets_it_harm(seed: int) -> None:
    dice = Random(seed)
    whole = dice.choice(_RECAST)
    guards = tuple(
        replace(_short(key), then=(_RULES["aws.create-access-key"],))
        for key in sorted(_CHANGING)
        if _CHANGING[key].shape is Shape.RECAST
    )
    rule = replace(whole, guards=guards, then=tuple(dice.sample(whole.then, min(2, len(whole.then)))))
    facts = make_directories(seed, [*guards, *rule.then])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for who, target, verdict in _pairs(rule, ground, dice):
        assert verdict is oracle.reaches(rule, who, target), (who, target)
        assert verdict is prove(rule, ground, who, target).verdict, (who, target)


_ADDING = [e.rule for e in (*widening.ENTRIES, *taking.ENTRIES) if e.rule.shape is Shape.ADD]


@pytest.mark.parametrize("rule", _ADDING, ids=lambda rule: rule.any_of[0][0].action)
@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_who_only_adds_something_is_told_as_one_by_one(rule: Rule, seed: int) -> None:
    facts = make_directories(seed, [rule])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    widens = solve(rule, ground).widens
    assert widens is not None
    for who in widens.identities:
        verdict = widens.verdict(who, "*")
        assert verdict is oracle.widens(rule, who), who
        assert verdict is prove(rule, ground, who, who).verdict, who


def _pairs(rule: Rule, ground: Ground, dice: Random) -> list[tuple[str, str, Verdict]]:
    """Some pairs that the rule relates, and some others."""
    relation = solve(rule, ground).reaches
    assert relation is not None
    everything = [(w, t, relation.verdict(w, t)) for w in relation.identities for t in relation.resources]
    yes = [pair for pair in everything if pair[2] is not Verdict.DENIED]
    no = [pair for pair in everything if pair[2] is Verdict.DENIED]
    return dice.sample(yes, min(10, len(yes))) + dice.sample(no, min(6, len(no)))
