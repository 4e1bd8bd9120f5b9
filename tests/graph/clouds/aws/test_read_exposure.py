"""Workloads that the internet reaches, and what is known of keys and of those who are let in from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from graph.clouds.aws.read import read
from graph.entry_facts import ENTRY_FACTS
from tests.graph.clouds.aws.small import (
    DETAILS,
    allow,
    arn,
    details,
    entries,
    facts,
    policy,
    role,
    snapshot,
    trust,
    user,
)

ROLE, FUNCTION = arn("iam", "role/worker"), arn("lambda", "function:f")
EXPORT = {DETAILS: details(roles=[role("worker")])}
URL = "lambda:InvokeFunctionUrl"
OF_URL: dict[str, Any] = {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}


def _public(action: str = URL, principal: Any = "*", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    said = {"Effect": effect, "Action": action, "Resource": FUNCTION, "Principal": principal}
    return {**said, **({"Condition": condition} if condition else {})}


def _exposed(answers: Mapping[Any, Any], **more: Any) -> dict[str, dict[str, str]]:
    found = entries(facts({**EXPORT, **answers}, **more), "exposed")
    assert all(name in ENTRY_FACTS for entry in found.values() for name, _value in entry.facts)
    return {key: dict(entry.facts) for key, entry in found.items()}


def _function(*statements: Mapping[str, Any], sign_in: str = "NONE", made: str = "", **more: Any) -> dict[Any, Any]:
    url = {"FunctionUrl": "https://f.example/", "FunctionArn": FUNCTION, "AuthType": sign_in}
    answers: dict[Any, Any] = {
        "lambda-list-functions": {"Functions": [{"FunctionName": "f", "FunctionArn": FUNCTION, "Role": ROLE, **more}]},
        ("lambda-list-function-url-configs", "f"): {
            "FunctionUrlConfigs": [{**url, **({"CreationTime": made} if made else {})}]
        },
    }
    if statements:
        answers["lambda-get-policy", "f"] = {"Policy": policy(*statements)}
    return answers


def test_a_function_that_lets_anybody_in_at_its_address_is_exposed() -> None:
    assert _exposed(_function(_public(**OF_URL))) == {
        FUNCTION: {"door": "function url", "address": "https://f.example/", "open_to": "anybody"}
    }


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (_function(_public(**OF_URL), sign_in="AWS_IAM"), "the address asks for a signature"),
        (_function(), "no policy lets anybody in"),
        (_function(_public(principal={"AWS": ROLE})), "the policy lets one role in"),
        (_function(_public("lambda:GetFunction")), "the policy lets anybody look"),
        (_function(_public(StringEquals={"aws:PrincipalOrgID": "o-1"})), "only the organization is let in"),
        (_function(_public(IpAddress={"aws:SourceIp": "192.0.2.0/24"})), "only a network is let in"),
        (_function(_public(**OF_URL), _public(effect="Deny")), "a denial stands against it"),
        (_function(_public(**OF_URL), made="2025-11-02T00:00:00Z"), "a new address needs a second permission"),
        (_function(_public(StringEquals={"lambda:FunctionUrlAuthType": "AWS_IAM"})), "it is for signed calls"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_function_that_does_not_let_anybody_in_is_not_exposed(answers: Mapping[Any, Any], why: str) -> None:
    assert _exposed(answers) == {}, why


def test_a_new_address_is_open_with_both_permissions() -> None:
    invoke = _public("lambda:InvokeFunction", Bool={"lambda:InvokedViaFunctionUrl": "true"})
    assert set(_exposed(_function(_public(**OF_URL), invoke, made="2025-11-02T00:00:00Z"))) == {FUNCTION}


@pytest.mark.parametrize(("seen", "doubted"), [("2026-10-31T23:59:59Z", False), ("2026-11-01T00:00:00Z", True)])
def test_an_old_address_with_one_permission_is_open_for_certain_only_while_it_is_let_off(
    seen: str, doubted: bool
) -> None:
    answers = {**EXPORT, **_function(_public(**OF_URL), made="2025-09-30T00:00:00Z")}
    found = entries(read([snapshot(answers, seen=seen)]), "exposed")
    assert ("let off" in found[FUNCTION].why) is doubted


def test_a_policy_that_was_not_read_may_let_anybody_in() -> None:
    found = facts({**EXPORT, **_function()}, refused=[("lambda-get-policy", "f")])
    assert "was not read" in entries(found, "exposed")[FUNCTION].why


def _instance(ranges: Mapping[str, Any], *, state: str = "running", address: str = "198.51.100.7") -> dict[Any, Any]:
    profile = arn("iam", "instance-profile/p")
    about = {
        "InstanceId": "i-1",
        "State": {"Name": state},
        "IamInstanceProfile": {"Arn": profile},
        "SecurityGroups": [{"GroupId": "sg-1"}],
        **({"PublicIpAddress": address} if address else {}),
    }
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **ranges}
    return {
        DETAILS: details(roles=[role("worker", InstanceProfileList=[{"Arn": profile}])]),
        "ec2-describe-instances": {"Reservations": [{"Instances": [about]}]},
        "ec2-describe-security-groups": {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [rule]}]},
    }


INSTANCE = arn("ec2", "instance/i-1")
ANYWHERE: dict[str, Any] = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.mark.parametrize("ranges", [ANYWHERE, {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
def test_an_instance_with_a_role_and_a_public_address_that_lets_everybody_in_is_exposed(ranges: Any) -> None:
    told = _exposed(_instance(ranges))
    assert told == {
        INSTANCE: {"door": "security group", "address": "198.51.100.7", "ports": "tcp 22", "open_to": "anybody"}
    }


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (_instance({"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}), "only its own network is let in"),
        (_instance(ANYWHERE, state="stopped"), "it does not run"),
        (_instance(ANYWHERE, address=""), "it has no public address"),
        ({**_instance(ANYWHERE), DETAILS: details(roles=[role("worker")])}, "it has no role"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_instance_that_cannot_be_reached_or_has_no_role_is_not_exposed(answers: Mapping[Any, Any], why: str) -> None:
    assert _exposed(answers) == {}, why


def test_security_groups_that_were_not_read_may_be_open() -> None:
    answers = {call: answer for call, answer in _instance(ANYWHERE).items() if call != "ec2-describe-security-groups"}
    found = facts(answers, refused=["ec2-describe-security-groups"])
    assert "not read" in entries(found, "exposed")[INSTANCE].why


@pytest.mark.parametrize(("public", "expected"), [(True, 1), (None, 1), (False, 0)])
def test_an_app_is_public_unless_it_is_told_otherwise(public: bool | None, expected: int) -> None:
    app = arn("apprunner", "service/shop/1")
    ingress = {} if public is None else {"IngressConfiguration": {"IsPubliclyAccessible": public}}
    about = {"InstanceConfiguration": {"InstanceRoleArn": ROLE}, "NetworkConfiguration": ingress}
    listed = {"ServiceArn": app, "ServiceName": "shop", "ServiceUrl": "shop.example", "Status": "RUNNING"}
    answers = {
        "apprunner-list-services": {"ServiceSummaryList": [listed]},
        ("apprunner-describe-service", app): {"Service": {**listed, **about}},
    }
    assert len(_exposed(answers)) == expected


# ----- keys

_COLUMNS = (
    "user,arn,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date"
)


def _key(row: str, **more: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    line = f"u,{arn('iam', 'user/u')},{row}"
    report = {"Content": b64encode(f"{_COLUMNS}\n{line}".encode()).decode()}
    found = facts({DETAILS: details([user("u", **more)]), "iam-get-credential-report": report})
    start = entries(found, "key")[arn("iam", "user/u")]
    assert all(name in ENTRY_FACTS for name, _value in start.facts)
    return dict(start.facts), start.traits


def test_the_oldest_active_key_and_the_latest_use_count() -> None:
    told, traits = _key(
        "true,false,true,2026-11-01T00:00:00Z,2026-11-20T00:00:00Z,true,2025-11-21T00:00:00Z,2026-11-11T00:00:00Z"
    )
    assert told == {
        "keys": "2",
        "key_age_days": "365",
        "key_last_used": "2026-11-20",
        "key_unused_days": "1",
        "password": "yes",
        "mfa": "no",
    }
    assert traits == ("old",)


def test_a_key_that_is_switched_off_does_not_count_and_one_that_was_never_used_says_so() -> None:
    told, traits = _key("false,true,false,2020-01-01T00:00:00Z,N/A,true,2026-11-01T00:00:00Z,N/A")
    assert (told["keys"], told["key_age_days"], told["key_last_used"]) == ("1", "20", "never")
    assert traits == ()


def test_a_user_whose_key_was_seen_in_public_is_marked_as_leaked() -> None:
    quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    row = "false,false,true,2026-11-01T00:00:00Z,N/A,false,N/A,N/A"
    told, traits = _key(row, AttachedManagedPolicies=[{"PolicyArn": quarantine}])
    assert (told["leaked"], traits) == ("AWSCompromisedKeyQuarantineV3", ("leaked",))
    assert "leaked" not in _key(row)[0]


# ----- doors of roles

GITHUB = arn("iam", "oidc-provider/token.actions.githubusercontent.com")


def _by_token(subject: str) -> dict[str, Any]:
    claims = {"token.actions.githubusercontent.com:sub": subject, "token.actions.githubusercontent.com:aud": "sts"}
    said = allow("sts:AssumeRoleWithWebIdentity", Principal={"Federated": GITHUB}, Condition={"StringLike": claims})
    return policy({key: value for key, value in said.items() if key != "Resource"})


@pytest.mark.parametrize(
    ("subject", "wide"),
    [
        ("*", "any repository"),
        ("repo:*", "any repository"),
        ("repo:*/*:ref:refs/heads/main", "any repository"),
        ("repo:shop/*", "every repository of shop"),
        ("repo:shop/site:ref:refs/heads/main", None),
    ],
)
def test_a_role_says_how_wide_it_is_open_to_builds(subject: str, wide: str | None) -> None:
    found = facts({DETAILS: details(roles=[role("deploy", _by_token(subject))])})
    (start,) = entries(found, "federated").values()
    assert dict(start.facts).get("open_to") == wide
    assert start.traits == ("ci",)


def test_a_role_that_any_account_can_put_on_says_so() -> None:
    found = facts({DETAILS: details(roles=[role("open", trust({"AWS": "*"}))])})
    (start,) = entries(found, "outside").values()
    assert dict(start.facts) == {"open_to": "any account"}
