"""An organization from its snapshots to the graph, at several sizes; and one changed policy at the size of one account.

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
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

from bench.aws_company import Company
from bench.aws_estate import LARGE
from bench.aws_folder import write
from bench.machine import Memory, heading, middle, peak_megabytes, timed
from graph.build import Estate, build, build_facts
from graph.build.spread import Spread
from graph.cloud import ImportOptions
from graph.clouds import clouds
from graph.clouds.aws.facts import AwsFacts
from graph.formats import load
from graph.model import Document, Facts
from graph.policy.collector import uncollected
from graph.snapshot import Snapshot
from graph.snapshot import opened as stored

SIZES = (5, 20)  # accounts; others by ACCOUNTS=50,100
_STAGES = {"deciding part": "decide parts", "drawing the": "draw graph"}  # words that the build tells
_BODIES = {
    "reading a bucket": ["s3:GetObject"],
    "using functions": ["lambda:UpdateFunctionCode", "lambda:InvokeFunction"],
    "assuming any role": ["sts:AssumeRole"],
    "everything": ["*"],
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
            clock.begin("")
    counts = {"identities": len(estate.identities), "resources": _resources(estate)}
    counts |= {"nodes": len(estate.nodes), "edges": len(estate.graph.edges)}
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
        f" peak memory {told['together']:.0f} MB with children, of the main process {told['megabytes']:.0f} MB"
    )


# ----- one changed policy


def changed(seed: int, runs: int) -> None:
    """From changed facts to the graph, held against building it anew."""
    with tempfile.TemporaryDirectory() as aside:
        write(Company(LARGE, seed), Path(aside) / "estate")
        snapshot = load(Path(aside) / "estate", ImportOptions())
    with uncollected():
        facts = _aws(clouds()["aws"].read([snapshot]))
        before = build_facts([snapshot], {"aws": facts})
        print(f"\n  one policy changed among {len(facts.principals):,} principals")
        for words, actions in _BODIES.items():
            _compare(words, _with_policy(facts, actions), snapshot, before, runs)


def _with_policy(facts: AwsFacts, actions: list[str]) -> AwsFacts:
    """The hundredth identity with policies holds another one in the place of its last."""
    at = [i for i, principal in enumerate(facts.principals) if principal.documents][99]
    whose = facts.principals[at]
    said = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    body = {"Version": "2012-10-17", "Statement": [said]}
    papers = (*whose.documents[:-1], Document(whose.documents[-1].name, body, scope=whose.account or ""))
    principals = (*facts.principals[:at], replace(whose, documents=papers), *facts.principals[at + 1 :])
    return replace(facts, principals=principals)


def _compare(words: str, facts: AwsFacts, snapshot: Snapshot, before: Estate, runs: int) -> None:
    again, anew = [], []
    same = False
    for _ in range(runs):
        seconds, quick = timed(lambda: build_facts([snapshot], {"aws": facts}, before))
        again.append(seconds)
        seconds, slow = timed(lambda: build_facts([snapshot], {"aws": facts}))
        anew.append(seconds)
        same = quick.graph == slow.graph
    print(
        f"    {words:20}{middle(again):8.2f} s, anew {middle(anew):.2f} s,"
        f" {'the same graph' if same else 'ANOTHER GRAPH'}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
