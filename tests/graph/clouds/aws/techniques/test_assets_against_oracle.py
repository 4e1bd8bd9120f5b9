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
PLAIN = (
    harmed(
        _COLLECTION,
        "rag_store",
        (Need("aoss:APIAccessAll", _COLLECTION), Need("aoss:ReadDocument", _COLLECTION, supply=Supply.LISTED)),
    ),
    harmed("s3:bucket", "training_data", (GET,)),
    harmed("s3:bucket", "training_data", loaded("s3:object", "s3:PutObject")),
    harmed("sagemaker:model", "model_artifact", behind("s3:PutObject", "kms:GenerateDataKey")),
    harmed("bedrock:guardrail", "guardrail", (Need("bedrock:InvokeModel", "bedrock:foundation-model", Place.BASIS),)),
)
UNLOCKED = (
    opened("s3:bucket", "training_data", "key", *unlocked(GET, "kms:Decrypt")),
    opened("s3:bucket", "training_data", "key", *unlocked(PUT, "kms:GenerateDataKey")),
)


def _varied(dice: Random, facts: AwsFacts, item: Resource) -> Resource:
    """With a list of its own, with objects of the buckets it is made of, or outside what makes its bucket a target."""
    about = dict(item.attributes)
    if item.kind == _COLLECTION and dice.random() < 0.8:
        names = dice.sample([one.key for one in facts.principals if "*" not in one.key], 3)
        about["admits"] = {
            dice.choice(("aoss:ReadDocument", "aoss:*", "aoss:WriteDocument")): (*names, "*")[: dice.choice((3, 4))]
        }
    if item.kind == "sagemaker:model" and dice.random() < 0.7:
        some = [one.arn for one in facts.resources["s3:object"] if dice.random() < 0.5]
        about["objects"] = tuple(dice.choice((one, f"{one[:-2]}*")) for one in some)
    if item.kind == "bedrock:guardrail":
        there = facts.resources.get("bedrock:foundation-model", ())
        about["behind"] = tuple(one.arn for one in there if dice.random() < 0.6)
    if item.kind == "s3:bucket":
        keys = [one.arn for one in facts.resources["kms:key"] if one.account == item.account]
        about |= {"key": dice.choice(keys)} if keys and dice.random() < 0.8 else {}
    if item.kind == "s3:object":
        about |= {name: ("training_data",) for name in ("not_kept", "not_loaded") if dice.random() < 0.4}
    return replace(item, attributes=about)


def _estate(seed: int, rules: tuple[Rule, ...]) -> AwsFacts:
    facts, dice = make_takeovers(seed, rules), Random(seed)
    changed = {kind: tuple(_varied(dice, facts, one) for one in some) for kind, some in facts.resources.items()}
    kinds = {rule.kind: rule.asset for rule in rules}
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
@pytest.mark.parametrize("rules", [PLAIN, UNLOCKED], ids=["plain", "unlocked"])
def test_assets_are_harmed_by_whom_the_slow_evaluator_says(rules: tuple[Rule, ...], seed: int) -> None:
    facts = _estate(seed, rules)
    base, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    assert [one for rule in rules for one in _differing(rule, base, oracle)] == []


@pytest.mark.parametrize("rules", [PLAIN, UNLOCKED], ids=["plain", "unlocked"])
def test_these_estates_have_something_to_find_and_something_to_miss(rules: tuple[Rule, ...]) -> None:
    bases = [Ground(AwsAccess(_estate(seed, rules))) for seed in range(10)]
    for rule in rules:
        reached = [solve(rule, base).reaches for base in bases]
        rows = [bool(row.upper) for one in reached if one is not None for row in one.rows]
        assert any(rows), "somebody gets somewhere"
        assert not all(rows), "not everybody does"
