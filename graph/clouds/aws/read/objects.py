"""Which object classes a bucket has: names that stand for all that policies can tell apart among its objects."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph.clouds.aws.read.patterns import (
    WILD,
    Values,
    Variables,
    filled,
    fillings,
    literal,
    loosened,
    variables_in,
    witness,
    written,
)
from graph.model import Document
from graph.policy.askers import Asker, enough_for
from graph.policy.bits import members, union
from graph.policy.examples import Glob, after, examples, widened

_MANY = 64  # more forms of one pattern are not told apart,
_MANY_HERE = 1000  # or of one that speaks of a single bucket
_ENOUGH = 4000  # see `examples`; a bucket has few patterns, but there are many buckets
_EVERY_KEY: Glob = frozenset("*")
_NO_KEY: Glob = frozenset()
_BUCKETS = "arn:aws:s3:::"
Bearing = tuple[int, int]  # the forms by which something may be gained, and those by which it may be lost


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """The documents that bind a principal, and what is known of it for the variables in them."""

    documents: tuple[Document, ...]
    values: Values


class Objects:
    """The forms of object patterns, `bucket/key`, by number, and by which of them each principal can gain or lose.

    `common` are documents that may bind anybody; `variables` what anybody's variables may hold. What the patterns in
    `valued` match is worth more to everybody than what they do not.
    """

    def __init__(
        self, holders: Iterable[Holder], common: Iterable[Document], variables: Variables, valued: Iterable[str] = ()
    ) -> None:
        self._variables = variables
        self._forms: dict[str, int] = {}
        self._open: set[int] = set()  # those with a wildcard for a variable that was not filled in
        self._elsewhere: set[str] = set()  # patterns that may speak of access points
        self._known: dict[int, tuple[Document, Bearing]] = {}  # documents without variables, by their id
        gains, losses = self._of(common, None)
        worth = (form for pattern in valued for form in self._filled(pattern, None))
        self._common = union((gains, *worth)), losses
        self._bearings = sorted({self._of(holder.documents, holder.values) for holder in holders} | {(0, 0)})

    # ----- forms

    def _of(self, documents: Iterable[Document], values: Values | None) -> Bearing:
        gains = losses = 0
        for document in documents:
            more, less = self._of_one(document, values)
            gains, losses = gains | more, losses | less
        return gains, losses

    def _of_one(self, document: Document, values: Values | None) -> Bearing:
        if id(document) in self._known:
            return self._known[id(document)][1]
        found = [0, 0]
        plain = True
        for pattern, effect in written(document):
            plain = plain and "${" not in pattern
            for form in self._filled(pattern, values):
                found[effect] |= form
        bearing = found[0], found[1]
        if plain:
            self._known[id(document)] = document, bearing
        return bearing

    def _filled(self, pattern: str, values: Values | None) -> Iterator[int]:
        """A pattern as it is for a principal, or for whomever its variables may mean; with wildcards where unknown."""
        if not after(f"{pattern.partition('${')[0]}*", "arn:aws:s3:") and ":s3:::" not in pattern:
            return
        names = variables_in(pattern)
        if not names:
            yield from self._numbers(pattern, told=True)
            return
        if values is None:
            ways = list(fillings(pattern, self._variables, _MANY_HERE if _of_one_bucket(pattern) else _MANY))
        else:
            ways = [values] if all(values.get(name) for name in names) else []
        for way in ways:
            yield from self._numbers(filled(pattern, way), told=True)
        surely_absent = values is not None and any(values.get(name, "") is None for name in names)
        if not ways and not (surely_absent and "," not in pattern):  # a comma brings a default
            yield from self._numbers(loosened(pattern), told=False)

    def _numbers(self, pattern: str, *, told: bool) -> Iterator[int]:
        """Of the forms that a pattern without variables has among the objects of buckets."""
        _, s3, rest = pattern.partition(":s3:::")
        if not s3:
            self._elsewhere.add(pattern)
        for form in sorted([rest] if s3 else after(pattern, _BUCKETS)):
            if "/" in form or WILD.search(form):
                number = self._forms.setdefault(form, len(self._forms))
                self._open.update([] if told else [number])
                yield 1 << number

    # ----- classes

    def through(self, point: str) -> tuple[str, ...]:
        """The names that stand for the classes of objects behind an access point."""
        left = {_of_keys(after(pattern, f"{point}/object/")) for pattern in self._elsewhere} - {_NO_KEY, _EVERY_KEY}
        found = examples(left, enough=_ENOUGH)
        if found.whole:
            return found.texts
        left |= {_EVERY_KEY}
        return tuple(sorted({name for glob in left for name in (*map(witness, glob), *widened(glob))}))

    def classes(self, buckets: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each bucket so many names that for every principal one is as good as any, and one for each pattern.

        Where that cannot be had, for too many patterns of one principal cross one another or a variable is not known,
        also names that are not known in full, so that what they hide is unknown rather than denied.
        """
        names = sorted(set(buckets))
        left: dict[str, dict[int, Glob]] = {bucket: {} for bucket in names}
        for form, number in self._forms.items():
            for bucket, glob in _keys(form, names):
                left[bucket][number] = glob
        holders = self._holders()
        return {bucket: self._classes(globs, holders) for bucket, globs in left.items()}

    def _holders(self) -> Mapping[int, list[Bearing]]:
        """By form, whom it bears on."""
        found: dict[int, list[Bearing]] = defaultdict(list)
        for bearing in self._bearings:
            for number in members((bearing[0] | bearing[1]) & ((1 << len(self._forms)) - 1)):
                found[number].append(bearing)
        return found

    def _classes(self, left: Mapping[int, Glob], holders: Mapping[int, list[Bearing]]) -> tuple[str, ...]:
        loose = [left[number] for number in sorted(self._open & left.keys())]
        told = {number: glob for number, glob in left.items() if glob != _EVERY_KEY}
        here = sum(1 << number for number in told)
        bearings = {(0, 0)}.union(*(holders.get(number, ()) for number in told))  # all others see nothing apart here
        gains, losses = (common & here for common in self._common)
        pairs = {(more & here | gains, less & here | losses) for more, less in bearings}
        askers = frozenset(Asker(_globs(more, told), _globs(less, told)) for more, less in pairs)
        found = enough_for(askers, enough=_ENOUGH)
        return tuple(sorted({*found, *(name for glob in loose for name in widened(glob))}))


def _globs(numbers: int, left: Mapping[int, Glob]) -> frozenset[Glob]:
    return frozenset(left[number] for number in members(numbers))


def _of_one_bucket(pattern: str) -> bool:
    return literal(pattern.partition(":s3:::")[2].partition("/")[0])


def _keys(form: str, names: list[str]) -> Iterator[tuple[str, Glob]]:
    """The sorted buckets in which a form matches objects, with what it leaves of their keys.

    Its wildcards run on past the name of the bucket: `*-logs/*` is also `data/old-logs/x`.
    """
    prefix = WILD.split(form, maxsplit=1)[0].partition("/")[0]
    exact = literal(form.partition("/")[0])
    for name in names[bisect_left(names, prefix) :]:
        if not name.startswith(prefix) or (exact and name != prefix):
            return
        left = _of_keys(after(form, f"{name}/"))
        if left:
            yield name, left


def _of_keys(left: Glob) -> Glob:
    """Of equal globs one; no key is empty."""
    return _EVERY_KEY if "*" in left else left - {""}
