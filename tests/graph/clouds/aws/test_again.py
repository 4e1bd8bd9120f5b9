"""An estate after a small change, worked out from what was known before it, is the estate worked out anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws import CLOUD
from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.again import aligned
from graph.clouds.aws.rules.ground import Ground, ground
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Document
from graph.policy.bits import members
from graph.policy.relation import Relation
from tests.estates.aws_random import make_estate
from tests.estates.aws_takeovers import make_takeovers

ROUNDS = min(4000, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 10))
RULES = [*(entry.rule for entry in ENTRIES), *(row.rule for row in ROWS)]


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_other_policies_of_some_identities_give_what_the_changed_estate_gives(seed: int) -> None:
    dice = Random(seed)
    rules = dice.sample(RULES, 5)
    facts = make_takeovers(seed, [one for rule in rules for one in (rule, *rule.then[:8])])
    before = _asked(CLOUD.access(facts), rules)
    later = replace(facts, principals=tuple(_rewritten(facts, make_estate(seed + 1), dice)))
    again = CLOUD.again(later, before)
    assert again is not None
    _compare(rules, again, later)


def _rewritten(facts: AwsFacts, other: AwsFacts, dice: Random) -> list[Principal]:
    """One to three identities hold other documents, or another boundary, or none."""
    donors = [p for p in other.principals if p.documents]
    found = list(facts.principals)
    inside = [i for i, p in enumerate(found) if p.kind in (PrincipalKind.USER, PrincipalKind.ROLE)]
    for i in dice.sample(inside, dice.randint(1, 3)):
        donor = dice.choice(donors)
        papers = dice.choice([donor.documents, (*found[i].documents, *donor.documents), found[i].documents[1:]])
        limit = dice.choice([found[i].boundary, found[i].boundary, donor.boundary, donor.documents[0], None])
        found[i] = replace(found[i], documents=papers, boundary=limit)
    return found


def _asked(access: object, rules: list[Rule]) -> AwsAccess:
    assert isinstance(access, AwsAccess)
    for rule in rules:
        solve(rule, ground(access))
    return access


def _compare(rules: list[Rule], again: object, later: AwsFacts) -> None:
    fresh = CLOUD.access(later)
    assert isinstance(again, AwsAccess)
    assert isinstance(fresh, AwsAccess)
    for rule in rules:
        assert _told(rule, ground(again)) == _told(rule, ground(fresh)), rule


def _told(rule: Rule, base: Ground) -> list[tuple[object, ...]]:
    solved = solve(rule, base)
    parts = (("reaches", solved.reaches), ("widens", solved.widens), ("latent", solved.latent))
    return [(name, *line) for name, relation in parts if relation for line in _lines(relation)]


def _lines(relation: Relation) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [(sorted(relation.assumptions.items()),)]
    for who in relation.identities:
        row = relation.row_of(who)
        found += [(who, relation.resources[i], row.verdict(i)) for i in members(row.upper)]
    return found


# ----- what may not be kept


def _other_resource(facts: AwsFacts) -> AwsFacts:
    first, *rest = facts.resources["iam:role"]
    trust = Document("another trust", {"Version": "2012-10-17", "Statement": []})
    return replace(facts, resources={**facts.resources, "iam:role": (replace(first, policies=(trust,)), *rest)})


def _other_limits(facts: AwsFacts) -> AwsFacts:
    key, account = next(iter(facts.accounts.items()))
    level = (Document("nothing", {"Version": "2012-10-17", "Statement": []}),)
    return replace(facts, accounts={**facts.accounts, key: replace(account, scps=(level,))})


def _one_less(facts: AwsFacts) -> AwsFacts:
    return replace(facts, principals=facts.principals[1:])


def _other_group(facts: AwsFacts) -> AwsFacts:
    at = next(i for i, p in enumerate(facts.principals) if p.kind is PrincipalKind.USER)
    member = replace(facts.principals[at], groups=("arn:aws:iam::111111111111:group/g",))
    return replace(facts, principals=(*facts.principals[:at], member, *facts.principals[at + 1 :]))


@pytest.mark.parametrize("change", [_other_resource, _other_limits, _one_less, _other_group])
def test_after_any_other_change_nothing_is_kept(change: Callable[[AwsFacts], AwsFacts]) -> None:
    facts = make_estate(3)
    before = CLOUD.access(facts)
    assert CLOUD.again(facts, before) is not None
    assert CLOUD.again(change(facts), before) is None


def test_equal_things_of_another_reading_become_the_very_same() -> None:
    one, two = make_estate(5), make_estate(5)
    same = aligned(two, one)
    assert same.principals is one.principals
    assert all(same.resources[kind] is one.resources[kind] for kind in one.resources)
