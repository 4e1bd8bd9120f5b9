"""What the pages about connections and imports read. Everything starts from `visible_to`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from ciem.accounts.models import User
from ciem.connections.models import Connection
from ciem.core.paging import Page, page_of
from ciem.scans.collecting import time_left
from ciem.scans.models import (
    NEVER_ASKED,
    UNFINISHED,
    EstateGraph,
    GapRecord,
    ProblemRecord,
    Scan,
    ScanPart,
    SnapshotRecord,
    State,
    Step,
)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection with what is published of it and how its newest import went."""

    connection: Connection
    latest: Scan | None
    snapshot: SnapshotRecord | None
    gaps: int
    never_asked: int
    problems: int


@dataclass(frozen=True, slots=True)
class CallCount:
    """One call that was made for a connection: how many answers, how many gaps."""

    call: str
    answers: int
    gaps: int


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection: what was read of it, what was not, and its imports, newest first.

    `never_asked` are the calls that its file does not hold at all: no gaps, but limits of what is known.
    """

    row: ConnectionRow
    calls: tuple[CallCount, ...]
    gaps: Page[GapRecord]
    never_asked: tuple[GapRecord, ...]
    problems: tuple[ProblemRecord, ...]
    scans: Page[Scan]
    assumed: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of an import: `state` is waiting, running, done, failed or cancelled."""

    key: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Parts:
    """How far the parts of a live scan are; `busy` are those being read, `lost` those given up."""

    total: int
    over: int
    calls: int
    gaps: int
    busy: tuple[ScanPart, ...]
    lost: tuple[ScanPart, ...]
    left: timedelta | None


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One import with its steps. `ahead` counts the imports into the same connection that go first.

    `same_as` is the import before it that had brought the very same content.
    """

    scan: Scan
    steps: tuple[StepRow, ...]
    percent: int | None
    ahead: int
    problems: tuple[ProblemRecord, ...]
    gaps: tuple[GapRecord, ...]
    same_as: Scan | None = None
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what the user may see was read: the line that every page shows."""

    graph: EstateGraph | None
    connections: int
    snapshots: int
    answers: int
    gaps: int
    oldest: datetime | None
    newest: datetime | None
    running: tuple[Scan, ...]
    assumed: frozenset[str] = frozenset()  # the kinds of limit or grant that some scope of theirs was never asked for
    dated: int = 0  # so many of the snapshots say when they were collected
    unsettled: int = 0  # connections for which no file was ever read: an import that goes on, or has failed
    never_asked: int = 0  # calls that a whole collection makes and what was read does not hold, for no scope

    @property
    def expected(self) -> int:
        """The parts that a whole collection would hold; of a call that was never asked, at least one."""
        return self.answers + self.gaps + self.never_asked

    @property
    def share_read(self) -> float | None:
        """Answers among what is expected; None before anything was read."""
        return self.answers / self.expected if self.expected else None

    @property
    def is_whole(self) -> bool:
        """Nothing that a whole collection would hold is missing."""
        return not self.gaps and not self.never_asked

    @property
    def has_entries(self) -> bool:
        """Whether a path can begin anywhere. Graphs of before this was counted say nothing: then it is believed."""
        return self.graph is None or self.graph.counts.get("entries") != 0


def current_graph() -> EstateGraph | None:
    """The estate graph that is published now."""
    return EstateGraph.objects.filter(is_current=True).first()


def connection(user: User, pk: int) -> Connection:
    """One connection, or 404 when it is unknown or foreign."""
    return get_object_or_404(Connection.objects.visible_to(user), pk=pk)


def scan(user: User, pk: int) -> Scan:
    """One import, or 404 when it is unknown or foreign."""
    scans = Scan.objects.visible_to(user).select_related("connection", "upload", "snapshot", "graph", "requested_by")
    return get_object_or_404(scans, pk=pk)


def published_snapshots(user: User) -> QuerySet[SnapshotRecord]:
    """The snapshots of the current graph whose connection the user may see."""
    return SnapshotRecord.objects.filter(
        graphs__is_current=True, connection__in=Connection.objects.visible_to(user)
    ).annotate(
        gap_count=Count("gaps", filter=~Q(gaps__error=NEVER_ASKED)),
        never_count=Count("gaps", filter=Q(gaps__error=NEVER_ASKED)),
    )


def _rows(user: User, connections: Iterable[Connection]) -> tuple[ConnectionRow, ...]:
    newest = Scan.objects.filter(connection=OuterRef("connection")).order_by("-id").values("id")[:1]
    latest = {
        found.connection_id: found
        for found in Scan.objects.visible_to(user)
        .filter(id=Subquery(newest))
        .select_related("upload", "snapshot")
        .annotate(problem_count=Count("problems"))
    }
    snapshots = {found.connection_id: found for found in published_snapshots(user)}
    return tuple(
        ConnectionRow(
            item,
            latest.get(item.pk),
            snapshots.get(item.pk),
            getattr(snapshots.get(item.pk), "gap_count", 0),
            getattr(snapshots.get(item.pk), "never_count", 0),
            getattr(latest.get(item.pk), "problem_count", 0),
        )
        for item in connections
    )


def connection_rows(user: User) -> tuple[ConnectionRow, ...]:
    """Every connection the user may see, by name."""
    return _rows(user, Connection.objects.visible_to(user))


