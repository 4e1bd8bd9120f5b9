"""Sparse sets, strong components and shared rows give the same answers as a search from node to node."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings

from graph.analysis.breach import breaches
from graph.analysis.paths import Witness, witnesses
from graph.analysis.reach import Reach
from graph.analysis.reachable import reachable
from graph.analysis.sparse import Sparse, one
from graph.analysis.walk import Walk, walk
from graph.model import Graph
from tests.graph.analysis.plain import ACCOUNTS, PEOPLE, TIERS, Plain, graphs, scope_of, used

EXAMPLES = settings(max_examples=80, deadline=None)


def _keys(walked: Walk, nodes: Sparse) -> set[str]:
    return {_spot(walked, at) for at in nodes}


def _spot(walked: Walk, at: int) -> str:
    key = walked.nodes[at].key
    return key if at < walked.real else used(key)


def _pairs(walked: Walk, pairs: Sparse) -> set[tuple[str, str]]:
    return {(harm, walked.nodes[target].key) for harm, target in (walked.pairs[at] for at in pairs)}


@EXAMPLES
@given(graph=graphs)
def test_the_closure_is_what_a_search_from_each_node_finds(graph: Graph) -> None:
    reach = Reach(walk(graph))
    for tier in range(len(TIERS)):
        plain = Plain(graph, tier)
        owners = plain.owners("")
        for node, at in reach.walk.at.items():
            assert _keys(reach.walk, reach.open[tier].nodes(at)) == set(plain.distances({node}))
            assert _pairs(reach.walk, reach.open[tier].pairs(at)) == set(plain.outcomes({node}))
            assert _keys(reach.walk, reach.confined[tier].nodes(at)) == set(plain.distances({node}, owners))
            assert _pairs(reach.walk, reach.confined[tier].pairs(at)) == set(plain.outcomes({node}, owners))


@EXAMPLES
@given(graph=graphs)
def test_reach_lists_everything_with_its_best_verdict_and_least_hops(graph: Graph) -> None:
    reach = Reach(walk(graph))
    plain = [Plain(graph, tier) for tier in range(len(TIERS))]
    for start in PEOPLE:
        expected = {}
        for verdict, tier in reversed(list(zip(TIERS, plain, strict=True))):
            expected |= {(harm, target): (verdict, hops) for (harm, target), hops in tier.outcomes({start}).items()}
        found = {(r.harm, r.target): (r.verdict, r.hops) for r in reachable(reach, start) if r.harm != "become"}
        assert found == expected


def _expected(graph: Graph, start: str, most: int | None = None) -> dict[tuple[str, str], tuple[int, int]]:
    """(harm, target) → (tier, hops) of the findings, by the definition."""
    settled: dict[tuple[str, str], tuple[int, int]] = {}
    implied: set[tuple[str, str]] = set()
    for tier in range(len(TIERS)):
        plain = Plain(graph, tier)
        for pair, hops in plain.outcomes({start}).items():
            if pair in settled or pair in implied or (most and hops > most):
                continue
            confined = plain.outcomes({start}, plain.owners(scope_of(pair[1]))).get(pair)
            if confined is None or (most and confined > most):
                implied.add(pair)
            else:
                settled[pair] = (tier, confined)
    return settled


@EXAMPLES
@given(graph=graphs)
@pytest.mark.parametrize("most", [None, 1, 2])
def test_each_finding_has_the_surest_and_then_shortest_witness(graph: Graph, most: int | None) -> None:
    reach = Reach(walk(graph))
    for start in (*PEOPLE, *ACCOUNTS):
        found = {}
        for witness in witnesses(reach, reach.walk.at[start], most=most):
            [pair] = _pairs(reach.walk, one(witness.pair))
            _check(graph, reach.walk, start, witness, pair)
            assert pair not in found
            found[pair] = (witness.tier, len(witness.nodes))
        assert found == _expected(graph, start, most)


def _check(graph: Graph, walked: Walk, start: str, witness: Witness, pair: tuple[str, str]) -> None:
    """The witness is a walk of its tier that ends in the harm and goes through no owner of the target's account."""
    plain = Plain(graph, witness.tier)
    names = [_spot(walked, at) for at in witness.nodes]
    assert names[0] == start
    assert len(set(names)) == len(names)
    assert {(a, b) for a, b in pairwise(names)} <= plain.moves
    assert (names[-1], *pair) in plain.harms
    owners = plain.owners(scope_of(pair[1]))
    assert not owners & set(names[:-1] if pair[0] == "administer" else names)
    for a, b in pairwise(witness.nodes):
        edge = walked.move(a, b, witness.tier)
        assert (edge.source, edge.target) == (walked.nodes[a].key, walked.nodes[b].key)
    edge = walked.harm(witness.nodes[-1], witness.pair, witness.tier)
    assert (edge.source, edge.target) == (walked.nodes[witness.nodes[-1]].key, pair[1])


@EXAMPLES
@given(graph=graphs)
def test_use_is_no_takeover_and_never_certain(graph: Graph) -> None:
    reach = Reach(walk(graph))
    for start in PEOPLE:
        for witness in witnesses(reach, reach.walk.at[start]):
            by_use = [at >= reach.walk.real for at in witness.nodes]
            assert by_use == sorted(by_use), "whoever uses becomes nobody afterwards"
            if any(by_use):
                assert reach.walk.pairs[witness.pair][0] != "administer"
                assert witness.tier > 0


@EXAMPLES
@given(graph=graphs)
def test_assume_breach_has_one_row_for_all_it_is_the_same_for(graph: Graph) -> None:
    reach = Reach(walk(graph))
    rows = list(breaches(reach))
    by_person: dict[str, dict[tuple[str, str], int]] = {}
    for row in rows:
        tier = TIERS.index(row.verdict)
        assert len({scope_of(target) for target in row.targets}) == 1
        for pair in ((row.harm, target) for target in row.targets):
            assert row.hops == _breach_hops(Plain(graph, tier), set(row.identities), pair)
            for identity in row.identities:
                assert pair not in by_person.setdefault(identity, {})
                by_person[identity][pair] = tier
    assert by_person == {person: kept for person in PEOPLE if (kept := _kept(graph, person))}
    classes = {row.identities for row in rows}
    assert sum(map(len, classes)) == len(by_person)
    alike = [(r.identities, r.harm, r.verdict, r.hops, scope_of(r.targets[0])) for r in rows]
    assert len(alike) == len(set(alike))


def _breach_hops(plain: Plain, starts: set[str], pair: tuple[str, str]) -> int:
    """A takeover may go through other owners; anything else does so only where there is no other way."""
    confined = plain.outcomes(starts, plain.owners("")).get(pair)
    return plain.outcomes(starts)[pair] if pair[0] == "administer" or confined is None else confined


def _kept(graph: Graph, person: str) -> dict[tuple[str, str], int]:
    """What breaching a person leads to, by tier; what only restates a takeover left out."""
    kept: dict[tuple[str, str], int] = {}
    settled: set[tuple[str, str]] = set()
    for tier in range(len(TIERS)):
        plain = Plain(graph, tier)
        pairs = set(plain.outcomes({person}))
        owners = plain.owners("")
        confined = set(plain.outcomes({person}, owners))
        taken = {scope_of(target) for harm, target in pairs if harm == "administer"}
        for pair in pairs - settled:
            restates = taken if scope_of(pair[1]) == "" else scope_of(pair[1]) in taken
            if pair[0] == "administer" or pair in confined or not restates:
                kept[pair] = tier
        settled |= pairs
    return kept
