"""The order of work. To learn what happens to a file, read STEPS from top to bottom.

The row of an import is the truth; a message in the queue only says "look at this row". So a message may be lost, late
or doubled without harm: beat sends again what is overdue, and a worker takes a row only with a lease.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import Any

from celery import shared_task
from django.db import OperationalError, transaction

from ciem.connections.actions import WrongScopeError
from ciem.connections.live import collector, values_of
from ciem.connections.models import Connection
from ciem.core import turns
from ciem.core.sealing import SealError
from ciem.paths import answers, comparing, judging, sweeping, weighing
from ciem.paths.building import build
from ciem.paths.estate import Territory, store
from ciem.paths.models import Comparison, Question
from ciem.paths.published import Published
from ciem.paths.rechecking import Recheck
from ciem.paths.refresh import refresh
from ciem.scans import actions as scans
from ciem.scans import collecting, queue, schedules, storage, work
from ciem.scans.models import (
    MAX_TRIES,
    ConnectionTest,
    EstateGraph,
    Scan,
    ScanPart,
    SnapshotRecord,
    State,
    Step,
    Work,
)
from ciem.scans.queries import current_graph
from graph.analysis.alike import Likeness, likeness
from graph.analysis.findings import analyse
from graph.analysis.report import Report
from graph.build import BuildError, Estate
from graph.cloud import CollectRefusedError, ImportOptions, ImportRefusedError, Limits
from graph.formats import load_or_store
from graph.importance import Importance, ImportanceError
from graph.model import Category, EdgeClass, Graph, Problem
from graph.policy.collector import uncollected
from graph.snapshot import Snapshot, SnapshotError, Stored
from graph.store import StoreError

log = logging.getLogger(__name__)

TELL_EVERY = 0.5  # seconds between two notes of progress in the database
REBUILDS = 5  # how often an import starts again because another one published first

# Troubles whose message is written for the person who imported; anything else is ours and goes to the log.
REFUSALS = (
    ImportRefusedError,
    CollectRefusedError,
    SealError,
    WrongScopeError,
    SnapshotError,
    BuildError,
    StoreError,
    ImportanceError,
    answers.UnanswerableError,
)
PASSING = (OperationalError, OSError)  # troubles that may be over at the next try


class CancelledError(Exception):
    """Somebody asked to stop."""


class RestingError(Exception):
    """The scan waits for its parts: this worker is done with it for now."""


class OvertakenError(Exception):
    """Another import has published since this one began to build, or its graph was swept away as an old one."""


@dataclass
class Job:
    """One import while a worker is busy with it. What a step makes, the next ones find here."""

    scan: Scan
    record: SnapshotRecord = field(init=False)
    base: EstateGraph | None = None
    records: list[SnapshotRecord] = field(default_factory=list)
    importance: Importance = field(init=False)
    estate: Estate = field(init=False)
    report: Report = field(init=False)
    same: Likeness = field(init=False)
    told_at: float = 0.0

    def tell(self, done: int, total: int, words: str) -> None:
        """Note how far the step is; find out whether to stop."""
        if time.monotonic() - self.told_at >= TELL_EVERY:
            self.told_at = time.monotonic()
            self._write(progress_done=max(0, done), progress_total=max(0, total), progress_words=words[:400])

    def enter(self, step: Step) -> None:
        """Begin a step."""
        self.told_at = 0.0
        self._write(step=step.value, progress_done=0, progress_total=0, progress_words=step.label)

    def _write(self, **values: Any) -> None:
        mine = Scan.objects.filter(pk=self.scan.pk, lease=self.scan.lease, state=State.RUNNING)
        if not mine.update(**values):
            raise work.LeaseLostError(f"{self.scan} was taken over")
        if mine.filter(cancel_asked=True).exists():
            raise CancelledError


def receive(job: Job) -> None:
    """The file is here, and whole."""
    upload, scan = job.scan.upload, job.scan
    if scan.is_live:
        return
    if scan.snapshot_id is None:
        storage.bring(upload)
    if scan.snapshot_id is None and (not upload.place.exists() or upload.place.stat().st_size != upload.size):
        raise ImportRefusedError(f"{upload.name} is no longer on this machine as it was received. Upload it again.")


def plan(job: Job) -> None:
    """Into which parts a live scan falls. A second try finds those of the first."""
    scan = job.scan
    if scan.is_live and scan.snapshot_id is None and not scan.parts.exists():
        collecting.cut(scan, collector(scan.connection).pieces(values_of(scan.connection)))


def collect(job: Job) -> None:
    """The parts of a live scan are made by `work_on_part`; meanwhile no worker holds the scan."""
    if job.scan.is_live and job.scan.snapshot_id is None and collecting.rest(job.scan):
        raise RestingError


def read(job: Job) -> None:
    """What was received or collected -> snapshot, kept under its id. A second try finds the snapshot of the first."""
    scan = job.scan
    if scan.snapshot is None:
        snapshot = _joined(job) if scan.is_live else load_or_store(scan.upload.place, _options(job))
        storage.save(snapshot)
        scan.snapshot = scans.keep_snapshot(scan, snapshot)
    job.record = scan.snapshot


def _joined(job: Job) -> Snapshot | Stored:
    scan = job.scan
    lost, place = collecting.lost(scan), storage.collected(scan.upload)
    return collector(scan.connection).finish(values_of(scan.connection), place, lost, _options(job))


def _options(job: Job) -> ImportOptions:
    upload = job.scan.upload
    told = job.scan.started_at if job.scan.is_live else upload.collected_at
    return ImportOptions(
        collected_at=told.isoformat(timespec="seconds") if told else None,
        scope=upload.scope or None,
        limits=Limits(),
        progress=job.tell,
        store=storage.folder(),
    )


def build_estate(job: Job) -> None:
    """The snapshots of all connections -> estate graph, with this connection's newest in its place."""
    job.base = current_graph()
    kept = job.base.snapshots.exclude(connection=job.scan.connection) if job.base else SnapshotRecord.objects.none()
    job.records = [*kept.order_by("snapshot_id"), job.record]
    loaded = {record.pk: storage.opened(record) for record in job.records}
    job.importance = judging.in_force()
    job.estate = build(list(loaded.values()), job.tell, importance=job.importance)
    others = {problem for pk, snapshot in loaded.items() if pk != job.record.pk for problem in snapshot.problems}
    with transaction.atomic():
        _note_what_reading_found(job, job.estate, others)


