"""What the engine is sure of in an estate is so in a world that fits its facts, as the naive evaluator sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.model import Document, Verdict
from tests.estates.aws_random import ACTIONS, make_estate
from tests.graph.oracle.aws import decide

# Grants and access control lists apart, which the cases hold; a world has no open documents.
KINDS = ("secretsmanager:secret", "lambda:function", "kms:key", "iam:user", "iam:role", "s3:object", "s3:bucket")
ASKED = [
    (action, kind) for action, kind in ACTIONS.items() if kind in KINDS and not action.startswith("sts:AssumeRoleW")
]


@pytest.mark.parametrize("seed", range(6))
def test_a_certain_answer_about_an_estate_holds_in_a_world_that_fits_it(seed: int) -> None:
    facts, dice = make_estate(seed), Random(seed)
    access = AwsAccess(facts)
    wrong, compared = [], 0
    for principal, action, resource in _pairs(facts, dice):
        request = _request(facts, principal, action, resource, dice)
        truth = decide(request).verdict
        answer = access.decide(principal.key, action, resource.arn).verdict
        if answer in (Verdict.ALLOWED, Verdict.DENIED) and truth != "unsure":
            compared += 1
            if answer.value != truth:
                wrong.append((answer.value, truth, json.dumps(request)))
    assert wrong == []
    assert compared > 50


def test_what_belongs_to_no_account_is_no_matter_of_outside_accounts() -> None:
    model = "arn:aws:bedrock:eu-west-1::foundation-model/m"
    stranger = Principal("arn:aws:iam::333333333333:root", PrincipalKind.OUTSIDE, "333333333333")
    everything = Document("all", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    own = Principal("arn:aws:iam::111111111111:user/ana", PrincipalKind.USER, "111111111111", documents=(everything,))
    kind = "bedrock:foundation-model"
    resources = {kind: (Resource(model, kind, None, model),)}
    accounts = {"111111111111": Account("111111111111")}
    access = AwsAccess(AwsFacts("aws", principals=(own, stranger), resources=resources, accounts=accounts))
    relation = access.relation("bedrock:InvokeModel", kind)
    for identity, verdict, row in ((own.key, Verdict.ALLOWED, 1), (stranger.key, Verdict.DENIED, 0)):
        assert access.decide(identity, "bedrock:InvokeModel", model).verdict is verdict
        assert relation.row(relation.class_of(identity)).upper == row


def _pairs(facts: AwsFacts, dice: Random) -> Iterator[tuple[Principal, str, Resource]]:
    """A sample of what is read whole."""
    principals = [
        p for p in facts.principals if p.kind in (PrincipalKind.USER, PrincipalKind.ROLE) and _whole_principal(p)
    ]
    for principal in principals:
        for action, kind in ASKED:
            resources = [
                each for each in facts.resources[kind] if _whole(each.policies) and not (each.grants or each.acl)
            ]
            for resource in dice.sample(resources, min(2, len(resources))):
                levels = [*_levels(facts, principal.account, "scps"), *_levels(facts, resource.account, "rcps")]
                if "*" not in resource.arn and all(_whole(level) for level in levels):
                    yield principal, action, resource


def _whole_principal(principal: Principal) -> bool:
    return _whole((*principal.documents, *([principal.boundary] if principal.boundary else [])))


def _whole(documents: Any) -> bool:
    """All could be read, and no statement is broken."""
    return all(document.body is not None and all(map(_sound, _statements(document.body))) for document in documents)


def _statements(body: Any) -> list[Any]:
    return body["Statement"] if isinstance(body["Statement"], list) else [body["Statement"]]


def _sound(statement: Any) -> bool:
    texts = json.dumps(statement)
    broken = not isinstance(statement, dict) or statement["Effect"] not in ("Allow", "Deny")
    return not broken and "Action" in texts and '"Resource": 7' not in texts and "${nonsense" not in texts


def _levels(facts: AwsFacts, account: str | None, field: str) -> tuple[tuple[Document, ...], ...]:
    found = facts.accounts.get(account or "")
    return () if found is None or found.management else getattr(found, field) or ()


def _request(facts: AwsFacts, principal: Principal, action: str, resource: Resource, dice: Random) -> dict[str, Any]:
    trust = resource.kind == "iam:role" and not action.startswith("sts:")
    request: dict[str, Any] = {
        "principal": principal.key,
        "action": action,
        "resource": resource.arn,
        "resource_account": resource.account,
        "context": _world(facts, principal, resource, dice),
        "identity_policies": [document.body for document in principal.documents],
        "scps": [[document.body for document in level] for level in _levels(facts, principal.account, "scps")],
        "rcps": [[document.body for document in level] for level in _levels(facts, resource.account, "rcps")],
        "s3_block_public_access": resource.public_block is True,
    }
    if principal.boundary:
        request["boundary"] = principal.boundary.body
    if resource.policies and not trust:
        request["resource_policy"] = resource.policies[0].body
    return request


def _world(facts: AwsFacts, principal: Principal, resource: Resource, dice: Random) -> dict[str, Any]:
    """A context that fits what the facts say; what they do not say is chosen."""
    chosen = {
        "aws:SecureTransport": dice.choice(("true", "false")),
        "aws:SourceIp": dice.choice(("10.0.0.1", "192.0.2.1")),
        "aws:SourceVpce": dice.choice((None, "vpce-1")),
        "aws:MultiFactorAuthPresent": dice.choice((None, "true", "false")),
        "aws:TokenIssueTime": "2026-01-01T00:00:00Z" if principal.kind is PrincipalKind.ROLE else None,
        "aws:CurrentTime": facts.collected_at or "2026-01-02T00:00:00Z",
        "aws:userid": principal.uid + (":s1" if principal.kind is PrincipalKind.ROLE else ""),
        "aws:RequestedRegion": resource.region or "us-east-1",
        "aws:PrincipalOrgID": facts.accounts[principal.account or ""].organization,
        "aws:ResourceOrgID": facts.accounts[resource.account or ""].organization,
    }
    context: dict[str, Any] = {key: value for key, value in chosen.items() if value is not None}
    context["aws:PrincipalOrgPaths"] = [facts.accounts[principal.account or ""].path]
    context |= {f"aws:PrincipalTag/{key}": value for key, value in (principal.tags or {}).items()}
    if resource.abac:  # the objects of a bucket answer to its tags
        context |= {f"aws:ResourceTag/{key}": value for key, value in (resource.tags or {}).items()}
    return context
