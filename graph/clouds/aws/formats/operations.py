"""The tables of the snapshot format: which calls there are, their arguments, and what is read from each answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson

DATA = Path(__file__).parent.parent / "data" / "operations.json"
GLOBAL = "global"
DOCUMENTS = frozenset({"document", "json"})  # a policy; a document of another grammar (OpenSearch Serverless)

# Names of the AWS CLI that are not boto3's
CLI_SERVICES = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}

# Of the calls about the organization, those that AWS answers in every account: whether there is one at all.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
# https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListInstances.html
_EVERYWHERE = frozenset({"organizations-describe-organization", "sso-admin-list-instances"})

_STEP = re.compile(r"[^.\[\]]+|\[\]")


@dataclass(frozen=True, slots=True)
class Source:
    """A list that names arguments: the call, and the path of the values in its answers (`Keys[].KeyId`)."""

    call: str
    path: str

    @property
    def entries(self) -> str:
        """The path of the entries, without the member that is taken from each."""
        return self.path.rpartition("[]")[0]

    @property
    def member(self) -> str:
        return self.path.rpartition("[]")[2].removeprefix(".")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument in the path of a file: from lists of other calls, or one of some fixed values."""

    name: str
    sources: tuple[Source, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """For a call that takes a list of names: the list it comes from, and the path of the name in its own answer."""

    source: Source
    key: str


@dataclass(slots=True)
class Shape:
    """What is read below one member: its type, what is below it, whether an entry without it is broken."""

    kind: str = "object"
    members: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    required: bool = False
    own: bool = False  # an ARN that must be of the account it was read in


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the tables. `members` are the types of all members the API may answer at the top."""

    name: str
    api: str
    service: str
    action: str
    place: str
    group: str
    optional: bool
    empty: bool
    parameters: tuple[Parameter, ...]
    items: Items | None
    tokens: frozenset[str]
    members: Mapping[str, str]
    shape: Shape

    @property
    def is_global(self) -> bool:
        return self.place == GLOBAL

    @property
    def of_organization(self) -> bool:
        """Whether AWS answers it in the management account and to delegated administrators only."""
        return bool(self.group) and self.name not in _EVERYWHERE

    def region(self, region: str) -> str:
        """The region that an answer of this call belongs to when it was found under `region`."""
        return GLOBAL if self.is_global else region


@cache
def operations() -> Mapping[str, Operation]:
    """All calls of the tables by file name, sorted."""
    rows = orjson.loads(DATA.read_bytes())["operations"]
    return {name: _operation(name, row) for name, row in sorted(rows.items())}


@cache
def endpoints() -> Mapping[str, str]:
    """botocore's endpoint prefix of each service in the tables: the name its list of regions goes by."""
    found: Mapping[str, str] = orjson.loads(DATA.read_bytes())["endpoints"]
    return found


def canonical_name(name: str) -> str:
    """A file's name with the boto3 name of its service where the CLI has another."""
    for cli, service in CLI_SERVICES.items():
        if name.startswith(cli + "-"):
            return service + name[len(cli) :]
    return name


def steps(path: str) -> list[str]:
    """`Keys[].KeyId` as `["Keys", "[]", "KeyId"]`."""
    return _STEP.findall(path)


def _operation(name: str, row: Mapping[str, object]) -> Operation:
    get: dict[str, object] = dict(row)
    items = get.get("items")
    return Operation(
        name=name,
        api=str(row["api"]),
        service=str(row["service"]),
        action=str(row["action"]),
        place=str(row["where"]),
        group=str(get.get("group", "")),
        optional=bool(get.get("optional")),
        empty=bool(get.get("empty")),
        parameters=tuple(_parameter(p) for p in _rows(get.get("parameters"))),
        items=Items(Source(items["call"], items["path"]), items["key"]) if isinstance(items, dict) else None,
        tokens=frozenset(map(str, _list(get.get("tokens")))),
        members=_members(row),
        shape=_shape(row),
    )


def _parameter(row: Mapping[str, object]) -> Parameter:
    sources = tuple(Source(str(s["call"]), str(s["path"])) for s in _rows(row.get("from")))
    return Parameter(str(row["name"]), sources, tuple(map(str, _list(row.get("values")))))


def _members(row: Mapping[str, object]) -> dict[str, str]:
    """The types of the top members; a document may be an object there, whatever the API's model says."""
    fields = _texts(row["fields"])
    return {n: fields[n] if fields.get(n) in DOCUMENTS else kind for n, kind in _texts(row["members"]).items()}


def _shape(row: Mapping[str, object]) -> Shape:
    """The tree of what is read, from the flat paths of the data file."""
    root = Shape()
    for member, kind in _texts(row["members"]).items():
        if kind.startswith("list of "):
            root.members[member] = Shape("list", item=Shape(kind.removeprefix("list of ")))
    for path, kind in _texts(row["fields"]).items():
        _descend(root, path).kind = kind
    for path in map(str, _list(row.get("keys"))):
        _descend(root, path).required = True
    for path in map(str, _list(row.get("own"))):
        _descend(root, path).own = True
    return root


def _descend(shape: Shape, path: str) -> Shape:
    for step in steps(path):
        if step == "[]":
            shape.kind = "list"
            shape.item = shape.item or Shape()
            shape = shape.item
        else:
            shape = shape.members.setdefault(step, Shape())
    return shape


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in _list(value) if isinstance(row, dict)]


def _texts(value: object) -> dict[str, str]:
    return value if isinstance(value, dict) else {}