def _note_what_reading_found(job: Job, estate: Estate, others: Collection[Problem]) -> None:
    """Facts may name gaps that only reading shows, such as an attached policy without its document.

    They are of all connections together; the page of an import is for those who may see its own.
    """
    mine = {"", job.record.scope, *job.record.scopes}
    for record in job.records:
        scopes = {record.scope, *record.scopes}
        gaps = (some for (cloud, scope), some in estate.gaps.items() if cloud == record.cloud and scope in scopes)
        scans.note_gaps(record, chain.from_iterable(gaps))
    told = estate.problems.get(job.record.cloud, ())
    found = (problem for problem in told if problem.scope in mine and problem not in others)
    scans.note_problems(job.scan, found)


def find_paths(job: Job) -> None:
    """Estate graph -> report: ranked paths and the lists beside them."""
    job.report = analyse(job.estate, job.tell, weighing.in_force())


def publish(job: Job) -> None:
    """Write the graph into the store, aside: nobody reads it before the pointer is switched."""
    job.same = likeness(job.estate.nodes)
    words = {key: group.key for key, group in job.same.groups.items()}
    store().publish(replace(job.estate.graph, id=job.report.graph_id), words)


def refresh_findings(job: Job) -> None:
    """Switch the pointer, bring the findings up to date and close the import: all of it, or nothing."""
    estate = job.estate
    assumed = {scope: list(words) for scope, words in estate.assumed.items()}
    with transaction.atomic(), uncollected():  # beside a whole estate in memory, the collector took half of the time
        turns.take_turn("publish")
        work.still_mine(job.scan)
        if current_graph() != job.base or job.report.graph_id not in store().ids():
            raise OvertakenError
        counts = {**count(estate.graph), "entries": len(estate.entries)}
        graph = scans.publish(job.report.graph_id, job.records, counts, assumed, job.importance.version)
        owned = Territory.of(job.records)
        published = Published(job.report, graph, estate.nodes, owned, estate.bindings(), same=job.same)
        refresh(published, lambda before: _compare(job, before))
        Scan.objects.filter(pk=job.scan.pk).update(graph=graph)
        scans.close(job.scan, State.DONE)


