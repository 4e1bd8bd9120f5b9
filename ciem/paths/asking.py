"""What a question is about: the node that a key or a name means, or what the graph knows only by name.

Whoever does not see everything learns nothing here: a thing that is foreign and one that is unknown are refused alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.http import Http404

from ciem.accounts.models import User
from ciem.paths.estate import EstateView, Territory
from graph.model import Category, Node

ALIKE = 1000  # so many nodes are looked at for one name
_CUTS = "/:#"


class UnclearError(Http404):
    """A word of a question means nothing here, or several things. `field` says which word."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field, self.words = field, words


@dataclass(frozen=True, slots=True)
class Meant:
    """A key to ask about, and the connections that it lies in."""

    key: str
    touched: frozenset[int]


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks, and what they may see."""

    user: User
    estate: EstateView
    territory: Territory

    def identity(self, text: str) -> Meant:
        """By key or by a name that only one identity has; a stranger, whom policies may name, by any text."""
        if found := self._node(text):
            return self._inside(found)
        same = [node for node in self.estate.nodes(category="identity", text=text, limit=ALIKE) if node.name == text]
        if len(same) == 1:
            return self._inside(same[0])
        if same:
            keys = ", ".join(f"`{node.key}`" for node in same[:5])
            raise UnclearError("identity", f"{len(same)} identities have this name. Give the key of one: {keys}.")
        return self._unknown("identity", text)

    def resource(self, text: str) -> Meant:
        """By key, by a name that only one thing has, or something inside a thing, such as an object of a store."""
        if found := self._node(text):
            return self._inside(found)
        same = [node for node in self.estate.nodes(text=text, limit=ALIKE) if node.name == text and _is_thing(node)]
        if len(same) == 1:
            return self._inside(same[0])
        for start in _starts(text):
            if found := self._node(start):
                return Meant(text, self._inside(found).touched)
        return self._unknown("resource", text)

    def _node(self, key: str) -> Node | None:
        with suppress(Http404):
            return self.estate.node(key)
        return None

    def _inside(self, node: Node) -> Meant:
        return Meant(node.key, frozenset(self.territory.touched([node])))

    def _unknown(self, field: str, text: str) -> Meant:
        """Those who see everything may ask about what nobody has read: only they can read the answer."""
        if self.user.sees_everything and ":" in text:
            return Meant(text, self.territory.everybody)
        raise UnclearError(field, f"The published graph has no {field} with the key or name `{text}`.")


def _is_thing(node: Node) -> bool:
    return node.category not in {Category.IDENTITY, Category.SET}


def _starts(text: str) -> Iterator[str]:
    """What a longer key may lie in, the longest first."""
    for end in range(len(text) - 1, 0, -1):
        if text[end] in _CUTS:
            yield text[:end]
