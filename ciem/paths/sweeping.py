"""Throw away what nobody needs: old graphs in the store with what was written beside them, and stray uploads."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from ciem.accounts.models import SignInGuard
from ciem.paths.estate import store
from ciem.paths.models import Administrator, IdentityClass, PolicyDocument, Question, TargetSet, Widening
from ciem.scans import storage
from ciem.scans.models import UNFINISHED, EstateGraph, Upload

STRAY = 3600.0  # seconds after which a file without a row is no longer an upload on its way


def sweep() -> None:
    """All of it. Snapshots stay: they prove what was decided, and any graph can be built from them again."""
    sweep_graphs()
    sweep_uploads()
    SignInGuard.objects.filter(last_failure__lt=timezone.now() - timedelta(days=1)).delete()


def sweep_graphs() -> None:
    """Keep the newest graphs, as many as the settings say. Documents stay while a finding was last seen with them."""
    old = EstateGraph.objects.filter(is_current=False).order_by("-published_at")[settings.KEEP_GRAPHS - 1 :]
    in_store = set(store().ids())
    for graph in old:
        if graph.graph_id in in_store:
            store().delete(graph.graph_id)
        for model in (Administrator, IdentityClass, Question, TargetSet, Widening):
            model._default_manager.filter(graph=graph).delete()
        if not graph.findings.exists():
            PolicyDocument.objects.filter(graph=graph).delete()


def sweep_uploads() -> None:
    """Remove received files whose import is over, and those that never got a row."""
    waiting = set(Upload.objects.filter(scan__state__in=UNFINISHED).values_list("file", flat=True))
    folder = Path(settings.UPLOADS)
    for place in sorted(folder.iterdir()) if folder.exists() else ():
        if place.name not in waiting and time.time() - place.stat().st_mtime > STRAY:
            storage.remove_upload(place.name)
