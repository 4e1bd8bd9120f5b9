"""Which calls a snapshot should hold, and so which of them are gaps, were never asked for, or do not belong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Many
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from graph.clouds.aws.formats.answers_index import NEVER_ASKED
from graph.clouds.aws.formats.collection import Collection, Question, entries, listed
from graph.clouds.aws.formats.layout import hashed
from graph.clouds.aws.formats.operations import GLOBAL, Operation, Parameter, Source, endpoints, operations
from graph.model import Gap, Json
from graph.snapshot import Part

NO_FILE = "no file"
_REGIONS = "ec2-describe-regions"
_ENABLED = frozenset({"opt-in-not-required", "opted-in"})
_ROOTS = {"organization": "organizations-describe-organization", "identity-center": "sso-admin-list-instances"}
_NAMES = ("arn", "id", "name")
# What ECS says of a thing that ended between the list and the description, and CodeBuild of a project
_GONE = "MISSING"


@dataclass(frozen=True, slots=True)
class Row:
    """One set of arguments that lists call for, and the entries of the lists that it came from."""

    arguments: tuple[str, ...] = ()
    bound: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[tuple[str, str], Json] = field(default_factory=dict)
    entries: tuple[Json, ...] = ()


class Expectations:
    """The lists of a snapshot, asked for the arguments that other calls take from them."""

    def __init__(self, collection: Collection, accounts: Many[str]) -> None:
        self.collection, self.accounts = collection, sorted(accounts)
        self.folders: dict[str, set[str]] = defaultdict(set)
        for question in collection.attempts:
            if question.region != GLOBAL:
                self.folders[question.scope].add(question.region)
        self._arguments: dict[tuple[str, str, str], set[tuple[str, ...]]] = defaultdict(set)
        self.regions = {account: self._regions(account) for account in self.accounts}

    def _regions(self, account: str) -> list[str]:
        """The regions that the account has enabled, else those it has folders for."""
        enabled = {
            str(entry["RegionName"])
            for region in (GLOBAL, *sorted(self.folders[account]))
            for part in self.collection.answers(account, region, _REGIONS)
            for entry in entries(part.response, "Regions[]")
            # Answers from before opt-in regions existed have no status
            if isinstance(entry, dict) and entry.get("OptInStatus", "opted-in") in _ENABLED
        }
        return sorted(enabled or self.folders[account])

    def rows(self, operation: Operation, scope: str, region: str) -> list[Row]:
        """Every set of arguments that the lists read at this place name, in the order of the tables."""
        rows = [Row()]
        for parameter in operation.parameters:
            rows = [longer for row in rows for longer in self._longer(row, parameter, scope, region)]
        return list({row.arguments: row for row in rows}.values())

    def _longer(self, row: Row, parameter: Parameter, scope: str, region: str) -> Iterator[Row]:
        for fixed in parameter.values:
            yield _extended(row, parameter, fixed, None, None)
        for source in parameter.sources:
            key = (source.call, source.entries)
            found = [row.origins[key]] if key in row.origins else self._entries(row, source, scope, region)
            for entry in found:
                for value in entries(entry, source.member) if source.member else [entry]:
                    if isinstance(value, str | int) and value != "":
                        yield _extended(row, parameter, str(value), key, entry)

    def _entries(self, row: Row, source: Source, scope: str, region: str) -> list[Json]:
        return [
            entry for part in self._lists(row, source.call, scope, region) for entry in listed(source, part.response)
        ]

    def _lists(self, row: Row, call: str, scope: str, region: str) -> list[Part]:
        """The answers of a list that was asked with the arguments of the row, as far as it takes them."""
        operation, parts = operations()[call], self.collection.answers(scope, region, call)
        names = [parameter.name for parameter in operation.parameters]
        if operation.group != "organization" and names and row.bound.keys() >= set(names):
            arguments = tuple(row.bound[name] for name in names)
            part = self.collection.parts.get(Question(scope, operation.region(region), call, arguments))
            return [part] if part else []
        return [p for p in parts if _agrees(row, names, p)]

    def attempted(self, operation: Operation, scope: str, region: str) -> set[tuple[str, ...]]:
        """The arguments that a call was asked with at a place; of the organization's calls in any account."""
        if not self._arguments:
            for question in (*self.collection.attempts, *self.collection.parts):
                self._arguments[self._place(question)].add(question.arguments)
        return self._arguments[self._place(Question(scope, region, operation.name))]

    def _place(self, question: Question) -> tuple[str, str, str]:
        operation = operations().get(question.call)
        anywhere = operation is not None and operation.group == "organization"
        return ("" if anywhere else question.scope, question.region, question.call)

    def complete(self, operation: Operation, scope: str, region: str) -> bool:
        """Whether all lists that name this call's arguments are there and whole."""
        calls = {source.call for parameter in operation.parameters for source in parameter.sources}
        return all(self._whole(operations()[call], scope, region) for call in calls)

    def _whole(self, listing: Operation, scope: str, region: str) -> bool:
        at = listing.region(region)
        there = {part.arguments for part in self.collection.answers(scope, region, listing.name)}
        if not there or any(_hides(gap, scope, at, listing.name) for gap in self.collection.gaps.values()):
            return False
        if any(source.call == listing.name for parameter in listing.parameters for source in parameter.sources):
            return True  # organizational units below units: what is there names the rest
        rows = {row.arguments for row in self.rows(listing, scope, region)}
        return rows <= there and self.complete(listing, scope, region)


