"""What opened and closed between two days at the office, and the line in the logbook that did it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph.analysis.administrators import restates
from graph.analysis.difference import Difference, Side, Turn, compare
from graph.analysis.sides import side
from graph.analysis.study import Analysis
from tests.toy import office
from tests.toy.facts import key_of

Page = dict[str, Any]


def _person(name: str) -> str:
    return key_of("harbour", "person", name)


ARCHIVE, PAYROLL = key_of("harbour", "room", "archive"), key_of("harbour", "vault", "payroll")


def _side(page: Page, folder: Path) -> Side:
    folder.mkdir(exist_ok=True)
    analysis = Analysis(office.estate(page, folder=folder))
    entries = analysis.estate.entries
    return side(analysis, entries, [way for way in analysis.ways(entries) if not restates(analysis, way)])


@pytest.fixture
def between(tmp_path: Path) -> Callable[[Callable[[Page], None]], list[Difference]]:
    """The office as it is, then with a change."""

    def differences(change: Callable[[Page], None]) -> list[Difference]:
        page = office.page()
        change(page)
        return list(compare(_side(office.page(), tmp_path / "old"), _side(page, tmp_path / "new")))

    return differences


Between = Callable[[Callable[[Page], None]], list[Difference]]


def _back(tmp_path: Path, change: Callable[[Page], None]) -> list[Difference]:
    """The change taken back."""
    page = office.page()
    change(page)
    return list(compare(_side(page, tmp_path / "old"), _side(office.page(), tmp_path / "new")))


def _found(differences: list[Difference]) -> set[tuple[str, str, str, str]]:
    return {(str(d.turn), d.path.entry.identity, d.path.harm, d.path.target) for d in differences}


def _whats(difference: Difference) -> set[tuple[str, str]]:
    return {(cause.what, cause.change) for hop in difference.hops for cause in hop.causes}


def test_nothing_differs_from_itself(between: Between) -> None:
    assert between(lambda page: None) == []


def _badge(page: Page, colour: str) -> dict[str, Any]:
    return next(badge for badge in page["badges"] if badge["colour"] == colour)


def _open_archive(page: Page) -> None:
    _badge(page, "guest")["opens"].append({"what": "door/changing-room"})


def test_an_opened_path_names_the_statement_that_was_added(between: Between) -> None:
    differences = between(_open_archive)
    opened = [d for d in differences if d.turn is Turn.OPENED]
    assert {(d.path.harm, d.path.target) for d in opened} == {("read_training_data", ARCHIVE)}
    for difference in opened:
        [hop] = difference.hops
        assert (hop.source, hop.target, hop.was, str(hop.now)) == (_person("mallory"), _person("dan"), None, "allowed")
        [cause] = hop.causes
        assert (cause.what, cause.change, cause.name) == ("statement", "added", "harbour: guest badge")
        assert (cause.place, cause.before, cause.after) == ("/opens/2", None, {"what": "door/changing-room"})
        assert difference.because == ("opens 3 of harbour: guest badge was added.",)


def test_taking_the_change_back_closes_the_same_paths_for_the_same_reason(tmp_path: Path) -> None:
    closed = [d for d in _back(tmp_path, _open_archive) if d.turn is Turn.CLOSED]
    assert len(closed) == 1
    for difference in closed:
        [cause] = difference.hops[0].causes
        assert (cause.change, cause.before, cause.after) == ("removed", {"what": "door/changing-room"}, None)
        assert difference.rechecked


def test_a_hop_whose_reason_is_not_known_says_so(between: Between) -> None:
    """Bars are no document of anybody, and the office's proofs do not say what they asked."""

    def unbar(page: Page) -> None:
        page["bars"] = page["bars"][1:]

    [opened] = [d for d in between(unbar) if d.turn is Turn.OPENED]
    assert (opened.path.entry.identity, opened.path.target) == (_person("mallory"), ARCHIVE)
    assert opened.hops[0].causes == ()
    assert opened.because == (f"{_person('mallory')} can: nothing that is known of both sides tells why.",)


def test_a_new_person_and_a_new_start_are_named(between: Between) -> None:
    def hire(page: Page) -> None:
        page["people"].append({"name": "zoe", "badges": ["gold"], "leaves_badge_in": "locker-9"})
        page["people"].append({"name": "yan", "badges": ["green"], "badge_copied": True})

    by_start = {(d.path.entry.identity, d.path.target): d for d in between(hire) if d.turn is Turn.OPENED}
    through_zoe = by_start[_person("ben"), "toy:harbour"]
    assert any("zoe was added" in words for words in through_zoe.because)
    assert ("node", "added") in _whats(through_zoe)
    yan = by_start[_person("yan"), ARCHIVE]
    assert yan.because[0] == f"{_person('yan')} is now an entry point."


def test_a_badge_that_is_handed_out_is_a_binding(between: Between) -> None:
    def hand_out(page: Page) -> None:
        page["people"][1]["badges"].append("green")

    differences = between(hand_out)
    assert {d.turn for d in differences} == {Turn.CHANGED}
    assert all(("binding", "added") in _whats(d) for d in differences)
    assert any("now binds" in words for d in differences for words in d.because)


def test_a_condition_makes_a_path_change_and_the_old_verdict_is_kept(between: Between) -> None:
    def two_keys(page: Page) -> None:
        _badge(page, "red")["opens"][0]["when"] = "two keys"

    changed = {(d.path.entry.identity, d.path.target): d for d in between(two_keys)}
    ben = changed[_person("ben"), ARCHIVE]
    assert ben.turn is Turn.CHANGED
    assert ben.was is not None
    assert (str(ben.was.verdict), str(ben.path.verdict)) == ("allowed", "conditional")
    assert ben.was.score > (ben.path.score or 0)
    assert ("statement", "changed") in _whats(ben)
    [cause] = ben.hops[0].causes
    assert (cause.before, cause.after) == (
        {"what": "door/changing-room"},
        {"what": "door/changing-room", "when": "two keys"},
    )


def test_what_is_gone_because_a_page_was_not_read_is_not_rechecked(tmp_path: Path) -> None:
    other = office.page()
    other["logbook"]["office"] = "hill"
    old, new = _side(office.page(), tmp_path / "old"), _side(other, tmp_path / "new")
    closed = [d for d in compare(old, new) if d.turn is Turn.CLOSED]
    assert closed
    assert not any(d.rechecked for d in closed)


def test_every_difference_says_why(between: Between) -> None:
    def upheaval(page: Page) -> None:
        _open_archive(page)
        page["bars"] = []
        del page["people"][4]
        page["robots"] = []

    differences = between(upheaval)
    assert {d.turn for d in differences} >= {Turn.OPENED, Turn.CLOSED}
    assert all(d.because for d in differences)
    order = [list(Turn).index(d.turn) for d in differences]
    assert order == sorted(order)
