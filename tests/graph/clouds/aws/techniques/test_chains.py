"""Whoever writes the policy of somebody that it becomes only through others is administrator all the same."""

from __future__ import annotations

from typing import Any

import pytest

from graph.cloud import Technique
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Proof, Strength, Verdict
from tests.estates.aws_small import ROOT, arn, small

RULES: dict[str, Technique] = {technique.key: technique for technique in TECHNIQUES}
EVE = arn("iam:user eve")
WRITING = ["iam:PutRolePolicy on iam:role last", "sts:AssumeRole on iam:role first"]
FIRST = {"trusts": ["iam:user eve"], "allow": ["sts:AssumeRole on *"]}
SECOND = {"trusts": ["iam:role first"], "allow": ["sts:AssumeRole on *"]}
TWO = {"first": FIRST, "last": {"trusts": ["iam:role first"]}}
THREE = {"first": FIRST, "second": SECOND, "last": {"trusts": ["iam:role second"]}}


def found(rule: str, end: str = ROOT, source: str = EVE, **words: Any) -> tuple[Verdict, Proof]:
    """What everybody's answer says, which the replay must say too."""
    access = AwsAccess(small(words))
    reached = RULES[rule].solve(access).reaches
    assert reached is not None
    proof = RULES[rule].prove(access, source, end)
    assert proof.verdict is reached.verdict(source, end)
    return proof.verdict, proof


def chain(proof: Proof) -> list[str]:
    return [because.words for because in proof.because if because.layer == "chain"]


def test_of_two_moves() -> None:
    verdict, proof = found("aws.put-role-policy-assume", allow=WRITING, roles=TWO)
    assert (verdict, proof.via) == (Verdict.ALLOWED, arn("iam:role last"))
    first, last = arn("iam:role first"), arn("iam:role last")
    assert chain(proof) == [f"{EVE} becomes {first}", f"{first} becomes {last}"]
    assert {evidence.document for evidence in proof.evidence} == {"own", "first trust", "last trust"}


def test_of_three_moves_through_a_host_and_a_user() -> None:
    assert found("aws.put-role-policy-assume", allow=WRITING, roles=THREE)[0] is Verdict.ALLOWED
    roles = {
        "first": {"service": "lambda.amazonaws.com", "allow": ["iam:CreateAccessKey on iam:user ann"]},
        "last": {"trusts": ["iam:user ann"]},
    }
    verdict, proof = found(
        "aws.put-role-policy-assume",
        allow=["iam:PutRolePolicy on iam:role last", "lambda:UpdateFunctionCode on lambda:function it"],
        roles=roles,
        users={"ann": {"allow": ["sts:AssumeRole on *"]}},
        things={"lambda:function it": {"runs_as": "first"}},
    )
    assert (verdict, len(chain(proof))) == (Verdict.ALLOWED, 3)


@pytest.mark.parametrize(
    "last",
    [
        {"trusts": ["iam:role nobody"]},
        {"trusts": ["iam:role second"], "boundary": ["s3:* on *"]},
    ],
    ids=["the last move is not allowed", "a boundary keeps it from being administrator"],
)
def test_that_does_not_get_there(last: dict[str, Any]) -> None:
    roles = {**THREE, "last": last}
    assert found("aws.put-role-policy-assume", allow=WRITING, roles=roles)[0] is Verdict.DENIED


def test_whose_middle_is_denied() -> None:
    roles = {**THREE, "second": {**SECOND, "deny": ["sts:AssumeRole on iam:role last"]}}
    assert found("aws.put-role-policy-assume", allow=WRITING, roles=roles)[0] is Verdict.DENIED


def test_is_as_sure_as_its_least_sure_move() -> None:
    asked = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    maybe = {**SECOND, "trust_if": asked}
    roles = {**THREE, "second": maybe}
    assert found("aws.put-role-policy-assume", allow=WRITING, roles=roles)[0] is Verdict.CONDITIONAL
    sure = {**TWO["last"], "trusts": ["iam:role second", "iam:role first"]}
    assert found("aws.put-role-policy-assume", allow=WRITING, roles={**roles, "last": sure})[0] is Verdict.ALLOWED


def test_does_not_lead_through_whom_one_only_uses() -> None:
    words: dict[str, Any] = {
        "allow": ["iam:PutRolePolicy on iam:role last", "iam:CreateServiceSpecificCredential on iam:user ann"],
        "roles": {"last": {"trusts": ["iam:user ann"]}},
        "users": {"ann": {"allow": ["bedrock:CallWithBearerToken on *"]}},
    }
    assert RULES["aws.create-service-credential"].strength is Strength.USES
    assert found("aws.create-service-credential", arn("iam:user ann"), **words)[0] is Verdict.ALLOWED
    assert found("aws.put-role-policy-assume", **words)[0] is Verdict.DENIED


def test_frees_an_identity_at_its_end() -> None:
    bound = {"trusts": ["iam:role first"], "boundary": ["s3:* on *"], "allow": ["iam:PutRolePolicy on *"]}
    words: dict[str, Any] = {
        "allow": ["iam:DeleteRolePermissionsBoundary on iam:role last", "sts:AssumeRole on iam:role first"],
        "roles": {"first": FIRST, "last": bound},
    }
    verdict, proof = found("aws.delete-role-permissions-boundary", **words)
    assert (verdict, proof.via, len(chain(proof))) == (Verdict.ALLOWED, arn("iam:role last"), 2)
    shut = {"first": {**FIRST, "deny": ["sts:AssumeRole on *"]}, "last": bound}
    assert found("aws.delete-role-permissions-boundary", **{**words, "roles": shut})[0] is Verdict.DENIED


