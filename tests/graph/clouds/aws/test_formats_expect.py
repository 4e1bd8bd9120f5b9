"""What a snapshot should hold and does not: gaps, and what was never asked for, told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.clouds.aws.formats import NEVER_ASKED, Answers, State
from graph.clouds.aws.formats.operations import operations
from graph.model import Gap
from graph.snapshot import Snapshot
from tests.graph.clouds.aws.snapshot_files import ACCOUNT, US, in_account, load

EU = "eu-west-1"
OTHER = "444455556666"
ORGANIZATION = "organizations-describe-organization"
DENIED = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}


def _regions(*names: str, **status: str) -> dict[str, Any]:
    listed = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in names]
    return {"Regions": listed + [{"RegionName": n.replace("_", "-"), "OptInStatus": s} for n, s in status.items()]}


def _gaps(snapshot: Snapshot, call: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(g.scope, g.region, g.arguments, g.error) for g in snapshot.gaps if g.call == call]


def _load(folder: Path, files: dict[str, Any], **others: dict[str, Any]) -> Snapshot:
    whole = in_account(files)
    for account, theirs in others.items():
        whole |= in_account(theirs, account.removeprefix("a"))
    return load(folder, whole)


def test_a_lone_export_is_asked_for_one_call_and_never_for_the_rest(tmp_path: Path) -> None:
    snapshot = _load(tmp_path, {"global/iam-get-account-authorization-details.json": {"UserDetailList": []}})
    answers = Answers(snapshot)
    assert answers.state(ACCOUNT, "global", "iam-get-account-authorization-details") is State.ASKED
    assert answers.state(ACCOUNT, "global", "organizations-list-policies", "SERVICE_CONTROL_POLICY") is State.NEVER
    assert answers.state(ACCOUNT, US, "kms-get-key-policy", "any") is State.NEVER
    assert {gap.error for gap in snapshot.gaps} == {NEVER_ASKED}
    expected = {o.name for o in operations().values() if not o.optional} - {"iam-get-account-authorization-details"}
    assert {gap.call for gap in snapshot.gaps} == expected


def test_a_gap_says_which_permission_would_close_it(tmp_path: Path) -> None:
    snapshot = _load(
        tmp_path, {f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "k"}]}, f"{US}/kms-list-aliases": DENIED}
    )
    remedies = {gap.call: gap.remedy for gap in snapshot.gaps}
    never = "Collect `kms-get-key-policy` as well (needs `kms:GetKeyPolicy`) and import it in a snapshot folder."
    assert remedies["kms-get-key-policy"] == never
    denied = "Allow `kms:ListAliases` to the collecting identity and collect `kms-list-aliases` again."
    assert remedies["kms-list-aliases"] == denied


def test_one_argument_missing_where_others_are_there_is_a_gap(tmp_path: Path) -> None:
    files = {
        f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "a"}, {"KeyId": "b"}]},
        f"{US}/kms-get-key-policy/a.json": {"Policy": '{"Statement": []}'},
    }
    answers = Answers(_load(tmp_path, files))
    assert answers.state(ACCOUNT, US, "kms-get-key-policy", "a") is State.ASKED
    assert answers.state(ACCOUNT, US, "kms-get-key-policy", "b") is State.GAP
    assert answers.state(ACCOUNT, US, "kms-list-grants", "b") is State.NEVER


def test_no_file_of_a_call_anywhere_is_never_asked_though_its_list_is_there(tmp_path: Path) -> None:
    snapshot = _load(tmp_path, {f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "a"}]}})
    assert _gaps(snapshot, "kms-get-key-policy") == [("*", "*", (), NEVER_ASKED)]


def test_an_empty_list_leaves_nothing_to_ask(tmp_path: Path) -> None:
    snapshot = _load(tmp_path, {f"{US}/kms-list-keys.json": {"Keys": []}})
    assert _gaps(snapshot, "kms-get-key-policy") == []


def test_an_optional_call_that_is_not_there_is_no_gap(tmp_path: Path) -> None:
    files = {
        "global/s3-list-buckets.json": {"Buckets": [{"Name": "a"}, {"Name": "b"}]},
        "global/s3-get-bucket-versioning/a.json": {},
    }
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "s3-get-bucket-versioning") == []
    assert _gaps(snapshot, "s3-get-bucket-replication") == []
    assert Answers(snapshot).state(ACCOUNT, "global", "s3-get-bucket-versioning", "b") is State.NEVER
    assert Answers(snapshot).state(ACCOUNT, "global", "s3-get-bucket-versioning", "a") is State.ASKED


def test_all_arguments_missing_at_one_place_are_one_gap(tmp_path: Path) -> None:
    keys = {"Keys": [{"KeyId": "a"}, {"KeyId": "b"}]}
    files = {
        f"{US}/kms-list-keys.json": keys,
        f"{EU}/kms-list-keys.json": keys,
        f"{US}/kms-list-grants/a.json": {"Grants": []},
        f"{US}/kms-list-grants/b.json": {"Grants": []},
    }
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "kms-list-grants") == [(ACCOUNT, EU, (), "no file")]
    assert Answers(snapshot).state(ACCOUNT, EU, "kms-list-grants", "b") is State.GAP
    assert Answers(snapshot).state(ACCOUNT, US, "kms-list-grants", "b") is State.ASKED


def test_a_list_that_is_a_gap_makes_gaps_of_what_it_would_name(tmp_path: Path) -> None:
    files = {
        f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "a"}]},
        f"{US}/kms-get-key-policy/a.json": {"Policy": '{"Statement": []}'},
        f"{EU}/kms-list-keys.json": DENIED,
    }
    answers = Answers(_load(tmp_path, files))
    assert answers.state(ACCOUNT, EU, "kms-get-key-policy", "x") is State.GAP
    assert answers.state(ACCOUNT, EU, "kms-list-keys") is State.GAP


def test_expected_regions_are_the_enabled_ones(tmp_path: Path) -> None:
    files = {
        f"{US}/ec2-describe-regions.json": _regions(US, EU, af_south_1="not-opted-in", me_south_1="opted-in"),
        f"{US}/lambda-list-functions.json": {"Functions": []},
        f"{EU}/kms-list-keys.json": {"Keys": []},
    }
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "lambda-list-functions") == [(ACCOUNT, EU, (), "no file")]
    assert _gaps(snapshot, "*") == [(ACCOUNT, "me-south-1", (), "no folder for this enabled region")]
    assert Answers(snapshot).state(ACCOUNT, "me-south-1", "lambda-list-functions") is State.GAP
    assert Answers(snapshot).state(ACCOUNT, "af-south-1", "lambda-list-functions") is State.NEVER


def test_without_a_list_of_regions_those_with_a_folder_are_expected(tmp_path: Path) -> None:
    files = {f"{US}/lambda-list-functions.json": {"Functions": []}, f"{EU}/kms-list-keys.json": {"Keys": []}}
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "lambda-list-functions") == [(ACCOUNT, EU, (), "no file")]
    assert _gaps(snapshot, "*") == []


def test_a_service_that_a_region_does_not_have_is_not_expected_there(tmp_path: Path) -> None:
    files = {
        f"{US}/apprunner-list-services.json": {"ServiceSummaryList": []},
        "af-south-1/kms-list-keys.json": {"Keys": []},
        f"{EU}/kms-list-keys.json": {"Keys": []},
    }
    assert _gaps(_load(tmp_path, files), "apprunner-list-services") == [(ACCOUNT, EU, (), "no file")]


def test_the_list_of_regions_is_needed_once_an_account(tmp_path: Path) -> None:
    files = {f"{US}/ec2-describe-regions.json": _regions(US, EU), f"{EU}/kms-list-keys.json": {"Keys": []}}
    snapshot = _load(tmp_path, files, a444455556666={f"{US}/kms-list-keys.json": {"Keys": []}})
    assert _gaps(snapshot, "ec2-describe-regions") == [(OTHER, "global", (), "no file")]


def test_an_account_that_lacks_what_another_has_is_a_gap(tmp_path: Path) -> None:
    iam = {"UserDetailList": []}
    snapshot = _load(
        tmp_path,
        {"global/iam-get-account-authorization-details.json": iam, f"{US}/kms-list-keys.json": {"Keys": []}},
        a444455556666={"global/iam-get-account-summary.json": {"SummaryMap": {}}},
    )
    assert _gaps(snapshot, "iam-get-account-authorization-details") == [(OTHER, "global", (), "no file")]
    assert _gaps(snapshot, "kms-list-keys") == [(OTHER, "*", (), "no file")]
    assert Answers(snapshot).state(OTHER, US, "kms-list-keys") is State.GAP


def test_no_organization_means_that_nothing_of_it_is_expected(tmp_path: Path) -> None:
    none = {"Error": {"Code": "AWSOrganizationsNotInUseException", "Message": "not a member"}}
    snapshot = _load(tmp_path, {f"global/{ORGANIZATION}.json": none})
    assert not [gap for gap in snapshot.gaps if gap.call.startswith("organizations")]
    assert Answers(snapshot).one(ACCOUNT, "global", ORGANIZATION) == {}


def test_an_organization_that_could_not_be_described_is_a_gap_and_the_rest_never_asked(tmp_path: Path) -> None:
    snapshot = _load(tmp_path, {f"global/{ORGANIZATION}.json": DENIED})
    assert _gaps(snapshot, ORGANIZATION) == [(ACCOUNT, "global", (), "AccessDeniedException: no")]
    assert _gaps(snapshot, "organizations-list-roots") == [("*", "*", (), NEVER_ASKED)]


def test_organization_files_are_expected_once_in_a_snapshot(tmp_path: Path) -> None:
    organization = {"Organization": {"Id": "o-abcdefghij", "MasterAccountId": ACCOUNT, "FeatureSet": "ALL"}}
    management = {
        f"global/{ORGANIZATION}.json": organization,
        "global/organizations-list-roots.json": {"Roots": [{"Id": "r-1"}]},
        "global/organizations-list-organizational-units-for-parent/r-1.json": {"OrganizationalUnits": [{"Id": "ou-1"}]},
        "global/organizations-list-policies/SERVICE_CONTROL_POLICY.json": {"Policies": [{"Id": "p-1"}]},
    }
    member = {f"global/{ORGANIZATION}.json": organization, f"{US}/kms-list-keys.json": {"Keys": []}}
    snapshot = _load(tmp_path, management, a444455556666=member)
    assert (snapshot.scope, snapshot.problems) == ("o-abcdefghij", ())
    assert _gaps(snapshot, "organizations-list-roots") == []
    units = _gaps(snapshot, "organizations-list-organizational-units-for-parent")
    assert units == [(ACCOUNT, "global", ("ou-1",), "no file")]
    policies = _gaps(snapshot, "organizations-list-policies")
    assert policies == [(ACCOUNT, "global", ("RESOURCE_CONTROL_POLICY",), "no file")]
    assert _gaps(snapshot, "organizations-describe-policy") == [("*", "*", (), NEVER_ASKED)]


def test_a_gap_of_the_organization_covers_its_calls_in_any_account(tmp_path: Path) -> None:
    gap = {"provider": "aws", "scope": "o-abcdefghij", "region": "global", "error": "AccessDenied"}
    manifest = {"format": 1, "gaps": [gap | {"service": "organizations", "operation": "describe-policy"}]}
    snapshot = load(tmp_path, {"manifest.json": manifest} | in_account({f"{US}/kms-list-keys.json": {"Keys": []}}))
    answers = Answers(snapshot)
    assert answers.state(ACCOUNT, "global", "organizations-describe-policy", "p-1") is State.GAP
    assert answers.state(ACCOUNT, US, "kms-list-keys") is State.ASKED


def test_without_an_identity_center_instance_nothing_of_it_is_expected(tmp_path: Path) -> None:
    snapshot = _load(tmp_path, {f"{US}/sso-admin-list-instances.json": {"Instances": []}})
    assert not [g for g in snapshot.gaps if g.call.startswith(("sso-admin", "identitystore"))]


def test_identity_center_is_expected_where_its_instance_is(tmp_path: Path) -> None:
    arn = "arn:aws:sso:::instance/ssoins-1"
    files = {
        f"{US}/sso-admin-list-instances.json": {"Instances": []},
        f"{EU}/sso-admin-list-instances.json": {"Instances": [{"InstanceArn": arn, "IdentityStoreId": "d-1"}]},
        f"{EU}/sso-admin-list-permission-sets/arn%3Aaws%3Asso%3A%3A%3Ainstance%2Fssoins-1.json": {
            "PermissionSets": ["ps"]
        },
        f"{EU}/identitystore-list-groups/d-1.json": {"Groups": [{"GroupId": "g1"}, {"GroupId": "g2"}]},
        f"{EU}/identitystore-list-group-memberships/d-1/g1.json": {"GroupMemberships": []},
    }
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "sso-admin-list-permission-sets") == []
    assert _gaps(snapshot, "identitystore-list-group-memberships") == [(ACCOUNT, EU, ("d-1", "g2"), "no file")]
    assert _gaps(snapshot, "identitystore-list-users") == [("*", "*", (), NEVER_ASKED)]


def test_arguments_of_one_entry_stay_together(tmp_path: Path) -> None:
    profiles = [{"DomainId": "d1", "UserProfileName": "ann"}, {"DomainId": "d2", "UserProfileName": "bob"}]
    files = {
        f"{US}/sagemaker-list-user-profiles.json": {"UserProfiles": profiles},
        f"{US}/sagemaker-describe-user-profile/d1/ann.json": {"UserProfileArn": f"arn:aws:sagemaker:{US}:{ACCOUNT}:x"},
    }
    assert _gaps(_load(tmp_path, files), "sagemaker-describe-user-profile") == [(ACCOUNT, US, ("d2", "bob"), "no file")]


def test_arguments_of_a_list_that_has_arguments_follow_them(tmp_path: Path) -> None:
    files = {
        f"{US}/events-list-event-buses.json": {"EventBuses": [{"Name": "default"}, {"Name": "orders"}]},
        f"{US}/events-list-rules/default.json": {"Rules": [{"Name": "a"}]},
        f"{US}/events-list-rules/orders.json": {"Rules": [{"Name": "b"}, {"Name": "c"}]},
        f"{US}/events-list-targets-by-rule/orders/b.json": {"Targets": []},
    }
    missing = _gaps(_load(tmp_path, files), "events-list-targets-by-rule")
    assert [arguments for _, _, arguments, _ in missing] == [("default", "a"), ("orders", "c")]


def test_a_described_list_lacks_what_its_answer_does_not_describe(tmp_path: Path) -> None:
    cluster = f"arn:aws:ecs:{US}:{ACCOUNT}:cluster/c"
    name = "arn%3Aaws%3Aecs%3Aus-east-1%3A111122223333%3Acluster%2Fc.json"
    tasks = [f"arn:aws:ecs:{US}:{ACCOUNT}:task/{n}" for n in "abc"]
    files = {
        f"{US}/ecs-list-clusters.json": {"clusterArns": [cluster]},
        f"{US}/ecs-list-tasks/{name}": {"taskArns": tasks},
        f"{US}/ecs-describe-tasks/{name}": {
            "tasks": [{"taskArn": tasks[0]}],
            "failures": [{"arn": tasks[1], "reason": "MISSING"}],
        },
        f"{US}/ecs-list-services/{name}": {"serviceArns": []},
    }
    snapshot = _load(tmp_path, files)
    assert _gaps(snapshot, "ecs-describe-tasks") == [(ACCOUNT, US, (cluster, tasks[2]), "not in the answer")]
    assert _gaps(snapshot, "ecs-describe-services") == []


@pytest.mark.parametrize(
    ("entry", "question", "state"),
    [
        ({"service": "kms", "operation": "*"}, (US, "kms-list-keys"), State.GAP),
        ({"service": "*", "operation": "*"}, (US, "kms-list-keys"), State.GAP),
        ({"service": "kms", "operation": "*", "region": "*"}, (US, "kms-list-keys"), State.GAP),
        ({"service": "kms", "operation": "*", "region": EU}, (US, "kms-list-keys"), State.ASKED),
        ({"service": "kms", "operation": "*", "scope": OTHER}, (US, "kms-list-keys"), State.ASKED),
        ({"service": "kms", "operation": "*", "scope": "*"}, (US, "kms-list-keys"), State.GAP),
        ({"service": "kms", "operation": "*", "provider": "gcp"}, (US, "kms-list-keys"), State.ASKED),
        ({"service": "s3api", "operation": "list-buckets"}, ("global", "s3-list-buckets"), State.GAP),
        (
            {"service": "kms", "operation": "get-key-policy", "arguments": ["k"]},
            (US, "kms-get-key-policy", "k"),
            State.GAP,
        ),
        (
            {"service": "kms", "operation": "get-key-policy", "arguments": ["other"]},
            (US, "kms-get-key-policy", "k"),
            State.ASKED,
        ),
    ],
)
def test_a_gap_in_the_manifest_covers_what_it_names(
    tmp_path: Path, entry: dict[str, Any], question: tuple[str, ...], state: State
) -> None:
    gap = {"provider": "aws", "scope": ACCOUNT, "region": US, "error": "AccessDenied"} | entry
    files = {
        f"{US}/kms-list-keys.json": {"Keys": [{"KeyId": "k"}]},
        f"{US}/kms-get-key-policy/k.json": {"Policy": '{"Statement": []}'},
        "global/s3-list-buckets.json": {"Buckets": []},
    }
    snapshot = load(tmp_path, in_account(files) | {"manifest.json": {"format": 1, "gaps": [gap]}})
    assert Answers(snapshot).state(ACCOUNT, *question) is state


def test_a_question_under_a_region_to_a_call_without_one_is_the_same_question(tmp_path: Path) -> None:
    answers = Answers(_load(tmp_path, {f"{US}/s3-list-buckets.json": {"Buckets": []}}))
    assert answers.one(ACCOUNT, EU, "s3-list-buckets") == {"Buckets": []}
    assert [part.region for part in answers.all("s3-list-buckets")] == ["global"]
    assert answers.scopes() == (ACCOUNT,)


def test_the_gaps_of_a_question_are_told_and_never_asked_is_none_of_them(tmp_path: Path) -> None:
    answers = Answers(_load(tmp_path, {f"{US}/kms-list-keys.json": DENIED}))
    (gap,) = answers.gaps(ACCOUNT, US, "kms-list-keys")
    assert isinstance(gap, Gap)
    assert answers.gaps(ACCOUNT, US, "kms-list-aliases") == ()
