"""The analysis of an organization's merged graph at several sizes: CPU seconds by step, and memory above the graph.

The graph of a few accounts is copied under other names, so that nothing but the analysis has to be waited for. Edges
are not proved: how much proofs cost depends on the decisions, which other stages measure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from math import log
from typing import Any

from bench.aws_organization import SEEDS, Organization
from bench.copies import copied
from bench.machine import heading, peak_megabytes
from graph.analysis.findings import analyse
from graph.build import build
from graph.policy.collector import uncollected

SIZES = (20, 80)  # accounts, of four companies each; others by ACCOUNTS=40,200


def run(seed: int, runs: int) -> None:
    """Each size in a process of its own, once: it takes long enough."""
    heading("The analysis of an organization", seed)
    sizes = [int(n) for n in os.environ.get("ACCOUNTS", "").split(",") if n] or SIZES
    told = [_in_a_process(accounts, seed) for accounts in sizes]
    for one in told:
        show(one)
    if growth := log(told[-1]["accounts"] / told[0]["accounts"]):
        cpu, memory = (log(_whole(told[-1], what) / _whole(told[0], what)) / growth for what in ("cpu", "megabytes"))
        print(f"\n  growth with the number of accounts, as an exponent: CPU {cpu:.2f}, memory {memory:.2f}")


def _whole(told: dict[str, Any], what: str) -> float:
    return float(sum(told[what].values()) if what == "cpu" else told[what])


def _in_a_process(accounts: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.analysis", str(accounts), str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The worker failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def show(told: dict[str, Any]) -> None:
    print(f"\n  {told['accounts']} accounts: {told['nodes']:,} nodes, {told['edges']:,} edges as rows")
    for stage, cpu in told["cpu"].items():
        print(f"    {stage:32}{cpu:8.2f} CPU s")
    print(f"    {'whole':32}{_whole(told, 'cpu'):8.2f} CPU s; memory above the graph {told['megabytes']:.0f} MB")
    print(f"    {told['entries']:,} entry points, {told['findings']:,} findings, {told['breaches']:,} breach rows")


def main(accounts: int, seed: int) -> None:
    """One size; JSON on stdout."""
    with uncollected():
        estate = copied(build(list(Organization(SEEDS, seed).snapshots()), processes=1), accounts // SEEDS)
    entries, before, cpu = len(estate.entries), peak_megabytes(), dict[str, float]()
    since, stage = time.process_time(), ""

    def tell(_done: int, _total: int, words: str) -> None:
        nonlocal since, stage
        now = time.process_time()
        if stage:
            cpu[stage] = cpu.get(stage, 0.0) + now - since
        since, stage = now, "proving paths" if words.startswith("proving") else words

    report = analyse(estate, tell)
    tell(0, 0, "")
    counts = {"nodes": len(estate.nodes), "edges": len(estate.graph.edges), "entries": entries}
    counts |= {"findings": len(report.paths), "breaches": len(report.breaches)}
    print(json.dumps({"accounts": accounts, "cpu": cpu, "megabytes": peak_megabytes() - before, **counts}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
