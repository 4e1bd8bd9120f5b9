"""Reading who is let in from elsewhere: accounts, federated subjects, services, anybody."""

from __future__ import annotations

import pytest

from graph.clouds.aws.read import read
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, OUTSIDE, A, B, arn, details, facts, policy, role, trust

ANYONE = "arn:aws:iam::*:root"
GITHUB = arn("iam", "oidc-provider/token.actions.githubusercontent.com")
_HOST = "token.actions.githubusercontent.com"
_WEB = "sts:AssumeRoleWithWebIdentity"


def _let_in(trusted: object) -> set[str]:
    found = facts({DETAILS: details(roles=[role("door", trusted)])})
    return {entry.identity for entry in found.entries}


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": OUTSIDE}, {f"arn:aws:iam::{OUTSIDE}:root"}),
        ({"AWS": f"arn:aws:iam::{OUTSIDE}:root"}, {f"arn:aws:iam::{OUTSIDE}:root"}),
        ({"AWS": f"arn:aws:iam::{OUTSIDE}:role/ci"}, {f"arn:aws:iam::{OUTSIDE}:role/ci"}),
        ({"AWS": "*"}, {ANYONE}),
        ("*", {ANYONE}),
        ({"AWS": f"arn:aws:iam::{A}:root"}, set()),
        ({"AWS": f"arn:aws:iam::{A}:role/gone"}, set()),
        ({"AWS": "AROAEXAMPLEEXAMPLEID"}, set()),
        ({"Service": "lambda.amazonaws.com"}, set()),
    ],
)
def test_a_trust_policy_lets_in_whom_it_names(principal: object, expected: set[str]) -> None:
    assert _let_in(trust(principal)) == expected


def test_a_deny_lets_nobody_in() -> None:
    deny = {"Effect": "Deny", "Principal": {"AWS": OUTSIDE}, "Action": "sts:AssumeRole"}
    assert _let_in(policy(deny)) == set()


def test_an_account_that_was_read_is_not_outside() -> None:
    ours = small.snapshot({DETAILS: details(roles=[role("door", trust({"AWS": B}))])})
    theirs = small.snapshot({DETAILS: details()}, account=B)
    assert read([ours, theirs]).entries == ()
    assert [entry.identity for entry in read([ours]).entries] == [f"arn:aws:iam::{B}:root"]


def test_every_audience_and_subject_pattern_is_a_federated_subject() -> None:
    condition = {
        "StringEquals": {f"{_HOST}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{_HOST}:sub": ["repo:a/*", "repo:b/c:*"]},
    }
    keys = _let_in(trust({"Federated": GITHUB}, _WEB, Condition=condition))
    assert keys == {f"federated:{GITHUB}|sts.amazonaws.com|{sub}" for sub in ("repo:a/*", "repo:b/c:*")}


def test_what_a_trust_does_not_ask_for_is_open() -> None:
    assert _let_in(trust({"Federated": GITHUB}, _WEB)) == {f"federated:{GITHUB}|*|*"}
    excluding = {"StringNotLike": {f"{_HOST}:sub": "repo:evil/*"}}
    assert _let_in(trust({"Federated": GITHUB}, _WEB, Condition=excluding)) == {f"federated:{GITHUB}|*|*"}


def test_a_federated_principal_carries_what_the_engine_compares() -> None:
    condition = {"ForAnyValue:StringLike": {f"{_HOST}:SUB": "repo:a/*"}}
    found = facts({DETAILS: details(roles=[role("door", trust({"Federated": GITHUB}, _WEB, Condition=condition))])})
    subject = small.principal(found, f"federated:{GITHUB}|*|repo:a/*")
    assert (subject.provider, subject.audience, subject.subject) == (GITHUB, "*", "repo:a/*")


def test_a_public_bucket_policy_lets_in_the_anonymous_and_any_account() -> None:
    public = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"})
    found = facts({"s3-list-buckets": {"Buckets": [{"Name": "b"}]}, ("s3-get-bucket-policy", "b"): {"Policy": public}})
    assert {entry.identity for entry in found.entries} == {"anonymous", ANYONE}


def test_an_allow_with_notprincipal_lets_in_everybody_else() -> None:
    odd = policy({"Effect": "Allow", "NotPrincipal": {"AWS": A}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})
    found = facts({"s3-list-buckets": {"Buckets": [{"Name": "b"}]}, ("s3-get-bucket-policy", "b"): {"Policy": odd}})
    assert {entry.identity for entry in found.entries} == {"anonymous", ANYONE}


