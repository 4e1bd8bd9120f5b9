"""An estate graph as numbers to walk on: nodes by position, distinct sets of ends as rows, verdicts as tiers."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graph.analysis.sparse import EMPTY, Sparse, numbers, one, union
from graph.model import Category, Edge, EdgeClass, Graph, Node, Strength, Verdict

# A tier is a graph of its own: certain edges only; conditional ones too; those that hang on something unread too.
TIERS = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN)
TIER = {verdict: number for number, verdict in enumerate(TIERS)}
ADMINISTER = "administer"
NOWHERE = -1  # the account of what lies in none
_FACTS = frozenset({EdgeClass.MEMBER_OF, EdgeClass.RUNS_AS})

K = TypeVar("K")


class Kept(dict[K, Sparse]):
    """Sets that are made when first asked for."""

    def __init__(self, make: Callable[[K], Sparse]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> Sparse:
        self[key] = made = self._make(key)
        return made


@dataclass(frozen=True, slots=True)
class Step:
    """An edge out of a node: the tier from which on it is there, and the row of what is at its end."""

    tier: int
    row: int
    edge: Edge


@dataclass(frozen=True, eq=False)
class Walk:
    """`moves` lead on, by node; `harms` are what a node does to targets, by node. Self edges are not among them.

    A pair is a harm on a target. `rows` hold node positions, `harm_rows` positions in `pairs`. From position `real` on
    nodes stand a second time: as what is used there and not become. From those only further use leads on.
    """

    nodes: tuple[Node, ...]
    at: Mapping[str, int]
    real: int
    pairs: tuple[tuple[str, int], ...]
    rows: tuple[Sparse, ...]
    harm_rows: tuple[Sparse, ...]
    moves: tuple[tuple[Step, ...], ...]
    harms: tuple[tuple[Step, ...], ...]

    @cached_property
    def used(self) -> Mapping[str, int]:
        """The positions of nodes as what is used."""
        return {node.key: position for position, node in enumerate(self.nodes[self.real :], self.real)}

    def spots(self, key: str) -> tuple[int, ...]:
        """Everywhere that a node stands."""
        return (self.at[key], *([self.used[key]] if key in self.used else ()))

    @cached_property
    def accounts(self) -> tuple[int, ...]:
        return tuple(at for at, node in enumerate(self.nodes[: self.real]) if node.category is Category.ACCOUNT)

    @cached_property
    def owned(self) -> Sparse:
        """The identities in an account of the estate: not anybody at all, nor strangers, nor the provider itself."""
        places = {(self.nodes[at].cloud, self.nodes[at].scope) for at in self.accounts}
        nodes = enumerate(self.nodes[: self.real])
        identities = ((at, node) for at, node in nodes if node.category is Category.IDENTITY)
        return Sparse(at for at, node in identities if (node.cloud, node.scope) in places)

    @cached_property
    def administering(self) -> Mapping[int, int]:
        """For each account that can be taken over, the pair "administer it"."""
        return {target: pair for pair, (harm, target) in enumerate(self.pairs) if harm == ADMINISTER}

    @cached_property
    def takeovers(self) -> Sparse:
        """The pairs that take an account over."""
        return Sparse(self.administering.values())

    @cached_property
    def account_of(self) -> tuple[int, ...]:
        """The account that each pair's target lies in, or NOWHERE."""
        own = {(self.nodes[at].cloud, self.nodes[at].scope): at for at in self.accounts}
        targets = (self.nodes[target] for _harm, target in self.pairs)
        return tuple(own.get((node.cloud, node.scope), NOWHERE) for node in targets)

    @cached_property
    def pairs_in(self) -> Mapping[int, Sparse]:
        """For each account, and NOWHERE, the set of pairs in it."""
        found: dict[int, list[int]] = {}
        for pair, account in enumerate(self.account_of):
            found.setdefault(account, []).append(pair)
        return {account: Sparse(some) for account, some in sorted(found.items())}

    @cached_property
    def administrators(self) -> Kept[tuple[int, int]]:
        """(account, tier) → those granted to administer it as they stand, without a technique."""
        granted: dict[tuple[int, int], list[int]] = {}
        for node, steps in enumerate(self.harms):
            for step in steps:
                if step.edge.harm == ADMINISTER:
                    for pair in self.harm_rows[step.row]:
                        granted.setdefault((self.pairs[pair][1], step.tier), []).append(node)
        return Kept(lambda key: union(Sparse(granted.get((key[0], tier), ())) for tier in range(key[1] + 1)))

    @cached_property
    def owners(self) -> Kept[tuple[int, int]]:
        """(account, tier) → it and those who administer it as they stand; of NOWHERE, the owners of any account."""
        return Kept(self._owners)

    def _owners(self, key: tuple[int, int]) -> Sparse:
        account, tier = key
        if account == NOWHERE:
            return union(self.owners[at, tier] for at in self.accounts)
        return self.administrators[key] | one(account)

    @cached_property
    def sources(self) -> tuple[Index, ...]:
        """By tier, for each row the nodes that move to it."""
        return _sources(self.moves, len(self.rows))

    @cached_property
    def doers(self) -> tuple[Index, ...]:
        """By tier, for each row of harms the nodes that do them."""
        return _sources(self.harms, len(self.harm_rows))

    @cached_property
    def _holding(self) -> Index:
        """For each node the rows that hold it."""
        return _holding(self.rows, len(self.nodes))

    @cached_property
    def _harming(self) -> Index:
        """For each pair the rows of harms that hold it."""
        return _holding(self.harm_rows, len(self.pairs))

    @cached_property
    def before(self) -> Kept[tuple[int, int]]:
        """(node, tier) → the nodes with a move to it."""
        return Kept(lambda key: self.sources[key[1]].all(self._holding.of(key[0])) - one(key[0]))

    @cached_property
    def doing(self) -> Kept[tuple[int, int]]:
        """(pair, tier) → the nodes that do that harm to that target themselves."""
        return Kept(lambda key: self.doers[key[1]].all(self._harming.of(key[0])))

    def move(self, source: int, target: int, tier: int) -> Edge:
        """The best edge from one node to the next: surest, then first by rule."""
        return _best(self.moves[source], self.rows, target, tier, self.nodes[target].key)

    def harm(self, source: int, pair: int, tier: int) -> Edge:
        return _best(self.harms[source], self.harm_rows, pair, tier, self.nodes[self.pairs[pair][1]].key)

    def pair(self, harm: str, target: int) -> int:
        """The number of a harm to a node; NOWHERE if nobody does it."""
        at = bisect_left(self.pairs, (harm, target))
        return at if at < len(self.pairs) and self.pairs[at] == (harm, target) else NOWHERE

    @cached_property
    def harms_done(self) -> tuple[str, ...]:
        return tuple(sorted({step.edge.harm or ADMINISTER for steps in self.harms for step in steps}))

    def between(self, source: int, target: int) -> Iterator[Edge]:
        """Every edge from one node to another, by whatever rule, with sets opened."""
        done = Sparse(pair for harm in self.harms_done if (pair := self.pair(harm, target)) != NOWHERE)
        steps = [step for step in self.moves[source] if target in self.rows[step.row]]
        steps += [step for step in self.harms[source] if done.intersect(self.harm_rows[step.row])]
        return (replace(step.edge, target=self.nodes[target].key) for step in steps)

    def levels(
        self, start: Sparse, tier: int, shut: Sparse = EMPTY, most: int | None = None, inside: Sparse | None = None
    ) -> Iterator[Sparse]:
        """Breadth first: the nodes first reached by 0, 1, 2… moves. What is `shut` is reached, not walked on from.

        Each row is taken once, so a level costs the different things in it, not its edges. Nothing but what is `inside`
        is looked at.
        """
        seen, taken, frontier, walked = start, set[int](), start, 0
        while frontier:
            yield frontier
            if walked == most:
                return
            walked += 1
            steps = (step for node in frontier - shut for step in self.moves[node] if step.tier <= tier)
            rows = {step.row for step in steps} - taken
            taken |= rows
            reached = union(self.rows[row] for row in rows)
            frontier = (reached if inside is None else reached & inside) - seen
            seen |= frontier

    def back(self, start: Sparse, tier: int, shut: Sparse = EMPTY) -> Iterator[Sparse]:
        """Breadth first against the moves: the nodes that reach `start` in 0, 1, 2… moves, not by way of the `shut`."""
        seen, taken, frontier = start, set[int](), start
        while frontier:
            yield frontier
            rows = {row for node in frontier for row in self._holding.of(node)} - taken
            taken |= rows
            frontier = self.sources[tier].all(rows) - seen - shut
            seen |= frontier


