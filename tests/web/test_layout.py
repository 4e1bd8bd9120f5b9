"""Pictures: nothing overlaps, lines go from left to right, the same input gives the same picture."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ciem.web.faces import Face
from ciem.web.layout import DEFAULT, Link, Spot, apart, place
from ciem.web.picture import MOST_NODES, Step, draw


def faces(*keys):
    return {key: Face(key, key, "Role", "role", f"/{key}", "identity") for key in keys}


def chain(*keys, via=""):
    return tuple(Step(a, b, "becomes", "allowed", via) for a, b in itertools.pairwise(keys))


@st.composite
def layered(draw_from):
    """A random graph whose links go from a column to one further right."""
    columns = draw_from(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    spots = [Spot(f"{c}.{i}", c) for c, size in enumerate(columns) for i in range(size)]
    pairs = [(a, b) for a in spots for b in spots if a.column < b.column]
    chosen = draw_from(st.lists(st.sampled_from(pairs), unique=True, max_size=12))
    return spots, [Link(a.id, b.id) for a, b in chosen]


@given(layered())
def test_nodes_of_a_column_stand_at_least_a_row_apart(graph):
    spots, links = graph
    found = place(spots, links)
    for column in {spot.column for spot in spots}:
        heights = sorted(found.corners[spot.id][1] for spot in spots if spot.column == column)
        assert all(b - a >= DEFAULT.row - 1 for a, b in itertools.pairwise(heights))


@given(layered())
def test_everything_lies_inside_and_is_the_same_the_second_time(graph):
    spots, links = graph
    found = place(spots, links)
    assert found == place(spots, links)
    for x, y in found.corners.values():
        assert 0 <= x <= found.width - DEFAULT.node[0]
        assert DEFAULT.top <= y <= found.height - DEFAULT.node[1]
    assert set(found.lines) == set(found.labels) == set(links)


@given(layered())
def test_labels_of_one_gap_never_touch(graph):
    spots, links = graph
    column = {spot.id: spot.column for spot in spots}
    found = place(spots, links)
    for gap in set(column.values()):
        heights = sorted(y for link, (_, y) in found.labels.items() if column[link.source] == gap)
        assert all(b - a >= DEFAULT.pill - 1 for a, b in itertools.pairwise(heights))


@given(st.lists(st.floats(-1000, 1000), max_size=12), st.floats(1, 50))
def test_apart_keeps_order_and_distance_and_moves_nothing_that_need_not(wishes, distance):
    found = apart(wishes, distance)
    assert all(b - a >= distance - 1e-6 for a, b in itertools.pairwise(found))
    roomy = [i * distance for i in range(len(wishes))]
    assert apart(roomy, distance) == roomy


def test_a_long_link_goes_around_the_nodes_between():
    spots = [Spot("a", 0), Spot("b", 1), Spot("c", 2)]
    found = place(spots, [Link("a", "b"), Link("b", "c"), Link("a", "c")])
    top, bottom = found.corners["b"][1], found.corners["b"][1] + DEFAULT.node[1]
    passing = [int(word) for word in found.lines[Link("a", "c")].split("h")[0].split() if word.lstrip("-").isdigit()]
    assert not top <= passing[-1] <= bottom


def test_a_host_in_between_becomes_a_node_of_its_own():
    shown = faces("a", "b") | {"host": Face("host", "host", "Job", "job", "/host", "workload")}
    picture = draw([(Step("a", "b", "can use", "allowed", "host", 1),)], shown, "")
    assert [(box.face.key, box.part) for box in picture.boxes] == [("a", "Entry"), ("host", "Host"), ("b", "Target")]
    assert [line.verb for line in picture.lines] == ["can use", "runs as"]


def test_a_path_that_ends_where_it_begins_is_still_drawn():
    picture = draw([chain("a", "a")], faces("a"), "")
    assert [box.part for box in picture.boxes] == ["Entry", "Target"]


def test_paths_that_share_nodes_are_drawn_as_one_picture():
    picture = draw([chain("a", "b", "z"), chain("c", "b", "z")], faces(*"abcz"), "")
    assert len(picture.boxes) == 4
    assert len(picture.lines) == 3


def test_a_line_that_several_paths_use_differently_says_how_many_things_it_stands_for():
    reads, destroys = Step("a", "z", "can read", "allowed"), Step("a", "z", "can destroy", "allowed")
    assert [line.verb for line in draw([(reads,), (destroys,), (reads,)], faces(*"az"), "").lines] == ["2 ways"]


def test_what_would_go_in_a_circle_is_counted_and_left_out():
    picture = draw([chain("a", "b", "c", "z"), chain("x", "c", "b", "z")], faces(*"abcxz"), "")
    assert picture.left_out == 1
    assert "x" not in {box.face.key for box in picture.boxes}


def test_a_picture_never_grows_beyond_what_people_can_read():
    chains = [chain(f"e{i}", f"m{i}", "z") for i in range(40)]
    keys = {key for steps in chains for step in steps for key in (step.source, step.target)}
    picture = draw(chains, faces(*keys), "")
    assert len(picture.boxes) <= MOST_NODES
    assert picture.left_out == 40 - (MOST_NODES - 1) // 2


def test_one_path_is_drawn_whole_however_long():
    keys = [f"n{i:02}" for i in range(40)]
    assert len(draw([chain(*keys)], faces(*keys), "").boxes) == 40
