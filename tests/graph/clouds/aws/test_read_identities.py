"""Reading users, groups and roles: which policies bind whom, and what an export leaves open."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from graph.clouds.aws.facts import PrincipalKind
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Verdict
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, A, B, allow, arn, details, facts, managed, policy, role, user

ALICE = arn("iam", "user/alice")
ROOT = f"arn:aws:iam::{A}:root"


def _attached(name: str) -> dict[str, object]:
    return {"AttachedManagedPolicies": [{"PolicyArn": arn("iam", f"policy/{name}")}]}


def test_a_user_is_bound_by_inline_attached_and_group_policies() -> None:
    group = {"Arn": arn("iam", "group/ml"), "GroupName": "ml", **_attached("Train")}
    alice = user("alice", allow("s3:Get*"), GroupList=["ml"], **_attached("Look"))
    policies = [managed("Train", allow("sagemaker:*")), managed("Look", allow("s3:List*"))]
    found = facts({DETAILS: details([alice], groups=[group], policies=policies)})
    read = small.principal(found, ALICE)
    assert [d.name for d in read.documents] == [
        f"{ALICE} inline own",
        arn("iam", "policy/Look"),
        arn("iam", "policy/Train"),
    ]
    assert read.groups == (arn("iam", "group/ml"),)
    assert set(read.policies) == {arn("iam", "policy/Look"), arn("iam", "policy/Train")}
    assert [(e.source, e.target) for e in found.edges] == [(ALICE, arn("iam", "group/ml"))]


def test_the_default_version_of_a_managed_policy_is_the_one_that_counts() -> None:
    found = facts(
        {DETAILS: details([user("alice", **_attached("Look"))], policies=[managed("Look", allow("s3:Get*"))])}
    )
    body = small.principal(found, ALICE).documents[0].body
    assert body is not None
    assert body["Statement"] == [allow("s3:Get*")]


def test_an_attached_policy_without_a_document_is_kept_as_unread() -> None:
    found = facts({DETAILS: details([user("alice", **_attached("Lost"))])})
    document = small.principal(found, ALICE).documents[0]
    assert document.body is None
    assert "not in the snapshot" in document.problem


def test_a_boundary_that_was_not_exported_is_unread_and_not_missing() -> None:
    bounded = user("alice", PermissionsBoundary={"PermissionsBoundaryArn": arn("iam", "policy/Wall")})
    boundary = small.principal(facts({DETAILS: details([bounded])}), ALICE).boundary
    assert boundary is not None
    assert boundary.body is None


def test_a_policy_that_is_no_policy_is_unread_and_its_holder_stays() -> None:
    broken = user("alice", UserPolicyList=[{"PolicyName": "own", "PolicyDocument": "%7Bnonsense"}])
    document = small.principal(facts({DETAILS: details([broken])}), ALICE).documents[0]
    assert document.body is None
    assert document.problem


def test_equal_documents_are_one_object_under_their_own_names() -> None:
    found = facts({DETAILS: details(roles=[role("a", None, allow("s3:*")), role("b", None, allow("s3:*"))])})
    first, second = (small.principal(found, arn("iam", f"role/{n}")).documents[0] for n in "ab")
    assert first.body is second.body
    assert first.name != second.name


def test_root_is_the_account_and_a_target() -> None:
    found = facts({DETAILS: details()})
    assert small.principal(found, ROOT).kind is PrincipalKind.ROOT
    account = small.node(found, ROOT)
    assert (account.kind, account.targets, account.scope) == ("account", ("account",), A)


def test_an_entry_of_another_account_is_named_and_left_out() -> None:
    stranger = role("stranger", account=B)
    nameless = {"RoleName": "nameless"}
    found = facts({DETAILS: details(roles=[role("ours"), stranger, nameless])})
    assert [r.arn for r in found.resources["iam:role"]] == [arn("iam", "role/ours")]
    assert [p.what.split(":")[0] for p in found.problems] == [
        "A role with the ARN of another account",
        "A role without an ARN",
    ]
    assert (A, "iam:role") not in found.listed


def test_policies_of_aws_are_nothing_to_act_on() -> None:
    aws = {**managed("x", allow("*")), "Arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    found = facts({DETAILS: details(policies=[aws, managed("Ours", allow("s3:*"))])})
    assert [r.arn for r in found.resources["iam:policy"]] == [arn("iam", "policy/Ours")]


_REPORT = (
    "user,arn,password_enabled,access_key_1_active,access_key_1_last_rotated,access_key_2_active\n"
    f"<root_account>,{ROOT},not_supported,true,2020-01-01,false\n"
    f"alice,{ALICE},true,false,N/A,true\n"
    f"bob,{arn('iam', 'user/bob')},false,false,N/A,false\n"
)


def test_active_keys_are_entries_whether_the_report_is_text_or_base64() -> None:
    for content in (_REPORT, b64encode(_REPORT.encode()).decode()):
        answers = {
            DETAILS: details([user("alice"), user("bob")]),
            "iam-get-credential-report": {"Content": content},
        }
        found = facts(answers)
        assert set(small.entries(found, "key")) == {ROOT, ALICE}
        assert "access_key" not in found.assumed[A]
        passwords = {r.arn: r.attributes.get("password") for r in found.resources["iam:user"]}
        assert passwords == {ALICE: True, arn("iam", "user/bob"): False}


def test_a_report_that_cannot_be_read_is_a_problem_and_says_nothing_of_keys() -> None:
    found = facts({DETAILS: details([user("alice")]), "iam-get-credential-report": {"Content": "!!"}})
    assert any("credential report" in problem.what for problem in found.problems)
    assert "access_key" in found.assumed[A]


def test_listed_keys_and_service_credentials_are_entries_too() -> None:
    answers = {
        DETAILS: details([user("alice"), user("bot"), user("off")]),
        ("iam-list-access-keys", "alice"): {"AccessKeyMetadata": [{"Status": "Inactive"}, {"Status": "Active"}]},
        ("iam-list-access-keys", "off"): {"AccessKeyMetadata": [{"Status": "Inactive"}]},
        "iam-list-service-specific-credentials": {
            "ServiceSpecificCredentials": [
                {"UserName": "bot", "Status": "Active", "ServiceName": "bedrock.amazonaws.com"}
            ]
        },
    }
    found = facts(answers)
    assert set(small.entries(found, "key")) == {ALICE, arn("iam", "user/bot")}
    assert "ai_identity" in small.node(found, arn("iam", "user/bot")).targets


def test_where_no_one_was_asked_for_keys_there_is_no_entry_but_an_assumption() -> None:
    found = facts({DETAILS: details([user("alice")])})
    assert small.entries(found, "key") == {}
    assert "access_key" in found.assumed[A]


@pytest.mark.parametrize(
    ("gives", "expected"), [(allow("*"), Verdict.ALLOWED), (allow("s3:GetObject"), Verdict.DENIED)], ids=["all", "some"]
)
def test_what_a_group_gives_is_known_though_nobody_is_in_it(gives: dict[str, Any], expected: Verdict) -> None:
    empty = {
        "Arn": arn("iam", "group/empty"),
        "GroupName": "empty",
        "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(gives)}],
    }
    joiner = user("alice", allow("iam:AddUserToGroup"))
    found = facts({DETAILS: details([joiner], groups=[empty])})
    join = next(technique for technique in TECHNIQUES if technique.key == "aws.join-group")
    reached = join.solve(AwsAccess(found)).reaches
    assert reached is not None
    assert reached.verdict(ALICE, f"arn:aws:iam::{A}:root") is expected


def test_a_group_whose_policy_was_not_read_lets_nobody_in_for_that() -> None:
    lost = {"Arn": arn("iam", "group/lost"), "GroupName": "lost", **_attached("Lost")}
    found = facts({DETAILS: details([user("alice", allow("s3:GetObject"))], groups=[lost])})
    access = AwsAccess(found)
    assert [entry.identity for entry in found.entries] == []
    assert access.relation("iam:AddUserToGroup", "iam:group").verdict(ALICE, lost["Arn"]) is Verdict.DENIED
    assert access.decide(ALICE, "iam:AddUserToGroup", lost["Arn"]).verdict is Verdict.DENIED


_LIMIT = arn("iam", "policy/limit")
_LIMITED = {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": _LIMIT}}


@pytest.mark.parametrize(
    ("action", "boundary", "expected"),
    [
        ("iam:AttachUserPolicy", {}, Verdict.DENIED),
        ("iam:AttachUserPolicy", _LIMITED, Verdict.ALLOWED),
        ("iam:DeleteUserPermissionsBoundary", _LIMITED, Verdict.ALLOWED),
        ("iam:PutUserPermissionsBoundary", {}, Verdict.CONDITIONAL),
        ("iam:PutUserPermissionsBoundary", _LIMITED, Verdict.CONDITIONAL),
    ],
)
def test_the_boundary_that_a_condition_asks_for_is_the_one_the_user_has_or_the_one_a_call_would_set(
    action: str, boundary: dict[str, Any], expected: Verdict
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html, delegating with boundaries."""
    asked = {"StringEquals": {"iam:PermissionsBoundary": _LIMIT}}
    found = facts({DETAILS: details([user("alice", allow(action, "*", Condition=asked)), user("bo", **boundary)])})
    access, bo = AwsAccess(found), arn("iam", "user/bo")
    assert access.decide(ALICE, action, bo).verdict is expected
    assert access.relation(action, "iam:user").verdict(ALICE, bo) is expected
