"""What is no longer found is gone only if all it hung on was read again."""

from __future__ import annotations

import pytest

from ciem.paths.rechecking import Recheck
from graph.model import Gap
from graph.snapshot import Part, Snapshot

LEANS = {"keys": ["toy:ada"], "names": ["ada", "vault"], "documents": ["badge/gold"]}
LIST = Part("toy", "harbour", "", "list", (), {"names": ["ada", "ben"]})
ADA = Part("toy", "harbour", "", "page", ("ada",), {"badges": ["gold"]}, "pages.json")
BEN = Part("toy", "harbour", "", "page", ("ben",), {"badges": []})
GOLD = Part("toy", "harbour", "", "badge", ("gold",), {"id": "badge/gold", "opens": "all"})
BLUE = Part("toy", "harbour", "", "badge", ("blue",), {"id": "badge/blue", "opens": "none"})
EVERYTHING = (LIST, ADA, BEN, GOLD, BLUE)


def snapshot(*parts, gaps=()):
    return Snapshot("toy", "harbour", parts, tuple(Gap("toy", *gap, "refused") for gap in gaps))


def without(*parts):
    return [part for part in EVERYTHING if part not in parts]


def changed(part, response, file=""):
    return Part(part.cloud, part.scope, part.region, part.call, part.arguments, response, file)


CASES = {
    "all was read again": (EVERYTHING, (), False),
    "the object is gone: its list was read, and it is no longer asked about": (without(ADA), (), False),
    "asked for and refused": (without(ADA), [("harbour", "", "page", ("ada",))], True),
    "asked for and refused, but nothing it hangs on": (without(BLUE), [("harbour", "", "badge", ("blue",))], False),
    "the list was refused, so nobody knows whom else to ask about": (
        without(LIST, ADA, BEN),
        [("harbour", "", "list", ())],
        True,
    ),
    "this kind of file does not cover the call": (without(ADA, BEN), (), True),
    "this kind of file does not cover a document": (without(GOLD, BLUE), (), True),
    "nor does a file without the scope": ((), (), True),
    "read again and changed": ((*without(ADA), changed(ADA, {"badges": []})), (), False),
    "read again in part": ((*without(ADA), changed(ADA, {"badges": []})), [("harbour", "", "page", ())], True),
    "a gap elsewhere does not matter": (without(ADA), [("lighthouse", "", "page", ("ada",))], False),
}


@pytest.mark.parametrize(("now", "gaps", "missed"), CASES.values(), ids=CASES)
def test_a_finding_is_missed_when_what_it_hangs_on_was_not_read_again(now, gaps, missed):
    assert Recheck([snapshot(*EVERYTHING)], [snapshot(*now, gaps=gaps)]).missed(LEANS) is missed


def test_a_part_of_which_bad_input_was_left_out_was_not_read_again():
    now = snapshot(*without(ADA), changed(ADA, {"badges": []}, "pages.json"))
    assert Recheck([snapshot(*EVERYTHING)], [now], frozenset({"pages.json"})).missed(LEANS)
    assert not Recheck([snapshot(*EVERYTHING)], [now], frozenset({"other.json"})).missed(LEANS)


@pytest.mark.parametrize(
    ("leans", "missed"),
    [
        ({"names": ["ada"]}, False),
        ({"names": ["adams"]}, True),
        ({"keys": ["toy:adams"]}, True),
        ({"keys": ["toy:harbour:person/adams"]}, True),
        ({"documents": ["toy:harbour:person/adams#own"]}, False),
        ({"documents": ["badge|blue"]}, True),
        ({"keys": ["toy:eve"], "names": ["eve"], "documents": ["eve"]}, False),
    ],
)
def test_what_a_finding_leans_on_is_found_by_its_key_its_name_or_the_last_word_of_its_key(leans, missed):
    before = snapshot(Part("toy", "harbour", "", "page", ("adams",), {"who": "toy:adams", "blue": [{"not": 1}]}))
    assert Recheck([before], [snapshot()]).missed({"keys": [], "names": [], "documents": [], **leans}) is missed
