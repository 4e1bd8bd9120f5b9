"""The question why a step is there, as the hidden fields of a form that asks it by one click."""

from __future__ import annotations

Ask = tuple[tuple[str, str], ...]


def asking(source: str, rule: str, target: str) -> Ask:
    return ("source", source), ("rule", rule), ("target", target)
