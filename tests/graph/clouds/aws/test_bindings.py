"""Which documents a page shows for an identity: its own, those of its groups, its boundary and its trust."""

from __future__ import annotations

from graph.clouds.aws.bindings import bindings
from tests.graph.clouds.aws.small import DETAILS, allow, arn, details, facts, managed, role, user

ALICE, ML, RUNNER = arn("iam", "user/alice"), arn("iam", "group/ml"), arn("iam", "role/runner")


def _attached(*names: str) -> dict[str, object]:
    return {"AttachedManagedPolicies": [{"PolicyArn": arn("iam", f"policy/{name}")} for name in names]}


def told(answers: dict[str, object]) -> list[tuple[str, str, str, str]]:
    found = facts({DETAILS: answers})
    return [(one.identity, one.how, one.document.name, one.through) for one in bindings(found)]


def test_each_document_says_how_it_comes_to_bind_a_user() -> None:
    group = {"Arn": ML, "GroupName": "ml", **_attached("Train", "Look")}
    wall = {"PermissionsBoundary": {"PermissionsBoundaryArn": arn("iam", "policy/Wall")}}
    alice = user("alice", allow("s3:Get*"), GroupList=["ml"], **_attached("Look"), **wall)
    policies = [managed(name, allow("s3:List*")) for name in ("Train", "Look", "Wall")]
    assert told(details([alice], groups=[group], policies=policies)) == [
        (ALICE, "inline policy", f"{ALICE} inline own", ""),
        (ALICE, "attached policy", arn("iam", "policy/Look"), ""),
        (ALICE, "attached policy", arn("iam", "policy/Train"), ML),
        (ALICE, "attached policy", arn("iam", "policy/Look"), ML),
        (ALICE, "permissions boundary", arn("iam", "policy/Wall"), ""),
        (ML, "attached policy", arn("iam", "policy/Train"), ""),
        (ML, "attached policy", arn("iam", "policy/Look"), ""),
    ]


def test_a_role_is_bound_by_its_trust_as_well() -> None:
    assert (RUNNER, "trust policy", f"{RUNNER} trust", "") in told(details(roles=[role("runner")]))
