"""Write down what an analysis found: findings live on by their key, the lists beside them are written anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from ciem.connections.models import ConnectionSet
from ciem.paths.estate import Territory
from ciem.paths.models import (
    Administrator,
    Breach,
    Finding,
    FindingChange,
    FindingState,
    PolicyDocument,
    Widening,
)
from ciem.paths.rechecking import Recheck, leans_on
from ciem.paths.witness import Witness, WitnessNode
from ciem.scans.models import EstateGraph
from graph.analysis.report import Report
from graph.model import Node, Path
from graph.targets import TARGET_KINDS

BATCH = 500
# Left alone when a finding is missed: they say so already, or somebody has said something else.
_OVER = (FindingState.GONE, FindingState.SUPERSEDED)
_AGAIN = "Found again."
_GONE = "No longer found, although all it hung on was read again."
_NOT_RECHECKED = "Not found this time, but part of what it hung on was not read again."
_ORPHANED = "A connection that it touches is no longer part of the estate."


@dataclass(frozen=True)
class Published:
    """What a refresh works from: the report, its graph's row and nodes, and whose scopes they are."""

    report: Report
    graph: EstateGraph
    nodes: Mapping[str, Node]
    territory: Territory
    at: datetime = field(default_factory=timezone.now)

    def node(self, key: str) -> WitnessNode:
        return WitnessNode.of(self.nodes[key]) if key in self.nodes else WitnessNode.unknown(key)


@dataclass
class _Sets:
    """Connection sets by members, so that each is looked up once."""

    territory: Territory
    known: dict[frozenset[int], ConnectionSet] = field(default_factory=dict)

    def touching(self, nodes: Iterable[WitnessNode]) -> ConnectionSet:
        members = frozenset(self.territory.touched(nodes))
        if members not in self.known:
            self.known[members] = ConnectionSet.objects.of(members)
        return self.known[members]


def target_kind(node: WitnessNode) -> str:
    """The word for what makes the node worth attacking: the weightiest of its target kinds."""
    known = [kind for kind in node.targets if kind in TARGET_KINDS]
    return min(known, key=lambda kind: (-TARGET_KINDS[kind][1], kind), default="")


def refresh(published: Published, recheck: Callable[[EstateGraph | None], Recheck]) -> dict[str, int]:
    """Bring every finding up to date and replace the lists of this graph; counts of what happened, by state.

    `recheck` compares the snapshots of the graph a finding was last seen in with those of now.
    """
    sets = _Sets(published.territory)
    known = {finding.key: finding for finding in Finding.objects.select_related("last_graph", "touches")}
    changes: list[FindingChange] = []
    new: list[Finding] = []
    seen: list[Finding] = []
    for rank, path in enumerate(published.report.paths, 1):
        finding = known.pop(path.finding, None)
        (new if finding is None else seen).append(_witnessed(published, sets, rank, path, finding, changes))
    Finding.objects.bulk_create(new, BATCH)
    columns = [column.name for column in Finding._meta.concrete_fields if column.name not in {"id", "key"}]
    Finding.objects.bulk_update(seen, columns, BATCH)
    missing = [finding for finding in known.values() if finding.state not in _OVER]
    _miss(published, missing, recheck, changes)
    FindingChange.objects.bulk_create(changes, BATCH)
    _replace_lists(published, sets)
    _tell_counts(published, changes)
    return {"new": len(new), "seen": len(seen), "missing": len(missing)}


def _witnessed(
    published: Published,
    sets: _Sets,
    rank: int,
    path: Path,
    finding: Finding | None,
    changes: list[FindingChange],
) -> Finding:
    witness = Witness.of(path, published.nodes)
    values = _describe(witness, rank, path)
    values |= {"touches": sets.touching(witness.nodes), "last_seen": published.at, "last_graph": published.graph}
    if finding is None:
        first = {"first_seen": published.at, "first_graph": published.graph, "state": FindingState.OPEN}
        made = Finding(key=path.finding, **values, **first)
        changes.append(_change(published, made, "", FindingState.OPEN, "Found for the first time."))
        return made
    _note_seen(published, finding, witness, changes)
    for column, value in values.items():
        setattr(finding, column, value)
    return finding


def _note_seen(published: Published, finding: Finding, witness: Witness, changes: list[FindingChange]) -> None:
    before, after = finding.state, _state_when_seen(finding, published.at.date())
    finding.state = after
    if before != after:
        words = "The time for which it was accepted is over." if before == FindingState.ACCEPTED else _AGAIN
        changes.append(_change(published, finding, before, after, words))
    if finding.verdict != witness.verdict:
        words = f"The verdict was {finding.verdict} and is now {witness.verdict}."
        changes.append(_change(published, finding, after, after, words))


def _state_when_seen(finding: Finding, today: date) -> str:
    """Open, unless somebody accepted it for a time that is not over, or it was replaced by another finding."""
    if finding.state == FindingState.SUPERSEDED:
        return FindingState.SUPERSEDED
    accepted = finding.accepted_until is not None and finding.accepted_until >= today
    return FindingState.ACCEPTED if accepted else FindingState.OPEN


