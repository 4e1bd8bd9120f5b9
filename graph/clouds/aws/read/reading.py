"""What every reader of a noun shares: the answers, the documents made once each, and the small things they yield."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.clouds.aws.facts import Principal, Resource, Tags
from graph.clouds.aws.formats.documents import decode
from graph.clouds.aws.read.commons import NOTHING_TOLD, Commons, Mark, Told
from graph.clouds.aws.read.estate import Estate, Place, Record, State, text, values
from graph.model import Category, Document, Edge, EdgeClass, Entry, Json, Node, Problem, Verdict
from graph.snapshot import Part, canonical

__all__ = ["CLOUD", "Mark", "Reading", "Thing"]  # marks are defined where what accounts tell each other is

CLOUD = "aws"
PUBLISHED = frozenset({"p-FullAWSAccess", "p-RCPFullAWSAccess"})  # organization policies that AWS attaches itself


Thing = Node | Edge | Principal | Resource | Entry | Mark


class Arn(NamedTuple):
    """The six parts of an ARN; S3 buckets have neither region nor account."""

    partition: str
    service: str
    region: str
    account: str
    rest: str


def parse(arn: str) -> Arn | None:
    """None for what is no ARN."""
    pieces = arn.split(":", 5)
    return Arn(*pieces[1:]) if len(pieces) == 6 and pieces[0] == "arn" else None


def partition(region: str) -> str:
    """The partition that a region lies in; global calls are taken as the standard one."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def root(account: str, part: str = "aws") -> str:
    """The root ARN, which is also the node key of the account."""
    return f"arn:{part}:iam::{account}:root"


def _whose(name: str, scope: str) -> str:
    """The account that a document was read in; a policy that AWS publishes is nobody's secret."""
    parsed = parse(name)
    return "" if (parsed and parsed.account == "aws") or name in PUBLISHED else scope


class Papers:
    """Documents by name; equal bodies are one object, because the engine compiles each object once."""

    def __init__(self) -> None:
        self._bodies: dict[bytes, Mapping[str, Json]] = {}
        self._documents: dict[tuple[str, str, int], Document] = {}
        self._unread: dict[tuple[str, str, str], Document] = {}

    def make(self, name: str, body: Json, scope: str) -> Document:
        """The document of that name; what is no object with statements could not be read."""
        if not isinstance(body, Mapping) or "Statement" not in body:
            return self.unread(name, decode(body).problem or "it has no statements", scope)
        one = self._bodies.setdefault(canonical(body), body)
        where = _whose(name, scope)
        return self._documents.setdefault((name, where, id(one)), Document(name, one, scope=where))

    def unread(self, name: str, problem: str, scope: str) -> Document:
        where = _whose(name, scope)
        return self._unread.setdefault((name, where, problem), Document(name, None, problem, where))

    @property
    def all(self) -> tuple[Document, ...]:
        """Every readable document, in the order it was made."""
        return tuple(self._documents.values())


@dataclass
class Reading:
    """One run of reading an estate, and what others look up in it.

    `roles` finds a role by account and name, `profiles` by instance profile; `aliases` leads, by account and region,
    from a key's id to its alias and back; `report` holds the lines of the credential reports by ARN, `reported` the
    accounts that have one. `commons` is there where one account is read `alone`, with what others `told` of it.
    """

    answers: Estate
    papers: Papers = field(default_factory=Papers)
    problems: list[Problem] = field(default_factory=list)
    roles: dict[tuple[str, str], str] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)
    tags: dict[str, Tags] = field(default_factory=dict)
    aliases: dict[tuple[str, str, str], str] = field(default_factory=dict)
    report: dict[str, Mapping[str, str]] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    commons: Commons | None = None
    alone: str = ""
    told: Told = NOTHING_TOLD

    def accounts(self) -> tuple[str, ...]:
        """All accounts of the estate that have answers of their own, sorted."""
        read = self.commons.read if self.commons else (a for a in self.answers.accounts() if a.isdigit())
        return tuple(sorted(read))

    def using(self, call: str) -> tuple[Part, ...]:
        """The answers of a call, those of others among them that name a bucket of this account."""
        own = self.answers.parts(call)
        others = self.commons.uses.get(self.alone, {}).get(call, ()) if self.commons else ()
        return tuple(sorted((*own, *others), key=lambda p: (p.scope, p.region, p.arguments))) if others else own

    def own(self, place: Place, arn: str, what: str) -> bool:
        """Whether an entry of a list has an ARN of the account it was listed in; else it is named and left out."""
        parsed = parse(arn)
        if parsed and (not parsed.account or parsed.account == place.account):
            return True
        words = f"{what} with the ARN of another account: {arn}" if parsed else f"{what} without an ARN: {arn!r}"
        remedy = "It was left out. Collect this file again from the account itself."
        problem = Problem(place.file, f"{place.account}/{place.region}", words, remedy, place.account)
        if problem not in self.problems:
            self.problems.append(problem)
        self.answers.spoil(place)
        return False

    def role(self, account: str, name: str) -> str:
        """A role's ARN from what a service calls it: its ARN, its name, or path and name."""
        if name.startswith("arn:"):
            return name
        known = self.roles.get((account, name.rpartition("/")[2]))
        return known or f"arn:aws:iam::{account}:role/{name.removeprefix('/')}"

    def policies(self, place: Place, arn: str, call: str, path: str, *arguments: str) -> tuple[Document, ...]:
        """The resource policy that a call answers: none, one, or one that could not be read."""
        state = self.answers.state(place.account, place.region, call, *arguments)
        name = f"{arn} policy"
        if state is State.GAP:
            why = self.answers.why(place.account, place.region, call, *arguments)
            return (self.papers.unread(name, why, place.account),)
        answer = self.answers.one(place.account, place.region, call, *arguments)
        bodies = [body for body in values(answer, path) if body != ""]
        numbered = [name] if len(bodies) < 2 else [f"{name} {i}" for i in range(1, len(bodies) + 1)]
        return tuple(self.papers.make(n, body, place.account) for n, body in zip(numbered, bodies, strict=False))

    def tags_of(self, place: Place, arn: str) -> Tags | None:
        """Tags as the tagging API lists them; what it does not list there has none. None where it was not asked."""
        call = "resourcegroupstaggingapi-get-resources"
        if arn in self.tags:
            return self.tags[arn]
        return {} if self.answers.state(place.account, place.region, call) is State.ASKED else None


