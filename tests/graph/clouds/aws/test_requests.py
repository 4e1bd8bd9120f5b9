"""Requests in bulk: what a line may hold, what is refused and how, and that nothing is decided by accident."""

import json

import pytest

from graph.clouds.aws.requests import decide_request

ACCOUNT = "123456789012"
REFUSED = "refused_policy"
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
PLAIN = {
    "id": "r1",
    "principal": f"arn:aws:iam::{ACCOUNT}:role/train",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::b/k",
    "resource_account": ACCOUNT,
    "identity_policies": [FULL],
}
TAGGED = {
    "id": "a",
    "principal": f"arn:aws:iam::{ACCOUNT}:role/train",
    "action": "sagemaker:InvokeEndpoint",
    "resource": f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/churn",
    "resource_account": ACCOUNT,
    "context": {},
    "identity_policies": [
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "sagemaker:Invoke*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
            },
        }
    ],
    "mode": "Discovery",
}


def test_a_decision_has_exactly_the_documented_shape():
    assert decide_request(TAGGED) == {
        "id": "a",
        "verdict": "conditional",
        "explicit": False,
        "same_account": True,
        "blocked_by": [],
        "layers": {
            "identity": "conditional",
            "resource": "none",
            "boundary": "none",
            "scp": "none",
            "rcp": "none",
            "session": "none",
            "endpoint": "none",
        },
        "because": [{"layer": "identity", "document": "0", "place": "/Statement", "effect": "Allow", "label": ""}],
        "conditions": [
            {
                "key": "aws:ResourceTag/team",
                "operator": "StringEquals",
                "values": ["${aws:PrincipalTag/team}"],
                "needed": "true",
                "chosen_by": "none",
            }
        ],
    }


def test_in_strict_mode_what_is_not_given_is_absent():
    got = decide_request(TAGGED | {"mode": "Strict"})
    assert (got["verdict"], got["explicit"]) == ("denied", False)
    assert decide_request({k: v for k, v in TAGGED.items() if k != "mode"}) == got


def test_an_external_id_is_answered_in_the_words_of_the_format():
    """Elsewhere it is said that whoever knows it gets past; the format has no word for that."""
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"sts:ExternalId": "e"}},
    }
    got = decide_request(TAGGED | {"identity_policies": [{"Version": "2012-10-17", "Statement": statement}]})
    [condition] = got["conditions"]
    assert (condition["key"], condition["needed"], condition["chosen_by"]) == ("sts:ExternalId", "true", "none")


def test_what_is_given_decides():
    context = {"aws:ResourceTag/team": "ml", "aws:PrincipalTag/team": "ml"}
    assert decide_request(TAGGED | {"context": context})["verdict"] == "allowed"
    assert decide_request(TAGGED | {"context": context, "mode": "Strict"})["verdict"] == "allowed"
    assert decide_request(TAGGED | {"context": context | {"AWS:principaltag/TEAM": "x"}})["verdict"] == "denied"


