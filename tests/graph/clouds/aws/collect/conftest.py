"""The real SDK against a small AWS on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.clouds.aws.collect import COLLECTOR
from graph.clouds.aws.demo import MANAGEMENT, write
from graph.model import Gap
from tests.graph.clouds.aws.collect.aws_server import Asked, Aws, answers_of, enter, reached

Collect = Callable[[dict[str, str]], list[Gap]]


@pytest.fixture(autouse=True)
def _no_other_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    enter(monkeypatch, MANAGEMENT, tmp_path / "no-such-file")


@pytest.fixture(scope="session")
def northwind_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("northwind")
    write(folder)
    return folder


@pytest.fixture(scope="session")
def northwind(northwind_folder: Path) -> dict[Asked, Any]:
    return answers_of(northwind_folder)


@pytest.fixture
def aws(northwind: dict[Asked, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The demo organization, as AWS would answer about it."""
    with reached(Aws(northwind), monkeypatch) as one:
        yield one


@pytest.fixture
def collect(aws: Aws, tmp_path: Path) -> Collect:
    """Collect the pieces whose names are asked for, or all, into `tmp_path / "pieces"`; the gaps of all."""

    def all_of(values: dict[str, str], named: str = "") -> list[Gap]:
        gaps: list[Gap] = []
        for piece in COLLECTOR.pieces(values):
            if named in piece.key:
                folder = tmp_path / "pieces" / piece.key
                folder.mkdir(parents=True)
                gaps += COLLECTOR.collect(values, piece, folder, lambda _calls, _words: None)
        return gaps

    return all_of
