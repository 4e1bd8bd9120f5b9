"""Passing a role where more than the role itself decides: a second role, a role in between, what is there beside it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cloud import Technique
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.techniques import ENTRIES, TECHNIQUES
from graph.model import Proof, Verdict
from tests.estates.aws_small import arn, small
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.oracle.aws_rules import Oracle

RULES: dict[str, Technique] = {rule.key: rule for rule in TECHNIQUES}
BY_MORE_THAN_THE_ROLE = (
    "aws.passrole-cloudformation-stack-set",
    "aws.passrole-cognito-pool-roles",
    "aws.passrole-datapipeline",
    "aws.passrole-ecs",
    "aws.passrole-eks-pod-identity",
    "aws.passrole-emr",
)
ADMIN = {"service": "cloudformation.amazonaws.com", "allow": ["sts:AssumeRole on *"]}
STACK_SET = {
    "allow": ["iam:PassRole on *", "cloudformation:CreateStackSet on *", "cloudformation:CreateStackInstances on *"],
    "roles": {"admin": ADMIN, "it": {"trusts": ["iam:role admin"]}},
}


def proved(rule: str, **words: Any) -> Proof:
    return RULES[rule].prove(AwsAccess(small(words)), arn("iam:user eve"), arn("iam:role it"))


@pytest.mark.parametrize("key", BY_MORE_THAN_THE_ROLE)
@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_it_is_decided_for_everybody_as_it_is_pair_by_pair(key: str, seed: int) -> None:
    rule = next(entry.rule for entry in ENTRIES if entry.key == key)
    facts = make_takeovers(seed, [rule])
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    relation = solve(rule, ground).reaches
    assert relation is not None
    pairs = [(who, target) for who in relation.identities for target in relation.resources]
    found = [pair for pair in pairs if relation.verdict(*pair) is not Verdict.DENIED]
    for pair in (*Random(seed).sample(found, min(4, len(found))), Random(seed).choice(pairs)):
        assert relation.verdict(*pair) is oracle.reaches(rule, *pair), pair
        assert relation.verdict(*pair) is prove(rule, ground, *pair).verdict, pair


def test_a_stack_set_says_through_which_role_it_acts() -> None:
    proof = proved("aws.passrole-cloudformation-stack-set", **STACK_SET)
    assert (proof.verdict, proof.via) == (Verdict.ALLOWED, arn("iam:role admin"))
    assert any(because.words.endswith("trusts cloudformation.amazonaws.com") for because in proof.because)
    assert {because.action for because in proof.because} >= {"iam:PassRole", "sts:AssumeRole"}


def test_a_stack_set_is_worth_no_more_than_the_way_of_its_role_to_the_other() -> None:
    only = {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    roles = {"admin": ADMIN, "it": {"trusts": ["iam:role admin"], "trust_if": only}}
    proof = proved("aws.passrole-cloudformation-stack-set", **{**STACK_SET, "roles": roles})
    assert proof.verdict is Verdict.CONDITIONAL
    assert [condition.key for condition in proof.conditions] == ["aws:SourceIp"]


def test_a_cluster_names_the_second_role_that_it_needs() -> None:
    proof = proved(
        "aws.passrole-emr",
        allow=["iam:PassRole on *", "elasticmapreduce:RunJobFlow on *"],
        roles={"it": {"service": "ec2.amazonaws.com"}, "emr": {"service": "elasticmapreduce.amazonaws.com"}},
        things={"iam:instance-profile p": {"runs_as": "it"}},
    )
    told = [because.words for because in proof.because]
    assert f"{arn('iam:role emr')} trusts elasticmapreduce.amazonaws.com" in told


def test_where_container_instances_were_never_listed_one_may_be_there() -> None:
    words = {
        "allow": ["iam:PassRole on *", "ecs:RegisterTaskDefinition on *", "ecs:StartTask on *"],
        "roles": {"it": {"service": "ecs-tasks.amazonaws.com"}},
    }
    assert proved("aws.passrole-ecs", **words).verdict is Verdict.UNKNOWN
    assert proved("aws.passrole-ecs", **words, listed=["ecs:container-instance"]).verdict is Verdict.DENIED
    there = proved("aws.passrole-ecs", **words, things={"ecs:container-instance i": {}})
    assert there.verdict is Verdict.ALLOWED
    assert any(because.words.endswith("is there") for because in there.because)


def test_what_a_pool_asks_of_its_tokens_is_a_condition_and_the_trust_is_the_evidence() -> None:
    pool, provider = "us-east-1:pool", "cognito-identity.amazonaws.com"
    asked = {
        "StringEquals": {f"{provider}:aud": pool},
        "ForAnyValue:StringLike": {f"{provider}:amr": "unauthenticated"},
    }
    facts = {"provider": provider, "audience": pool, "subject": "*"}
    proof = proved(
        "aws.passrole-cognito-pool-roles",
        allow=["iam:PassRole on *", "cognito-identity:SetIdentityPoolRoles on *"],
        roles={"it": {"federated": provider, "trust_if": {"Condition": asked}}},
        strangers={f"federated:{provider}|{pool}|*": {"kind": "federated", "facts": facts}},
        things={"cognito-identity:identitypool app": {}},
    )
    assert proof.verdict is Verdict.CONDITIONAL
    assert [condition.key for condition in proof.conditions] == [f"{provider}:amr"]
    assert "it trust" in {evidence.document for evidence in proof.evidence}


def test_a_role_in_another_service_s_hands_is_no_way_to_it() -> None:
    """App Runner's builds and its tasks put on different roles; the pass is told to the service as a whole."""
    words = {"allow": ["iam:PassRole on *", "apprunner:CreateService on *"]}
    tasks = {"it": {"service": "tasks.apprunner.amazonaws.com"}}
    assert proved("aws.passrole-apprunner", **words, roles=tasks).verdict is Verdict.ALLOWED
    builds = {"it": {"service": "build.apprunner.amazonaws.com"}}
    assert proved("aws.passrole-apprunner", **words, roles=builds).verdict is Verdict.DENIED
