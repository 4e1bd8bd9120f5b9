"""One request at a time: what each layer does to it. The cases lie in decide.json, each with the page that says so."""

import json
from pathlib import Path

import pytest

from graph.clouds.aws.policy.decide import LAYERS
from graph.clouds.aws.requests import decide_request

CASES = json.loads((Path(__file__).parent / "decide.json").read_text("utf-8"))


def agrees(got, expected):
    """Whether everything expected is there; objects may hold more."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(
            name in got and agrees(got[name], value) for name, value in expected.items()
        )
    return got == expected


@pytest.mark.parametrize("case", CASES, ids=[case["sentence"] for case in CASES])
def test_a_documented_case(case):
    got = decide_request(case["request"])
    assert agrees(got, case["expect"]), got


@pytest.mark.parametrize(
    "case", [case for case in CASES if "error" not in case["expect"]], ids=lambda case: case["sentence"]
)
def test_a_decision_always_has_its_seven_layers_and_says_why(case):
    got = decide_request(case["request"])
    assert tuple(got["layers"]) == LAYERS
    assert got["because"]
    assert bool(got["blocked_by"]) is (got["verdict"] == "denied")
    assert (
        set(got["blocked_by"]) == {layer for layer, word in got["layers"].items() if word == "denied"}
        or not got["blocked_by"]
    )
    if got["verdict"] in ("allowed", "denied"):
        assert got["conditions"] == []
    if got["verdict"] == "conditional":
        assert got["conditions"]
    if got["verdict"] == "unknown":
        assert any(each.get("words") for each in got["because"])


def test_every_case_names_its_page_and_no_two_say_the_same():
    assert all(case["page"].startswith("https://docs.aws.amazon.com/") for case in CASES)
    assert len({case["sentence"] for case in CASES}) == len(CASES)
