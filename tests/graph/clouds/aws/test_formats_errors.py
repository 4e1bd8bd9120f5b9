"""Errors instead of answers: which mean "there is none", which are gaps, in every way they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.clouds.aws.formats.answers import Answer, Reading, open_file, read
from graph.clouds.aws.formats.errors import remedy
from graph.clouds.aws.formats.operations import operations

ROWS = json.loads((Path(__file__).parents[3] / "data/formats/none_codes.json").read_bytes())
NONE = [(call, code) for row in ROWS for call in row["calls"] for code in row["codes"]]
GAPS = [
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "OptInRequired"),
    *("SubscriptionRequiredException", "Throttling", "ThrottlingException", "ExpiredToken", "RequestTimeout"),
    *("InternalFailure", "ServiceUnavailable", "ValidationException", "SomethingNobodyKnows"),
]


def _spelled(code: str, message: str) -> dict[str, bytes]:
    """The ways an error reaches a file."""
    cli = f"\nAn error occurred ({code}) when calling the X operation: {message}\n"
    return {
        "boto3": json.dumps({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}).encode(),
        "raw JSON": json.dumps({"__type": f"com.amazonaws.x#{code}", "message": message}).encode(),
        "raw JSON without name space": json.dumps({"__type": code, "Message": message}).encode(),
        "XML": f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(),
        "CLI": cli.encode(),
        "CLI after retries": cli.replace(" operation:", " operation (reached max retries: 4):").encode(),
        "CLI by PowerShell": cli.encode("utf-16"),
        "a list of pages": json.dumps([{"Error": {"Code": code, "Message": message}}]).encode(),
    }


def _read(call: str, data: bytes) -> Answer:
    return read(open_file(data, (), 200), operations()[call], Reading())


@pytest.mark.parametrize(("call", "code"), NONE)
def test_a_code_of_the_table_means_asked_and_there_is_none(call: str, code: str) -> None:
    for way, data in _spelled(code, "gone").items():
        assert _read(call, data) == Answer({}), way


@pytest.mark.parametrize("code", GAPS)
@pytest.mark.parametrize("call", sorted({row["calls"][0] for row in ROWS}))
def test_any_other_code_is_a_gap_with_code_and_message(call: str, code: str) -> None:
    for way, data in _spelled(code, "not today").items():
        assert _read(call, data) == Answer(None, f"{code}: not today"), way


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["service"])
def test_a_code_means_none_only_for_the_services_of_its_row(row: dict[str, Any]) -> None:
    foreign = {code for other in ROWS for code in other["codes"]} - set(row["codes"])
    for code in foreign:
        assert _read(row["calls"][0], _spelled(code, "x")["boto3"]).gap == f"{code}: x"


def test_no_bucket_is_no_answer_to_the_list_of_buckets() -> None:
    assert _read("s3-list-buckets", _spelled("NoSuchBucket", "x")["boto3"]).gap == "NoSuchBucket: x"


def test_sagemaker_says_that_a_group_has_no_policy_by_a_validation_error() -> None:
    call = "sagemaker-get-model-package-group-policy"
    assert _read(call, _spelled("ValidationException", "Cannot find resource policy")["boto3"]) == Answer({})
    assert _read(call, _spelled("ValidationException", "1 validation error")["boto3"]).response is None
    other = _read("sagemaker-describe-model", _spelled("ValidationException", "Cannot find it")["boto3"])
    assert other.gap == "ValidationException: Cannot find it"


@pytest.mark.parametrize(
    "line",
    [
        'Could not connect to the endpoint URL: "https://kms.eu-north-1.amazonaws.com/"',
        'Connect timeout on endpoint URL: "https://kms.eu-north-1.amazonaws.com/"',
        'Unable to locate credentials. You can configure credentials by running "aws configure".',
        "The SSO session associated with this profile has expired or is otherwise invalid.",
    ],
)
def test_a_call_that_never_reached_aws_is_a_gap_in_the_words_of_the_cli(line: str) -> None:
    answer = _read("kms-list-keys", f"\n{line}\n".encode())
    assert answer == Answer(None, f"error: {line}")


def test_a_body_of_a_message_alone_is_an_error_without_code() -> None:
    answer = _read("lambda-list-functions", b'{"Message": "User is not authorized"}')
    assert answer == Answer(None, "error: User is not authorized")


def test_a_page_that_failed_leaves_a_gap_beside_what_the_others_say() -> None:
    pages = [{"Keys": [{"KeyId": "a"}], "NextMarker": "x"}, {"Error": {"Code": "Throttling", "Message": "slow"}}]
    answer = _read("kms-list-keys", json.dumps(pages).encode())
    assert answer.response == {"Keys": [{"KeyId": "a"}]}
    assert "Throttling: slow" in answer.gap or answer.gap.startswith("cut")


_ASKED = "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/Read/x is not authorized to perform: "


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ("AccessDenied: Access Denied", "Allow `kms:GetKeyPolicy` to the collecting identity"),
        (
            _ASKED
            + "kms:GetKeyPolicy on resource: k because no identity-based policy allows the kms:GetKeyPolicy action",
            "Allow `kms:GetKeyPolicy` to the collecting identity in its own policies",
        ),
        (
            _ASKED
            + "kms:GetKeyPolicy on resource: k because no resource-based policy allows the kms:GetKeyPolicy action",
            "Allow `kms:GetKeyPolicy` to the collecting identity in the policy on the resource itself",
        ),
        (
            _ASKED + "kms:GetKeyPolicy with an explicit deny in a service control policy",
            "Except the collecting identity from the Deny of `kms:GetKeyPolicy` "
            "in the organization's service control policies",
        ),
        (
            _ASKED + "kms:GetKeyPolicy because no permissions boundary allows the kms:GetKeyPolicy action",
            "Allow `kms:GetKeyPolicy` to the collecting identity in its permissions boundary",
        ),
        (
            _ASKED + "kms:Decrypt on the resource associated with this ciphertext because the resource does not exist",
            "Allow `kms:Decrypt` to the collecting identity",
        ),
        (
            _ASKED + "kms:GetKeyPolicy on resource: k with an explicit deny",
            "Except the collecting identity from the Deny of `kms:GetKeyPolicy` in the policy that has it",
        ),
    ],
)
def test_the_remedy_of_a_refusal_names_the_action_and_the_kind_of_policy_that_the_error_names(
    error: str, cure: str
) -> None:
    assert remedy(error, operations()["kms-get-key-policy"]) == f"{cure} and collect `kms-get-key-policy` again."


def test_what_aws_answers_only_where_the_organization_is_managed_is_to_be_collected_there() -> None:
    """In another account no permission would help."""
    refused = "AccessDeniedException: You don't have permissions to access this resource."
    words = "in the account that the organization is managed from (AWS answers it in no other)"
    assert words in remedy(refused, operations()["organizations-list-roots"])
    assert words not in remedy(refused, operations()["organizations-describe-organization"])
