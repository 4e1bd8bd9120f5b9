"""Rows while they are being worked out: plain triples (certain, possible, unread), for millions of them are made."""

from __future__ import annotations

from collections.abc import Iterable

from graph.clouds.aws.policy.layers import Truth
from graph.policy.patterns import MAYBE, YES

# The same three sets and the same algebra as `graph.policy.relation.Row`, without the cost of an object.
Triple = tuple[int, int, int]
NOTHING: Triple = (0, 0, 0)

# A truth as one number, in an order that makes "and" the minimum.
NEVER, UNREAD, PERHAPS, SURELY = range(4)


def level(truth: Truth) -> int:
    """NEVER, UNREAD, PERHAPS or SURELY."""
    if truth.tri is MAYBE:
        return UNREAD if truth.unread else PERHAPS
    return SURELY if truth.tri is YES else NEVER


def sure(row: int) -> Triple:
    """Certain on these, impossible on the rest."""
    return (row, row, 0)


def open_on(row: int) -> Triple:
    """Not read on these, impossible on the rest."""
    return (0, row, row)


def at_most(a: Triple, how: int) -> Triple:
    """No more certain than the level."""
    if how == SURELY:
        return a
    if how == NEVER:
        return NOTHING
    return (0, a[1], a[1] if how == UNREAD else a[2])


def either(a: Triple, b: Triple) -> Triple:
    """What any of both grants. Where one is certain, what the other hangs on does not matter."""
    lower, unread = a[0] | b[0], a[2] | b[2]
    return lower, a[1] | b[1], unread & ~lower if unread else 0


def both(a: Triple, b: Triple) -> Triple:
    """What both grant."""
    lower, upper, unread = a[0] & b[0], a[1] & b[1], a[2] | b[2]
    return lower, upper, unread & upper & ~lower if unread else 0


def without(a: Triple, b: Triple) -> Triple:
    """What a grants and b does not deny: certainly only where b cannot, possibly wherever b need not."""
    lower, upper, unread = a[0] & ~b[1], a[1] & ~b[0], a[2] | b[2]
    return lower, upper, unread & upper & ~lower if unread else 0


def any_of(rows: Iterable[Triple]) -> Triple:
    """Either, of many."""
    lower = upper = unread = 0
    for row in rows:
        lower |= row[0]
        upper |= row[1]
        unread |= row[2]
    return lower, upper, unread & ~lower if unread else 0


def within(a: Triple, row: int) -> Triple:
    """Only on these resources."""
    return a[0] & row, a[1] & row, a[2] & row


def opposite(a: Triple, whole: int) -> Triple:
    """Where it does not hold."""
    return whole & ~a[1], whole & ~a[0], a[2]
