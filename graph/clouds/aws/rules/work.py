"""What was worked out once and from what; of an estate that changed a little, what of it still stands."""

from __future__ import annotations

from collections.abc import Callable, Hashable, ItemsView, Iterator, KeysView, ValuesView
from dataclasses import fields
from typing import Any, TypeVar
from weakref import ref

from graph.clouds.aws.facts import AwsFacts
from graph.policy.relation import Relation

V = TypeVar("V")
Look = Callable[[], object]


class Answer:
    """A value under its name, with the answers that it was made from. A question is put to the access or the facts."""

    __slots__ = ("name", "question", "used", "value")

    def __init__(self, name: Hashable, value: object, used: tuple[Answer, ...], *, question: bool = False) -> None:
        self.name, self.value, self.used, self.question = name, value, used, question


class Work:
    """Answers by name, each worked out at the first asking; `ask` puts a question to the access or the facts.

    `before` is the work on an earlier form of the estate, over the same identities. What was made from answers that are
    the same now is taken from there.
    """

    def __init__(self, ask: Callable[[Any], object], before: Work | None = None) -> None:
        self._ask = ask
        self._before = ref(before) if before else None
        self._answers: dict[Hashable, Answer] = {}
        self._own: dict[Hashable, tuple[object, tuple[Answer, ...]]] = {}
        self._standing: dict[Answer, bool] = {}
        self._open: list[dict[Answer, None]] = []

    def once(self, name: Hashable, work: Callable[[], object]) -> object:
        """The answer of this name."""
        known = self._answers.get(name) or self._kept(name) or self._made(name, work)
        return self._noted(known)

    def own(self, name: Hashable, work: Callable[[], object]) -> object:
        """The same for what holds on to this estate and goes with it: a later one works it out for itself. Answers do
        not name it, but what it was made from; so those that are kept do not keep it alive.
        """
        if name not in self._own:
            self._own[name] = self._watching(work)
        value, used = self._own[name]
        if self._open:
            self._open[-1].update(dict.fromkeys(used))
        return value

    def asked(self, question: Hashable) -> object:
        """What the access or the facts say to a question."""
        return self._noted(self._question(question))

    def _noted(self, answer: Answer) -> object:
        """Whatever is being worked out is made from this."""
        if self._open:
            self._open[-1][answer] = None
        return answer.value

    def _question(self, question: Hashable) -> Answer:
        """What is looked at for it is no matter: it is asked again rather than taken from before."""
        known = self._answers.get(question)
        if known is None:
            value, _used = self._watching(lambda: self._ask(question))
            known = self._answers[question] = Answer(question, value, (), question=True)
        return known

    def _made(self, name: Hashable, work: Callable[[], object]) -> Answer:
        value, used = self._watching(work)
        made = self._answers[name] = Answer(name, value, used)
        return made

    def _watching(self, work: Callable[[], object]) -> tuple[object, tuple[Answer, ...]]:
        """A value, with the answers that were looked at for it."""
        self._open.append({})
        try:
            value = work()
        finally:
            used = self._open.pop()
        return value, tuple(used)

    def _kept(self, name: Hashable) -> Answer | None:
        before = self._before() if self._before else None  # gone once nobody needs the earlier estate
        old = before._answers.get(name) if before else None
        if old is None or not self._stands(old):
            return None
        self._answers[name] = old
        return old

    def _stands(self, answer: Answer) -> bool:
        known = self._standing.get(answer)
        if known is None:
            if answer.question:
                known = _same(self._question(answer.name).value, answer.value)
            else:
                known = all(map(self._stands, answer.used))
            self._standing[answer] = known
        return known


def _same(now: object, before: object) -> bool:
    """Relations are compared where they are made, and stay the very same where they are equal."""
    return now is before or (not isinstance(now, Relation) and type(now) is type(before) and bool(now == before))


# ----- what is looked at


class WatchedFacts(AwsFacts):
    """Facts that are not looked at unnoticed."""

    def __getattribute__(self, name: str) -> Any:
        if name in _FIELDS:
            vars(self).get("_look", str)(name)
        return super().__getattribute__(name)


_FIELDS = frozenset(field.name for field in fields(AwsFacts))


def watched(facts: AwsFacts, look: Callable[[str], object]) -> AwsFacts:
    """The same facts; `look` is told of each field that is looked at."""
    made = WatchedFacts(**{field.name: getattr(facts, field.name) for field in fields(AwsFacts)})
    vars(made)["_look"] = look
    return made


class Watched(dict[str, V]):
    """A table, with a note of every look at it: `one` is told of what is found under a key, `all` of anything else."""

    def __init__(self, table: dict[str, V], one: Callable[[V], object], every: Look) -> None:
        super().__init__(table)
        self._one, self._every = one, every

    def __getitem__(self, key: str) -> V:
        found = super().__getitem__(key)
        self._one(found)
        return found

    def __contains__(self, key: object) -> bool:
        self.get(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        found = super().get(key)
        if found is None:
            self._every()
            return default
        self._one(found)
        return found

    def __iter__(self) -> Iterator[str]:
        self._every()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        self._every()
        return super().keys()

    def values(self) -> ValuesView[V]:  # type: ignore[override]
        self._every()
        return super().values()

    def items(self) -> ItemsView[str, V]:  # type: ignore[override]
        self._every()
        return super().items()
