"""What logs and guards do to a score: by the table, up to the cap, said in words, and never against the laws."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.analysis.chance import Chance
from graph.analysis.score import score
from graph.model import Category, Entry, EntryKind, Node, Score
from graph.node_facts import BECAUSE, GUARDED, LOG_UNKNOWN, UNLOGGED
from graph.weights import SHIPPED, Weights, load

BUCKET = Node("b", "bucket", "b", "toy", "1", Category.RESOURCE, "", ("training_data",))
START = Entry(EntryKind.KEY, "k")
FACTS = st.sets(st.sampled_from((UNLOGGED, LOG_UNKNOWN, GUARDED)))


def _score(*said: tuple[str, str], harm: str = "destroy", weights: Weights = SHIPPED, node: Node = BUCKET) -> Score:
    return score(weights, START, harm, replace(node, properties=tuple(sorted(said))), Chance(0.4, 0))


def test_what_leaves_no_log_weighs_a_quarter_more_and_says_why() -> None:
    plain = _score()
    unlogged = _score((UNLOGGED, "destroy, poison_data"), (UNLOGGED + BECAUSE, "nobody writes it down"))
    assert unlogged.impact == pytest.approx(1.25 * plain.impact)
    assert unlogged.value > plain.value
    assert (unlogged.unlogged, unlogged.oversight) == (1.25, ("it leaves no log (nobody writes it down)",))


def test_what_has_a_guard_weighs_a_fifth_less_and_names_it() -> None:
    guarded = _score((GUARDED, "destroy"), (GUARDED + BECAUSE, "copies are kept"))
    assert guarded.impact == pytest.approx(0.8 * _score().impact)
    assert (guarded.guarded, guarded.oversight) == (0.8, ("guarded (copies are kept)",))


def test_a_log_that_is_not_known_is_said_and_not_counted() -> None:
    unknown = _score((LOG_UNKNOWN, "destroy"), (LOG_UNKNOWN + BECAUSE, "not read"))
    assert replace(unknown, oversight=()) == _score()
    assert unknown.oversight == ("whether it leaves a log is not known (not read)",)


def test_other_harms_to_the_same_target_are_not_touched() -> None:
    assert _score((UNLOGGED, "poison_data"), (GUARDED, "read_prompts")) == _score()


def test_impact_is_capped_before_a_guard_takes_from_it() -> None:
    account = replace(BUCKET, targets=("account",))
    most = _score((UNLOGGED, "administer"), harm="administer", node=account)
    assert (most.impact, most.value) == (1.0, _score(harm="administer", node=account).value)
    both = _score((UNLOGGED, "administer"), (GUARDED, "administer"), harm="administer", node=account)
    assert both.impact == pytest.approx(0.8)


def test_both_numbers_can_be_changed_by_an_own_table(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"oversight": {"unlogged": 1, "guarded": 0.5}}))
    own = load(path, SHIPPED)
    assert _score((UNLOGGED, "destroy"), weights=own).impact == _score().impact
    assert _score((GUARDED, "destroy"), weights=own).impact == pytest.approx(0.5 * _score().impact)


@given(FACTS, st.sampled_from(sorted(SHIPPED.harms)), st.sampled_from(sorted(SHIPPED.targets)))
def test_a_log_or_a_guard_never_raises_a_score(names: set[str], harm: str, kind: str) -> None:
    node = replace(BUCKET, targets=(kind,))
    facts = [(name, harm) for name in names]
    now = _score(*facts, harm=harm, node=node).value
    logged = _score(*(fact for fact in facts if fact[0] != UNLOGGED), harm=harm, node=node).value
    guarded = _score(*{*facts, (GUARDED, harm)}, harm=harm, node=node).value
    assert logged <= now >= guarded
    assert 0 < now <= 100
