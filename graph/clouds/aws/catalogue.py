"""The catalogue of actions that harm AI assets: which rules evaluate each set of them, or why none does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graph.cloud import Catalogued
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.targets import ROWS

_FILE = Path(__file__).parent / "data" / "ai_catalogue.json"
_AFTERWARDS = (Shape.UNGUARD,)  # rules that only try others once more


def _read() -> Iterator[Catalogued]:
    for row in json.loads(_FILE.read_text(encoding="utf-8")):
        for permissions in row["any_of"]:
            yield _catalogued(row, tuple(permissions))


def _catalogued(row: Mapping[str, Any], permissions: tuple[str, ...]) -> Catalogued:
    name = " + ".join(permissions)
    fitting = (one for one in ROWS if (one.asset, one.harm) == (row["target"], row["harm"]))
    found = [one.key for one in fitting if one.rule.shape not in _AFTERWARDS and _needs(one.rule, set(permissions))]
    elsewhere = (key for key in row.get("elsewhere", {}).get(name, ()) if key not in found)
    return Catalogued(row["target"], row["harm"], permissions, (*found, *elsewhere), row.get("apart", {}).get(name, ""))


def _needs(rule: Rule, permissions: set[str]) -> bool:
    """Whether one alternative needs all of them, of the rule or of what it goes on with."""
    here = any(permissions <= {need.action for need in way} for way in rule.any_of)
    return here or any(_needs(then, permissions) for then in rule.then)


CATALOGUE = tuple(_read())
