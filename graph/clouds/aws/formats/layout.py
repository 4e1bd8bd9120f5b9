"""Which file holds which answer: the layout of a snapshot folder, and CloudMapper's older one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from urllib.parse import quote, unquote, unquote_plus

from graph.clouds.aws.formats.members import Member
from graph.clouds.aws.formats.operations import GLOBAL, Operation, canonical_name, operations

ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2,5}(-[a-z]+){1,3}-\d{1,2}")
LONGEST_NAME = 200
_MAX_PREFIX = 4
_CALL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_DEFAULTS = {"EventBusName": "default"}  # what the API takes when the argument is left out


@dataclass(frozen=True, slots=True)
class Found:
    """A file that holds answers: the region of its folder, the call, the arguments in its path.

    `alternative` is the last argument if its `.json` was part of it.
    """

    member: Member
    region: str
    call: str
    arguments: tuple[str, ...]
    alternative: str = ""
    packed: bool = False


@dataclass(slots=True)
class AccountFolder:
    """The files of one account. `account` is empty where only their content says which it is (`bare`)."""

    name: str
    account: str
    bare: bool
    found: list[Found] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """What a snapshot's files are. `strays` are files that are none of it: name and why."""

    manifest: Member | None = None
    folders: list[AccountFolder] = field(default_factory=list)
    strays: list[tuple[str, str]] = field(default_factory=list)


def encode(argument: str) -> str:
    """The file name of an argument, as the format has it."""
    name = quote(argument, safe="") if argument.strip(".") else argument.replace(".", "%2E")
    return name if len(name) <= LONGEST_NAME else hashed(argument)


def hashed(argument: str) -> str:
    return f"sha256-{hashlib.sha256(argument.encode()).hexdigest()}"


def looks_like_snapshot(paths: Iterable[Sequence[str]]) -> bool:
    """Whether any of the paths lies where a snapshot has its answers."""
    return any(_root(path, aws=True) is not None or _root(path, aws=False) is not None for path in paths)


def arrange(members: Sequence[Member], name: str = "") -> Layout:
    """Sort files into accounts. `name` is the folder's own, which may be an account's number."""
    layout = Layout()
    roots = {root for m in members if (root := _root(m.path, aws=True)) is not None}
    if roots:
        root = min(roots, key=lambda prefix: (len(prefix), prefix))
        _arrange_accounts(members, root, layout)
        _manifest(members, root, layout)
    else:
        _arrange_bare(members, name, layout)
    layout.folders = sorted((f for f in layout.folders if f.found), key=lambda f: (f.account, f.name))
    return layout


def _root(path: Sequence[str], aws: bool) -> tuple[str, ...] | None:
    """The folders above `aws/<account>/…`, or above `<region>/<service>-<operation>`."""
    for at in range(min(len(path) - 1, _MAX_PREFIX + 1)):
        if aws and path[at] == "aws" and len(path) > at + 3 and ACCOUNT.fullmatch(path[at + 1]):
            return tuple(path[:at])
        if not aws and is_region(path[at]) and call_name(_stem(path[at + 1])):
            return tuple(path[:at])
    return None


def is_region(name: str) -> bool:
    return name == GLOBAL or REGION.fullmatch(name) is not None


def _manifest(members: Sequence[Member], root: tuple[str, ...], layout: Layout) -> None:
    layout.manifest = next((m for m in members if m.path == (*root, "manifest.json")), None)


def _arrange_accounts(members: Sequence[Member], root: tuple[str, ...], layout: Layout) -> None:
    folders: dict[str, AccountFolder] = {}
    for member in members:
        below = member.path[len(root) :] if member.path[: len(root)] == root else ()
        if below == ("manifest.json",):
            continue
        if len(below) < 4 or below[0] != "aws":
            layout.strays.append((member.name, "it lies outside `aws/<account>/<region>/`"))
        elif not ACCOUNT.fullmatch(below[1]):
            layout.strays.append((member.name, f"`{below[1]}` is no account: twelve digits"))
        else:
            folder = folders.setdefault(below[1], AccountFolder("/".join((*root, *below[:2])), below[1], bare=False))
            _place(member, below[2:], folder, layout)
    layout.folders = list(folders.values())


