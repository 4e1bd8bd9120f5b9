"""Every kind of bad input gets what the format promises: named, with a place, and the rest is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats import importing
from graph.clouds.aws.formats.answers_index import NEVER_ASKED
from graph.model import Gap, Problem
from graph.snapshot import Part, Snapshot
from tests.graph.clouds.aws.snapshot_files import described, write

CASES = json.loads((Path(__file__).parents[3] / "data/formats/bad_input.json").read_bytes())


def _import(case: dict[str, Any], folder: Path) -> Snapshot:
    return importing.load(write(folder, described(case["files"])), ImportOptions())


def _like(found: Any, wanted: dict[str, Any]) -> bool:
    """Whether each wanted member is equal, or the beginning or a part of a text."""
    for name, value in wanted.items():
        actual = getattr(found, name)
        actual = list(actual) if isinstance(actual, tuple) else actual
        if isinstance(actual, str) and name in ("what", "error", "remedy"):
            if value not in actual:
                return False
        elif actual != value:
            return False
    return True


def _part(snapshot: Snapshot, wanted: dict[str, Any]) -> Part:
    keys = {name: value for name, value in wanted.items() if name in ("scope", "region", "call", "arguments")}
    return next(part for part in snapshot.parts if _like(part, keys))


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda c: c["name"])
def test_input_that_ends_the_import_is_refused_with_the_reason(case: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        _import(case, tmp_path)
    assert case["refused"] in str(refused.value)


@pytest.mark.parametrize("case", [c for c in CASES if "refused" not in c], ids=lambda c: c["name"])
def test_bad_input_is_named_and_the_rest_goes_on(case: dict[str, Any], tmp_path: Path) -> None:
    snapshot = _import(case, tmp_path)
    _same_length(snapshot.problems, case.get("problems"))
    for kind in ("problems", "ignored"):
        found: tuple[Problem, ...] = getattr(snapshot, kind)
        for wanted in case.get(kind, []):
            assert any(_like(problem, wanted) for problem in found), (wanted, found)
    for wanted in case.get("parts", []):
        response: Any = _part(snapshot, wanted).response
        assert (response[wanted["at"]] if "at" in wanted else response) == wanted["response"]
    assert not {part.call for part in snapshot.parts} & set(case.get("absent", []))
    assert not any(_like(part, wanted) for wanted in case.get("no_parts", []) for part in snapshot.parts)
    assert snapshot.scope == case.get("scope", snapshot.scope)


def _same_length(found: tuple[Problem, ...], wanted: list[dict[str, Any]] | None) -> None:
    assert wanted is None or len(found) == len(wanted), found


@pytest.mark.parametrize("case", [c for c in CASES if "gaps" in c], ids=lambda c: c["name"])
def test_what_bad_input_would_have_said_is_a_gap(case: dict[str, Any], tmp_path: Path) -> None:
    mentioned = {part["call"] for part in case.get("parts", [])} | {gap["call"] for gap in case["gaps"]}
    gaps = [gap for gap in _import(case, tmp_path).gaps if gap.error != NEVER_ASKED and gap.call in mentioned]
    for wanted in case["gaps"]:
        assert any(_like(gap, wanted) for gap in gaps), (wanted, gaps)
    assert len(gaps) == len(case["gaps"]), gaps
    assert all(_says_what_to_do(gap) for gap in gaps)


def _says_what_to_do(gap: Gap) -> bool:
    return gap.remedy.endswith(".")


@pytest.mark.parametrize("case", [c for c in CASES if "nowhere" in c], ids=lambda c: c["name"])
def test_credentials_are_stored_nowhere(case: dict[str, Any], tmp_path: Path) -> None:
    stored = orjson.dumps(_import(case, tmp_path), default=lambda value: value.__dict__)
    assert not any(secret.encode() in stored for secret in case["nowhere"])
