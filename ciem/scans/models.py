"""Imports as rows: the work and its state, what was received, what was read and not read, and the estate graphs."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from ciem.accounts.models import User
from ciem.connections.models import Connection

LEASE = timedelta(seconds=60)  # renewed while the work goes on; when it runs out, another worker may take over
MAX_TRIES = 3
NEVER_ASKED = "never-asked"  # the error of a gap that says: no such call is in this snapshot, for any scope


class State(models.TextChoices):
    """How far a piece of work has come."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Step(models.TextChoices):
    """What an import goes through, in this order; `ciem.pipeline` says what each does."""

    RECEIVE = "receive", "Receive the file"
    PLAN = "plan", "Find out what there is"
    COLLECT = "collect", "Ask the cloud"
    READ = "read", "Read it into a snapshot"
    BUILD = "build", "Build the estate graph"
    ANALYSE = "analyse", "Find the attack paths"
    PUBLISH = "publish", "Publish the graph"
    REFRESH = "refresh", "Refresh the findings"


UNFINISHED = (State.QUEUED, State.RUNNING)


class Work(models.Model):
    """One unit of work for a worker. The row is the truth; a message in the queue is only a reminder to look at it.

    A broker of the Redis kind can lose a message when a worker is killed, so rows that stay behind are sent again.
    """

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED, db_index=True)
    error = models.TextField(blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED


class ScanQuerySet(models.QuerySet["Scan"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(connection__in=Connection.objects.visible_to(user))

    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)


class Upload(models.Model):
    """A file as it was received, kept in a folder of its own until it has been read."""

    name = models.CharField(max_length=255)
    file = models.CharField(max_length=80, unique=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    collected_at = models.DateTimeField(null=True, blank=True)
    scope = models.CharField(max_length=400, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_file(self) -> bool:
        """An analysis that was asked for has none: it takes what was read before."""
        return bool(self.sha256)

    @property
    def place(self) -> Path:
        return Path(settings.UPLOADS) / self.file / self.name


class SnapshotRecord(models.Model):
    """A snapshot on disk, named by its content. `counts` are answers per call; `covers` what was read, per scope."""

    snapshot_id = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="snapshots")
    cloud = models.CharField(max_length=40)
    scope = models.CharField(max_length=400)
    scopes = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    parts = models.PositiveIntegerField(default=0)
    collected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.snapshot_id[:12]


class EstateGraph(models.Model):
    """An estate graph that was built and published: made of exactly one snapshot per connection. One is current.

    `counts` holds nodes, edges (expanded pairs), paths and more, as the pages show them. `assumed` names, per scope,
    the limits and grants of a kind that was never asked for. `importance` is the version of the rules of criticality
    and owner that it was built with.
    """

    graph_id = models.CharField(max_length=64, unique=True)
    snapshots = models.ManyToManyField(SnapshotRecord, related_name="graphs")
    counts = models.JSONField(default=dict)
    assumed = models.JSONField(default=dict)
    importance = models.CharField(max_length=120, blank=True, default="", db_default="")
    is_current = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("is_current",), condition=models.Q(is_current=True), name="one_current_graph"
            ),
        )

    def __str__(self) -> str:
        return self.graph_id[:12]


class Scan(Work):
    """One run of reading and analysing a connection."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="scans")
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    upload = models.OneToOneField(Upload, models.PROTECT, related_name="scan")
    is_live = models.BooleanField(default=False, db_default=False)
    snapshot = models.ForeignKey(SnapshotRecord, models.SET_NULL, null=True, blank=True, related_name="scans")
    graph = models.ForeignKey(EstateGraph, models.SET_NULL, null=True, blank=True, related_name="scans")
    step = models.CharField(max_length=20, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    progress_words = models.CharField(max_length=400, blank=True)
    cancel_asked = models.BooleanField(default=False)

    objects: ClassVar[ScanQuerySet] = ScanQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"import {self.pk} into {self.connection}"

    @property
    def what(self) -> str:
        """In one word, for people."""
        return "Scan" if self.is_live else "Import" if self.upload.is_file else "Analysis"

    @property
    def is_collecting(self) -> bool:
        """Its parts are made by whoever comes; no worker holds the scan itself."""
        return self.state == State.RUNNING and self.step == Step.COLLECT and self.lease_until is None

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running."""
        if self.started_at is None:
            return None
        until: datetime = self.finished_at or timezone.now()
        return (until - self.started_at).total_seconds()


class ScanPart(Work):
    """A piece of a live scan, which one worker makes by itself. One that fails for good is a gap of the scan."""

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="parts")
    key = models.CharField(max_length=200)
    words = models.CharField(max_length=400)
    data = models.JSONField(default=dict)
    calls = models.PositiveIntegerField(default=0)
    gaps = models.PositiveIntegerField(default=0)
    progress_words = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("scan", "key"), name="one_part_per_key"),)

    def __str__(self) -> str:
        return f"{self.words} of scan {self.scan_id}"


class ConnectionTest(Work):
    """Somebody asked whether the credentials of a connection do; `missing` says what they lack, and what to do."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="tests")
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    missing = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"test of {self.connection}"


class GapQuerySet(models.QuerySet["GapRecord"]):
    """Gaps of two kinds that a page must not mix: see `graph.snapshot`."""

    def asked(self) -> Self:
        """What was asked for and not got."""
        return self.exclude(error=NEVER_ASKED)

    def never_asked(self) -> Self:
        """The calls that this kind of file does not hold, or that its collector did not make."""
        return self.filter(error=NEVER_ASKED)


class GapRecord(models.Model):
    """Something a snapshot lacks: refused, broken, known to exist and not readable, or never asked for."""

    snapshot = models.ForeignKey(SnapshotRecord, models.CASCADE, related_name="gaps")
    scope = models.CharField(max_length=400)
    region = models.CharField(max_length=80, blank=True)
    call = models.CharField(max_length=200)
    arguments = models.JSONField(default=list)
    error = models.TextField()
    remedy = models.TextField(blank=True)

    objects: ClassVar[GapQuerySet] = GapQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("scope", "call", "region", "id")

    def __str__(self) -> str:
        return f"{self.call} {' '.join(self.arguments)}".strip()


class ProblemRecord(models.Model):
    """Bad input that an import left out: file, place in it, what is wrong and what to do."""

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="problems")
    file = models.CharField(max_length=1000, blank=True)
    where = models.CharField(max_length=400, blank=True)
    what = models.TextField()
    remedy = models.TextField(blank=True)

    class Meta:
        ordering = ("file", "where", "id")

    def __str__(self) -> str:
        return f"{self.file} {self.where}: {self.what}"
