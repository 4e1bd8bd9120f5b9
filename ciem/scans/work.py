"""Who works on a row: leases that are claimed, kept while the work goes on, and taken over when they run out."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ciem.scans.models import LEASE, MAX_TRIES, UNFINISHED, State, Work

W = TypeVar("W", bound=Work)
SILENCE = timedelta(seconds=60)  # how long a row may wait after it was sent before it is sent again


class LeaseLostError(Exception):
    """Another worker has taken this row over: stop, and leave the row alone."""


def claim(rows: QuerySet[W], pk: int, give_up: Callable[[W, State, str], None] | None = None) -> W | None:
    """The row, leased to the caller; None when it is finished or somebody works on it.

    A row whose workers ended MAX_TRIES times fails here, so that input which kills its worker is not tried for ever.
    `give_up` is how it is closed then, if not as any work.
    """
    now = timezone.now()
    with transaction.atomic():
        work = rows.select_for_update(of=("self",)).filter(_free(now), pk=pk).first()
        if work is None:
            return None
        if work.tries >= MAX_TRIES:
            reason = work.error or f"The worker ended {work.tries} times during this work."
            (give_up or close)(work, State.FAILED, reason)
            return None
        work.state, work.tries, work.error = State.RUNNING, work.tries + 1, ""
        work.lease, work.lease_until = uuid.uuid4().hex, now + LEASE
        work.started_at = work.started_at or now
        work.save(update_fields=["state", "tries", "error", "lease", "lease_until", "started_at"])
    return work


def _free(now: object) -> Q:
    return Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now)


def overdue(rows: QuerySet[W]) -> QuerySet[W]:
    """Rows that nobody works on although they were sent a while ago, or never."""
    now = timezone.now()
    unheard = Q(sent_at=None) | Q(sent_at__lt=now - SILENCE)
    return rows.filter(unheard, Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now))


def still_mine(work: Work) -> None:
    """Raise unless the caller's lease is the row's. Call it first in each transaction that publishes."""
    kept = type(work)._default_manager.select_for_update().filter(pk=work.pk, lease=work.lease, state=State.RUNNING)
    if not kept.exists():
        raise LeaseLostError(f"{work} was taken over")


def renew(work: Work) -> bool:
    """Keep the lease a little longer; False when it is lost."""
    mine = type(work)._default_manager.filter(pk=work.pk, lease=work.lease, state=State.RUNNING)
    return bool(mine.update(lease_until=timezone.now() + LEASE))


def _renewed(work: Work) -> bool:
    try:
        return renew(work)
    except OperationalError:  # the database is busy for longer than its timeout: there is time for another try
        return True


@contextmanager
def kept(work: Work) -> Iterator[None]:
    """Renew the lease beside the work, which may not come up for air for minutes."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(LEASE.total_seconds() / 4) and _renewed(work):
                pass
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"lease of {work.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def close(work: Work, state: State, error: str = "") -> None:
    """The work is over, one way or another. A row that is finished, or another worker's, stays as it is."""
    work.state, work.error, work.finished_at, work.lease_until = state, error, timezone.now(), None
    type(work)._default_manager.filter(pk=work.pk, lease=work.lease, state__in=UNFINISHED).update(
        state=state, error=error, finished_at=work.finished_at, lease_until=None
    )


def give_back(work: Work, reason: str) -> None:
    """Put the row back into the queue, for a trouble that may pass; the reason shows meanwhile."""
    type(work)._default_manager.filter(pk=work.pk, lease=work.lease, state=State.RUNNING).update(
        state=State.QUEUED, error=reason, lease="", lease_until=None, sent_at=timezone.now()
    )
