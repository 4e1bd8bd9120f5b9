"""On random AWS estates a grant never lowers a likelihood and a denial never raises one, whatever rules there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis.chance import Network
from graph.analysis.walk import walk
from graph.build.drawing import draw
from graph.build.merging import Merge
from graph.cloud import Target, Technique
from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.targets import ROWS, TARGETS
from graph.clouds.aws.techniques import ENTRIES, TECHNIQUES
from graph.model import Category, Document, Graph, Node
from graph.weights import SHIPPED
from tests.estates.aws_random import GLOBS, PLACES
from tests.estates.aws_takeovers import make_takeovers

EXAMPLES = settings(max_examples=8, deadline=None)
_GUARDED = frozenset({"guardrail-removal", "exposure", "self-escalation"})  # work on a changed copy of all facts: slow
Pair = tuple[str, str, str]


def _some(dice: Random) -> tuple[list[Technique], list[Target]]:
    """Assuming a role always, administering always, and a handful of others."""
    others = [t for t in TECHNIQUES if t.family not in _GUARDED]
    assume = [t for t in TECHNIQUES if t.key == "aws.assume-role"]
    administer = [t for t in TARGETS if t.harm == "administer"]
    return [*assume, *dice.sample(others, 3)], [*administer, *dice.sample(list(TARGETS), 4)]


def _facts(seed: int, rules: tuple[list[Technique], list[Target]]) -> AwsFacts:
    keys = {rule.key for some in rules for rule in some}
    spoken = [e.rule for e in ENTRIES if e.key in keys] + [row.rule for row in ROWS if row.key in keys]
    return make_takeovers(seed, [rule for rule in spoken if rule.any_of])


def _graph(facts: AwsFacts, rules: tuple[list[Technique], list[Target]]) -> Graph:
    access, all_rules = AwsAccess(facts), [*rules[0], *rules[1]]
    nodes = {node.key: node for node in (*_nodes(facts, access), *facts.nodes)}
    merge = Merge(nodes, {rule.key: rule for rule in all_rules})
    merge.take(draw(access, all_rules, nodes, lambda _rule: None).share)
    merge.add(facts.edges)
    merge.own()
    return Graph("random", (), merge.nodes(), merge.edges())


def _nodes(facts: AwsFacts, access: AwsAccess) -> list[Node]:
    """Everything that has a name; roots are accounts."""
    roots = {p.key for p in facts.principals if p.kind is PrincipalKind.ROOT}
    named = dict.fromkeys(access.identities, "")
    for some in facts.resources.values():
        for thing in some:
            named |= {key: thing.account or "" for key in (thing.arn, thing.node, *thing.runs_as) if key}
    accounts = {p.key: p.account or "" for p in facts.principals}
    return [_node(key, accounts.get(key, account), key in roots, key in accounts) for key, account in named.items()]


def _node(key: str, account: str, root: bool, acts: bool) -> Node:
    category = Category.ACCOUNT if root else Category.IDENTITY if acts else Category.RESOURCE
    return Node(key, "thing", key, "aws", account, category)


def _chances(facts: AwsFacts, rules: tuple[list[Technique], list[Target]], starts: Sequence[str]) -> dict[Pair, float]:
    network = Network(
        walk(_graph(facts, rules)), SHIPPED, {technique.key: technique.family for technique in TECHNIQUES}
    )
    nodes, pairs = network.walk.nodes, network.walk.pairs
    return {
        (start, pairs[at][0], nodes[pairs[at][1]].key): chance.value
        for start in starts
        for at, chance in network.fan(network.walk.at[start]).chances().items()
    }


def _changed(facts: AwsFacts, dice: Random, effect: str) -> AwsFacts:
    """One user or role has one more statement, without conditions."""
    inside = [p for p in facts.principals if p.kind in (PrincipalKind.USER, PrincipalKind.ROLE)]
    lucky = dice.choice(inside)
    said = {"Effect": effect, "Action": dice.choice(GLOBS), "Resource": dice.choice(PLACES[:6])}
    extra = Document("one more", {"Version": "2012-10-17", "Statement": [said]})
    return replace(facts, principals=tuple(_with(p, extra) if p is lucky else p for p in facts.principals))


def _with(principal: Principal, extra: Document) -> Principal:
    return replace(principal, documents=(*principal.documents, extra))


def _starts(facts: AwsFacts) -> list[str]:
    return [p.key for p in facts.principals if p.kind is not PrincipalKind.SERVICE]


@EXAMPLES
@given(seed=st.integers(0, 10**6))
def test_a_grant_never_lowers_a_likelihood(seed: int) -> None:
    dice = Random(seed)
    rules = _some(dice)
    facts = _facts(seed, rules)
    before = _chances(facts, rules, _starts(facts))
    after = _chances(_changed(facts, dice, "Allow"), rules, _starts(facts))
    lowered = {pair: (was, after.get(pair, 0)) for pair, was in before.items() if after.get(pair, 0) < was - 1e-9}
    assert lowered == {}


@EXAMPLES
@given(seed=st.integers(0, 10**6))
def test_a_denial_never_raises_a_likelihood(seed: int) -> None:
    dice = Random(seed)
    rules = _some(dice)
    facts = _facts(seed, rules)
    before = _chances(facts, rules, _starts(facts))
    after = _chances(_changed(facts, dice, "Deny"), rules, _starts(facts))
    raised = {pair: (before.get(pair, 0), now) for pair, now in after.items() if now > before.get(pair, 0) + 1e-9}
    assert raised == {}
