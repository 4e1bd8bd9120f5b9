"""What of guards is read: policies of the organization as things, which level blocks the public, second factors."""

from __future__ import annotations

from typing import Any

from tests.graph.clouds.aws.small import DETAILS, A, B, arn, details, facts, policy, user
from tests.graph.clouds.aws.test_read_organization import DESCRIBE, LIST, SCP, _organization

DENYING = f"arn:aws:organizations::{A}:policy/o-abc/service_control_policy/p-deny"
DELEGATION = policy(
    {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{B}:root"},
        "Action": "organizations:DetachPolicy",
        "Resource": "*",
    }
)
EVERYBODY = {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}


def _described(**more: Any) -> dict[Any, Any]:
    listed = [{"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/x", "AwsManaged": True}]
    listed.append({"Id": "p-deny", "Arn": DENYING, "Name": "no", "AwsManaged": False})
    summary = {"PolicySummary": {"Arn": DENYING}, "Content": policy({"Effect": "Deny", "Action": "*", "Resource": "*"})}
    return _organization() | {(LIST, SCP): {"Policies": listed}, (DESCRIBE, "p-deny"): {"Policy": summary}} | more


def test_a_policy_of_the_organization_is_a_thing_of_the_management_account_with_what_was_delegated() -> None:
    delegated = {"ResourcePolicy": {"Content": DELEGATION}}
    found = facts(_described(**{"organizations-describe-resource-policy": delegated}))
    (made,) = found.resources["organizations:policy"]
    assert (made.arn, made.account) == (DENYING, A)
    assert [paper.body for paper in made.policies] == [DELEGATION]
    assert DENYING in {document.name for level in found.accounts[B].scps or () for document in level}
    assert DENYING in {node.key for node in found.nodes}


def _bucket(block: dict[str, bool], account: dict[str, bool], ownership: str) -> Any:
    rules = {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}
    found = facts(
        {
            "s3-list-buckets": {"Buckets": [{"Name": "b", "BucketRegion": "eu-west-1"}]},
            ("s3-get-public-access-block", "b"): {"PublicAccessBlockConfiguration": block},
            "s3control-get-public-access-block": {"PublicAccessBlockConfiguration": account},
            ("s3-get-bucket-ownership-controls", "b"): rules,
            ("s3-get-bucket-acl", "b"): {"Owner": {"ID": "me"}, "Grants": [EVERYBODY]},
        }
    )
    return found.resources["s3:bucket"][0].attributes


def test_which_level_blocks_the_public_and_what_it_holds_back_is_told() -> None:
    on = {"RestrictPublicBuckets": True, "IgnorePublicAcls": True}
    about = _bucket(on, {}, "ObjectWriter")
    assert (about["restricted_by"], about["ignored_by"], about["lists_count"]) == (("bucket",), ("bucket",), True)
    assert about["ignored_acl"] == (EVERYBODY,)
    assert _bucket(on, on, "ObjectWriter")["restricted_by"] == ("account", "bucket")


def test_lists_do_not_count_where_the_owner_of_the_bucket_owns_everything() -> None:
    about = _bucket({}, {}, "BucketOwnerEnforced")
    assert about["lists_count"] is False
    assert "restricted_by" not in about
    assert "ignored_acl" not in about


def test_the_report_tells_who_has_a_second_factor() -> None:
    lines = f"user,arn,password_enabled,mfa_active\nalice,{arn('iam', 'user/alice')},true,false\n"
    found = facts({DETAILS: details([user("alice")]), "iam-get-credential-report": {"Content": lines}})
    assert found.resources["iam:user"][0].attributes["mfa"] is False
