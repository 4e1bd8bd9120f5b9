"""What policies write about resources: patterns, and what the variables in them may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod

from graph.clouds.aws.read.estate import spread
from graph.clouds.aws.read.trust import statements
from graph.model import Document
from graph.policy.examples import OTHER

WILD = re.compile(r"[*?]")
_VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")
_STARS = re.compile(r"\*+")

Variables = Mapping[str, frozenset[str]]  # what a policy variable may hold, by lower-case name
Values = Mapping[str, str | None]  # what variables hold for one principal; None: surely nothing


def written(document: Document) -> Iterator[tuple[str, bool]]:
    """Every Resource and NotResource, and whether something may be lost by it rather than gained."""
    for statement in statements(document):
        for element in ("Resource", "NotResource"):
            patterns = (value for value in spread(statement.get(element)) if isinstance(value, str))
            for pattern in patterns:
                yield pattern, (statement.get("Effect") == "Allow") != (element == "Resource")


def resource_patterns(documents: Iterable[Document]) -> tuple[str, ...]:
    """Every distinct Resource and NotResource, sorted."""
    return tuple(sorted({pattern for document in documents for pattern, _ in written(document)}))


def buckets_named(documents: Iterable[Document]) -> tuple[str, ...]:
    """The buckets that patterns name without a wildcard, sorted."""
    rests = (pattern.partition(":s3:::")[2] for pattern in resource_patterns(documents))
    names = {rest.partition("/")[0] for rest in rests}
    return tuple(sorted(name for name in names if name and literal(name)))


def literal(pattern: str) -> bool:
    """Names one thing and nothing else."""
    return not WILD.search(pattern) and "${" not in pattern


def variables_in(pattern: str) -> tuple[str, ...]:
    """The names of its variables, in lower case."""
    return tuple(dict.fromkeys(name.strip().lower() for name in _VARIABLE.findall(pattern)))


def fillings(pattern: str, variables: Variables, many: int) -> Iterable[Values]:
    """Every way to fill in the variables of a pattern; none where nobody knows them, or there are too many ways."""
    names = variables_in(pattern)
    known = [sorted(variables.get(name, ())) for name in names]
    if not all(known) or prod(map(len, known)) > many:
        return ()
    return (dict(zip(names, chosen, strict=True)) for chosen in product(*known))


def filled(pattern: str, values: Values) -> str:
    """Every variable must have a value."""
    return _VARIABLE.sub(lambda found: values[found.group(1).strip().lower()] or "", pattern)


def loosened(pattern: str) -> str:
    """The pattern with wildcards for its variables."""
    return _VARIABLE.sub("*", pattern)


def witness(pattern: str) -> str:
    """A name that the pattern matches and that other patterns match only if they are as wide."""
    return _STARS.sub(OTHER, pattern).replace("?", OTHER)