def _arrange_bare(members: Sequence[Member], name: str, layout: Layout) -> None:
    roots = sorted({root for m in members if (root := _root(m.path, aws=False)) is not None})
    folders = {root: _bare_folder(root, name) for root in roots}
    if roots:
        _manifest(members, min(roots, key=len), layout)
    for member in members:
        if member is layout.manifest:
            continue
        root = next((r for r in (member.path[:n] for n in range(len(member.path))) if r in folders), None)
        if root is None:
            layout.strays.append((member.name, "it lies outside `<region>/<service>-<operation>`"))
        else:
            _place(member, member.path[len(root) :], folders[root], layout)
    layout.folders = list(folders.values())


def _bare_folder(root: tuple[str, ...], name: str) -> AccountFolder:
    """A folder named like an account is one out of the newer layout, given by itself."""
    own = root[-1] if root else name
    account = own if ACCOUNT.fullmatch(own) else ""
    return AccountFolder("/".join(root) or name or ".", account, bare=not account)


def _place(member: Member, below: tuple[str, ...], folder: AccountFolder, layout: Layout) -> None:
    """Put one file, given its path below the account, where it belongs."""
    if folder.bare and below == ("describe-regions.json",):
        folder.found.append(Found(member, GLOBAL, "ec2-describe-regions", ()))
        return
    if len(below) < 2 or not is_region(below[0]):
        layout.strays.append((member.name, f"`{below[0]}` is no region"))
        return
    packed = len(below) == 2 and below[1].endswith(".jsonl")
    call = call_name(below[1].removesuffix(".jsonl") if packed else _stem(below[1]) if len(below) == 2 else below[1])
    if not call:
        layout.strays.append((member.name, f"`{below[1]}` is not named after an AWS call"))
        return
    decode = unquote_plus if folder.bare else unquote
    arguments = tuple(map(decode, (*below[2:-1], _stem(below[-1])))) if len(below) > 2 else ()
    alternative = decode(below[-1]) if len(below) > 2 and below[-1].endswith(".json") else ""
    found = Found(member, below[0], call, arguments, alternative, packed)
    folder.found.append(_adapted(found) if folder.bare else found)


def _adapted(found: Found) -> Found:
    """CloudMapper names arguments that the tables leave out, and leaves out defaults."""
    operation = operations().get(found.call)
    if operation is None or found.packed:
        return found
    arguments = found.arguments
    if not operation.parameters and not operation.items and len(arguments) == 1:
        arguments = arguments if not ACCOUNT.fullmatch(arguments[0]) else ()
    first = operation.parameters[0].name if operation.parameters else ""
    if first in _DEFAULTS and len(arguments) == len(operation.parameters) - 1:
        arguments = (_DEFAULTS[first], *arguments)
    return Found(found.member, found.region, found.call, arguments, found.alternative)


def _stem(name: str) -> str:
    return name.removesuffix(".json")


@lru_cache(maxsize=4096)
def call_name(name: str) -> str:
    """The name of a call as the tables have it, or an empty text where a file is not named after one."""
    name = canonical_name(name)
    if name in operations():
        return name
    return name if _CALL.fullmatch(name) and service_of(name) else ""


def service_of(call: str) -> str:
    """The longest service name that leaves an operation."""
    if operation := operations().get(call):
        return operation.service
    words = call.split("-")
    return next((s for n in range(len(words) - 1, 0, -1) if (s := "-".join(words[:n])) in _services()), "")


@cache
def _services() -> frozenset[str]:
    from botocore.session import get_session  # noqa: PLC0415 - the SDK loads only when a name is not in the tables

    return frozenset(get_session().get_available_services())


def arity(operation: Operation) -> Iterator[int]:
    """How many arguments the path of a file of this call may have; one more for an item of a call that takes a list."""
    yield len(operation.parameters)
    if operation.items:
        yield len(operation.parameters) + 1
