"""Examples of what globs tell apart, held to every short text there is."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.policy.examples import after, examples
from graph.policy.patterns import Mode
from graph.policy.patterns import tester as glob_tester

GLOBS = st.text("ab/*?", max_size=5)
FEW = settings(max_examples=100, deadline=None)
TEXTS = ["".join(chars) for length in range(1, 7) for chars in product("ab/", repeat=length)]


def like(glob: str, text: str) -> bool:
    return glob_tester(glob, Mode.LIKE)(text)


def ways(globs: list[str], texts: list[str] | tuple[str, ...]) -> set[tuple[bool, ...]]:
    tests = [glob_tester(glob, Mode.LIKE) for glob in globs]
    return {tuple(test(text) for test in tests) for text in texts}


@FEW
@given(st.lists(GLOBS, max_size=4))
def test_there_is_an_example_of_every_way_in_which_a_text_can_match_and_miss(globs: list[str]) -> None:
    found = examples([frozenset([glob]) for glob in globs])
    assert found.whole
    assert ways(globs, TEXTS) <= ways(globs, found.texts)
    assert len(ways(globs, found.texts)) == len(found.texts)


@FEW
@given(GLOBS, st.text("ab/", max_size=4), st.text("ab/", max_size=5))
def test_what_is_left_of_a_glob_matches_the_rest_of_what_the_glob_matches(glob: str, head: str, rest: str) -> None:
    assert any(like(form, rest) for form in after(glob, head)) == like(glob, head + rest)


def test_globs_that_cross_have_an_example_where_they_meet() -> None:
    crossing = [frozenset([glob]) for glob in ("data/*", "*/secret/*", "*.csv")]
    texts = examples(crossing).texts
    assert len(texts) == 8
    assert any(text.startswith("data/") and "/secret/" in text and text.endswith(".csv") for text in texts)


def test_examples_are_named_as_plainly_as_can_be() -> None:
    assert examples([frozenset(["data/*"]), frozenset(["model.bin"])]).texts == ("data/~", "model.bin", "~")


def test_forms_of_one_glob_are_not_told_apart() -> None:
    assert examples([frozenset(["*/logs/*", "logs/*"])]).texts == ("logs/~", "~")


def test_texts_within_a_shape_only() -> None:
    assert all("/" in text.strip("/") for text in examples([frozenset(["a*"])], within="?*/?*").texts)


def test_when_globs_cross_too_often_it_says_that_examples_may_be_missing() -> None:
    crossing = [frozenset([f"*{a}{b}*"]) for a in "abcdef" for b in "abcdef"]
    found = examples(crossing, enough=500)
    assert not found.whole
    assert {f"~{a}{b}~" for a in "abcdef" for b in "abcdef"} <= set(found.texts)


def test_many_names_that_nothing_crosses_are_no_trouble() -> None:
    assert len(examples([frozenset([f"home/user-{n}/*"]) for n in range(1500)], enough=10_000).texts) == 1501