def tags(record: Json, path: str = "Tags") -> Tags:
    """Tags from any of AWS's shapes: lists of Key/Value, key/value or TagKey/TagValue, or an object."""
    found: dict[str, str] = {}
    for item in values(record, path):
        if isinstance(item, Mapping):
            key = text(item, "Key") or text(item, "key") or text(item, "TagKey")
            value = text(item, "Value") or text(item, "value") or text(item, "TagValue")
            found |= {key: value} if key else {str(k): str(v) for k, v in item.items()}
    return found


def shown(**properties: Json) -> tuple[tuple[str, str], ...]:
    """Properties of a node, sorted, without the empty ones; lists are joined."""
    words: dict[str, str] = {}
    for name, value in properties.items():
        joined = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        if joined not in (None, "", {}):
            words[name] = ("yes" if joined else "no") if isinstance(joined, bool) else str(joined)
    return tuple(sorted(words.items()))


def runs_as(workload: str, role: str) -> Edge:
    return Edge(workload, role, EdgeClass.RUNS_AS, "runs-as", Verdict.ALLOWED)


def member_of(user: str, group: str) -> Edge:
    return Edge(user, group, EdgeClass.MEMBER_OF, "member-of", Verdict.ALLOWED)


def identity(key: str, kind: str, name: str, scope: str, label: str, /, **properties: Json) -> Node:
    return Node(key, kind, name, CLOUD, scope, Category.IDENTITY, label, (), shown(**properties))


def resource(key: str, kind: str, name: str, scope: str, label: str, /, **properties: Json) -> Node:
    return Node(key, kind, name, CLOUD, scope, Category.RESOURCE, label, (), shown(**properties))


def prepare(reading: Reading) -> None:
    """Fill what other nouns are looked up in: roles by name, instance profiles, tags."""
    for place, role in reading.answers.items("iam-get-account-authorization-details", "RoleDetailList"):
        arn = text(role, "Arn")
        reading.roles.setdefault((place.account, text(role, "RoleName") or arn.rpartition("/")[2]), arn)
        for profile in values(role, "InstanceProfileList"):
            reading.profiles.setdefault(text(profile, "Arn"), arn)
    for _, profile in reading.answers.items("iam-list-instance-profiles", "InstanceProfiles"):
        reading.profiles.setdefault(text(profile, "Arn"), text(profile, "Roles.Arn"))
    for place, alias in reading.answers.items("kms-list-aliases", "Aliases"):
        name, key = text(alias, "AliasName"), text(alias, "TargetKeyId")
        reading.aliases |= {(place.account, place.region, key): name, (place.account, place.region, name): key}
    for _, item in reading.answers.items("resourcegroupstaggingapi-get-resources", "ResourceTagMappingList"):
        reading.tags[text(item, "ResourceARN")] = tags(item)


def each(reading: Reading, call: str, path: str, arn: str, what: str) -> Iterator[tuple[Place, Record, str]]:
    """The entries of a list with the ARN each has; broken ones are named and left out."""
    for place, item in reading.answers.items(call, path):
        if reading.own(place, found := text(item, arn), what):
            yield place, item, found
