"""Policy documents in any of their three spellings (object, JSON string, URL-encoded JSON) into one: the object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import orjson

from graph.clouds.aws.formats.nesting import deeper_than
from graph.model import Json

MAX_NESTING = 200
_STARTS = (b"{", b"[", b'"')


@dataclass(frozen=True, slots=True)
class Decoded:
    """`body` is None when there is no document (`problem` empty) or when it cannot be read (`problem` says why)."""

    body: Mapping[str, Json] | None
    problem: str = ""


def decode(value: Json) -> Decoded:
    """A policy document as the reader wants it. An empty text is no document."""
    body, problem = parse(value)
    if problem or body is None:
        return Decoded(None, problem)
    if not isinstance(body, dict):
        return Decoded(None, "no policy: not a JSON object")
    fault = _not_a_policy(body)
    return Decoded(None, f"no policy: {fault}") if fault else Decoded(body)


def parse(value: Json) -> tuple[Json, str]:
    """The JSON value in a document's text, and why it cannot be had. Objects and lists are there already."""
    if value is None or isinstance(value, dict | list):
        return value, ""
    if not isinstance(value, str):
        return None, "neither an object nor a text"
    try:
        data = value.encode().strip().removeprefix(b"\xef\xbb\xbf")
    except UnicodeEncodeError:
        return None, "not text"
    if not data:
        return None, ""
    if b"%" in data and data[:1] not in _STARTS:
        # Percent decoding only: in a raw IAM answer a plus sign is a plus sign
        # (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html, RFC 3986).
        data = _percent_decoded(data)
    found, problem = _json(data)
    return (found, problem) if not isinstance(found, str) else _json(found.encode())


def _percent_decoded(data: bytes) -> bytes:
    """What `unquote_to_bytes` gives, several times as fast: an account has tens of thousands of these.

    `%7B` becomes the JSON escape `\\u007B`, one character for each byte, and the JSON reader does the rest.
    """
    if not data.isascii() or b"\\" in data:
        return unquote_to_bytes(data)
    try:
        text: str = orjson.loads(b'"' + data.replace(b"%", b"\\u00") + b'"')
        return text.encode("latin-1")
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return unquote_to_bytes(data)


def _json(data: bytes) -> tuple[Json, str]:
    if deeper_than(MAX_NESTING, data):
        return None, f"nested deeper than {MAX_NESTING}"
    try:
        return orjson.loads(data), ""
    except orjson.JSONDecodeError as error:
        return None, f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}"


def _not_a_policy(body: dict[str, Json]) -> str:
    statements = body.get("Statement")
    if isinstance(statements, dict):
        return ""
    if not isinstance(statements, list):
        return "it has no Statement"
    return "" if all(isinstance(s, dict) for s in statements) else "a statement is not an object"
