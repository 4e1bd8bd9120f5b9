"""From a file to published paths: the steps of an import as a worker takes them, in a fresh process and database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from bench.aws_company import Company
from bench.aws_estate import LARGE, SMALL, Size
from bench.aws_folder import write
from bench.machine import heading, middle

STAGES = ("receive", "read", "facts and access", "decide rules", "draw graph", "analyse", "publish", "refresh")


@dataclass(frozen=True, slots=True)
class Figures:
    """One size, measured `runs` times. Seconds by stage; what came of it is the same every time."""

    principals: int
    wall: dict[str, float]
    cpu: dict[str, float]
    megabytes: float
    counts: dict[str, int]

    @property
    def total(self) -> float:
        return sum(self.wall.values())


def run(seed: int, runs: int) -> None:
    """Both sizes, and how the cost grows from one to the other."""
    heading("From a file to published paths", seed)
    figures = []
    for size in (SMALL, LARGE):
        figures.append(measure(size, seed, runs))
        show(figures[-1])
    small, large = figures
    growth = log(large.principals / small.principals)
    cpu = log(sum(large.cpu.values()) / sum(small.cpu.values())) / growth
    print(
        f"\n  growth with the number of principals, as an exponent:"
        f" wall {log(large.total / small.total) / growth:.2f}, CPU {cpu:.2f},"
        f" memory {log(large.megabytes / small.megabytes) / growth:.2f}"
    )


def measure(size: Size, seed: int, runs: int) -> Figures:
    """Each run in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside) / "estate"
        company = Company(size, seed)
        write(company, folder)
        told = [_in_a_process(folder, Path(aside) / f"home{number}") for number in range(runs)]
    return Figures(
        len(company.made.principals),
        {stage: middle([one["wall"][stage] for one in told]) for stage in STAGES},
        {stage: middle([one["cpu"][stage] for one in told]) for stage in STAGES},
        middle([one["megabytes"] for one in told]),
        told[0]["counts"],
    )


def _in_a_process(folder: Path, home: Path) -> dict[str, Any]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("GRANTPATH_")}
    given = {"GRANTPATH_HOME": str(home), "GRANTPATH_BROKER": "memory://", "DJANGO_SETTINGS_MODULE": "ciem.settings"}
    command = [sys.executable, "-m", "bench.worker", str(folder)]
    done = subprocess.run(command, env=known | given, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The worker failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def show(figures: Figures) -> None:
    counts = figures.counts
    zipped = counts["bytes"] / 1e6
    print(f"\n  {figures.principals:,} principals; {counts['parts']:,} answers of {zipped:.1f} MB zipped")
    print(f"    {'stage':20}{'wall s':>8}{'CPU s':>8}")
    for stage in STAGES:
        print(f"    {stage:20}{figures.wall[stage]:8.2f}{figures.cpu[stage]:8.2f}")
    print(f"    {'whole':20}{figures.total:8.2f}{sum(figures.cpu.values()):8.2f}")
    print(f"    peak memory of the worker {figures.megabytes:.0f} MB")
    print(
        f"    {counts['nodes']:,} nodes, {counts['pairs']:,} edges as {counts['rows']:,} rows;"
        f" {counts['entries']:,} entry points, {counts['administrators']:,} administrators"
    )
    print(
        f"    {counts['findings']:,} findings over {counts['targets']:,} targets and {counts['harms']} harms;"
        f" {counts['breaches']:,} breach rows for {counts['breached']:,} pairs of an identity and an outcome"
    )
