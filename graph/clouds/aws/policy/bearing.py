"""Which resource patterns bear on each caller, and whether it gains or loses by them; equal callers once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.library import Text
from graph.policy.patterns import ABSENT, UNKNOWN, Context, State, expand, loose, variables_in, well_formed

Bearing = tuple[int, int]  # the patterns by which something may be gained, and those by which it may be lost


@dataclass(frozen=True, slots=True)
class Live:
    """A pattern with variables of the caller in it."""

    pattern: str
    gains: bool


class Patterns:
    """All patterns by number, and for each account those that bear on its callers: once for equal ones.

    A pattern with variables is there for each caller as it is for that caller; with variables that hang on the
    resource it is there as written, and is filled in where the resource is to be.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.texts: list[str] = []
        self._number: dict[tuple[str, bool], int] = {}
        self.of_place: set[int] = set()  # those with variables that hang on the resource,
        self.mixed: set[int] = set()  # and of these those that hang on the caller too
        self._said: dict[int, tuple[Bearing, tuple[Live, ...]]] = {}

    def _bit(self, text: str, *, of_place: bool = False) -> int:
        number = self._number.get((text, of_place))
        if number is None:
            number = self._number[text, of_place] = len(self.texts)
            self.texts.append(text)
            self.of_place.update([number] if of_place else ())
            knows = self._engine.columns.knows
            self.mixed.update([number] if of_place and any(map(knows, variables_in([text]))) else ())
        return 1 << number

    # ----- what documents write

    def _of(self, text: Text) -> tuple[Bearing, tuple[Live, ...]]:
        if text.number not in self._said:
            gains = losses = 0
            live: list[Live] = []
            for pattern, gain, filled in _written(text):
                if filled and well_formed(pattern) and self._of_caller(pattern):
                    live.append(Live(pattern, gain))
                    continue
                bit = self._plain(pattern) if filled else self._bit(pattern)
                gains, losses = (gains | bit, losses) if gain else (gains, losses | bit)
            self._said[text.number] = (gains, losses), tuple(live)
        return self._said[text.number]

    def _plain(self, pattern: str) -> int:
        if not well_formed(pattern):
            return self._bit(pattern.partition("${")[0] + "*")
        return self._bit(pattern, of_place=True)

    def _of_caller(self, pattern: str) -> bool:
        return all(map(self._engine.columns.knows, variables_in([pattern])))

    def _filled(self, live: Live, caller: int) -> int:
        """Its pattern for one caller."""
        keys = tuple(sorted(variables_in([live.pattern])))
        column = self._engine.columns.joint(keys)
        values = dict(zip(keys, column.values[column.codes[caller]], strict=True)) if keys else {}
        return sum({self._bit(text) for text in filled(live.pattern, lambda key: values.get(key, UNKNOWN))})

    # ----- whom they bear on

    @cached_property
    def of_account(self) -> dict[str, frozenset[Bearing]]:
        """By account; of accounts where nobody is, too."""
        held: dict[int, list[Text]] = defaultdict(list)
        for texts in (self._engine.book.holders, self._engine.book.bounds):
            for text, holders in texts.items():
                for i in holders:
                    held[i].append(text)
        guards = {account: tuple(self._guards(account)) for account in self._engine.known.facts.accounts}
        found: dict[str, set[Bearing]] = {account: {(0, 0)} for account in guards}
        for i, caller in enumerate(self._engine.callers.callers):
            if caller.is_iam and caller.account in guards:
                found[caller.account].add(self._bearing(i, (*held[i], *guards[caller.account])))
        return {account: frozenset(bearings) for account, bearings in found.items()}

    def _guards(self, account: str) -> Iterator[Text]:
        for level in self._engine.organization.scps(account):
            yield from level
        yield from self._engine.organization.rcps(account)

    def _bearing(self, caller: int, texts: tuple[Text, ...]) -> Bearing:
        gains = losses = 0
        for text in texts:
            (more, less), live = self._of(text)
            gains, losses = gains | more, losses | less
            for each in live:
                bit = self._filled(each, caller)
                gains, losses = (gains | bit, losses) if each.gains else (gains, losses | bit)
        return gains, losses

    # ----- in a place

    def at(self, number: int, there: Resource) -> Iterator[str]:
        """A pattern as it is for a resource there; a wildcard stands for what hangs on the caller too."""
        if number not in self.of_place:
            yield self.texts[number]
            return

        known = self._engine.known
        fixed = known.of_action(there.kind)  # it asks for the service alone

        def state(key: str) -> State:
            fact = known.resource(key)
            return fixed[key] if key in fixed else fact(there) if fact else known.constant(key)

        yield from filled(self.texts[number], state)


def _written(text: Text) -> Iterator[tuple[str, bool, bool]]:
    """(pattern, whether something may be gained by it, whether it holds variables)."""
    for _, statement in text.statements:
        for pattern in statement.resources or ():
            yield pattern, statement.allows != statement.not_resource, statement.variables and "${" in pattern


def filled(pattern: str, context: Context) -> Iterator[str]:
    """The pattern with its variables filled in, as far as they are known; none if one of them has no value."""
    pieces = expand(pattern, context)
    if pieces is not ABSENT:
        yield loose(pattern) if pieces is UNKNOWN else "".join(text for _, text in pieces)  # type: ignore[union-attr]