def policy(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", **statement}]}


def without(name):
    found = policy()
    del found["Statement"][0][name]
    return found


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"principal": None}, "bad_principal", "/principal"),
        ({"principal": "ann"}, "bad_principal", "/principal"),
        ({"principal": "arn:aws:s3:::b"}, "bad_principal", "/principal"),
        ({"principal": {"type": "Robot"}}, "bad_principal", "/principal/type"),
        ({"principal": {"type": "Federated"}}, "bad_principal", "/principal/provider"),
        ({"action": "GetObject"}, "bad_field", "/action"),
        ({"action": "s3:Get*"}, "bad_field", "/action"),
        ({"action": 7}, "bad_field", "/action"),
        ({"resource": "bucket"}, "bad_field", "/resource"),
        ({"resource_account": 5}, "bad_field", "/resource_account"),
        ({"mode": "Loose"}, "bad_field", "/mode"),
        ({"wildcard_only": "yes"}, "bad_field", "/wildcard_only"),
        ({"s3_block_public_access": 1}, "bad_field", "/s3_block_public_access"),
        ({"context": []}, "bad_field", "/context"),
        ({"context": {"aws:k/a": {}}}, "bad_field", "/context/aws:k~1a"),
        ({"scp": []}, "unknown_field", "/scp"),
        ({"scps": FULL}, "bad_field", "/scps"),
        ({"scps": ["x"]}, "bad_field", "/scps/0"),
        ({"scps": [{"orgIdentifier": "r-1"}]}, "bad_field", "/scps/0/policies"),
        ({"kms_grants": {}}, "bad_field", "/kms_grants"),
        ({"kms_grants": [{}]}, "bad_field", "/kms_grants/0"),
        ({"identity_policies": ["{}"]}, REFUSED, "/identity_policies/0"),
        ({"identity_policies": [{}]}, REFUSED, "/identity_policies/0/Statement"),
        ({"identity_policies": [{"name": "P", "policy": {}}]}, REFUSED, "/identity_policies/0/policy/Statement"),
        ({"identity_policies": [FULL | {"Version": "2024-01-01"}]}, REFUSED, "/identity_policies/0/Version"),
        ({"identity_policies": [FULL | {"Statements": []}]}, REFUSED, "/identity_policies/0/Statements"),
        ({"boundary": policy(Effect="allow")}, REFUSED, "/boundary/Statement/0/Effect"),
        ({"boundary": [FULL, without("Effect")]}, REFUSED, "/boundary/1/Statement/0/Effect"),
        ({"boundary": without("Action")}, REFUSED, "/boundary/Statement/0/Action"),
        ({"boundary": without("Resource")}, REFUSED, "/boundary/Statement/0/Resource"),
        ({"boundary": policy(NotAction="s3:*")}, REFUSED, "/boundary/Statement/0/Action"),
        ({"boundary": policy(NotResource="*")}, REFUSED, "/boundary/Statement/0/Resource"),
        ({"boundary": policy(Action=[])}, REFUSED, "/boundary/Statement/0/Action"),
        ({"boundary": policy(Action="s3")}, REFUSED, "/boundary/Statement/0/Action"),
        ({"boundary": policy(Action="s*:GetObject")}, REFUSED, "/boundary/Statement/0/Action"),
        ({"boundary": policy(Resource="bucket/*")}, REFUSED, "/boundary/Statement/0/Resource"),
        ({"boundary": policy(Resource=[1])}, REFUSED, "/boundary/Statement/0/Resource"),
        ({"boundary": policy(Principal="*")}, REFUSED, "/boundary/Statement/0/Principal"),
        ({"boundary": policy(Conditions={})}, REFUSED, "/boundary/Statement/0/Conditions"),
        ({"boundary": policy(Condition=[])}, REFUSED, "/boundary/Statement/0/Condition"),
        ({"boundary": policy(Condition={"Bool": "x"})}, REFUSED, "/boundary/Statement/0/Condition/Bool"),
        ({"boundary": policy(Condition={"Bool": {"a:b": None}})}, REFUSED, "/boundary/Statement/0/Condition/Bool/a:b"),
        ({"boundary": policy(Sid="not allowed")}, REFUSED, "/boundary/Statement/0/Sid"),
        ({"resource_policy": policy()}, REFUSED, "/resource_policy/Statement/0/Principal"),
        ({"resource_policy": policy(Principal="x")}, REFUSED, "/resource_policy/Statement/0/Principal"),
        ({"resource_policy": policy(Principal={"Aws": "*"})}, REFUSED, "/resource_policy/Statement/0/Principal/Aws"),
        ({"scps": [[FULL, policy(Principal="*")]]}, REFUSED, "/scps/0/1/Statement/0/Principal"),
        ({"rcps": [[policy(Principal={"AWS": ACCOUNT}, Effect="Deny")]]}, REFUSED, "/rcps/0/0/Statement/0/Principal"),
        ({"endpoint_policies": [3]}, REFUSED, "/endpoint_policies/0"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_request_that_cannot_stand_says_what_is_wrong_and_where(change, code, at):
    got = decide_request(PLAIN | change)
    assert (got["id"], got["error"]["code"], got["error"]["at"]) == ("r1", code, at)
    assert got["error"]["message"]
    assert set(got) == {"id", "error"}


@pytest.mark.parametrize("name", ["principal", "action", "resource"])
def test_a_request_that_lacks_a_field_says_which(name):
    got = decide_request({key: value for key, value in PLAIN.items() if key != name})
    assert (got["error"]["code"], got["error"]["at"]) == ("missing_field", f"/{name}")


@pytest.mark.parametrize("line", [[], "x", 7, None, True])
def test_what_is_no_object_is_an_error_without_id(line):
    assert decide_request(line) == {
        "id": None,
        "error": {"code": "bad_request", "message": "a request is a JSON object", "at": ""},
    }


def test_a_policy_may_come_with_a_name_or_without():
    named = decide_request(PLAIN | {"identity_policies": [{"name": "Admin", "policy": FULL}]})
    assert [each["document"] for each in named["because"]] == ["Admin"]
    assert [each["document"] for each in decide_request(PLAIN)["because"]] == ["0"]


def test_a_level_may_say_where_it_hangs():
    level = {"orgIdentifier": "ou-1", "policies": [{"name": "FullAWSAccess", "policy": FULL}]}
    got = decide_request(PLAIN | {"scps": [[FULL], level]})
    assert [each["document"] for each in got["because"]] == ["0", "0/0", "FullAWSAccess"]


def test_the_account_is_read_from_the_arn_where_it_is_not_given():
    request = {key: value for key, value in PLAIN.items() if key != "resource_account"}
    secret = "arn:aws:secretsmanager:eu-west-1:{}:secret:s"
    ask = request | {"action": "secretsmanager:GetSecretValue"}
    assert decide_request(ask | {"resource": secret.format(ACCOUNT)})["same_account"] is True
    assert decide_request(ask | {"resource": secret.format("999999999999")})["same_account"] is False
    assert decide_request(request)["same_account"] is True


def test_a_list_in_the_context_is_a_key_of_several_values():
    asked = policy(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}})
    ask = PLAIN | {"identity_policies": [asked]}
    assert decide_request(ask | {"context": {"aws:TagKeys": ["team"]}})["verdict"] == "allowed"
    assert decide_request(ask | {"context": {"aws:TagKeys": ["team", "x"]}})["verdict"] == "denied"
    single = PLAIN | {"identity_policies": [policy(Condition={"StringEquals": {"aws:TagKeys": "team"}})]}
    assert decide_request(single | {"context": {"aws:TagKeys": ["team", "cost"]}})["verdict"] == "denied"


