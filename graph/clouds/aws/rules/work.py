"""What was worked out once and from what; of an estate that changed a little, what of it still stands."""

from __future__ import annotations

from collections.abc import Callable, Hashable, ItemsView, Iterator, ValuesView
from dataclasses import fields
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal


class Answer:
    """A value under its name, with the answers that it was made from. A question is put to the access itself."""

    __slots__ = ("name", "question", "used", "value")

    def __init__(self, name: Hashable, value: object, used: tuple[Answer, ...], *, question: bool = False) -> None:
        self.name, self.value, self.used, self.question = name, value, used, question


PAPERS = Answer("papers", None, ())  # what was made from the policies of identities themselves


class Work:
    """Answers by name, each worked out at the first asking; `ask` puts a question to the access.

    `before` is the work on an earlier estate in which nothing but policies of identities was different. What was made
    from answers that are the very same now is taken from there.
    """

    def __init__(self, ask: Callable[[Any], object], before: Work | None = None) -> None:
        self._ask = ask
        self._before = before._answers if before else {}
        self._answers: dict[Hashable, Answer] = {}
        self._standing: dict[Answer, bool] = {PAPERS: False}
        self._open: list[dict[Answer, None]] = []

    def once(self, name: Hashable, work: Callable[[], object]) -> object:
        """The answer of this name."""
        known = self._answers.get(name) or self._kept(name) or self._made(name, work)
        self.note(known)
        return known.value

    def asked(self, question: Hashable) -> object:
        """What the access says; it says the very same as before if nothing bears on it that changed."""
        known = self._question(question)
        self.note(known)
        return known.value

    def note(self, answer: Answer) -> None:
        """Whatever is being worked out is made from this."""
        if self._open:
            self._open[-1][answer] = None

    def settle(self, name: Hashable, work: Callable[[], object]) -> None:
        """Work it out at once: what is equal to what was known before stands, whatever it is made from."""
        old = self._before.get(name)
        if old is not None and work() == old.value:
            self._answers[name], self._standing[old] = old, True

    def _question(self, question: Hashable) -> Answer:
        known = self._answers.get(question)
        if known is None:
            known = self._answers[question] = Answer(question, self._ask(question), (), question=True)
        return known

    def _made(self, name: Hashable, work: Callable[[], object]) -> Answer:
        self._open.append({})
        try:
            value = work()
        finally:
            used = self._open.pop()
        made = self._answers[name] = Answer(name, value, tuple(used))
        return made

    def _kept(self, name: Hashable) -> Answer | None:
        old = self._before.get(name)
        if old is None or not self._stands(old):
            return None
        self._answers[name] = old
        return old

    def _stands(self, answer: Answer) -> bool:
        known = self._standing.get(answer)
        if known is None:
            same = all(map(self._stands, answer.used))
            known = self._question(answer.name).value is answer.value if answer.question else same
            self._standing[answer] = known
        return known


class WatchedFacts(AwsFacts):
    """Facts whose identities are not looked at unnoticed."""

    def __getattribute__(self, name: str) -> Any:
        if name == "principals":
            vars(self).get("_note", lambda: None)()
        return super().__getattribute__(name)


def watched(facts: AwsFacts, note: Callable[[], None]) -> AwsFacts:
    """The same facts; whoever looks at the identities may look at their policies, so that is noted."""
    made = WatchedFacts(**{field.name: getattr(facts, field.name) for field in fields(AwsFacts)})
    vars(made)["_note"] = note
    return made


class Watched(dict[str, Principal]):
    """Principals by key, with a note of every look at them."""

    def __init__(self, principals: dict[str, Principal], note: Callable[[], None]) -> None:
        super().__init__(principals)
        self._note = note

    def __getitem__(self, key: str) -> Principal:
        self._note()
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        self._note()
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        self._note()
        return super().get(key, default)

    def values(self) -> ValuesView[Principal]:  # type: ignore[override]
        self._note()
        return super().values()

    def items(self) -> ItemsView[str, Principal]:  # type: ignore[override]
        self._note()
        return super().items()
