"""An estate cut into parts gives, identity by identity, what it gives as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws import CLOUD
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.parts import cut
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.furnishing import furnished
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES
from graph.model import Verdict
from graph.policy.bits import members
from graph.policy.relation import ANYTHING, Relation
from tests.estates.aws_takeovers import make_takeovers

ROUNDS = min(4000, int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 12))
RULES = [*(entry.rule for entry in ENTRIES), *(row.rule for row in ROWS)]


@settings(max_examples=ROUNDS)
@given(seed=st.integers(0, 10**6))
def test_the_parts_together_find_what_the_whole_finds(seed: int) -> None:
    rules = Random(seed).sample(RULES, 3)
    facts = make_takeovers(seed, [one for rule in rules for one in (rule, *rule.then[:8])])
    scopes = _scopes(facts)
    whole = Ground(AwsAccess(furnished(facts)))
    pieces = [Ground(CLOUD.access(part.facts)) for part in cut(facts)]
    assert sorted(key for base in pieces for key in base.identities) == list(whole.identities)
    for rule in rules:
        together = [line for base in pieces for line in _told(rule, base, scopes)]
        assert sorted(together) == sorted(_told(rule, whole, scopes)), rule


def _scopes(facts: AwsFacts) -> dict[str, str]:
    found = {item.node: item.account or "" for some in facts.resources.values() for item in some}
    return found | {principal.key: principal.account or "" for principal in facts.principals}


def _told(rule: Rule, base: Ground, scopes: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Every pair with its verdict and what is taken for granted of both ends."""
    solved = solve(rule, base)
    for name, relation in (("reaches", solved.reaches), ("widens", solved.widens), ("latent", solved.latent)):
        for who, what, verdict in _pairs(relation):
            ends = {scopes.get(who, ""), scopes.get(what, "")}
            assumed = {word for scope in ends for word in relation.assumptions.get(scope, ())} if relation else set()
            yield (name, who, what, verdict, *sorted(assumed))


def _pairs(relation: Relation | None) -> Iterable[tuple[str, str, Verdict]]:
    for who in relation.identities if relation else ():
        row = relation.row_of(who) if relation else None
        for i in members(row.upper) if row and relation else ():
            what = who if relation.resources == ANYTHING else relation.resources[i]
            yield who, what, row.verdict(i) if row else Verdict.DENIED
