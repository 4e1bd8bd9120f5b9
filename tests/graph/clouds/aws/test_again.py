"""An estate after a small change, worked out from what was known before it, is the estate worked out anew."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cloud import Access
from graph.clouds.aws import CLOUD
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.again import aligned
from graph.clouds.aws.rules.ground import Ground, ground
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Document, Verdict
from graph.policy.bits import members
from graph.policy.relation import Relation
from tests.estates.aws_changes import KINDS, changed
from tests.estates.aws_random import make_estate
from tests.estates.aws_takeovers import make_takeovers
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, REGION, allow, details, role, user

ROUNDS = min(4000, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 10))
RULES = [rule for rule in (*(entry.rule for entry in ENTRIES), *(row.rule for row in ROWS)) if rule.any_of]


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_what_is_kept_after_changes_is_what_the_changed_estate_gives(seed: int) -> None:
    dice = Random(seed)
    rules = dice.sample(RULES, 5)
    facts = make_takeovers(seed, [one for rule in rules for one in (rule, *rule.then[:8]) if one.any_of])
    before = _asked(CLOUD.access(facts), rules)
    kinds = [dice.choice(KINDS)] if dice.random() < 0.6 else dice.sample(KINDS, dice.randint(2, 4))
    later = changed(facts, seed, kinds)
    again = _asked(CLOUD.again(later, before), rules)
    _compare(rules, again, later)
    last = changed(later, seed + 1, dice.sample(KINDS, 2))
    _compare(rules, CLOUD.again(last, again), last)


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


# ----- what is kept


def _kept(change: Callable[[AwsFacts], AwsFacts], *asked: tuple[str, str]) -> list[bool]:
    """Of some relations whether they are the very same after a change."""
    facts = make_estate(3)
    before = CLOUD.access(facts)
    relations = [before.relation(action, kind) for action, kind in asked]
    again = CLOUD.again(change(facts), before)
    assert again is not None
    return [again.relation(*which) is relation for which, relation in zip(asked, relations, strict=True)]


def test_another_trust_leaves_all_but_the_assuming_of_roles() -> None:
    def change(facts: AwsFacts) -> AwsFacts:
        nobody = Document("another trust", {"Version": "2012-10-17", "Statement": []})
        roles = tuple(replace(role, policies=(nobody,)) for role in facts.resources["iam:role"])
        return replace(facts, resources={**facts.resources, "iam:role": roles})

    asked = (("s3:GetObject", "s3:object"), ("iam:PassRole", "iam:role"), ("sts:AssumeRole", "iam:role"))
    assert _kept(change, *asked) == [True, True, False]


def test_a_bucket_less_leaves_what_is_asked_of_other_kinds() -> None:
    def change(facts: AwsFacts) -> AwsFacts:
        return replace(facts, resources={**facts.resources, "s3:bucket": facts.resources["s3:bucket"][1:]})

    asked = (("s3:ListBucket", "s3:bucket"), ("iam:PassRole", "iam:role"))
    assert _kept(change, *asked) == [False, True]


def test_a_later_reading_of_the_same_leaves_all_where_nothing_asks_for_the_time() -> None:
    facts = replace(make_estate(3), resources={}, principals=())
    before = CLOUD.access(facts)
    assert CLOUD.again(replace(facts, collected_at="2031-01-01T00:00:00Z"), before).before is before


def test_another_organization_leaves_nothing() -> None:
    facts = make_estate(3)
    before = CLOUD.access(facts)
    accounts = {key: replace(account, organization="o-other") for key, account in facts.accounts.items()}
    assert CLOUD.again(replace(facts, accounts=accounts), before).before is None


def test_equal_things_of_another_reading_become_the_very_same() -> None:
    one, two = make_estate(5), make_estate(5)
    same = aligned(two, one)
    assert same.principals is one.principals
    assert all(same.resources[kind] is one.resources[kind] for kind in one.resources)


@pytest.mark.parametrize("more", [True, False])
def test_whoever_comes_by_a_second_factor_or_loses_it_is_answered_anew(more: bool) -> None:
    factor = allow("s3:GetObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    ann = user("ann", factor)
    report = f"user,arn,password_enabled,mfa_active,access_key_1_active\nann,{ann['Arn']},false,false,true\n"
    answers: dict[str, Any] = {
        "iam-get-credential-report": {"Content": b64encode(report.encode()).decode()},
        "s3-list-buckets": {"Buckets": [{"Name": "nw-training-data", "BucketRegion": REGION}]},
    }
    with_helper, alone = (
        small.facts({**answers, DETAILS: details(users=[ann], roles=[role("helper", None, *extra)])})
        for extra in ([allow("iam:EnableMFADevice")], [allow("sqs:ListQueues")])
    )
    old, new = (alone, with_helper) if more else (with_helper, alone)
    before = CLOUD.access(old)
    assert _readers(before) == ({} if more else {ann["Arn"]: Verdict.CONDITIONAL})
    again = CLOUD.again(CLOUD.aligned(new, before.facts), before)
    assert again is not None
    assert _readers(again) == ({ann["Arn"]: Verdict.CONDITIONAL} if more else {})


def _readers(access: Access) -> dict[str, Verdict]:
    relation = access.relation("s3:GetObject", "s3:object")
    return {who: verdict for name in relation.resources for who, verdict in relation.who(name) if ":user/" in who}
