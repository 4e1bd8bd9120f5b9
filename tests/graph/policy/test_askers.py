"""Each asker finds among few texts one as good as any text there is."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.policy.askers import Asker, enough_for
from graph.policy.examples import ANY_TEXT
from graph.policy.patterns import Mode
from graph.policy.patterns import tester as glob_tester

GLOBS = st.frozensets(st.text("ab/*?", min_size=1, max_size=4).map(lambda glob: frozenset([glob])), max_size=3)
ASKERS = st.frozensets(st.builds(Asker, GLOBS, GLOBS), min_size=1, max_size=4)
TEXTS = ["".join(chars) for length in range(1, 7) for chars in product("ab/", repeat=length)]
TEAMS = [frozenset([f"*{a}{b}*"]) for a in "abcdef" for b in "abcdef"]


def matched(globs: frozenset[frozenset[str]], text: str) -> frozenset[frozenset[str]]:
    return frozenset(glob for glob in globs if any(glob_tester(form, Mode.LIKE)(text) for form in glob))


def as_good(asker: Asker, text: str, than: str) -> bool:
    gained = matched(asker.gains, text) >= matched(asker.gains, than)
    return gained and matched(asker.losses, text) <= matched(asker.losses, than)


@settings(max_examples=40, deadline=None)
@given(ASKERS)
def test_no_text_is_better_for_anybody_than_the_best_of_the_few(askers: frozenset[Asker]) -> None:
    found = enough_for(askers)
    assert all(any(as_good(asker, text, than) for text in found) for asker in askers for than in TEXTS)


def test_where_everybody_knows_few_globs_it_does_not_matter_how_many_there_are() -> None:
    pairs = [frozenset(TEAMS[n : n + 2]) for n in range(30)]
    found = enough_for(frozenset(Asker(pair, frozenset()) for pair in pairs))
    assert not any(ANY_TEXT in text for text in found)
    assert len(found) <= 2 * len(TEAMS)


def test_who_knows_too_many_gets_texts_that_are_not_known_in_full() -> None:
    found = enough_for(frozenset([Asker(frozenset(TEAMS), frozenset(TEAMS))]), enough=500)
    assert {ANY_TEXT, "…ab…"} <= set(found)
