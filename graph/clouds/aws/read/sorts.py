"""Sorts of things that a list call names: one row each, read by one function."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, Record, State, text, texts, values
from graph.clouds.aws.read.purpose import data_of, objects_of
from graph.clouds.aws.read.reading import CLOUD, Mark, Reading, Thing, parse, partition, runs_as, shown, tags
from graph.model import Category, Document, Json, Node


@dataclass(frozen=True, slots=True)
class Sort:
    """How AWS lists one sort of thing, and what to read from it. Paths are dotted, `detail` is merged over the item.

    `arn` is a path, or a template of the ARN where the list does not give it. `roles` are paths of the roles it runs
    as. `policy` is the call that answers its resource policy, `policy_at` the path in it, `policy_for` that of its
    argument (None: the ARN); `document` is the path of a policy that the list itself gives. `ai` marks those whose
    role is an AI identity. `data` are paths of the S3 places it is kept in or made of.
    `shared` is the path of a flag of things that are listed in other accounts too, beside whose they are.
    """

    kind: str
    word: str
    label: str
    call: str
    member: str
    arn: str
    name: str
    detail: str = ""
    arguments: tuple[str, ...] = ()
    under: str = ""
    roles: tuple[str, ...] = ()
    policy: str = ""
    policy_at: str = "Policy"
    policy_for: str | None = None
    document: str = ""
    targets: tuple[str, ...] = ()
    ai: bool = False
    tags: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    data: tuple[str, ...] = ()
    gone: tuple[str, str] = ("", "")  # the path and value that tell what no longer exists
    shared: str = ""

    @property
    def category(self) -> Category:
        return Category.WORKLOAD if self.roles else Category.RESOURCE


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a sort, with its list entry and detail merged."""

    sort: Sort
    place: Place
    arn: str
    name: str
    record: Record

    @property
    def account(self) -> str:
        return self.place.account


def items(reading: Reading, sort: Sort) -> Iterator[Item]:
    """All things of a sort; broken entries are named and left out."""
    for place, entry in reading.answers.items(sort.call, sort.member):
        record = {**entry, **_detail(reading, sort, place, entry)}
        path, gone = sort.gone
        if path and text(record, path) == gone:
            continue
        arn = _arn(sort, place, record)
        if (
            sort.shared
            and values(record, sort.shared) == (True,)
            and (of := parse(arn))
            and of.account != place.account
        ):
            continue
        if reading.own(place, arn, f"{sort.label} {text(record, sort.name)}".rstrip()):
            yield Item(sort, place, arn, _name(text(record, sort.name) or arn), record)


def _elsewhere(sort: Sort, place: Place, arn: str, record: Record) -> bool:
    """Such as the organization's trail, which each of its accounts lists.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
    """
    parsed = parse(arn) if sort.shared and values(record, sort.shared) == (True,) else None
    return parsed is not None and parsed.account != place.account


def _detail(reading: Reading, sort: Sort, place: Place, entry: Record) -> Record:
    if not sort.detail:
        return {}
    arguments = [text(entry, path) for path in sort.arguments]
    answer: Json = reading.answers.one(place.account, place.region, sort.detail, *arguments)
    inside = answer.get(sort.under) if sort.under and isinstance(answer, Mapping) else answer
    return inside if isinstance(inside, Mapping) else {}


def _name(name: str) -> str:
    """Where the ARN is all the name there is, its last piece."""
    return re.split("[:/]", name)[-1] if name.startswith("arn:") else name


def _arn(sort: Sort, place: Place, record: Record) -> str:
    if not sort.arn.startswith("arn:"):
        return text(record, sort.arn)
    filled = sort.arn.replace("{partition}", partition(place.region))
    filled = filled.replace("{region}", place.region).replace("{account}", place.account)
    while "{" in filled:
        before, _, rest = filled.partition("{")
        path, _, after = rest.partition("}")
        value = text(record, path).lstrip("/")
        if not value:
            return ""
        filled = before + value.replace("{", "%7B") + after
    return filled


def things(reading: Reading, sorts: Iterable[Sort]) -> Iterator[Thing]:
    """The resource, node and edges of everything of these sorts."""
    for sort in sorts:
        for item in items(reading, sort):
            yield from thing(reading, item)


def thing(reading: Reading, item: Item, roles: tuple[str, ...] = (), **more: Json) -> Iterator[Thing]:
    """What one item becomes. `roles` it runs as beside those its record names, `more` goes into the attributes."""
    sort = item.sort
    roles = tuple(dict.fromkeys((*_roles(reading, item), *roles)))
    region = item.place.region
    kept = {"buckets": data_of(item.record, region, *sort.data), "objects": objects_of(item.record, region, *sort.data)}
    more = {"name": item.name, **kept, **more}
    attributes = {name: value for name, value in more.items() if value not in (None, "", ())}
    yield Resource(
        item.arn,
        sort.kind,
        owner(item),
        item.arn,
        region=region,
        tags=tags(item.record, sort.tags) if sort.tags else reading.tags_of(item.place, item.arn),
        policies=policies(reading, item),
        runs_as=roles,
        attributes=attributes,
    )
    yield node(item, roles)
    yield from (runs_as(item.arn, role) for role in roles)
    if sort.ai:
        yield from (Mark(role, "ai_identity", f"{sort.label} {item.name} runs as it") for role in roles)


def node(item: Item, roles: tuple[str, ...] = ()) -> Node:
    sort, words = item.sort, defaultdict[str, list[str]](list)
    for name, path in sort.shown:
        words[name] += texts(item.record, path)
    properties = shown(**words, region=item.place.region, role=roles)
    scope = owner(item) or ""
    return Node(item.arn, sort.word, item.name, CLOUD, scope, sort.category, sort.label, sort.targets, properties)


def owner(item: Item) -> str | None:
    """The account in the ARN; what belongs to AWS itself, as foundation models do, has none."""
    parsed = parse(item.arn)
    return item.account if parsed and parsed.account else None


def policies(reading: Reading, item: Item) -> tuple[Document, ...]:
    sort = item.sort
    if sort.document:
        bodies = values(item.record, sort.document)
        return tuple(reading.papers.make(f"{item.arn} policy", body, item.account) for body in bodies)
    if not sort.policy:
        return ()
    argument = item.arn if sort.policy_for is None else text(item.record, sort.policy_for)
    return reading.policies(item.place, item.arn, sort.policy, sort.policy_at, argument)


def _roles(reading: Reading, item: Item) -> tuple[str, ...]:
    named = (role for path in item.sort.roles for role in texts(item.record, path))
    return tuple(dict.fromkeys(reading.role(item.account, role) for role in named))


def listed(reading: Reading, sorts: Iterable[Sort], accounts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Which kinds were listed whole in which account; without the detail that names its role, a host is not known."""
    pairs = set()
    for sort in sorts:
        for account in accounts:
            if reading.answers.complete(account, sort.call) and _details_there(reading, sort, account):
                pairs.add((account, sort.kind))
    return frozenset(pairs)


def _details_there(reading: Reading, sort: Sort, account: str) -> bool:
    if not sort.detail or not sort.roles:
        return True
    entries = [(p, e) for p, e in reading.answers.items(sort.call, sort.member) if p.account == account]
    return all(
        reading.answers.state(p.account, p.region, sort.detail, *(text(e, a) for a in sort.arguments)) is State.ASKED
        for p, e in entries
    )
