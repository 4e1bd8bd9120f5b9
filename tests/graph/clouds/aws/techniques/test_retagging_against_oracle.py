"""Whoever tags what is harmed reaches by it what an estate with that tag lets it reach: for everybody as one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.facts import AwsFacts, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.prove import prove
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.model import Document, Verdict
from tests.estates.aws_directories import make_directories
from tests.graph.oracle.aws_rules import Oracle

ROUNDS = min(400, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 12))
_ROWS = [row.rule for row in ROWS if row.key.endswith("-by-recasting")]
_ASKED: tuple[tuple[str, str, Any], ...] = (
    ("StringEquals", "aws:ResourceTag/team", "red"),
    ("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
    ("StringNotEquals", "aws:ResourceTag/team", "blue"),
    ("StringLike", "aws:ResourceTag/Stage", "prod*"),
    ("Null", "aws:ResourceTag/stage", "false"),
)


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_a_tag_on_something_opens_what_the_tagged_estate_opens(seed: int) -> None:
    dice = Random(seed)
    rule = _short(dice.choice(_ROWS), dice)
    facts = _asking(make_directories(seed, [*rule.guards, *rule.then]), dice)
    ground, oracle = Ground(AwsAccess(facts)), Oracle(facts)
    for who, target, verdict in _pairs(rule, ground, dice):
        assert verdict is oracle.reaches(rule, who, target), (who, target)
        assert verdict is prove(rule, ground, who, target).verdict, (who, target)


def _short(rule: Rule, dice: Random) -> Rule:
    """With two of the harms, and one or two of the kinds that may be tagged for them."""
    then = tuple(replace(one, supposes="") for one in dice.sample(rule.then, min(2, len(rule.then))))
    kinds = {"s3:bucket" if n.kind == "s3:object" else n.kind for one in then for way in one.any_of for n in way}
    guards = [one for one in rule.guards if one.shape is Shape.RETAG and one.kind in kinds]
    return replace(rule, guards=tuple(dice.sample(guards, min(2, len(guards)))), then=then)


def _asking(facts: AwsFacts, dice: Random) -> AwsFacts:
    """The estate with tags on things, and policies that ask for them."""
    principals = tuple(replace(p, documents=tuple(_asked(d, dice) for d in p.documents)) for p in facts.principals)
    on = {item.arn: dice.random() < 0.6 for item in facts.resources["s3:bucket"]}
    tags = {arn: _some(dice) for arn in on}
    resources = {kind: tuple(_tagged(item, on, tags, dice) for item in some) for kind, some in facts.resources.items()}
    return replace(facts, principals=principals, resources=resources)


def _asked(document: Document, dice: Random) -> Document:
    said = (document.body or {}).get("Statement")
    if not isinstance(said, list):
        return document
    return replace(document, body={**(document.body or {}), "Statement": list(_limited(said, dice))})


def _limited(said: list[Any], dice: Random) -> Iterator[Any]:
    for one in said:
        operator, key, want = dice.choice(_ASKED)
        plain = isinstance(one, dict) and "Tag" not in str(one.get("Action")) and dice.random() < 0.6
        yield {**one, "Condition": {operator: {key: want}}} if plain else one


def _some(dice: Random) -> dict[str, str]:
    return dice.choice([{}, {"team": "red"}, {"team": "blue"}, {"stage": "test"}])


def _tagged(item: Resource, on: dict[str, bool], tags: dict[str, dict[str, str]], dice: Random) -> Resource:
    if item.kind in ("s3:bucket", "s3:object"):
        return replace(item, tags=tags.get(item.node, {}), abac=on.get(item.node, False))
    return replace(item, tags=_some(dice), abac=True)  # of all but buckets tags always count


def _pairs(rule: Rule, ground: Ground, dice: Random) -> list[tuple[str, str, Verdict]]:
    """Some pairs that the rule relates, and some others."""
    relation = solve(rule, ground).reaches
    assert relation is not None
    everything = [(w, t, relation.verdict(w, t)) for w in relation.identities for t in relation.resources]
    yes = [pair for pair in everything if pair[2] is not Verdict.DENIED]
    no = [pair for pair in everything if pair[2] is Verdict.DENIED]
    return dice.sample(yes, min(8, len(yes))) + dice.sample(no, min(12, len(no)))