def _compare(job: Job, before: EstateGraph | None) -> Recheck:
    """What was read when the findings of an earlier graph were last seen, against what was read now."""
    same = {record.pk for record in job.records}
    old = [record for record in before.snapshots.all() if record.pk not in same] if before else []
    bad_files = frozenset(job.scan.problems.exclude(file="").values_list("file", flat=True))
    try:
        known = [storage.load(item) for item in old]
    except SnapshotError as error:
        log.warning("%s: nothing that is missing now counts as gone. %s", job.scan, error)
        known = None
    return Recheck(known, [storage.load(item) for item in job.records], bad_files)


def count(graph: Graph) -> dict[str, int]:
    """The numbers to show: set nodes are not counted, and edges are expanded pairs."""
    sizes: dict[str, int] = {}
    for edge in graph.edges:
        if edge.edge_class == EdgeClass.HAS:
            sizes[edge.source] = sizes.get(edge.source, 0) + 1
    pairs = sum(sizes.get(edge.target, 1) for edge in graph.edges if edge.edge_class != EdgeClass.HAS)
    real = [node for node in graph.nodes if node.category != Category.SET]
    kinds = {category: sum(node.category == category for node in real) for category in Category}
    return {"nodes": len(real), "edges": pairs, **{kind.value: kinds[kind] for kind in sorted(kinds) if kinds[kind]}}


STEPS: tuple[tuple[Step, Callable[[Job], None]], ...] = (
    (Step.RECEIVE, receive),
    (Step.PLAN, plan),
    (Step.COLLECT, collect),
    (Step.READ, read),
    (Step.BUILD, build_estate),
    (Step.ANALYSE, find_paths),
    (Step.PUBLISH, publish),
    (Step.REFRESH, refresh_findings),
)


def work_on_import(pk: int) -> None:
    """Take the import through STEPS, unless it is finished, somebody has it, or an earlier one goes first."""
    scan = Scan.objects.select_related("connection", "upload", "snapshot").filter(pk=pk).first()
    if scan is None or Scan.objects.unfinished().filter(connection=scan.connection_id, pk__lt=pk).exists():
        return
    claimed = work.claim(Scan.objects.select_related("connection", "upload", "snapshot"), pk, scans.close)
    if claimed is not None:
        with work.kept(claimed):
            _attempt(claimed, lambda: _run_steps(Job(claimed)), scans.close)
    queue.send_next(scan)


def _run_steps(job: Job) -> None:
    for _ in range(REBUILDS):
        try:
            for step, do in STEPS:
                job.enter(step)
                do(job)
        except OvertakenError:
            log.info("%s builds again: another import published first", job.scan)
            continue
        except RestingError:
            return
        return
    raise StoreError("Other imports kept publishing first. Import the file again when they are done.")


def work_on_part(pk: int) -> None:
    """Make a piece of a live scan; whoever makes the last one asks for the scan to go on."""
    part = collecting.claim(pk)
    if part is not None:
        with work.kept(part):
            _attempt(part, lambda: _make(part), work.close)
    for scan in Scan.objects.filter(parts=pk).values_list("pk", flat=True):
        collecting.go_on(scan)


def _make(part: ScanPart) -> None:
    """Into a folder aside, and into its place by the one who still holds the part."""
    connection, told_at = part.scan.connection, 0.0

    def tell(calls: int, words: str) -> None:
        nonlocal told_at
        part.calls = calls
        if time.monotonic() - told_at >= TELL_EVERY:
            told_at = time.monotonic()
            collecting.note(part, calls, words)

    with storage.making(part.scan.upload, part.key, part.lease) as (folder, settle):
        given = collector(connection), values_of(connection), collecting.piece(part)
        gaps = given[0].collect(given[1], given[2], folder, tell)
        collecting.done(part, len(gaps), settle)


def work_on_test(pk: int) -> None:
    """Find out what the credentials of a connection lack."""
    test = work.claim(ConnectionTest.objects.select_related("connection"), pk)
    if test is None:
        return

    def do() -> None:
        missing = collector(test.connection).check(values_of(test.connection))
        with transaction.atomic():
            work.still_mine(test)
            ConnectionTest.objects.filter(pk=pk).update(missing=[asdict(problem) for problem in missing])
            work.close(test, State.DONE)

    with work.kept(test):
        _attempt(test, do, work.close)


