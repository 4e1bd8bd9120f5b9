"""The command line on files that people have: a real account export, a real snapshot folder, both at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph.cli import main
from graph.clouds.aws.demo import write

DATA = Path(__file__).parents[2] / "data" / "real"
EXPORT, FOLDER = str(DATA / "aws_gaad_cloudsplaining_test.json"), str(DATA / "aws_cloudmapper_demo")
ACCOUNT = "arn:aws:iam::012345678901"
Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*arguments: str) -> list[dict[str, Any]]:
        assert main(arguments) in (0, 1)
        return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    return call


def test_silence_says_why(capfd: pytest.CaptureFixture[str]) -> None:
    """An account's export has neither entry points nor endpoints: nothing is printed, and that is told."""
    obama = ("--identity", f"{ACCOUNT}:user/obama")
    for arguments, words in (
        (
            ("paths", EXPORT),
            "0 paths: no entry points in these snapshots, so no path can begin; that does not mean safe",
        ),
        (("paths", EXPORT), "--entry assume-breach"),
        (("who-can", EXPORT, "--action", "sagemaker:UpdateEndpoint"), "no resource of these kinds in the snapshots"),
        (
            ("can", EXPORT, *obama, "--action", "sagemaker:UpdateEndpoint"),
            "no resource of these kinds in the snapshots",
        ),
        (("paths", EXPORT, "--entry", "assume-breach", "--harm", "extract_model"), "that is asked for is within reach"),
        (("reach", EXPORT, "--from", f"{ACCOUNT}:user/biden"), "reaches nothing in what was read"),
    ):
        assert main(arguments) == 0
        said = capfd.readouterr()
        assert said.out == ""
        assert words in said.err


def test_nothing_is_noted_where_something_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(("who-can", EXPORT, "--action", "iam:CreateAccessKey")) == 0
    said = capfd.readouterr()
    assert said.out
    assert said.err == ""


def test_a_misspelt_action_is_told_before_anything_is_read(capfd: pytest.CaptureFixture[str]) -> None:
    asked = ("--identity", f"{ACCOUNT}:user/obama", "--resource", "arn:aws:s3:::b")
    assert main(("explain", "no-such-file", *asked, "--action", "s3:GetObjct")) == 2
    assert "AWS has no action `s3:GetObjct`. Did you mean `s3:GetObject`?" in capfd.readouterr().err
    assert main(("who-can", "no-such-file", "--action", "s3:GetObjct")) == 2
    assert "s3:GetObject" in capfd.readouterr().err


def test_explain_takes_a_bucket_for_its_objects_and_strangers(capfd: pytest.CaptureFixture[str]) -> None:
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::somewhere", "--format", "table")
    assert main(("explain", EXPORT, "--identity", f"{ACCOUNT}:user/obama", *asked)) == 0
    said = capfd.readouterr().out
    assert said.startswith("Allowed")
    assert "GetObject acts on objects, not on buckets; decided for arn:aws:s3:::somewhere/~." in said
    role = ("--action", "sts:AssumeRole", "--resource", f"{ACCOUNT}:role/OverprivilegedEC2", "--format", "table")
    assert main(("explain", EXPORT, "--identity", "arn:aws:iam::999988887777:user/eve", *role)) == 0
    assert capfd.readouterr().out.startswith("Denied")
    assert main(("explain", EXPORT, "--identity", f"{ACCOUNT}:user/nobody", *role)) == 2


def _source(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(file).read_text())
    return found


def test_inspect_counts_what_the_export_holds_and_says_what_it_assumes(run: Run) -> None:
    lines = run("inspect", EXPORT)
    counts = {line["kind"]: line["count"] for line in lines if line.get("scope") == "012345678901" and "kind" in line}
    export = _source(EXPORT)
    assert (counts["user"], counts["role"], counts["group"]) == (
        len(export["UserDetailList"]),
        len(export["RoleDetailList"]),
        len(export["GroupDetailList"]),
    )
    assert any("scp" in line.get("assumed", ()) for line in lines)
    assert any("gap" in line for line in lines)


def test_whoever_can_assume_a_role_is_in_its_trust_or_owns_the_account(run: Run) -> None:
    role = f"{ACCOUNT}:role/OverprivilegedEC2"
    may = {
        line["identity"]: line["verdict"]
        for line in run("who-can", EXPORT, "--action", "sts:AssumeRole", "--resource", role)
    }
    assert may["ec2.amazonaws.com"] == "allowed"
    assert f"{ACCOUNT}:user/obama" not in may


def test_explain_and_who_can_say_the_same(run: Run) -> None:
    asked = ("--action", "iam:CreateAccessKey", "--resource", f"{ACCOUNT}:user/biden")
    may = {line["identity"]: line["verdict"] for line in run("who-can", EXPORT, *asked)}
    for name in ("obama", "userwithlotsofpermissions"):
        [said] = run("explain", EXPORT, "--identity", f"{ACCOUNT}:user/{name}", *asked)
        assert said["verdict"] == may.get(f"{ACCOUNT}:user/{name}", "denied")


def test_a_role_that_the_whole_world_may_assume_and_that_is_too_strong_is_a_path_from_outside(run: Run) -> None:
    lines = run("paths", FOLDER, "--to", "arn:aws:iam::123456789012:root", "--harm", "administer")
    outside = [line for line in lines if line["entry"]["kind"] == "outside"]
    assert any("arn:aws:iam::123456789012:role/bad_role" in [hop["target"] for hop in line["hops"]] for line in outside)
    assert all("scp" in line["assumed"] for line in lines)


def test_hosts_that_were_never_listed_leave_edges_unknown_and_nothing_latent(run: Run) -> None:
    edges = run("edges", EXPORT)
    onto = [
        line for line in edges if line["target"] == f"{ACCOUNT}:role/OverprivilegedEC2" and "ssm" in line["technique"]
    ]
    assert onto
    assert {line["verdict"] for line in onto} == {"unknown"}
    assert [line for line in run("edges", EXPORT, "--latent") if "ssm" in line["technique"]] == []


def test_two_accounts_are_one_estate(run: Run) -> None:
    scopes = {line["scope"] for line in run("inspect", EXPORT, FOLDER) if "kind" in line}
    assert {"012345678901", "123456789012"} <= scopes
    both = {line["id"] for line in run("paths", EXPORT, FOLDER, "--entry", "assume-breach")}
    alone = [{line["id"] for line in run("paths", file, "--entry", "assume-breach")} for file in (EXPORT, FOLDER)]
    assert all(alone)
    assert len(both) >= max(map(len, alone))


def test_an_agent_that_hands_its_callers_more_than_they_have_is_flagged(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "northwind")
    [agent] = run("agents", str(tmp_path / "northwind"))
    assert agent["flagged"]
    assert (agent["callers"], agent["winners"]) == (1, 1)
    assert agent["ratio"] == round(agent["reach"] / agent["usual"], 2) > 1
    assert {won["harm"] for won in agent["sensitive"]} == {"read_secrets", "read_training_data"}