def test_a_key_grant_to_a_stranger_lets_it_in() -> None:
    key = {"KeyId": "k", "KeyArn": arn("kms", "key/k")}
    grant = {"GranteePrincipal": f"arn:aws:iam::{OUTSIDE}:role/r", "Operations": ["Decrypt"]}
    found = facts({"kms-list-keys": {"Keys": [key]}, ("kms-list-grants", "k"): {"Grants": [grant]}})
    assert {entry.identity for entry in found.entries} == {f"arn:aws:iam::{OUTSIDE}:role/r"}
    assert found.resources["kms:key"][0].grants == (grant,)


def test_roles_that_ai_services_may_put_on_are_ai_identities() -> None:
    roles = [role("sm", trust({"Service": "sagemaker.amazonaws.com"})), role("vm")]
    found = facts({DETAILS: details(roles=roles)})
    assert "ai_identity" in small.node(found, arn("iam", "role/sm")).targets
    assert small.node(found, arn("iam", "role/vm")).targets == ()


def test_a_trust_policy_that_cannot_be_read_may_let_in_any_account() -> None:
    found = facts({DETAILS: details(roles=[role("door", '{"Statement": [{"Eff')])})
    assert {entry.identity: entry.why for entry in found.entries} == {
        ANYONE: "the trust policy of role/door was not read and may let it in"
    }


def test_a_bucket_policy_that_was_refused_may_let_in_the_anonymous_and_any_account() -> None:
    buckets = {"s3-list-buckets": {"Buckets": [{"Name": "b"}]}}
    found = facts({DETAILS: details(), **buckets}, refused=[("s3-get-bucket-policy", "b")])
    assert {entry.identity for entry in found.entries} == {"anonymous", ANYONE}


def test_a_policy_that_names_a_stranger_tells_more_than_one_that_was_not_read() -> None:
    roles = [role("a-door", '{"Statement": [{"Eff'), role("b-door", trust({"AWS": "*"}))]
    found = facts({DETAILS: details(roles=roles)})
    assert [entry.why for entry in found.entries] == ["the trust policy of role/b-door lets it in"]


def _with_providers(*listed: str, **more: list[str]) -> set[str]:
    """Who may come where the trust takes tokens of GitHub, and these are the providers."""
    trusted = trust({"Federated": GITHUB}, _WEB)
    answers = {
        DETAILS: details(roles=[role("door", trusted)]),
        "iam-list-open-id-connect-providers": {"OpenIDConnectProviderList": [{"Arn": arn} for arn in listed]},
    }
    return {entry.identity for entry in facts(answers, **more).entries}


def test_tokens_of_a_provider_that_was_deleted_open_nothing() -> None:
    anybody = {f"federated:{GITHUB}|*|*"}
    assert _with_providers(GITHUB) == anybody
    assert _with_providers(arn("iam", "oidc-provider/other.example.com")) == set()
    assert _with_providers(refused=["iam-list-open-id-connect-providers"]) == anybody


def _audiences(*clients: str, **asked: object) -> set[str]:
    """For whom the tokens are that open the door, where the provider has these clients."""
    about = {("iam-get-open-id-connect-provider", GITHUB): {"ClientIDList": list(clients)}}
    found = facts({DETAILS: details(roles=[role("door", trust({"Federated": GITHUB}, _WEB, **asked))]), **about})
    return {small.principal(found, entry.identity).audience for entry in found.entries}


def test_where_a_trust_asks_for_no_audience_the_tokens_are_for_the_clients_of_the_provider() -> None:
    assert _audiences("sts.amazonaws.com", "deploy") == {"sts.amazonaws.com", "deploy"}
    assert _audiences("deploy", Condition={"StringEquals": {f"{_HOST}:sub": "repo:a/b:*"}}) == {"deploy"}
    assert _audiences("deploy", "asked", Condition={"StringEquals": {f"{_HOST}:aud": "asked"}}) == {"asked"}
    assert _audiences("deploy", Condition={"StringEquals": {f"{_HOST}:aud": "asked"}}) == set()
    assert _audiences() == {"*"}, "a list that is empty says nothing"
