"""Where in a bucket lies what makes it a target: only objects that something uses count, unless a tag speaks of all."""

from __future__ import annotations

from typing import Any

import pytest

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.targets import TARGETS
from graph.model import Verdict
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, allow, arn, details, user

BUCKET, MODEL = "arn:aws:s3:::b", arn("sagemaker", "model/m")
EVE = arn("iam", "user/eve")
LISTED = {"s3-list-buckets": {"Buckets": [{"Name": "b", "BucketRegion": "eu-west-1"}]}}
TAGGED = {("s3-get-bucket-tagging", "b"): {"TagSet": [{"Key": "purpose", "Value": "model-artifacts"}]}}
RULES = {target.key: target for target in TARGETS}


def _model(where: str) -> dict[Any, Any]:
    about = {"ModelName": "m", "ModelArn": MODEL}
    loaded = {**about, "PrimaryContainer": {"ModelDataUrl": f"s3://b/{where}"}}
    return {"sagemaker-list-models": {"Models": [about]}, ("sagemaker-describe-model", "m"): loaded}


def _facts(where: str, action: str, *keys: str, **more: Any) -> AwsFacts:
    eve = {DETAILS: details([user("eve", allow(action, [f"{BUCKET}/{key}" for key in keys]))])}
    return small.facts({**eve, **LISTED, **_model(where), **more.get("answers", {})})


def _verdict(rule: str, found: AwsFacts, target: str) -> Verdict:
    reaches = RULES[rule].solve(AwsAccess(found)).reaches
    assert reaches is not None
    return reaches.verdict(EVE, target) if target in reaches.resources else Verdict.DENIED


@pytest.mark.parametrize(
    ("where", "key", "found"),
    [
        ("live/model.tar.gz", "live/*", True),
        ("live/model.tar.gz", "*", True),
        ("live/model.tar.gz", "live/model.tar.gz", True),
        ("live/model.tar.gz", "*/model.*", True),
        ("live/model.tar.gz", "live/model.tar", False),
        ("live/model.tar.gz", "drafts/*", False),
        ("live/model.tar.gz", "*/draft.tar.gz", False),
        ("live/", "live/one/*", True),
        ("live/", "*/draft.tar.gz", True),
        ("live/", "alive/*", False),
    ],
)
def test_whoever_writes_what_is_loaded_replaces_it_and_nobody_else(where: str, key: str, found: bool) -> None:
    estate = _facts(where, "s3:PutObject", key)
    expected = Verdict.ALLOWED if found else Verdict.DENIED
    assert _verdict("aws.model-artifact.write-bucket", estate, BUCKET) is expected
    assert _verdict("aws.model-artifact.write-behind-model", estate, MODEL) is expected


def test_a_denial_of_what_is_loaded_leaves_the_rest_of_the_bucket() -> None:
    rights = [allow("s3:PutObject", f"{BUCKET}/*"), allow("s3:PutObject", f"{BUCKET}/live/*", Effect="Deny")]
    found = small.facts({DETAILS: details([user("eve", *rights)]), **LISTED, **_model("live/model.tar.gz")})
    assert _verdict("aws.model-artifact.write-bucket", found, BUCKET) is Verdict.DENIED
    put = AwsAccess(found).relation("s3:PutObject", "s3:object")
    assert {put.verdict(EVE, item.arn) for item in found.resources["s3:object"]} == {Verdict.ALLOWED, Verdict.DENIED}


def test_what_a_tag_says_of_the_whole_bucket_is_read_anywhere_in_it_and_replaced_only_where_it_is_loaded() -> None:
    rule = "aws.model-artifact.read-bucket"
    assert _verdict(rule, _facts("live/m", "s3:GetObject", "drafts/*", answers=TAGGED), BUCKET) is Verdict.ALLOWED
    assert _verdict(rule, _facts("live/m", "s3:GetObject", "drafts/*"), BUCKET) is Verdict.DENIED
    written = _facts("live/m", "s3:PutObject", "drafts/*", answers=TAGGED)
    assert _verdict("aws.model-artifact.write-bucket", written, BUCKET) is Verdict.DENIED


def test_a_bucket_for_two_things_has_each_where_it_lies() -> None:
    job = {"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": "s3://b/train/part-"}}}]}
    found = _facts("live/m", "s3:GetObject", "train/part-1", answers={("sagemaker-describe-training-job", "j"): job})
    assert _verdict("aws.training-data.read-bucket", found, BUCKET) is Verdict.ALLOWED
    assert _verdict("aws.model-artifact.read-bucket", found, BUCKET) is Verdict.DENIED


def test_prompts_are_logged_below_their_prefix_and_documents_taken_from_below_theirs() -> None:
    logged = {"loggingConfig": {"s3Config": {"bucketName": "b", "keyPrefix": "bedrock"}}}
    question = "bedrock-get-model-invocation-logging-configuration"
    for key, expected in (("bedrock/*", Verdict.ALLOWED), ("web/*", Verdict.DENIED)):
        found = _facts("live/m", "s3:GetObject", key, answers={question: logged})
        assert _verdict("aws.prompt-log.read-bucket", found, BUCKET) is expected
    source = {"s3Configuration": {"bucketArn": BUCKET, "inclusionPrefixes": ["docs/"]}}
    answer = {"dataSource": {"dataSourceConfiguration": source}}
    for key, expected in (("docs/*", Verdict.ALLOWED), ("notes/*", Verdict.DENIED)):
        found = _facts("live/m", "s3:PutObject", key, answers={("bedrock-agent-get-data-source", "k", "d"): answer})
        assert _verdict("aws.rag-store.write-bucket", found, BUCKET) is expected
