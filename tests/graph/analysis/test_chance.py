"""The likelihood of getting through: what listing all worlds by hand gives, and the laws that scores rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graph.analysis.chance import WHOLE, Chance, Cut, Network
from graph.analysis.reach import Reach
from graph.analysis.walk import walk
from graph.analysis.worlds import DRAWN, Drawn, Listed, Trial
from graph.model import Edge, EdgeClass, Graph, Verdict
from graph.weights import SHIPPED
from tests.graph.analysis.plain import PEOPLE, TIERS, Plain, graph_of, graphs, surely, used

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
Pair = tuple[str, str]
Key = tuple[str, str, bool]  # a rule, what it is done to, and whether that is the harm itself
MOST = 11  # trials that are listed by hand


def _network(graph: Graph) -> Network:
    return Network(walk(graph), SHIPPED, {})


def _chances(graph: Graph, start: str, cut: Cut = WHOLE) -> dict[Pair, Chance]:
    network = _network(graph)
    found = network.fan(network.walk.at[start], cut).chances()
    pairs = network.walk.pairs
    return {(pairs[at][0], network.walk.nodes[pairs[at][1]].key): chance for at, chance in found.items()}


# ----- against listing by hand


def _p(edge: Edge) -> float:
    return float(2 ** -SHIPPED.bits(edge, ""))


def _by_hand(graph: Graph, start: str, pair: Pair) -> float:
    """Every combination of trials; of one rule to one end all the edges up to some sureness work, or none."""
    plain = Plain(graph, len(TIERS) - 1)
    moves = list(map(surely, plain.steps))
    harms = [surely(e) for e in plain.doing if (e.harm, e.target) == pair]
    levels: dict[Key, set[float]] = {}
    for doing, edges in ((False, moves), (True, harms)):
        for edge in edges:
            levels.setdefault(_trial(edge, doing), {1.0}).add(_p(edge))
    assume(sum(len(some) - 1 for some in levels.values()) <= MOST)
    return sum(p for p, drawn in _worlds(levels) if _through(moves, harms, drawn, start))


def _trial(edge: Edge, doing: bool = False) -> Key:
    """What is used and what is become is one thing, done by one rule or failing by it."""
    return edge.rule, edge.target.removeprefix(used("")), doing


def _worlds(levels: dict[Key, set[float]]) -> Iterator[tuple[float, dict[Key, float]]]:
    """(likelihood, for each trial the least sureness that works); the steps of sureness cut a line from 0 to 1."""
    keys = sorted(levels)
    parts = [[(high - low, high) for low, high in pairwise(sorted({0.0, *levels[key]}))] for key in keys]
    for chosen in product(*parts):
        likelihood = 1.0
        for width, _least in chosen:
            likelihood *= width
        yield likelihood, dict(zip(keys, (least for _width, least in chosen), strict=True))


def _through(moves: list[Edge], harms: list[Edge], drawn: dict[Key, float], start: str) -> bool:
    reached, more = {start}, True
    while more:
        new = {e.target for e in moves if e.source in reached and _p(e) >= drawn[_trial(e)]} - reached
        reached, more = reached | new, bool(new)
    return any(e.source in reached and _p(e) >= drawn[_trial(e, True)] for e in harms)


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE))
def test_an_exact_likelihood_is_what_listing_all_worlds_by_hand_gives(graph: Graph, start: str) -> None:
    for pair, chance in _chances(graph, start).items():
        assert chance.error == 0
        assert chance.value == pytest.approx(_by_hand(graph, start, pair), abs=1e-12)


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE))
def test_drawn_worlds_give_the_same_within_three_half_widths(graph: Graph, start: str) -> None:
    exact = _chances(graph, start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.analysis.chance.EXACT", -1)
        drawn = _chances(graph, start)
    assert drawn.keys() == exact.keys()
    for pair, chance in drawn.items():
        assert abs(chance.value - exact[pair].value) <= 3 * max(chance.error, 3 / DRAWN)


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE), exact=st.sampled_from([20, -1]))
def test_what_can_be_brought_about_has_a_likelihood_and_nothing_else_has(graph: Graph, start: str, exact: int) -> None:
    reach = Reach(walk(graph))
    expected = {
        (harm, reach.walk.nodes[target].key)
        for at, (harm, target) in enumerate(reach.walk.pairs)
        if at in reach.open[-1].pairs(reach.walk.at[start])
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.analysis.chance.EXACT", exact)
        found = _chances(graph, start)
    assert set(found) == expected
    assert all(0 < chance.value <= 1 for chance in found.values())


# ----- laws


def _without(graph: Graph, gone: Edge) -> Graph:
    return replace(graph, edges=tuple(edge for edge in graph.edges if edge != gone))


def _grants(graph: Graph) -> list[Edge]:
    return [edge for edge in graph.edges if edge.edge_class is not EdgeClass.HAS]


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE), exact=st.sampled_from([20, -1]), data=st.data())
def test_a_grant_never_lowers_a_likelihood(graph: Graph, start: str, exact: int, data: st.DataObject) -> None:
    grant = data.draw(st.sampled_from(_grants(graph)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.analysis.chance.EXACT", exact)
        less, more = _chances(_without(graph, grant), start), _chances(graph, start)
    assert less.keys() <= more.keys()
    assert all(more[pair].value >= chance.value - 1e-12 for pair, chance in less.items())


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE), exact=st.sampled_from([20, -1]), data=st.data())
def test_a_guard_never_raises_a_likelihood(graph: Graph, start: str, exact: int, data: st.DataObject) -> None:
    """A denial that may hold makes a certain edge conditional."""
    edge = data.draw(st.sampled_from(_grants(graph)))
    guarded = replace(graph, edges=(*_without(graph, edge).edges, replace(edge, verdict=Verdict.CONDITIONAL)))
    assume(edge.verdict is Verdict.ALLOWED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.analysis.chance.EXACT", exact)
        before, after = _chances(graph, start), _chances(guarded, start)
    assert after.keys() == before.keys()
    assert all(after[pair].value <= chance.value + 1e-12 for pair, chance in before.items())


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE), order=st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_does_not_matter(graph: Graph, start: str, order: object) -> None:
    nodes, edges = list(graph.nodes), list(graph.edges)
    order.shuffle(nodes)  # type: ignore[attr-defined]
    order.shuffle(edges)  # type: ignore[attr-defined]
    assert _chances(replace(graph, nodes=tuple(nodes), edges=tuple(edges)), start) == _chances(graph, start)


@EXAMPLES
@given(graph=graphs, start=st.sampled_from(PEOPLE), data=st.data())
def test_cutting_an_edge_is_the_graph_without_it(graph: Graph, start: str, data: st.DataObject) -> None:
    single = [edge for edge in _grants(graph) if not edge.target.startswith("set:")]
    assume(single)
    edge = data.draw(st.sampled_from(single))
    twins = [e for e in single if (e.source, e.rule, e.target) == (edge.source, edge.rule, edge.target)]
    assume(not any(e.source == edge.source and e.rule == edge.rule for e in _grants(graph) if e not in twins))
    spots = walk(graph).spots
    ends = product(spots(edge.source), spots(edge.target))
    cut = Cut(edges=frozenset((source, edge.rule, target) for source, target in ends))
    gone = graph
    for twin in twins:
        gone = _without(gone, twin)
    assert _chances(graph, start, cut) == _chances(gone, start)


def _line(*edges: tuple[str, str, str, Verdict]) -> Graph:
    """A small graph of named steps (source, target, rule, verdict); the last step of a way is a harm on vault-a."""
    made = [
        Edge(
            source,
            target,
            EdgeClass.GRANTS if target == "vault-a" else EdgeClass.CAN_BECOME,
            rule,
            verdict,
            harm="read_secrets" if target == "vault-a" else "",
        )
        for source, target, rule, verdict in edges
    ]
    return graph_of(made)


SURE, MAYBE = Verdict.ALLOWED, Verdict.CONDITIONAL
VAULT = ("read_secrets", "vault-a")


def test_many_who_can_do_the_same_to_one_victim_are_one_chance() -> None:
    one = _line(("id-0", "id-1", "a", SURE), ("id-1", "id-5", "b", MAYBE), ("id-5", "vault-a", "c", SURE))
    more = [("id-0", f"id-{n}", "a", SURE) for n in (1, 2, 3)] + [(f"id-{n}", "id-5", "b", MAYBE) for n in (1, 2, 3)]
    many = _line(*more, ("id-5", "vault-a", "c", SURE))
    step = _p(Edge("", "", EdgeClass.CAN_BECOME, "b", MAYBE))
    got = _chances(many, "id-0")[VAULT].value
    assert _chances(one, "id-0")[VAULT].value <= got <= step


def test_ways_that_share_a_choke_point_are_no_likelier_than_it() -> None:
    ways = [("id-0", f"id-{n}", f"a{n}", SURE) for n in (1, 2, 3)] + [
        (f"id-{n}", "id-5", f"b{n}", SURE) for n in (1, 2, 3)
    ]
    graph = _line(*ways, ("id-5", "id-6", "choke", MAYBE), ("id-6", "vault-a", "c", SURE))
    assert _chances(graph, "id-0")[VAULT].value < _p(Edge("", "", EdgeClass.CAN_BECOME, "choke", MAYBE))
    at = walk(graph).at
    assert VAULT not in _chances(graph, "id-0", Cut(edges=frozenset({(at["id-5"], "choke", at["id-6"])})))
    assert VAULT not in _chances(graph, "id-0", Cut(nodes=frozenset({at["id-6"]})))
    assert VAULT in _chances(graph, "id-0", Cut(nodes=frozenset({at["id-1"]})))


def test_starts_that_are_likely_to_differing_degrees_are_weighed_together() -> None:
    graph = _line(("id-0", "vault-a", "c", SURE), ("id-1", "vault-a", "c", SURE))
    network = _network(graph)
    at = network.walk.at
    [chance] = network.together({at["id-0"]: 0.5, at["id-1"]: 0.2}).chances().values()
    assert tuple(chance) == (pytest.approx(1 - 0.5 * 0.8), 0)


def test_a_trial_fares_the_same_wherever_it_is_asked_about() -> None:
    trial, surer = Trial("rule", "what", 0.3), Trial("rule", "what", 0.6)
    drawn = Drawn()
    assert drawn.works(trial) == Drawn().works(trial)
    assert drawn.works(trial) & ~drawn.works(surer) == 0
    value, error = drawn.likelihood(drawn.works(trial))
    assert abs(value - 0.3) < error * 2
    listed = Listed([trial, surer])
    assert listed.works(trial) & ~listed.works(surer) == 0
    for each in (trial, surer):
        assert listed.likelihood(listed.works(each))[0] == pytest.approx(each.p)
