"""Calls that touch several resources at once: an inference profile and the models behind it. All are needed."""

from __future__ import annotations

import numpy as np

from graph.clouds.aws.policy.combine import Answer
from graph.clouds.aws.policy.triples import Triple, both
from graph.clouds.aws.policy.universe import Universe
from graph.policy.bits import bits
from graph.policy.classes import distinct


def with_members(answer: Answer, beside: Answer, universe: Universe, touched: Universe) -> Answer:
    """The answer on resources, cut down to what `beside` says of all that calls on them touch."""
    needs = [bits(touched.at[arn] for arn in resource.members) for resource in universe.resources]
    rows = [_all_of(needs, row) for row in beside.rows]
    width = len(rows)
    pairs, classes = distinct(answer.classes.astype(np.int64) * width + beside.classes)
    seen: dict[Triple, int] = {}
    move = []
    for pair in pairs.tolist():
        own, others = divmod(pair, width)
        move.append(seen.setdefault(both(answer.rows[own], rows[others]), len(seen)))
    return Answer(np.array(move, np.int32)[classes], tuple(seen))


def _all_of(needs: list[int], row: Triple) -> Triple:
    """The resources of whose members a row holds all; one without members needs nothing."""
    lower, upper, unread = row
    return (
        bits(i for i, need in enumerate(needs) if not need & ~lower),
        bits(i for i, need in enumerate(needs) if not need & ~upper),
        bits(i for i, need in enumerate(needs) if need & unread),
    )