def work_on_question(pk: int) -> None:
    """Work out an answer and keep it with its question."""
    question = work.claim(Question.objects.select_related("graph"), pk)
    if question is None:
        return

    def do() -> None:
        found = answers.answer(question)
        with transaction.atomic():
            work.still_mine(question)
            Question.objects.filter(pk=pk).update(answer=found)
            work.close(question, State.DONE)

    with work.kept(question):
        _attempt(question, do, work.close)


def work_on_comparison(pk: int) -> None:
    """Work out what became of the paths between two graphs, and keep it."""
    rows = Comparison.objects.select_related("old", "new")
    comparison = work.claim(rows, pk)
    if comparison is None:
        return

    def do() -> None:
        found = comparing.differences(comparison)
        with transaction.atomic():
            work.still_mine(comparison)
            comparison.differences.all().delete()
            comparing.save(found)
            work.close(comparison, State.DONE)

    with work.kept(comparison):
        _attempt(comparison, do, work.close)


def _attempt(row: Any, do: Callable[[], None], close: Callable[[Any, State, str], None]) -> None:
    """Do the work; whatever happens, the row says so in words."""
    try:
        do()
    except work.LeaseLostError as error:
        log.warning("%s", error)
    except CancelledError:
        close(row, State.CANCELLED, "")
    except REFUSALS as error:
        close(row, State.FAILED, str(error))
    except PASSING as error:
        _try_again(row, error, close)
    except Exception as error:
        log.exception("%s failed", row)
        close(row, State.FAILED, _apology(error))


def _try_again(row: Work, error: Exception, close: Callable[[Any, State, str], None]) -> None:
    log.warning("%s, try %d: %s", row, row.tries, error)
    if row.tries < MAX_TRIES:
        work.give_back(row, f"Trying again after: {error}")
    else:
        close(row, State.FAILED, f"Tried {row.tries} times. The last trouble was: {error}")


def _apology(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "The machine ran out of memory. Import a smaller part, or run the worker where there is more."
    return f"This is a fault of the program ({type(error).__name__}). The worker's log says more."


@shared_task(name=queue.RUN_IMPORT)
def run_import(pk: int) -> None:
    """Celery's door to `work_on_import`."""
    work_on_import(pk)


@shared_task(name=queue.RUN_PART)
def run_part(pk: int) -> None:
    """Celery's door to `work_on_part`."""
    work_on_part(pk)


@shared_task(name=queue.RUN_TEST)
def run_test(pk: int) -> None:
    """Celery's door to `work_on_test`."""
    work_on_test(pk)


@shared_task(name=queue.RUN_QUESTION)
def run_question(pk: int) -> None:
    """Celery's door to `work_on_question`."""
    work_on_question(pk)


@shared_task(name=queue.RUN_COMPARISON)
def run_comparison(pk: int) -> None:
    """Celery's door to `work_on_comparison`."""
    work_on_comparison(pk)


@shared_task(name="ciem.pipeline.send_overdue")
def send_overdue() -> None:
    """Tell workers again about rows that nobody works on."""
    for scan in work.overdue(Scan.objects.order_by("pk")):
        queue.send(queue.RUN_IMPORT, scan)
    for pk in collecting.collecting():
        collecting.go_on(pk)
    for test in work.overdue(ConnectionTest.objects.order_by("pk")):
        queue.send(queue.RUN_TEST, test)
    for question in work.overdue(Question.objects.order_by("pk")):
        queue.send(queue.RUN_QUESTION, question)
    for comparison in work.overdue(Comparison.objects.order_by("pk")):
        queue.send(queue.RUN_COMPARISON, comparison)


@shared_task(name=schedules.TASK)
def scan_due(pk: int) -> None:
    """Beat's door to `collecting.ask`, for a connection that is read by itself."""
    connection = Connection.objects.filter(pk=pk).first()
    if connection is None:
        schedules.forget(pk)
    else:
        collecting.ask(by=None, connection=connection)


@shared_task(name="ciem.pipeline.sweep")
def sweep() -> None:
    """Celery's door to `sweeping.sweep`."""
    sweeping.sweep()
