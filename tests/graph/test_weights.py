"""The table of weights: whole as shipped, editable in part, refused in words, versioned by every number in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.model import Edge, EdgeClass, EntryKind, Verdict
from graph.targets import HARMS, TARGET_KINDS, WEIGHTS_VERSION
from graph.weights import SHIPPED, SHIPPED_AT, Weights, WeightsError, load


def _own(folder: Path, said: Any) -> Weights:
    path = folder / "own.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said))
    return load(path, SHIPPED)


def _edge(rule: str = "some-rule", verdict: Verdict = Verdict.ALLOWED) -> Edge:
    return Edge("a", "b", EdgeClass.CAN_BECOME, rule, verdict)


def test_the_shipped_table_has_a_number_for_every_word() -> None:
    assert set(SHIPPED.priors) >= set(EntryKind)
    assert set(SHIPPED.edge_classes) == set(EdgeClass) - {EdgeClass.HAS}
    assert set(SHIPPED.verdicts) == set(Verdict) - {Verdict.DENIED}
    assert set(SHIPPED.harms) == set(HARMS)
    assert set(SHIPPED.targets) == set(TARGET_KINDS)
    assert SHIPPED.version == WEIGHTS_VERSION


def test_a_table_may_change_one_number_and_keeps_the_rest(tmp_path: Path) -> None:
    own = _own(tmp_path, {"name": "ours", "priors": {"key": 0.5, "key.printed-on-mugs": 0.9}, "harms": {"invoke": 7}})
    assert own.prior(EntryKind.KEY, ()) == ("key", 0.5)
    assert own.prior(EntryKind.KEY, ("old", "printed-on-mugs", "what?")) == ("key.printed-on-mugs", 0.9)
    assert own.prior(EntryKind.EXPOSED, ()) == SHIPPED.prior(EntryKind.EXPOSED, ())
    assert own.harm("invoke") == 7
    assert own.bits(_edge(), "") == SHIPPED.bits(_edge(), "")


def test_every_number_and_the_name_are_in_the_version(tmp_path: Path) -> None:
    same = _own(tmp_path, {"name": SHIPPED.name})
    other = _own(tmp_path, {"name": SHIPPED.name, "conditions": {"session": 2}})
    named = _own(tmp_path, {"name": "ours"})
    assert same.version == SHIPPED.version
    assert len({same.version, other.version, named.version}) == 3
    assert load(SHIPPED_AT).version == SHIPPED.version


def test_the_finest_number_of_an_edge_counts(tmp_path: Path) -> None:
    own = _own(tmp_path, {"bits": {"rules": {"some-rule": 4}, "families": {"walking": 3}}})
    assert own.bits(_edge(), "walking") == 4
    assert own.bits(_edge("north.some-rule"), "walking") == 4
    assert own.bits(_edge("another"), "walking") == 3
    assert own.bits(_edge("another"), "flying") == SHIPPED.edge_classes[EdgeClass.CAN_BECOME]
    unsure = _edge("another", Verdict.UNKNOWN)
    assert own.bits(unsure, "walking") == 3 + SHIPPED.verdicts[Verdict.UNKNOWN]


def test_the_weightiest_kind_says_how_critical_a_target_is() -> None:
    assert SHIPPED.critical(("ai_quota", "account")) == 5
    assert SHIPPED.critical(()) == SHIPPED.other["target"] / 2


def test_what_is_said_of_a_target_goes_before_its_kind() -> None:
    assert SHIPPED.critical(("account",), "low") == SHIPPED.criticality["low"]
    assert SHIPPED.critical(("account",), "2.5") == 2.5
    assert SHIPPED.critical(("account",), "9") == 5
    assert SHIPPED.critical(("account",), "rather") == 5


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "is not JSON"),
        ([], "must be a JSON object, not []"),
        ({"colours": {}}, "has no `colours`; there are: bits, conditions"),
        ({"bits": {"steps": {}}}, "bits has no `steps`"),
        ({"bits": {"verdicts": []}}, "bits.verdicts must be a JSON object"),
        ({"bits": {"families": {"walking": -1}}}, "bits.families.walking must be a number from 0 to 64, not -1"),
        ({"bits": {"verdicts": {"maybe": 1}}}, "bits.verdicts has no `maybe`"),
        ({"bits": {"verdicts": {"allowed": 2}}}, "bits.verdicts.allowed must not be more"),
        ({"oversight": {"unlogged": 0.9}}, "oversight.unlogged must not be less than 1"),
        ({"oversight": {"guarded": 1.1}}, "oversight.guarded must not be more than 1"),
        ({"oversight": {"watched": 1}}, "oversight has no `watched`; there are: guarded, unlogged"),
        ({"priors": {"key": 1.5}}, "priors.key must be a number from 0 to 1, not 1.5"),
        ({"priors": {"key": True}}, "not true"),
        ({"priors": {"window.open": 0.5}}, "priors has no `window`"),
        ({"harms": {"tickle": 1}}, "harms has no `tickle`"),
        ({"name": 7}, "name must be a text"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, said: Any, words: str) -> None:
    with pytest.raises(WeightsError) as refused:
        _own(tmp_path, said)
    assert words in str(refused.value)
    assert "own.json" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        load(tmp_path / "no.json")
