"""What opens without a guard: the same as asking the whole estate again for every removal, and so says the replay."""

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
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Verdict
from tests.estates.aws_guarded import make_blocked, make_guarded
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 5))  # each asks the estate again for every removal
_REMOVING = {entry.rule.guard: entry.rule for entry in ENTRIES if entry.rule.shape is Shape.UNBIND}
_FEW = ("aws.create-access-key", "aws.update-trust", "aws.put-own-user-policy", "aws.put-own-role-policy")
_UNGUARDED = [row.rule for row in ROWS if row.rule.shape is Shape.UNGUARD]
_UNBLOCKED = [row.rule for row in ROWS if row.rule.shape is Shape.UNBLOCK]
_THEN = (ADMINISTER, *(entry.rule for entry in ENTRIES if entry.key in _FEW))


@pytest.mark.parametrize("guard", sorted(_REMOVING))
@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_without_a_guard_opens_what_the_estate_without_it_opens(guard: str, seed: int) -> None:
    dice = Random(seed)
    rule = replace(_REMOVING[guard], then=_THEN)
    facts = make_guarded(seed, rule, _THEN)
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    agree(rule, ground, oracle, dice)


def agree(rule: Rule, ground: Ground, oracle: Oracle, dice: Random) -> None:
    """On some pairs that the rule relates, and some others."""
    relation = solve(rule, ground).reaches
    assert relation is not None
    pairs = [(who, end, relation.verdict(who, end)) for who in relation.identities for end in relation.resources]
    yes = [pair for pair in pairs if pair[2] is not Verdict.DENIED and pair[0] != pair[1]]
    no = [pair for pair in pairs if pair[2] is Verdict.DENIED and pair[0] != pair[1]]
    for who, end, verdict in dice.sample(yes, min(5, len(yes))) + dice.sample(no, min(5, len(no))):
        assert verdict is oracle.reaches(rule, who, end), (who, end)
        assert verdict is prove(rule, ground, who, end).verdict, (who, end)


@settings(max_examples=3 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_without_a_guard_an_asset_is_harmed_as_in_the_estate_without_it(seed: int) -> None:
    dice = Random(seed)
    whole = dice.choice(_UNGUARDED)
    guards = tuple(replace(guard, then=_THEN) for guard in dice.sample(sorted(_REMOVING.values(), key=str), 2))
    rule = replace(whole, guards=guards, then=tuple(dice.sample(whole.then, min(2, len(whole.then)))))
    facts = make_guarded(seed, guards[0], (guards[1], *rule.then))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    agree(rule, ground, oracle, dice)


@settings(max_examples=4 * ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_without_a_public_access_block_strangers_get_in_as_in_the_estate_without_it(seed: int) -> None:
    dice = Random(seed)
    rule = dice.choice(_UNBLOCKED)
    facts = make_blocked(seed, rule)
    agree(rule, Ground(AwsAccess(facts)), Oracle(facts), dice)
