"""Alternatives of a rule as one relation, and the few relations that the shapes of rules are built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from graph.clouds.aws.facts import PrincipalKind
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Conjunction, Rule
from graph.clouds.aws.rules.links import Link
from graph.clouds.aws.rules.tags import speaks_of_tags, with_tag
from graph.model import Verdict
from graph.policy.bits import bits, full, members
from graph.policy.relation import ANYTHING, EMPTY, Relation, Row

_AS_SURE = {
    Verdict.ALLOWED: Row(-1, -1),
    Verdict.CONDITIONAL: Row(0, -1),
    Verdict.UNKNOWN: Row(0, -1, -1),
    Verdict.DENIED: EMPTY,
}


def any_branch(rule: Rule, base: Ground) -> Relation:
    """The alternatives together, each as sure as it is; over the rule's universe, or ANYTHING if nothing ties it."""
    return base.once(("any", replace(rule, then=()) if rule.then else rule), lambda: _any_branch(rule, base))


def _any_branch(rule: Rule, base: Ground) -> Relation:
    parts = [base.branch(rule, needs) for needs in alternatives(rule, base)]
    tied = bool(rule.asset) or not parts or any(part.resources != ANYTHING for part in parts)
    bound = base.places.universe(rule) if tied else ANYTHING
    whole = base.nobody(bound)
    for part in parts:
        whole = whole.best(part if part.resources == bound else base.home(bound).meet(part))
    whole = uncertain(whole) if rule.supposes else whole
    return base.assuming(whole, rule) if rule.where else whole


def alternatives(rule: Rule, base: Ground) -> tuple[Conjunction, ...]:
    """The rule's alternatives; those that speak of a tag once for each tag and value that policies ask of resources."""
    return tuple(
        filled for needs in rule.any_of for filled in (in_tags(needs, base) if speaks_of_tags(needs) else (needs,))
    )


def in_tags(needs: Conjunction, base: Ground) -> tuple[Conjunction, ...]:
    return tuple(with_tag(needs, tag, value) for tag, value in base.tags_asked())


def uncertain(relation: Relation) -> Relation:
    """Whatever is sure is so only if something else holds."""
    return replace(relation, rows=tuple(row._replace(lower=0) for row in relation.rows))


def whole_row(members: int) -> Row:
    """Certainly these."""
    return Row(members, members)


def moved(row: Row, positions: list[int]) -> Row:
    """The same row over another universe."""
    lower, upper, unread = (bits(positions[i] for i in members(part)) for part in (row.lower, row.upper, row.unread))
    return Row(lower, upper, unread)


def as_sure(verdict: Verdict) -> Row:
    """Everything, as surely as that."""
    return _AS_SURE[verdict]


def negated(relation: Relation) -> Relation:
    """Where it is certainly not so."""
    whole = full(len(relation.resources))
    rows = tuple(whole_row(whole & ~row.upper) for row in relation.rows)
    return Relation(relation.identities, relation.resources, relation.classes, rows, relation.assumptions)


def certain(relation: Relation) -> Relation:
    """Only what is sure."""
    return replace(relation, rows=tuple(whole_row(row.lower) for row in relation.rows))


def each_to(steps: Mapping[str, tuple[str, ...]], keys: tuple[str, ...], base: Ground) -> Relation:
    """Each identity and those of `keys` that a map leads it to."""
    at = {key: i for i, key in enumerate(keys)}
    rows: dict[int, int] = {0: 0}
    classes = np.zeros(len(base.identities), np.int32)
    for i, identity in enumerate(base.identities):
        row = 0
        for key in steps.get(identity, ()):
            row |= 1 << at[key] if key in at else 0
        classes[i] = rows.setdefault(row, len(rows))
    return Relation(base.identities, keys, classes, tuple(whole_row(row) for row in rows))


def themselves(keys: tuple[str, ...], base: Ground) -> Relation:
    """Each of these identities and itself."""
    return each_to({key: (key,) for key in keys}, keys, base)


def users(base: Ground) -> Relation:
    """Over ANYTHING: the identities that are users, who alone can be in groups."""
    return of_kinds(frozenset({PrincipalKind.USER}), base)


def of_kinds(kinds: frozenset[PrincipalKind], base: Ground) -> Relation:
    """Over ANYTHING: the identities of these kinds."""
    kind_of = {key: principal.kind for key, principal in base.places.people.items()}
    return each_to({key: ANYTHING for key in base.identities if kind_of.get(key) in kinds}, ANYTHING, base)


def to_accounts(relation: Relation, base: Ground) -> Relation:
    """From identities to the accounts they belong to."""
    roots, account_of = base.places.roots, base.places.account_of
    steps = {key: (roots.get(account_of.get(key, ""), ""),) for key in relation.resources}
    return Link(relation.resources, base.places.accounts(), steps).image(relation)


def row_of_each(relation: Relation, keys: tuple[str, ...]) -> Row:
    """A relation over ANYTHING as a row: of these identities, those for whom it holds."""
    known = set(relation.identities)
    rows = [(i, relation.row_of(key)) for i, key in enumerate(keys) if key in known]
    parts = ("lower", "upper", "unread")
    return Row(*(bits(i for i, row in rows if getattr(row, part)) for part in parts))
