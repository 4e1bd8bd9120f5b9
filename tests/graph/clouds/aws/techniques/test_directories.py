"""Identity Center over several accounts: who gets where by it, told whole and account by account alike."""

from __future__ import annotations

from typing import Any

import pytest

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.parts import parts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.read import read
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Verdict
from tests.graph.clouds.aws.small import DETAILS, REGION, A, B, allow, arn, details, policy, role, snapshot, trust, user

INSTANCE, STORE, SET = "arn:aws:sso:::instance/ssoins-1", "d-1", "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
MARY = "arn:aws:identitystore:::user/mary"
EVE, STRANGER = arn("iam", "user/eve"), arn("iam", "user/eve", B)
READER = arn("iam", f"role/aws-reserved/sso.amazonaws.com/{REGION}/AWSReservedSSO_Reader_0123456789abcdef", B)
ROOT_B = f"arn:aws:iam::{B}:root"
RULES = {technique.key: technique for technique in TECHNIQUES}


def _estate(*allowed: str, closed: bool = False) -> AwsFacts:
    """Eve of A, who owns Identity Center, may do these things, and so may Eve of B, who does not."""
    grants = [allow(action) for action in allowed]
    provider = arn("iam", "saml-provider/AWSSSO_0_DO_NOT_DELETE", B)
    reader = role("x", trust({"Federated": provider}, "sts:AssumeRoleWithSAML"), allow("s3:Get*"), account=B)
    reader |= {"Arn": READER, "RoleName": READER.rpartition("/")[2]}
    answers: dict[Any, Any] = {
        DETAILS: details([user("eve", *grants)]),
        "sso-admin-list-instances": {
            "Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": STORE, "OwnerAccountId": A}]
        },
        ("sso-admin-list-permission-sets", INSTANCE): {"PermissionSets": [SET]},
        ("sso-admin-describe-permission-set", SET): {"PermissionSet": {"Name": "Reader", "PermissionSetArn": SET}},
        ("sso-admin-list-accounts-for-provisioned-permission-set", SET): {"AccountIds": [B]},
        ("sso-admin-list-account-assignments", SET, B): {
            "AccountAssignments": [{"PrincipalType": "USER", "PrincipalId": "mary"}]
        },
        ("identitystore-list-users", STORE): {"Users": [{"UserId": "mary", "UserName": "mary"}]},
        ("identitystore-list-groups", STORE): {"Groups": []},
        **(_organization() if closed else {}),
    }
    theirs = {DETAILS: details([{**user("eve", *grants), "Arn": STRANGER}], roles=[reader])}
    return read([snapshot(answers), snapshot(theirs, account=B)])


def _organization() -> dict[Any, Any]:
    """An organization that lets nobody in B make users or roles."""
    denied = policy(allow("*"), {"Effect": "Deny", "Action": "iam:Create*", "Resource": "*"})
    on = {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}
    summary = {"Id": "p-1", "Name": "no", "Type": "SERVICE_CONTROL_POLICY"}
    return {
        "organizations-describe-organization": {"Organization": {"Id": "o-1", "MasterAccountId": A}},
        "organizations-list-roots": {"Roots": [{"Id": "r-1", "PolicyTypes": [on]}]},
        "organizations-list-accounts": {"Accounts": [{"Id": A}, {"Id": B}]},
        ("organizations-list-parents", A): {"Parents": [{"Id": "r-1", "Type": "ROOT"}]},
        ("organizations-list-parents", B): {"Parents": [{"Id": "r-1", "Type": "ROOT"}]},
        ("organizations-list-organizational-units-for-parent", "r-1"): {"OrganizationalUnits": []},
        ("organizations-list-policies", "SERVICE_CONTROL_POLICY"): {"Policies": [summary]},
        ("organizations-list-policies", "RESOURCE_CONTROL_POLICY"): {"Policies": []},
        ("organizations-describe-policy", "p-1"): {"Policy": {"PolicySummary": summary, "Content": denied}},
        ("organizations-list-targets-for-policy", "p-1"): {"Targets": [{"TargetId": "r-1", "Type": "ROOT"}]},
    }


def _told(found: AwsFacts, rule: str, who: str, target: str) -> Verdict:
    """The verdict on the whole estate, which is that of the part that the identity lies in."""
    verdicts = []
    for facts in (found, *(part.facts for part in parts(found))):
        assert isinstance(facts, AwsFacts)
        access = AwsAccess(facts)
        relation = RULES[rule].solve(access).reaches if who in access.identities else None
        if relation is not None:
            verdict = relation.verdict(who, target)
            assert RULES[rule].prove(access, who, target).verdict is verdict
            verdicts.append(verdict)
    assert len(verdicts) == 2
    assert len(set(verdicts)) == 1
    return verdicts[0]


def test_a_person_puts_on_the_role_in_another_account() -> None:
    assert _told(_estate(), "aws.sso-assigned", MARY, READER) is Verdict.ALLOWED


ASSIGN = ("sso:CreateAccountAssignment",)
WIDEN = ("sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet", *ASSIGN)
NEW = ("sso:CreatePermissionSet", "sso:AttachManagedPolicyToPermissionSet", *ASSIGN)


@pytest.mark.parametrize(
    ("rule", "allowed", "target"),
    [
        ("aws.sso-create-assignment", ASSIGN, READER),
        ("aws.sso-widen-set", WIDEN, ROOT_B),
        ("aws.sso-new-permission-set", NEW, ROOT_B),
    ],
)
def test_only_who_is_in_the_account_of_identity_center_gets_into_others_by_it(
    rule: str, allowed: tuple[str, ...], target: str
) -> None:
    found = _estate(*allowed)
    assert _told(found, rule, EVE, target) is Verdict.CONDITIONAL, "with a sign-in of its own"
    assert _told(found, rule, STRANGER, target) is Verdict.DENIED


@pytest.mark.parametrize(("rule", "allowed"), [("aws.sso-widen-set", WIDEN), ("aws.sso-new-permission-set", NEW)])
def test_an_organization_that_lets_nobody_administer_an_account_keeps_permission_sets_from_it(
    rule: str, allowed: tuple[str, ...]
) -> None:
    assert _told(_estate(*allowed, closed=True), rule, EVE, ROOT_B) is Verdict.DENIED


def test_nobody_changes_the_role_of_a_permission_set_in_its_account() -> None:
    found = _estate("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy")
    assert _told(found, "aws.update-trust", STRANGER, READER) is Verdict.DENIED
