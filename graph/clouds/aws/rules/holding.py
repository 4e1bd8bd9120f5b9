"""Whom everybody ends up being: the rules by which one becomes a role or user, followed move after move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graph.cloud import Solved
from graph.clouds.aws.rules.branches import whole_row
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, becoming
from graph.model import Verdict
from graph.policy.bits import bits, full, members, union
from graph.policy.classes import distinct
from graph.policy.closure import Closure
from graph.policy.relation import EMPTY, Relation, Row, merged, surer

Evaluate = Callable[[Rule, Ground], Solved]
KINDS = ("iam:role", "iam:user")
TIERS = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN)  # a way is as sure as its least sure move


def up_to(row: Row, tier: int) -> int:
    """What a row holds at least that surely."""
    return (row.lower, row.upper & ~row.unread, row.upper)[tier]


@dataclass(frozen=True, eq=False)
class Holding:
    """The moves of everybody. Identities that move alike share a vertex; `rows` are over `names`, roles before users.

    `vertices` are those of `identities`, `vertex_of` those of `names`; negative where nothing is known.
    """

    identities: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    vertices: npt.NDArray[np.int32]
    vertex_of: npt.NDArray[np.int32]
    assumptions: Mapping[str, tuple[str, ...]]

    @cached_property
    def at(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def at_once(self) -> tuple[tuple[int, ...], ...]:
        """By tier and vertex, what one move leads to."""
        return tuple(tuple(up_to(row, tier) for row in self.rows) for tier in range(len(TIERS)))

    @cached_property
    def closures(self) -> tuple[Closure, ...]:
        """By tier; tiers in which the moves are the same share one."""
        made: dict[tuple[int, ...], Closure] = {}
        return tuple(made.setdefault(rows, Closure(rows, self.vertex_of)) for rows in self.at_once)

    def reached(self, vertices: Collection[int]) -> dict[int, Row]:
        """For each of these vertices whom it ends up being, as surely as the surest way."""
        known = [closure.reached(vertices) for closure in self.closures]
        return {v: Row(known[0][v], known[2][v], known[2][v] & ~known[1][v]) for v in set(vertices)}

    def among(self, row: Row, universe: tuple[str, ...]) -> Row:
        """The part of a row over `names` that is one kind's."""
        if not universe:
            return EMPTY
        skip, mask = self.at[universe[0]], full(len(universe))
        return Row(row.lower >> skip & mask, row.upper >> skip & mask, row.unread >> skip & mask)

    # ----- one way

    def way(self, source: str, target: str) -> tuple[str, ...]:
        """The shortest of the surest ways, both ends included; the first by name among equals. Empty: there is none."""
        for tier in range(len(TIERS)):
            levels = list(self._levels(source, target, tier))
            if levels:
                return self._back(source, target, levels, tier)
        return ()

    def _start(self, source: str) -> int:
        """The vertex of whoever sets out, as changed as the ground is; negative where it makes no moves."""
        here = self.identities
        if source in here:
            return int(self.vertices[here.index(source)])
        return int(self.vertex_of[self.at[source]]) if source in self.at else -1

    def _moves(self, vertex: int, tier: int) -> int:
        return self.at_once[tier][vertex] if vertex >= 0 else 0

    def _levels(self, source: str, target: str, tier: int) -> Iterator[int]:
        """Whom one reaches first by 1, 2, 3… moves, up to the target; nothing if it is not reached."""
        goal, found = 1 << self.at[target], []
        frontier = seen = self._moves(self._start(source), tier)
        while frontier:
            found.append(frontier)
            if frontier & goal:
                return iter(found)
            frontier = union(self._moves(int(self.vertex_of[i]), tier) for i in members(frontier)) & ~seen
            seen |= frontier
        return iter(())

    def _back(self, source: str, target: str, levels: Sequence[int], tier: int) -> tuple[str, ...]:
        way = [target]
        for level in reversed(levels[:-1]):
            goal = 1 << self.at[way[0]]
            before = (i for i in members(level) if self._moves(int(self.vertex_of[i]), tier) & goal)
            way.insert(0, self.names[next(before)])
        return (source, *way)


# ----- making one


