"""What would be allowed under another resource policy, or under none: the same as asking an estate without policies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.clouds.aws.facts import ELSEWHERE, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.model import Document, Verdict
from tests.estates.aws_random import ACTIONS, make_estate

KINDS = ("s3:object", "s3:bucket", "secretsmanager:secret", "kms:key", "lambda:function")


def stripped(facts: AwsFacts) -> AwsFacts:
    """The estate without resource policies; a public-access block has nothing to block then."""
    bare = {kind: tuple(map(_bare, some)) if kind in KINDS else some for kind, some in facts.resources.items()}
    return replace(facts, resources=bare)


def _bare(item: Resource) -> Resource:
    return replace(item, policies=())


@pytest.mark.parametrize("seed", range(12))
def test_a_rewritten_policy_and_no_policy_are_those_of_an_estate_without_policies(seed: int) -> None:
    facts = make_estate(seed)
    access, bare = AwsAccess(facts), AwsAccess(stripped(facts))
    for action, kind in sorted(ACTIONS.items()):
        if kind not in KINDS:
            continue
        pairs = (
            (access.rewritten(action, kind), bare.opened(action, kind)),
            (access.bare(action, kind), bare.relation(action, kind)),
        )
        for one, other in pairs:
            for who in one.identities:
                assert one.row_of(who) == other.row_of(who), (action, who)


def test_somebody_from_elsewhere_belongs_to_no_organization() -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
    }
    key = f"arn:aws:iam::{ELSEWHERE}:root"
    facts = make_estate(1)
    objects = facts.resources["s3:object"]

    paper = Document("only ours", {"Version": "2012-10-17", "Statement": [deny]})
    closed = tuple(replace(item, policies=(paper,)) for item in objects)
    stranger = Principal(key, PrincipalKind.OUTSIDE, ELSEWHERE)
    access = AwsAccess(replace(facts, principals=(stranger,), resources={**facts.resources, "s3:object": closed}))
    relation = access.opened("s3:GetObject", "s3:object")
    assert {relation.verdict(key, item.arn) for item in objects} == {Verdict.DENIED}