def _agrees(row: Row, names: list[str], part: Part) -> bool:
    return all(row.bound.get(name, value) == value for name, value in zip(names, part.arguments, strict=False))


def _hides(gap: Gap, scope: str, region: str, call: str) -> bool:
    return gap.scope in (scope, "*") and gap.region in (region, "*") and fnmatchcase(call, gap.call)


def _extended(row: Row, parameter: Parameter, value: str, key: tuple[str, str] | None, entry: Json) -> Row:
    origins = {**row.origins, key: entry} if key else row.origins
    return Row((*row.arguments, value), {**row.bound, parameter.name: value}, origins, (*row.entries, entry))


def resolve(expected: Expectations) -> None:
    """Give arguments their real value where a path names them otherwise; leave out files that no list names."""
    by_call: dict[str, dict[tuple[str, str], list[Question]]] = defaultdict(lambda: defaultdict(list))
    for question in expected.collection.parts:
        if question.arguments:
            by_call[question.call][question.scope, question.region].append(question)
    for operation in lists_first():
        if operation.parameters and not operation.items:
            for (scope, region), questions in sorted(by_call[operation.name].items()):
                _resolve_at(expected, operation, scope, region, questions)


@cache
def lists_first() -> tuple[Operation, ...]:
    """The calls of the tables, each after those that name its arguments."""
    order: dict[str, Operation] = {}

    def visit(operation: Operation) -> None:
        sources = [source for parameter in operation.parameters for source in parameter.sources]
        for source in (*sources, *([operation.items.source] if operation.items else [])):
            if source.call != operation.name and source.call not in order:
                visit(operations()[source.call])
        order[operation.name] = operation

    for operation in operations().values():
        visit(operation)
    return tuple(order.values())


def _resolve_at(
    expected: Expectations, operation: Operation, scope: str, region: str, questions: list[Question]
) -> None:
    rows = expected.rows(operation, scope, region)
    known = {row.arguments for row in rows}
    strange = [question for question in questions if question.arguments not in known]
    if not strange:
        return
    aliases = _aliases(rows)
    complete = expected.complete(operation, scope, region)
    for question in sorted(strange):
        _rename(expected.collection, question, _real(question, known, aliases, expected.collection), complete)


