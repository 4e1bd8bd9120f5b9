"""A later form of the facts held against an earlier one: equal things become one, the rest is what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import TypeVar

from graph.clouds.aws.facts import Account, AwsFacts, Principal, Resource
from graph.model import Document

Thing = TypeVar("Thing", Principal, Resource)
_of_resource = attrgetter(*(field.name for field in fields(Resource)))
_of_principal = attrgetter(*(field.name for field in fields(Principal)))
_PAPERS = ("documents", "boundary")
_but_papers = attrgetter(*(field.name for field in fields(Principal) if field.name not in _PAPERS))
_around = attrgetter("accounts", "listed", "assumed", "canonical_ids", "whole_organizations", "collected_at", "beyond")


def aligned(facts: AwsFacts, before: AwsFacts) -> AwsFacts:
    """The facts with the earlier things in the place of those that are equal to them."""
    principals = _kept(facts.principals, before.principals)
    kinds = {kind: _kept(some, before.resources.get(kind, ())) for kind, some in facts.resources.items()}
    accounts = before.accounts if _same_accounts(facts, before) else facts.accounts
    return replace(facts, principals=principals, resources=kinds, accounts=accounts)


def _kept(now: tuple[Thing, ...], before: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """The earlier tuple itself, if nothing in it changed."""
    if now is before:
        return now
    known = {_name(thing): thing for thing in before}
    made = tuple(old if (old := known.get(_name(thing))) and _equal(thing, old) else thing for thing in now)
    return before if len(made) == len(before) and all(a is b for a, b in zip(made, before, strict=True)) else made


def _name(thing: Principal | Resource) -> str:
    return thing.key if isinstance(thing, Principal) else thing.arn


def _equal(thing: Principal | Resource, old: Principal | Resource) -> bool:
    if thing is old:
        return True
    every = _of_principal if isinstance(thing, Principal) else _of_resource
    return bool(every(thing) == every(old))


def _same_accounts(facts: AwsFacts, before: AwsFacts) -> bool:
    if facts.accounts is before.accounts:
        return True
    names = ("id", "name", "organization", "path", "management", "scps", "rcps")
    every = attrgetter(*names)
    same = facts.accounts.keys() == before.accounts.keys()
    return same and all(every(facts.accounts[key]) == every(before.accounts[key]) for key in facts.accounts)


def differing(facts: AwsFacts, before: AwsFacts) -> tuple[int, ...] | None:
    """Where the identities stand whose policies are others now; None if anything else is, too. Of aligned facts."""
    if _around(facts) != _around(before) or facts.resources.keys() != before.resources.keys():
        return None
    if any(facts.resources[kind] is not before.resources[kind] for kind in facts.resources):
        return None
    if [(node.key, node.targets) for node in facts.nodes] != [(node.key, node.targets) for node in before.nodes]:
        return None
    pairs = list(zip(facts.principals, before.principals, strict=False))
    if len(facts.principals) != len(before.principals) or any(_but_papers(a) != _but_papers(b) for a, b in pairs):
        return None
    return tuple(i for i, (now, old) in enumerate(pairs) if now is not old)


def changed_papers(now: Principal, old: Principal) -> Iterator[Document]:
    """The policies that only one of the two has, whichever."""
    ours, theirs = _papers(now), _papers(old)
    yield from (paper for paper in (*ours, *theirs) if paper not in ours or paper not in theirs)


def _papers(principal: Principal) -> Sequence[Document]:
    return (*principal.documents, *((principal.boundary,) if principal.boundary else ()))


def told_alike(some: Mapping[str, Account], others: Mapping[str, Account]) -> bool:
    """Whether conditions say the same of these accounts: what their service control policies say is of callers."""
    return some is others or _told(some) == _told(others)


def _told(accounts: Mapping[str, Account]) -> dict[str, tuple[object, ...]]:
    return {key: (a.organization, a.path, a.management, a.rcps, a.scps is None) for key, a in accounts.items()}
