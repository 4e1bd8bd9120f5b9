"""How critical a target is and whose it is, by rules over tags and names: `data/importance.json`, or a user's own file.

The first rule that speaks of a target decides. Where none does, nothing is said, and a score takes the weight of what
kind of target it is. A file named in GRANTPATH_IMPORTANCE takes the place of the shipped one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import orjson

from graph.model import Category, Node

SHIPPED_AT = Path(__file__).parent / "data" / "importance.json"
SETTING = "GRANTPATH_IMPORTANCE"
CRITICALITY, BECAUSE, OWNER = "criticality", "criticality_because", "owner"
_LEVELS = frozenset("12345")
_PARTS = ("values", "names", "scopes")
_LONGEST_NAME = 60


class ImportanceError(Exception):
    """Rules that cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Words, each with the level it stands for: values of these tags, else words in names of things or of scopes."""

    about: str
    tags: tuple[str, ...]
    levels: Mapping[str, str]


@dataclass(frozen=True)
class Importance:
    name: str
    owner_tags: tuple[str, ...]
    rules: tuple[Rule, ...]

    @cached_property
    def version(self) -> str:
        """The name and a hash of all rules: whatever could change what is said changes this."""
        whole = [self.owner_tags, [[r.about, r.tags, sorted(r.levels.items())] for r in self.rules]]
        return f"{self.name}.{hashlib.sha256(orjson.dumps(whole)).hexdigest()[:12]}"

    def judged(self, node: Node, tags: Mapping[str, str], scope: str) -> Node:
        """The node with what is said of it; only of what is worth attacking. `scope` is its scope's name."""
        if not node.targets or node.category is Category.SET:
            return node
        known = {_plain(key): value for key, value in sorted(tags.items())}
        level, because = next(self._said(node, known, scope), ("", ""))
        owner = next((known[_plain(tag)] for tag in self.owner_tags if known.get(_plain(tag))), "")
        more = {CRITICALITY: level, BECAUSE: because, OWNER: owner}
        told = {**dict(node.properties), **{key: value for key, value in more.items() if value}}
        return replace(node, properties=tuple(sorted(told.items()))) if any(more.values()) else node

    def _said(self, node: Node, tags: Mapping[str, str], scope: str) -> Iterator[tuple[str, str]]:
        """What each rule says that speaks of it, in order."""
        for rule in self.rules:
            for tag in rule.tags:
                if _plain(tags.get(tag, "")) in rule.levels:
                    yield rule.levels[_plain(tags[tag])], f"its tag {tag} is {tags[tag]}"
            where = {"names": node.name, "scopes": scope}.get(rule.about, "")
            for word in _words(where):
                if word in rule.levels:
                    yield rule.levels[word], f"{where} is called {word}"


@lru_cache(maxsize=65536)  # few words are in many names and tags
def _plain(text: str) -> str:
    """Without case, and words parted alike: `DataClassification`, `data-classification`, `data_classification`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.split(r"[\s_:./-]+", parted.strip())).lower()


def _words(name: str) -> list[str]:
    return _plain(name).split()


# ----- reading and writing them


@lru_cache(maxsize=4)
def load(path: Path) -> Importance:
    """Rules from a file. Raises ImportanceError with the place and what is wrong there."""
    try:
        said = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ImportanceError(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise ImportanceError(
            f"{path} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    return parsed(said, str(path))


def parsed(said: object, where: str, under: Importance | None = None) -> Importance:
    """Rules from what was said; what is left out is as in `under`. Raises ImportanceError."""
    if not isinstance(said, dict) or not isinstance(said.get("rules", under and []), list):
        raise ImportanceError(f"{where} must be a JSON object with a list of `rules`.")
    unknown = sorted(set(map(str, said)) - {"name", "owner_tags", "rules"})
    if unknown:
        raise ImportanceError(f"{where} has no `{unknown[0]}`; there are name, owner_tags and rules.")
    name = said.get("name", "own")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ImportanceError(f"{where}: name must be a text of at most {_LONGEST_NAME} characters.")
    tags = _texts(said["owner_tags"], f"{where}: owner_tags") if "owner_tags" in said else under and under.owner_tags
    rules = tuple(_rule(one, f"{where}: rule {number}") for number, one in enumerate(said.get("rules", ()), 1))
    return Importance(name, tags or (), under.rules if under and "rules" not in said else rules)


def table(rules: Importance) -> dict[str, object]:
    """The rules as one writes them, so that reading them again gives the same."""
    return {"name": rules.name, "owner_tags": list(rules.owner_tags), "rules": [_said(rule) for rule in rules.rules]}


def _said(rule: Rule) -> dict[str, object]:
    levels: dict[str, list[str]] = {level: [] for level in sorted(set(rule.levels.values()), reverse=True)}
    for word, level in rule.levels.items():
        levels[level].append(word)
    return {"tags": list(rule.tags), rule.about: levels} if rule.tags else {rule.about: levels}


def _rule(said: object, where: str) -> Rule:
    parts = [part for part in _PARTS if isinstance(said, dict) and part in said]
    if not isinstance(said, dict) or len(parts) != 1 or ("values" in said) != ("tags" in said):
        raise ImportanceError(f"{where} must have `tags` and `values`, or `names`, or `scopes`.")
    levels = said[parts[0]]
    if not isinstance(levels, dict) or not levels.keys() <= _LEVELS:
        raise ImportanceError(f"{where}: {parts[0]} must name levels from 1 to 5, each with its words.")
    words: dict[str, str] = {}
    for level, some in levels.items():
        for word in map(_plain, _texts(some, f"{where}: {level}")):
            if words.setdefault(word, level) != level:
                raise ImportanceError(f"{where}: “{word}” cannot stand for both {words[word]} and {level}.")
    return Rule(parts[0], tuple(map(_plain, _texts(said.get("tags", []), f"{where}: tags"))), words)


def _texts(said: object, where: str) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(one, str) and one.isprintable() and one for one in said):
        raise ImportanceError(f"{where} must be a list of texts.")
    return tuple(said)


def importance() -> Importance:
    """The rules that are in force where nobody gives others: a user's own where the setting names a file."""
    named = os.environ.get(SETTING)
    return load(Path(named)) if named else load(SHIPPED_AT)
