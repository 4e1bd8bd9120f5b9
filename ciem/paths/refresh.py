"""Write down what an analysis found: findings live on by their key, with a history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from ciem.connections.models import Connection, ConnectionSet
from ciem.paths.factors import dump
from ciem.paths.lists import replace_lists
from ciem.paths.models import Finding, FindingChange, FindingState, Passed, Stepped
from ciem.paths.published import BATCH, Published, Sets, target_kind
from ciem.paths.rechecking import Recheck, leans_on
from ciem.paths.rows import insert
from ciem.paths.studied import replace_studies
from ciem.paths.witness import Witness
from ciem.scans.models import EstateGraph
from graph.model import Path

# Left alone when a finding is missed: they say so already, or somebody has said something else.
_OVER = (FindingState.GONE, FindingState.SUPERSEDED)
_KEPT = {"id", "key", "first_seen", "first_graph", "accepted_until", "note"}
_RENEWED = [column.name for column in Finding._meta.concrete_fields if column.name not in _KEPT]
_AGAIN = "Found again."
_GONE = "No longer found, although all it hung on was read again."
_NOT_RECHECKED = "Not found this time, but part of what it hung on was not read again."
_ORPHANED = "A connection that it touches is no longer part of the estate."


def refresh(published: Published, recheck: Callable[[EstateGraph | None], Recheck]) -> None:
    """Bring every finding up to date and replace the lists of this graph.

    `recheck` compares the snapshots of the graph a finding was last seen in with those of now.
    """
    sets = Sets(published.territory)
    known = {finding.key: finding for finding in Finding.objects.defer("path").select_related("last_graph")}
    told = Counter[str]()
    alike, ranked = published.words.paths(), enumerate(published.report.paths, 1)
    while some := list(islice(ranked, BATCH)):  # a row holds its whole path: never all of them at once
        changes: list[FindingChange] = []
        rows = [
            _witnessed(published, sets, rank, path, known.pop(path.finding, None), alike[path.finding], changes)
            for rank, path in some
        ]
        Finding.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=_RENEWED)
        _note_nodes(published, rows)
        told += _kept(changes)
    missing = [finding for finding in known.values() if finding.state not in _OVER]
    told += _kept(_miss(published, missing, recheck))
    replace_lists(published, sets)
    replace_studies(published, sets)
    _tell_counts(published, told)


def _kept(changes: Iterable[FindingChange]) -> Counter[str]:
    """How many findings came to be what, once that is written down."""
    created = FindingChange.objects.bulk_create(changes, BATCH)
    return Counter(change.after for change in created if change.before != change.after)


def _note_nodes(published: Published, rows: Sequence[Finding]) -> None:
    """Which nodes each path passes now, and by which rules; those that are gone keep theirs."""
    found = Finding.objects.filter(key__in=[row.key for row in rows])
    numbers = dict(found.values_list("key", "pk"))
    for model in (Passed, Stepped):
        model._default_manager.filter(finding__in=numbers.values()).delete()
    nodes = ((numbers[row.key], node) for row in rows for node in row.path["nodes"])
    word = published.words.shared
    passed = ((at, node["key"], node["name"][:400], node["category"], word(node["key"])) for at, node in nodes)
    insert(Passed, ("finding", "node_key", "node_name", "category", "alike"), passed)
    insert(Stepped, ("finding", "rule"), ((numbers[row.key], rule) for row in rows for rule in _rules(row)))


def _rules(row: Finding) -> Iterable[str]:
    return dict.fromkeys(hop["rule"]["key"][:100] for hop in row.path["hops"])


def _witnessed(
    published: Published,
    sets: Sets,
    rank: int,
    path: Path,
    finding: Finding | None,
    alike: str,
    changes: list[FindingChange],
) -> Finding:
    """The row as it is now. What has a history, a finding that was known keeps: see _RENEWED."""
    witness = Witness.of(path, published.nodes)
    row = Finding(
        key=path.finding,
        alike=alike,
        touches=sets.of(sets.members(witness.nodes) | published.holders(witness.documents)),
        first_seen=published.at,
        first_graph=published.graph,
        last_seen=published.at,
        last_graph=published.graph,
        **_describe(published, witness, rank, path),
    )
    if finding is None:
        changes.append(_change(published, row, "", FindingState.OPEN, "Found for the first time."))
    else:
        row.state = _state_when_seen(finding, published.at.date())
        _note_seen(published, finding, row, changes)
    return row


def _note_seen(published: Published, known: Finding, row: Finding, changes: list[FindingChange]) -> None:
    if known.state != row.state:
        words = "The time for which it was accepted is over." if known.state == FindingState.ACCEPTED else _AGAIN
        changes.append(_change(published, known, known.state, row.state, words))
    if known.verdict != row.verdict:
        words = f"The verdict was {known.verdict} and is now {row.verdict}."
        changes.append(_change(published, known, row.state, row.state, words))


def _state_when_seen(finding: Finding, today: date) -> str:
    """Open, unless somebody accepted it for a time that is not over, or it was replaced by another finding."""
    if finding.state == FindingState.SUPERSEDED:
        return FindingState.SUPERSEDED
    accepted = finding.accepted_until is not None and finding.accepted_until >= today
    return FindingState.ACCEPTED if accepted else FindingState.OPEN


def _describe(published: Published, witness: Witness, rank: int, path: Path) -> dict[str, Any]:
    entry, target = witness.node(witness.entry), witness.node(witness.target)
    also = published.report.implied.get(path.finding, ())
    conditions = witness.conditions
    return {
        "path_id": witness.id,
        "rank": rank,
        "score": path.score,
        "factors": dump(path.factors),
        "entry_facts": [list(fact) for fact in path.entry.facts],
        "entry_kind": witness.entry_kind,
        "entry_key": entry.key,
        "entry_name": entry.name[:400],
        "entry_node_kind": entry.kind,
        "entry_label": entry.label,
        "entry_why": witness.entry_why,
        "entry_scope": entry.scope,
        "entry_alike": published.words.nodes(entry.key),
        "target_alike": published.words.nodes(target.key),
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
        "implied": [[key, node.name] for key in also for node in (published.node(key),)],
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
) -> list[FindingChange]:
    """Findings that are not in the report any more."""
    changes: list[FindingChange] = []
    orphans = _sets_with_a_stranger(published.territory.everybody)
    comparisons: dict[int | None, Recheck] = {}
    moved: dict[str, list[int]] = {}
    for finding in missing:
        if finding.last_graph_id not in comparisons:
            comparisons[finding.last_graph_id] = recheck(finding.last_graph)
        after, words = _verdict_on(finding, orphans, comparisons[finding.last_graph_id])
        if finding.state != after:
            changes.append(_change(published, finding, finding.state, after, words))
            moved.setdefault(after, []).append(finding.pk)
    for state, keys in moved.items():
        for start in range(0, len(keys), BATCH):
            Finding.objects.filter(pk__in=keys[start : start + BATCH]).update(state=state)
    return changes


def _sets_with_a_stranger(alive: frozenset[int]) -> set[int]:
    """The connection sets of which some member is not part of the estate any more."""
    return set(
        ConnectionSet.objects.filter(connections__in=Connection.objects.exclude(pk__in=alive)).values_list(
            "pk", flat=True
        )
    )


def _verdict_on(finding: Finding, orphans: set[int], recheck: Recheck) -> tuple[FindingState, str]:
    if finding.touches_id in orphans:
        return FindingState.ORPHANED, _ORPHANED
    if finding.last_graph is None or recheck.missed(finding.leans_on):
        return FindingState.NOT_RECHECKED, _NOT_RECHECKED
    return FindingState.GONE, _GONE


def _tell_counts(published: Published, changed: Mapping[str, int]) -> None:
    """Put beside the graph what it changed, for the line under "published"."""
    graph = published.graph
    graph.counts = {**graph.counts, "paths": len(published.report.paths), "changes": dict(changed)}
    graph.save(update_fields=["counts"])
