"""An index of sorted names says of every pattern what a test name by name says."""

from hypothesis import given
from hypothesis import strategies as st

from graph.policy import patterns
from graph.policy.bits import members
from graph.policy.index import GLOB, Dialect, Index, glob_test, literal_start

NAMES = st.lists(st.text("ab:/[*", max_size=6), unique=True, max_size=12).map(sorted)
PATTERNS = st.text("ab:/[*?", max_size=6)
SEGMENTS = Dialect("segments", lambda pattern: patterns.tester(pattern, patterns.Mode.SEGMENTS), open_ended=False)


@given(NAMES, PATTERNS)
def test_a_pattern_finds_the_names_that_it_matches_one_by_one(names: list[str], pattern: str) -> None:
    found = {names[i] for i in members(Index(names).match(pattern))}
    assert found == {name for name in names if glob_test(pattern)(name)}


@given(NAMES, PATTERNS)
def test_a_dialect_without_open_end_is_never_cut_short(names: list[str], pattern: str) -> None:
    found = {names[i] for i in members(Index(names).match(pattern, SEGMENTS))}
    assert found == {name for name in names if SEGMENTS.compile(pattern)(name)}


def test_dialects_do_not_share_answers() -> None:
    index = Index(["a:b:c:d:e:f", "abc"])
    assert index.match("a*", GLOB) == 0b11
    assert index.match("a*", SEGMENTS) == 0


def test_a_bracket_is_plain_text() -> None:
    assert Index(["[a]", "a"]).match("[a]*") == 0b01


def test_the_literal_start_ends_before_the_first_wildcard() -> None:
    assert [literal_start(text) for text in ("abc", "a*c", "?b", "")] == ["abc", "a", "", ""]


def test_a_run_of_names_is_found_by_its_ends() -> None:
    assert Index(["a", "ab", "abc", "b"]).span("ab") == (1, 3)
