"""What was read so far, question by question, until equal answers are one and different ones an error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.clouds.aws.formats.answers import Answer
from graph.clouds.aws.formats.answers_index import NEVER_ASKED
from graph.clouds.aws.formats.errors import remedy
from graph.clouds.aws.formats.operations import Operation, Source, operations, steps
from graph.model import Gap, Json, Problem
from graph.snapshot import Part, canonical

CLOUD = "aws"


class Question(NamedTuple):
    """One call with its arguments, in an account and a region."""

    scope: str
    region: str
    call: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One file's answer to a question, and the file."""

    answer: Answer
    file: str
    alternative: str = ""


@dataclass(slots=True)
class Collection:
    """All attempts of an import, then the parts, gaps and remarks that come of them."""

    attempts: dict[Question, list[Attempt]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[Question, Part] = field(default_factory=dict)
    gaps: dict[tuple[str, str, str, tuple[str, ...], str], Gap] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Problem] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    gap_calls: set[str] = field(default_factory=set)
    _places: dict[str, dict[tuple[str, str], list[Part]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, question: Question, attempt: Attempt) -> None:
        self.asked.add(question.call)
        self.attempts[question].append(attempt)
        for flaw in attempt.answer.flaws:
            self.problem(attempt.file, flaw.what, flaw.remedy, flaw.place)

    def problem(self, file: str, what: str, remedy_: str = "", place: str = "") -> None:
        self.problems.append(Problem(file, place, what, remedy_))

    def ignore(self, file: str, why: str) -> None:
        self.ignored.append(Problem(file, "", f"ignored: {why}"))

    def gap(self, question: Question, error: str, cure: str = "") -> None:
        """Note what was not got. The same gap twice is one."""
        operation = operations().get(question.call)
        if not cure and operation is not None:
            cure = remedy(error, operation)
        if error != NEVER_ASKED:
            self.asked.add(question.call)
        self.gap_calls.add(question.call)
        key = (*question, error)
        self.gaps.setdefault(key, Gap(CLOUD, *question, error, cure))

    def keep(self, question: Question, response: Json, file: str) -> None:
        part = Part(CLOUD, *question, response, file)
        self.parts[question] = part
        self._places[question.call][question.scope, question.region].append(part)

    def rename(self, question: Question, real: Question) -> None:
        """File a part under the arguments that its path stood for, or call it a second answer to the same question."""
        part = self.parts[question]
        other = self.parts.get(real)
        self.attempts[real].extend(self.attempts[question])
        self._remove(question)
        if other is None:
            self.keep(real, part.response, part.file)
        elif canonical(other.response) != canonical(part.response):
            self._remove(real)
            self._clash(real, [other.file, part.file])

    def drop(self, question: Question, why: str) -> None:
        """Leave a part out and name its file."""
        self.ignore(self.parts[question].file, why)
        self._remove(question)

    def _remove(self, question: Question) -> None:
        part = self.parts.pop(question)
        place = self._places[question.call][question.scope, question.region]
        place[:] = [other for other in place if other is not part]

    def keep_once(self, question: Question, response: Json, file: str) -> None:
        """Keep what is not read anyway; of two different answers the first."""
        if question not in self.parts:
            self.keep(question, response, file)

    def answers(self, scope: str, region: str, call: str) -> list[Part]:
        """The parts of a call at one place; of the organization's calls in any account."""
        operation = operations()[call]
        places = self._places.get(call, {})
        if operation.group == "organization":
            return [part for _, parts in sorted(places.items()) for part in parts]
        return places.get((scope, operation.region(region)), [])

    def places(self, call: str) -> Iterator[tuple[str, str]]:
        """Where a call has parts: scope and region, sorted."""
        return iter(sorted(place for place, parts in self._places.get(call, {}).items() if parts))

    def settle(self) -> None:
        """Make a part or a gap of every question that was attempted."""
        for question, attempts in sorted(self.attempts.items()):
            operation = operations().get(question.call)
            if operation is not None and operation.items:
                continue
            self._settle_one(question, attempts)
        for question, batch in sorted(self._batches().items()):
            self._settle_batch(question, batch)

    def _settle_one(self, question: Question, attempts: list[Attempt]) -> None:
        first = attempts[0]
        if any(not _equal(first.answer, other.answer) for other in attempts[1:]):
            self._clash(question, [attempt.file for attempt in attempts])
            return
        if first.answer.gap:
            self.gap(question, first.answer.gap)
        if first.answer.response is not None:
            self.keep(question, first.answer.response, first.file)

    def _clash(self, question: Question, files: list[str]) -> None:
        what = "the same call more than once with different answers"
        self.problem(files[0], f"{what}: {', '.join(files)}", "Keep the one that belongs there; none was read.")
        self.gap(question, what)

    def _batches(self) -> dict[Question, list[tuple[Question, Attempt]]]:
        """Attempts at calls that take a list of names, by the one question that they are batches of."""
        found: dict[Question, list[tuple[Question, Attempt]]] = defaultdict(list)
        for question, attempts in sorted(self.attempts.items()):
            operation = operations().get(question.call)
            if operation is not None and operation.items:
                whole = question._replace(arguments=question.arguments[: len(operation.parameters)])
                found[whole].extend((question, attempt) for attempt in attempts)
        return found

    def _settle_batch(self, question: Question, batch: list[tuple[Question, Attempt]]) -> None:
        operation = operations()[question.call]
        for asked, attempt in batch:
            if attempt.answer.gap:
                self.gap(asked, attempt.answer.gap)
        good = [a for _, a in batch if a.answer.response is not None]
        if not good:
            return
        response, clashes = _united([a.answer.response or {} for a in good], operation)
        for name in clashes:
            self.problem(good[0].file, f"`{name}` is described more than once, differently", "Keep one of them.")
            self.gap(question._replace(arguments=(*question.arguments, name)), "described more than once, differently")
        self.keep(question, response, good[0].file)


def _equal(one: Answer, other: Answer) -> bool:
    if one.gap != other.gap or (one.response is None) != (other.response is None):
        return False
    return one.response is other.response or canonical(one.response) == canonical(other.response)


def _united(responses: list[Mapping[str, Json]], operation: Operation) -> tuple[dict[str, Json], list[str]]:
    """Batches merged like pages, each item once; and the names of items that differ between batches, left out."""
    whole: dict[str, Json] = {}
    for response in responses:
        for name, value in response.items():
            known = whole.get(name)
            whole[name] = known + value if isinstance(known, list) and isinstance(value, list) else value
    if operation.items is None or len(responses) == 1:
        return whole, []
    member, key = steps(operation.items.key)[0], steps(operation.items.key)[-1]
    listed = whole.get(member)
    by_name: dict[str, dict[bytes, Json]] = defaultdict(dict)
    for entry in listed if isinstance(listed, list) else ():
        by_name[str(entry.get(key))].setdefault(canonical(entry), entry)
    clashes = sorted(name for name, entries in by_name.items() if len(entries) > 1)
    whole[member] = [next(iter(e.values())) for name, e in sorted(by_name.items()) if name not in clashes]
    return whole, clashes


def entries(response: Json, path: str) -> list[Json]:
    """What lies at a path of the tables, lists walked through: `Reservations[].Instances`."""
    found = [response]
    for step in steps(path):
        if step == "[]":
            found = [entry for value in found if isinstance(value, list) for entry in value]
        else:
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
    return found


def listed(source: Source, response: Json) -> list[Json]:
    """The entries of an answer that a list of arguments is taken from."""
    return entries(response, f"{source.entries}[]") if source.entries else [response]
