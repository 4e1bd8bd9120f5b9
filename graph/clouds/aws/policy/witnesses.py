"""Names that a new resource could get: in each account so many that for everybody one is as good as any.

"May create some function" is then any witness allowed, as with resources that are there. Where that cannot be had, for
too many patterns of one caller cross one another, names that are not known in full stand in, so that nothing is denied
for want of an example.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy.bearing import Bearing, Patterns
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.reference import arn_template
from graph.clouds.aws.policy.shapes import REGIONS, Place, Shape, fits, partition_of, shape_of
from graph.policy.askers import Asker, enough_for
from graph.policy.bits import bits, members
from graph.policy.examples import Glob, widened
from graph.policy.patterns import loose

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_EVERY_NAME: Glob = frozenset("*")
Left = Mapping[int, Glob]  # what patterns leave of the names in a place, by their number
Known = tuple[int, int]  # the patterns by which a caller gains and loses, as sets
Here = Mapping[tuple[str, ...], list[tuple[int, str]]]  # patterns by their first five segments: number and what is left
_NONE: Known = (0, 0)


class Witnesses:
    """The fresh names of every kind, for each account of the facts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._facts = engine.known.facts
        self._patterns = Patterns(engine)
        self._known: dict[str, tuple[Resource, ...]] = {}
        self._asking: dict[tuple[str, str], set[Known]] = {}
        self._alike: dict[tuple[str, int, str], tuple[Here, list[int]]] = {}
        self._in_partition: dict[str, list[str]] = {}
        self._lot: dict[tuple[tuple[str, ...], str], tuple[list[tuple[str, int]], list[tuple[str, int]]]] = {}

    def of(self, kind: str) -> tuple[Resource, ...]:
        """Sorted by ARN. Their tags are not known: whoever makes them picks them."""
        if kind not in self._known:
            shape = shape_of(arn_template(kind))
            made = {each.arn: each for each in self._made(kind, shape)} if shape else {}
            self._known[kind] = tuple(made[arn] for arn in sorted(made))
        return self._known[kind]

    def _made(self, kind: str, shape: Shape) -> Iterator[Resource]:
        accounts = self._accounts if shape.in_account else sorted({(partition, "") for partition, _ in self._accounts})
        for partition, account in accounts:
            bearings = self._bearings(shape.service, account)
            for place, left in self._places(kind, shape, partition, account):
                for name in self._names(bearings, left, shape.name):
                    yield _new(kind, shape.at(place) + name, place)

    def _names(self, bearings: Iterable[Known], left: Left, within: str) -> set[str]:
        told = bits(left)
        different = {(gains & told, losses & told) for gains, losses in bearings}
        askers = frozenset(Asker(_globs(gains, left), _globs(losses, left)) for gains, losses in different)
        mixed = (name for number in self._patterns.mixed & left.keys() for name in widened(left[number]))
        return {*enough_for(askers, within), *mixed}

    # ----- where

    @cached_property
    def _accounts(self) -> list[tuple[str, str]]:
        """With the partition that each is in, as its identities' ARNs tell."""
        told = {
            p.account: p.key.split(":")[1] for p in self._facts.principals if p.account and p.key.startswith("arn:")
        }
        beyond = self._facts.beyond
        accounts = beyond.accounts if beyond else self._facts.accounts
        return sorted((told.get(account, "aws"), account) for account in accounts)

    def _places(self, kind: str, shape: Shape, partition: str, account: str) -> Iterator[tuple[Place, Left]]:
        """One of the regions that policies treat alike, with what patterns leave of the names there."""
        here, elsewhere = self._sorted(shape, account)
        segments = tuple(sorted({first[3] for first in here}))
        seen = set()
        for region, number in self._lots(segments, partition, every=bool(elsewhere)) if shape.in_region else (("", 0),):
            place = Place(partition, account, region)
            there = _new(kind, shape.at(place), place)
            left = {n: self._left(shape, place, self._patterns.at(n, there)) for n in elsewhere}
            told = (number, *left.values())
            if told not in seen:
                seen.add(told)
                for first, some in here.items():
                    left.update(shape.left_by_rest(first, some, place))
                yield place, {number: glob for number, glob in left.items() if glob and glob != _EVERY_NAME}

    def _lots(self, segments: tuple[str, ...], partition: str, *, every: bool) -> list[tuple[str, int]]:
        """Regions with the number of the lot that segments and conditions treat alike; the first of each, or all."""
        key = segments, partition
        if key not in self._lot:
            lots: dict[tuple[bool, ...], int] = {}
            regions = self._regions(partition)
            told = [(*(fits(text, region) for text in segments), *self._asked(region)) for region in regions]
            numbers = [lots.setdefault(each, len(lots)) for each in told]
            whole = list(zip(regions, numbers, strict=True))
            self._lot[key] = whole, list({number: (region, number) for region, number in reversed(whole)}.values())
        whole, first = self._lot[key]
        return whole if every else sorted(first, key=lambda lot: lot[1])

    def _left(self, shape: Shape, place: Place, texts: Iterable[str]) -> Glob:
        return frozenset(form for text in texts for form in shape.left(text, place))

    def _sorted(self, shape: Shape, account: str) -> tuple[Here, list[int]]:
        """Patterns that may speak of an account: those of which each segment is one of the ARN's, and all others. What
        takes in everything tells no names apart."""
        key = shape.service, shape.colons, account
        if key not in self._alike:
            self._alike[key] = self._sorted_out(shape, account)
        return self._alike[key]

    def _sorted_out(self, shape: Shape, account: str) -> tuple[Here, list[int]]:
        here: dict[tuple[str, ...], list[tuple[int, str]]] = defaultdict(list)
        elsewhere = []
        for number in self._speaking(shape.service):
            text = self._patterns.texts[number]
            excess = shape.excess(text)
            if number in self._patterns.of_place or excess < 0:
                elsewhere += [number] if text != "*" else []
            elif not excess:
                *first, rest = text.split(":", 5)
                if fits(first[4], account):
                    here[tuple(first)].append((number, rest))
        return here, elsewhere

    def _regions(self, partition: str) -> list[str]:
        if partition not in self._in_partition:
            some = [region for region in self._all_regions if partition_of(region) == partition]
            self._in_partition[partition] = some
        return self._in_partition[partition]

    @cached_property
    def _all_regions(self) -> tuple[str, ...]:
        """Where things are first, then those that policies name, then all others."""
        used = {resource.region for of_kind in self._facts.resources.values() for resource in of_kind}
        named = {segment for text in self._patterns.texts for segment in text.split(":", 4)[3:4]}
        known = [sorted(filter(_REGION.fullmatch, regions)) for regions in (used, named | self._asked_for)]
        return tuple(dict.fromkeys((*known[0], *known[1], *REGIONS)))

    def _asked(self, region: str) -> tuple[bool, ...]:
        """What conditions on the region can tell of it."""
        return tuple(fits(value, region) for value in self._in_order)

    @cached_property
    def _in_order(self) -> tuple[str, ...]:
        return tuple(sorted(self._asked_for))

    @cached_property
    def _asked_for(self) -> frozenset[str]:
        clauses = (c for text in self._engine.texts for _, statement in text.statements for c in statement.clauses)
        asked = (clause.values for clause in clauses if clause.key.lower() == "aws:requestedregion")
        return frozenset(loose(value).lower() for values in asked for value in values)

    def regions(self) -> tuple[str, ...]:
        """One of each lot of regions that conditions on the region treat alike; none where no condition asks."""
        if not self._asked_for or {partition for partition, _ in self._accounts} != {"aws"}:
            return ()
        first: dict[tuple[bool, ...], str] = {}
        for region in self._regions("aws"):
            first.setdefault(self._asked(region), region)
        return tuple(sorted(first.values()))

    # ----- who asks

    def _bearings(self, service: str, account: str) -> set[Known]:
        """The patterns of a service that bear on an account's callers; on everybody's where an ARN names no account."""
        if (service, account) not in self._asking:
            accounts = [account] if account else list(self._by_caller)
            self._asking[service, account] = {known for each in accounts for known in self._by_caller[each].of(service)}
        return self._asking[service, account]

    @cached_property
    def _by_caller(self) -> Mapping[str, _Callers]:
        of_account = self._patterns.of_account
        return {account: _Callers(found, self._service_of) for account, found in of_account.items()}

    def _speaking(self, service: str) -> list[int]:
        """The patterns that may speak of a service."""
        return sorted(self._by_service[service] + self._by_service["*"])

    @cached_property
    def _by_service(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, service in enumerate(self._service_of):
            found[service].append(number)
        return found

    @cached_property
    def _service_of(self) -> list[str]:
        """Of each pattern, by its number; `*` where it may speak of several."""
        self._patterns.of_account  # noqa: B018  with it they are all there
        services = ((text.split(":", 5)[2:3] or ["*"])[0] for text in self._patterns.texts)
        return ["*" if re.search(r"[*?$]", service) else service for service in services]


class _Callers:
    """What bears on the callers of an account, service by service; `*` is what bears on all services."""

    def __init__(self, bearings: Iterable[Bearing], service_of: Sequence[str]) -> None:
        self._general: Counter[Known] = Counter()
        self._special: dict[str, Counter[tuple[Known, Known]]] = defaultdict(Counter)
        for bearing in bearings:
            parts = _parts(bearing, service_of)
            general = parts.pop("*", _NONE)
            self._general[general] += 1
            for service, special in parts.items():
                self._special[service][general, special] += 1

    def of(self, service: str) -> Iterator[Known]:
        """Each different one once; callers of whom no pattern speaks of this service know the general ones alone."""
        special = self._special.get(service, Counter())
        told: Counter[Known] = Counter()
        for (general, own), callers in special.items():
            told[general] += callers
            yield general[0] | own[0], general[1] | own[1]
        yield from (general for general, callers in self._general.items() if told[general] < callers)


def _parts(bearing: Bearing, service_of: Sequence[str]) -> dict[str, Known]:
    found: dict[str, list[int]] = {}
    for side, numbers in enumerate(bearing):
        for number in members(numbers):
            found.setdefault(service_of[number], [0, 0])[side] |= 1 << number
    return {service: (gains, losses) for service, (gains, losses) in found.items()}


def _globs(numbers: int, left: Left) -> frozenset[Glob]:
    return frozenset([left[number] for number in members(numbers)])


def _new(kind: str, arn: str, place: Place) -> Resource:
    """A bucket's name is nobody's before it is made."""
    return Resource(arn, kind, place.account or None, arn, region=place.region)
