"""Every distinct policy document compiled once, and which of its statements speak of an action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from graph.clouds.aws.policy.documents import Policy, Statement, compile_policy
from graph.model import Document
from graph.policy.patterns import action_matches, variables_in

Places = tuple[int, ...]
_EVERYTHING = ("*", "*:*")


class Verbs:
    """Action elements by number: equal Action or NotAction elements are one, so each is asked once for an action."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[tuple[str, ...], bool], int] = {}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._globs: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._everything: list[int] = []
        self._negated: set[int] = set()
        self._speaking: dict[str, frozenset[int]] = {}

    def number(self, statement: Statement) -> int:
        key = statement.actions, statement.not_action
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._learn(number, statement)
        return number

    def _learn(self, number: int, statement: Statement) -> None:
        self._speaking.clear()
        if statement.not_action:
            self._negated.add(number)
        for pattern in map(str.lower, statement.actions):
            if pattern in _EVERYTHING:
                self._everything.append(number)
            elif "*" in pattern or "?" in pattern:
                self._globs[pattern.partition(":")[0]][pattern].append(number)
            else:
                self._exact[pattern].append(number)

    def speaking(self, action: str) -> frozenset[int]:
        """The numbers of all elements that take in the action. Equal answers: no statement tells the actions apart."""
        action = action.lower()
        if action not in self._speaking:
            found = {*self._everything, *self._exact.get(action, ())}
            for pattern, numbers in self._globs.get(action.partition(":")[0], {}).items():
                if action_matches(pattern, action):
                    found.update(numbers)
            self._speaking[action] = frozenset(found ^ self._negated)
        return self._speaking[action]


class Text:
    """A distinct document: its statements, each with the number of its action element."""

    __slots__ = ("keys", "number", "policy", "statements", "verbs")

    def __init__(self, number: int, policy: Policy, verbs: Verbs) -> None:
        self.number = number
        self.policy = policy
        self.statements = tuple((verbs.number(statement), statement) for statement in policy.statements)
        self.verbs = frozenset(verb for verb, _ in self.statements)
        self.keys = frozenset(key for _, statement in self.statements for key in keys_of(statement))

    @property
    def unread(self) -> bool:
        """Nothing of it could be read: it may allow and deny anything."""
        return bool(self.policy.problem)

    def places(self, speaking: frozenset[int]) -> Places:
        """Of the statements that speak of an action."""
        return tuple([place for place, (verb, _) in enumerate(self.statements) if verb in speaking])


class Library:
    """Documents by number. Those with one and the same body, as read or by content, are one."""

    def __init__(self) -> None:
        self.verbs = Verbs()
        self.texts: list[Text] = []
        self._known: dict[int, Text] = {}
        self._asked: dict[frozenset[int], tuple[int, frozenset[str]]] = {}
        self._keys: dict[int, set[str]] = defaultdict(set)  # of conditions and variables, by action element
        self._kept: list[object] = []  # bodies stay alive, so that their ids stay theirs

    def text(self, document: Document) -> Text:
        key = id(document.body) if document.body is not None else -1
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Text(len(self.texts), compile_policy(document), self.verbs)
            self.texts.append(found)
            self._kept.append(document.body)
            for verb, statement in found.statements:
                self._keys[verb].update(keys_of(statement))
        return found

    def asked(self, speaking: frozenset[int]) -> frozenset[str]:
        """The context keys that any statement with one of these action elements asks for, of all documents so far."""
        so_far, keys = self._asked.get(speaking, (-1, frozenset[str]()))
        if so_far != len(self.texts):
            keys = frozenset().union(*(self._keys[verb] for verb in speaking & self._keys.keys()))
            self._asked[speaking] = len(self.texts), keys
        return keys

    def speaks(self, document: Document, action: str) -> bool:
        """Whether any statement of it takes in the action; nobody knows of one that could not be read."""
        text = self.text(document)
        return text.unread or bool(text.verbs & self.verbs.speaking(action))

    def all(self, documents: Iterable[Document]) -> tuple[Text, ...]:
        return tuple(map(self.text, documents))


def keys_of(statement: Statement) -> Iterator[str]:
    """The context keys that decide where a statement applies."""
    for clause in statement.clauses:
        yield from clause.keys
    if statement.variables:
        yield from variables_in(statement.resources or ())
