"""The shares of all parts as one graph: nodes, sets and edges in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from graph.build.drawing import OWNER, SET_PREFIX, Bundle, Nodes, Rule, Share, gathered, known, shape
from graph.cloud import Target
from graph.model import Category, Edge, EdgeClass, Edges, Node, Strength, Verdict


class Merge:
    """Takes in share after share. Parts answer for different identities, so nobody's edges come from two of them."""

    def __init__(self, nodes: Nodes, rules: Mapping[str, Rule]) -> None:
        self._nodes, self._rules = nodes, rules
        self._sets: dict[str, tuple[str, ...]] = {}
        self._from: dict[str, list[Edge]] = {}  # by source
        self._names: dict[str, str] = {}  # of sets
        self._owned: dict[tuple[str, str], dict[str, None]] = {}

    def take(self, share: Share) -> None:
        """One share."""
        for key, inside in share.sets.items():
            if key not in self._sets:
                self._sets[key] = tuple([self._nodes[member].key for member in inside])
        for key, bundles in share.bundles.items():
            for bundle in bundles:
                for edge in edges_of(self._ours(bundle), self._rules[key]):
                    self._from.setdefault(edge.source, []).append(edge)
        for key in share.identities:
            node = known(self._nodes, key, "access")
            if node.category is Category.IDENTITY:
                self._owned.setdefault((node.cloud, node.scope), {})[node.key] = None

    def _ours(self, bundle: Bundle) -> Bundle:
        """With the very names that nodes and rules have: shares that travelled bring names of their own."""
        sources = tuple(map(self._name, bundle.sources))
        return replace(
            bundle, sources=sources, ends=tuple([(v, assumed, self._name(end)) for v, assumed, end in bundle.ends])
        )

    def _name(self, key: str) -> str:
        return self._nodes[key].key if key in self._nodes else self._names.setdefault(key, key)

    def add(self, edges: Iterable[Edge]) -> None:
        """Edges that need no decision."""
        for edge in set(edges):
            self._from.setdefault(edge.source, []).append(edge)

    def own(self) -> None:
        """An account node becomes every identity of its scope that can act."""
        for key, node in self._nodes.items():
            mine = self._owned.get((node.cloud, node.scope)) if node.category is Category.ACCOUNT else None
            if mine:
                end = gathered(tuple(sorted(mine)), self._sets)
                self._from.setdefault(key, []).append(
                    Edge(key, end, EdgeClass.CAN_BECOME, OWNER, Verdict.ALLOWED, Strength.BECOMES)
                )

    def nodes(self) -> tuple[Node, ...]:
        """The estate's nodes and the sets between them."""
        sets = (
            Node(key, "set", f"{len(inside)} nodes", "", "", Category.SET, "Set") for key, inside in self._sets.items()
        )
        return tuple(sorted(chain(self._nodes.values(), sets), key=lambda node: node.key))

    def edges(self) -> Edges:
        """All edges, source by source; the members of sets are sorted as they are."""
        sources = sorted(self._from)
        place = bisect_left(sources, SET_PREFIX)
        sets = {key: self._sets[key] for key in sorted(self._sets)}
        return Edges(tuple(self._of(sources[:place])), sets, tuple(self._of(sources[place:])))

    def _of(self, sources: Iterable[str]) -> Iterator[Edge]:
        for source in sources:
            yield from sorted(self._from[source], key=_by_fields)


def edges_of(bundle: Bundle, rule: Rule) -> Iterator[Edge]:
    """A bundle edge by edge."""
    edge_class = EdgeClass.GRANTS if isinstance(rule, Target) else EdgeClass.CAN_BECOME
    strength, harm = shape(rule)
    for source in bundle.sources:
        for verdict, assumed, end in bundle.ends:
            if end != source:
                ends = (source, end or source, edge_class, rule.key)
                yield Edge(*ends, verdict, strength, harm, assumed, bundle.gains, bundle.removes)


def _by_fields(edge: Edge) -> tuple[str, ...]:
    return (edge.target, edge.edge_class, edge.rule, edge.verdict, *edge.assumed)
