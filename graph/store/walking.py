"""The shortest ways between two nodes, over edges as a store holds them: a set is looked through and is no hop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from graph.model import Edge, Node
from graph.store import Neighbour, Only
from graph.store.edges import between, order

Out = Mapping[str, Sequence[Edge]]  # by node, the edges out of it
Inside = Mapping[str, Sequence[str]]  # by set, its members


class Ground(Protocol):
    """What a store answers in one go about many nodes."""

    def steps(self, keys: Sequence[str], only: Only) -> Iterable[tuple[Edge, bool]]:
        """Edges out of the nodes that one may take, and whether each ends at a set."""
        ...

    def members(self, sets: Collection[str]) -> Inside: ...
    def named(self, keys: Iterable[str]) -> Mapping[str, Node]: ...


def shortest(
    ground: Ground, ends: tuple[str, str], only: Only, *, longest: int, limit: int
) -> Sequence[Sequence[Neighbour]]:
    """All equally short, in the order of their hops, `limit` at most; none that is longer than `longest`."""
    source, target = ends
    hops, inside = _spread(ground, source, target, only, longest)
    leading = _leading(hops, inside, target)
    ways = list(islice(_walk(source, hops, leading, inside), limit)) if hops else []
    nodes = ground.named({edge.target for way in ways for edge in way})
    return [[Neighbour(edge, nodes[edge.target]) for edge in way] for way in ways]


def _spread(ground: Ground, source: str, target: str, only: Only, longest: int) -> tuple[list[Out], Inside]:
    """Hop by hop, the edges out of what was reached last, until the target is reached; no hops if it never is.

    A set that was met before leads nowhere new: each is opened once.
    """
    seen, reached, hops = {source}, [source], list[Out]()
    inside: dict[str, Sequence[str]] = {}
    while reached and len(hops) < longest and target not in seen:
        found = list(ground.steps(reached, only))
        sets = {edge.target for edge, through in found if through} - inside.keys()
        inside.update(ground.members(sets))
        fresh = {edge.target for edge, through in found if not through}.union(*(inside[key] for key in sets)) - seen
        out = defaultdict[str, list[Edge]](list)
        for edge, _through in found:
            if edge.target in sets or edge.target in fresh:
                out[edge.source].append(edge)
        hops.append(out)
        seen |= fresh
        reached = sorted(fresh)
    return (hops, inside) if target in seen and source != target else ([], inside)


def _leading(hops: Sequence[Out], inside: Inside, target: str) -> list[set[str]]:
    """For each hop the ends from which the rest of a shortest way goes on to the target."""
    leading = [{target}]
    for out in reversed(hops[1:]):
        good = leading[-1] | {key for key, members in inside.items() if not leading[-1].isdisjoint(members)}
        leading.append({source for source, edges in out.items() if any(edge.target in good for edge in edges)})
    return leading[::-1]


def _walk(node: str, hops: Sequence[Out], leading: Sequence[set[str]], inside: Inside) -> Iterator[tuple[Edge, ...]]:
    if not hops:
        yield ()
        return
    steps = {
        (end, between(edge, node, end))
        for edge in hops[0].get(node, ())
        for end in leading[0].intersection(inside.get(edge.target, (edge.target,)))
    }
    for end, edge in sorted(steps, key=order):
        for rest in _walk(end, hops[1:], leading[1:], inside):
            yield edge, *rest
