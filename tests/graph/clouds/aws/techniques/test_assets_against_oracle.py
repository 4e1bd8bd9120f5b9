"""Lists of their own, parts of buckets, opened keys: what all get at once is what the slow evaluator says of each."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from graph.clouds.aws.facts import AwsFacts, Resource
from graph.clouds.aws.harms.doors import GET, PUT
from graph.clouds.aws.harms.keys import unlocked
from graph.clouds.aws.harms.row import behind, harmed, loaded, opened
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Need, Place, Rule, Supply
from graph.clouds.aws.rules.solve import solve
from graph.model import Category, Node
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

_COLLECTION = "aoss:collection"
RULES = (
    harmed(
        _COLLECTION,
        "rag_store",
        (Need("aoss:APIAccessAll", _COLLECTION), Need("aoss:ReadDocument", _COLLECTION, supply=Supply.LISTED)),
    ),
    harmed("s3:bucket", "training_data", (GET,)),
    harmed("s3:bucket", "training_data", loaded("s3:object", "s3:PutObject")),
    harmed("sagemaker:model", "model_artifact", behind("s3:PutObject", "kms:GenerateDataKey")),
    harmed("bedrock:guardrail", "guardrail", (Need("bedrock:InvokeModel", "bedrock:foundation-model", Place.BASIS),)),
    opened("s3:bucket", "training_data", "key", *unlocked(GET, "kms:Decrypt")),
    opened("s3:bucket", "training_data", "key", *unlocked(PUT, "kms:GenerateDataKey")),
)


def _varied(dice: Random, facts: AwsFacts, item: Resource) -> Resource:
    """With a list of its own, with objects of the buckets it is made of, or outside what makes its bucket a target."""
    about = dict(item.attributes)
    if item.kind == _COLLECTION and dice.random() < 0.8:
        names = [dice.choice(facts.principals).key for _ in range(3)]
        about["admits"] = {
            dice.choice(("aoss:ReadDocument", "aoss:*", "aoss:WriteDocument")): (*names, "*")[: dice.choice((3, 4))]
        }
    if item.kind == "sagemaker:model" and dice.random() < 0.7:
        some = [one.arn for one in facts.resources["s3:object"] if dice.random() < 0.5]
        about["objects"] = tuple(dice.choice((one, f"{one[:-2]}*")) for one in some)
    if item.kind == "bedrock:guardrail":
        there = facts.resources.get("bedrock:foundation-model", ())
        about["behind"] = tuple(one.arn for one in there if dice.random() < 0.6)
    if item.kind == "s3:object":
        about |= {name: ("training_data",) for name in ("not_kept", "not_loaded") if dice.random() < 0.4}
    return replace(item, attributes=about)


def _estate(seed: int) -> AwsFacts:
    facts, dice = make_takeovers(seed, RULES), Random(seed)
    changed = {kind: tuple(_varied(dice, facts, one) for one in some) for kind, some in facts.resources.items()}
    kinds = {rule.kind: rule.asset for rule in RULES}
    keys = sorted({(one.node, kinds[kind]) for kind, some in changed.items() if kind in kinds for one in some})
    nodes = tuple(Node(key, "thing", key, "aws", "", Category.RESOURCE, targets=(target,)) for key, target in keys)
    return replace(facts, resources=changed, nodes=nodes)


def _differing(rule: Rule, base: Ground, oracle: Oracle) -> list[tuple[str, str, str, str]]:
    reached = solve(rule, base).reaches
    assert reached is not None
    asked = [(who, target) for who in reached.identities for target in reached.resources]
    said = [
        (who, target, reached.verdict(who, target).value, oracle.reaches(rule, who, target).value)
        for who, target in asked
    ]
    return [one for one in said if one[2] != one[3]]


@pytest.mark.parametrize("seed", range(10))
def test_assets_are_harmed_by_whom_the_slow_evaluator_says(seed: int) -> None:
    facts = _estate(seed)
    base, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    assert [one for rule in RULES for one in _differing(rule, base, oracle)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind} {rule.guard} {rule.any_of[0][-1].action}")
def test_these_estates_have_something_to_find_and_something_to_miss(rule: Rule) -> None:
    rows = [row for seed in range(10) for row in _rows(rule, _estate(seed))]
    assert any(rows), "somebody gets somewhere"
    assert not all(rows), "not everybody does"


def _rows(rule: Rule, facts: AwsFacts) -> list[bool]:
    reached = solve(rule, Ground(AwsAccess(facts))).reaches
    return [bool(row.upper) for row in reached.rows] if reached is not None else []
