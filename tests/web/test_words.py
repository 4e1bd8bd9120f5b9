"""Keys become words that a reader can act on."""

from __future__ import annotations

import pytest

from ciem.web import words
from graph.model import EntryKind, Verdict
from graph.targets import HARMS


@pytest.mark.parametrize(
    ("operator", "values", "needed", "sentence"),
    [
        ("StringEquals", ("a",), "true", "k must be a"),
        ("StringEquals", ("a", "b"), "false", "k must not be a or b"),
        ("StringNotEqualsIfExists", ("a",), "true", "k must not be a"),
        ("StringNotEquals", ("a",), "false", "k must be a"),
        ("ForAnyValue:StringLike", ("a*",), "true", "k must match a*"),
        ("NotIpAddress", ("10.0.0.0/8",), "true", "k must not lie in 10.0.0.0/8"),
        ("NumericLessThanEquals", ("5",), "true", "k must be at most 5"),
        ("Null", ("true",), "true", "k must be absent"),
        ("Null", ("true",), "false", "k must be present"),
        ("Null", ("false",), "true", "k must be present"),
        ("Bool", ("true",), "true", "k must be true"),
        ("StringEquals", tuple("abcdefg"), "true", "k must be a or b or c or d or e or one of 2 more"),
        ("anything", (), "The door is open.", "The door is open."),
    ],
)
def test_a_condition_says_what_would_make_it_hold(operator, values, needed, sentence):
    assert words.condition("k", operator, values, needed) == sentence


def test_every_word_that_the_graph_may_say_has_words_on_screen():
    assert set(words.VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(words.ENTRIES) == {kind.value for kind in EntryKind}
    assert set(words.HARM_VERBS) == set(words.HARM_PHRASES) == set(HARMS)


def test_initials_stay_initials():
    assert (words.layer("abc"), words.layer("resource_policy")) == ("ABC", "Resource policy")


def test_a_call_is_told_by_what_it_asks_for_and_of_what():
    assert words.call("nimbus-control-list-doors") == ("List doors", "nimbus control")
    assert words.call("things-batch-get-doors") == ("Batch get doors", "things")
    assert words.call("unheard") == ("Unheard", "")


def test_every_limit_and_layer_of_a_cloud_is_called_as_people_call_it():
    assert words.assumption("scp") == "service control policy"
    assert words.layer("boundary") == "Permissions boundary"
