"""Names that a new resource could get: in each account one for each way in which policies can tell names apart.

"May create some function" is then any witness allowed, as with resources that are there. Where patterns cross one
another too often for that, names that are not known in full stand in, so that nothing is denied for want of an example.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.reference import arn_template
from graph.clouds.aws.policy.shapes import REGIONS, Place, Shape, fits, partition_of, shape_of
from graph.policy.examples import ANY_TEXT, Glob, examples, widened
from graph.policy.patterns import ABSENT, UNKNOWN, Context, State, expand, loose, variables_in, well_formed

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class Witnesses:
    """The fresh names of every kind, for each account of the facts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._facts = engine.known.facts
        self._known: dict[str, tuple[Resource, ...]] = {}

    def of(self, kind: str) -> tuple[Resource, ...]:
        """Sorted by ARN. Their tags are not known: whoever makes them picks them."""
        if kind not in self._known:
            shape = shape_of(arn_template(kind))
            made = {each.arn: each for each in self._made(kind, shape)} if shape else {}
            self._known[kind] = tuple(made[arn] for arn in sorted(made))
        return self._known[kind]

    def _made(self, kind: str, shape: Shape) -> Iterator[Resource]:
        for place, globs in self._places(kind, shape):
            for name in _names(globs, shape.name):
                yield _new(kind, shape.at(place) + name, place)

    # ----- where

    def _places(self, kind: str, shape: Shape) -> Iterator[tuple[Place, frozenset[Glob]]]:
        """Each account, and in it one of the regions that policies treat alike; with what they leave of names there."""
        by_account, elsewhere = self._sorted(shape)
        for partition, account in self._accounts if shape.in_account else sorted({(p, "") for p, _ in self._accounts}):
            patterns = by_account[account] | by_account["*"]
            segments = sorted({pattern.split(":", 4)[3] for pattern in patterns})
            seen = set()
            for region in self._regions(partition) if shape.in_region else ("",):
                place = Place(partition, account, region)
                beyond = shape.left_of(elsewhere | self._local(_new(kind, shape.at(place), place)), place)
                told = (beyond, *(fits(segment, region) for segment in segments), *self._asked(region))
                if told not in seen:
                    seen.add(told)
                    yield place, beyond | shape.left_of(patterns, place)

    def _sorted(self, shape: Shape) -> tuple[dict[str, set[str]], set[str]]:
        """Patterns by the account they name, `*` if by a wildcard; and those whose wildcards run on past colons."""
        by_account: dict[str, set[str]] = defaultdict(set)
        elsewhere = set()
        for pattern in self._patterns[shape.service] | self._patterns["*"]:
            excess = shape.excess(pattern)
            if excess < 0:
                elsewhere.add(pattern)
            elif not excess:
                account = pattern.split(":", 5)[4]
                by_account["*" if "*" in account or "?" in account else account].add(pattern)
        return by_account, elsewhere

    @cached_property
    def _accounts(self) -> list[tuple[str, str]]:
        """With the partition that each is in, as its identities' ARNs tell."""
        told = {
            p.account: p.key.split(":")[1] for p in self._facts.principals if p.account and p.key.startswith("arn:")
        }
        return sorted((told.get(account, "aws"), account) for account in self._facts.accounts)

    def _regions(self, partition: str) -> list[str]:
        return [region for region in self._all_regions if partition_of(region) == partition]

    @cached_property
    def _all_regions(self) -> tuple[str, ...]:
        """Where things are first, then those that policies name, then all others."""
        used = {resource.region for of_kind in self._facts.resources.values() for resource in of_kind}
        named = {segment for texts in self._patterns.values() for text in texts for segment in text.split(":")[3:4]}
        known = [sorted(filter(_REGION.fullmatch, regions)) for regions in (used, named | self._asked_for)]
        return tuple(dict.fromkeys((*known[0], *known[1], *REGIONS)))

    def _asked(self, region: str) -> tuple[bool, ...]:
        """What conditions on the region can tell of it."""
        return tuple(fits(value, region) for value in sorted(self._asked_for))

    @cached_property
    def _asked_for(self) -> frozenset[str]:
        clauses = (clause for statement in self._statements for clause in statement.clauses)
        asked = (clause.values for clause in clauses if clause.key.lower() == "aws:requestedregion")
        return frozenset(loose(value).lower() for values in asked for value in values)

    # ----- patterns

    @cached_property
    def _statements(self) -> list[Statement]:
        return [statement for text in self._engine.texts for _, statement in text.statements]

    @cached_property
    def _patterns(self) -> dict[str, set[str]]:
        """All patterns by the service they name, `*` if by a wildcard or none; variables filled in for each caller."""
        found: dict[str, set[str]] = defaultdict(set)
        for pattern in sorted(self._written[0]):
            service = (pattern.split(":", 5)[2:3] or ["*"])[0]
            found["*" if "*" in service or "?" in service else service].add(pattern)
        return found

    @cached_property
    def _written(self) -> tuple[set[str], set[str]]:
        """Patterns with the variables of callers filled in; and those with variables that hang on the place."""
        plain, local = set(), set()
        for pattern, live in {(p, s.variables and "${" in p) for s in self._statements for p in s.resources or ()}:
            if not live:
                plain.add(pattern)
            elif not well_formed(pattern):
                plain.add(pattern.partition("${")[0] + "*")
            elif all(map(self._engine.columns.knows, variables_in([pattern]))):
                plain.update(self._filled(pattern, _nothing_known))
            else:
                local.add(pattern)
        return plain, local

    def _local(self, there: Resource) -> set[str]:
        """The patterns whose variables hang on the place, as they are there."""

        def state(key: str) -> State:
            fact = self._engine.known.resource(key)
            return fact(there) if fact else self._engine.known.constant(key)

        return {text for pattern in self._written[1] for text in self._filled(pattern, state)}

    def _filled(self, pattern: str, beside: Context) -> Iterator[str]:
        """The pattern for each caller, with a wildcard for what is not known."""
        columns = self._engine.columns
        keys = tuple(key for key in sorted(variables_in([pattern])) if columns.knows(key))
        for values in columns.joint(keys).values if keys else ((),):
            of_caller = dict(zip(keys, values, strict=True))
            pieces = expand(pattern, lambda key, own=of_caller: own[key] if key in own else beside(key))  # type: ignore[misc]
            if pieces is not ABSENT:
                yield loose(pattern) if pieces is UNKNOWN else "".join(text for _, text in pieces)  # type: ignore[union-attr]


def _nothing_known(_key: str) -> State:
    return UNKNOWN


def _new(kind: str, arn: str, place: Place) -> Resource:
    """A bucket's name is nobody's before it is made."""
    return Resource(arn, kind, place.account or None, arn, region=place.region)


@lru_cache(maxsize=4096)
def _names(globs: frozenset[Glob], within: str) -> tuple[str, ...]:
    found = examples(globs, within)
    if found.whole:
        return found.texts
    return tuple(sorted({*found.texts, ANY_TEXT, *(name for glob in globs for name in widened(glob))}))
