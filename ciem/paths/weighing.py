"""The table of weights: laid over the shipped one, versioned, audited, in force from the next analysis on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.models import Connection
from ciem.paths.models import Finding, WeightTable
from ciem.scans import queue
from ciem.scans.models import Scan, SnapshotRecord, State, Upload
from ciem.scans.queries import current_graph
from graph.weights import SHIPPED, Weights, WeightsError, laid_over

_WHERE = "Your table"


def newest() -> WeightTable | None:
    return WeightTable.objects.first()


def in_force() -> Weights:
    """What the next analysis weighs with."""
    table = newest()
    return read(table.body) if table else SHIPPED


def published_version() -> str:
    """The table that the published scores were made with; empty where nothing was scored."""
    rows = Finding.objects.filter(last_graph=current_graph(), factors__weights__isnull=False)
    return rows.values_list("factors__weights", flat=True).first() or ""


def read(body: Mapping[str, Any]) -> Weights:
    """A table over the shipped one; a table that says nothing is the shipped one. Raises WeightsError."""
    return laid_over(body, SHIPPED, _WHERE) if body else SHIPPED


@transaction.atomic
def lay(*, by: User, body: Any, note: str) -> WeightTable:
    """A new table from the next analysis on; an empty one goes back to what is shipped. Old tables stay on record."""
    require(by, Permission.DECIDE)
    try:
        version = read(body).version
    except WeightsError as error:
        raise ValidationError(str(error)) from error
    if not note.strip():
        raise ValidationError("Say why it is changed.")
    before = newest()
    if version == in_force().version:
        raise ValidationError("These numbers are in force already.")
    table = WeightTable.objects.create(
        by=by, by_name=by.get_username(), body=body, version=version, note=note.strip()[:2000]
    )
    audit.record(by, "weights changed", table, {"before": before.version if before else SHIPPED.version, "note": note})
    return table


@transaction.atomic
def analyse_again(*, by: User) -> Scan:
    """Weigh what is published once more: the newest snapshot of one connection takes the way of an import again."""
    require(by, Permission.DECIDE)
    graph = current_graph()
    theirs = Connection.objects.visible_to(by)
    record = graph.snapshots.filter(connection__in=theirs).order_by("snapshot_id").first() if graph else None
    if record is None:
        raise ValidationError("Nothing that you may see has been published yet.")
    if Scan.objects.unfinished().exists():
        raise ValidationError(
            "An import goes on already. It will use the newest table if it has not come to the paths."
        )
    scan = Scan.objects.create(
        connection=record.connection, requested_by=by, upload=_nothing(record), snapshot=record, state=State.QUEUED
    )
    audit.record(by, "analysis asked", scan)
    queue.send_on_commit(queue.RUN_IMPORT, scan)
    return scan


def _nothing(record: SnapshotRecord) -> Upload:
    """An import comes from a file; this one's was read before and is gone."""
    return Upload.objects.create(
        name=f"Analysis of what was read for {record.connection}"[:255],
        file=f"again-{uuid.uuid4().hex}",
        size=0,
        sha256="",
        removed_at=timezone.now(),
    )
