"""Edges of sets that are made when asked for are, one by one, those that stand there."""

from __future__ import annotations

from graph.model import HAS, Edge, EdgeClass, Edges, Verdict

BEFORE = (Edge("a", "set:1", EdgeClass.CAN_BECOME, "rule", Verdict.ALLOWED),)
AFTER = (Edge("z", "b", EdgeClass.CAN_BECOME, "rule", Verdict.UNKNOWN),)
EDGES = Edges(BEFORE, {"set:1": ("b", "c"), "set:2": (), "set:3": ("d",)}, AFTER)
PLAIN = (
    *BEFORE,
    *(
        Edge(key, end, EdgeClass.HAS, HAS, Verdict.ALLOWED)
        for key, end in (("set:1", "b"), ("set:1", "c"), ("set:3", "d"))
    ),
    *AFTER,
)


def test_all_of_them_come_in_order() -> None:
    assert tuple(EDGES) == PLAIN
    assert len(EDGES) == len(PLAIN)


def test_each_is_found_by_its_place_also_from_the_end_and_several_at_once() -> None:
    places = range(-len(PLAIN), len(PLAIN))
    assert [EDGES[at] for at in places] == [PLAIN[at] for at in places]
    assert EDGES[1:4] == PLAIN[1:4]


def test_they_equal_the_same_edges_written_out_and_no_others() -> None:
    assert EDGES == PLAIN
    assert PLAIN == EDGES
    assert PLAIN[:-1] != EDGES
    assert (*PLAIN[:-1], PLAIN[0]) != EDGES
