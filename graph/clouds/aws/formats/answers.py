"""The content of one file into what it says: a response, that there is none, a gap, or a problem with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import orjson

from graph.cloud import ImportRefusedError
from graph.clouds.aws.formats.cleaning import clean
from graph.clouds.aws.formats.errors import ErrorBody, error_in, error_line, means_none
from graph.clouds.aws.formats.nesting import deeper_than
from graph.clouds.aws.formats.operations import Operation, operations
from graph.clouds.aws.formats.shapes import check, kind_of
from graph.model import Json

MALFORMED = "malformed"
_TOKENS = frozenset({"NextToken", "nextToken", "Marker", "NextMarker", "IsTruncated", "Truncated"})
_LEFT_OVER = frozenset({"NextToken", "nextToken"})
_ENDS_EARLY = re.compile(r"unexpected end of data|EOF", re.I)
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong within a file: where, what, and what to do."""

    place: str
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one file says of one question. `response` is None: nothing could be read; `gap` says why it is not all."""

    response: Mapping[str, Json] | None
    gap: str = ""
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader must know beside the bytes: the account whose things these are, and who wrote the file."""

    account: str = ""
    merged: bool = False  # by a tool that joins pages and leaves the first token behind


class NotJsonError(Exception):
    """The bytes are no JSON. `text` is what they say, if they are text."""

    def __init__(self, what: str, place: str = "", text: str = "") -> None:
        super().__init__(what)
        self.what, self.place, self.text = what, place, text


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands in a file, or in one line of a packed one, before anything is made of it.

    `pages` is None when it is no response at all; `trouble` says why when it is no JSON either.
    """

    arguments: tuple[str, ...]
    pages: list[dict[str, Json]] | None
    trouble: NotJsonError | None = None
    place: str = ""


def open_file(data: bytes, arguments: tuple[str, ...], max_nesting: int) -> Opened:
    """The pages in a file of one answer."""
    try:
        return Opened(arguments, _pages(parse(data, max_nesting)))
    except NotJsonError as error:
        return Opened(arguments, None, error, error.place)


def open_packed(data: bytes, max_nesting: int) -> Iterator[Opened]:
    """The pages in each line of a packed file."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip() or not data.strip():
            yield _open_line(line, number, max_nesting)


def _open_line(line: bytes, number: int, max_nesting: int) -> Opened:
    try:
        body = parse(line, max_nesting)
    except NotJsonError as error:
        place = ", ".join(filter(None, (f"line {number}", error.place.rpartition(", ")[2])))
        return Opened((), None, error, place)
    fields = body if isinstance(body, dict) else {}
    arguments, pages = fields.get("arguments", []), _pages(fields.get("response"))
    if not isinstance(arguments, list) or not pages:
        trouble = NotJsonError("a packed line has `arguments` and `response`")
        return Opened((), None, trouble, f"line {number}")
    return Opened(tuple(map(str, arguments)), pages, None, f"line {number}")


def read(opened: Opened, operation: Operation, reading: Reading) -> Answer:
    """The answer of a call of the tables, checked and cleaned."""
    if opened.trouble is not None:
        return _instead(opened.trouble, operation, opened.place)
    if opened.pages is None:
        return _malformed(f"not a {operation.api} response", "A response is a JSON object, or a list of pages.")
    return interpret(opened.pages, operation, reading)


def interpret(pages: Sequence[dict[str, Json]], operation: Operation, reading: Reading) -> Answer:
    """The same, from the decoded pages."""
    failed = [error for page in pages if not _fits(page, operation) and (error := error_in(page))]
    if failed and len(failed) == len(pages):
        return from_error(failed[0], operation)
    whole = merge([page for page in pages if _fits(page, operation) or error_in(page) is None])
    answer = _checked(whole, operation, reading)
    return replace(answer, gap=answer.gap or str(failed[0])) if failed else answer


def from_error(error: ErrorBody, operation: Operation) -> Answer:
    return Answer({}) if means_none(error, operation) else Answer(None, str(error))


