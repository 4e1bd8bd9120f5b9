"""Who owns an account to begin with, and by what; what only restates that is counted instead of listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graph.analysis.ranking import Way
from graph.analysis.report import Administrator
from graph.analysis.sparse import EMPTY
from graph.analysis.study import Analysis
from graph.analysis.walk import ADMINISTER, TIERS, Walk
from graph.cloud import Target
from graph.model import Edge, EntryKind, Verdict


def administrators(analysis: Analysis) -> tuple[Administrator, ...]:
    """Those granted to administer an account as they stand, and entries that are an account's own root."""
    kinds, found = _kinds(analysis), list(_granted_to(analysis.walk))
    analysis.prove(edge for _account, _verdict, edge in found)
    rows = [*_roots(analysis, kinds), *(_row(analysis, *one, kinds) for one in found)]
    return tuple(sorted(rows, key=lambda one: (one.account, one.identity)))


def restates(analysis: Analysis, way: Way) -> bool:
    """An administrator who administers: kept in the list of administrators, not among the paths."""
    granted = isinstance(analysis.estate.rules.get(way.edges[0].rule, ("", None))[1], Target)
    return way.harm == ADMINISTER and len(way.edges) == 1 and granted


def _kinds(analysis: Analysis) -> Mapping[str, tuple[EntryKind, ...]]:
    found: dict[str, list[EntryKind]] = {}
    for entry in analysis.estate.entries:
        found.setdefault(entry.identity, []).append(entry.kind)
    return {identity: tuple(sorted(kinds)) for identity, kinds in found.items()}


def _roots(analysis: Analysis, kinds: Mapping[str, tuple[EntryKind, ...]]) -> Iterator[Administrator]:
    for account in analysis.walk.accounts:
        key = analysis.walk.nodes[account].key
        if key in kinds:
            folded = _folded(analysis.walk, account)
            yield Administrator(key, key, Verdict.ALLOWED, entries=kinds[key], folded=folded)


def _granted_to(walk: Walk) -> Iterator[tuple[int, Verdict, Edge]]:
    """Each account with each identity's surest grant to administer it."""
    for account in walk.accounts:
        seen = EMPTY
        for tier, verdict in enumerate(TIERS):
            now = walk.administrators[account, tier]
            yield from ((account, verdict, _granted(walk, node, account)) for node in now - seen)
            seen |= now


def _row(
    analysis: Analysis, account: int, verdict: Verdict, edge: Edge, kinds: Mapping[str, tuple[EntryKind, ...]]
) -> Administrator:
    evidence, entries = analysis.hop(edge).proof.evidence, kinds.get(edge.source, ())
    return Administrator(
        edge.source, edge.target, verdict, edge.rule, evidence, entries, _folded(analysis.walk, account)
    )


def _folded(walk: Walk, account: int) -> int:
    """What the owner of an account does to what is in it, besides owning it."""
    return len(walk.pairs_in.get(account, EMPTY) - walk.takeovers)


def _granted(walk: Walk, node: int, account: int) -> Edge:
    """The surest grant by which it administers the account as it stands."""
    pair = walk.administering[account]
    granted = (s for s in walk.harms[node] if s.edge.harm == ADMINISTER and pair in walk.harm_rows[s.row])
    best = min(granted, key=lambda step: (step.tier, step.edge.rule))
    return replace(best.edge, target=walk.nodes[account].key)