def holding(rule: Rule, base: Ground, evaluate: Evaluate) -> Holding:
    """The moves by the rules that a rule goes on with; the same for all rules that go on with the same."""
    ways = tuple(becoming(rule))
    return base.once(("holding", ways), lambda: _holding(ways, base, evaluate))


def _holding(ways: tuple[Rule, ...], base: Ground, evaluate: Evaluate) -> Holding:
    roles, users = (_surest(kind, ways, base, evaluate) for kind in KINDS)
    width, shift = len(users.rows), len(roles.resources)
    pairs, vertices = distinct(roles.classes.astype(np.int64) * width + users.classes)
    rows = [_side_by_side(roles.rows[a], users.rows[b], shift) for a, b in (divmod(int(p), width) for p in pairs)]
    names = (*roles.resources, *users.resources)
    owners = _owners(base, names)
    at = {key: i for i, key in enumerate(base.identities)}
    for root, owned in owners.items():
        mine = at[root]
        vertices[mine], rows = len(rows), [*rows, surer(rows[vertices[mine]], whole_row(owned))]
    known = np.array([vertices[at[name]] if name in at else -1 for name in names], np.int32)
    made = Holding(base.identities, names, tuple(rows), vertices, known, merged(roles.assumptions, users.assumptions))
    return made if base.whole is None else _over(made, _holding_of(ways, base.whole, evaluate))


def _holding_of(ways: tuple[Rule, ...], base: Ground, evaluate: Evaluate) -> Holding:
    return base.once(("holding", ways), lambda: _holding(ways, base, evaluate))


def _over(changed: Holding, whole: Holding) -> Holding:
    """Whoever sets out moves as it now can, all others as before: of those who are changed, only one is at a time."""
    rows, assumptions = (*whole.rows, *changed.rows), merged(whole.assumptions, changed.assumptions)
    vertices = changed.vertices + len(whole.rows)
    return Holding(changed.identities, whole.names, rows, vertices, whole.vertex_of, assumptions)


def _surest(kind: str, ways: tuple[Rule, ...], base: Ground, evaluate: Evaluate) -> Relation:
    """Whom one becomes in one move, by the surest of all ways."""
    whole = base.nobody(base.places.names(kind))
    for way in ways:
        reached = evaluate(way, base).reaches if way.about == kind else None
        whole = whole.best(reached) if reached is not None else whole
    return whole


def _side_by_side(role: Row, user: Row, shift: int) -> Row:
    return Row(role.lower | user.lower << shift, role.upper | user.upper << shift, role.unread | user.unread << shift)


def _owners(base: Ground, names: tuple[str, ...]) -> Mapping[str, int]:
    """The root users and the identities of their accounts, all of which they can become."""
    account_of, here = base.places.account_of, set(base.identities)
    roots = ((account, root) for account, root in sorted(base.places.roots.items()) if root in here)
    return {root: bits(i for i, name in enumerate(names) if account_of.get(name) == account) for account, root in roots}


# ----- for those who are able to something


def held(rule: Rule, base: Ground, evaluate: Evaluate, able: Relation, *, itself: bool = False) -> Relation:
    """Of the identities that one is able to change, those that one ends up being; with `itself` also oneself."""
    moves = holding(rule, base, evaluate)
    able_to = {number for number, row in enumerate(able.rows) if row.upper}
    who = np.flatnonzero(np.isin(able.classes, sorted(able_to))).tolist()
    ends = moves.reached({int(moves.vertices[i]) for i in who})
    reach = {vertex: moves.among(row, able.resources) for vertex, row in ends.items()}
    at = {key: i for i, key in enumerate(able.resources)} if itself else {}
    classes, rows = np.zeros(len(able.identities), np.int32), {EMPTY: 0}
    for i in who:
        mine, me = reach[int(moves.vertices[i])], at.get(able.identities[i], -1)
        mine = surer(mine, whole_row(1 << me)) if me >= 0 else mine
        classes[i] = rows.setdefault(able.rows[int(able.classes[i])] & mine, len(rows))
    assumptions = merged(able.assumptions, moves.assumptions)
    return Relation(able.identities, able.resources, classes, tuple(rows), assumptions)
