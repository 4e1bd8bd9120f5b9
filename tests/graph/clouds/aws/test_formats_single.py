"""One file with one answer is a snapshot too: its call, account and region come from what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats import IMPORTERS, NEVER_ASKED, Answers, State, importing, single
from graph.clouds.aws.formats.operations import operations
from graph.snapshot import Snapshot
from tests.graph.clouds.aws.snapshot_files import ACCOUNT, US, in_account, load, write

EXPORT = Path(__file__).parents[3] / "data/real/aws_gaad_cloudsplaining_test.json"
IAM = "iam-get-account-authorization-details"


def _iam(*accounts: str) -> dict[str, Any]:
    users = [{"Arn": f"arn:aws:iam::{account}:user/u", "UserName": "u"} for account in accounts]
    return {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []}


def _file(folder: Path, value: Any, name: str = "export.json") -> Path:
    path = folder / name
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def _import(path: Path, **options: Any) -> Snapshot:
    assert single.recognise(path)
    assert not importing.recognise(path)
    return single.load(path, ImportOptions(**options))


def _refused(path: Path, **options: Any) -> str:
    with pytest.raises(ImportRefusedError) as refused:
        single.load(path, ImportOptions(**options))
    return str(refused.value)


def test_a_real_export_is_read_whole() -> None:
    snapshot = _import(EXPORT)
    (part,) = snapshot.parts
    body: Any = part.response
    assert (snapshot.scope, part.region, part.call, snapshot.problems) == ("012345678901", "global", IAM, ())
    assert {name: len(body[name]) for name in body} == {
        "UserDetailList": 3,
        "GroupDetailList": 2,
        "RoleDetailList": 3,
        "Policies": 32,
    }
    assert {gap.error for gap in snapshot.gaps} == {NEVER_ASKED}


def test_all_but_the_one_call_was_never_asked_for(tmp_path: Path) -> None:
    snapshot = _import(_file(tmp_path, _iam(ACCOUNT)))
    expected = {o.name for o in operations().values() if not o.optional}
    assert {gap.call for gap in snapshot.gaps} == expected - {IAM}


def test_the_export_alone_and_in_a_folder_are_one_snapshot(tmp_path: Path) -> None:
    alone = _import(_file(tmp_path, _iam(ACCOUNT)))
    folder = load(tmp_path / "folder", in_account({f"global/{IAM}.json": _iam(ACCOUNT)}))
    assert alone.id == folder.id


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_export_by_powershell_is_recognised(tmp_path: Path, encoding: str) -> None:
    assert _import(_file(tmp_path, json.dumps(_iam(ACCOUNT)).encode(encoding))).scope == ACCOUNT


def test_pages_that_were_not_merged_are_recognised(tmp_path: Path) -> None:
    pages = [{**_iam(ACCOUNT), "IsTruncated": True, "Marker": "m"}, {**_iam(ACCOUNT), "IsTruncated": False}]
    body: Any = _import(_file(tmp_path, pages)).parts[0].response
    assert len(body["UserDetailList"]) == 2


def test_two_accounts_in_the_arns_are_an_error_until_one_is_given(tmp_path: Path) -> None:
    path = _file(tmp_path, _iam(ACCOUNT, "999988887777"))
    assert "names several AWS accounts (111122223333, 999988887777)" in _refused(path)
    snapshot = _import(path, scope=ACCOUNT)
    assert snapshot.scope == ACCOUNT
    assert ["of account 999988887777" in problem.what for problem in snapshot.problems] == [True]


def test_an_account_that_the_file_does_not_say_may_be_given(tmp_path: Path) -> None:
    path = _file(tmp_path, {"Buckets": [{"Name": "b"}], "Owner": {"ID": "x"}})
    assert "does not say which AWS account it is of" in _refused(path)
    assert _import(path, scope=ACCOUNT).scope == ACCOUNT


def test_what_the_file_says_outweighs_a_scope_by_hand(tmp_path: Path) -> None:
    assert _import(_file(tmp_path, _iam(ACCOUNT)), scope="999988887777").scope == ACCOUNT


def test_a_call_by_region_takes_it_from_its_arns(tmp_path: Path) -> None:
    secrets = {"SecretList": [{"ARN": f"arn:aws:secretsmanager:{US}:{ACCOUNT}:secret:a-AbCdEf", "Name": "a"}]}
    snapshot = _import(_file(tmp_path, secrets))
    assert Answers(snapshot).state(ACCOUNT, US, "secretsmanager-list-secrets") is State.ASKED
    keys = _file(tmp_path, {"Keys": []}, "kms-list-keys.json")
    assert "does not say which region" in _refused(keys, scope=ACCOUNT)


def test_an_answer_that_repeats_its_argument_needs_no_path(tmp_path: Path) -> None:
    body = {"ModelName": "m", "ModelArn": f"arn:aws:sagemaker:{US}:{ACCOUNT}:model/m"}
    refused = _refused(_file(tmp_path, body), scope=ACCOUNT)
    assert "does not say which region" in refused
    policy = _file(tmp_path, {"Policy": "{}"}, "s3-get-bucket-policy.json")
    assert "does not say which Bucket it is of" in _refused(policy, scope=ACCOUNT)


def test_the_name_of_the_file_decides_between_calls_that_answer_alike(tmp_path: Path) -> None:
    body = {"Buckets": []}
    assert _import(_file(tmp_path, body, "s3-list-buckets.json"), scope=ACCOUNT).parts[0].call == "s3-list-buckets"
    several = _refused(_file(tmp_path, {"Policy": "{}"}), scope=ACCOUNT)
    assert "could be the answer of several calls" in several


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(_iam(ACCOUNT)).encode()[:-20], "malformed: ends early at line 1"),
        (b"", "malformed: empty file"),
        (b'{"UserDetailList": [oops]}', "malformed: not JSON"),
        (
            b"An error occurred (AccessDenied) when calling the GetAccountAuthorizationDetails operation: no",
            "AccessDenied",
        ),
        (json.dumps({"Error": {"Code": "AccessDenied", "Message": "no"}}).encode(), "holds an error, not an answer"),
        (b'"text"', "no AWS answer"),
        (b'{"UserDetailList": {}}', "not a GetAccountAuthorizationDetails response"),
        (b"[" * 100_000, "nested deeper than 200"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, words: str
) -> None:
    assert words in _refused(_file(tmp_path, data, f"{IAM}.json"), scope=ACCOUNT)


def test_a_damaged_export_is_recognised_all_the_same(tmp_path: Path) -> None:
    assert single.recognise(_file(tmp_path, json.dumps(_iam(ACCOUNT)).encode()[:-20]))
    line = b"\nAn error occurred (AccessDenied) when calling the GetAccountAuthorizationDetails operation: no\n"
    assert single.recognise(_file(tmp_path, line))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"{}", b"[]", b'{"apiVersion": "v1", "items": []}', b'[{"name": "x", "asset_type": "y"}]', b"\0"],
)
def test_other_files_are_not_recognised(tmp_path: Path, data: bytes) -> None:
    assert not any(importer.recognise(_file(tmp_path, data)) for importer in IMPORTERS)


def test_recognising_never_raises(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path, write(tmp_path / "empty", {}) / "x", Path("/dev/null")):
        assert not any(importer.recognise(path) for importer in IMPORTERS)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    from graph.cloud import Limits

    assert "more than 10 bytes" in _refused(_file(tmp_path, _iam(ACCOUNT)), limits=Limits(bytes=10))
