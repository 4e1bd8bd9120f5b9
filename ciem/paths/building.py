"""Building an estate graph, from the one that this process built last where there is one: mostly it is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from graph.build import Estate, rebuild
from graph.build import build as build_anew
from graph.importance import Importance
from graph.model import Category, Graph
from graph.snapshot import Snapshot, Stored

_IN_A_ROW = 4  # how often one is built from the last; compiled documents pile up, so then it is built anew


@dataclass(frozen=True, eq=False)
class _Last:
    estate: Estate
    in_a_row: int


_kept: list[_Last] = []  # at most one


def build(
    snapshots: Sequence[Snapshot | Stored], tell: Callable[[int, int, str], None], importance: Importance
) -> Estate:
    """The estate of these snapshots; the same, whatever was kept.

    What was kept is let go first: if anything fails, the next try starts from nothing.
    """
    last = _kept.pop() if _kept else None
    if last is None or last.in_a_row >= _IN_A_ROW:
        estate = build_anew(snapshots, tell, importance=importance)
        _keep(estate, 0)
    else:
        estate = rebuild(last.estate, snapshots, tell, importance=importance)
        _keep(estate, last.in_a_row + 1)
    return estate


def forget() -> None:
    """Let go of what was kept."""
    _kept.clear()


def _keep(estate: Estate, in_a_row: int) -> None:
    """Keep what a later estate is built from, unless it is too large to lie about until then."""
    identities = sum(node.category is Category.IDENTITY for node in estate.nodes.values())
    if identities <= settings.GRANTPATH_KEPT_IDENTITIES:
        bare = Graph(estate.graph.id, estate.graph.snapshots, (), ())
        _kept.append(_Last(replace(estate, graph=bare, _proofs={}, _documents={}), in_a_row))
