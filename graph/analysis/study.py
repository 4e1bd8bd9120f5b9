"""One estate under study: its findings, the ways to them, their scores and their proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from graph.analysis.chance import Chance, Network
from graph.analysis.paths import Witness, witnesses
from graph.analysis.ranking import Way
from graph.analysis.reach import Reach
from graph.analysis.score import proved, score, traits
from graph.analysis.sparse import Sparse, one
from graph.analysis.walk import Walk, walk
from graph.analysis.words import reason, why
from graph.build import Estate, Progress
from graph.cloud import Technique
from graph.model import Category, Edge, Entry, EntryKind, Hop, Path, together
from graph.snapshot import canonical
from graph.weights import SHIPPED, Weights


class Analysis:
    """What has been computed and proved once is kept."""

    def __init__(self, estate: Estate, weights: Weights = SHIPPED) -> None:
        self.estate, self.weights = estate, weights
        self._hops: dict[Edge, Hop] = {}
        self.implied: dict[str, list[str]] = {}  # finding → identities of narrower entries it holds for as well

    @cached_property
    def walk(self) -> Walk:
        return walk(self.estate.graph)

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.walk)

    @cached_property
    def network(self) -> Network:
        rules = self.estate.rules.items()
        families = {key: rule.family for key, (_cloud, rule) in rules if isinstance(rule, Technique)}
        return Network(self.walk, self.weights, families)

    def ways(self, entries: Iterable[Entry], pairs: Sparse | None = None, most: int | None = None) -> Iterator[Way]:
        """One witness for each finding of these entries, wider entries first.

        What a wider entry among them brings about as surely and in as few hops is told of that one alone; the
        narrower ones it also holds for are kept in `implied`.
        """
        told: dict[str, dict[int, tuple[int, int]]] = {}
        for entry in sorted(entries, key=lambda entry: (len(entry.within), entry.identity, entry.kind)):
            mine, start = told.setdefault(entry.identity, {}), self.walk.at[entry.identity]
            found = list(witnesses(self.reach, start, pairs, most))
            chances = self.network.fan(start).chances(Sparse(witness.pair for witness in found))
            for witness in found:
                mine[witness.pair] = witness.tier, len(witness.nodes)
                if wider := _told_of(told, entry, witness):
                    finding = self._finding(wider, witness.pair)
                    self.implied.setdefault(finding, []).append(entry.identity)
                else:
                    yield self.way(entry, witness, chances[witness.pair])

    def _finding(self, identity: str, pair: int) -> str:
        harm, at = self.walk.pairs[pair]
        return finding_key(Entry(self._kind_of[identity], identity), harm, self.walk.nodes[at].key)

    @cached_property
    def _kind_of(self) -> Mapping[str, EntryKind]:
        """The first kind of start of each identity that is one."""
        return {entry.identity: entry.kind for entry in reversed(self.estate.entries)}

    def way(self, entry: Entry, witness: Witness, chance: Chance | None = None) -> Way:
        """`chance` is that of the whole finding, if it is known already."""
        harm, at = self.walk.pairs[witness.pair]
        target = self.walk.nodes[at]
        finding, edges = finding_key(entry, harm, target.key), tuple(self._edges(witness))
        name = _sha256([finding, [[edge.source, edge.rule, edge.target] for edge in edges]])
        known = chance or self.chance(entry.identity, witness.pair)
        factors = replace(score(self.weights, entry, harm, target, known), hops=tuple(map(self.bits, edges)))
        verdict = together(edge.verdict for edge in edges)
        return Way(name, finding, entry, harm, target.key, verdict, edges, factors)

    def pair(self, harm: str, target: str) -> int:
        """The number of a harm to a target."""
        return self.walk.pair(harm, self.walk.at[target])

    def chance(self, identity: str, pair: int) -> Chance:
        """What one does oneself without effort needs no search."""
        start, rows = self.walk.at[identity], self.walk.harm_rows
        if any(link.p >= 1 and pair in rows[link.row] for link in self.network.harms[start]):
            return Chance(1.0, 0.0)
        return self.network.fan(start).chances(one(pair))[pair]

    def prior(self, entry: Entry) -> tuple[str, float]:
        """How likely it is that an attacker starts here, and under which key of the table."""
        return self.weights.prior(entry.kind, traits(entry))

    def bits(self, edge: Edge) -> float:
        return self.weights.bits(edge, self.network.families.get(edge.rule, ""))

    def path(self, way: Way) -> Path:
        """A way with every hop proved by replay."""
        hops = tuple(map(self.hop, way.edges))
        assumed = tuple(sorted({kind for hop in hops for kind in hop.proof.assumed}))
        entry = replace(way.entry, why=why(self.estate, way.entry, hops[0]))
        words = reason(self.estate, entry, way.harm, way.target, way.verdict, hops, assumed)
        factors = proved(way.score, way.edges, hops, self.weights, self._gaps_around(way))
        return Path(
            way.id, way.finding, entry, way.target, way.harm, way.verdict, hops, assumed, factors.value, words, factors
        )

    def _gaps_around(self, way: Way) -> int:
        """Gaps in the scopes that it leads through."""
        nodes = [self.estate.nodes[key] for edge in way.edges for key in (edge.source, edge.target)]
        return sum(len(self.estate.gaps.get(place, ())) for place in {(node.cloud, node.scope) for node in nodes})

    def _edges(self, witness: Witness) -> Iterator[Edge]:
        nodes, tier = witness.nodes, witness.tier
        for source, target in pairwise(nodes):
            yield self.walk.move(source, target, tier)
        yield self.walk.harm(nodes[-1], witness.pair, tier)

    def prove(self, edges: Iterable[Edge], progress: Progress = lambda _done, _total, _words: None) -> None:
        """What will be asked of many edges is proved ahead, part by part: each alone might open a part of its own."""
        self._hops.update(self.estate.hops({edge: None for edge in edges if edge not in self._hops}, progress))

    def hop(self, edge: Edge) -> Hop:
        if edge not in self._hops:
            self._hops[edge] = self.estate.hop(edge)
        return self._hops[edge]

    def identities(self) -> tuple[Entry, ...]:
        """Everybody who could be taken over, as entries of their own."""
        nodes = self.estate.graph.nodes
        return tuple(
            Entry(EntryKind.ASSUME_BREACH, node.key, "taken as breached")
            for node in nodes
            if node.category is Category.IDENTITY
        )


def _told_of(told: dict[str, dict[int, tuple[int, int]]], entry: Entry, witness: Witness) -> str:
    """The widest entry that brings about the same as surely and as shortly; "" for none."""
    way = witness.tier, len(witness.nodes)
    for wider in entry.within:
        known = told.get(wider, {}).get(witness.pair)
        if known and known[0] <= way[0] and known[1] <= way[1]:
            return wider
    return ""


def finding_key(entry: Entry, harm: str, target: str) -> str:
    """Stable across scans: where one starts and what comes of it, never how."""
    return _sha256([entry.kind, entry.identity, harm, target])


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
