"""Every hand-written case of an AWS decision, each with its reason and page, holds for the product and the oracle."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graph.clouds.aws.requests import decide_request
from tests.graph.oracle.aws import decide

CERTAIN = ("allowed", "denied")
CASES = Path(__file__).parents[2] / "cases" / "aws"


def load() -> list[dict[str, Any]]:
    cases = []
    for path in sorted(CASES.glob("*.json")):
        file = json.loads(path.read_text())
        for case in file["cases"]:
            request = {"id": case["id"], **file["defaults"], **case["request"]}
            cases.append({**case, "request": request, "file": path.stem})
    return cases


ALL = load()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case["id"])
def test_the_product_decides_as_the_case_says(case: dict[str, Any]) -> None:
    answer, expect = decide_request(case["request"]), case["expect"]
    if "error" in expect:
        assert expect["error"] in answer.get("error", {}).get("at", ""), answer
        return
    assert answer.get("verdict") == expect["verdict"], answer
    for key in ("explicit", "blocked_by"):
        assert key not in expect or answer[key] == expect[key], answer
    assert expect.get("layers", {}).items() <= answer["layers"].items(), answer
    for wanted in expect.get("conditions", []):
        assert any(wanted.items() <= found.items() for found in answer["conditions"]), answer


@pytest.mark.parametrize("case", [case for case in ALL if "error" not in case["expect"]], ids=lambda case: case["id"])
def test_the_oracle_decides_as_the_case_says(case: dict[str, Any]) -> None:
    answer, expect = decide(case["request"]), case["expect"]
    assert answer.verdict == expect["verdict"] or (answer.verdict == "unsure" and expect["verdict"] not in CERTAIN)
    assert answer.explicit == expect.get("explicit", answer.explicit)


def test_there_are_enough_cases() -> None:
    assert len(ALL) >= 250


def test_every_case_has_its_own_id_a_reason_and_a_page() -> None:
    assert [each for each, count in Counter(case["id"] for case in ALL).items() if count > 1] == []
    assert [case["id"] for case in ALL if not case["why"].endswith((".", "?"))] == []
    assert [case["id"] for case in ALL if not case["page"].startswith("https://docs.aws.amazon.com/")] == []


def test_every_topic_has_its_near_misses() -> None:
    verdicts: dict[str, set[str]] = {}
    for case in ALL:
        verdicts.setdefault(case["file"], set()).add(case["expect"].get("verdict", "error"))
    assert [file for file, found in verdicts.items() if len(found) < 2] == []
