"""An estate graph is built from the one that was built last, and is the same as built from nothing."""

from __future__ import annotations

import pytest

from ciem.paths import building
from graph.build import build as build_anew
from graph.importance import importance
from tests.toy import office

CALM = {**office.page(), "badges": [{"colour": badge["colour"], "opens": []} for badge in office.page()["badges"]]}


def _untold(_done, _total, _words):
    """Nobody asks how far it is."""


def _built(*snapshots):
    return building.build(snapshots, _untold, importance())


@pytest.fixture(autouse=True)
def _nothing_kept():
    building.forget()
    yield
    building.forget()


def _refuse(*_, **__):
    raise AssertionError("nothing is to be built from nothing here")


def test_the_next_estate_is_built_from_the_last(tmp_path, monkeypatch):
    first, later = office.sample(), office.snapshot(CALM, tmp_path)
    _built(first)
    monkeypatch.setattr(building, "build_anew", _refuse)
    assert _built(later).graph == build_anew([later]).graph
    assert _built(first).graph == build_anew([first]).graph


def test_what_fails_is_forgotten_so_that_the_next_try_starts_from_nothing(monkeypatch):
    _built(office.sample())
    monkeypatch.setattr(building, "rebuild", _refuse)
    with pytest.raises(AssertionError):
        _built(office.sample())
    assert _built(office.sample()).graph == build_anew([office.sample()]).graph


def test_after_many_in_a_row_one_is_built_from_nothing(monkeypatch):
    monkeypatch.setattr(building, "_IN_A_ROW", 1)
    _built(office.sample())
    _built(office.sample())
    monkeypatch.setattr(building, "rebuild", _refuse)
    assert _built(office.sample()).graph.nodes


def test_an_estate_larger_than_the_setting_is_not_kept(settings, monkeypatch):
    settings.GRANTPATH_KEPT_IDENTITIES = 0
    monkeypatch.setattr(building, "rebuild", _refuse)
    _built(office.sample())
    assert _built(office.sample()).graph.nodes
