"""Whose credential can be made, and what its holder may: both halves for everybody at once as one by one."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.harms import lent
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.model import Verdict
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 15))
_RULES = [row.rule for row in lent.ROWS]


def _few(seed: int, dice: Random) -> Rule:
    """A rule of lending with some of the harms that the credential does."""
    rule = _RULES[seed % len(_RULES)]
    return replace(rule, then=tuple(dice.sample(rule.then, min(2, len(rule.then)))))


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_credential_of_somebody_else_harms_what_its_holder_may_harm(seed: int) -> None:
    dice = Random(seed)
    rule = _few(seed, dice)
    facts = make_takeovers(seed, (rule, *rule.then))
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    relation = solve(rule, ground).reaches
    assert relation is not None
    pairs = [(who, end, relation.verdict(who, end)) for who in relation.identities for end in relation.resources]
    yes = [pair for pair in pairs if pair[2] is not Verdict.DENIED]
    no = [pair for pair in pairs if pair[2] is Verdict.DENIED]
    for who, end, verdict in dice.sample(yes, min(6, len(yes))) + dice.sample(no, min(6, len(no))):
        assert verdict is oracle.reaches(rule, who, end), (who, end)
        assert verdict is prove(rule, ground, who, end).verdict, (who, end)


def test_the_random_estates_have_credentials_that_can_be_made_and_some_that_cannot() -> None:
    met = set()
    for seed in range(30):
        rule = _few(seed, Random(seed))
        relation = solve(rule, Ground(AwsAccess(make_takeovers(seed, (rule, *rule.then))))).reaches
        assert relation is not None
        met |= {relation.verdict(who, end) for who in relation.identities for end in relation.resources}
    assert {Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.DENIED} <= met
