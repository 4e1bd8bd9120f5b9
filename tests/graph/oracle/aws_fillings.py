"""Discovery by brute force: every interesting filling of the keys that a request does not give.

For each key that some policy asks: absent, each value that a policy writes or names, values just beside them, and one
that nobody writes. What the documentation says a caller cannot bring stays absent.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.graph.oracle.aws_callers import Caller
from tests.graph.oracle.aws_text import Context

# *Global condition context keys*: there only when an AWS service calls by itself.
SERVICE_ONLY = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths")
LIMIT = 20_000
VARIABLE = re.compile(r"\$\{([^},*?$]+)(?:,[^}]*)?\}")


class TooManyError(Exception):
    """More fillings than a test should try."""


def fillings(request: Mapping[str, Any], known: Context, who: Caller) -> Iterator[Context]:
    asked: dict[str, set[tuple[str, ...]]] = {}
    for operator, key, values in _clauses(request):
        asked.setdefault(key.lower(), set()).update(_values(operator, values, request, known))
    for key in _variables(request):
        asked.setdefault(key, set()).update(_pieces(request, known))
    unknown = sorted(key for key in asked if key not in known and not _surely_absent(key, who))
    choices = [[None, *sorted(asked[key])] for key in unknown]
    size = 1
    for each in choices:
        size *= len(each)
    if size > LIMIT:
        raise TooManyError(size)
    for chosen in itertools.product(*choices):
        yield {**known, **{key: list(one) for key, one in zip(unknown, chosen, strict=True) if one is not None}}


def _surely_absent(key: str, who: Caller) -> bool:
    """*Global condition context keys* and *IAM and STS condition context keys* say whose requests have them."""
    if key in SERVICE_ONLY:
        return who.kind != "service"
    if key == "aws:username":
        return who.kind != "user"
    if key.startswith("aws:principal"):  # arn, account, tags, organization: of signed-in principals only
        return not who.signed_in
    if ":" in key and "." in key.partition(":")[0]:  # what a token says: in the call that brings it, perhaps after
        return who.kind not in ("federated", "role", "session")
    return False


def _clauses(value: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Every (operator, key, values) of every Condition anywhere in the request."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "Condition":
                for operator, keys in inner.items():
                    for key, values in keys.items():
                        yield operator, key, [str(each) for each in (values if isinstance(values, list) else [values])]
            else:
                yield from _clauses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _clauses(inner)


def _variables(value: Any) -> set[str]:
    if isinstance(value, str):
        return {found.strip().lower() for found in VARIABLE.findall(value)}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {key for each in inner for key in _variables(each)}


def _values(operator: str, values: list[str], request: Mapping[str, Any], known: Context) -> set[tuple[str, ...]]:
    """Single values, and for set operators also pairs of a fitting and a strange one."""
    singles = {"~nobody-writes-this"}
    for value in values:
        singles |= _near(operator, value)
        if "${" in value:
            singles |= {one for each in _pieces(request, known) for one in each}
    found: set[tuple[str, ...]] = {(each,) for each in singles}
    if operator.startswith("For"):
        found |= {(each, "~nobody-writes-this") for each in singles}
    return found


def _near(operator: str, value: str) -> set[str]:
    if "Bool" in operator:
        return {"true", "false"}
    if "Numeric" in operator:
        return {value, str(float(value) - 1), str(float(value) + 1)}
    if "Date" in operator:
        return {value, "1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"}
    if "IpAddress" in operator:
        network = ipaddress.ip_network(value, strict=False)
        return {str(network[0]), "198.18.0.1" if network.version == 4 else "100::1"}
    if operator == "Null":
        return set()
    plain = value.replace("${*}", "\0").replace("*", "x").replace("?", "x").replace("\0", "*")
    return {value, plain, plain.swapcase()}


def _pieces(request: Mapping[str, Any], known: Context) -> set[tuple[str, ...]]:
    """What a variable would have to be for a pattern to fit: the pieces of the resource and the known values."""
    pieces = {piece for piece in re.split(r"[:/]", request["resource"]) if piece}
    pieces |= {value for values in known.values() for value in values if len(values) == 1}
    return {(each,) for each in pieces | {"~other"}}
