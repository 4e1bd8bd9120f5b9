"""What feeds a function is read by its own role: for everybody at once as one by one."""

from __future__ import annotations

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Need, Rule, Shape
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.techniques import hosting_functions
from graph.model import Verdict
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 10))
_FEED = next(entry.rule for entry in hosting_functions.ENTRIES if entry.key == "aws.feed-function")
_READ = Rule(Shape.HARM, "sqs:queue", ((Need("sqs:ReceiveMessage", "sqs:queue"),),), asset="queue")


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_only_functions_whose_role_reads_a_source_are_fed(seed: int) -> None:
    facts, dice = make_takeovers(seed, (_FEED, _READ)), Random(seed)
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    relation = solve(_FEED, ground).reaches
    assert relation is not None
    pairs = [(who, end, relation.verdict(who, end)) for who in relation.identities for end in relation.resources]
    yes = [pair for pair in pairs if pair[2] is not Verdict.DENIED]
    no = [pair for pair in pairs if pair[2] is Verdict.DENIED]
    for who, end, verdict in dice.sample(yes, min(6, len(yes))) + dice.sample(no, min(6, len(no))):
        assert verdict is oracle.reaches(_FEED, who, end), (who, end)
        assert verdict is prove(_FEED, ground, who, end).verdict, (who, end)