def _real(
    question: Question,
    known: set[tuple[str, ...]],
    aliases: list[dict[str, set[str]]],
    collection: Collection,
) -> tuple[str, ...] | None:
    """The arguments of a list that this question's arguments are another name of."""
    ending = (*question.arguments[:-1], collection.attempts[question][0].alternative)
    if ending in known:
        return ending
    if len(aliases) != len(question.arguments):
        return None
    choices = [names.get(argument, {argument}) for names, argument in zip(aliases, question.arguments, strict=True)]
    if any(len(choice) != 1 for choice in choices):
        return None
    real = tuple(next(iter(choice)) for choice in choices)
    return real if real in known else None


def _aliases(rows: list[Row]) -> list[dict[str, set[str]]]:
    """By position: other names of each argument (its hash, the ARN or name beside it in the list)."""
    aliases: list[dict[str, set[str]]] = [defaultdict(set) for _ in (rows[0].arguments if rows else ())]
    for row in rows:
        for names, value, entry in zip(aliases, row.arguments, row.entries, strict=True):
            names[hashed(value)].add(value)
            names[value].add(value)
            for member, other in entry.items() if isinstance(entry, dict) else ():
                if isinstance(other, str) and member.lower().endswith(_NAMES):
                    names[other].add(value)
    return aliases


def _rename(collection: Collection, question: Question, real: tuple[str, ...] | None, complete: bool) -> None:
    if real is not None:
        collection.rename(question, question._replace(arguments=real))
    elif complete:
        collection.drop(question, "the list has no such argument")


def missing(expected: Expectations) -> None:
    """Note a gap for every call that should be there and is not, and one for each that was never asked for."""
    for operation in operations().values():
        if operation.optional:
            continue
        if operation.name not in expected.collection.asked:
            if _wanted(expected, operation):
                expected.collection.gap(Question("*", "*", operation.name), NEVER_ASKED)
            continue
        for scope, region in _where(expected, operation):
            _missing_at(expected, operation, scope, region)
    _whole_regions(expected)


def _wanted(expected: Expectations, operation: Operation) -> bool:
    """Whether a call with no file at all was to be expected anywhere."""
    root = _ROOTS.get(operation.group)
    if root and root != operation.name and root in expected.collection.asked and not _group_is_there(expected, root):
        return root in expected.collection.gap_calls
    regions = {region for regions in expected.regions.values() for region in regions}
    if not operation.is_global and regions and not any(available(operation.service, region) for region in regions):
        return False
    lists = {source.call for parameter in operation.parameters for source in parameter.sources}
    if operation.items:
        lists = {operation.items.source.call}
    return not lists or any(_may_name(expected, operation, call) for call in lists)


def _may_name(expected: Expectations, operation: Operation, call: str) -> bool:
    """Whether a list names arguments for the call, or is not known to name none."""
    collection = expected.collection
    places = list(collection.places(call))
    if call in collection.gap_calls:
        return True
    if not places:  # a list that nothing called for names nothing either
        known = call == operation.name or call in collection.asked  # in other accounts, where one is read by itself
        return not known and _wanted(expected, operations()[call])
    if operation.items and operation.items.source.call == call:
        source = operation.items.source
        return any(listed(source, p.response) for s, r in places for p in collection.answers(s, r, call))
    return any(expected.rows(operation, scope, region) for scope, region in places)


def _group_is_there(expected: Expectations, root: str) -> bool:
    """Whether the answer that a group hangs on says that there is an organization or an instance."""
    return any(
        entries(part.response, "Organization") or entries(part.response, "Instances[]")
        for scope, region in expected.collection.places(root)
        for part in expected.collection.answers(scope, region, root)
    )


def _where(expected: Expectations, operation: Operation) -> Iterator[tuple[str, str]]:
    """The places where a call is expected: each account and region, but a group's only where its lists are."""
    if operation.group:
        calls = {s.call for p in operation.parameters for s in p.sources}
        if operation.group == "organization":
            for call in (*sorted(calls), operation.name):
                yield from list(expected.collection.places(call))[:1]
            return
        for call in sorted(calls):
            yield from expected.collection.places(call)
        return
    for account in expected.accounts:
        if operation.is_global:
            yield account, GLOBAL
        elif operation.name == _REGIONS:
            yield from _once(expected, account)
        else:
            regions = expected.regions[account] or ["*"]
            yield from ((account, region) for region in regions if available(operation.service, region))


