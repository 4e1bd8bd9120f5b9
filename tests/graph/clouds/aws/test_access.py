"""What the protocol answers beside relations, on a small account written out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy import shared
from graph.clouds.aws.policy.access import AwsAccess
from graph.model import Document, Verdict
from graph.policy.relation import ANYTHING, Relation
from tests.estates.aws_random import ACTIONS, make_estate

HOME, ABROAD = "111111111111", "222222222222"
ANN, BOB = f"arn:aws:iam::{HOME}:user/ann", f"arn:aws:iam::{HOME}:user/bob"
RUNNER = f"arn:aws:iam::{HOME}:role/runner"
PROFILE = f"arn:aws:bedrock:us-east-1:{HOME}:inference-profile/us.large"
MODELS = tuple(f"arn:aws:bedrock:{region}::foundation-model/large" for region in ("us-east-1", "us-west-2"))
BUCKET = "arn:aws:s3:::training"


def policy(*statements: dict[str, Any]) -> Document:
    return Document("inline", {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal: str) -> Document:
    return Document("trust", {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}})


def user(key: str, *statements: dict[str, Any]) -> Principal:
    return Principal(key, PrincipalKind.USER, HOME, tags={}, documents=(policy(*statements),))


def estate(principals: list[Principal], resources: list[Resource], **more: Any) -> AwsFacts:
    kinds = sorted({resource.kind for resource in resources})
    return AwsFacts(
        cloud="aws",
        principals=tuple(sorted(principals, key=lambda p: p.key)),
        resources={k: tuple(sorted((r for r in resources if r.kind == k), key=lambda r: r.arn)) for k in kinds},
        accounts={HOME: Account(HOME, scps=(), rcps=())},
        **more,
    )


def thing(kind: str, arn: str, account: str | None = HOME, **more: Any) -> Resource:
    return Resource(arn, kind, account, arn, **more)


# ----- which actions and kinds there are


def test_the_actions_are_those_that_a_resource_of_the_facts_can_take() -> None:
    access = AwsAccess(
        estate([], [thing("secretsmanager:secret", f"arn:aws:secretsmanager:us-east-1:{HOME}:secret:s")])
    )
    assert "secretsmanager:GetSecretValue" in access.actions()
    assert not [action for action in access.actions() if not action.startswith("secretsmanager:")]


def test_a_word_that_is_no_action_has_no_kinds_and_nobody_may_do_it() -> None:
    access = AwsAccess(estate([user(ANN, allow("*"))], [thing("s3:bucket", BUCKET)]))
    assert access.kinds("s3:Nonsense") == ()
    assert access.relation("s3:Nonsense").resources == ()


def test_an_action_without_resource_type_is_over_anything_and_needs_a_star() -> None:
    named = allow("iam:ListUsers", f"arn:aws:iam::{HOME}:user/*")
    access = AwsAccess(estate([user(ANN, allow("iam:ListUsers")), user(BOB, named)], [thing("iam:user", ANN)]))
    relation = access.relation("iam:ListUsers")
    assert (access.kinds("iam:ListUsers"), relation.resources) == (ANYTHING, ANYTHING)
    assert [relation.verdict(key, "*") for key in (ANN, BOB)] == [Verdict.ALLOWED, Verdict.DENIED]


def test_without_a_kind_the_first_that_the_facts_hold_is_meant() -> None:
    access = AwsAccess(estate([user(ANN, allow("bedrock:*"))], [thing("bedrock:foundation-model", MODELS[0], None)]))
    assert access.relation("bedrock:InvokeModel").resources == MODELS[:1]


# ----- several resources at once


def profile_estate(*allowed: str) -> AwsFacts:
    models = [thing("bedrock:foundation-model", arn, None) for arn in MODELS]
    profile = thing("bedrock:inference-profile", PROFILE, members=MODELS)
    return estate([user(ANN, allow("bedrock:InvokeModel", list(allowed)))], [*models, profile])


def invoking(*allowed: str) -> Verdict:
    relation = AwsAccess(profile_estate(*allowed)).relation("bedrock:InvokeModel", "bedrock:inference-profile")
    return relation.verdict(ANN, PROFILE)


def test_an_inference_profile_needs_the_models_behind_it_in_every_region() -> None:
    assert invoking(PROFILE, *MODELS) is Verdict.ALLOWED
    assert invoking(PROFILE, MODELS[0]) is Verdict.DENIED
    assert invoking(*MODELS) is Verdict.DENIED


# ----- what techniques ask besides


def test_a_service_is_trusted_for_work_in_an_account_as_the_trust_says() -> None:
    source = {"StringEquals": {"aws:SourceAccount": HOME}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    bound = Document("trust", {"Version": "2012-10-17", "Statement": {**statement, "Condition": source}})
    access = AwsAccess(estate([], [thing("iam:role", RUNNER, policies=(bound,))]))
    assert access.service_trust("lambda.amazonaws.com", HOME).verdict(0) is Verdict.ALLOWED
    assert access.service_trust("lambda.amazonaws.com", ABROAD).verdict(0) is Verdict.DENIED
    assert access.service_trust("glue.amazonaws.com", HOME).verdict(0) is Verdict.DENIED


def making(*resources: str) -> Relation:
    facts = estate([user(ANN, allow("lambda:CreateFunction", list(resources)))], [thing("iam:user", ANN)])
    return AwsAccess(facts).relation("lambda:CreateFunction", "new lambda:function").some()


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        f"arn:aws:lambda:*:{HOME}:function:team-*",
        f"arn:aws:lambda:eu-west-3:{HOME}:function:exactly",
        f"arn:aws:lambda:*:{HOME}:*team*",
        f"arn:aws:lambda:*:{HOME}:function:${{aws:username}}-*",
    ],
)
def test_whoever_may_name_a_new_function_somehow_may_make_one(resource: str) -> None:
    assert making(resource).verdict(ANN, "*") is Verdict.ALLOWED


@pytest.mark.parametrize(
    "resource",
    [
        f"arn:aws:lambda:*:{ABROAD}:function:*",
        f"arn:aws:lambda:*:{HOME}:layer:*",
        f"arn:aws:lambda:*:{HOME}:function:${{aws:PrincipalTag/team}}-*",
    ],
)
def test_whoever_can_name_none_of_ones_own_account_may_make_none(resource: str) -> None:
    assert making(resource).verdict(ANN, "*") is Verdict.DENIED


# ----- what was never asked for


def test_a_relation_names_what_it_assumes_where_the_action_feels_it() -> None:
    assumed = {HOME: ("acl", "public_access_block", "rcp", "resource_policy", "scp")}
    secret = f"arn:aws:secretsmanager:us-east-1:{HOME}:secret:s"
    resources = [thing("s3:bucket", BUCKET), thing("secretsmanager:secret", secret), thing("iam:user", ANN)]
    access = AwsAccess(estate([user(ANN, allow("*"))], resources, assumed=assumed))
    for action, words in (
        ("s3:ListBucket", assumed[HOME]),
        ("secretsmanager:GetSecretValue", ("rcp", "resource_policy", "scp")),
        ("iam:CreateAccessKey", ("scp",)),
    ):
        relation = access.relation(action)
        assert relation.assumptions == {HOME: words}
        assert access.decide(ANN, action, relation.resources[0]).assumed == words


# ----- the engine's own short cuts


@pytest.mark.parametrize("seed", [3, 11])
def test_statements_put_together_in_blocks_say_the_same_as_one_by_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = make_estate(seed)
    whole = AwsAccess(facts)
    expected = {action: whole.relation(action, kind) for action, kind in ACTIONS.items()}
    monkeypatch.setattr(shared, "_BLOCK", 1)
    single = AwsAccess(facts)
    for action, kind in ACTIONS.items():
        relation = single.relation(action, kind)
        for key in relation.identities:
            assert relation.row_of(key) == expected[action].row_of(key)


def test_the_document_that_evidence_names_can_be_had() -> None:
    access = AwsAccess(estate([user(ANN, allow("*"))], [thing("iam:role", RUNNER, policies=(trust(AWS=HOME),))]))
    because = access.decide(ANN, "sts:AssumeRole", RUNNER).because
    named = [each.evidence.document for each in because if each.evidence]
    assert named
    assert all(access.document(name) for name in named)
    assert access.document("no such document") is None


def renaming(region: str, action: str = "iam:CreateAccessKey") -> tuple[Verdict, Verdict]:
    """What sets and point decision say of a call that is denied outside a region."""
    outside = {"StringNotEquals": {"aws:RequestedRegion": region}}
    me, other = f"arn:aws:iam::{HOME}:user/me", f"arn:aws:iam::{HOME}:user/other"
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": outside}
    access = AwsAccess(estate([user(me, allow("*"), deny)], [thing("iam:user", other)]))
    return access.relation(action, "iam:user").verdict(me, other), access.decide(me, action, other).verdict


def test_iam_is_called_in_one_region_whatever_the_caller_would_like() -> None:
    assert renaming("us-east-1") == (Verdict.ALLOWED, Verdict.ALLOWED)
    assert renaming("eu-west-1") == (Verdict.DENIED, Verdict.DENIED)
