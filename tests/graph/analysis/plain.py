"""Random small estates, and the slow, obvious answers to what the analysis computes with bit sets."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property

from hypothesis import strategies as st

from graph.model import Category, Edge, EdgeClass, Graph, Node, Strength, Verdict

TIERS = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN)
SCOPES = ("north", "south")
ACCOUNTS = tuple(f"account-{scope}" for scope in SCOPES)
PEOPLE = tuple(f"id-{n}" for n in range(7))
NOWHERE = "vault-of-nobody"
TARGETS = ("vault-a", "vault-b", "vault-c", NOWHERE)
HARMS = ("read_secrets", "destroy")
HELPERS = ("agent-a", "agent-b", "tool")  # workloads


def scope_of(key: str) -> str:
    if key in ACCOUNTS:
        return key.removeprefix("account-")
    if key == NOWHERE:
        return ""
    return SCOPES[sum(map(ord, key)) % 2]


def _node(key: str) -> Node:
    category = Category.IDENTITY if key in PEOPLE else Category.ACCOUNT if key in ACCOUNTS else Category.RESOURCE
    category = Category.WORKLOAD if key in HELPERS else category
    return Node(key, "kind", key, "toy", scope_of(key), category)


def _edge(source: str, ends: frozenset[str], how: EdgeClass, verdict: Verdict, uses: bool, harm: str) -> list[Edge]:
    """The edge, to a set node when it has several ends, with the HAS edges of the set."""
    names = sorted(ends)
    end = names[0] if len(names) == 1 else "set:" + "+".join(names)
    strength = Strength.USES if uses and how is EdgeClass.CAN_BECOME else Strength.BECOMES
    has = [Edge(end, name, EdgeClass.HAS, "has", Verdict.ALLOWED) for name in names] if len(names) > 1 else []
    return [Edge(source, end, how, f"{how}-{harm}", verdict, strength, harm), *has]


def _graph(edges: list[list[Edge]]) -> Graph:
    owned = {a: [p for p in PEOPLE if scope_of(p) == a.removeprefix("account-")] for a in ACCOUNTS}
    owning = [_edge(a, frozenset(some), EdgeClass.CAN_BECOME, Verdict.ALLOWED, False, "") for a, some in owned.items()]
    flat = sorted(
        {edge for some in (*edges, *owning) for edge in some}, key=lambda e: (e.source, e.target, e.rule, e.verdict)
    )
    sets = {edge.source for edge in flat if edge.edge_class is EdgeClass.HAS}
    nodes = [_node(key) for key in (*PEOPLE, *ACCOUNTS, *TARGETS, *HELPERS)]
    nodes += [replace(_node(key), category=Category.SET) for key in sets]
    return Graph("random", (), tuple(sorted(nodes, key=lambda node: node.key)), tuple(flat))


def used(key: str) -> str:
    """A node as what is used."""
    return f"use of {key}"


def surely(edge: Edge) -> Edge:
    """An edge of a search as sure as it is: what a workload that is used does is never certain."""
    unsure = edge.source in map(used, HELPERS) and edge.verdict is Verdict.ALLOWED
    return replace(edge, verdict=Verdict.CONDITIONAL) if unsure else edge


def is_use(edge: Edge) -> bool:
    """Use of a workload, or use by one."""
    return edge.strength is Strength.USES and bool({edge.source, edge.target} & set(HELPERS))


def graph_of(edges: list[Edge]) -> Graph:
    """A graph of exactly these edges, and what owning an account brings."""
    return _graph([[edge] for edge in edges])


_VERDICT = st.sampled_from(TIERS)
_BECOMING = st.builds(
    _edge,
    st.sampled_from(PEOPLE),
    st.frozensets(st.sampled_from(PEOPLE), min_size=1, max_size=3)
    | st.sampled_from([frozenset({a}) for a in ACCOUNTS]),
    st.sampled_from([EdgeClass.CAN_BECOME, EdgeClass.CAN_BECOME, EdgeClass.RUNS_AS, EdgeClass.MEMBER_OF]),
    _VERDICT,
    st.booleans(),
    st.just(""),
)
_USING = st.builds(
    _edge,
    st.sampled_from((*PEOPLE, *HELPERS)),
    st.frozensets(st.sampled_from(HELPERS), min_size=1, max_size=2)
    | st.frozensets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
    st.sampled_from([EdgeClass.CAN_BECOME, EdgeClass.CAN_BECOME, EdgeClass.CAN_BECOME, EdgeClass.RUNS_AS]),
    _VERDICT,
    st.just(True),
    st.just(""),
).filter(lambda some: some[0].source not in {edge.target for edge in some})  # nothing is set up to use itself
_HARMING = st.builds(
    _edge,
    st.sampled_from((*PEOPLE, *HELPERS)),
    st.frozensets(st.sampled_from(TARGETS), min_size=1, max_size=3),
    st.just(EdgeClass.GRANTS),
    _VERDICT,
    st.just(False),
    st.sampled_from(HARMS),
)
_ADMINISTERING = st.builds(
    _edge,
    st.sampled_from(PEOPLE),
    st.sampled_from([frozenset({a}) for a in ACCOUNTS]),
    st.just(EdgeClass.GRANTS),
    _VERDICT,
    st.just(False),
    st.just("administer"),
)
graphs = st.builds(
    lambda a, b, c, d: _graph([*a, *b, *c, *d]),
    st.lists(_BECOMING, max_size=10),
    st.lists(_USING, max_size=6),
    st.lists(_HARMING, max_size=6),
    st.lists(_ADMINISTERING, max_size=2),
)


@dataclass(frozen=True)
class Plain:
    """One tier of a graph, every edge between two real nodes."""

    graph: Graph
    tier: int

    @cached_property
    def edges(self) -> list[Edge]:
        inside: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            if edge.edge_class is EdgeClass.HAS:
                inside.setdefault(edge.source, []).append(edge.target)
        return [
            replace(edge, target=end)
            for edge in self.graph.edges
            if edge.edge_class is not EdgeClass.HAS and edge.verdict in TIERS[: self.tier + 1]
            for end in inside.get(edge.target, [edge.target])
            if end != edge.source
        ]

    @cached_property
    def steps(self) -> list[Edge]:
        """Becoming, membership and running as; administering an account is becoming it. Use leads to use alone."""
        becoming = [
            e
            for e in self.edges
            if e.strength is Strength.BECOMES and (e.edge_class is not EdgeClass.GRANTS or e.target in ACCOUNTS)
        ]
        using = [replace(e, target=used(e.target)) for e in self.edges if is_use(e)]
        return [*becoming, *using, *(replace(e, source=used(e.source)) for e in using if self._told(e))]

    @cached_property
    def doing(self) -> list[Edge]:
        """Harms; becoming an account is administering it, which is nothing to be had by use."""
        harming = [e for e in self.edges if e.harm]
        told = [e for e in harming if e.harm != "administer" and self._told(e)]
        taking = [replace(e, harm="administer") for e in self.steps if e.target in ACCOUNTS]
        return [*harming, *(replace(e, source=used(e.source)) for e in told), *taking]

    def _told(self, edge: Edge) -> bool:
        """Whether what is used does it, in this tier: a workload does nothing for certain."""
        return edge.source not in HELPERS or self.tier > 0

    @cached_property
    def moves(self) -> set[tuple[str, str]]:
        return {(edge.source, edge.target) for edge in self.steps}

    @cached_property
    def harms(self) -> set[tuple[str, str, str]]:
        """(who, harm, target)"""
        return {(edge.source, edge.harm, edge.target) for edge in self.doing}

    def owners(self, scope: str) -> set[str]:
        """The account of a scope and those granted to administer it without a technique; of no scope, all accounts'."""
        accounts = {f"account-{scope}"} if scope else set(ACCOUNTS)
        return accounts | {e.source for e in self.edges if e.harm == "administer" and e.target in accounts}

    def distances(self, starts: set[str], shut: set[str] = frozenset()) -> dict[str, int]:  # type: ignore[assignment]
        """Breadth first from node to node."""
        far, waiting, moves = dict.fromkeys(starts, 0), deque(sorted(starts)), self.moves
        while waiting:
            node = waiting.popleft()
            for source, target in sorted(moves) if node not in shut else ():
                if source == node and target not in far:
                    far[target] = far[node] + 1
                    waiting.append(target)
        return far

    def outcomes(self, starts: set[str], shut: set[str] = frozenset()) -> dict[tuple[str, str], int]:  # type: ignore[assignment]
        """(harm, target) → least hops; those in `shut` do nothing but administer."""
        far, found = self.distances(starts, shut), {}
        for who, harm, target in self.harms:
            if who in far and (who not in shut or harm == "administer"):
                hops = far[who] + 1
                found[harm, target] = min(hops, found.get((harm, target), hops))
        return found
