"""Whether the Condition of a statement holds in a request whose context is known.

Pages: IAM user guide, *Elements: Condition*, *Condition operators*, *Multiple context keys or values*,
*Single-valued vs. multivalued context keys*.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.graph.oracle.aws_text import Context, Text, arn_like, equal, guess, like, resolve

NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def holds(condition: Mapping[str, Any], context: Context, variables: bool) -> bool:
    """All operators and all their keys must hold."""
    for operator, keys in condition.items():
        for key, values in keys.items():
            if not _key_holds(operator, context.get(key.lower()), as_list(values), context, variables):
                return False
    return True


def as_list(values: Any) -> list[str]:
    """A single value stands for a list of one; JSON numbers and truth values for their text."""
    found = values if isinstance(values, list) else [values]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in found]


def _key_holds(operator: str, asked: list[str] | None, written: list[str], context: Context, variables: bool) -> bool:
    present = bool(asked)  # a key with an empty list of values is an absent key
    if operator == "Null":
        return any((value.lower() == "true") != present for value in written)
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in NEGATIONS
    name = NEGATIONS.get(name, name)
    if name not in OPERATORS:
        return guess(f"what {operator} says of {written}", context)
    if not present:
        # ForAllValues of nothing holds, ForAnyValue of nothing does not, and IfExists does not change that.
        return quantifier == "ForAllValues" or (quantifier == "" and (if_exists or negated))
    values = [each for each in asked or [] if each is not None]
    if quantifier == "" and len(values) > 1:
        return False  # a single-valued operator says nothing of a key with several values
    texts = [resolve(each, context, variables) for each in written]
    if negated and None in texts:
        return False  # a variable without value matches nothing, in a negation as well
    outcomes = []
    for value in values:
        matched = any(text is not None and OPERATORS[name](text, value) for text in texts)
        outcomes.append(matched != negated)
    return any(outcomes) if quantifier == "ForAnyValue" else all(outcomes)


def _joined(text: Text) -> str:
    return "".join(letter for letter, _ in text)


def _compared(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Callable[[Text, str], bool]:
    def outcome(text: Text, value: str) -> bool:
        try:
            return compare(read(value), read(_joined(text)))
        except ValueError:
            return False

    return outcome


def _moment(text: str) -> datetime:
    """An ISO 8601 date, or seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(text: Text, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(_joined(text), strict=False)
    except ValueError:
        return False


OPERATORS: dict[str, Callable[[Text, str], bool]] = {
    "StringEquals": equal,
    "StringEqualsIgnoreCase": lambda text, value: _joined(text).lower() == value.lower(),
    "StringLike": like,
    "NumericEquals": _compared(float, lambda a, b: a == b),
    "NumericLessThan": _compared(float, lambda a, b: a < b),
    "NumericLessThanEquals": _compared(float, lambda a, b: a <= b),
    "NumericGreaterThan": _compared(float, lambda a, b: a > b),
    "NumericGreaterThanEquals": _compared(float, lambda a, b: a >= b),
    "DateEquals": _compared(_moment, lambda a, b: a == b),
    "DateLessThan": _compared(_moment, lambda a, b: a < b),
    "DateLessThanEquals": _compared(_moment, lambda a, b: a <= b),
    "DateGreaterThan": _compared(_moment, lambda a, b: a > b),
    "DateGreaterThanEquals": _compared(_moment, lambda a, b: a >= b),
    "Bool": lambda text, value: _joined(text).lower() == value.lower(),
    "BinaryEquals": equal,
    "IpAddress": _in_network,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
}
