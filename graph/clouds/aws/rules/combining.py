"""Who owns an account by being several identities at once: as one it makes another administrator, which it is too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.clouds.aws.rules.administer import administering
from graph.clouds.aws.rules.branches import row_of_each
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.holding import TIERS, Evaluate, Holding, holding, up_to
from graph.clouds.aws.rules.language import Rule
from graph.policy.bits import bits, members
from graph.policy.relation import Relation, Row


@dataclass(frozen=True, eq=False)
class Writers:
    """One tier and one account. `able` says of those who write there, by position, whom but themselves they can widen.

    `alone` are those who need nobody else to own the account. Sets are over the names of `moves`.
    """

    moves: Holding
    tier: int
    able: Mapping[int, int]
    alone: int

    def reached(self, identity: int) -> int:
        vertex = int(self.moves.vertices[identity])
        return self.moves.closures[self.tier].reached([vertex])[vertex]

    def pair(self, identity: int) -> tuple[int, int] | None:
        """The first who writes and the first who is written, of those that this identity ends up being, or is."""
        reached = self.reached(identity)
        own = self.moves.at.get(self.moves.identities[identity], -1)
        ends = reached | (1 << own if own >= 0 else 0)
        for writer, written in sorted(self.able.items()):
            if reached >> writer & 1 and written & ends:
                return writer, next(members(written & ends))
        return None

    def combine(self) -> tuple[int, ...]:
        """The identities that own the account so, and nobody whom they become owns it without them."""
        closure = self.moves.closures[self.tier]
        near = closure.leading(bits(self.able)) & ~closure.leading(self.alone)
        some = np.flatnonzero(near[self.moves.vertices]).tolist()
        at, keys = self.moves.at, self.moves.identities
        free = (i for i in some if not self.alone >> at.get(keys[i], len(at)) & 1)
        found = {i: at.get(keys[i], -1) for i in free if self.pair(i)}
        reach = {place: self.reached(i) for i, place in found.items() if place >= 0}
        whole = bits(reach)

        def first(i: int) -> bool:
            others = members(self.reached(i) & whole)
            return all(found[i] == other or (found[i] >= 0 and reach[other] >> found[i] & 1) for other in others)

        return tuple(i for i in found if first(i))


def combined(rule: Rule, base: Ground, able: Relation, alone: Relation, evaluate: Evaluate) -> Relation:
    """Identities and the accounts that they own so. `able`: who can widen whom; `alone`: who needs nobody else for it.

    In an estate that is asked once more without a guard only those whom it bound are there: nobody combines.
    """
    accounts, places = base.places.accounts(), base.places
    tiers: list[dict[int, int]] = [{} for _tier in range(len(TIERS) if base.whole is None else 0)]
    for number, root in enumerate(accounts):
        surer: list[Writers] = []
        for tier, drawn in enumerate(tiers):
            found = writers(rule, base, able, alone, places.account_of[root], tier, evaluate)
            for i in combining(found, surer) if found else ():
                drawn[i] = drawn.get(i, 0) | 1 << number
            surer += [found] if found else []
    classes, rows = np.zeros(len(base.identities), np.int32), {Row(0, 0): 0}
    for i in sorted({i for drawn in tiers for i in drawn}):
        sure, maybe, open_ = (drawn.get(i, 0) for drawn in tiers)
        row = Row(sure, sure | maybe | open_, open_ & ~sure & ~maybe)
        classes[i] = rows.setdefault(row, len(rows))
    return Relation(base.identities, accounts, classes, tuple(rows), able.assumptions)


def combining(found: Writers, surer: Sequence[Writers]) -> tuple[int, ...]:
    """Those who combine and did not among what is surer: there it is them, or somebody whom they become."""
    return tuple(i for i in found.combine() if not any(before.pair(i) for before in surer))


def writers(
    rule: Rule, base: Ground, able: Relation, alone: Relation, account: str, tier: int, evaluate: Evaluate
) -> Writers | None:
    """Those who write in an account, that surely; None if nobody does."""
    moves = holding(rule, base, evaluate)
    account_of = base.places.account_of
    here = [pair for pair in _able(base, able, moves, tier) if account_of.get(moves.names[pair[0]]) == account]
    mine = {i: others for i, row in here if (others := row & ~(1 << i))}
    if not mine:
        return None
    owners = base.once(("owners", account, moves.names), lambda: _owners(base, account, moves.names))
    direct = bits(i for i, _row in _able(base, alone, moves, tier) if account_of[moves.names[i]] == account)
    return Writers(moves, tier, mine, up_to(owners, tier) | direct)


def _owners(base: Ground, account: str, names: tuple[str, ...]) -> Row:
    """Of these names those who make an administrator of the account themselves."""
    elsewhere = bits(i for i, name in enumerate(names) if base.places.account_of.get(name) != account)
    return row_of_each(administering(base), names) & Row(~elsewhere, ~elsewhere)


def _able(base: Ground, able: Relation, moves: Holding, tier: int) -> Iterator[tuple[int, int]]:
    """Roles and users, by position, and whom they can widen."""
    skip = moves.at[able.resources[0]] if able.resources else 0
    held = {number: up_to(row, tier) << skip for number, row in enumerate(able.rows)}
    some = sorted(number for number, row in held.items() if row)
    for i in np.flatnonzero(np.isin(able.classes, some)).tolist():
        place = moves.at.get(base.identities[i], -1)
        if place >= 0:
            yield place, held[int(able.classes[i])]
