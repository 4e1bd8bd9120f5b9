"""From an estate to everything the faces show: ranked paths with their proofs, administrators, assume-breach rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from graph.analysis.breach import breaches
from graph.analysis.paths import Witness, witnesses
from graph.analysis.ranking import Way, ranked
from graph.analysis.reach import Reach
from graph.analysis.report import Administrator, Report
from graph.analysis.walk import ADMINISTER, TIERS, Walk, walk
from graph.analysis.words import reason, why
from graph.build import Estate
from graph.cloud import Target
from graph.model import Category, Document, Edge, EdgeClass, Entry, EntryKind, Hop, Path, Verdict, together
from graph.policy.bits import members
from graph.policy.collector import uncollected
from graph.snapshot import canonical

Progress = Callable[[int, int, str], None]


class Analysis:
    """One estate under study: what has been computed and proved once is kept."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._hops: dict[Edge, Hop] = {}
        self.implied: dict[str, list[str]] = {}  # finding → identities of narrower entries it holds for as well

    @cached_property
    def walk(self) -> Walk:
        return walk(self.estate.graph)

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.walk)

    def ways(self, entries: Iterable[Entry], pairs: int = -1, most: int | None = None) -> Iterator[Way]:
        """One witness for each finding of these entries, wider entries first.

        What a wider entry among them brings about as surely and in as few hops is told of that one alone; the
        narrower ones it also holds for are kept in `implied`.
        """
        told: dict[str, dict[int, tuple[int, int]]] = {}
        for entry in sorted(entries, key=lambda entry: (len(entry.within), entry.identity, entry.kind)):
            mine = told.setdefault(entry.identity, {})
            for witness in witnesses(self.reach, self.walk.at[entry.identity], pairs, most):
                mine[witness.pair] = witness.tier, len(witness.nodes)
                if wider := _told_of(told, entry, witness):
                    finding = self._finding(wider, witness.pair)
                    self.implied.setdefault(finding, []).append(entry.identity)
                else:
                    yield self.way(entry, witness)

    def _finding(self, identity: str, pair: int) -> str:
        harm, at = self.walk.pairs[pair]
        kind = next(entry.kind for entry in self.estate.entries if entry.identity == identity)
        return finding_key(Entry(kind, identity), harm, self.walk.nodes[at].key)

    def way(self, entry: Entry, witness: Witness) -> Way:
        harm, at = self.walk.pairs[witness.pair]
        target = self.walk.nodes[at].key
        finding, edges = finding_key(entry, harm, target), tuple(self._edges(witness))
        name = _sha256([finding, [[edge.source, edge.rule, edge.target] for edge in edges]])
        return Way(name, finding, entry, harm, target, together(edge.verdict for edge in edges), edges)

    def path(self, way: Way) -> Path:
        """A way with every hop proved by replay."""
        hops = tuple(map(self.hop, way.edges))
        assumed = tuple(sorted({kind for hop in hops for kind in hop.proof.assumed}))
        entry = replace(way.entry, why=why(self.estate, way.entry, hops[0]))
        words = reason(self.estate, entry, way.harm, way.target, way.verdict, hops, assumed)
        return Path(way.id, way.finding, entry, way.target, way.harm, way.verdict, hops, assumed, None, words)

    def _edges(self, witness: Witness) -> Iterator[Edge]:
        nodes, tier = witness.nodes, witness.tier
        for source, target in pairwise(nodes):
            yield self.walk.move(source, target, tier)
        yield self.walk.harm(nodes[-1], witness.pair, tier)

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

    def administrators(self) -> Iterator[Administrator]:
        """Those granted to administer an account as they stand, and entries that are an account's own root."""
        roots = {entry.identity for entry in self.estate.entries}
        for account in self.walk.accounts:
            key = self.walk.nodes[account].key
            if key in roots:
                yield Administrator(key, key, Verdict.ALLOWED)
            seen = 0
            for tier, verdict in enumerate(TIERS):
                now = self.walk.administrators[account, tier]
                for node in members(now & ~seen):
                    yield Administrator(self.walk.nodes[node].key, key, verdict)
                seen |= now


def analyse(estate: Estate, progress: Progress = lambda _done, _total, _words: None) -> Report:
    """Everything there is to say about an estate; nothing is cut off."""
    with uncollected():
        return _analyse(estate, progress)


def _analyse(estate: Estate, progress: Progress) -> Report:
    analysis = Analysis(estate)
    progress(0, 0, "following entry points")
    ways = ranked(way for way in analysis.ways(estate.entries) if not _restates(estate, way))
    paths: list[Path] = []
    for way in ways:
        progress(len(paths), len(ways), f"proving {len(ways)} paths")
        paths.append(analysis.path(way))
    progress(len(ways), len(ways), "assuming breach")
    return Report(
        estate.graph.id,
        tuple(paths),
        tuple(sorted(analysis.administrators(), key=lambda a: (a.account, a.identity))),
        tuple(breaches(analysis.reach)),
        tuple(_widening(analysis)),
        _documents(estate, paths),
        {finding: tuple(sorted(set(also))) for finding, also in sorted(analysis.implied.items())},
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


def _restates(estate: Estate, way: Way) -> bool:
    """An administrator who administers: kept in the list of administrators, not among the paths."""
    granted = isinstance(estate.rules.get(way.edges[0].rule, ("", None))[1], Target)
    return way.harm == ADMINISTER and len(way.edges) == 1 and granted


def _widening(analysis: Analysis) -> Iterator[Edge]:
    """Of the estate's own identities: a service, a stranger or an account itself has no rights of its own to widen.

    What they do with what they open is among the harms.
    """
    walk = analysis.walk
    own = {walk.nodes[at].key for at in members(walk.owned)}
    for edge in analysis.estate.graph.edges:
        if edge.source == edge.target and edge.edge_class is EdgeClass.CAN_BECOME and edge.source in own:
            yield edge


def _documents(estate: Estate, paths: Iterable[Path]) -> dict[str, Document]:
    names = {evidence.document for path in paths for hop in path.hops for evidence in hop.proof.evidence}
    missing = "This document is not in the snapshot."
    return {name: estate.document(name) or Document(name, None, missing) for name in sorted(names)}


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
