"""The generated reference says what the rules say, and the rules speak of actions that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import pages
from graph.clouds.aws.policy.reference import canonical, resource_kinds
from graph.clouds.aws.rules.language import Need, Place, Supply, every_need
from graph.clouds.aws.targets import ROWS, TARGETS
from graph.clouds.aws.techniques import ENTRIES, TECHNIQUES
from graph.targets import HARMS, TARGET_KINDS

_NEEDS = sorted(
    # What a list of its own grants (Lake Formation, a collection's policy) is no action of the service reference.
    {
        need
        for rule in (*(e.rule for e in ENTRIES), *(r.rule for r in ROWS))
        for need in every_need(rule)
        if need.supply is not Supply.LISTED
    },
    key=lambda need: (need.action, need.kind, need.place),
)


@pytest.mark.parametrize("name", ["techniques.md", "targets.md", "permission-sets.md", "catalogue.md"])
def test_the_reference_is_current(name: str) -> None:
    written = (Path(__file__).parents[5] / "docs" / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run `python -m docs.generate`"


@pytest.mark.parametrize("need", _NEEDS, ids=lambda need: f"{need.action} {need.kind} {need.place}")
def test_every_permission_is_an_action_on_a_kind_that_it_takes(need: Need) -> None:
    assert canonical(need.action) == need.action
    kinds = resource_kinds(need.action)
    if need.kind:
        assert need.kind in kinds, kinds
    else:
        assert not kinds
        assert need.place is Place.SOME


def test_keys_are_told_apart_and_words_are_those_of_the_house() -> None:
    keys = [rule.key for rule in (*TECHNIQUES, *TARGETS)]
    assert len(keys) == len(set(keys))
    assert {target.kind for target in TARGETS} <= set(TARGET_KINDS)
    assert {target.harm for target in TARGETS} <= set(HARMS)


def test_every_family_has_two_techniques_or_more() -> None:
    families = [technique.family for technique in TECHNIQUES]
    assert len(TECHNIQUES) >= 25
    assert all(families.count(family) >= 2 for family in set(families))
    assert len(set(families)) == 7


def test_sentences_begin_with_who_acts() -> None:
    for rule in (*TECHNIQUES, *TARGETS):
        told = rule.sentence.format(source="SOURCE", target="TARGET", via="VIA")
        assert told.startswith("SOURCE can "), rule.key


def test_of_two_equal_ways_the_one_that_changes_no_policy_is_told() -> None:
    for row in ROWS:
        plain = re.sub(
            "-by-(policy|grant|key|access-point|replication|acl|unblocking|unguarding|recasting)$", "", row.key
        )
        same = {other.key for other in ROWS if (other.asset, other.harm) == (row.asset, row.harm)}
        assert plain in same
        assert bool(row.rule.guard) == (plain != row.key), "the first by key is told"