class Index:
    """For each key its values."""

    def __init__(self, keys: npt.NDArray[Any], values: npt.NDArray[Any], size: int) -> None:
        self._values = values[np.argsort(keys, kind="stable")].astype(np.uint32)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=size))])

    def of(self, key: int) -> Sequence[int]:
        found: list[int] = self._values[self._starts[key] : self._starts[key + 1]].tolist()
        return found

    def all(self, keys: Iterable[int]) -> Sparse:
        """The values of several keys."""
        return Sparse(chain.from_iterable(map(self.of, keys)))


def _holding(sets: Sequence[Sparse], size: int) -> Index:
    """For each position the sets that hold it."""
    members = np.concatenate([np.zeros(0, np.uint32), *map(numbers, sets)])
    return Index(members, np.repeat(np.arange(len(sets)), np.fromiter(map(len, sets), np.int64, len(sets))), size)


def _sources(steps: Sequence[Sequence[Step]], rows: int) -> tuple[Index, ...]:
    """By tier, for each row the nodes with a step to it."""
    nodes = np.repeat(np.arange(len(steps)), np.fromiter(map(len, steps), np.int64, len(steps)))
    ends = np.fromiter((step.row for some in steps for step in some), np.int64, len(nodes))
    tiers = np.fromiter((step.tier for some in steps for step in some), np.int8, len(nodes))
    return tuple(Index(ends[tiers <= tier], nodes[tiers <= tier], rows) for tier in range(len(TIERS)))