def parse(data: bytes, max_nesting: int) -> Json:
    """JSON in UTF-8 or UTF-16. Raises NotJsonError; ImportRefusedError where it is nested too deep."""
    data = _utf8(data)
    if not data or data.isspace():
        raise NotJsonError("empty file")
    if deeper_than(max_nesting, data):
        raise ImportRefusedError(
            f"The JSON is nested deeper than {max_nesting} levels, the limit; no AWS answer is. Collect it again."
        )
    try:
        return cast(Json, orjson.loads(data))
    except orjson.JSONDecodeError as error:
        text = data.decode(errors="replace") if len(data) < 100_000 else ""
        if _ENDS_EARLY.search(error.msg):
            raise NotJsonError("ends early", _position(error), text) from error
        raise NotJsonError(f"not JSON: {error.msg}", _position(error), text) from error


def _utf8(data: bytes) -> bytes:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding).encode()
            except UnicodeError as error:
                raise NotJsonError(f"not text: {error.reason if hasattr(error, 'reason') else error}") from error
    return data.removeprefix(b"\xef\xbb\xbf")


def _position(error: orjson.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def _instead(error: NotJsonError, operation: Operation, place: str) -> Answer:
    if said := error_line(error.text):
        return from_error(said, operation)
    return _malformed(error.what, "Collect it again.", place)


def _malformed(what: str, remedy: str, place: str = "") -> Answer:
    words = f"{MALFORMED}: {what}"
    return Answer(None, words, (Flaw(place, words, remedy),))


def _pages(value: Json) -> list[dict[str, Json]] | None:
    pages = value if isinstance(value, list) else [value]
    found = [page for page in pages if isinstance(page, dict)]
    return found if len(found) == len(pages) else None


def merge(pages: Sequence[dict[str, Json]]) -> dict[str, Json]:
    """One response of several: lists joined in order, maps united, else the last page's value (its token counts)."""
    if len(pages) == 1:
        return pages[0]
    whole: dict[str, Json] = {}
    for page in pages:
        for token in _TOKENS & whole.keys():
            del whole[token]
        for name, value in page.items():
            known = whole.get(name)
            if isinstance(known, list) and isinstance(value, list):
                whole[name] = known + value
            elif isinstance(known, dict) and isinstance(value, dict):
                whole[name] = known | value
            elif value is not None or name not in whole:
                whole[name] = value
    return whole


def _fits(page: Mapping[str, Json], operation: Operation) -> bool:
    """Whether any member besides page tokens is one of the operation's, of the right type."""
    return any(
        value is not None and name not in _TOKENS and kind_of(value, operation.members.get(name, ""))
        for name, value in page.items()
    )


def _checked(whole: dict[str, Json], operation: Operation, reading: Reading) -> Answer:
    whole.pop("ResponseMetadata", None)
    cut = _cut(whole, operation, reading)
    for token in (_TOKENS | operation.tokens) & whole.keys():
        del whole[token]
    cleaned = clean(whole, operation.service, operation.shape)
    if not whole:
        return Answer({}) if operation.empty else _malformed(f"no member of {operation.api}", "Collect it again.")
    checked = check(whole, operation, reading.account)
    if checked.unfit:
        return _other(whole, operation, checked.unfit)
    unread = [Flaw(place, f"this policy document cannot be read: {why}") for place, why in cleaned.documents]
    flaws = (*(Flaw(*left) for left in checked.left_out), *unread)
    return Answer(whole, "; ".join(filter(None, (cut, checked.incomplete))), flaws)


def _cut(whole: Mapping[str, Json], operation: Operation, reading: Reading) -> str:
    """Why the list is not all, when a page token is still there."""
    for token in sorted((_TOKENS | operation.tokens) & whole.keys()):
        if reading.merged and token in _LEFT_OVER:
            continue
        if whole[token] not in (None, "", False, "false", [], {}):
            return f"cut: the list goes on ({token} is set)"
    return ""


def _other(whole: Mapping[str, Json], operation: Operation, why: str) -> Answer:
    fitting = [o for o in fitting_operations(whole) if o.name != operation.name]
    names = " or ".join(f"{o.api} of {o.service}" for o in fitting[:3])
    also = f"; it looks like {names}" if names else ""
    return _malformed(f"not a {operation.api} response{also}", "Put the right answer there.", why)


def fitting_operations(response: Mapping[str, Json]) -> list[Operation]:
    """The calls of the tables that could have given this response, by name: all its members are theirs."""
    names = response.keys() - _TOKENS - {"ResponseMetadata"}
    return [
        operation
        for operation in operations().values()
        if names and all(kind_of(response[name], operation.members.get(name, "")) for name in names)
    ]
