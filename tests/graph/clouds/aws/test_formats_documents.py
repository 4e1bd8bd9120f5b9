"""Policy documents in three spellings are one; what must not be stored is gone before anything is."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.clouds.aws.formats import documents
from graph.clouds.aws.formats.answers import Answer, Reading, open_file, read
from graph.clouds.aws.formats.cleaning import clean
from graph.clouds.aws.formats.nesting import deeper_than, nesting
from graph.clouds.aws.formats.operations import operations

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": 'a+b é % \\ "'}]}
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(
    "written",
    [
        POLICY,
        json.dumps(POLICY),
        json.dumps(POLICY, ensure_ascii=False, indent=2),
        "\n \ufeff" + json.dumps(POLICY),
        quote(json.dumps(POLICY)),
        quote(json.dumps(POLICY, ensure_ascii=False), safe=""),
        quote("  " + json.dumps(POLICY)),
        json.dumps(json.dumps(POLICY)),
    ],
)
def test_a_document_in_any_spelling_is_the_same_object(written: Any) -> None:
    assert documents.decode(written) == documents.Decoded(POLICY)


def test_a_plus_sign_stays_one() -> None:
    text = quote('{"Statement": [{"Resource": "a+b"}]}', safe="+")
    assert documents.decode(text).body == {"Statement": [{"Resource": "a+b"}]}


@pytest.mark.parametrize("written", [None, "", "  ", "\n"])
def test_an_empty_text_is_no_document_and_no_fault(written: Any) -> None:
    assert documents.decode(written) == documents.Decoded(None)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", "not JSON"),
        ("%7B", "not JSON"),
        ("%ff%fe", "not JSON"),
        ("[]", "no policy: not a JSON object"),
        ("7", "no policy: not a JSON object"),
        (7, "neither an object nor a text"),
        ([], "no policy: not a JSON object"),
        ({}, "no policy: it has no Statement"),
        ({"statement": []}, "no policy: it has no Statement"),
        ({"Statement": "Allow"}, "no policy: it has no Statement"),
        ({"Statement": ["Allow"]}, "no policy: a statement is not an object"),
        ("\ud800", "not text"),
    ],
)
def test_what_is_no_policy_says_why(written: Any, why: str) -> None:
    decoded = documents.decode(written)
    assert decoded.body is None
    assert decoded.problem.startswith(why)


@given(st.text())
def test_percent_decoding_is_that_of_the_standard_library(text: str) -> None:
    for spelled in (text, quote(text), quote(text, safe="")):
        assert documents._percent_decoded(spelled.encode(errors="replace")) == unquote_to_bytes(
            spelled.encode(errors="replace")
        )


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


@given(JSONS)
def test_nesting_is_told_as_a_walk_would(value: Any) -> None:
    data = json.dumps(value).encode()
    assert nesting(data) == _depth(value)
    assert deeper_than(_depth(value), data) is False
    assert deeper_than(_depth(value) - 1, data) is True


def test_brackets_in_strings_do_not_nest() -> None:
    assert nesting(rb'["[[[[", "\"[[[", "\\", [1], "]]]"]') == 2


SECRET = "TOPSECRET"
SECRETS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "lambda-list-functions",
        {"Functions": [{"FunctionName": "f", "Environment": {"Variables": {"A": SECRET}}}]},
        {"Functions": [{"FunctionName": "f", "Environment": {"Variables": {"A": ""}}}]},
    ),
    (
        "ecs-describe-task-definition",
        {"taskDefinition": {"containerDefinitions": [{"environment": [{"name": "A", "value": SECRET}]}]}},
        {"taskDefinition": {"containerDefinitions": [{"environment": [{"name": "A"}]}]}},
    ),
    (
        "ecs-describe-tasks",
        {
            "tasks": [
                {
                    "taskArn": "t",
                    "overrides": {"containerOverrides": [{"environment": [{"name": "A", "value": SECRET}]}]},
                }
            ]
        },
        {"tasks": [{"taskArn": "t", "overrides": {"containerOverrides": [{"environment": [{"name": "A"}]}]}}]},
    ),
    (
        "codebuild-batch-get-projects",
        {
            "projects": [
                {
                    "name": "p",
                    "environment": {
                        "image": "i",
                        "environmentVariables": [{"name": "A", "value": SECRET, "type": "PLAINTEXT"}],
                    },
                }
            ]
        },
        {
            "projects": [
                {
                    "name": "p",
                    "environment": {"image": "i", "environmentVariables": [{"name": "A", "type": "PLAINTEXT"}]},
                }
            ]
        },
    ),
    (
        "sagemaker-describe-model",
        {"ModelArn": "m", "PrimaryContainer": {"Environment": {"image": SECRET, "A": SECRET}}},
        {"ModelArn": "m", "PrimaryContainer": {"Environment": {"image": "", "A": ""}}},
    ),
    (
        "sagemaker-describe-training-job",
        {"RoleArn": "r", "HyperParameters": {"a": SECRET}, "Environment": {"A": SECRET}},
        {"RoleArn": "r", "Environment": {"A": ""}},
    ),
    (
        "bedrock-agentcore-control-get-agent-runtime",
        {"agentRuntimeArn": "a", "environmentVariables": {"A": SECRET}},
        {"agentRuntimeArn": "a", "environmentVariables": {"A": ""}},
    ),
    (
        "ec2-describe-launch-template-versions",
        {"LaunchTemplateVersions": [{"VersionNumber": 1, "LaunchTemplateData": {"UserData": SECRET}}]},
        {"LaunchTemplateVersions": [{"VersionNumber": 1, "LaunchTemplateData": {}}]},
    ),
    (
        "cloudformation-describe-stacks",
        {"Stacks": [{"StackId": "s", "Parameters": [{"ParameterValue": SECRET}], "Outputs": [SECRET]}]},
        {"Stacks": [{"StackId": "s"}]},
    ),
    (
        "glue-get-jobs",
        {"Jobs": [{"Name": "j", "DefaultArguments": {"--password": SECRET}}]},
        {"Jobs": [{"Name": "j"}]},
    ),
    (
        "glue-get-connections",
        {"ConnectionList": [{"Name": "c", "ConnectionProperties": {"PASSWORD": SECRET}}]},
        {"ConnectionList": [{"Name": "c"}]},
    ),
    (
        "bedrock-agent-get-agent",
        {"agent": {"agentArn": "a", "instruction": SECRET, "promptOverrideConfiguration": {"x": SECRET}}},
        {"agent": {"agentArn": "a"}},
    ),
    (
        "bedrock-agent-get-flow",
        {
            "definition": {
                "nodes": [
                    {
                        "type": "Prompt",
                        "configuration": {
                            "prompt": {"sourceConfiguration": {"inline": {"templateConfiguration": SECRET}}}
                        },
                    },
                    {
                        "type": "Prompt",
                        "configuration": {"prompt": {"sourceConfiguration": {"resource": {"promptArn": "p"}}}},
                    },
                ]
            }
        },
        {
            "definition": {
                "nodes": [
                    {"type": "Prompt", "configuration": {"prompt": {}}},
                    {
                        "type": "Prompt",
                        "configuration": {"prompt": {"sourceConfiguration": {"resource": {"promptArn": "p"}}}},
                    },
                ]
            }
        },
    ),
    (
        "emr-describe-cluster",
        {"Cluster": {"ServiceRole": "r", "KerberosAttributes": {"Realm": "R", "KdcAdminPassword": SECRET}}},
        {"Cluster": {"ServiceRole": "r", "KerberosAttributes": {"Realm": "R"}}},
    ),
    (
        "iam-get-saml-provider",
        {
            "SAMLMetadataDocument": f'<md:EntityDescriptor ID="x" entityID="https://idp"><md:X>{SECRET}</md:X></md:EntityDescriptor>'
        },
        {"SAMLMetadataDocument": '<EntityDescriptor entityID="https://idp"></EntityDescriptor>'},
    ),
    (
        "stepfunctions-describe-state-machine",
        {
            "roleArn": "r",
            "definition": json.dumps({"States": {"A": {"Parameters": {"HyperParameters": {"a": SECRET}}}}}),
        },
        {"roleArn": "r", "definition": '{"States":{"A":{"Parameters":{}}}}'},
    ),
    (
        "sagemaker-describe-pipeline",
        {"RoleArn": "r", "PipelineDefinition": json.dumps({"Steps": [{"Arguments": {"Environment": {"A": SECRET}}}]})},
        {"RoleArn": "r", "PipelineDefinition": '{"Steps":[{"Arguments":{"Environment":{"A":""}}}]}'},
    ),
    (
        "sagemaker-describe-pipeline",
        {"RoleArn": "r", "PipelineDefinition": f"not JSON {SECRET}"},
        {"RoleArn": "r"},
    ),
    (
        "apprunner-describe-service",
        {
            "Service": {
                "SourceConfiguration": {
                    "ImageRepository": {"ImageConfiguration": {"RuntimeEnvironmentVariables": {"A": SECRET}}}
                }
            }
        },
        {
            "Service": {
                "SourceConfiguration": {
                    "ImageRepository": {"ImageConfiguration": {"RuntimeEnvironmentVariables": {"A": ""}}}
                }
            }
        },
    ),
]


@pytest.mark.parametrize(("call", "given_", "kept"), SECRETS, ids=[call for call, _, _ in SECRETS])
def test_values_that_may_be_secret_are_dropped_on_reading(call: str, given_: Any, kept: Any) -> None:
    answer = read(open_file(json.dumps(given_).encode(), (), 200), operations()[call], Reading())
    assert answer == Answer(kept)
    again = read(open_file(json.dumps(kept).encode(), (), 200), operations()[call], Reading())
    assert again == answer


def test_the_state_of_parameters_is_no_parameter_of_a_stack() -> None:
    data = json.dumps({"Parameters": [{"Name": "/db", "Type": "SecureString"}]}).encode()
    answer = read(open_file(data, (), 200), operations()["ssm-describe-parameters"], Reading())
    assert answer == Answer({"Parameters": [{"Name": "/db", "Type": "SecureString"}]})


def test_members_that_nobody_knows_and_nulls_do_no_harm() -> None:
    body = {"Keys": [{"KeyId": "k", "Later": {"new": [1, None]}, "KeyArn": None}], "Later": 1, "NextMarker": ""}
    answer = read(open_file(json.dumps(body).encode(), (), 200), operations()["kms-list-keys"], Reading())
    assert answer == Answer({"Keys": [{"KeyId": "k", "Later": {"new": [1, None]}}], "Later": 1})


@pytest.mark.parametrize(
    "token",
    [
        {"NextToken": "x"},
        {"nextToken": "x"},
        {"Marker": "x"},
        {"NextMarker": "x"},
        {"IsTruncated": True},
        {"Truncated": True},
    ],
)
def test_a_page_token_that_is_left_means_that_the_list_was_cut(token: dict[str, Any]) -> None:
    for call, body in (("kms-list-keys", {"Keys": []}), ("lambda-list-functions", {"Functions": []})):
        answer = read(open_file(json.dumps(body | token).encode(), (), 200), operations()[call], Reading())
        assert answer == Answer(body, f"cut: the list goes on ({next(iter(token))} is set)")


def test_a_list_by_a_token_of_its_own_name_is_cut_too() -> None:
    data = json.dumps({"TableNames": ["a"], "LastEvaluatedTableName": "a"}).encode()
    answer = read(open_file(data, (), 200), operations()["dynamodb-list-tables"], Reading())
    assert answer == Answer({"TableNames": ["a"]}, "cut: the list goes on (LastEvaluatedTableName is set)")


@pytest.mark.parametrize(
    "token", [{"NextToken": ""}, {"NextToken": None}, {"IsTruncated": False}, {"Truncated": False}]
)
def test_an_empty_token_means_nothing(token: dict[str, Any]) -> None:
    data = json.dumps({"Keys": []} | token).encode()
    assert read(open_file(data, (), 200), operations()["kms-list-keys"], Reading()) == Answer({"Keys": []})


@given(JSONS)
def test_cleaning_changes_nothing_the_second_time(value: Any) -> None:
    first = clean({"definition": value, "Environment": value, "x": value}, "glue").response
    copy = json.loads(json.dumps(first))
    assert clean(json.loads(json.dumps(first)), "glue").response == copy


@pytest.mark.parametrize("depth", [90, 150, 199, 5000])
def test_definitions_within_definitions_never_exhaust_the_stack(depth: int) -> None:
    inner = '{"a":' * depth + json.dumps({"definition": "{}"}) + "}" * depth
    text = inner
    for _ in range(4):
        text = json.dumps({"definition": text, "deep": [[{"b": {}}]]})
    body = {"roleArn": "r", "definition": text}
    answer = read(
        open_file(json.dumps(body).encode(), (), 200), operations()["stepfunctions-describe-state-machine"], Reading()
    )
    assert answer == Answer({"roleArn": "r", "definition": '{"deep":[[{"b":{}}]]}'})
    straight = {"roleArn": "r", "definition": inner}
    answer = read(
        open_file(json.dumps(straight).encode(), (), 200),
        operations()["stepfunctions-describe-state-machine"],
        Reading(),
    )
    assert answer.response is not None
    assert ("definition" in answer.response) == (depth < 100)
