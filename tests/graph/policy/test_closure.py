"""What a vertex leads to in the end is what a plain search finds, whoever asks first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.bits import members
from graph.policy.closure import Closure

SIZE = 9
rows = st.lists(st.integers(0, 2**SIZE - 1), min_size=4, max_size=4)
owners = st.lists(st.integers(-1, 3), min_size=SIZE, max_size=SIZE)


def plain(start: int, leads: list[int], vertex_of: list[int]) -> set[int]:
    """Members found one by one."""
    found: set[int] = set()
    todo = list(members(leads[start]))
    while todo:
        member = todo.pop()
        if member not in found:
            found.add(member)
            todo += members(leads[vertex_of[member]]) if vertex_of[member] >= 0 else ()
    return found


@given(rows, owners, st.permutations(range(4)))
def test_it_finds_what_a_plain_search_finds(leads: list[int], vertex_of: list[int], order: list[int]) -> None:
    closure = Closure(leads, np.array(vertex_of, np.int32))
    for vertex in order:
        assert set(members(closure.reached([vertex])[vertex])) == plain(vertex, leads, vertex_of)


@given(rows, owners, st.integers(0, 2**SIZE - 1))
def test_it_finds_backwards_what_it_finds_forwards(leads: list[int], vertex_of: list[int], ends: int) -> None:
    flags = Closure(leads, np.array(vertex_of, np.int32)).leading(ends)
    wanted = set(members(ends))
    assert flags.tolist() == [bool(plain(vertex, leads, vertex_of) & wanted) for vertex in range(len(leads))]


def test_what_nobody_asks_for_is_not_worked_out() -> None:
    closure = Closure([0b010, 0b000, 0b001], np.array([0, 1, -1], np.int32))
    assert sorted(closure.reached([0])) == [0, 1]
    assert sorted(closure.reached([2])) == [0, 1, 2]
