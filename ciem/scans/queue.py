"""Tell a worker about a row. Tasks are called by name, so that the web never imports the engine behind them."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from django.utils import timezone

from ciem.scans.models import Scan, State, Work

log = logging.getLogger(__name__)

RUN_IMPORT = "ciem.pipeline.run_import"
RUN_PART = "ciem.pipeline.run_part"
RUN_TEST = "ciem.pipeline.run_test"
RUN_QUESTION = "ciem.pipeline.run_question"
RUN_COMPARISON = "ciem.pipeline.run_comparison"


def send(task: str, row: Work) -> bool:
    """Send now; False when the broker is away or full. The row waits then, and beat tells again."""
    try:
        current_app.send_task(task, args=(row.pk,))
    except Exception as error:  # each kind of broker has errors of its own, and what was committed must not look failed
        log.warning("%s waits: the queue does not take it (%s)", row, error)
        return False
    type(row)._default_manager.filter(pk=row.pk).update(sent_at=timezone.now())
    return True


def send_on_commit(task: str, row: Work) -> None:
    """Send when the row is there for others to see: a worker that is quicker than the commit would find nothing."""
    transaction.on_commit(lambda: send(task, row))


def send_next(scan: Scan) -> None:
    """Imports into one connection run in the order in which they came: tell about the one whose turn it is."""
    waiting = Scan.objects.unfinished().filter(connection=scan.connection_id).order_by("pk").first()
    if waiting is not None and waiting.state == State.QUEUED:
        send(RUN_IMPORT, waiting)
