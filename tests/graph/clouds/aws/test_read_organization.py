"""Reading the organization: what lies on an account level by level, and what was not read of it."""

from __future__ import annotations

from typing import Any

from graph.clouds.aws.read import read
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, A, B, details, facts, policy

ORG, ROOT, UNIT, INNER = "o-abc", "r-1", "ou-1-outer", "ou-1-inner"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
DENY = policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
LIST, TARGETS, DESCRIBE = (
    "organizations-list-policies",
    "organizations-list-targets-for-policy",
    "organizations-describe-policy",
)


def _organization(**more: Any) -> dict[Any, Any]:
    types = [{"Type": SCP, "Status": "ENABLED"}, {"Type": RCP, "Status": "ENABLED"}]
    children = "organizations-list-organizational-units-for-parent"
    return {
        DETAILS: details(),
        "organizations-describe-organization": {"Organization": {"Id": ORG, "MasterAccountId": A}},
        "organizations-list-roots": {"Roots": [{"Id": ROOT, "PolicyTypes": types}]},
        "organizations-list-accounts": {"Accounts": [{"Id": A, "Name": "boss"}, {"Id": B, "Name": "member"}]},
        (children, ROOT): {"OrganizationalUnits": [{"Id": UNIT}]},
        (children, UNIT): {"OrganizationalUnits": [{"Id": INNER}]},
        ("organizations-list-parents", A): {"Parents": [{"Id": ROOT, "Type": "ROOT"}]},
        ("organizations-list-parents", B): {"Parents": [{"Id": INNER, "Type": "ORGANIZATIONAL_UNIT"}]},
        (LIST, SCP): {"Policies": [{"Id": "p-FullAWSAccess"}, {"Id": "p-deny"}]},
        (LIST, RCP): {"Policies": [{"Id": "p-rcp"}]},
        (DESCRIBE, "p-deny"): {"Policy": {"Content": DENY}},
        (DESCRIBE, "p-rcp"): {"Policy": {"Content": DENY}},
        (TARGETS, "p-FullAWSAccess"): {"Targets": [{"TargetId": t} for t in (ROOT, UNIT, INNER, A, B)]},
        (TARGETS, "p-deny"): {"Targets": [{"TargetId": INNER}]},
        (TARGETS, "p-rcp"): {"Targets": [{"TargetId": ROOT}]},
    } | more


def _names(levels: Any) -> list[list[str]]:
    return [[document.name for document in level] for level in levels]


def test_levels_go_from_the_root_down_to_the_account() -> None:
    member = facts(_organization()).accounts[B]
    assert _names(member.scps) == [
        ["p-FullAWSAccess"],
        ["p-FullAWSAccess"],
        ["p-FullAWSAccess", "p-deny"],
        ["p-FullAWSAccess"],
    ]
    assert member.path == f"{ORG}/{ROOT}/{UNIT}/{INNER}/"
    assert (member.name, member.organization, member.management) == ("member", ORG, False)


def test_the_policy_of_aws_has_its_text_without_being_described() -> None:
    member = facts(_organization()).accounts[B]
    assert member.scps
    body = member.scps[0][0].body
    assert body is not None
    assert body["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


def test_rcp_full_access_is_on_every_level() -> None:
    member = facts(_organization()).accounts[B]
    assert _names(member.rcps) == [["p-rcp", "p-RCPFullAWSAccess"], *[["p-RCPFullAWSAccess"]] * 3]


def test_nothing_binds_the_management_account() -> None:
    boss = facts(_organization()).accounts[A]
    assert boss.management
    assert (boss.scps, boss.rcps) == ((), ())


def test_a_policy_that_was_refused_stays_on_its_level_unread() -> None:
    answers = _organization()
    del answers[DESCRIBE, "p-deny"]
    member = facts(answers, refused=[(DESCRIBE, "p-deny")]).accounts[B]
    assert member.scps
    assert [(d.name, d.body is None) for d in member.scps[2]] == [("p-FullAWSAccess", False), ("p-deny", True)]


def test_targets_that_were_refused_may_be_anywhere() -> None:
    answers = _organization()
    del answers[TARGETS, "p-deny"]
    member = facts(answers, refused=[(TARGETS, "p-deny")]).accounts[B]
    assert member.scps
    assert all(any(document.body is None for document in level) for level in member.scps)


def test_an_account_whose_place_was_not_read_has_an_unread_level() -> None:
    answers = _organization()
    del answers["organizations-list-parents", B]
    member = facts(answers, refused=[("organizations-list-parents", B)]).accounts[B]
    assert member.path is None
    assert member.scps
    assert any(document.body is None for document in member.scps[0])


def test_a_kind_of_policy_that_is_switched_off_binds_nobody() -> None:
    roots = {"Roots": [{"Id": ROOT, "PolicyTypes": [{"Type": SCP, "Status": "ENABLED"}]}]}
    member = facts(_organization(**{"organizations-list-roots": roots})).accounts[B]
    assert member.rcps == ()
    assert member.scps


def test_what_was_never_asked_for_is_none_and_assumed() -> None:
    found = facts({DETAILS: details()})
    assert (found.accounts[A].scps, found.accounts[A].rcps) == (None, None)
    assert {"scp", "rcp"} <= set(found.assumed[A])


def test_a_member_that_only_knows_its_organization_leaves_its_policies_assumed() -> None:
    about = {"Organization": {"Id": ORG, "MasterAccountId": B}}
    found = facts({DETAILS: details(), "organizations-describe-organization": about})
    assert found.accounts[A].organization == ORG
    assert found.accounts[A].scps is None


def test_an_account_without_organization_has_no_policies_and_assumes_none() -> None:
    found = facts({DETAILS: details(), "organizations-describe-organization": {}})
    assert (found.accounts[A].scps, found.accounts[A].rcps) == ((), ())
    assert not {"scp", "rcp"} & set(found.assumed[A])


def test_the_management_accounts_answers_bind_members_read_apart() -> None:
    boss = small.snapshot(_organization())
    member = small.snapshot({DETAILS: details()}, account=B)
    found = read([member, boss])
    assert len(found.accounts[B].scps or ()) == 4
    assert "scp" not in found.assumed[B]


def test_a_policy_of_the_organization_belongs_to_where_it_was_read_and_one_of_aws_to_nobody() -> None:
    member = facts(_organization()).accounts[B]
    scopes = {document.name: document.scope for level in member.scps or () for document in level}
    assert scopes == {"p-FullAWSAccess": "", "p-deny": A}
