"""Hold a response against the shape its tables give it, so that readers may trust the types of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from graph.clouds.aws.formats.operations import Operation, Shape
from graph.model import Json

T = TypeVar("T")

_ACCOUNT = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")

_WORDS = {"object": "an object", "list": "a list", "string": "a text", "number": "a number", "boolean": "true or false"}


@dataclass(slots=True)
class Checked:
    """`unfit`: it is no response of this call, and where that shows. `left_out`: place and what, entry by entry."""

    unfit: str = ""
    incomplete: str = ""
    left_out: list[tuple[str, str]] = field(default_factory=list)


def kind_of(value: Json, kind: str) -> bool:
    """Whether a value is of a type named in the data file; documents may be of any."""
    if kind.startswith("list"):
        return isinstance(value, list)
    test = _TESTS.get(kind)
    return test is not None and test(value)


_TESTS: Mapping[str, Callable[[Json], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "time": lambda v: isinstance(v, str | int | float) and not isinstance(v, bool),
    "document": lambda v: isinstance(v, str | dict | list),
    "json": lambda v: isinstance(v, str | dict | list),
}


def check(response: dict[str, Json], operation: Operation, account: str) -> Checked:
    """Leave out of the response each entry that is broken or of another account; say what else is wrong."""
    result = Checked()
    if not any(name in operation.members for name in response):
        result.unfit = f"none of {', '.join(sorted(response)[:5])} is a member of it"
        return result
    broken = 0
    for name, value in response.items():
        shape = operation.shape.members.get(name)
        if shape is None:
            continue
        if shape.kind == "list" and isinstance(value, list):
            broken += _entries(response, name, shape, account, result)
        elif fault := _fault(value, shape, f"/{name}"):
            result.unfit = fault
            return result
    if broken:
        result.incomplete = f"incomplete: {broken} broken {'entry was' if broken == 1 else 'entries were'} left out"
    return result


def _entries(response: dict[str, Json], name: str, shape: Shape, account: str, result: Checked) -> int:
    """Keep the good entries of a list; how many of the others were broken."""
    kept, broken = [], 0
    listed = response[name]
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        place = f"/{name}/{number}"
        if shape.item is None:
            kept.append(entry)
        elif fault := _fault(entry, shape.item, place):
            result.left_out.append((place, f"malformed: {fault}; the entry was left out"))
            broken += 1
        elif other := _foreign(entry, shape.item, account):
            result.left_out.append((place, f"this entry is of account {other}, not {account}, and was left out"))
        else:
            kept.append(entry)
    response[name] = kept
    return broken


def _fault(value: Json, shape: Shape, place: str) -> str:
    """Where the value first differs from its shape and how, or an empty text."""
    if shape.kind == "list":
        if not isinstance(value, list):
            return f"{place} should be a list"
        return _first_fault(enumerate(value), lambda _: shape.item, place)
    if shape.members:
        if not isinstance(value, dict):
            return f"{place} should be an object"
        missing = [n for n, s in shape.members.items() if s.required and value.get(n) in (None, "")]
        if missing:
            return f"{place} has no {missing[0]}"
        return _first_fault(value.items(), shape.members.get, place)
    return "" if kind_of(value, shape.kind) else f"{place} should be {_WORDS.get(shape.kind, shape.kind)}"


def _first_fault(pairs: Iterable[tuple[T, Json]], shape_of: Callable[[T], Shape | None], place: str) -> str:
    for name, value in pairs:
        shape = shape_of(name)
        if shape is not None and (fault := _fault(value, shape, f"{place}/{name}")):
            return fault
    return ""


def _foreign(entry: Json, shape: Shape, account: str) -> str:
    """The other account whose thing the entry is. What AWS itself owns (`…:aws:policy/…`) has no account number."""
    if not account or not isinstance(entry, dict):
        return ""
    for name, member in shape.members.items():
        found = _ACCOUNT.match(entry[name]) if member.own and isinstance(entry.get(name), str) else None
        if found and found[1] != account:
            return found[1]
    return ""
