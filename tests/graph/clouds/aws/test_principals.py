"""The ways in which a principal is named."""

import pytest

from graph.clouds.aws.policy.principals import (
    ACCOUNT,
    DIRECT,
    NOBODY,
    ROLE,
    Caller,
    CallerKind,
    Named,
    caller_from_arn,
    named,
    not_named,
)
from graph.policy.patterns import MAYBE, NO, YES

A, B = "111111111111", "222222222222"
CALLERS = {
    "user": caller_from_arn(f"arn:aws:iam::{A}:user/eng/ann", "AIDA1"),
    "role": caller_from_arn(f"arn:aws:iam::{A}:role/team/ml", "AROA1"),
    "session": caller_from_arn(f"arn:aws:sts::{A}:assumed-role/ml/s1"),
    "root": caller_from_arn(f"arn:aws:iam::{A}:root"),
    "federated user": caller_from_arn(f"arn:aws:sts::{A}:federated-user/bob"),
    "service": caller_from_arn("lambda.amazonaws.com"),
    "subject": Caller(CallerKind.FEDERATED, account=A, provider=f"arn:aws:iam::{A}:oidc-provider/ci.example.com/x"),
    "anonymous": Caller(CallerKind.ANONYMOUS),
}
BOTH = Named(direct=YES, account=YES)


@pytest.mark.parametrize(
    ("who", "kind", "value", "expected"),
    [
        *((who, "*", "*", DIRECT) for who in CALLERS),
        *((who, "AWS", "*", DIRECT) for who in CALLERS),
        ("user", "AWS", f"arn:aws:iam::{A}:user/eng/ann", DIRECT),
        ("user", "AWS", f"arn:aws:iam::{A}:user/ann", NOBODY),
        ("user", "AWS", f"arn:aws:iam::{A}:user/*", NOBODY),
        ("user", "AWS", "AIDA1", DIRECT),
        ("user", "AWS", "AIDAOLD", NOBODY),
        ("user", "AWS", A, ACCOUNT),
        ("user", "AWS", f"arn:aws:iam::{A}:root", ACCOUNT),
        ("user", "AWS", B, NOBODY),
        ("user", "Service", f"arn:aws:iam::{A}:user/eng/ann", NOBODY),
        ("role", "AWS", f"arn:aws:iam::{A}:role/team/ml", ROLE),
        ("role", "AWS", "AROA1", ROLE),
        ("role", "AWS", f"arn:aws:sts::{A}:assumed-role/ml/s1", Named(direct=MAYBE)),
        ("role", "AWS", f"arn:aws:sts::{A}:assumed-role/mlx/s1", NOBODY),
        ("session", "AWS", f"arn:aws:sts::{A}:assumed-role/ml/s1", DIRECT),
        ("session", "AWS", f"arn:aws:sts::{A}:assumed-role/ml/s2", NOBODY),
        ("session", "AWS", f"arn:aws:iam::{A}:role/team/ml", ROLE),
        ("session", "AWS", f"arn:aws:iam::{B}:role/team/ml", NOBODY),
        ("root", "AWS", f"arn:aws:iam::{A}:root", BOTH),
        ("root", "AWS", A, BOTH),
        ("federated user", "AWS", f"arn:aws:sts::{A}:federated-user/bob", DIRECT),
        ("federated user", "AWS", f"arn:aws:iam::{A}:user/bob", ROLE),
        ("service", "Service", "lambda.amazonaws.com", DIRECT),
        ("service", "Service", "ec2.amazonaws.com", NOBODY),
        ("service", "AWS", A, NOBODY),
        ("subject", "Federated", f"arn:aws:iam::{A}:oidc-provider/ci.example.com/x", DIRECT),
        ("subject", "Federated", f"arn:aws:iam::{A}:oidc-provider/ci.example.com", NOBODY),
        ("subject", "AWS", A, NOBODY),
        ("anonymous", "AWS", A, NOBODY),
        ("anonymous", "CanonicalUser", "c1", NOBODY),
        ("user", "CanonicalUser", "c1", ACCOUNT),
        ("user", "CanonicalUser", "c2", NOBODY),
        ("user", "CanonicalUser", "c3", Named(account=MAYBE, unread=True)),
    ],
)
def test_a_caller_is_named_in_one_of_three_ways_or_not(who, kind, value, expected):
    assert named([(kind, value)], CALLERS[who], {"c1": A, "c2": B}) == expected


def test_the_ways_of_being_named_add_up():
    entries = [("AWS", A), ("AWS", f"arn:aws:iam::{A}:role/team/ml"), ("AWS", "*")]
    assert named(entries, CALLERS["role"]) == Named(direct=YES, role=YES, account=YES)


ANN, ML, ALL_OF_A = f"arn:aws:iam::{A}:user/eng/ann", f"arn:aws:iam::{A}:role/team/ml", f"arn:aws:iam::{A}:root"


@pytest.mark.parametrize(
    ("who", "listed", "bounded", "hit"),
    [
        ("user", [ANN, ALL_OF_A], False, NO),
        ("user", [ANN, A], False, NO),
        ("user", [ANN], False, MAYBE),
        ("user", [ALL_OF_A], False, YES),
        ("user", [ML, ALL_OF_A], False, YES),
        ("user", [ANN, ALL_OF_A], True, YES),
        ("role", [ML, ALL_OF_A], False, NO),
        ("role", [ML], False, MAYBE),
        ("role", [f"arn:aws:sts::{A}:assumed-role/ml/s1", ALL_OF_A], False, MAYBE),
        ("session", [ML, ALL_OF_A], False, NO),
        ("root", [ALL_OF_A], False, NO),
        ("anonymous", [ALL_OF_A], False, YES),
        ("service", [ALL_OF_A], False, YES),
    ],
)
def test_a_deny_with_not_principal_spares_whom_it_lists_in_full(who, listed, bounded, hit):
    entries = tuple(("AWS", value) for value in listed)
    assert not_named(entries, CALLERS[who], deny=True, bounded=bounded).any is hit


def test_an_allow_with_not_principal_takes_in_everybody_else():
    entries = (("AWS", ANN),)
    assert not_named(entries, CALLERS["user"], deny=False, bounded=False).any is NO
    assert not_named(entries, CALLERS["anonymous"], deny=False, bounded=False).any is YES


@pytest.mark.parametrize(
    "text",
    ["", "ann", "arn:aws:iam", "arn:aws:iam::1:group/g", "arn:aws:s3:::b", f"arn:aws:iam::{A}:user/", "example.com"],
)
def test_what_is_no_principal_makes_no_caller(text):
    assert caller_from_arn(text) is None


@pytest.mark.parametrize(
    ("arn", "linked"),
    [
        (f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", True),
        (f"arn:aws:iam::{A}:role/AWSServiceRoleForX", False),
        (f"arn:aws:iam::{A}:role/service-role/x", False),
    ],
)
def test_a_service_linked_role_is_known_by_its_path(arn, linked):
    assert caller_from_arn(arn).service_linked is linked
