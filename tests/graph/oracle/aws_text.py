"""How AWS compares the texts of a policy with those of a request: actions, ARNs, wildcards, variables.

Pages: IAM user guide, *Elements: Action*, *Elements: Resource*, *Policy variables*, *Elements: Version*.
A text is a list of (character, is it a wildcard): what a variable brings is never a wildcard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Context = Mapping[str, list[str]]  # names in small letters; a name that is not there is an absent key
Text = list[tuple[str, bool]]


class UnsureError(Exception):
    """The documentation does not say, or the request does not tell: the question, to be answered both ways."""


def guess(question: str, context: Context) -> bool:
    """The answer that is being tried, kept beside the keys of the request."""
    answer = context.get("?" + question)
    if answer is None:
        raise UnsureError("?" + question)
    return answer == ["true"]


def action_matches(pattern: str, action: str) -> bool:
    """Without regard to case; the service is named, unless the pattern is * or *:*."""
    if pattern in ("*", "*:*"):
        return True
    service, _, name = pattern.lower().partition(":")
    asked_service, _, asked_name = action.lower().partition(":")
    return service == asked_service and _glob(_plain(name), asked_name)


def resource_matches(pattern: str, resource: str, context: Context, variables: bool, wildcard_only: bool) -> bool:
    """With regard to case, field by field; an incomplete ARN is completed with * (*IAM ARNs*)."""
    if wildcard_only or pattern == "*":
        return pattern == "*"
    text = resolve(pattern, context, variables)
    if text is None:
        return False
    missing = 5 - pattern.count(":") if pattern.startswith("arn:") else 0
    completed = text + [(":", False), ("*", True)] * missing
    return _arn_glob(text, resource) or _arn_glob(completed, resource)


def resolve(pattern: str, context: Context, variables: bool) -> Text | None:
    """The pattern with its variables replaced; None where one has no value and no default."""
    text: Text = []
    rest = pattern
    while rest:
        end = rest.find("}")
        if variables and rest.startswith("${") and end > 0:
            value = _variable(rest[2:end], context)
            if value is None:
                return None
            text += [(letter, False) for letter in value]
            rest = rest[end + 1 :]
        else:
            text.append((rest[0], rest[0] in "*?"))
            rest = rest[1:]
    return text


def _variable(inner: str, context: Context) -> str | None:
    """${*}, ${?} and ${$} are these characters; a key with one value is that value; else the default."""
    if inner in ("*", "?", "$"):
        return inner
    key, comma, default = inner.partition(",")
    values = context.get(key.strip().lower())
    if values is not None and len(values) == 1:
        return values[0]
    if comma and values is None:
        return default.strip().strip("'")
    return None


def equal(text: Text, value: str) -> bool:
    return "".join(letter for letter, _ in text) == value


def like(text: Text, value: str) -> bool:
    return _glob(text, value)


def arn_like(text: Text, value: str) -> bool:
    """*Condition operators*, ARN: each of the six fields is compared by itself, and a * stays in its field."""
    ours, theirs = _fields(text), value.split(":", 5)
    if len(ours) != 6 or len(theirs) != 6:
        return False
    return all(_glob(part, other) for part, other in zip(ours, theirs, strict=True))


def _fields(text: Text) -> list[Text]:
    fields: list[Text] = [[]]
    for letter, wild in text:
        if letter == ":" and len(fields) < 6:
            fields.append([])
        else:
            fields[-1].append((letter, wild))
    return fields


def _plain(pattern: str) -> Text:
    return [(letter, letter in "*?") for letter in pattern]


def _glob(text: Text, value: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}[letter] if wild else re.escape(letter) for letter, wild in text)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn_glob(text: Text, resource: str) -> bool:
    """A * that ends a field may run past the colon; one inside a field stays there (*Elements: Resource*)."""
    expression, field = "", 0
    for place, (letter, wild) in enumerate(text):
        at_end = place + 1 == len(text) or text[place + 1][0] == ":"
        if letter == ":" and field < 5:
            field += 1
        if not wild:
            expression += re.escape(letter)
        elif letter == "*":
            expression += ".*" if field == 5 or at_end else "[^:]*"
        else:
            expression += "." if field == 5 else "[^:]"
    return re.fullmatch(expression, resource, re.DOTALL) is not None
