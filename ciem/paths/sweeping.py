"""Throw away what nobody needs: old graphs in the store with what was written beside them, and stray uploads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ciem.accounts.models import SignInGuard
from ciem.paths.estate import store
from ciem.paths.models import (
    Administrator,
    Bound,
    IdentityClass,
    PolicyDocument,
    Question,
    ScopeName,
    TargetSet,
    Widening,
)
from ciem.paths.studied import LISTS
from ciem.scans import storage
from ciem.scans.models import UNFINISHED, EstateGraph, Scan, SnapshotRecord, State, Upload

STRAY = 3600.0  # seconds after which a file without a row is no longer an upload on its way


def sweep() -> None:
    """All of it. The snapshots of a published graph stay: they prove what was decided then."""
    sweep_graphs()
    sweep_strays()
    sweep_uploads()
    sweep_snapshots()
    SignInGuard.objects.filter(last_failure__lt=timezone.now() - timedelta(days=1)).delete()


def sweep_graphs() -> None:
    """Keep the newest graphs, as many as the settings say. Documents stay while a finding was last seen with them."""
    old = EstateGraph.objects.filter(is_current=False).order_by("-published_at")[settings.KEEP_GRAPHS - 1 :]
    for graph in old:
        with transaction.atomic():
            _forget(graph)


def _forget(graph: EstateGraph) -> None:
    """Unless it has become the current one meanwhile: an older file was imported again."""
    if EstateGraph.objects.select_for_update().filter(pk=graph.pk, is_current=False).exists():
        if graph.graph_id in store().ids():
            store().delete(graph.graph_id)
        for model in (Administrator, Bound, IdentityClass, Question, ScopeName, TargetSet, Widening, *LISTS):
            model._default_manager.filter(graph=graph).delete()
        documents = PolicyDocument.objects.filter(graph=graph)
        (documents.filter(is_evidence=False) if graph.findings.exists() else documents).delete()


def sweep_uploads() -> None:
    """Remove received files whose import is over, and those that never got a row."""
    waiting = set(Upload.objects.filter(scan__state__in=UNFINISHED).values_list("file", flat=True))
    for place in _old(Path(settings.UPLOADS)):
        if place.name not in waiting:
            storage.remove_upload(place.name)
    for folder, since in storage.uploads_in_bucket().items():
        if folder not in waiting and _is_old(since):
            storage.remove_upload(folder)
    for place in _old(Path(settings.FILE_UPLOAD_TEMP_DIR)):  # of a web server that was killed while they came
        place.unlink(missing_ok=True)


def sweep_snapshots() -> None:
    """Remove snapshots of which no graph was made, as of a cancelled import, and what a killed worker left half."""
    used = SnapshotRecord.objects.filter(Q(scans__state__in=UNFINISHED) | Q(graphs__isnull=False))
    kept = set(used.values_list("snapshot_id", flat=True))
    for place in _old(Path(settings.SNAPSHOTS)):
        if place.name.split(".")[0] not in kept:
            place.unlink(missing_ok=True)
    for snapshot_id, since in storage.snapshots_in_bucket().items():
        if snapshot_id not in kept and _is_old(since):
            storage.remove_from_bucket(snapshot_id)


def sweep_strays() -> None:
    """Remove graphs that were written and never published, while no import is about to publish one."""
    written = store().ids()
    if not Scan.objects.filter(state=State.RUNNING).exists():
        known = set(EstateGraph.objects.values_list("graph_id", flat=True))
        for graph_id in written:
            if graph_id not in known:
                store().delete(graph_id)


def _is_old(since: datetime) -> bool:
    return timezone.now() - since > timedelta(seconds=STRAY)


def _old(folder: Path) -> Iterator[Path]:
    """What lies in a folder and has not been touched for a while. Others may remove it at the same time."""
    for place in sorted(folder.iterdir()) if folder.exists() else ():
        with suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > STRAY:
                yield place
