"""Users who never show a second factor: those who have none, where nobody short of an administrator sets one up."""

from __future__ import annotations

from typing import Any

import pytest

from graph.clouds.aws.policy.access import AwsAccess
from tests.estates.aws_small import small, source
from tests.graph.clouds.aws.small import DETAILS, allow, arn, details, facts, resource, role, user

_SELF = allow("iam:EnableMFADevice", "arn:aws:iam::*:user/${aws:username}")


def _factorless(*statements: Any, mfa: str = "false", others: Any = (), roles: Any = ()) -> bool:
    lines = f"user,arn,mfa_active\nu,{arn('iam', 'user/u')},{mfa}\n"
    export = details([user("u", *statements), *others], roles=roles)
    found = facts({DETAILS: export, "iam-get-credential-report": {"Content": lines}})
    return resource(found, "iam:user", arn("iam", "user/u")).attributes.get("factorless", False) is True


def test_a_user_without_a_device_and_without_the_right_to_set_one_up_never_shows_a_factor() -> None:
    assert _factorless(allow("s3:GetObject"))


def test_what_somebody_sets_up_for_itself_helps_nobody_else() -> None:
    assert _factorless(allow("s3:GetObject"), others=[user("v", _SELF)])


def test_who_may_do_all_of_iam_needs_nobodys_factor() -> None:
    assert _factorless(allow("s3:GetObject"), others=[user("admin", allow("*"))])


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"mfa": "true"}, "it has a device"),
        ({"mfa": "N/A"}, "the report does not say"),
        ({"statement": _SELF}, "it may set one up for itself"),
        ({"statement": allow("iam:*")}, "it may do all of IAM, that too"),
        ({"statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}, "only S3 is left out"),
        ({"others": [user("desk", allow(["iam:CreateAccessKey", "iam:EnableMFADevice"]))]}, "the help desk may do it"),
        ({"roles": [role("desk", None, allow("iam:*", arn("iam", "user/*")))]}, "a role may do it to users"),
        ({"others": [user("w", AttachedManagedPolicies=[{"PolicyArn": arn("iam", "policy/p")}])]}, "one was not read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_other_user_may_show_a_factor(about: Any, why: str) -> None:
    said = about.get("statement", allow("s3:GetObject"))
    more = {key: value for key, value in about.items() if key != "statement"}
    assert not _factorless(said, **more), why


@pytest.mark.parametrize(("marked", "who"), [(True, "caller"), (False, "session")])
def test_without_a_factor_the_caller_picks_between_its_key_and_a_session_of_it(marked: bool, who: str) -> None:
    deny = {"iam:user eve": {"inline": {"no": ["* on * if Bool aws:MultiFactorAuthPresent=false"]}}}
    estate = {
        "allow": ["s3:ListAllMyBuckets on *"],
        "limits": deny,
        "about_eve": {"factorless": True} if marked else {},
    }
    said = AwsAccess(small(estate)).decide(source(estate), "s3:ListAllMyBuckets", "*")
    assert [condition.chosen_by for condition in said.conditions] == [who]
