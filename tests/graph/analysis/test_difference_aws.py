"""One path through an AWS account, closed and opened in every way that policies know, with the change that did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graph.analysis.difference import Difference, Side, Turn, compare
from graph.analysis.sides import side
from graph.analysis.study import Analysis
from graph.build import build
from graph.cloud import ImportOptions
from graph.clouds.aws.demo import write_accounts
from graph.clouds.aws.demo.calls import Account, Answer, allow, deny, policy, to, trust
from graph.formats import load

NUMBER = "111122223333"
READER, WORKER = f"arn:aws:iam::{NUMBER}:role/reader", f"arn:aws:iam::{NUMBER}:user/worker"
ASSUME = allow("sts:AssumeRole", READER)
READ = allow("secretsmanager:GetSecretValue")
FORBID = deny("secretsmanager:*")


@dataclass
class Scene:
    """The worker holds an access key and may assume the reader, who reads secrets."""

    worker: list[Answer] = field(default_factory=lambda: [ASSUME])
    groups: list[str] = field(default_factory=list)
    trusted: Answer = field(default_factory=lambda: trust({"AWS": f"arn:aws:iam::{NUMBER}:root"}))
    reader: list[Answer] = field(default_factory=lambda: [READ])
    boundary: bool = False
    secret: Answer | None = None
    secrets: list[str] = field(default_factory=lambda: ["prod"])
    key: str = "2025-01-01T00:00:00Z"

    def write(self, folder: Path) -> None:
        account = Account(NUMBER, "scene")
        limit = account.managed("Limit", allow("s3:*"))
        account.group("readers", ASSUME)
        account.user("worker", *self.worker, groups=self.groups, key=self.key)
        account.role("reader", self.trusted, *self.reader, boundary=limit if self.boundary else "")
        for name in self.secrets:
            account.secret(name, self.secret)
        write_accounts(folder, [account], NUMBER)


Compare = Callable[[Scene, Scene], list[Difference]]


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Compare:
    """Each scene is played once, however often it is compared."""
    played: dict[str, Side] = {}

    def play(scene: Scene) -> Side:
        if repr(scene) not in played:
            folder = tmp_path_factory.mktemp("scene") / "snapshot"
            scene.write(folder)
            analysis = Analysis(build([load(folder, ImportOptions())]))
            entries = analysis.estate.entries
            played[repr(scene)] = side(analysis, entries, analysis.ways(entries))
        return played[repr(scene)]

    return lambda old, new: list(compare(play(old), play(new)))


TIGHTER = {
    "a deny beside the grant": (
        Scene(reader=[READ, FORBID]),
        ("statement", "added", f"{READER} inline Own", "/Statement/1"),
    ),
    "the grant taken out": (
        Scene(reader=[allow("s3:*")]),
        ("statement", "changed", f"{READER} inline Own", "/Statement/0"),
    ),
    "a boundary": (Scene(boundary=True), ("binding", "added", f"arn:aws:iam::{NUMBER}:policy/Limit", READER)),
    "the trust": (
        Scene(trusted=trust({"AWS": f"arn:aws:iam::{NUMBER}:user/other"})),
        ("statement", "changed", f"{READER} trust", "/Statement/0"),
    ),
    "a deny on the secret": (Scene(secret=policy(to("*", FORBID))), ("document", "added", "secret:prod policy", "")),
    "the secret itself": (Scene(secrets=[]), ("node", "removed", "secret:prod", "")),
}


@pytest.mark.parametrize("what", TIGHTER)
def test_what_closes_a_path_is_named_and_named_again_when_it_opens(between: Compare, what: str) -> None:
    changed, (kind, change, name, place) = TIGHTER[what]
    [closed] = between(Scene(), changed)
    assert closed.turn is Turn.CLOSED
    assert closed.path.entry.identity == WORKER
    causes = [cause for hop in closed.hops for cause in hop.causes]
    assert [(cause.what, cause.change, cause.place) for cause in causes] == [(kind, change, place)]
    assert name in causes[0].name.replace("-Nw0004", "")
    assert closed.because
    assert closed.rechecked


@pytest.mark.parametrize("what", TIGHTER)
def test_the_same_change_the_other_way_opens_it(between: Compare, what: str) -> None:
    changed, (kind, change, _name, place) = TIGHTER[what]
    [opened] = between(changed, Scene())
    assert opened.turn is Turn.OPENED
    [cause] = [cause for hop in opened.hops for cause in hop.causes]
    back = {"added": "removed", "removed": "added", "changed": "changed"}[change]
    assert (cause.what, cause.change, cause.place) == (kind, back, place)


def test_joining_a_group_binds_what_the_group_hands_on(between: Compare) -> None:
    [opened] = between(Scene(worker=[]), Scene(worker=[], groups=["readers"]))
    [hop] = opened.hops
    assert ("binding", "added") in {(cause.what, cause.change) for cause in hop.causes}
    assert any("group/readers" in cause.name for cause in hop.causes)


def test_a_new_access_key_is_a_new_start(between: Compare) -> None:
    [opened] = between(Scene(key=""), Scene())
    assert opened.hops == ()
    assert opened.because == (f"{WORKER} is now an entry point.",)


def test_a_condition_changes_verdict_and_score(between: Compare) -> None:
    asked = allow("sts:AssumeRole", READER, IpAddress={"aws:SourceIp": "203.0.113.0/24"})
    [changed] = between(Scene(), Scene(worker=[asked]))
    assert changed.turn is Turn.CHANGED
    assert changed.was is not None
    assert (str(changed.was.verdict), str(changed.path.verdict)) == ("allowed", "conditional")
    assert changed.was.score > (changed.path.score or 0)
    [cause] = changed.hops[0].causes
    assert (cause.what, cause.before, cause.after) == ("statement", ASSUME, asked)
