"""Everything that can be done to imports and to what they leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.actions import connect, require_visible, settle_scope
from ciem.connections.models import Connection
from ciem.scans import notices, queue, storage, work
from ciem.scans.models import (
    UNFINISHED,
    EstateGraph,
    GapRecord,
    ProblemRecord,
    Scan,
    ScanPart,
    SnapshotRecord,
    State,
    Upload,
)
from graph.model import Gap, Problem
from graph.snapshot import Snapshot, Stored


def receive(
    *,
    by: User,
    connection: Connection | str,
    name: str,
    chunks: Iterable[bytes],
    collected_at: datetime | None = None,
    scope: str = "",
) -> Scan:
    """Keep a file, queue its import and tell a worker. Raises ValidationError for a file that cannot be kept.

    `connection` may be the name of a new one, which is made only for a file that could be kept; the name of one that
    the user sees means that one.
    """
    require(by, Permission.IMPORT)
    connection = named(by, connection) or connection if isinstance(connection, str) else connection
    if isinstance(connection, str):
        require(by, Permission.CONNECT)
    else:
        require_visible(by, connection)
    received = storage.receive(name, chunks)
    try:
        with transaction.atomic():
            into = connect(by=by, name=connection) if isinstance(connection, str) else connection
            upload = Upload.objects.create(
                name=received.name,
                file=received.folder,
                size=received.size,
                sha256=received.sha256,
                collected_at=collected_at,
                scope=scope,
            )
            scan = Scan.objects.create(connection=into, requested_by=by, upload=upload)
            audit.record(by, "import asked", scan, {"file": upload.name, "sha256": upload.sha256})
            queue.send_on_commit(queue.RUN_IMPORT, scan)
    except BaseException:
        storage.remove_upload(received.folder)
        raise
    return scan


def named(by: User, name: str) -> Connection | None:
    """The connection of this name, if there is one that the user may see."""
    return Connection.objects.visible_to(by).filter(name=" ".join(name.split())).first()


@transaction.atomic
def remove_empty(*, by: User, connection: Connection) -> None:
    """Remove a connection of which nothing was ever read, with its failed imports."""
    require(by, Permission.CONNECT)
    require_visible(by, connection)
    fresh = Connection.objects.select_for_update().get(pk=connection.pk)
    scans = Scan.objects.filter(connection=fresh)
    if fresh.scope or fresh.snapshots.exists():
        raise ValidationError("Something was read for this connection, so it stays.")
    if scans.unfinished().exists():
        raise ValidationError("An import into this connection goes on. Cancel it first.")
    uploads = list(scans.values_list("upload", flat=True))
    audit.record(by, "connection removed", fresh, {"name": fresh.name})
    fresh.delete()
    Upload.objects.filter(pk__in=uploads).delete()


@transaction.atomic
def cancel(*, by: User, scan: Scan) -> None:
    """Stop an import: at once while it waits, else at its next sign of life. What is published stays."""
    require(by, Permission.IMPORT)
    require_visible(by, scan.connection)
    fresh = Scan.objects.select_for_update().get(pk=scan.pk)
    if fresh.is_finished or fresh.cancel_asked:
        return
    fresh.cancel_asked = True
    fresh.save(update_fields=["cancel_asked"])
    if fresh.state == State.QUEUED or fresh.is_collecting:
        close(fresh, State.CANCELLED)
        transaction.on_commit(lambda: queue.send_next(fresh))
    audit.record(by, "import cancelled", fresh)


def close(scan: Scan, state: State, error: str = "") -> None:
    """The import is over: nobody goes on with its parts, and what was received is not needed any more."""
    work.close(scan, state, error)
    if scan.is_finished:
        over = {"state": State.CANCELLED, "finished_at": timezone.now(), "lease_until": None}
        ScanPart.objects.filter(scan=scan, state__in=UNFINISHED).update(**over)
        Upload.objects.filter(pk=scan.upload_id).update(removed_at=timezone.now())
        transaction.on_commit(lambda: storage.remove_upload(scan.upload.file))
        if scan.is_live and state == State.FAILED:
            transaction.on_commit(lambda: notices.failed(scan))


@transaction.atomic
def keep_snapshot(scan: Scan, snapshot: Snapshot | Stored) -> SnapshotRecord:
    """Record what was read and what was not. The snapshot itself must be on disk already.

    Raises WrongScopeError when the file is of something else than its connection.
    """
    settle_scope(scan.connection, snapshot.cloud, snapshot.scope)
    record, new = SnapshotRecord.objects.get_or_create(
        snapshot_id=snapshot.id,
        defaults={
            "connection": scan.connection,
            "cloud": snapshot.cloud,
            "scope": snapshot.scope,
            "scopes": list(snapshot.scopes),
            "counts": dict(sorted(snapshot.counts.items())),
            "parts": sum(snapshot.counts.values()),
            "collected_at": _moment(snapshot.collected_at),
        },
    )
    if new:
        note_gaps(record, snapshot.gaps)
    note_problems(scan, snapshot.problems)
    Scan.objects.filter(pk=scan.pk).update(snapshot=record)
    return record


def _moment(words: str | None) -> datetime | None:
    moment = parse_datetime(words) if words else None
    return timezone.make_aware(moment, timezone.get_default_timezone()) if moment and not moment.tzinfo else moment


def note_gaps(record: SnapshotRecord, gaps: Iterable[Gap]) -> None:
    """Add gaps, each once: reading may find that something known to exist is not in the file."""
    known = {(gap.scope, gap.region, gap.call, *gap.arguments) for gap in record.gaps.all()}
    rows = {
        (gap.scope, gap.region, gap.call, *gap.arguments): GapRecord(
            snapshot=record,
            scope=gap.scope,
            region=gap.region,
            call=gap.call,
            arguments=list(gap.arguments),
            error=gap.error,
            remedy=gap.remedy,
        )
        for gap in gaps
    }
    GapRecord.objects.bulk_create((row for key, row in sorted(rows.items()) if key not in known), batch_size=500)


def note_problems(scan: Scan, problems: Iterable[Problem]) -> None:
    """Add what was left out of the input, each once."""
    known = set(scan.problems.values_list("file", "where", "what"))
    rows = {
        (problem.file, problem.place, problem.what): ProblemRecord(
            scan=scan, file=problem.file, where=problem.place, what=problem.what, remedy=problem.remedy
        )
        for problem in problems
    }
    ProblemRecord.objects.bulk_create((row for key, row in sorted(rows.items()) if key not in known), batch_size=500)


@transaction.atomic
def publish(
    graph_id: str,
    records: Iterable[SnapshotRecord],
    counts: Mapping[str, Any],
    assumed: Mapping[str, Any],
    importance: str = "",
) -> EstateGraph:
    """Switch the pointer: from here on readers see this graph. Call it together with the findings' refresh."""
    graph, _ = EstateGraph.objects.get_or_create(graph_id=graph_id)
    EstateGraph.objects.filter(is_current=True).exclude(pk=graph.pk).update(is_current=False)
    graph.counts, graph.assumed, graph.importance = dict(counts), dict(assumed), importance
    graph.is_current, graph.published_at = True, timezone.now()
    graph.save()
    graph.snapshots.set(records)
    audit.record(None, "graph published", graph)
    return graph
