"""The graph of a few accounts copied under other names: an organization of any size without its decisions."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from bench.aws_organization import SEEDS, number_of
from graph.build import Estate
from graph.model import (
    Because,
    Category,
    Document,
    Edge,
    EdgeClass,
    Entry,
    EntryKind,
    Evidence,
    Gap,
    Graph,
    Hop,
    Node,
    Proof,
)
from graph.policy.relation import Relation

KEYS = 5  # users of each account whose key an attacker may have
WIDE = 3  # of one name in so many accounts: in all of them
FIRST, LAST = number_of(0), number_of(SEEDS - 1)


class Copied(Estate):
    """A graph whose edges are taken for granted: what a proof costs is for other stages to tell."""

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The estate's, and the keys of some users of each account."""
        users: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            if node.kind == "user":
                users.setdefault(node.scope, []).append(node.key)
        taken = (key for some in users.values() for key in some[:: len(some) // KEYS][:KEYS])
        return tuple(Entry(EntryKind.KEY, key, "a key of it was found") for key in taken)

    @cached_property
    def gaps(self) -> Mapping[tuple[str, str], tuple[Gap, ...]]:
        return {}

    @cached_property
    def latent(self) -> Mapping[str, Relation]:
        return {}

    def hop(self, edge: Edge) -> Hop:
        """One statement of the source's own policy, each time."""
        evidence = Evidence(f"{edge.source} policy", f"/{edge.rule}", "Allow")
        proof = Proof(edge.verdict, (evidence,), because=(Because("identity", evidence),))
        return Hop(edge.source, edge.target, edge.rule, edge.strength, edge.verdict, proof, edge.rule)

    def hops(self, edges: Iterable[Edge], _progress: object = None, _processes: object = None) -> Mapping[Edge, Hop]:
        return {edge: self.hop(edge) for edge in edges}

    def document(self, name: str) -> Document | None:
        return Document(name, {})


def copied(estate: Estate, times: int) -> Copied:
    """The estate of `times` as many accounts, each of which trusts the next, also from one copy to the next."""
    return _Copier(estate, times).estate()


class _Copier:
    def __init__(self, estate: Estate, times: int) -> None:
        self._estate, self._times = estate, times
        self._scope = {node.key: node.scope for node in estate.graph.nodes}
        self._inside: dict[str, list[str]] = {}
        for edge in estate.graph.edges:
            if edge.edge_class is EdgeClass.HAS:
                self._inside.setdefault(edge.source, []).append(edge.target)
        self._names: dict[tuple[str, int], str] = {}
        self._sets: dict[str, tuple[str, ...]] = {}

    def estate(self) -> Copied:
        edges = sorted(set(self._edges()), key=lambda edge: (edge.source, edge.target, edge.rule, edge.verdict))
        nodes = {node.key: node for node in self._nodes()}
        sets = (Node(key, "set", "", "", "", Category.SET) for key in self._sets)
        has = (
            Edge(key, end, EdgeClass.HAS, "has", edges[0].verdict) for key, some in self._sets.items() for end in some
        )
        graph = Graph("copied", (), tuple(sorted((*nodes.values(), *sets), key=lambda node: node.key)), (*edges, *has))
        return Copied(graph, self._estate.works, self._estate.rules, nodes)

    def _nodes(self) -> Iterator[Node]:
        for copy in range(self._times):
            for node in self._estate.graph.nodes:
                if node.category is not Category.SET:
                    yield replace(node, key=self._key(node.key, copy), scope=self._name(node.scope, copy))

    def _edges(self) -> Iterator[Edge]:
        for copy in range(self._times):
            for edge in self._estate.graph.edges:
                if edge.edge_class is not EdgeClass.HAS:
                    source = self._key(edge.source, copy)
                    yield replace(edge, source=source, target=self._end(self._scope[edge.source], edge.target, copy))

    def _end(self, source: str, end: str, copy: int) -> str:
        """What an edge of that copy leads to, out of that scope; neighbours of the ends of a copy are in another."""
        if end not in self._inside:
            return self._key(end, self._copy_of(source, self._scope[end], copy))
        name = f"{end}-{copy}-{source if source in (FIRST, LAST) else ''}"
        if name not in self._sets:
            self._sets[name] = tuple(sorted(self._members(source, self._inside[end], copy)))
        return name

    def _members(self, source: str, keys: Sequence[str], copy: int) -> set[str]:
        """What is in most accounts under one name is in all of them; anything else is in that copy or next to it."""
        named = Counter(self._common(key) for key in keys)
        wide = {key for key in keys if named[self._common(key)] >= WIDE}
        near = {self._key(key, self._copy_of(source, self._scope[key], copy)) for key in keys if key not in wide}
        return near | {self._key(key, other) for key in wide for other in range(self._times)}

    def _common(self, key: str) -> str:
        return key.replace(self._scope[key], "*") if self._scope[key] else key

    def _copy_of(self, source: str, scope: str, copy: int) -> int:
        step = {(FIRST, LAST): -1, (LAST, FIRST): 1}.get((source, scope), 0)
        return (copy + step) % self._times

    def _key(self, key: str, copy: int) -> str:
        if (key, copy) not in self._names:
            self._names[key, copy] = sys.intern(self._name(key, copy))
        return self._names[key, copy]

    def _name(self, text: str, copy: int) -> str:
        """A name with the numbers of the copy's accounts, and its teams, which have an account's last three digits."""
        for account in range(SEEDS):
            other = SEEDS * copy + account
            text = text.replace(number_of(account), f"A{other:03}").replace(f"a{account:03}team", f"B{other:03}")
        for account in range(SEEDS):
            other = SEEDS * copy + account
            text = text.replace(f"A{other:03}", number_of(other)).replace(f"B{other:03}", f"a{other:03}team")
        return text
