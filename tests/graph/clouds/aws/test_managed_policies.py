"""All policies that AWS manages: a corpus of real documents that must parse, compile and be decidable."""

import gzip
import json
from pathlib import Path

import pytest

from graph.clouds.aws.policy import reference
from graph.clouds.aws.policy.decide import Request, decide
from graph.clouds.aws.policy.documents import Use, compile_policy, refusals
from graph.clouds.aws.policy.principals import caller_from_arn
from graph.model import Document, Verdict
from graph.policy.patterns import UNKNOWN

CORPUS = Path(__file__).parents[3] / "data" / "aws_managed_policies.json.gz"
MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/m"
ROLE = caller_from_arn("arn:aws:iam::123456789012:role/x")


@pytest.fixture(scope="module")
def documents():
    found = json.loads(gzip.decompress(CORPUS.read_bytes()))["policies"]
    return {arn: found[arn]["document"] for arn in sorted(found)}


@pytest.fixture(scope="module")
def policies(documents):
    return {arn: compile_policy(Document(arn, body)) for arn, body in documents.items()}


def test_the_corpus_is_all_of_them(documents):
    assert len(documents) == 1641
    assert sum(len(d["Statement"]) if isinstance(d["Statement"], list) else 1 for d in documents.values()) == 9027


def test_nothing_in_them_is_left_unevaluated(policies):
    """The list of what the engine cannot evaluate is empty."""
    unread = {arn: policy.problem for arn, policy in policies.items() if policy.problem}
    odd = {
        (arn, each.place): each.problem
        for arn, policy in policies.items()
        for each in policy.statements
        if each.problem
    }
    assert (unread, odd) == ({}, {})


def test_none_of_them_would_be_refused(documents):
    refused = {arn: [each.message for each in refusals(body, Use.IDENTITY)] for arn, body in documents.items()}
    assert {arn: messages for arn, messages in refused.items() if messages} == {}


def ask(policy, action, resource):
    """What a role with this policy alone may do, nothing known of the request."""
    return decide(
        Request(
            caller=ROLE,
            action=action,
            resource="*" if reference.takes_no_resource(action) else resource,
            resource_account="123456789012",
            context=lambda _key: UNKNOWN,
            identity=(policy,),
        )
    ).verdict


def test_what_a_policy_allows_outright_is_allowed(policies):
    """Of every Allow of a plain action on everything without condition, the first action is decided so."""
    asked = 0
    for policy in policies.values():
        if any(not each.allows for each in policy.statements):
            continue
        for each in policy.statements:
            plain = [action for action in each.actions if "*" not in action and "?" not in action]
            if (
                plain
                and not each.not_action
                and each.resources == ("*",)
                and not each.not_resource
                and not each.clauses
            ):
                asked += 1
                got = ask(policy, plain[0], "arn:aws:s3:::any/thing")
                assert got is Verdict.ALLOWED, (policy.name, each.place, plain[0])
    assert asked > 2000


@pytest.mark.parametrize(
    ("name", "action", "resource", "expected"),
    [
        ("ReadOnlyAccess", "s3:GetObject", "arn:aws:s3:::b/k", Verdict.ALLOWED),
        ("ReadOnlyAccess", "s3:PutObject", "arn:aws:s3:::b/k", Verdict.DENIED),
        ("AmazonS3ReadOnlyAccess", "s3:ListAllMyBuckets", "*", Verdict.ALLOWED),
        ("IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::123456789012:user/x", Verdict.CONDITIONAL),
        ("AmazonSageMakerFullAccess", "iam:PassRole", "arn:aws:iam::123456789012:role/SageMaker", Verdict.CONDITIONAL),
        ("AmazonSageMakerFullAccess", "s3:GetObject", "arn:aws:s3:::my-sagemaker-data/k", Verdict.ALLOWED),
        ("AmazonSageMakerFullAccess", "s3:GetObject", "arn:aws:s3:::payroll/k", Verdict.CONDITIONAL),
        ("AmazonBedrockLimitedAccess", "bedrock:InvokeModel", MODEL, Verdict.ALLOWED),
        ("AWSDenyAll", "sts:AssumeRole", "arn:aws:iam::123456789012:role/y", Verdict.DENIED),
    ],
)  # fmt: skip
def test_well_known_policies_mean_what_they_are_known_for(policies, name, action, resource, expected):
    policy = next(policy for arn, policy in policies.items() if arn.rsplit("/", 1)[-1] == name)
    assert ask(policy, action, resource) is expected
