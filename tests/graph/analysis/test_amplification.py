"""What an agent reaches with its tools against what those reach who may talk to it."""

from __future__ import annotations

from graph.analysis.amplification import amplifications
from graph.analysis.report import Amplification
from graph.analysis.study import Analysis
from graph.build import Estate
from graph.cloud import Solved, Target, Technique
from graph.model import Category, Edge, EdgeClass, Graph, Node, Proof, Strength, Verdict
from graph.weights import SHIPPED

SURE, MAYBE = Verdict.ALLOWED, Verdict.CONDITIONAL
READ = SHIPPED.harm("read_secrets") * SHIPPED.critical(("secret",))


def _node(key: str) -> Node:
    kinds = {"a": Category.WORKLOAD, "v": Category.RESOURCE, "o": Category.ACCOUNT}
    return Node(
        key, "kind", key, "toy", "s", kinds.get(key[0], Category.IDENTITY), targets=("secret",) * (key[0] == "v")
    )


def _talks(who: str, agent: str = "agent", rule: str = "direct") -> Edge:
    return Edge(who, agent, EdgeClass.CAN_BECOME, rule, SURE, Strength.USES)


def _reads(who: str, *vaults: str) -> list[Edge]:
    return [Edge(who, vault, EdgeClass.GRANTS, "read", SURE, harm="read_secrets") for vault in vaults]


def _technique(key: str, precondition: str) -> Technique:
    return Technique(
        key,
        title="",
        family="",
        strength=Strength.USES,
        sentence="",
        needs=(),
        gives="",
        fix="",
        detect="",
        references=(),
        solve=lambda _access: Solved(),
        prove=lambda _access, _source, _target: Proof(SURE),
        precondition=precondition,
    )


def _told(*edges: Edge) -> tuple[Amplification, ...]:
    keys = sorted({"owner", *(key for edge in edges for key in (edge.source, edge.target))})
    nodes = tuple(map(_node, keys))
    rules: dict[str, tuple[str, Technique | Target]] = {
        key: ("toy", _technique(key, key)) for key in ("direct", "indirect")
    }
    estate = Estate(Graph("id", (), nodes, edges), {}, rules, {node.key: node for node in nodes})
    return amplifications(Analysis(estate))


ACTS = Edge("agent", "tool", EdgeClass.CAN_BECOME, "acts-as", MAYBE, Strength.USES)


def test_an_agent_that_reaches_more_than_its_callers_is_flagged_with_what_is_won() -> None:
    (row,) = _told(_talks("p"), ACTS, *_reads("tool", "v1", "v2"), *_reads("p", "v1"))
    assert (row.reach, row.usual, row.ratio) == (2 * READ, READ, 2.0)
    assert (row.callers, row.winners, row.flagged) == (1, 1, True)
    assert row.sensitive == (("read_secrets", "v2"),)


def test_the_median_of_the_callers_counts() -> None:
    callers = [
        edge
        for who, vaults in (("p", ()), ("q", ("v1", "v2")), ("r", ("v1", "v2", "v3")))
        for edge in (_talks(who), *_reads(who, *vaults))
    ]
    (row,) = _told(*callers, ACTS, *_reads("tool", "v1", "v2"))
    assert (row.ratio, row.callers, row.winners, row.flagged) == (1.0, 3, 1, False)


def test_what_callers_reach_through_the_agent_itself_is_not_their_own() -> None:
    (row,) = _told(_talks("p"), ACTS, *_reads("tool", "v1"))
    assert (row.ratio, row.usual, row.flagged) == (None, 0, True)


def test_whoever_only_writes_what_it_reads_is_no_caller() -> None:
    assert _told(_talks("p", rule="indirect"), ACTS, *_reads("tool", "v1")) == ()


def test_an_agent_that_does_no_harm_amplifies_nothing() -> None:
    (row,) = _told(_talks("p"), ACTS, *_reads("p", "v1"))
    assert (row.ratio, row.winners, row.flagged) == (0.0, 0, False)