def _best(steps: Sequence[Step], rows: Sequence[Sparse], number: int, tier: int, target: str) -> Edge:
    fits = (step for step in steps if step.tier <= tier and number in rows[step.row])
    return replace(min(fits, key=lambda step: (step.tier, step.edge.rule)).edge, target=target)


# ----- making one


def walk(graph: Graph, *, use: bool = True) -> Walk:
    """The graph's edges that count on a path. Widening of oneself leads nowhere, and use never ends in becoming.

    Use counts where it is use of a workload: what that does for whoever asks is told by its own edges. That somebody
    merely acts through an identity, without a workload that is told of, leads nowhere. Without `use` none of it counts.
    """
    nodes = tuple(node for node in graph.nodes if node.category is not Category.SET)
    return _Compiler(nodes, graph.edges, use=use).compile()


_Steps = defaultdict[int, list[Step]]  # by source


class _Compiler:
    """Numbers for nodes, pairs and rows."""

    def __init__(self, nodes: tuple[Node, ...], edges: Sequence[Edge], *, use: bool) -> None:
        self.nodes, self.use = nodes, use
        self.at = {node.key: position for position, node in enumerate(nodes)}
        self.accounts = {node.key: [self.at[node.key]] for node in nodes if node.category is Category.ACCOUNT}
        self.inside: dict[str, list[int]] = {}
        for edge in edges:
            if edge.edge_class is EdgeClass.HAS:
                self.inside.setdefault(edge.source, []).append(self.at[edge.target])
                if edge.target in self.accounts:
                    self.accounts.setdefault(edge.source, []).append(self.at[edge.target])
        self.edges = [edge for edge in edges if edge.edge_class is not EdgeClass.HAS and edge.source != edge.target]
        self.used = self._used()
        self.rows: dict[tuple[bool, str], int] = {}  # (whether what is there is only used, the end)
        self.harm_rows: dict[tuple[str, str], int] = {}

    def compile(self) -> Walk:
        moves, harms = defaultdict[int, list[Step]](list), defaultdict[int, list[Step]](list)
        for edge in self.edges:
            source, tier = self.at[edge.source], TIER[edge.verdict]
            takes_over = edge.target in self.accounts
            if _leads_on(edge) or (edge.harm == ADMINISTER and takes_over):
                moves[source].append(self._move(tier, edge, used=False))
            elif self._is_use(edge):
                moves[source].append(self._move(tier, edge, used=True))
            harm = edge.harm or (ADMINISTER if _leads_on(edge) and takes_over else "")
            if harm:
                harms[source].append(self._harm(tier, edge, harm))
            if source in self.used:
                self._through(source, edge, moves, harms)
        pairs, harm_rows = self._pair_up()
        rows = tuple(Sparse(self._spots(*end)) for end in self.rows)
        nodes = (*self.nodes, *(self.nodes[at] for at in self.used))
        steps = [tuple(tuple(some.get(at, ())) for at in range(len(nodes))) for some in (moves, harms)]
        return Walk(nodes, self.at, len(self.nodes), pairs, rows, harm_rows, *steps)

    def _move(self, tier: int, edge: Edge, *, used: bool) -> Step:
        return Step(tier, self.rows.setdefault((used, edge.target), len(self.rows)), edge)

    def _harm(self, tier: int, edge: Edge, harm: str) -> Step:
        return Step(tier, self.harm_rows.setdefault((harm, edge.target), len(self.harm_rows)), edge)

    # ----- use

    def _used(self) -> dict[int, int]:
        """Whatever is used, with its second position; in the order of the nodes."""
        found = {end for edge in self.edges if self._is_use(edge) for end in self._ends(edge.target)}
        return {at: len(self.nodes) + number for number, at in enumerate(sorted(found))}

    def _is_use(self, edge: Edge) -> bool:
        """Of a workload by somebody, or by a workload of whatever it works with."""
        if not self.use or edge.edge_class is not EdgeClass.CAN_BECOME or edge.strength is not Strength.USES:
            return False
        return self._is_workload(self.at[edge.source]) or any(map(self._is_workload, self._ends(edge.target)))

    def _is_workload(self, at: int) -> bool:
        return self.nodes[at].category is Category.WORKLOAD

    def _through(self, source: int, edge: Edge, moves: _Steps, harms: _Steps) -> None:
        """What can be had done by what is used: that a workload does as it is told is never certain."""
        at, made = self.used[source], edge
        if self._is_workload(source) and edge.verdict is Verdict.ALLOWED:
            made = replace(edge, verdict=Verdict.CONDITIONAL)
        tier = TIER[made.verdict]
        if self._is_use(edge):
            moves[at].append(self._move(tier, made, used=True))
        elif edge.harm and edge.harm != ADMINISTER:
            harms[at].append(self._harm(tier, made, edge.harm))

    # ----- rows and pairs

    def _pair_up(self) -> tuple[tuple[tuple[str, int], ...], tuple[Sparse, ...]]:
        """All pairs that occur, sorted, and for each harm row the set of its pairs."""
        harms, places, size = sorted({harm for harm, _end in self.harm_rows}), list(self.at.values()), len(self.nodes)
        order = {harm: size * number for number, harm in enumerate(harms)}
        rows = [np.array(self._harmed(*row), np.int64) + order[row[0]] for row in self.harm_rows]
        known = np.unique(np.concatenate([np.zeros(0, np.int64), *rows]))
        pairs = tuple((harms[one // size], places[one % size]) for one in known.tolist())
        return pairs, tuple(Sparse(np.searchsorted(known, row)) for row in rows)

    def _harmed(self, harm: str, end: str) -> list[int]:
        """Becoming a set that an account is in takes over the account, and harms none of the others in it."""
        return self.accounts[end] if harm == ADMINISTER and end in self.accounts else self._ends(end)

    def _spots(self, used: bool, end: str) -> list[int]:
        return [self.used[at] for at in self._ends(end)] if used else self._ends(end)

    def _ends(self, end: str) -> list[int]:
        return self.inside[end] if end in self.inside else [self.at[end]]


def _leads_on(edge: Edge) -> bool:
    becomes = edge.edge_class is EdgeClass.CAN_BECOME and edge.strength is Strength.BECOMES
    return becomes or edge.edge_class in _FACTS