@pytest.mark.parametrize(
    ("principal", "key", "value"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/eng/ann", "aws:username", "ann"),
        (f"arn:aws:iam::{ACCOUNT}:user/ann", "aws:PrincipalType", "User"),
        (f"arn:aws:iam::{ACCOUNT}:role/train", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/train"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/train/s", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/train"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/train/s", "aws:PrincipalType", "AssumedRole"),
        (f"arn:aws:iam::{ACCOUNT}:role/train", "aws:PrincipalAccount", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:role/train", "kms:CallerAccount", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:role/train", "aws:ResourceAccount", ACCOUNT),
        (f"arn:aws:iam::{ACCOUNT}:role/train", "aws:PrincipalIsAWSService", "false"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/bob", "aws:userid", f"{ACCOUNT}:bob"),
    ],
)
def test_what_follows_from_the_principal_and_the_resource_is_filled_in(principal, key, value):
    ask = PLAIN | {"principal": principal}
    condition = policy(Condition={"StringEquals": {key: value}})
    other = policy(Condition={"StringEquals": {key: "other"}})
    assert decide_request(ask | {"identity_policies": [condition]})["verdict"] == "allowed"
    assert decide_request(ask | {"identity_policies": [other]})["verdict"] == "denied"
    assert decide_request(ask | {"identity_policies": [other], "context": {key: "other"}})["verdict"] == "allowed"


def test_the_order_of_statements_and_documents_does_not_matter():
    first, second = policy(Effect="Deny", Action="s3:Put*"), policy(Action="s3:Get*")
    both = [{"Version": "2012-10-17", "Statement": [*first["Statement"], *second["Statement"]]}]
    turned = [{"Version": "2012-10-17", "Statement": [*second["Statement"], *first["Statement"]]}]
    verdicts = {
        decide_request(PLAIN | {"identity_policies": each})["verdict"] for each in (both, turned, [first, second])
    }
    assert verdicts == {"allowed"}
