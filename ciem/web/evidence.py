"""A document as numbered lines, with those marked that decide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graph.model import Json

WHOLE = 80  # a document of so many lines is shown whole
NEAR = 4  # of a longer one, so many lines around each marked line
INDENT = "  "


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line: number, tokens as (class, text), whether it decides; `skipped` lines were left out before it."""

    number: int
    tokens: tuple[tuple[str, str], ...]
    hit: bool
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document ready to show. `problem` says why there are no lines."""

    name: str
    lines: tuple[CodeLine, ...] = ()
    problem: str = ""
    skipped_after: int = 0


def sheet(name: str, body: Json, places: Iterable[str] = (), problem: str = "") -> Sheet:
    """Pretty-print the body and mark the lines of each JSON pointer (RFC 6901); a long one shows only what is near."""
    if body is None:
        return Sheet(name, problem=problem or "The document could not be read.")
    marked = [_pointer(place) for place in places]
    written = [
        CodeLine(number, tokens, any(where[: len(mark)] == mark for mark in marked if mark))
        for number, (where, tokens) in enumerate(_write(body, (), "", ""), 1)
    ]
    return _fold(name, written)


def _pointer(place: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:])


_Written = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def _write(value: Json, where: tuple[str, ...], lead: str, tail: str, key: str | None = None) -> Iterator[_Written]:
    """The lines of a value, each with the place it belongs to."""
    head = (("", lead),) if key is None else (("", lead), ("k", json.dumps(key, ensure_ascii=False)), ("", ": "))
    if isinstance(value, dict) and value:
        yield where, (*head, ("", "{"))
        yield from _members([(str(k), str(k), v) for k, v in value.items()], where, lead + INDENT)
        yield where, (("", f"{lead}}}{tail}"),)
    elif isinstance(value, list | tuple) and value:
        yield where, (*head, ("", "["))
        yield from _members([(str(i), None, v) for i, v in enumerate(value)], where, lead + INDENT)
        yield where, (("", f"{lead}]{tail}"),)
    else:
        kind = "s" if isinstance(value, str) else ""
        yield where, (*head, (kind, json.dumps(value, ensure_ascii=False)), ("", tail))


def _members(members: Sequence[tuple[str, str | None, Json]], where: tuple[str, ...], lead: str) -> Iterator[_Written]:
    for i, (part, key, value) in enumerate(members, 1):
        yield from _write(value, (*where, part), lead, "," if i < len(members) else "", key)


def _fold(name: str, lines: Sequence[CodeLine]) -> Sheet:
    if len(lines) <= WHOLE or not any(line.hit for line in lines):
        return Sheet(name, tuple(lines))
    hits = [line.number for line in lines if line.hit]
    near = {n for hit in hits for n in range(hit - NEAR, hit + NEAR + 1)}
    kept: list[CodeLine] = []
    skipped = 0
    for line in lines:
        if line.number in near:
            kept.append(CodeLine(line.number, line.tokens, line.hit, skipped))
            skipped = 0
        else:
            skipped += 1
    return Sheet(name, tuple(kept), skipped_after=skipped)
