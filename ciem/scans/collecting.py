"""Live scans: asked for, cut into parts that workers make side by side, and joined when the last of them is over.

While its parts are made, the scan is held by nobody: whoever ends a part looks, in one transaction with the scan's row
locked, whether it was the last, and queues the scan again. Beat looks too, so that no lost message stops a scan.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.actions import require_visible
from ciem.connections.models import Connection
from ciem.scans import queue, work
from ciem.scans.models import UNFINISHED, ConnectionTest, Scan, ScanPart, State, Step, Upload
from graph.cloud import CollectRefusedError, Piece


def ask(*, by: User | None, connection: Connection) -> Scan:
    """Read a live connection now; a scan that goes on already is joined. `by` is None where a schedule asks."""
    if by is not None:
        require(by, Permission.IMPORT)
        require_visible(by, connection)
    with transaction.atomic():
        fresh = _live(connection)
        going = Scan.objects.unfinished().filter(connection=fresh, is_live=True, cancel_asked=False).first()
        if going is not None:
            return going
        upload = Upload.objects.create(name=f"Scan of {fresh}"[:255], file=f"scan-{uuid.uuid4().hex}", size=0)
        scan = Scan.objects.create(connection=fresh, requested_by=by, upload=upload, is_live=True)
        audit.record(by, "scan asked", scan)
        queue.send_on_commit(queue.RUN_IMPORT, scan)
    return scan


def ask_test(*, by: User, connection: Connection) -> ConnectionTest:
    """Find out what the credentials lack; one test at a time."""
    require(by, Permission.IMPORT)
    require_visible(by, connection)
    with transaction.atomic():
        fresh = _live(connection)
        going = ConnectionTest.objects.filter(connection=fresh, state__in=UNFINISHED).first()
        if going is not None:
            return going
        test = ConnectionTest.objects.create(connection=fresh, requested_by=by)
        audit.record(by, "connection test asked", fresh)
        queue.send_on_commit(queue.RUN_TEST, test)
    return test


def _live(connection: Connection) -> Connection:
    """The row, locked: of two that ask at once, one waits here."""
    fresh = Connection.objects.select_for_update().get(pk=connection.pk)
    if not fresh.is_live:
        raise ValidationError(f"{fresh} is read from files: import one.")
    return fresh


def cut(scan: Scan, pieces: Sequence[Piece]) -> None:
    """Note the parts of a scan that the caller holds."""
    if not pieces:
        raise CollectRefusedError("There is nothing to read with these credentials.")
    if bad := [piece.key for piece in pieces if Path(piece.key).name != piece.key]:
        raise ValueError(f"{bad[0]!r} cannot name a folder")
    with transaction.atomic():
        work.still_mine(scan)
        rows = (ScanPart(scan=scan, key=one.key, words=one.words[:400], data=dict(one.data)) for one in pieces)
        ScanPart.objects.bulk_create(rows, batch_size=500)


def rest(scan: Scan) -> bool:
    """Let go of a scan until its parts are over; False when they are."""
    with transaction.atomic():
        work.still_mine(scan)
        if not _unfinished(scan).exists():
            return False
        Scan.objects.filter(pk=scan.pk).update(lease="", lease_until=None, tries=0)
        transaction.on_commit(lambda: send_parts(scan))
    return True


def _unfinished(scan: Scan) -> QuerySet[ScanPart]:
    return ScanPart.objects.filter(scan=scan, state__in=UNFINISHED)


def send_parts(scan: Scan) -> None:
    """Tell workers about as many parts as may be made at once. Those told of late count as being made."""
    now = timezone.now()
    told = Q(state=State.QUEUED, sent_at__gte=now - work.SILENCE)
    busy = ScanPart.objects.filter(told | _held(), scan=scan).count()
    for part in work.overdue(_unfinished(scan))[: max(0, settings.SCAN_PARTS - busy)]:
        queue.send(queue.RUN_PART, part)


def _held() -> Q:
    return Q(state=State.RUNNING, lease_until__gte=timezone.now())


def claim(pk: int) -> ScanPart | None:
    """A part, leased to the caller, unless somebody has it or as many as may be are being made."""
    rows = ScanPart.objects.select_related("scan__connection", "scan__upload")
    with transaction.atomic():
        scan = Scan.objects.select_for_update().filter(parts=pk).first()
        if scan is None or ScanPart.objects.filter(_held(), scan=scan).count() >= settings.SCAN_PARTS:
            return None
        return work.claim(rows, pk)


def note(part: ScanPart, calls: int, words: str) -> None:
    """How far a part is. Raises LeaseLostError when it was cancelled or taken over."""
    part.calls = calls
    mine = ScanPart.objects.filter(pk=part.pk, lease=part.lease, state=State.RUNNING)
    if not mine.update(calls=calls, progress_words=words[:400]):
        raise work.LeaseLostError(f"{part} was cancelled or taken over")


def done(part: ScanPart, gaps: int, settle: Callable[[], None]) -> None:
    """The part is made: what was written is put in its place, by the one who holds the part alone."""
    with transaction.atomic():
        work.still_mine(part)
        settle()
        ScanPart.objects.filter(pk=part.pk).update(calls=part.calls, gaps=gaps, progress_words="")
        work.close(part, State.DONE)


def go_on(pk: int) -> None:
    """Queue a scan whose parts are all over, or tell workers about the next of them."""
    with transaction.atomic():
        scan = Scan.objects.select_for_update().filter(pk=pk).first()
        if scan is None or not scan.is_collecting:
            return
        if _unfinished(scan).exists():
            transaction.on_commit(lambda: send_parts(scan))
        else:
            Scan.objects.filter(pk=pk).update(state=State.QUEUED, sent_at=None)
            queue.send_on_commit(queue.RUN_IMPORT, scan)


def collecting() -> tuple[int, ...]:
    """The scans that wait for their parts."""
    rows = Scan.objects.filter(state=State.RUNNING, step=Step.COLLECT, lease_until=None)
    return tuple(rows.order_by("pk").values_list("pk", flat=True))


def lost(scan: Scan) -> tuple[tuple[Piece, str], ...]:
    """The parts that were given up, each with the reason. Raises CollectRefusedError when no other is left."""
    parts = tuple(scan.parts.all())
    failed = [part for part in parts if part.state != State.DONE]
    if len(failed) == len(parts):
        raise CollectRefusedError(f"Nothing could be read. {failed[0].error}" if failed else "Nothing was read.")
    return tuple((piece(part), part.error) for part in failed)


def piece(part: ScanPart) -> Piece:
    """What the collector named so."""
    return Piece(part.key, part.words, part.data)


def time_left(scan: Scan) -> timedelta | None:
    """As fast as the parts went so far; None before one is over."""
    over = scan.parts.filter(started_at__isnull=False).exclude(state__in=UNFINISHED).count()
    began = scan.parts.order_by("started_at").values_list("started_at", flat=True).exclude(started_at=None).first()
    if not scan.is_collecting or not over or began is None:
        return None
    return (timezone.now() - began) / over * _unfinished(scan).count()