def _once(expected: Expectations, account: str) -> Iterator[tuple[str, str]]:
    """The list of regions is needed once an account, wherever it was asked."""
    regions = (GLOBAL, *sorted(expected.folders[account]))
    if not any(Question(account, region, _REGIONS) in expected.collection.attempts for region in regions):
        yield account, GLOBAL


def _missing_at(expected: Expectations, operation: Operation, scope: str, region: str) -> None:
    collection = expected.collection
    if not operation.group and region not in (GLOBAL, "*") and region not in expected.folders[scope]:
        return  # the whole region is missing, and is said to be
    if not operation.parameters and not operation.items:
        if Question(scope, region, operation.name) not in collection.attempts:
            collection.gap(Question(scope, region, operation.name), NO_FILE)
        return
    rows = [row.arguments for row in expected.rows(operation, scope, region)]
    if operation.items:
        _missing_items(expected, operation, scope, region, rows)
        return
    attempted = expected.attempted(operation, scope, region)
    lacking = [row for row in rows if row not in attempted]
    if len(lacking) > 1 and len(lacking) == len(rows):
        collection.gap(Question(scope, region, operation.name), NO_FILE)
    else:
        for row in lacking:
            collection.gap(Question(scope, region, operation.name, row), NO_FILE)


def _missing_items(
    expected: Expectations, operation: Operation, scope: str, region: str, rows: list[tuple[str, ...]]
) -> None:
    """For a call that takes a list of names: the names that none of its batches describes."""
    items, collection = operation.items, expected.collection
    if items is None:
        return
    for row in rows:
        question = Question(scope, region, operation.name, row)
        arguments = row if operations()[items.source.call].parameters else ()
        lists = [p for p in collection.answers(scope, region, items.source.call) if p.arguments == arguments]
        names = {
            str(name)
            for part in lists
            for entry in listed(items.source, part.response)
            for name in (entries(entry, items.source.member) if items.source.member else [entry])
        }
        part = collection.parts.get(question)
        lacking = sorted(names - _described(part.response if part else {}, items.key))
        if lacking and part is None and len(lacking) == len(names):
            if question not in collection.attempts:
                collection.gap(question, NO_FILE)
            continue
        for name in lacking:
            collection.gap(question._replace(arguments=(*row, name)), "not in the answer")


def _described(response: Json, key: str) -> set[str]:
    """The names that an answer describes, or says are gone."""
    names = {str(name) for name in entries(response, key)}
    for failure in entries(response, "failures[]"):
        if isinstance(failure, dict) and failure.get("reason") == _GONE:
            names.add(str(failure.get("arn")))
    return names | {str(name) for name in entries(response, "projectsNotFound[]")}


def _whole_regions(expected: Expectations) -> None:
    """One gap for a region that is enabled and has no folder, instead of one for each call."""
    for account in expected.accounts:
        for region in expected.regions[account]:
            if region not in expected.folders[account]:
                cure = f"Collect {region}, or have the account's administrator disable it."
                expected.collection.gap(Question(account, region, "*"), "no folder for this enabled region", cure)


@cache
def available(service: str, region: str) -> bool:
    """Whether the service exists in the region, as botocore knows it; one that it lists nowhere may be anywhere."""
    regions = _regions_of(endpoints().get(service, service))
    return region == "*" or not regions or region in regions


@cache
def _regions_of(endpoint: str) -> frozenset[str]:
    """What `get_available_regions` says, in all partitions, without loading the whole model of the service."""
    resolver = _resolver()
    partitions = resolver.get_available_partitions()
    return frozenset(r for p in partitions for r in resolver.get_available_endpoints(endpoint, p))


@cache
def _resolver() -> Any:
    # The SDK loads only when a snapshot is checked
    from botocore.loaders import create_loader  # noqa: PLC0415
    from botocore.regions import EndpointResolver  # noqa: PLC0415

    return EndpointResolver(create_loader().load_data("endpoints"))