def connection_page(user: User, pk: int, *, scans: int = 1, gaps: int = 1) -> ConnectionPage:
    """One connection; `scans` and `gaps` are page numbers."""
    (row,) = _rows(user, (connection(user, pk),))
    lacking = GapRecord.objects.filter(snapshot=row.snapshot)
    missing = lacking.asked()
    published = Scan.objects.filter(connection=row.connection, snapshot=row.snapshot, state=State.DONE).first()
    graph = current_graph()
    scopes = set(row.snapshot.scopes) if row.snapshot else set()
    return ConnectionPage(
        row,
        _calls(row.snapshot, missing),
        page_of(missing, gaps),
        tuple(lacking.never_asked()),
        tuple(ProblemRecord.objects.filter(scan=published)) if published else (),
        page_of(Scan.objects.filter(connection=row.connection).select_related("upload", "requested_by"), scans, 20),
        tuple((scope, tuple(words)) for scope, words in sorted(graph.assumed.items()) if scope in scopes)
        if graph
        else (),
    )


def _calls(snapshot: SnapshotRecord | None, gaps: QuerySet[GapRecord]) -> tuple[CallCount, ...]:
    answers: dict[str, int] = snapshot.counts if snapshot else {}
    missing = dict(gaps.order_by().values_list("call").annotate(number=Count("id")))
    return tuple(
        CallCount(call, answers.get(call, 0), missing.get(call, 0)) for call in sorted(answers.keys() | missing.keys())
    )


def scan_page(user: User, pk: int) -> ScanPage:
    """One import as its progress page shows it."""
    found = scan(user, pk)
    ahead = Scan.objects.filter(connection=found.connection, state__in=UNFINISHED, pk__lt=found.pk).count()
    gaps = GapRecord.objects.filter(snapshot=found.snapshot_id).exclude(snapshot=None).asked()
    parts = _parts(found)
    done, total = found.progress_done, found.progress_total
    if parts and found.is_collecting:
        done, total = parts.over, parts.total
    return ScanPage(
        found,
        _steps(found),
        min(100, 100 * done // total) if total else None,
        0 if found.is_finished else ahead,
        tuple(found.problems.all()),
        tuple(gaps[:100]),
        _before(found),
        parts,
    )


def _parts(found: Scan) -> Parts | None:
    """None before a live scan was cut into parts, and for everything else."""
    rows = tuple(found.parts.all()) if found.is_live else ()
    if not rows:
        return None
    return Parts(
        len(rows),
        sum(part.is_finished for part in rows),
        sum(part.calls for part in rows),
        sum(part.gaps for part in rows) + sum(part.state == State.FAILED for part in rows),
        tuple(part for part in rows if part.state == State.RUNNING),
        tuple(part for part in rows if part.state == State.FAILED),
        time_left(found),
    )


def _before(found: Scan) -> Scan | None:
    earlier = Scan.objects.filter(connection=found.connection, state=State.DONE, pk__lt=found.pk)
    return earlier.filter(snapshot=found.snapshot_id).exclude(snapshot=None).first()


_OF_A_FILE = (Step.RECEIVE, Step.READ)  # an analysis of what was read before has none
_LIVE = (Step.PLAN, Step.COLLECT, Step.READ)


def _is_of(found: Scan, step: Step) -> bool:
    """Whether such a scan goes through this step."""
    own = _LIVE if found.is_live else _OF_A_FILE if found.upload.is_file else ()
    return step in own or step not in {*_LIVE, *_OF_A_FILE}


def _steps(found: Scan) -> tuple[StepRow, ...]:
    keys = list(Step.values)
    at = keys.index(found.step) if found.step in keys else -1
    here = {State.RUNNING: "running", State.FAILED: "failed", State.CANCELLED: "cancelled", State.QUEUED: "waiting"}

    def state(number: int) -> str:
        if found.state == State.DONE or number < at:
            return "done"
        return here.get(State(found.state), "waiting") if number == at else "waiting"

    shown = ((number, step) for number, step in enumerate(Step) if _is_of(found, step))
    return tuple(StepRow(step.value, step.label, state(number)) for number, step in shown)


def _numbers(user: User) -> tuple[int, int]:
    """How many connections there are of which something was read, and how many at all."""
    found = Connection.objects.visible_to(user).aggregate(settled=Count("pk", filter=~Q(scope="")), all=Count("pk"))
    return found["settled"], found["all"]


def coverage(user: User) -> Coverage:
    """What was read and what was not, over all that the user may see."""
    snapshots = list(published_snapshots(user))
    times = sorted(found.collected_at for found in snapshots if found.collected_at)
    graph, scopes = current_graph(), {scope for found in snapshots for scope in found.scopes}
    assumed = {kind for scope, kinds in graph.assumed.items() if scope in scopes for kind in kinds} if graph else ()
    settled, everything = _numbers(user)
    return Coverage(
        graph,
        settled,
        len(snapshots),
        sum(found.parts for found in snapshots),
        sum(getattr(found, "gap_count", 0) for found in snapshots),
        times[0] if times else None,
        times[-1] if times else None,
        tuple(Scan.objects.visible_to(user).unfinished().select_related("connection")),
        frozenset(assumed),
        len(times),
        everything - settled,
        sum(getattr(found, "never_count", 0) for found in snapshots),
    )
