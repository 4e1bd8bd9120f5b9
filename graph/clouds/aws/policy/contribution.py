"""Where one statement applies, for everybody: what is fixed, and what varies with a fact of the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np

from graph.clouds.aws.facts import Principal
from graph.clouds.aws.policy.callers import Callers, Codes
from graph.clouds.aws.policy.columns import Columns
from graph.clouds.aws.policy.documents import Statement
from graph.clouds.aws.policy.layers import Truth, clause_truth
from graph.clouds.aws.policy.triples import (
    NEVER,
    NOTHING,
    SURELY,
    Triple,
    any_of,
    at_most,
    both,
    level,
    open_on,
    opposite,
    sure,
)
from graph.clouds.aws.policy.universe import LIKE, RESOURCE, SEGMENTS, Group, Universe, has_variables
from graph.policy.bits import to_bools
from graph.policy.conditions import Clause, misunderstood
from graph.policy.index import Index
from graph.policy.patterns import (
    ABSENT,
    UNKNOWN,
    Context,
    Mode,
    Pieces,
    State,
    expand,
    loose,
    piece_tester,
    resolved,
    variables_in,
    well_formed,
)

Key = tuple[object, ...]
T = TypeVar("T")


class Lazy(dict[int, Triple]):
    """A value for each code, worked out when first asked for."""

    def __init__(self, make: Callable[[int], Triple]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, code: int) -> Triple:
        self[code] = made = self._make(code)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class ByCaller:
    """A level for each caller: it applies to all resources alike."""

    levels: Codes


@dataclass(frozen=True, slots=True, eq=False)
class ByPair:
    """A row for each code of a column of callers."""

    codes: Codes
    rows: Lazy


Part = int | Triple | ByCaller | ByPair  # one level, one row, or either of them caller by caller


class Contribution:
    """Where a statement applies: `fixed`, cut down for each caller by the parts that vary."""

    __slots__ = ("_columns", "_known", "fixed", "varying")

    def __init__(self, fixed: Triple, varying: Sequence[tuple[Codes, Lazy]] = ()) -> None:
        self.fixed = fixed
        self.varying = varying
        self._columns = [codes.data for codes, _ in varying]
        self._known: dict[tuple[int, ...], Triple] = {}

    def signature(self, caller: int) -> tuple[int, ...]:
        """Callers with equal signatures get equal rows."""
        return tuple([codes[caller] for codes in self._columns])

    def row(self, signature: tuple[int, ...]) -> Triple:
        known = self._known.get(signature)
        if known is None:
            known = self.fixed
            for (_, rows), code in zip(self.varying, signature, strict=True):
                known = both(known, rows[code])
            self._known[signature] = known
        return known


Given = Mapping[str, State]


class Setting:
    """One universe and what a technique fixes: all that the conditions of a statement are decided against."""

    def __init__(
        self,
        callers: Callers,
        facts_of_callers: Columns[Principal],
        universe: Universe,
        given: Given,
        constant: Callable[[str], State],
        known: dict[Key, Part],
    ) -> None:
        self.callers = callers
        self.universe = universe
        self.given = given
        self._caller_columns = facts_of_callers
        self._constant = constant
        self._known = known  # shared between settings; what hangs on neither universe nor given is found again
        self._contributions: dict[Key, Contribution] = {}
        self._groups: dict[int, Contribution] = {}  # the universe keeps its groups
        self._clauses: dict[int, Part] = {}
        self._others: dict[Key, object] = {}
        self._kept: list[object] = []  # whatever is known by its id, so that the id stays its own
        self._levels = Lazy(lambda how: at_most(sure(universe.all), how))

    def once(self, name: Key, work: Callable[[], T]) -> T:
        """What several actions need, worked out at the first asking."""
        if name not in self._others:
            self._others[name] = work()
        return cast(T, self._others[name])

    # ----- one statement

    def contribution(self, statement: Statement) -> Contribution:
        """Where it applies among all resources of the universe. Statements on equal terms share the answer."""
        terms = (statement.resources, statement.not_resource, statement.variables, *map(id, statement.clauses))
        found = self._contributions.get(terms)
        if found is None:
            found = self._contributions[terms] = self.on(statement, self.universe.plainly_named(statement))
            self._kept.append(statement)
        return found

    def of_group(self, group: Group) -> Contribution:
        """Where a statement of resource policies applies among the resources that carry it."""
        found = self._groups.get(id(group))
        if found is None:
            found = self._groups[id(group)] = self.on(group.statement, group.row)
        return found

    def on(self, statement: Statement, fixed: Triple) -> Contribution:
        """Where it applies among these resources, which a Resource element without variables has been asked for."""
        varying: list[tuple[Codes, Lazy]] = []
        for part in self._parts(statement):
            if isinstance(part, int):
                fixed = at_most(fixed, part)
            elif isinstance(part, tuple):
                fixed = both(fixed, part)
            elif isinstance(part, ByPair):
                varying.append((part.codes, part.rows))
            else:
                varying.append((part.levels, self._levels))
            if not fixed[1]:
                return Contribution(NOTHING)
        return Contribution(fixed, varying)

    def _parts(self, statement: Statement) -> Iterator[Part]:
        if has_variables(statement):
            yield self._resources(statement)
        for clause in statement.clauses:
            yield self.clause(clause)

    # ----- where a key comes from

    def _sources(self, keys: frozenset[str]) -> tuple[dict[str, State], tuple[str, ...], tuple[str, ...]]:
        """What is the same for all; the keys that are facts of callers; those that are facts of resources."""
        same: dict[str, State] = {}
        of_callers, of_resources = [], []
        for key in sorted(keys):
            if key in self.given:
                same[key] = self.given[key]
            elif self._caller_columns.knows(key):
                of_callers.append(key)
            elif self.universe.columns.knows(key):
                of_resources.append(key)
            else:
                same[key] = self._constant(key)
        return same, tuple(of_callers), tuple(of_resources)

    def _name(self, what: Key, keys: frozenset[str], *, local: bool) -> Key:
        """Under which a part is kept: with the universe and the given keys only where they matter."""
        given = tuple((key, self.given[key]) for key in sorted(keys) if key in self.given)
        return (*what, self.universe.kind if local else "", given)

    def context(self, caller: int, resource: int) -> Context:
        """All that is known of one pair."""

        def state(key: str) -> State:
            same, of_callers, of_resources = self._sources(frozenset([key]))
            if of_callers:
                column, place = self._caller_columns.joint(of_callers), caller
            elif of_resources:
                column, place = self.universe.columns.joint(of_resources), resource
            else:
                return same[key]
            found: State = column.values[int(column.codes[place])][0]
            return found

        return state

    # ----- conditions

    def clause(self, clause: Clause) -> Part:
        """Where a clause holds: decided once for each distinct value of the facts it asks for."""
        found = self._clauses.get(id(clause))
        if found is None:
            found = self._clauses[id(clause)] = self._clause(clause)
            self._kept.append(clause)
        return found

    def _clause(self, clause: Clause) -> Part:
        keys = clause.keys
        same, of_callers, of_resources = self._sources(keys)
        what = ("clause", clause.name, clause.key, clause.values, clause.variables)
        name = self._name(what, keys, local=bool(of_resources))
        if name not in self._known:
            self._known[name] = self._decided(clause, same, of_callers, of_resources)
        return self._known[name]

    def _decided(
        self, clause: Clause, same: dict[str, State], of_callers: tuple[str, ...], of_resources: tuple[str, ...]
    ) -> Part:
        def said(context: Context) -> int:
            return level(clause_truth(clause, context))

        if not of_resources and not of_callers:
            return said(_context(same))
        if not of_resources:
            return self._by_caller(clause, said, same, of_callers)
        column = self.universe.columns.joint(of_resources)

        def row(known: dict[str, State]) -> Triple:
            each = (said(_context({**known, **dict(zip(of_resources, value, strict=True))})) for value in column.values)
            return any_of(at_most(sure(part), how) for part, how in zip(column.rows, each, strict=True))

        if not of_callers:
            return row(same)
        callers = self._caller_columns.joint(of_callers)
        return ByPair(
            callers.codes, Lazy(lambda code: row({**same, **dict(zip(of_callers, callers.values[code], strict=True))}))
        )

    def _by_caller(
        self, clause: Clause, said: Callable[[Context], int], same: dict[str, State], keys: tuple[str, ...]
    ) -> ByCaller:
        column = self._caller_columns.joint(keys)
        levels: Codes = np.zeros(len(column.values), np.int32)
        slow: Iterable[int] = range(len(column.values))
        if keys == (clause.key.lower(),) and compares_texts(clause):
            levels[column.texts.codes] = text_levels(clause, column.texts.index)
            slow = column.texts.others
        for code in slow:
            levels[code] = said(_context({**same, **dict(zip(keys, column.values[code], strict=True))}))
        return ByCaller(levels[column.codes])

    # ----- resources with variables

    def _resources(self, statement: Statement) -> Part:
        resources = statement.resources or ()
        keys = variables_in(resources)
        same, of_callers, of_resources = self._sources(keys)
        name = self._name(("resources", resources, statement.not_resource), keys, local=True)
        if name not in self._known:
            self._known[name] = self._matched(statement, same, of_callers, of_resources)
        return self._known[name]

    def _matched(
        self, statement: Statement, same: dict[str, State], of_callers: tuple[str, ...], of_resources: tuple[str, ...]
    ) -> Part:
        universe = self.universe
        if not statement.not_resource and not any(map(self._within_reach, statement.resources or ())):
            return NEVER

        def row(known: dict[str, State]) -> Triple:
            if not of_resources:
                return matched(universe, statement, _context(known))
            column = universe.columns.joint(of_resources)
            return any_of(
                both(
                    sure(part),
                    matched(universe, statement, _context({**known, **dict(zip(of_resources, value, strict=True))})),
                )
                for part, value in zip(column.rows, column.values, strict=True)
            )

        if not of_callers:
            return row(same)
        callers = self._caller_columns.joint(of_callers)
        return ByPair(
            callers.codes, Lazy(lambda code: row({**same, **dict(zip(of_callers, callers.values[code], strict=True))}))
        )

    def _within_reach(self, pattern: str) -> bool:
        """Some resource begins as the pattern does."""
        start = pattern.partition("${")[0].partition("*")[0].partition("?")[0]
        first, end = self.universe.span(start)
        return first < end or bool(self.universe.vague)


def _context(known: Mapping[str, State]) -> Context:
    return lambda key: known.get(key, UNKNOWN)


# ----- patterns with variables, over all names at once


def matched(universe: Universe, statement: Statement, context: Context) -> Triple:
    """As `layers.resource_truth`, for every resource of a universe."""
    resources = statement.resources or ()
    row = any_of(_pattern_row(universe, pattern, context) for pattern in resources)
    if statement.not_resource:
        row = at_most(opposite(row, universe.all), level(Truth(resolved(resources, context))))
    return universe.corrected(row, statement, context) if universe.vague else row


def _pattern_row(universe: Universe, pattern: str, context: Context) -> Triple:
    if not well_formed(pattern):
        return open_on(universe.match(f"{pattern.partition('${')[0]}*", LIKE))
    pieces = expand(pattern, context)
    if pieces is UNKNOWN:
        return (0, universe.match(loose(pattern), LIKE), 0)
    return NOTHING if pieces is ABSENT else sure(_pieces_row(universe, pieces))  # type: ignore[arg-type]


def _pieces_row(universe: Universe, pieces: Pieces) -> int:
    if any(literal and ("*" in text or "?" in text) for literal, text in pieces):
        return universe.scan(piece_tester(pieces, Mode.RESOURCE))
    return universe.match("".join(text for _, text in pieces), RESOURCE)


# ----- plain texts and patterns against a fact of the caller


def compares_texts(clause: Clause) -> bool:
    """One text of the request against plain texts or patterns: all of a column can be asked at once."""
    test = clause.test
    if test is None or test.presence or clause.quantifier or misunderstood(clause):
        return False
    textual = test.mode is not None or test.read is str
    return textual and not (clause.variables and any("${" in value for value in clause.values))


def text_levels(clause: Clause, index: Index) -> Codes:
    """The level of each text of an index under a clause that compares texts."""
    hit, mode = 0, clause.test.mode if clause.test else None
    for want in clause.values:
        if mode is None:
            hit |= 1 << index.at[want] if want in index.at else 0
        else:
            hit |= index.match(want, SEGMENTS if mode is Mode.SEGMENTS else LIKE)
    negated = clause.test is not None and clause.test.negated
    levels: Codes = np.where(to_bools(hit, index.size) != negated, SURELY, NEVER).astype(np.int32)
    return levels
