"""Where a rule ends that a plain pair of cases does not show: strangers, other accounts, hosts out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from graph.cloud import Target, Technique
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.targets import TARGETS
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Verdict
from tests.estates.aws_small import arn, small

RULES: dict[str, Technique | Target] = {rule.key: rule for rule in (*TECHNIQUES, *TARGETS)}
EVE, STRANGER = arn("iam:user eve"), "arn:aws:iam::*:root"


def reached(rule: str, target: str, source: str = EVE, **words: Any) -> Verdict:
    relation = RULES[rule].solve(AwsAccess(small(words))).reaches
    assert relation is not None
    return relation.verdict(source, arn(target))


def test_a_stranger_calls_a_foundation_model_on_its_own_bill() -> None:
    model = "bedrock:foundation-model m"
    estate = {
        "allow": ["bedrock:InvokeModel on *"],
        "strangers": {STRANGER: {"kind": "outside", "account": "*"}},
        "things": {model: {"target": "model_endpoint"}},
    }
    assert reached("aws.model-endpoint.invoke-foundation-model", model, **estate) is Verdict.ALLOWED
    assert reached("aws.model-endpoint.invoke-foundation-model", model, STRANGER, **estate) is Verdict.DENIED


def session(**attributes: Any) -> Verdict:
    instance = {"ec2:instance it": {"runs_as": "it", "attributes": attributes}}
    estate = {"allow": ["ssm:StartSession on *"], "roles": {"it": {"service": "ec2.amazonaws.com"}}, "things": instance}
    return reached("aws.ssm-start-session", "iam:role it", **estate)


def test_no_session_opens_on_an_instance_that_systems_manager_does_not_manage() -> None:
    assert session(managed_by_ssm=True) is Verdict.ALLOWED
    assert session(managed_by_ssm=False) is Verdict.DENIED


def test_where_nobody_asked_which_instances_are_managed_a_session_is_allowed_and_says_what_it_assumes() -> None:
    assert session() is Verdict.ALLOWED
    instance = {"ec2:instance it": {"runs_as": "it"}}
    estate = {"allow": ["ssm:StartSession on *"], "roles": {"it": {"service": "ec2.amazonaws.com"}}, "things": instance}
    proof = RULES["aws.ssm-start-session"].prove(AwsAccess(small(estate)), EVE, arn("iam:role it"))
    assert proof.assumed == ("managed_by_ssm",)


def test_what_a_trust_asks_of_the_service_is_a_condition_of_the_edge() -> None:
    only = {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:111122223333:function:one"}}}
    estate = {
        "allow": ["iam:PassRole on *", "lambda:CreateFunction on *", "lambda:InvokeFunction on *"],
        "roles": {"it": {"service": "lambda.amazonaws.com", "trust_if": only}},
        "strangers": {"lambda.amazonaws.com": {"kind": "service"}},
    }
    proof = RULES["aws.passrole-lambda"].prove(AwsAccess(small(estate)), EVE, arn("iam:role it"))
    assert proof.verdict is Verdict.CONDITIONAL
    assert [(condition.key, condition.chosen_by) for condition in proof.conditions] == [("aws:SourceArn", "service")]


def secret_for_a_stranger(key: str) -> tuple[Verdict, Verdict]:
    """What everybody's answer and the replay say of a stranger whom the secret's policy and its key let in."""
    stranger = "arn:aws:iam::999988887777:root"
    policy = {"Effect": "Allow", "Principal": {"AWS": stranger}, "Action": "*", "Resource": "*"}
    said = {"Version": "2012-10-17", "Statement": policy}
    estate = {
        "strangers": {stranger: {"kind": "outside", "account": "999988887777"}},
        "things": {
            "secretsmanager:secret it": {"attributes": {"key": key}, "policy": said, "target": "secret"},
            "kms:key customer": {"policy": said},
        },
    }
    rule, access, secret = RULES["aws.secret.read"], AwsAccess(small(estate)), arn("secretsmanager:secret it")
    relation = rule.solve(access).reaches
    assert relation is not None
    return relation.verdict(stranger, secret), rule.prove(access, stranger, secret).verdict


def test_a_key_of_aws_serves_its_own_account_only() -> None:
    assert secret_for_a_stranger("kms:key customer") == (Verdict.ALLOWED, Verdict.ALLOWED)
    own = "arn:aws:kms:us-east-1:111122223333:alias/aws/secretsmanager"
    assert secret_for_a_stranger(own) == (Verdict.DENIED, Verdict.DENIED)


@pytest.mark.parametrize("entering", ["ssm:StartSession", "ssm:SendCommand", "ec2-instance-connect:SendSSHPublicKey"])
@pytest.mark.parametrize("giving", ["ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"])
def test_an_instance_with_another_role_can_be_entered_in_several_ways(entering: str, giving: str) -> None:
    """By Systems Manager only where an agent works with the new role."""
    by_agent = entering.startswith("ssm:")
    rule = f"aws.passrole-ec2-replace-profile{'-ssm' if by_agent else ''}"
    for held, verdict in (("ssm:UpdateInstanceInformation", Verdict.ALLOWED), ("s3:GetObject", Verdict.DENIED)):
        estate = {
            "allow": ["iam:PassRole on *", f"{giving} on *", f"{entering} on *"],
            "roles": {"it": {"service": "ec2.amazonaws.com", "allow": [f"{held} on *"]}},
            "things": {"iam:instance-profile p": {"runs_as": "it"}, "ec2:instance i": {}},
        }
        assert reached(rule, "iam:role it", **estate) is (verdict if by_agent else Verdict.ALLOWED)
