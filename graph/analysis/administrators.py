"""Who owns an account to begin with, and by what; what only restates that is counted instead of listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graph.analysis.ranking import Way
from graph.analysis.report import Administrator
from graph.analysis.study import Analysis
from graph.analysis.walk import ADMINISTER, TIERS, Walk
from graph.cloud import Target
from graph.model import Edge, EntryKind, Verdict
from graph.policy.bits import members


def administrators(analysis: Analysis) -> tuple[Administrator, ...]:
    """Those granted to administer an account as they stand, and entries that are an account's own root."""
    kinds = _kinds(analysis)
    found = [one for account in analysis.walk.accounts for one in _of(analysis, account, kinds)]
    return tuple(sorted(found, key=lambda one: (one.account, one.identity)))


def restates(analysis: Analysis, way: Way) -> bool:
    """An administrator who administers: kept in the list of administrators, not among the paths."""
    granted = isinstance(analysis.estate.rules.get(way.edges[0].rule, ("", None))[1], Target)
    return way.harm == ADMINISTER and len(way.edges) == 1 and granted


def _kinds(analysis: Analysis) -> Mapping[str, tuple[EntryKind, ...]]:
    found: dict[str, list[EntryKind]] = {}
    for entry in analysis.estate.entries:
        found.setdefault(entry.identity, []).append(entry.kind)
    return {identity: tuple(sorted(kinds)) for identity, kinds in found.items()}


def _of(analysis: Analysis, account: int, kinds: Mapping[str, tuple[EntryKind, ...]]) -> Iterator[Administrator]:
    walk = analysis.walk
    key, folded = walk.nodes[account].key, _folded(walk, account)
    if key in kinds:
        yield Administrator(key, key, Verdict.ALLOWED, entries=kinds[key], folded=folded)
    seen = 0
    for tier, verdict in enumerate(TIERS):
        now = walk.administrators[account, tier]
        for node in members(now & ~seen):
            edge = _granted(walk, node, account)
            evidence, name = analysis.hop(edge).proof.evidence, walk.nodes[node].key
            yield Administrator(name, key, verdict, edge.rule, evidence, kinds.get(name, ()), folded)
        seen |= now


def _folded(walk: Walk, account: int) -> int:
    """What the owner of an account does to what is in it, besides owning it."""
    return (walk.pairs_in.get(account, 0) & ~walk.takeovers).bit_count()


def _granted(walk: Walk, node: int, account: int) -> Edge:
    """The surest grant by which it administers the account as it stands."""
    pair = walk.administering[account]
    granted = (s for s in walk.harms[node] if s.edge.harm == ADMINISTER and walk.harm_rows[s.row] >> pair & 1)
    best = min(granted, key=lambda step: (step.tier, step.edge.rule))
    return replace(best.edge, target=walk.nodes[account].key)
