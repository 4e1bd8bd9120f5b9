"""The layouts a snapshot may have: the same content gives the same snapshot, however it is packed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats import Answers, State, importing
from graph.clouds.aws.formats.layout import call_name, encode
from graph.snapshot import Snapshot
from tests.graph.clouds.aws.snapshot_files import ACCOUNT, US, in_account, load, write

REAL = Path(__file__).parents[3] / "data/real"
DEMO = REAL / "aws_cloudmapper_demo"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "kms:*"}]}
KEYS = [f"key-{n}" for n in range(3)]

UNPACKED = in_account(
    {
        "global/sts-get-caller-identity.json": {"Account": ACCOUNT},
        f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": key} for key in KEYS]},
        **{f"{US}/kms-get-key-policy/{key}.json": {"Policy": json.dumps(POLICY)} for key in KEYS},
    }
)


def _lines(lines: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


PACKED = in_account(
    {
        "global/sts-get-caller-identity": {"ResponseMetadata": {"RequestId": "1"}, "Account": ACCOUNT},
        "us-east-1/kms-list-keys.json": [
            {"Keys": [{"KeyId": KEYS[0]}], "Truncated": True, "NextMarker": "more"},
            {"Keys": [{"KeyId": key} for key in KEYS[1:]], "Truncated": False},
        ],
        f"{US}/kms-get-key-policy.jsonl": _lines(
            [{"arguments": [key], "response": {"Policy": json.dumps(POLICY, indent=2)}} for key in KEYS]
        ),
    }
)


def _zip(path: Path, files: dict[str, Any], below: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(below + name, value if isinstance(value, bytes) else json.dumps(value))
    return path


def _tar(path: Path, files: dict[str, Any], below: str = "") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, value in files.items():
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            info = tarfile.TarInfo(below + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def _import(path: Path, **options: Any) -> Snapshot:
    assert importing.recognise(path)
    return importing.load(path, ImportOptions(**options))


def test_a_folder_packed_lines_zip_and_tar_of_the_same_content_are_one_snapshot(tmp_path: Path) -> None:
    plain = _import(write(tmp_path / "plain", UNPACKED))
    same = [
        _import(write(tmp_path / "packed", PACKED)),
        _import(_zip(tmp_path / "a.zip", UNPACKED)),
        _import(_zip(tmp_path / "b.zip", PACKED, below="export/2026/")),
        _import(_tar(tmp_path / "c.tar.gz", UNPACKED, below="./")),
        _import(_tar(tmp_path / "d.tgz", PACKED, below="snapshot/")),
        _import(_zip(tmp_path / "e.zip", {name.replace("/", "\\"): v for name, v in UNPACKED.items()})),
    ]
    assert {snapshot.id for snapshot in same} == {plain.id}
    assert not plain.problems
    assert [p.response for p in plain.parts if p.call == "kms-get-key-policy"] == [{"Policy": POLICY}] * 3


def test_the_id_changes_with_an_answer_a_gap_and_the_time(tmp_path: Path) -> None:
    def snapshot(name: str, **changes: Any) -> Snapshot:
        return load(tmp_path / name, {**UNPACKED, **changes})

    name = f"aws/{ACCOUNT}/{US}/kms-get-key-policy/key-0.json"
    ids = {
        snapshot("a").id,
        snapshot("b", **{name: {"Policy": json.dumps({**POLICY, "Version": "2008-10-17"})}}).id,
        snapshot("c", **{name: {"Error": {"Code": "AccessDenied", "Message": ""}}}).id,
        snapshot("d", **{"manifest.json": {"format": 1, "collected_at": "2026-01-31T08:00:00Z"}}).id,
    }
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        ("2026-01-31 09:00:00+01:00", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00", "2026-01-31T08:00:00Z"),
        (1769846400, "2026-01-31T08:00:00Z"),
    ],
)
def test_the_time_of_collection_is_read_in_any_of_its_spellings(tmp_path: Path, written: Any, read: str) -> None:
    assert load(tmp_path, {**UNPACKED, "manifest.json": {"format": 1, "collected_at": written}}).collected_at == read


def test_a_time_given_by_hand_counts_only_where_the_file_says_none(tmp_path: Path) -> None:
    options = ImportOptions(collected_at="2026-02-01T00:00:00Z")
    said = {"manifest.json": {"format": 1, "collected_at": "2026-01-31T08:00:00Z"}}
    assert load(tmp_path / "a", UNPACKED, options).collected_at == "2026-02-01T00:00:00Z"
    assert load(tmp_path / "b", {**UNPACKED, **said}, options).collected_at == "2026-01-31T08:00:00Z"
    assert load(tmp_path / "c", UNPACKED).collected_at is None


def test_a_time_by_hand_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="no time in ISO 8601"):
        load(tmp_path, UNPACKED, ImportOptions(collected_at="yesterday"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_text_is_read_in_the_encodings_that_shells_write(tmp_path: Path, encoding: str) -> None:
    text = json.dumps({"SecretList": [{"ARN": f"arn:aws:secretsmanager:{US}:{ACCOUNT}:secret:é-AbCdEf"}]})
    if encoding.endswith("-bom"):
        data = ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    else:
        data = text.encode(encoding)
    snapshot = load(tmp_path, in_account({f"{US}/secretsmanager-list-secrets.json": data}))
    assert not snapshot.problems
    assert "é" in str(snapshot.parts[0].response)


def test_argument_names_are_decoded_and_long_ones_found_by_their_hash(tmp_path: Path) -> None:
    long = f"arn:aws:sns:{US}:{ACCOUNT}:{'x' * 240}"
    plain = f"arn:aws:sns:{US}:{ACCOUNT}:a b+c/é"
    assert encode(long) == f"sha256-{hashlib.sha256(long.encode()).hexdigest()}"
    files = {
        f"{US}/sns-list-topics.json": {"Topics": [{"TopicArn": long}, {"TopicArn": plain}]},
        f"{US}/sns-get-topic-attributes/{encode(long)}.json": {"Attributes": {"TopicArn": long}},
        f"{US}/sns-get-topic-attributes/{encode(plain)}.json": {"Attributes": {"TopicArn": plain}},
    }
    snapshot = load(tmp_path, in_account(files))
    found = {p.arguments[0]: p.response for p in snapshot.parts if p.call == "sns-get-topic-attributes"}
    assert found == {arn: {"Attributes": {"TopicArn": arn}} for arn in (long, plain)}
    assert not snapshot.ignored


def test_dots_as_arguments_never_become_paths() -> None:
    assert (encode("."), encode(".."), encode("a.b")) == ("%2E", "%2E%2E", "a.b")


def test_an_argument_that_ends_like_a_file_keeps_its_ending(tmp_path: Path) -> None:
    files = {
        "global/s3-list-buckets.json": {"Buckets": [{"Name": "data.json"}, {"Name": "data"}]},
        "global/s3-get-bucket-policy/data.json.json": {"Policy": json.dumps({"Statement": []})},
        "global/s3-get-bucket-policy/data": {"Error": {"Code": "NoSuchBucketPolicy"}},
        "global/s3-get-bucket-acl/data.json": {"Grants": []},
    }
    snapshot = load(tmp_path, in_account(files))
    answers = Answers(snapshot)
    assert answers.one(ACCOUNT, "global", "s3-get-bucket-policy", "data.json") == {"Policy": {"Statement": []}}
    assert answers.one(ACCOUNT, "global", "s3-get-bucket-policy", "data") == {}
    assert answers.one(ACCOUNT, "global", "s3-get-bucket-acl", "data") == {"Grants": []}


def test_an_item_may_be_named_by_the_arn_or_name_beside_its_argument(tmp_path: Path) -> None:
    arn = f"arn:aws:secretsmanager:{US}:{ACCOUNT}:secret:db-AbCdEf"
    files = {
        f"{US}/secretsmanager-list-secrets.json": {"SecretList": [{"ARN": arn, "Name": "db"}]},
        f"{US}/secretsmanager-get-resource-policy/db.json": {"ARN": arn},
    }
    snapshot = load(tmp_path, in_account(files))
    assert Answers(snapshot).state(ACCOUNT, US, "secretsmanager-get-resource-policy", arn) is State.ASKED


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("kms-list-keys", "kms-list-keys"),
        ("s3api-get-bucket-policy", "s3-get-bucket-policy"),
        ("configservice-describe-config-rules", "config-describe-config-rules"),
        ("bedrock-agent-list-agents", "bedrock-agent-list-agents"),
        ("notes", ""),
        ("not-a-service", ""),
        ("kms", ""),
    ],
)
def test_a_file_is_named_after_a_service_and_an_operation(name: str, call: str) -> None:
    assert call_name(name) == call


def test_a_call_that_takes_a_list_is_one_answer_of_batches_and_single_items(tmp_path: Path) -> None:
    def project(name: str) -> dict[str, str]:
        return {"name": name, "arn": f"arn:aws:codebuild:{US}:{ACCOUNT}:project/{name}"}

    whole = {
        f"{US}/codebuild-list-projects.json": {"projects": ["a", "b", "c"]},
        f"{US}/codebuild-batch-get-projects.json": {"projects": [project(n) for n in "abc"]},
    }
    pieces = {
        f"{US}/codebuild-list-projects.json": {"projects": ["a", "b", "c"]},
        f"{US}/codebuild-batch-get-projects.json": [{"projects": [project("b")]}, {"projects": [project("a")]}],
        f"{US}/codebuild-batch-get-projects/c.json": {"projects": [project("c")]},
    }
    one, other = load(tmp_path / "a", in_account(whole)), load(tmp_path / "b", in_account(pieces))
    assert one.id == other.id
    assert not other.problems


def test_an_item_that_is_described_twice_differently_is_unknown(tmp_path: Path) -> None:
    files = {
        f"{US}/codebuild-list-projects.json": {"projects": ["a"]},
        f"{US}/codebuild-batch-get-projects.json": {"projects": [{"name": "a", "serviceRole": "x"}]},
        f"{US}/codebuild-batch-get-projects/a.json": {"projects": [{"name": "a", "serviceRole": "y"}]},
    }
    snapshot = load(tmp_path, in_account(files))
    answers = Answers(snapshot)
    assert "described more than once" in snapshot.problems[0].what
    assert answers.one(ACCOUNT, US, "codebuild-batch-get-projects") == {"projects": []}
    assert answers.gaps(ACCOUNT, US, "codebuild-batch-get-projects", "a")


def test_the_demo_account_of_cloudmapper_is_read() -> None:
    snapshot = _import(DEMO)
    answers = Answers(snapshot)
    assert (snapshot.scope, snapshot.problems) == ("123456789012", ())
    secret = f"arn:aws:secretsmanager:{US}:0123456789012:secret:demo-secret-lfUPRe"
    assert answers.state("123456789012", US, "secretsmanager-get-resource-policy", secret) is State.ASKED
    bucket = answers.one("123456789012", "global", "s3-get-bucket-policy", "cloudmapper_demo")
    assert bucket is not None
    assert bucket["Policy"]["Statement"][0]["Sid"] == "PublicReadGetObject"  # type: ignore[index]
    assert answers.state("123456789012", "global", "iam-get-account-authorization-details") is State.ASKED


def test_the_bare_layout_below_a_folder_an_account_is_read_too(tmp_path: Path) -> None:
    files = {p.relative_to(DEMO).as_posix(): p.read_bytes() for p in DEMO.rglob("*") if p.is_file()}
    plain = _import(DEMO)
    assert _import(write(tmp_path / "a", {f"account-data/demo/{n}": d for n, d in files.items()})).id == plain.id
    assert _import(_zip(tmp_path / "b.zip", {f"demo/{n}": d for n, d in files.items()})).id == plain.id


BARE = {
    "describe-regions.json": {"Regions": [{"RegionName": US}]},
    f"{US}/sts-get-caller-identity.json": {"Account": ACCOUNT},
    f"{US}/events-list-event-buses.json": {"EventBuses": [{"Name": "default"}]},
    f"{US}/events-list-rules.json": {"Rules": [{"Name": "nightly run"}], "NextToken": "left over"},
    f"{US}/events-list-targets-by-rule/nightly+run": {"Targets": [{"Arn": "arn:aws:sqs:us-east-1:1:q"}]},
    f"{US}/s3control-get-public-access-block/{ACCOUNT}": {
        "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}
    },
    f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "k"}]},
    f"{US}/kms-get-key-policy/k": {"Policy": json.dumps({"Statement": []})},
}


def test_the_habits_of_cloudmapper_are_understood(tmp_path: Path) -> None:
    snapshot = load(tmp_path, BARE)
    answers = Answers(snapshot)
    assert not snapshot.problems
    assert answers.state(ACCOUNT, US, "events-list-rules", "default") is State.ASKED
    assert answers.state(ACCOUNT, US, "events-list-targets-by-rule", "default", "nightly run") is State.ASKED
    assert answers.state(ACCOUNT, US, "s3control-get-public-access-block") is State.ASKED
    assert answers.state(ACCOUNT, US, "kms-get-key-policy", "k") is State.ASKED


def _iam(*accounts: str) -> dict[str, Any]:
    roles = [{"Arn": f"arn:aws:iam::{account}:role/r"} for account in accounts]
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}


def test_a_bare_folder_without_identity_is_of_the_account_in_its_iam_arns(tmp_path: Path) -> None:
    name = f"{US}/iam-get-account-authorization-details.json"
    assert load(tmp_path / "a", {name: _iam("999988887777")}).scope == "999988887777"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({f"{US}/iam-get-account-authorization-details.json": _iam("999988887777", ACCOUNT)}, "several AWS accounts"),
        (
            {
                f"{US}/iam-get-account-authorization-details.json": _iam("999988887777"),
                f"{US}/sts-get-caller-identity.json": {"Account": ACCOUNT},
            },
            "several AWS accounts",
        ),
        ({f"{US}/kms-list-keys.json": {"Keys": []}}, "does not say which AWS account"),
    ],
)
def test_an_account_is_never_guessed_but_may_be_given(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    with pytest.raises(ImportRefusedError, match=words):
        load(tmp_path, files)
    snapshot = importing.load(tmp_path, ImportOptions(scope=ACCOUNT))
    assert snapshot.scope == ACCOUNT
    left_out = [problem.what for problem in snapshot.problems]
    assert left_out == [f"this entry is of account 999988887777, not {ACCOUNT}, and was left out"] * len(left_out)
    assert bool(left_out) == any("iam" in name for name in files)


def test_one_bare_folder_of_several_may_fail_alone(tmp_path: Path) -> None:
    files = {f"a/{name}": value for name, value in BARE.items()} | {f"b/{US}/kms-list-keys.json": {"Keys": []}}
    snapshot = load(tmp_path, files)
    assert snapshot.scope == ACCOUNT
    assert [problem.file for problem in snapshot.problems] == ["b"]


def test_the_folder_of_one_account_is_read_by_itself(tmp_path: Path) -> None:
    load(tmp_path, UNPACKED)
    snapshot = _import(tmp_path / "aws" / ACCOUNT)
    assert snapshot.scope == ACCOUNT
    assert snapshot.id == _import(tmp_path).id
    assert snapshot.id == _import(tmp_path / "aws").id


def test_links_in_a_folder_are_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path, UNPACKED)
    secret = tmp_path.parent / "outside.json"
    secret.write_text(json.dumps({"Aliases": [{"AliasName": "alias/outside"}]}))
    (tmp_path / f"aws/{ACCOUNT}/{US}/kms-list-aliases.json").symlink_to(secret)
    (tmp_path / f"aws/{ACCOUNT}/loop").symlink_to(tmp_path)
    snapshot = importing.load(tmp_path, ImportOptions())
    assert [p.what.partition(":")[0] for p in snapshot.problems] == ["refused", "refused"]
    assert "kms-list-aliases" not in {part.call for part in snapshot.parts}


def test_what_a_desktop_leaves_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    junk = {"__MACOSX/aws/x": b"", f"aws/{ACCOUNT}/.DS_Store": b"", f"aws/{ACCOUNT}/{US}/._kms-list-keys.json": b"\0"}
    snapshot = _import(_zip(tmp_path / "a.zip", {**UNPACKED, **junk}))
    assert (snapshot.problems, snapshot.ignored) == ((), ())


def test_progress_is_told_and_ends_with_all(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    load(tmp_path, UNPACKED, ImportOptions(progress=lambda done, total, _: told.append((done, total))))
    assert told[-1] == (5, 5)


def test_a_file_that_cannot_be_read_is_a_gap_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, UNPACKED)
    whole = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == "key-1.json":
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    snapshot = importing.load(tmp_path, ImportOptions())
    answers = Answers(snapshot)
    assert [p.what for p in snapshot.problems] == ["malformed: the file cannot be read (Permission denied)"]
    states = [answers.state(ACCOUNT, US, "kms-get-key-policy", key) for key in KEYS]
    assert states == [State.ASKED, State.GAP, State.ASKED]
