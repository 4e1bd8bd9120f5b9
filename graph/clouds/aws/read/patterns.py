"""What policies write about resources: which object classes a bucket has, and which things are named literally."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod

from graph.clouds.aws.read.estate import spread
from graph.clouds.aws.read.trust import statements
from graph.model import Document
from graph.policy.examples import OTHER, Glob, after, examples, widened

_VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")
_WILD = re.compile(r"[*?]")
_STARS = re.compile(r"\*+")
_MANY = 64  # more ways to fill in the variables of one pattern are not told apart,
_MANY_HERE = 1000  # or of one that speaks of a single bucket
_ENOUGH = 4000  # see `examples`; a bucket has few patterns, but there are many buckets
_EVERY_KEY: Glob = frozenset("*")
_NO_KEY: Glob = frozenset()

Variables = Mapping[str, frozenset[str]]  # what a policy variable may hold, by lower-case name
Values = Mapping[str, str]  # what variables hold for one principal
Held = Mapping[str, Sequence[Values]]  # by pattern, what is known of each principal that holds it


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


def variables_in(pattern: str) -> tuple[str, ...]:
    """The names of its variables, in lower case."""
    return tuple(dict.fromkeys(name.strip().lower() for name in _VARIABLE.findall(pattern)))


def fillings(pattern: str, variables: Variables) -> Iterable[Values]:
    """Every way to fill in the variables of a pattern; none where nobody knows them, or there are too many ways."""
    names = variables_in(pattern)
    known = [sorted(variables.get(name, ())) for name in names]
    if not all(known) or prod(map(len, known)) > _MANY:
        return ()
    return (dict(zip(names, chosen, strict=True)) for chosen in product(*known))


def filled(pattern: str, values: Values) -> str:
    return _VARIABLE.sub(lambda found: values[found.group(1).strip().lower()], pattern)


def witness(pattern: str) -> str:
    """A name that the pattern matches and that other patterns match only if they are as wide."""
    return _STARS.sub(OTHER, pattern).replace("?", OTHER)


class Objects:
    """The object patterns of all policies, by the buckets they speak of."""

    def __init__(self, patterns: Iterable[str], variables: Variables, held: Held | None = None) -> None:
        self._variables, self._held = variables, held or {}
        self._exact: dict[str, set[Glob]] = defaultdict(set)
        self._globs: set[str] = set()
        self._open: set[str] = set()  # with wildcards for variables that were not filled in
        self._elsewhere: set[str] = set()  # patterns that may speak of access points
        self._named: set[str] = set()
        for pattern in patterns:
            _, s3, rest = pattern.partition(":s3:::")
            if s3:
                self._named.add(rest.partition("/")[0])
                self._learn(rest, pattern)
            elif after(f"{pattern.partition('${')[0]}*", "arn:aws:s3:"):
                self._learn_arn(pattern)

    def _learn(self, pattern: str, written: str = "") -> None:
        """Of buckets and keys."""
        for one in self._filled(pattern, written):
            bucket, slash, key = one.partition("/")
            if _WILD.search(bucket):
                self._globs.add(one)
            elif slash:
                self._exact[bucket].add(frozenset([key]))

    def _learn_arn(self, pattern: str) -> None:
        """One whose wildcards take in what stands before the bucket's name, or one of access points."""
        for one in self._filled(pattern, pattern):
            self._elsewhere.add(one)
            rests = after(one, "arn:aws:s3:::")
            self._open.update(rests if one in self._open else ())
            for rest in rests:
                self._learn(rest)

    def _filled(self, pattern: str, written: str) -> Iterable[str]:
        """A part of a pattern as it is for each principal that holds it, or for whomever its variables may mean.

        Where that is not known, with wildcards.
        """
        names = variables_in(pattern)
        if not names:
            return (pattern,)
        if written in self._held:
            known = [values for values in self._held[written] if values.keys() >= set(names)]
            told = len(known) == len(self._held[written])
        else:
            known = list(fillings(pattern, self._variables))
            told = bool(known)
        found = sorted({filled(pattern, values) for values in known})
        many = _MANY_HERE if literal(pattern.partition("/")[0]) else _MANY
        if told and len(found) <= many:
            return found
        loose = _VARIABLE.sub("*", pattern)
        self._open.add(loose)
        return (loose, *found[:many])

    def literal(self) -> tuple[str, ...]:
        """The buckets that policies name without a wildcard, sorted."""
        return tuple(sorted(name for name in self._named if name and literal(name)))

    def through(self, point: str) -> tuple[str, ...]:
        """The names that stand for the classes of objects behind an access point, as `classes` does."""
        left = {pattern: _of_keys(after(pattern, f"{point}/object/")) for pattern in self._elsewhere}
        loose = frozenset(left[pattern] for pattern in self._elsewhere & self._open)
        return _classes(frozenset(left.values()) - {_NO_KEY}, loose - {_NO_KEY})

    def classes(self, buckets: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each bucket the names that stand for its object classes: one for each way in which all patterns together
        can match a name.

        Where that cannot be had, for too many patterns cross one another or a variable is not known, also names that
        are not known in full, so that what they hide is unknown rather than denied.
        """
        names = sorted(set(buckets))
        keys = {bucket: set(self._exact.get(bucket, ())) for bucket in names}
        loose: dict[str, set[Glob]] = defaultdict(set)
        for pattern in sorted(self._globs):
            for bucket, glob in _keys(pattern, names):
                keys[bucket].add(glob)
        for pattern in sorted(self._open):
            for bucket, glob in _keys(pattern, names):
                loose[bucket].add(glob)
        return {bucket: _classes(frozenset(keys[bucket]), frozenset(loose[bucket])) for bucket in names}


@lru_cache(maxsize=4096)
def _classes(globs: frozenset[Glob], loose: frozenset[Glob]) -> tuple[str, ...]:
    found = examples(globs - {_EVERY_KEY}, enough=_ENOUGH)
    if found.whole:
        return tuple(sorted({*found.texts, *(name for glob in loose for name in widened(glob))}))
    plain = {witness(form) for glob in globs | {_EVERY_KEY} for form in glob}
    return tuple(sorted({*plain, *(name for glob in globs | {_EVERY_KEY} for name in widened(glob))}))


def _keys(pattern: str, names: list[str]) -> Iterator[tuple[str, Glob]]:
    """The sorted buckets in which the pattern matches objects, with what it leaves of their keys.

    Its wildcards run on past the name of the bucket: `*-logs/*` is also `data/old-logs/x`.
    """
    prefix = _WILD.split(pattern, maxsplit=1)[0].partition("/")[0]
    for name in names[bisect_left(names, prefix) :]:
        if not name.startswith(prefix):
            return
        left = _of_keys(after(pattern, f"{name}/"))
        if left:
            yield name, left


def _of_keys(left: Glob) -> Glob:
    """Of equal globs one; no key is empty."""
    return _EVERY_KEY if "*" in left else left - {""}