def test_starts_from_one_freed_identity_with_all_others_as_they_are() -> None:
    """Ann's boundary is not the one that Eve may take off, so what Ann could do without it opens nothing to Eve."""
    roles = {
        "one": {
            "trusts": ["iam:user eve"],
            "boundary": ["s3:* on *"],
            "allow": ["sts:AssumeRole on iam:role two", "iam:PutRolePolicy on iam:role last"],
        },
        "two": {"trusts": ["iam:role one"], "boundary": ["s3:* on *"], "allow": ["sts:AssumeRole on iam:role last"]},
        "last": {"trusts": ["iam:role two"]},
    }
    allow = ["iam:DeleteRolePermissionsBoundary on iam:role one", "sts:AssumeRole on iam:role one"]
    ann = {"allow": ["iam:DeleteRolePermissionsBoundary on iam:role two", "sts:AssumeRole on iam:role two"]}
    words: dict[str, Any] = {"allow": allow, "roles": roles, "users": {"ann": ann}}
    words["roles"]["two"]["trusts"].append("iam:user ann")
    rule = "aws.delete-role-permissions-boundary"
    assert found(rule, arn("iam:role two"), **words)[0] is Verdict.ALLOWED
    assert found(rule, **words)[0] is Verdict.DENIED
    assert found(rule, arn("iam:role last"), arn("iam:user ann"), **words)[0] is Verdict.ALLOWED
    free = {**roles["two"]}
    del free["boundary"]
    assert found(rule, **{**words, "roles": {**roles, "two": free}})[0] is Verdict.ALLOWED


# ----- being several at once

BOTH: dict[str, Any] = {
    "allow": [],
    "roles": {
        "writer": {"trusts": ["iam:user eve"], "allow": ["iam:PutRolePolicy on iam:role last"]},
        "last": {"trusts": ["iam:user eve"]},
    },
}


def test_as_one_identity_it_widens_another_that_it_becomes_too() -> None:
    verdict, proof = found("aws.put-role-policy-assume", **BOTH)
    assert (verdict, proof.via) == (Verdict.ALLOWED, arn("iam:role last"))
    assert chain(proof) == [f"as {arn('iam:role writer')} it widens {arn('iam:role last')}"]
    assert found("aws.put-role-policy-assume", source=arn("iam:role writer"), **BOTH)[0] is Verdict.DENIED


def test_as_another_identity_it_widens_itself() -> None:
    writer = {"trusts": ["iam:user eve"], "allow": ["iam:PutUserPolicy on iam:user eve"]}
    assert found("aws.put-user-policy-key", allow=[], roles={"writer": writer})[0] is Verdict.ALLOWED
    others = {"writer": {**writer, "trusts": ["iam:role nobody"]}}
    assert found("aws.put-user-policy-key", allow=[], roles=others)[0] is Verdict.DENIED


def test_who_widens_only_itself_is_not_several() -> None:
    """That is the writer's own matter: there is a rule for it, and the path goes through the writer."""
    alone = {"writer": {"trusts": ["iam:user eve"], "allow": ["iam:PutRolePolicy on iam:role writer"]}}
    assert found("aws.put-role-policy-assume", allow=[], roles=alone)[0] is Verdict.DENIED


def test_who_becomes_only_one_of_the_two_owns_nothing() -> None:
    roles = {**BOTH["roles"], "last": {"trusts": ["iam:role nobody"]}}
    assert found("aws.put-role-policy-assume", allow=[], roles=roles)[0] is Verdict.DENIED


def test_a_boundary_on_the_one_that_is_widened_stops_being_several_too() -> None:
    roles = {**BOTH["roles"], "last": {"trusts": ["iam:user eve"], "boundary": ["s3:* on *"]}}
    assert found("aws.put-role-policy-assume", allow=[], roles=roles)[0] is Verdict.DENIED


def test_who_only_leads_to_somebody_that_is_several_gets_no_edge_of_its_own() -> None:
    hub = {"trusts": ["iam:user eve"], "allow": []}
    roles = {name: {**about, "trusts": ["iam:role hub"]} for name, about in BOTH["roles"].items()}
    words: dict[str, Any] = {"allow": [], "roles": {**roles, "hub": hub}}
    assert found("aws.put-role-policy-assume", source=arn("iam:role hub"), **words)[0] is Verdict.ALLOWED
    assert found("aws.put-role-policy-assume", **words)[0] is Verdict.DENIED


def test_taking_a_boundary_off_is_not_told_of_whom_one_is_beside_the_remover() -> None:
    """A limit that docs/decisions names: Eve is the remover and the freed role, and no edge says so."""
    bound = {"trusts": ["iam:user eve"], "boundary": ["s3:* on *"], "allow": ["iam:PutRolePolicy on *"]}
    remover = {"trusts": ["iam:user eve"], "allow": ["iam:DeleteRolePermissionsBoundary on iam:role last"]}
    roles = {"remover": remover, "last": bound}
    assert found("aws.delete-role-permissions-boundary", allow=[], roles=roles)[0] is Verdict.DENIED
