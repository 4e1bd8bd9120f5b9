"""A score in words: what logs and guards weigh stands in its sum, and what is known of them beside it."""

from __future__ import annotations

from ciem.paths.factors import Factors, dump
from ciem.web.nodes import properties
from ciem.web.scores import score_view
from graph.analysis.chance import Chance
from graph.analysis.score import score
from graph.model import Category, Entry, EntryKind, Node, Score
from graph.node_facts import BECAUSE, GUARDED, LOG_UNKNOWN, UNLOGGED
from graph.weights import SHIPPED


def _score(**said: str) -> Score:
    target = Node(
        "b", "bucket", "b", "toy", "1", Category.RESOURCE, "", ("training_data",), tuple(sorted(said.items()))
    )
    return score(SHIPPED, Entry(EntryKind.KEY, "k"), "destroy", target, Chance(0.4, 0))


def _lines(**said: str) -> dict[str, str]:
    view = score_view(Factors.load(dump(_score(**said))), "destroy")
    assert view is not None
    return {factor.name: factor.words for factor in view.factors}


def test_what_leaves_no_log_and_has_a_guard_stands_in_the_sum_with_both_reasons() -> None:
    reasons = {UNLOGGED + BECAUSE: "nobody writes it down", GUARDED + BECAUSE: "copies are kept"}
    lines = _lines(**{UNLOGGED: "destroy", GUARDED: "destroy"}, **reasons)
    assert lines["Impact"].endswith("× criticality 4.5 of 5 × 1.25 without a log, at most 1 × 0.8 with a guard")
    assert lines["Logs and guards"] == "it leaves no log (nobody writes it down); guarded (copies are kept)"


def test_a_log_that_is_not_known_is_told_and_is_no_factor() -> None:
    lines = _lines(**{LOG_UNKNOWN: "destroy", LOG_UNKNOWN + BECAUSE: "not read"})
    assert lines["Impact"].endswith("× criticality 4.5 of 5")
    assert lines["Logs and guards"] == "whether it leaves a log is not known (not read)"


def test_where_nothing_is_known_of_logs_and_guards_nothing_is_said() -> None:
    assert "Logs and guards" not in _lines()


def test_a_page_of_a_target_says_in_words_which_harms_leave_no_log() -> None:
    reason = (UNLOGGED + BECAUSE, "looked for in the access log")
    facts = ((UNLOGGED, "destroy, poison_data"), reason, ("region", "north"))
    node = Node("b", "bucket", "b", "toy", "1", Category.RESOURCE, "", (), facts)
    assert [(one.name, one.value) for one in properties(node)] == [
        ("Leaves no log", "Destroy, Poison data"),
        ("Logs", "looked for in the access log"),
        ("Region", "north"),
    ]


def test_what_was_kept_before_logs_counted_is_still_shown() -> None:
    old = {key: value for key, value in dump(_score()).items() if key not in ("unlogged", "guarded", "oversight")}
    known = Factors.load(old)
    assert known is not None
    assert (known.unlogged, known.guarded, known.oversight) == (1, 1, ())
