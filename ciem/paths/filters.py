"""Which findings to show: filters that live in the address, and how many each further choice would leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Self
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from ciem.paths.models import ChokePath, Finding, FindingState, Passed, Stepped

# word in the address -> column
CHOICES: Mapping[str, str] = {
    "state": "state",
    "verdict": "verdict",
    "harm": "harm",
    "target_kind": "target_kind",
    "entry_kind": "entry_kind",
    "cloud": "target_cloud",
    "scope": "target_scope",
    "assumed": "is_assumed",
    "entry": "entry_key",
    "target": "target_key",
    "through": "passed__node_key",
    "alike": "alike",
    "entries": "entry_alike",
    "targets": "target_alike",
}
_PASSED = {"through": "node_key", "throughs": "alike"}
# Words that no menu offers: a number beside a choke point opens them. The paths through it, and those that have no way
# left without it.
_CHOKES = ("choke", "cut")
WORDS = (*CHOICES, *_CHOKES, "rule", "throughs")  # those of which a hop goes by a rule, or that pass what is alike
SORTS: Mapping[str, tuple[str, ...]] = {
    "rank": ("rank", "key"),
    "hops": ("hops", "rank", "key"),
    "newest": ("-first_seen", "rank", "key"),
    "target": ("target_name", "rank", "key"),
}
# The states that are shown when none is chosen: what is or may still be true.
LIVE = (
    FindingState.OPEN,
    FindingState.NOT_RECHECKED,
    FindingState.PENDING_VERIFICATION,
    FindingState.ACCEPTED,
)
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What was chosen: several values of one word widen, several words narrow. `text` is found in either end."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""
    sort: str = "rank"

    @classmethod
    def of(cls, parameters: Mapping[str, list[str]]) -> Self:
        """From a query string's lists (`dict(request.GET.lists())`); words that mean nothing are left out."""
        chosen = {word: tuple(filter(None, parameters.get(word, ()))) for word in WORDS}
        sort = (parameters.get("sort") or ["rank"])[-1]
        return cls(
            {word: values for word, values in chosen.items() if values},
            (parameters.get("q") or [""])[-1].strip()[:200],
            sort if sort in SORTS else "rank",
        )

    def address(self) -> str:
        """The same choice as a query string."""
        pairs = [(word, value) for word, values in sorted(self.chosen.items()) for value in values]
        if self.text:
            pairs.append(("q", self.text))
        if self.sort != "rank":
            pairs.append(("sort", self.sort))
        return urlencode(pairs)

    @property
    def folds(self) -> bool:
        """Whether what is alike shares a line: not where just that was asked for."""
        return "alike" not in self.chosen

    def with_(self, word: str, value: str) -> Self:
        """The choice with one more value of one word."""
        values = dict.fromkeys((*self.chosen.get(word, ()), value))
        return replace(self, chosen={**self.chosen, word: tuple(values)})

    def without(self, word: str, value: str | None = None) -> Self:
        """The choice without one value of a word, or without the word."""
        left = tuple(kept for kept in self.chosen.get(word, ()) if value is not None and kept != value)
        others = {other: values for other, values in self.chosen.items() if other != word}
        return replace(self, chosen={**others, word: left} if left else others)

    def apply(self, findings: QuerySet[Finding], *, but: str = "") -> QuerySet[Finding]:
        """The findings that fit; `but` leaves one word out, to count what its other values would give."""
        for word, values in self.chosen.items():
            if word != but:
                findings = findings.filter(_any_of(word, values))
        if "state" not in self.chosen and but != "state":
            findings = findings.filter(state__in=LIVE)
        if self.text:
            findings = findings.filter(
                Q(entry_name__icontains=self.text)
                | Q(target_name__icontains=self.text)
                | Q(entry_key__icontains=self.text)
                | Q(target_key__icontains=self.text)
            )
        return findings.order_by(*SORTS[self.sort])


def _any_of(word: str, values: tuple[str, ...]) -> Q:
    if word == "assumed":
        return Q(**{f"{CHOICES[word]}__in": [_YES_NO[value] for value in values if value in _YES_NO]})
    if word in _CHOKES:
        inside = ChokePath.objects.filter(choke__key__in=values, choke__graph__is_current=True)
        return Q(pk__in=(inside.filter(removed=True) if word == "cut" else inside).values("finding"))
    if word == "rule":
        return Q(pk__in=Stepped.objects.filter(rule__in=values).values("finding"))
    if word in _PASSED:
        return Q(pk__in=Passed.objects.filter(**{f"{_PASSED[word]}__in": values}).values("finding"))
    return Q(**{f"{CHOICES[word]}__in": values})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be chosen, how many findings it has, and whether it is chosen."""

    word: str
    value: str
    count: int
    is_chosen: bool
    address: str


def facets(findings: QuerySet[Finding], chosen: FindingFilter, words: Sequence[str]) -> dict[str, tuple[Choice, ...]]:
    """The values of each word with their counts, most first; an address toggles its value.

    One query counts every combination that occurs; each word is then counted among what all the others leave.
    """
    bare = reduce(lambda left, word: left.without(word), words, chosen)
    rows = bare.apply(findings, but="state").order_by().values_list(*(CHOICES[word] for word in words))
    picked = {word: chosen.chosen.get(word, LIVE if word == "state" else ()) for word in words}
    counts: dict[str, dict[str, int]] = {word: dict.fromkeys(chosen.chosen.get(word, ()), 0) for word in words}
    for *values, number in rows.annotate(number=Count("id")):
        row = {word: _word(value) for word, value in zip(words, values, strict=True)}
        unfit = [word for word in words if picked[word] and row[word] not in picked[word]]
        for word in words:
            if unfit in ([], [word]):
                counts[word][row[word]] = counts[word].get(row[word], 0) + number
    return {word: tuple(_choices(chosen, word, counts[word])) for word in words}


def _choices(chosen: FindingFilter, word: str, counts: Mapping[str, int]) -> Iterator[Choice]:
    picked = chosen.chosen.get(word, ())
    for value, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        then = chosen.without(word, value) if value in picked else chosen.with_(word, value)
        yield Choice(word, value, number, value in picked, then.address())


def _word(value: str | bool) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
