"""What policies write about resources: which object classes a bucket has, and which things are named literally."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from itertools import product

from graph.clouds.aws.read.estate import spread
from graph.clouds.aws.read.trust import statements
from graph.model import Document

OTHER = "~"  # stands for what a wildcard takes; policies do not write it
_VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")
_WILD = re.compile(r"[*?]")
_STARS = re.compile(r"\*+")
_MANY = 64  # more values of one variable than this are not told apart

Variables = Mapping[str, frozenset[str]]  # what a policy variable may hold, by lower-case name


def resource_patterns(documents: Iterable[Document]) -> tuple[str, ...]:
    """Every distinct Resource and NotResource, sorted."""
    found: set[str] = set()
    for document in documents:
        for statement in statements(document):
            for element in ("Resource", "NotResource"):
                found.update(v for v in spread(statement.get(element)) if isinstance(v, str))
    return tuple(sorted(found))


def literal(pattern: str) -> bool:
    """Names one thing and nothing else."""
    return not _WILD.search(pattern) and "${" not in pattern


def filled(pattern: str, variables: Variables) -> Iterator[str]:
    """The pattern with each value its variables may hold; a variable that nobody knows is as good as a wildcard."""
    names = dict.fromkeys(name.strip().lower() for name in _VARIABLE.findall(pattern))
    known = [sorted(variables.get(name, ())) for name in names]
    choices = [held if held and len(held) <= _MANY else ["*"] for held in known]
    for chosen in product(*choices):
        values = dict(zip(names, chosen, strict=True))
        yield _VARIABLE.sub(lambda m, v=values: v[m.group(1).strip().lower()], pattern)  # type: ignore[misc]


def witness(pattern: str) -> str:
    """A name that the pattern matches and that other patterns match only if they are as wide."""
    return _STARS.sub(OTHER, pattern).replace("?", OTHER)


class Objects:
    """The object patterns of all policies, by the buckets they speak of."""

    def __init__(self, patterns: Iterable[str], variables: Variables) -> None:
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._globs: dict[str, set[str]] = defaultdict(set)
        self._named: set[str] = set()
        for pattern in patterns:
            _, s3, rest = pattern.partition(":s3:::")
            if s3:
                self._named.add(rest.partition("/")[0])
                for one in filled(rest, variables):
                    self._add(one)

    def _add(self, pattern: str) -> None:
        bucket, slash, key = pattern.partition("/")
        if not slash and "*" in bucket:  # the wildcard runs on into the object's name
            bucket, star, key = bucket.partition("*")
            bucket, key = bucket + star, star + key
        if key:
            (self._globs if _WILD.search(bucket) else self._exact)[bucket].add(key)

    def literal(self) -> tuple[str, ...]:
        """The buckets that policies name without a wildcard, sorted."""
        return tuple(sorted(name for name in self._named if name and literal(name)))

    def classes(self, buckets: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each bucket the names that stand for its object classes: one for each pattern, one for all the rest."""
        names = sorted(set(buckets))
        keys = {bucket: {OTHER} | {witness(key) for key in self._exact.get(bucket, ())} for bucket in names}
        for glob, patterns in self._globs.items():
            found = {witness(key) for key in patterns}
            for bucket in _matching(glob, names):
                keys[bucket] |= found
        return {bucket: tuple(sorted(classes)) for bucket, classes in keys.items()}


def _matching(glob: str, names: list[str]) -> Iterator[str]:
    """The sorted names that a glob matches: only those with its fixed beginning are looked at."""
    prefix = _WILD.split(glob, maxsplit=1)[0]
    test = re.compile(translate(glob.replace("[", "[[]"))).match
    for name in names[bisect_left(names, prefix) :]:
        if not name.startswith(prefix):
            return
        if test(name):
            yield name
