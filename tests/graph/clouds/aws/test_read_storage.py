"""Reading buckets: object classes, blocks, lists, what a bucket is for, and what only policies name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, A, allow, arn, details, facts, policy, role, user

LISTED = {"s3-list-buckets": {"Buckets": [{"Name": "b", "BucketRegion": "eu-west-1"}]}}
BUCKET = "arn:aws:s3:::b"
POLICY, BLOCK, ACL = ("s3-get-bucket-policy", "b"), ("s3-get-public-access-block", "b"), ("s3-get-bucket-acl", "b")
ACCOUNT_BLOCK = "s3control-get-public-access-block"


def _classes(*patterns: str) -> set[str]:
    answers = {
        DETAILS: details([user("alice"), user("bo")], [role("r", None, allow("s3:*", list(patterns)))]),
        **LISTED,
    }
    return {r.arn.removeprefix("arn:aws:s3:::") for r in facts(answers).resources["s3:object"]}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), {"b/~"}),
        (("*",), {"b/~"}),
        (("arn:aws:s3:::b",), {"b/~"}),
        (("arn:aws:s3:::b/*",), {"b/~"}),
        (("arn:aws:s3:::b/data/*", "arn:aws:s3:::b/data/raw/*.csv"), {"b/~", "b/data/~", "b/data/raw/~.csv"}),
        (("arn:aws:s3:::b/model.bin",), {"b/~", "b/model.bin"}),
        (("arn:aws:s3:::*/logs/*",), {"b/~", "b/logs/~"}),
        (("arn:aws:s3:::c*/logs/*", "arn:aws:s3:::c/x"), {"b/~"}),
        (("arn:aws:s3:::b*.csv",), {"b/~", "b/~.csv"}),
        (("arn:aws:s3:::b/v?/x",), {"b/~", "b/v~/x"}),
        (("arn:aws:s3:::b/home/${aws:username}/*",), {"b/~"}),
        (("arn:aws:s3:::b/${aws:PrincipalTag/x}/*",), {"b/~", "b/~/~", "b/…/…"}),
        (("arn:aws:s3:::b/${aws:SourceVpc}/*",), {"b/~", "b/~/~", "b/…/…"}),
        (("arn:aws:s3:::b/data/*", "arn:aws:s3:::b/*/secret/*"), {"b/~", "b/data/~", "b/~/secret/~", "b/data/secret/"}),
        (("arn:aws:s3:::*-logs/x",), {"b/~", "b/~-logs/x"}),
        (("*secret*",), {"b/~", "b/~secret~"}),
    ],
)
def test_one_object_stands_for_each_pattern_and_one_for_all_others(
    patterns: tuple[str, ...], expected: set[str]
) -> None:
    assert _classes(*patterns) == expected


def test_a_variable_is_filled_in_for_those_who_hold_the_pattern() -> None:
    own = allow("s3:*", f"{BUCKET}/home/${{aws:username}}/*")
    found = facts({DETAILS: details([user("alice", own), user("bo", own), user("eve")]), **LISTED})
    assert {r.arn.partition("/")[2] for r in found.resources["s3:object"]} == {"~", "home/alice/~", "home/bo/~"}


def test_a_variable_of_a_bucket_s_own_policy_is_filled_in_for_everybody() -> None:
    said = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/home/${{aws:username}}/*"}
    users = {DETAILS: details([user("alice"), user("bo")])}
    found = facts({**users, **LISTED, POLICY: {"Policy": policy(said)}})
    assert {r.arn.partition("/")[2] for r in found.resources["s3:object"]} == {"~", "home/alice/~", "home/bo/~"}


def test_objects_belong_to_the_node_of_their_bucket_and_share_what_lies_on_it() -> None:
    public = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/secret/*"})
    found = facts({**LISTED, POLICY: {"Policy": public}})
    objects = found.resources["s3:object"]
    assert {r.arn for r in objects} == {f"{BUCKET}/~", f"{BUCKET}/secret/~"}
    assert {r.node for r in objects} == {BUCKET}
    assert all(r.policies[0].body == public for r in objects)


def test_a_bucket_without_policy_a_refused_one_and_one_never_asked_for_differ() -> None:
    none = facts({**LISTED, POLICY: {}})
    refused = facts(LISTED, refused=[POLICY])
    never = facts(LISTED, never=[POLICY[0]])
    assert small.resource(none, "s3:bucket", BUCKET).policies == ()
    unread = small.resource(refused, "s3:bucket", BUCKET).policies
    assert [(d.body, d.problem) for d in unread] == [(None, "AccessDenied: no")]
    assert small.resource(never, "s3:bucket", BUCKET).policies == ()
    assert "resource_policy" in never.assumed[A]


def _blocking(on: bool) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": on, "IgnorePublicAcls": on}}


@pytest.mark.parametrize(
    ("answers", "refused", "expected"),
    [
        ({BLOCK: _blocking(True), ACCOUNT_BLOCK: {}}, (), True),
        ({BLOCK: {}, ACCOUNT_BLOCK: _blocking(True)}, (), True),
        ({BLOCK: _blocking(False), ACCOUNT_BLOCK: {}}, (), False),
        ({ACCOUNT_BLOCK: _blocking(True)}, (BLOCK,), True),
        ({ACCOUNT_BLOCK: {}}, (BLOCK,), None),
        ({BLOCK: {}}, (ACCOUNT_BLOCK,), None),
    ],
)
def test_the_strictest_block_counts_and_a_refused_one_is_not_off(
    answers: dict[Any, Any], refused: tuple[Any, ...], expected: bool | None
) -> None:
    found = facts({**LISTED, **answers}, refused=refused)
    assert small.resource(found, "s3:bucket", BUCKET).public_block is expected
    assert "public_access_block" not in found.assumed[A]


def test_blocks_that_were_never_asked_for_are_assumed_off() -> None:
    found = facts(LISTED)
    assert small.resource(found, "s3:bucket", BUCKET).public_block is False
    assert "public_access_block" in found.assumed[A]


_EVERYBODY = {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
_OWN = {"Grantee": {"ID": "f" * 64}, "Permission": "FULL_CONTROL"}
_LIST = {ACL: {"Owner": {"ID": "f" * 64}, "Grants": [_OWN, _EVERYBODY]}}


def test_grants_to_others_count_and_those_to_the_owner_do_not() -> None:
    found = facts({**LISTED, **_LIST})
    assert small.resource(found, "s3:bucket", BUCKET).acl == (_EVERYBODY,)
    assert found.canonical_ids == {"f" * 64: A}
    assert "anonymous" in small.entries(found, "anonymous")


@pytest.mark.parametrize(
    "off",
    [
        {
            ("s3-get-bucket-ownership-controls", "b"): {
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            }
        },
        {BLOCK: _blocking(True)},
    ],
)
def test_lists_that_are_switched_off_grant_nothing(off: dict[Any, Any]) -> None:
    found = facts({**LISTED, **_LIST, **off})
    assert small.resource(found, "s3:bucket", BUCKET).acl == ()
    assert found.entries == ()


def test_bucket_tags_take_part_only_where_that_is_switched_on() -> None:
    tagged = {("s3-get-bucket-tagging", "b"): {"TagSet": [{"Key": "team", "Value": "ml"}]}}
    off = small.resource(facts({**LISTED, **tagged}), "s3:bucket", BUCKET)
    on = {("s3-get-bucket-abac", "b"): {"AbacStatus": {"Status": "Enabled"}}}
    assert (off.tags, off.abac) == ({"team": "ml"}, False)
    assert small.resource(facts({**LISTED, **tagged, **on}), "s3:bucket", BUCKET).abac


def test_an_access_point_is_another_door_to_its_bucket() -> None:
    point = arn("s3", "accesspoint/p")
    listed = {"AccessPointList": [{"Name": "p", "AccessPointArn": point, "Bucket": "b", "NetworkOrigin": "VPC"}]}
    document = policy({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "s3:*", "Resource": f"{point}/object/*"})
    answers = {
        **LISTED,
        "s3control-list-access-points": listed,
        ("s3control-get-access-point-policy", "p"): {"Policy": document},
    }
    found = facts(answers)
    read = small.resource(found, "s3:accesspoint", point)
    assert (read.node, read.attributes["network"], read.policies[0].body) == (BUCKET, "VPC", document)


_JOB = {"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": "s3://b/in/"}}}]}
_OUT = {"OutputDataConfig": {"S3OutputPath": "s3://b/out"}}
_SOURCE = {"dataSource": {"dataSourceConfiguration": {"s3Configuration": {"bucketArn": BUCKET}}}}


@pytest.mark.parametrize(
    ("question", "answer", "target"),
    [
        (("sagemaker-describe-training-job", "j"), _JOB, "training_data"),
        (("sagemaker-describe-training-job", "j"), _OUT, "model_artifact"),
        (("sagemaker-describe-model", "m"), {"PrimaryContainer": {"ModelDataUrl": "s3://b/m.tgz"}}, "model_artifact"),
        (("bedrock-get-model-customization-job", "j"), {"trainingDataConfig": {"s3Uri": "s3://b/t"}}, "training_data"),
        (("bedrock-agent-get-data-source", "k", "d"), _SOURCE, "rag_store"),
        (
            ("bedrock-get-model-invocation-logging-configuration",),
            {"loggingConfig": {"s3Config": {"bucketName": "b"}}},
            "prompt_log",
        ),
    ],
)
def test_a_bucket_is_for_what_uses_it(question: tuple[str, ...], answer: dict[str, Any], target: str) -> None:
    bucket = small.node(facts({**LISTED, question: answer}), BUCKET)
    assert bucket.targets == (target,)
    assert dict(bucket.properties)[f"{target}_because"]


def test_use_and_tags_tell_more_than_names() -> None:
    tagged = {("s3-get-bucket-tagging", "b"): {"TagSet": [{"Key": "purpose", "Value": "training-data"}]}}
    assert small.node(facts({**LISTED, **tagged}), BUCKET).targets == ("training_data",)
    used = {("sagemaker-describe-training-job", "j"): _OUT}
    assert small.node(facts({**LISTED, **tagged, **used}), BUCKET).targets == ("model_artifact", "training_data")
    called = {"s3-list-buckets": {"Buckets": [{"Name": "prompts"}]}}
    out = {("sagemaker-describe-training-job", "j"): {"OutputDataConfig": {"S3OutputPath": "s3://prompts/out"}}}
    assert small.node(facts({**called, **out}), "arn:aws:s3:::prompts").targets == ("model_artifact",)
    named = facts({"s3-list-buckets": {"Buckets": [{"Name": "acme-prompt-logs"}, {"Name": "acme-website"}]}})
    assert small.node(named, "arn:aws:s3:::acme-prompt-logs").targets == ("prompt_log",)
    assert small.node(named, "arn:aws:s3:::acme-website").targets == ()


def test_a_lone_export_has_the_things_that_its_policies_name() -> None:
    resources = [
        "arn:aws:s3:::acme-training-data/*",
        arn("secretsmanager", "secret:prod/db-??????"),
        arn("sagemaker", "endpoint/churn"),
        arn("sagemaker", "endpoint/*"),
        arn("bedrock", "agent/AGENT1"),
        arn("secretsmanager", "secret:other", "000000000000"),
    ]
    found = facts({DETAILS: details(roles=[role("r", None, allow("*", resources))])})
    assert small.node(found, "arn:aws:s3:::acme-training-data").targets == ("training_data",)
    assert [r.arn for r in found.resources["secretsmanager:secret"]] == [arn("secretsmanager", "secret:prod/db-~~~~~~")]
    assert small.node(found, arn("secretsmanager", "secret:prod/db-??????")).name == "prod/db"
    assert [r.arn for r in found.resources["sagemaker:endpoint"]] == [arn("sagemaker", "endpoint/churn")]
    assert small.node(found, arn("bedrock", "agent/AGENT1")).targets == ("agent",)
    seen = dict(small.node(found, arn("sagemaker", "endpoint/churn")).properties)["seen"]
    assert seen == "named in a policy"
    assert (A, "sagemaker:endpoint") not in found.listed


def test_what_was_listed_is_not_made_up_from_policies() -> None:
    listed = {"sagemaker-list-endpoints": {"Endpoints": []}, "s3-list-buckets": {"Buckets": []}}
    named = ["arn:aws:s3:::ghost/*", arn("sagemaker", "endpoint/ghost")]
    found = facts({DETAILS: details(roles=[role("r", None, allow("*", named))]), **listed})
    assert "s3:bucket" not in found.resources
    assert "sagemaker:endpoint" not in found.resources
    assert (A, "sagemaker:endpoint") in found.listed


def test_a_bucket_policy_that_was_read_without_a_list_of_buckets_is_not_lost() -> None:
    body = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"})
    read = facts({DETAILS: details(), POLICY: {"Policy": body}})
    (bucket,) = read.resources["s3:bucket"]
    assert (bucket.arn, bucket.policies[0].body) == (BUCKET, body)
    assert (A, "s3:bucket") not in read.listed


def test_a_refused_list_of_buckets_does_not_read_as_no_buckets() -> None:
    export = {DETAILS: details(roles=[role("r", None, allow("s3:*", "arn:aws:s3:::b/*"))])}
    found = facts(export, refused=["s3-list-buckets"])
    assert [r.arn for r in found.resources["s3:bucket"]] == [BUCKET]
    assert (A, "s3:bucket") not in found.listed


def test_foundation_models_that_nobody_listed_are_told_apart_as_policies_do() -> None:
    one, some = (
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.x",
        "arn:aws:bedrock:*::foundation-model/amazon.*",
    )
    found = facts({DETAILS: details(roles=[role("r", None, allow("bedrock:InvokeModel", [one, some]))])})
    models = {r.arn: r.node for r in found.resources["bedrock:foundation-model"]}
    everything = "arn:aws:bedrock:*::foundation-model/*"
    assert models == {
        one: one,
        "arn:aws:bedrock:~::foundation-model/amazon.~": everything,
        "arn:aws:bedrock:~::foundation-model/~": everything,
    }
    assert small.node(found, everything).targets == ("model_endpoint",)
