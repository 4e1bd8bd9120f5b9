"""Hosts that were never listed, hosts that are not there, keys that were not read, and what is taken for granted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graph.cloud import Solved, Target, Technique
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.targets import TARGETS
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Document, Proof, Verdict
from tests.estates.aws_small import ROOT, arn, small

RULES: dict[str, Technique | Target] = {rule.key: rule for rule in (*TECHNIQUES, *TARGETS)}
EVE = arn("iam:user eve")
FUNCTION = {"allow": ["lambda:UpdateFunctionCode on *"], "roles": {"it": {"service": "lambda.amazonaws.com"}}}


def solved(rule: str, **words: Any) -> Solved:
    return RULES[rule].solve(AwsAccess(small(words)))


def reached(rule: str, target: str, **words: Any) -> Verdict:
    relation = solved(rule, **words).reaches
    assert relation is not None
    return relation.verdict(EVE, arn(target))


def proved(rule: str, target: str, **words: Any) -> Proof:
    return RULES[rule].prove(AwsAccess(small(words)), EVE, arn(target))


def test_where_functions_were_never_listed_any_role_that_trusts_the_service_may_be_on_one() -> None:
    unlisted = {**FUNCTION, "unlisted": ["lambda:function"]}
    assert reached("aws.update-function-code", "iam:role it", **unlisted) is Verdict.UNKNOWN
    proof = proved("aws.update-function-code", "iam:role it", **unlisted)
    assert proof.verdict is Verdict.UNKNOWN
    assert any("never listed" in because.words for because in proof.because)


def test_where_functions_were_never_listed_a_role_of_another_service_is_on_none() -> None:
    other = {**FUNCTION, "roles": {"it": {"service": "ec2.amazonaws.com"}}, "unlisted": ["lambda:function"]}
    assert reached("aws.update-function-code", "iam:role it", **other) is Verdict.DENIED


def test_where_functions_were_listed_and_none_is_there_the_edge_is_only_latent() -> None:
    found = solved("aws.update-function-code", **FUNCTION)
    assert found.reaches is not None
    assert found.latent is not None
    assert found.reaches.verdict(EVE, arn("iam:role it")) is Verdict.DENIED
    assert found.latent.verdict(EVE, arn("iam:role it")) is Verdict.ALLOWED


def test_a_function_that_is_there_makes_the_edge_and_stands_in_its_sentence() -> None:
    there = {**FUNCTION, "things": {"lambda:function it": {"runs_as": "it"}}}
    proof = proved("aws.update-function-code", "iam:role it", **there)
    assert (proof.verdict, proof.via) == (Verdict.ALLOWED, arn("lambda:function it"))
    latent = solved("aws.update-function-code", **there).latent
    assert latent is not None
    assert latent.verdict(EVE, arn("iam:role it")) is Verdict.DENIED


def test_instance_profiles_that_were_never_listed_leave_the_role_unknown() -> None:
    words = {
        "allow": ["iam:PassRole on *", "ec2:RunInstances on *"],
        "roles": {"it": {"service": "ec2.amazonaws.com"}},
    }
    assert reached("aws.passrole-ec2", "iam:role it", **words) is Verdict.DENIED
    assert reached("aws.passrole-ec2", "iam:role it", **words, unlisted=["iam:instance-profile"]) is Verdict.UNKNOWN


def test_a_key_that_was_not_read_leaves_what_it_encrypts_unknown() -> None:
    bucket = {"target": "training_data", "attributes": {"key": "kms:key hidden"}}
    words = {"allow": ["s3:GetObject on *"], "things": {"s3:bucket it": bucket, "s3:object it": {}}}
    words["things"]["s3:object it"]["attributes"] = bucket["attributes"]
    assert reached("aws.training-data.read-bucket", "s3:bucket it", **words) is Verdict.UNKNOWN


def test_a_key_of_aws_lets_in_whom_the_service_lets_in() -> None:
    managed = f"arn:aws:kms:us-east-1:{ROOT.split(':')[4]}:alias/aws/s3"
    words = {
        "allow": ["s3:GetObject on *"],
        "things": {"s3:bucket it": {"target": "training_data", "attributes": {"key": managed}}, "s3:object it": {}},
    }
    assert reached("aws.training-data.read-bucket", "s3:bucket it", **words) is Verdict.ALLOWED


def test_a_user_whose_password_is_not_known_is_taken_for_one_without_and_that_is_said() -> None:
    words = {"allow": ["iam:CreateLoginProfile on *"], "users": {"it": {}}}
    assert reached("aws.create-login-profile", "iam:user it", **words) is Verdict.ALLOWED
    assert "password" in proved("aws.create-login-profile", "iam:user it", **words).assumed


def test_widening_below_a_boundary_only_widens() -> None:
    words = {"allow": ["iam:PutUserPolicy on *"], "boundary": ["iam:PutUserPolicy on *", "s3:* on *"]}
    found = solved("aws.put-own-user-policy", **words)
    assert found.reaches is not None
    assert found.widens is not None
    assert found.reaches.verdict(EVE, ROOT) is Verdict.DENIED
    assert found.widens.verdict(EVE, "*") is Verdict.ALLOWED
    assert RULES["aws.put-own-user-policy"].prove(AwsAccess(small(words)), EVE, EVE).gains == ("*",)


def test_a_guard_can_be_taken_off_somebody_whom_one_can_become() -> None:
    words = {
        "allow": ["iam:DeleteRolePermissionsBoundary on *", "sts:AssumeRole on *"],
        "roles": {
            "it": {
                "trusts": ["iam:user eve"],
                "allow": ["iam:PutRolePolicy on *", "iam:CreateRole on *"],
                "boundary": ["s3:* on *"],
            },
        },
    }
    found = solved("aws.delete-role-permissions-boundary", **words)
    assert found.reaches is not None
    assert (found.reaches.verdict(EVE, ROOT), found.removes) == (Verdict.ALLOWED, "boundary")
    proof = RULES["aws.delete-role-permissions-boundary"].prove(AwsAccess(small(words)), EVE, ROOT)
    assert (proof.verdict, proof.via) == (Verdict.ALLOWED, arn("iam:role it"))
    assert proof.removes == f"boundary of {arn('iam:role it')}"


def test_a_group_that_makes_no_administrator_only_widens_who_joins_it() -> None:
    words = {"allow": ["iam:AddUserToGroup on *"], "other_groups": {"it": ["s3:GetObject on *"]}}
    found = solved("aws.join-group", **words)
    assert found.widens is not None
    assert found.widens.verdict(EVE, "*") is Verdict.ALLOWED


def test_the_root_user_is_the_account() -> None:
    found = solved("aws.account.administer", allow=["s3:GetObject on *"]).reaches
    assert found is not None
    assert found.verdict(ROOT, ROOT) is Verdict.ALLOWED
    assert found.verdict(EVE, ROOT) is Verdict.DENIED


def test_a_trust_that_was_not_read_takes_no_tokens_of_whoever_has_none() -> None:
    outside = "arn:aws:iam::*:root"
    facts = small({"roles": {"it": {}}, "strangers": {outside: {"kind": "outside", "account": "*"}}})
    unread = replace(facts.resources["iam:role"][0], policies=(Document("trust", None, "access denied"),))
    access = AwsAccess(replace(facts, resources={**facts.resources, "iam:role": (unread,)}))
    for key in ("aws.assume-role-web-identity", "aws.assume-role-saml"):
        relation = RULES[key].solve(access).reaches
        assert relation is not None
        assert relation.verdict(EVE, unread.arn) is RULES[key].prove(access, EVE, unread.arn).verdict is Verdict.DENIED
        assert relation.verdict(outside, unread.arn) is Verdict.UNKNOWN
