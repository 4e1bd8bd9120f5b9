"""How the ARNs of a kind are built, where such things can be, and what a pattern leaves open of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from graph.policy.examples import Glob, after
from graph.policy.patterns import Mode, tester

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html, as of November 2026
REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"),
    *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *(f"ap-southeast-{n}" for n in range(1, 8)),
    *("af-south-1", "il-central-1", "me-central-1", "me-south-1"),
    *("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1"),
)
_PLACE = re.compile(r"\$\{(?:Partition|Region|Account)\}")
_HOLE = re.compile(r"\$\{[^}]*\}")
_WILD = re.compile(r"[*?]")
_NO_NAME: Glob = frozenset()
_after = lru_cache(maxsize=65536)(after)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new resource could be; account and region are empty where its ARN does not say."""

    partition: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The ARNs of a kind: a `head` that is fixed once the place is, and what can follow it, as a glob."""

    head: str
    name: str

    @property
    def service(self) -> str:
        return self.head.split(":")[2]

    @property
    def in_account(self) -> bool:
        return "${Account}" in self.head

    @property
    def in_region(self) -> bool:
        return "${Region}" in self.head

    def at(self, place: Place) -> str:
        return _filled(self.head, place.partition, place.account, place.region)

    @property
    def colons(self) -> int:
        return self.head.count(":") + self.name.count(":")

    def excess(self, pattern: str) -> int:
        """How many colons a pattern has more than such ARNs. None: each of its segments is one of theirs."""
        return pattern.count(":") - self.colons

    def left(self, pattern: str, place: Place) -> Glob:
        """What a pattern leaves of the names at a place. With fewer colons its wildcards have to run past some."""
        head, excess = self.at(place), self.excess(pattern)
        if excess < 0:
            return _after(pattern, head)
        *theirs, rest = pattern.split(":", 5)
        *own, beginning = head.split(":", 5)
        return _NO_NAME if excess or not all(map(fits, theirs, own)) else _after(rest, beginning)

    def left_by_rest(
        self, first: Iterable[str], some: Iterable[tuple[int, str]], place: Place
    ) -> Iterator[tuple[int, Glob]]:
        """The same of numbered patterns that begin with the same five segments and have no colon too many."""
        *own, beginning = self.at(place).split(":", 5)
        if all(map(fits, first, own)):
            yield from ((number, _after(rest, beginning)) for number, rest in some)

    def left_of(self, patterns: Iterable[str], place: Place) -> frozenset[Glob]:
        """The same of each, where it leaves anything."""
        return frozenset(self.left(pattern, place) for pattern in patterns) - {_NO_NAME}


@lru_cache(maxsize=65536)
def _filled(head: str, partition: str, account: str, region: str) -> str:
    fixed = {"${Partition}": partition, "${Account}": account, "${Region}": region}
    return _PLACE.sub(lambda hole: fixed[hole.group()], head)


def shape_of(template: str) -> Shape | None:
    """The shape that a template of the service reference gives; None if it is none of an ARN."""
    if template.count(":") < 5:
        return None
    holes = (hole.start() for hole in _HOLE.finditer(template) if not _PLACE.match(hole.group()))
    first = next(holes, len(template))
    return Shape(template[:first], _HOLE.sub("?*", template[first:]))


def fits(segment: str, value: str) -> bool:
    """Whether a segment of a pattern takes in a segment of a name."""
    return segment in ("*", value) or bool(_WILD.search(segment) and tester(segment, Mode.LIKE)(value))


def partition_of(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
