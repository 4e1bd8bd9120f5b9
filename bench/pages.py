"""How long the server takes for a page of a published estate: the worker publishes it, then an administrator reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.aws_company import Company
from bench.aws_estate import LARGE
from bench.aws_folder import write
from bench.machine import heading

OBJECTS = 12  # paths, identities and targets that are opened
REACH = 200.0  # milliseconds


def run(seed: int, runs: int) -> None:
    """The large size; each page is opened once to warm up and then `runs` times."""
    heading("Pages, server side", seed)
    with tempfile.TemporaryDirectory() as aside:
        folder, home = Path(aside) / "estate", Path(aside) / "home"
        company = Company(LARGE, seed)
        write(company, folder)
        counts = json.loads(_told("bench.worker", home, str(folder)))["counts"]
        figures = json.loads(_told("bench.visits", home, str(OBJECTS), str(runs)))
    print(f"\n  {len(company.made.principals):,} principals, {counts['findings']:,} findings, one reader at a time")
    print(f"    {'page':22}{'visits':>8}{'median ms':>11}{'p95 ms':>9}   reach {REACH:.0f}")
    for name, visits in figures.items():
        wall = sorted(one[0] for one in visits)
        late = _at(wall, 0.95)
        cpu = _at(sorted(one[1] for one in visits), 0.95)
        verdict = "reached" if late < REACH else "missed"
        print(f"    {name:22}{len(wall):8}{_at(wall, 0.5):11.0f}{late:9.0f}   {verdict}; CPU {cpu:.0f}")


def _at(ordered: list[float], share: float) -> float:
    """The value below which that share of the visits lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _told(module: str, home: Path, *arguments: str) -> str:
    """The last line that a process of its own prints."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("GRANTPATH_")}
    given = {"GRANTPATH_HOME": str(home), "GRANTPATH_BROKER": "memory://", "DJANGO_SETTINGS_MODULE": "ciem.settings"}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=known | given, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    return done.stdout.splitlines()[-1]
