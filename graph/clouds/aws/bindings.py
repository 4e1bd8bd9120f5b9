"""The documents that say what a user, role or group may do, each with the way in which it comes to bind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.cloud import Binding
from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.model import Document


def bindings(facts: AwsFacts) -> Iterator[Binding]:
    """What is bound to an identity itself first, then what its groups hand on, its boundary and its trust."""
    groups = {group.arn: group for group in facts.resources.get("iam:group", ())}
    trusts = {role.arn: role.policies for role in facts.resources.get("iam:role", ())}
    for principal in facts.principals:
        yield from _own(principal)
        yield from _handed_on(principal, groups)
        if principal.boundary:
            yield Binding(principal.key, "permissions boundary", principal.boundary)
        for document in trusts.get(principal.key, ()):
            yield Binding(principal.key, "trust policy", document)
    for group in groups.values():
        yield from (Binding(group.arn, _kind(group.arn, document), document) for document in group.policies)


def _own(principal: Principal) -> Iterator[Binding]:
    for document in principal.documents:
        if document.name in principal.attached or _is_inline(principal.key, document):
            yield Binding(principal.key, _kind(principal.key, document), document)


def _handed_on(principal: Principal, groups: Mapping[str, Resource]) -> Iterator[Binding]:
    for arn in principal.groups:
        for document in groups[arn].policies if arn in groups else ():
            yield Binding(principal.key, _kind(arn, document), document, arn)


def _kind(holder: str, document: Document) -> str:
    return "inline policy" if _is_inline(holder, document) else "attached policy"


def _is_inline(holder: str, document: Document) -> bool:
    """Inline policies have no ARN of their own: they are named after their holder."""
    return document.name.startswith(f"{holder} inline ")
