"""Policy documents in any of their three spellings (object, JSON string, URL-encoded JSON) into one: the object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from graph.clouds.aws.formats.nesting import nesting
from graph.model import Json

MAX_NESTING = 200


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
    text = value.strip().removeprefix("\ufeff")
    if not text:
        return None, ""
    # Percent decoding only: in a raw IAM answer a plus sign is a plus sign
    # (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html, RFC 3986).
    first, problem = _json(text)
    if problem and "%" in text:
        first, problem = _json(_percent_decoded(text))
    return (first, problem) if not isinstance(first, str) else _json(first)


def _json(text: str) -> tuple[Json, str]:
    try:
        data = text.encode()
        if nesting(data) > MAX_NESTING:
            return None, f"nested deeper than {MAX_NESTING}"
        return orjson.loads(data), ""
    except orjson.JSONDecodeError as error:
        return None, f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
    except UnicodeEncodeError:
        return None, "not text"


def _percent_decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _not_a_policy(body: dict[str, Json]) -> str:
    statements = body.get("Statement")
    if isinstance(statements, dict):
        return ""
    if not isinstance(statements, list):
        return "it has no Statement"
    return "" if all(isinstance(s, dict) for s in statements) else "a statement is not an object"