def _describe(witness: Witness, rank: int, path: Path) -> dict[str, Any]:
    entry, target = witness.node(witness.entry), witness.node(witness.target)
    conditions = witness.conditions
    return {
        "path_id": witness.id,
        "rank": rank,
        "score": path.score,
        "entry_kind": witness.entry_kind,
        "entry_key": entry.key,
        "entry_name": entry.name[:400],
        "entry_node_kind": entry.kind,
        "entry_label": entry.label,
        "entry_why": witness.entry_why,
        "target_key": target.key,
        "target_name": target.name[:400],
        "target_kind": target_kind(target),
        "target_node_kind": target.kind,
        "target_label": target.label,
        "target_cloud": target.cloud,
        "target_scope": target.scope,
        "harm": witness.harm,
        "verdict": witness.verdict,
        "hops": len(witness.hops),
        "assumed": list(witness.assumed),
        "is_assumed": bool(witness.assumed),
        "conditions": [condition.needed for condition in conditions],
        "chosen_by_caller": bool(conditions) and all(found.chosen_by == "caller" for found in conditions),
        "reason": witness.reason,
        "path": witness.dump(),
        "leans_on": leans_on(witness),
    }


def _change(published: Published, finding: Finding, before: str, after: str, words: str) -> FindingChange:
    return FindingChange(
        finding=finding, at=published.at, graph=published.graph, before=before, after=after, words=words
    )


def _miss(
    published: Published,
    missing: Iterable[Finding],
    recheck: Callable[[EstateGraph | None], Recheck],
    changes: list[FindingChange],
) -> None:
    """Findings that are not in the report any more."""
    alive = set(published.territory.owners.values())
    comparisons: dict[int | None, Recheck] = {}
    moved = []
    for finding in missing:
        if finding.last_graph_id not in comparisons:
            comparisons[finding.last_graph_id] = recheck(finding.last_graph)
        after, words = _verdict_on(finding, alive, comparisons[finding.last_graph_id])
        if finding.state != after:
            changes.append(_change(published, finding, finding.state, after, words))
            finding.state = after
            moved.append(finding)
    Finding.objects.bulk_update(moved, ["state"], BATCH)


def _verdict_on(finding: Finding, alive: set[int], recheck: Recheck) -> tuple[FindingState, str]:
    touched = set(finding.touches.connections.values_list("pk", flat=True))
    if touched - alive:
        return FindingState.ORPHANED, _ORPHANED
    if finding.last_graph is None or recheck.missed(finding.leans_on):
        return FindingState.NOT_RECHECKED, _NOT_RECHECKED
    return FindingState.GONE, _GONE


def _replace_lists(published: Published, sets: _Sets) -> None:
    graph, report = published.graph, published.report
    for model in (Administrator, Widening, Breach, PolicyDocument):
        model._default_manager.filter(graph=graph).delete()
    Administrator.objects.bulk_create(_administrators(published, sets), BATCH)
    Widening.objects.bulk_create(_widenings(published, sets), BATCH)
    Breach.objects.bulk_create(_breaches(published, sets), BATCH)
    PolicyDocument.objects.bulk_create(
        (
            PolicyDocument(graph=graph, name=name, body=document.body, problem=document.problem)
            for name, document in sorted(report.documents.items())
        ),
        BATCH,
    )


def _administrators(published: Published, sets: _Sets) -> Iterable[Administrator]:
    for found in published.report.administrators:
        identity, account = published.node(found.identity), published.node(found.account)
        yield Administrator(
            graph=published.graph,
            touches=sets.touching((identity, account)),
            identity_key=identity.key,
            identity_name=identity.name[:400],
            identity_label=identity.label,
            account_key=account.key,
            account_name=account.name[:400],
            verdict=found.verdict.value,
        )


def _widenings(published: Published, sets: _Sets) -> Iterable[Widening]:
    for edge in published.report.widening:
        identity = published.node(edge.source)
        yield Widening(
            graph=published.graph,
            touches=sets.touching((identity,)),
            identity_key=identity.key,
            identity_name=identity.name[:400],
            identity_label=identity.label,
            technique=edge.rule,
            verdict=edge.verdict.value,
            gains=list(edge.gains),
            assumed=list(edge.assumed),
        )


def _breaches(published: Published, sets: _Sets) -> Iterable[Breach]:
    for found in published.report.breaches:
        members, target = [published.node(key) for key in found.identities], published.node(found.target)
        yield Breach(
            graph=published.graph,
            touches=sets.touching((*members, target)),
            members=[[node.key, node.name] for node in members],
            count=len(members),
            harm=found.harm,
            target_key=target.key,
            target_name=target.name[:400],
            target_kind=target_kind(target),
            verdict=found.verdict.value,
            hops=found.hops,
        )


def _tell_counts(published: Published, changes: Iterable[FindingChange]) -> None:
    """Put beside the graph what it changed, for the line under "published"."""
    changed: dict[str, int] = {}
    for change in changes:
        if change.before != change.after:
            changed[change.after] = changed.get(change.after, 0) + 1
    graph = published.graph
    graph.counts = {**graph.counts, "paths": len(published.report.paths), "changes": changed}
    graph.save(update_fields=["counts"])
