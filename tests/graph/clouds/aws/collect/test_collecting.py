"""Collecting with the real SDK over HTTP: it says what importing the same answers says, whatever goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from graph.cloud import CollectRefusedError, ImportOptions
from graph.clouds.aws.collect import COLLECTOR
from graph.clouds.aws.collect.asking import Budget, Caller
from graph.clouds.aws.collect.calls import instance_of, pages, parameters
from graph.clouds.aws.collect.plan import GROUPS
from graph.clouds.aws.collect.rights import account_actions, organization_actions
from graph.clouds.aws.demo import MANAGEMENT, PROD_ML
from graph.clouds.aws.formats import importing
from graph.clouds.aws.formats.cleaning import is_refused
from graph.clouds.aws.formats.operations import operations
from graph.model import Gap
from tests.graph.clouds.aws.collect.aws_server import Asked, Aws

Collect = Callable[..., list[Gap]]
ALONE: dict[str, str] = {}
TWO = {"member_role": "reader", "external_id": "abc", "accounts": f"{MANAGEMENT},{PROD_ML}"}


def test_an_organization_collected_live_says_what_importing_its_files_says(
    aws: Aws, collect: Collect, tmp_path: Path, northwind_folder: Path
) -> None:
    aws.page = 2
    collect(TWO)
    got = COLLECTOR.finish(TWO, tmp_path / "pieces", [], ImportOptions())
    wanted = importing.load(northwind_folder, ImportOptions())
    told = {(p.scope, p.region, p.call, p.arguments): p.response for p in got.parts}
    for part in wanted.parts:
        # A call that takes names is not made where there are none; the list of regions has none
        unasked = operations()[part.call].items and not any(part.response.values())
        if part.scope in TWO["accounts"] and part.call != "ec2-describe-regions" and not unasked:
            assert told[part.scope, part.region, part.call, part.arguments] == part.response
    assert len(told) > 300
    assert {gap for gap in got.gaps if gap.scope in TWO["accounts"]} <= set(wanted.gaps)
    assert got.problems == ()
    assert aws.assumed
    assert set(aws.assumed) == {(f"arn:aws:iam::{PROD_ML}:role/reader", "abc")}


def test_every_call_of_the_tables_is_made_with_parameters_that_the_sdk_takes(aws: Aws, collect: Collect) -> None:
    kept = {"ec2-describe-regions", "sts-get-caller-identity"}
    aws.answers = {asked: said for asked, said in aws.answers.items() if asked.call in kept}
    aws.entries = 1
    collect(ALONE)
    named = {f"{o.service}:{o.api}" for o in operations().values()}
    assert named - aws.apis == set()
    assert aws.apis - named == {"iam:GenerateCredentialReport"}


def test_the_rights_that_are_asked_for_are_those_of_the_calls_that_are_made(aws: Aws, collect: Collect) -> None:
    collect(ALONE, "identity-global")
    made = {operations()[asked.call].action for asked in aws.asked}
    assert made <= {*account_actions(), *organization_actions()}


def test_no_call_of_the_tables_reads_content_or_credentials() -> None:
    assert not [name for name in operations() if is_refused(name)]
    verbs = ("Get", "List", "Describe", "BatchGet", "GenerateServiceLastAccessedDetails")
    assert not [o.name for o in operations().values() if not o.api.startswith(verbs)]


def test_each_service_is_in_one_group() -> None:
    grouped = [service for services in GROUPS.values() for service in services.split()]
    assert sorted(grouped) == sorted({operation.service for operation in operations().values()})


def test_a_refused_call_is_a_gap_that_names_the_permission_and_the_rest_goes_on(aws: Aws, collect: Collect) -> None:
    aws.rule = lambda asked: ("AccessDeniedException", 403) if asked.call == "kms-list-keys" else None
    gaps = collect(ALONE, "storage-eu-west-1")
    assert [(gap.region, gap.call, gap.arguments) for gap in gaps] == [("eu-west-1", "kms-list-keys", ())]
    assert "AccessDeniedException" in gaps[0].error
    assert "kms:ListKeys" in gaps[0].remedy
    assert any(asked.call == "secretsmanager-list-secrets" for asked in aws.asked)


def test_a_code_that_says_there_is_none_is_no_gap(aws: Aws, collect: Collect) -> None:
    assert not [gap for gap in collect(ALONE, "compute-eu-west-1") if gap.call == "ecr-get-registry-policy"]
    assert any(asked.call == "ecr-get-registry-policy" for asked in aws.asked)


def test_a_service_that_throttles_to_the_end_is_left_alone(aws: Aws, collect: Collect) -> None:
    aws.rule = lambda asked: ("ThrottlingException", 400) if asked.call.startswith("sagemaker-") else None
    gaps = [gap for gap in collect(ALONE, "models-eu-west-1") if gap.call.startswith("sagemaker-")]
    assert len(gaps) > 10
    assert all(gap.error.startswith("ThrottlingException") for gap in gaps)
    # three questions, each asked twice
    assert len([asked for asked in aws.asked if asked.call.startswith("sagemaker-")]) <= 6


def test_what_is_throttled_once_is_asked_again(aws: Aws, collect: Collect) -> None:
    seen: set[Asked] = set()

    def once(asked: Asked) -> tuple[str, int] | None:
        if asked.call == "kms-list-keys" and asked not in seen:
            seen.add(asked)
            return "ThrottlingException", 429
        return None

    aws.rule = once
    assert not [gap for gap in collect(ALONE, "storage-eu-west-1") if gap.call.startswith("kms-")]


def test_credentials_that_expire_end_a_piece_and_all_that_was_left_is_a_gap(aws: Aws, collect: Collect) -> None:
    over = threading.Event()

    def expire(asked: Asked) -> tuple[str, int] | None:
        if asked.call == "kms-list-keys":
            over.set()
        return ("ExpiredTokenException", 403) if over.is_set() else None

    aws.rule = expire
    gaps = collect(ALONE, "storage-eu-west-1")
    assert {"kms-list-keys", "kms-list-aliases"} <= {gap.call for gap in gaps}
    assert all("ExpiredToken" in gap.error and "Sign in again" in gap.remedy for gap in gaps)
    assert not any(asked.call == "kms-list-aliases" for asked in aws.asked)


def test_a_region_that_refuses_is_gaps_there_and_nothing_elsewhere(aws: Aws, collect: Collect) -> None:
    aws.rule = lambda asked: ("AccessDenied", 403) if asked.region == "eu-west-1" else None
    gaps = collect(ALONE, "storage")
    assert {gap.region for gap in gaps} == {"eu-west-1"}
    assert any(asked.region == "global" and asked.call == "s3-list-buckets" for asked in aws.asked)


def test_an_account_that_cannot_be_entered_is_one_gap_and_the_others_are_read(
    aws: Aws, collect: Collect, tmp_path: Path
) -> None:
    aws.closed = frozenset({PROD_ML})
    assert any(PROD_ML in problem.place and "AssumeRole" in problem.what for problem in COLLECTOR.check(TWO))
    gaps = [gap for gap in collect(TWO, "-all-") + collect(TWO, f"{MANAGEMENT}-storage") if gap.scope == PROD_ML]
    assert [(gap.region, gap.call) for gap in gaps] == [("*", "*")]
    snapshot = COLLECTOR.finish(TWO, tmp_path / "pieces", [], ImportOptions())
    assert [gap.call for gap in snapshot.gaps if gap.scope == PROD_ML] == ["*"]
    assert snapshot.scopes == (MANAGEMENT,)


def test_an_account_that_vanishes_in_between_is_a_gap_for_each_service(aws: Aws, collect: Collect) -> None:
    pieces = [p for p in COLLECTOR.pieces(TWO) if p.key == f"{PROD_ML}-models-eu-west-1"]
    aws.closed = frozenset({PROD_ML})
    assert len(pieces) == 1
    gaps = collect_one(pieces[0], TWO)
    assert {gap.call for gap in gaps} == {
        "bedrock-*",
        "bedrock-agent-*",
        "bedrock-agentcore-control-*",
        "sagemaker-*",
    }


def collect_one(piece: Any, values: dict[str, str]) -> list[Gap]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return list(COLLECTOR.collect(values, piece, Path(folder), lambda _calls, _words: None))


def test_a_piece_that_was_given_up_is_a_gap_with_the_reason(aws: Aws, collect: Collect, tmp_path: Path) -> None:
    collect(ALONE, "storage-global")
    lost = [(p, "the worker died three times") for p in COLLECTOR.pieces(ALONE) if "data-eu-west-1" in p.key]
    snapshot = COLLECTOR.finish(ALONE, tmp_path / "pieces", lost, ImportOptions())
    gaps = {gap.call: gap.error for gap in snapshot.gaps if gap.region == "eu-west-1"}
    assert gaps["dynamodb-*"] == "the worker died three times"


def test_what_tell_raises_ends_a_piece(aws: Aws, tmp_path: Path) -> None:
    class CancelledError(Exception):
        pass

    told: list[int] = []

    def tell(calls: int, _words: str) -> None:
        told.append(calls)
        if len(told) > 1:
            raise CancelledError

    piece = next(p for p in COLLECTOR.pieces(ALONE) if "storage-global" in p.key)
    with pytest.raises(CancelledError):
        COLLECTOR.collect(ALONE, piece, tmp_path, tell)


def test_a_piece_made_twice_is_the_same(aws: Aws, tmp_path: Path) -> None:
    piece = next(p for p in COLLECTOR.pieces(ALONE) if "storage-global" in p.key)
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        COLLECTOR.collect(ALONE, piece, folder, lambda _calls, _words: None)
        made.append({p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("aws/**/*.json*"))})
    assert made[0]
    assert made[0] == made[1]


def test_regions_can_be_chosen_and_a_wrong_one_is_refused(aws: Aws) -> None:
    keys = {piece.key.split("-", 2)[2] for piece in COLLECTOR.pieces({"regions": "eu-west-1"})}
    assert keys == {"global", "eu-west-1"}
    with pytest.raises(CollectRefusedError, match="`Frankfurt` is no region"):
        COLLECTOR.pieces({"regions": "Frankfurt"})


def test_credentials_that_aws_does_not_take_are_refused_in_words(aws: Aws) -> None:
    aws.rule = lambda asked: ("InvalidClientTokenId", 403) if asked.call == "sts-get-caller-identity" else None
    with pytest.raises(CollectRefusedError, match=r"AWS does not accept this connection.*InvalidClientTokenId"):
        COLLECTOR.pieces(ALONE)
    assert "InvalidClientTokenId" in COLLECTOR.check(ALONE)[0].what


def test_a_profile_that_is_not_there_is_refused_in_words() -> None:
    assert "nobody" in COLLECTOR.check({"profile": "nobody"})[0].what


def test_a_budget_that_is_used_up_closes_the_service() -> None:
    client = get_session().create_client(
        "kms", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    caller = Caller(MANAGEMENT, "eu-west-1", lambda _service, _region: client, Budget(calls=0))
    told = caller.ask(operations()["kms-list-keys"], ())
    assert told.error is not None
    assert told.error.code == "BudgetExceeded"


def test_lists_without_a_paginator_are_read_to_the_end() -> None:
    class Client:
        def can_paginate(self, _method: str) -> bool:
            return False

        def list_things(self, Marker: str = "0") -> dict[str, Any]:  # noqa: N803 - the service's name
            return {"Things": [Marker], **({"Marker": str(int(Marker) + 1)} if Marker < "2" else {})}

    assert [page["Things"] for page in pages(Client(), "list_things", {})] == [["0"], ["1"], ["2"]]


def test_the_instance_of_a_permission_set_is_in_its_name() -> None:
    assert instance_of("arn:aws:sso:::permissionSet/ssoins-1/ps-2") == "arn:aws:sso:::instance/ssoins-1"


def test_connections_are_asked_for_without_their_passwords() -> None:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    client = get_session().create_client("glue", region_name="eu-west-1", **keys)
    assert parameters(client, operations()["glue-get-connections"], PROD_ML, ()) == {"HidePassword": True}
