"""Policies that deny or bound, put onto the identities and groups of a small estate.

`{"iam:role eve": {"inline": {"no": ["s3:* on *"]}, "attached": {…}, "boundary": {"edge": ["s3:* on *"]}}}`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.model import Document

Limits = Mapping[str, Mapping[str, Any]]
Naming = Callable[[str], str]
Writing = Callable[[str, list[str], list[str]], Document]


def limited(facts: AwsFacts, limits: Limits, arn: Naming, write: Writing) -> AwsFacts:
    """The facts with these limits; `arn` and `write` make names and documents from words."""
    held = {arn(holder): tuple(_documents(arn(holder), about, arn, write)) for holder, about in limits.items()}
    bounds = {arn(holder): _boundary(about, arn, write) for holder, about in limits.items()}
    attached = {
        arn(h): tuple(arn(f"iam:policy {name}") for name in about.get("attached", {})) for h, about in limits.items()
    }
    principals = tuple(_under(one, held, attached, bounds.get(one.key)) for one in facts.principals)
    groups = tuple(_handing(group, held.get(group.arn, ())) for group in facts.resources.get("iam:group", ()))
    names = {
        arn(f"iam:policy {n}") for a in limits.values() for how in ("attached", "boundary") for n in a.get(how, {})
    }
    known = {item.arn: item for item in facts.resources.get("iam:policy", ())}
    account = next(iter(facts.accounts))
    policies = {
        name: known.get(name) or Resource(name, "iam:policy", account, name, tags={}) for name in {*known, *names}
    }
    resources = {
        **facts.resources,
        "iam:policy": tuple(policies[name] for name in sorted(policies)),
        "iam:group": groups,
    }
    return replace(facts, principals=principals, resources=resources)


def _documents(holder: str, about: Mapping[str, Any], arn: Naming, write: Writing) -> Iterator[Document]:
    for name, denied in about.get("inline", {}).items():
        yield write(f"{holder} inline {name}", [], denied)
    for name, denied in about.get("attached", {}).items():
        yield write(arn(f"iam:policy {name}"), [], denied)


def _boundary(about: Mapping[str, Any], arn: Naming, write: Writing) -> Document | None:
    return next(
        (write(arn(f"iam:policy {name}"), allow, []) for name, allow in about.get("boundary", {}).items()), None
    )


def _under(
    one: Principal,
    held: Mapping[str, tuple[Document, ...]],
    attached: Mapping[str, tuple[str, ...]],
    boundary: Document | None,
) -> Principal:
    given = (document for holder in (one.key, *one.groups) for document in held.get(holder, ()))
    documents = {document.name: document for document in (*one.documents, *given)}
    return replace(
        one,
        documents=tuple(documents.values()),
        boundary=boundary or one.boundary,
        attached=(*one.attached, *attached.get(one.key, ())),
        policies=(
            *one.policies,
            *attached.get(one.key, ()),
            *(p for group in one.groups for p in attached.get(group, ())),
        ),
    )


def _handing(group: Resource, given: tuple[Document, ...]) -> Resource:
    names = tuple(group.attributes.get("documents") or ())  # type: ignore[call-overload]
    return replace(
        group, attributes={**group.attributes, "documents": (*names, *(document.name for document in given))}
    )
