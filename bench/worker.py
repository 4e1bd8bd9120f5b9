"""`python -m bench.worker FOLDER`: one import as production does it, with a clock at every step; JSON on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()  # before anything that has a model is imported

from django.core.management import call_command  # noqa: E402

from bench.machine import peak_megabytes  # noqa: E402
from ciem import pipeline  # noqa: E402
from ciem.accounts.actions import create_user  # noqa: E402
from ciem.accounts.models import Role  # noqa: E402
from ciem.management.importing import import_path  # noqa: E402
from ciem.paths.models import Breach, Finding  # noqa: E402
from ciem.scans.models import Scan, Step  # noqa: E402

# What the build tells while it works, and the stage that begins with it.
_BEGINS = (("deciding", "decide rules"), ("drawing", "draw graph"))
_CALLED = {Step.BUILD: "facts and access"}  # a step goes by its own word but for what comes before those stages


class Clock:
    """Wall and CPU seconds by stage; a stage lasts until the next one begins."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._stage, self._since = "", (0.0, 0.0)

    def begin(self, stage: str) -> None:
        now = time.perf_counter(), time.process_time()
        if self._stage:
            self.wall[self._stage] = now[0] - self._since[0]
            self.cpu[self._stage] = now[1] - self._since[1]
        self._stage, self._since = stage, now

    def tell(self, words: str) -> None:
        """Progress words of the build begin its later stages."""
        for beginning, stage in _BEGINS:
            if words.startswith(beginning) and stage not in self.wall and self._stage != stage:
                self.begin(stage)


def main(folder: Path) -> None:
    call_command("migrate", verbosity=0)
    scan = _received(folder)
    size = scan.upload.size
    clock, job = _work(scan)
    scan.refresh_from_db()
    if scan.error:
        raise SystemExit(scan.error)
    counts = {**_counts(job), "bytes": size}
    print(json.dumps({"wall": clock.wall, "cpu": clock.cpu, "megabytes": peak_megabytes(), "counts": counts}))


def _received(folder: Path) -> Scan:
    user = create_user(by=None, username="bench", password="long enough to bench", role=Role.ADMINISTRATOR)
    return import_path(user, folder, "Bench")


def _work(scan: Scan) -> tuple[Clock, pipeline.Job]:
    """The pipeline's own steps, each announced to the clock."""
    clock, jobs = Clock(), list[pipeline.Job]()
    tell = pipeline.Job.tell

    def announced(step: Step, do: Callable[[pipeline.Job], None]) -> Callable[[pipeline.Job], None]:
        def work(job: pipeline.Job) -> None:
            jobs.append(job)
            clock.begin(_CALLED.get(step, step.value))
            do(job)

        return work

    def told(job: pipeline.Job, done: int, total: int, words: str) -> None:
        clock.tell(words)
        tell(job, done, total, words)

    pipeline.STEPS = tuple((step, announced(step, do)) for step, do in pipeline.STEPS)
    pipeline.Job.tell = told  # type: ignore[method-assign, assignment]
    pipeline.work_on_import(scan.pk)
    clock.begin("")
    return clock, jobs[-1]


def _counts(job: pipeline.Job) -> dict[str, int]:
    report, graph = job.report, job.estate.graph
    told = pipeline.count(graph)
    return {
        "parts": job.record.parts,
        "nodes": told["nodes"],
        "pairs": told["edges"],
        "rows": len(graph.edges),
        "entries": len(job.estate.entries),
        "administrators": len(report.administrators),
        "findings": Finding.objects.count(),
        "targets": Finding.objects.values("target_key").distinct().count(),
        "harms": Finding.objects.values("harm").distinct().count(),
        "breaches": Breach.objects.count(),
        "breached": sum(len(row.identities) * len(row.targets) for row in report.breaches),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
