"""Steps from one relation to another say of every pair what its ways say one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Verdict, together
from graph.policy.relation import EMPTY, Relation, Row

ORDER = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED)
PEOPLE, ROLES, BUCKETS = ("ann", "bob", "cat"), ("cat", "maker", "reader", "writer"), ("logs", "models")


def relation(identities: tuple[str, ...], resources: tuple[str, ...], said: list[Verdict]) -> Relation:
    """The verdicts of all pairs, identity by identity."""
    rows = []
    for i in range(len(identities)):
        mine = said[i * len(resources) : (i + 1) * len(resources)]
        sets = {v: sum(1 << at for at, verdict in enumerate(mine) if verdict is v) for v in ORDER}
        upper = sets[Verdict.ALLOWED] | sets[Verdict.CONDITIONAL] | sets[Verdict.UNKNOWN]
        rows.append(Row(sets[Verdict.ALLOWED], upper, sets[Verdict.UNKNOWN]))
    return Relation(identities, resources, np.arange(len(identities), dtype=np.int32), tuple(rows) or (EMPTY,))


def verdicts(size: int) -> st.SearchStrategy[list[Verdict]]:
    return st.lists(st.sampled_from(ORDER), min_size=size, max_size=size)


@given(verdicts(len(PEOPLE) * len(ROLES)), verdicts(3 * len(BUCKETS)))
def test_two_steps_are_as_sure_as_the_surest_way_between(first: list[Verdict], second: list[Verdict]) -> None:
    assume = relation(PEOPLE, ROLES, first)
    read = relation(("maker", "reader", "writer"), BUCKETS, second)  # nothing is known of what cat may do
    both = assume.through(read)
    assert (both.identities, both.resources) == (PEOPLE, BUCKETS)
    for who in PEOPLE:
        for bucket in BUCKETS:
            ways = [together([assume.verdict(who, role), read.verdict(role, bucket)]) for role in read.identities]
            assert both.verdict(who, bucket) is min(ways, key=ORDER.index)
