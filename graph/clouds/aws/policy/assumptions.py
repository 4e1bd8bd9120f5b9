"""What a decision takes for granted: limits and grants that were never asked for, where the action feels them."""

from __future__ import annotations

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.rules import rcp_services

# The kinds of resource whose policies a snapshot can hold (see the tables of calls in `formats`).
_WITH_POLICIES = frozenset({"s3", "kms", "secretsmanager", "sqs", "sns", "lambda", "ecr", "dynamodb", "bedrock"})
_OF_CALLERS = frozenset({"scp"})


def of_caller(facts: AwsFacts, account: str | None) -> tuple[str, ...]:
    """Limits on the identities of an account that were never asked for."""
    return tuple(word for word in facts.assumed.get(account or "", ()) if word in _OF_CALLERS)


def of_resource(facts: AwsFacts, account: str | None, action: str, kind: str) -> tuple[str, ...]:
    """Limits and grants on the resources of an account that were never asked for."""
    return tuple(word for word in facts.assumed.get(account or "", ()) if _felt(word, action.lower(), kind.lower()))


def _felt(word: str, action: str, kind: str) -> bool:
    service = action.partition(":")[0]
    if word == "rcp":
        return service in rcp_services() and action != "kms:retiregrant"
    if word in ("public_access_block", "acl"):
        return service == "s3"
    return word == "resource_policy" and service in _WITH_POLICIES and kind.partition(":")[0] == service
