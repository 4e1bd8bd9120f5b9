"""A later form of the facts held against an earlier one: equal things become one, the rest is what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, TypeVar

from graph.clouds.aws.facts import Account, AwsFacts, Principal, Resource
from graph.clouds.aws.policy.context import factorless
from graph.model import Document

Thing = TypeVar("Thing", Principal, Resource, Account)
# What says of things who may do what, and nothing of what they are or where.
_PAPERS = {Principal: ("documents", "boundary"), Resource: ("policies", "grants", "acl", "public_block")}
_BELONGING = ("groups", "policies", "attached")  # where an identity's documents come from: no condition asks for it
_LIMITS = ("scps", "rcps")


def _but(kind: type, *left_out: str) -> attrgetter[tuple[Any, ...]]:
    return attrgetter(*(field.name for field in fields(kind) if field.name not in left_out))


_EVERY = {kind: _but(kind) for kind in (Principal, Resource, Account)}
of_people, of_things = (_but(kind, *papers) for kind, papers in _PAPERS.items())
_as_callers = _but(Principal, *_PAPERS[Principal], *_BELONGING)
_unlimited = _but(Account, *_LIMITS)
_around = attrgetter("assumed", "canonical_ids", "whole_organizations", "beyond")


def aligned(facts: AwsFacts, before: AwsFacts) -> AwsFacts:
    """The facts with the earlier things in the place of those that are equal to them."""
    principals = _kept(facts.principals, before.principals)
    kinds = {kind: _kept(some, before.resources.get(kind, ())) for kind, some in facts.resources.items()}
    known = before.accounts
    accounts = {key: old if (old := known.get(key)) and _equal(a, old) else a for key, a in facts.accounts.items()}
    return replace(facts, principals=principals, resources=kinds, accounts=accounts)


def _kept(now: tuple[Thing, ...], before: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """The earlier tuple itself, if nothing in it changed."""
    if now is before:
        return now
    known = {_name(thing): thing for thing in before}
    made = tuple(old if (old := known.get(_name(thing))) and _equal(thing, old) else thing for thing in now)
    return before if made == before else made


def _name(thing: Principal | Resource | Account) -> str:
    return thing.key if isinstance(thing, Principal) else thing.arn if isinstance(thing, Resource) else thing.id


def _equal(thing: Thing, old: Thing) -> bool:
    every = _EVERY[type(thing)]
    return thing is old or bool(every(thing) == every(old))


# ----- what changed


@dataclass(frozen=True, eq=False)
class Change:
    """What is otherwise than it was.

    `papers` says where the identities stand whose documents alone are others, `others` where those stand who are
    described or limited otherwise, or are new; `left` that it is no longer the same ones who are there.

    `kinds` are those of which some resource is otherwise in any way, `shapes` those where it is more than what the
    resource says of who may do what. `rcps`: what the organization says of resources is otherwise.
    """

    papers: tuple[int, ...]
    others: tuple[int, ...]
    left: bool
    kinds: frozenset[str]
    shapes: frozenset[str]
    scps: bool
    rcps: bool

    @property
    def people(self) -> tuple[int, ...]:
        """Where all those stand who may be answered otherwise."""
        return tuple(sorted({*self.papers, *self.others}))


def change(facts: AwsFacts, before: AwsFacts) -> Change | None:
    """Of aligned facts; None if nothing of the earlier ones can be relied on."""
    if _around(facts) != _around(before) or facts.accounts.keys() != before.accounts.keys():
        return None
    pairs = [(account, before.accounts[key]) for key, account in facts.accounts.items()]
    limited = {now.id for now, old in pairs if now is not old and now.scps != old.scps}
    if any(now is not old and not _describes_alike(now, old) for now, old in pairs):
        return None
    known = {principal.key: principal for principal in before.principals}
    papers, others, shown = [], [], factorless(facts) ^ factorless(before)
    for i, now in enumerate(facts.principals):
        was = known.get(now.key)
        if (
            was is None
            or now.account in limited
            or now.key in shown
            or (now is not was and _as_callers(now) != _as_callers(was))
        ):
            others.append(i)
        elif now is not was:
            papers.append(i)
    left = len(facts.principals) != len(before.principals) or not known.keys() >= {p.key for p in facts.principals}
    kinds = frozenset(
        kind for kind in {*facts.resources, *before.resources} if _items(facts, kind) != _items(before, kind)
    )
    shapes = frozenset(kind for kind in kinds if Things(_items(facts, kind)) != Things(_items(before, kind)))
    rcps = any(now is not old and now.rcps != old.rcps for now, old in pairs)
    return Change(tuple(papers), tuple(others), left, kinds, shapes, bool(limited), rcps)


def _items(facts: AwsFacts, kind: str) -> tuple[Resource, ...]:
    return facts.resources.get(kind, ())


def _describes_alike(now: Account, old: Account) -> bool:
    return bool(_unlimited(now) == _unlimited(old)) and (now.scps is None) == (old.scps is None)


class Things:
    """Resources, equal to others that are the same but for what they say of who may do what."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, things: Sequence[Any]) -> None:
        self._things = things

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Things) or len(self._things) != len(other._things):
            return False
        if self._things is other._things:
            return True
        pairs = zip(self._things, other._things, strict=True)
        return all(now is old or self._of(now) == self._of(old) for now, old in pairs)

    @staticmethod
    def _of(thing: Any) -> tuple[Any, ...]:
        return of_things(thing)


class People(Things):
    """Identities, equal to others that are the same but for their documents."""

    @staticmethod
    def _of(thing: Any) -> tuple[Any, ...]:
        return of_people(thing)


def changed_papers(now: Principal, old: Principal) -> Iterator[Document]:
    """The policies that only one of the two has, whichever."""
    ours, theirs = papers_of(now), papers_of(old)
    yield from (paper for paper in (*ours, *theirs) if paper not in ours or paper not in theirs)


def papers_of(principal: Principal) -> Sequence[Document]:
    return (*principal.documents, *((principal.boundary,) if principal.boundary else ()))


def told_alike(some: Mapping[str, Account], others: Mapping[str, Account]) -> bool:
    """Whether conditions say the same of these accounts: what their control policies say is of calls."""
    return some is others or _told(some) == _told(others)


def _told(accounts: Mapping[str, Account]) -> dict[str, tuple[object, ...]]:
    return {key: (a.organization, a.path, a.management, a.scps is None) for key, a in accounts.items()}
