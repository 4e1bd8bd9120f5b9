"""The hand-made organization gives exactly what is planted in it: nothing less, and nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.analysis.findings import analyse
from graph.analysis.report import Report
from graph.build import build
from graph.cloud import ImportOptions
from graph.formats import load
from graph.model import Verdict
from tests.estates.aws_planted import Estate, write
from tests.estates.aws_planted_stage import SCENES

_ROOM = 40


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Estate, Report]:
    folder = tmp_path_factory.mktemp("planted") / "estate"
    planted = write(folder)
    snapshot = load(folder, ImportOptions())
    assert (snapshot.gaps, snapshot.problems) == ((), ())
    return planted, analyse(build([snapshot]))


def test_an_edge_that_takes_a_guard_off_names_it(tmp_path: Path) -> None:
    write(tmp_path / "estate")
    edges = build([load(tmp_path / "estate", ImportOptions())]).graph.edges
    removed = {edge.rule: edge.removes for edge in edges}
    assert removed["aws.delete-user-permissions-boundary"] == "boundary"
    assert not removed["aws.assume-role"]


def found(report: Report) -> dict[tuple[str, str, str], Verdict]:
    return {(path.entry.identity, path.harm, path.target): path.verdict for path in report.paths}


def test_every_planted_path_is_found(played: tuple[Estate, Report]) -> None:
    planted, report = played
    assert not planted.planted.keys() - found(report).keys()


def test_nothing_else_is_found_in_any_near_miss_or_beside_what_was_planted(played: tuple[Estate, Report]) -> None:
    planted, report = played
    assert not found(report).keys() - planted.planted.keys()


def test_what_was_planted_is_as_sure_as_it_was_planted(played: tuple[Estate, Report]) -> None:
    """What owners win abroad is as sure as their way to the account, and is no scene."""
    planted, report = played
    verdicts = {pair: verdict for pair, verdict in found(report).items() if planted.planted.get(pair) in SCENES}
    weak = {pair for pair in verdicts if pair[1] in SCENES[planted.planted[pair]].weak}
    assert {pair for pair, verdict in verdicts.items() if verdict is not Verdict.ALLOWED} == weak


def test_those_who_own_the_account_as_it_stands_are_told_as_administrators(played: tuple[Estate, Report]) -> None:
    planted, report = played
    administrators = {one.identity for one in report.administrators}
    assert set(planted.administrators) <= administrators
    assert not {one for one in administrators if one.endswith("-no")}


def test_there_are_many_scenes_of_all_families() -> None:
    assert len(SCENES) >= _ROOM
    assert all(scene.why and scene.miss for scene in SCENES.values())
