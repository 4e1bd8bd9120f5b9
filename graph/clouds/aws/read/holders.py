"""What policies tell apart among objects, with what their variables hold for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.clouds.aws.read.objects import Holder, Objects
from graph.clouds.aws.read.patterns import Values
from graph.model import Document


def objects_of(documents: Iterable[Document], principals: Iterable[Principal], valued: Iterable[str]) -> Objects:
    """What these policies, and those that bind these principals, tell apart among objects."""
    held = [(_binding(principal), _values(principal)) for principal in principals]
    theirs = {id(document) for binding, _ in held for document in binding}
    variables: dict[str, set[str]] = defaultdict(set)
    for _, values in held:
        for name, value in values.items():
            variables[name].update([value] if value else [])
    common = [document for document in documents if id(document) not in theirs]
    known = {name: frozenset(found) for name, found in variables.items()}
    return Objects([Holder(binding, values) for binding, values in held], common, known, valued)


def _binding(principal: Principal) -> tuple[Document, ...]:
    return (*principal.documents, *([principal.boundary] if principal.boundary else []))


def _values(principal: Principal) -> Values:
    """What policy variables hold for a principal."""
    tags = {f"aws:principaltag/{key.lower()}": value for key, value in (principal.tags or {}).items()}
    user = principal.kind is PrincipalKind.USER
    return {**tags, "aws:username": principal.key.rpartition("/")[2] if user else None}
