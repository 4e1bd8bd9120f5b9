"""Names that a new resource could get: one for each pattern that speaks of its kind, and one that no pattern knows.

"May create some function" is then any witness allowed, as with resources that are there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.reference import arn_template
from graph.policy.patterns import Mode, expand, tester, variables_in

_FRESH = "x9zq"  # no policy writes this by chance
_HOLE = re.compile(r"\$\{[^}]*\}")
_DEFAULT_REGION = "us-east-1"


class Witnesses:
    """The fresh names of every kind, for each account of the facts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._facts = engine.known.facts
        self._known: dict[str, tuple[Resource, ...]] = {}

    def of(self, kind: str) -> tuple[Resource, ...]:
        """Sorted by ARN. Their tags are not known: whoever makes them picks them."""
        if kind not in self._known:
            made = {resource.arn: resource for resource in self._made(kind)}
            self._known[kind] = tuple(made[arn] for arn in sorted(made))
        return self._known[kind]

    def _made(self, kind: str) -> Iterator[Resource]:
        template = arn_template(kind)
        if template.count(":") < 5:
            return
        places = self._places(template)
        service = template.split(":")[2]
        patterns = sorted(self._patterns.get(service, set()) | self._patterns.get("*", set()))
        resolved = sorted({text for pattern in patterns for text in self._without_variables(pattern)})
        for account, region in places:
            fresh = _fresh(template, account, region)
            yield self._resource(kind, fresh, account, region)
            for pattern in resolved:
                arn = _instance(pattern, fresh)
                if arn:
                    yield self._resource(kind, arn, account, arn.split(":", 5)[3])

    def _resource(self, kind: str, arn: str, account: str, region: str) -> Resource:
        owner = account if arn.split(":", 5)[4] else None  # a bucket's name is nobody's before it is made
        return Resource(arn, kind, owner, arn, region=region)

    # ----- where

    def _places(self, template: str) -> list[tuple[str, str]]:
        _, _, _, region, account, _ = template.split(":", 5)
        accounts = sorted(self._facts.accounts) if account else [""]
        return [(each, where) for each in accounts for where in (self._regions if region else [""])]

    @cached_property
    def _regions(self) -> list[str]:
        """Where things are, and what conditions on the region speak of."""
        found = {resource.region for of_kind in self._facts.resources.values() for resource in of_kind}
        for text in self._engine.texts:
            for _, statement in text.statements:
                for clause in statement.clauses:
                    if clause.key.lower() == "aws:requestedregion":
                        found.update(value for value in clause.values if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value))
        return sorted(found - {""}) or [_DEFAULT_REGION]

    # ----- patterns

    @cached_property
    def _patterns(self) -> Mapping[str, set[str]]:
        """The resource patterns of Allow statements, by the service that their ARNs name."""
        found: dict[str, set[str]] = defaultdict(set)
        for text in self._engine.texts:
            for _, statement in text.statements:
                for pattern in statement.resources or () if statement.allows and not statement.not_resource else ():
                    parts = pattern.split(":", 5)
                    if len(parts) == 6:
                        found[parts[2]].add(pattern)
        return found

    def _without_variables(self, pattern: str) -> Iterator[str]:
        """The pattern for each caller whose facts fill it in; where nothing is known of them, any text will do."""
        keys = variables_in([pattern])
        if not keys:
            yield pattern
            return
        columns = {key: self._engine.columns.single(key) for key in sorted(keys)}
        yield _HOLE.sub(_FRESH, pattern)
        known = tuple(key for key, column in columns.items() if column is not None)
        if len(known) < len(keys):
            return
        for value in self._engine.columns.joint(known).values:
            pieces = expand(pattern, dict(zip(known, value, strict=True)).__getitem__)
            if isinstance(pieces, tuple):
                yield "".join(text for _, text in pieces)


def _fresh(template: str, account: str, region: str) -> str:
    fixed = {"${Partition}": "aws", "${Account}": account, "${Region}": region}
    return _HOLE.sub(lambda hole: fixed.get(hole.group(), _FRESH), template)


def _instance(pattern: str, fresh: str) -> str:
    """A name of the fresh one's kind and place that the pattern matches; "" if there is none or the fresh one is it."""
    own, theirs = fresh.split(":", 5), pattern.split(":", 5)
    if tester(pattern, Mode.RESOURCE)(fresh):
        return ""
    head = own[5].partition(_FRESH)[0]
    tail = theirs[5]
    name = tail if tail.startswith(head) else head + tail.lstrip("*")
    elsewhere = theirs[3].replace("*", "west-1").replace("?", "1")  # a region where nothing is yet: `eu-*`
    for region in dict.fromkeys((own[3], elsewhere if own[3] and elsewhere else own[3])):
        arn = ":".join([*own[:3], region, own[4], name.replace("*", _FRESH).replace("?", "9")])
        if tester(pattern, Mode.RESOURCE)(arn):
            return arn
    return ""
