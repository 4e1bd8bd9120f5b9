"""An organization from its snapshot to ranked paths, at several sizes; and one small change at the size of one account.

Each size runs in a process of its own, whose children decide the parts.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from math import log
from pathlib import Path
from typing import Any

from bench.changes import changed
from bench.machine import Memory, heading, peak_megabytes
from graph.analysis.findings import analyse
from graph.build import Estate, build
from graph.build.spread import Spread
from graph.clouds.aws.facts import AwsFacts
from graph.model import Facts
from graph.snapshot import opened as stored

SIZES = (5, 20)  # accounts; others by ACCOUNTS=50,100
_STAGES = {  # words that build and analysis tell
    "deciding part": "decide parts",
    "drawing the": "draw graph",
    "proving": "prove paths",
    "weighing": "choke points and the rest",
}


def run(seed: int, runs: int) -> None:
    """The sizes, then the small change."""
    heading("An organization, account by account", seed)
    sizes = [int(n) for n in os.environ.get("ACCOUNTS", "").split(",") if n] or SIZES
    told = [_in_a_process(accounts, seed) for accounts in sizes]
    for one in told:
        show(one)
    first, last = told[0], told[-1]
    growth = log(last["accounts"] / first["accounts"])
    power = log(sum(last["cpu"].values()) / sum(first["cpu"].values())) / growth
    print(f"\n  growth with the number of accounts, as an exponent: CPU {power:.2f}")
    changed(seed, runs)


def _in_a_process(accounts: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.organization", str(accounts), str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The worker failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(accounts: int, seed: int) -> None:
    """One size: written as one stored snapshot by another process, built here; JSON on stdout."""
    with tempfile.TemporaryDirectory() as aside:
        script = "import sys; from pathlib import Path; from bench.aws_organization import Organization; "
        script += "Organization(int(sys.argv[1]), int(sys.argv[2])).write(Path(sys.argv[3]))"
        subprocess.run([sys.executable, "-c", script, str(accounts), str(seed), aside], check=True)
        (place,) = Path(aside).iterdir()
        clock = _Clock()
        with Memory() as memory:
            clock.begin("read accounts")
            estate = build([stored(place.parent, place.stem)], lambda _done, _total, words: clock.tell(words))
            built = memory.megabytes
            clock.begin("analyse")
            report = analyse(estate, lambda _done, _total, words: clock.tell(words))
            clock.begin("")
    counts = {"identities": len(estate.identities), "resources": _resources(estate)}
    counts |= {"nodes": len(estate.nodes), "edges": len(estate.graph.edges)}
    counts |= {"findings": len(report.paths), "breaches": len(report.breaches), "built": int(built)}
    told = {"accounts": accounts, "wall": clock.wall, "cpu": clock.cpu, "together": memory.megabytes, **counts}
    print(json.dumps(told | {"megabytes": peak_megabytes()}))


def _resources(estate: Estate) -> int:
    work = estate.works["aws"]
    if isinstance(work, Spread):
        facts = (pickle.loads(place.read_bytes()) for place in sorted(work.folder.path.glob("*.facts")))
        return sum(len(some) for one in facts for some in one.resources.values())
    return sum(map(len, _aws(work.facts).resources.values()))


def _aws(facts: Facts) -> AwsFacts:
    assert isinstance(facts, AwsFacts)
    return facts


class _Clock:
    """Wall and CPU seconds by stage, those of children that are done included."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._stage, self._since = "", (0.0, 0.0)

    def begin(self, stage: str) -> None:
        spent = os.times()
        now = time.perf_counter(), spent.user + spent.system + spent.children_user + spent.children_system
        if self._stage:
            self.wall[self._stage] = now[0] - self._since[0]
            self.cpu[self._stage] = now[1] - self._since[1]
        self._stage, self._since = stage, now

    def tell(self, words: str) -> None:
        """Progress words of the build begin its later stages."""
        stage = next((name for start, name in _STAGES.items() if words.startswith(start)), "")
        if stage and stage != self._stage and stage not in self.wall:
            self.begin(stage)


def show(told: dict[str, Any]) -> None:
    print(f"\n  {told['accounts']} accounts, {told['identities']:,} identities, {told['resources']:,} resources")
    print(f"    {'stage':20}{'wall s':>8}{'CPU s':>8}")
    for stage, wall in told["wall"].items():
        print(f"    {stage:20}{wall:8.2f}{told['cpu'][stage]:8.2f}")
    print(f"    {'whole':20}{sum(told['wall'].values()):8.2f}{sum(told['cpu'].values()):8.2f}")
    print(
        f"    {told['nodes']:,} nodes, {told['edges']:,} edges as rows;"
        f" {told['findings']:,} findings, {told['breaches']:,} rows of assumed breach\n"
        f"    peak memory {told['built']} MB with children until the graph is there, {told['together']:.0f} MB in all;"
        f" of the main process {told['megabytes']:.0f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
