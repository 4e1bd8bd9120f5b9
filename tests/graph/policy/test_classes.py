"""Classes by marking are those that sorting gives."""

import gc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.classes import distinct, first_of, joined
from graph.policy.collector import uncollected

CODES = st.lists(st.integers(0, 40) | st.integers(0, 10**6), min_size=1, max_size=30)


@given(CODES)
def test_distinct_values_are_those_of_a_sort(codes: list[int]) -> None:
    values, classes = distinct(np.array(codes, np.int64))
    expected, where = np.unique(codes, return_inverse=True)
    assert (values.tolist(), classes.tolist()) == (expected.tolist(), where.tolist())


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 5)), min_size=1, max_size=30))
def test_places_share_a_class_where_all_columns_are_equal(rows: list[tuple[int, int]]) -> None:
    classes = joined([np.array(column, np.int32) for column in zip(*rows, strict=True)]).tolist()
    assert [[a == b for b in rows] for a in rows] == [[a == b for b in classes] for a in classes]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_a_class_first_stands_where_it_first_stands(codes: list[int]) -> None:
    _, classes = distinct(np.array(codes, np.int64))
    assert first_of(classes) == [classes.tolist().index(number) for number in range(int(classes.max()) + 1)]


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
