"""Settings from the environment, pages of lists, secrets in files."""

from __future__ import annotations

import pytest

from ciem.core import env, keys
from ciem.core.paging import page_number, page_of


class Rows(list):
    def count(self):  # as a queryset counts
        return len(self)


@pytest.mark.parametrize(("said", "meant"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_a_flag_understands_the_usual_words(monkeypatch, said, meant):
    monkeypatch.setenv("GRANTPATH_X", said)
    assert env.flag("GRANTPATH_X", True, "") is meant


@pytest.mark.parametrize(("read", "said"), [(env.flag, "maybe"), (env.number, "-3"), (env.number, "ten")])
def test_a_setting_that_means_nothing_stops_the_start_and_is_named(monkeypatch, read, said):
    monkeypatch.setenv("GRANTPATH_X", said)
    with pytest.raises(env.SettingError, match=f"GRANTPATH_X is `{said}`"):
        read("GRANTPATH_X", 0, "")


def test_a_secret_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("GRANTPATH_X_FILE", str(tmp_path / "key"))
    assert env.secret("GRANTPATH_X", "") == "s3cret"


@pytest.mark.parametrize("content", [None, " \n"])
def test_a_pointer_to_no_secret_stops_the_start(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "key").write_text(content)
    monkeypatch.setenv("GRANTPATH_X_FILE", str(tmp_path / "key"))
    with pytest.raises(env.SettingError, match="GRANTPATH_X_FILE"):
        env.secret("GRANTPATH_X", "")


def test_a_kept_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    place = tmp_path / "home" / "key"
    first = keys.kept(place)
    assert len(first) > 60
    assert keys.kept(place) == first
    assert place.stat().st_mode & 0o077 == 0
    assert [found.name for found in place.parent.iterdir()] == ["key"]


def test_a_page_knows_where_it_stands():
    page = page_of(Rows(range(120)), 3, 50)
    assert (page.first, page.last, page.pages, page.previous, page.next) == (101, 120, 3, 2, None)


def test_a_page_past_the_end_is_the_last_and_an_empty_list_has_one():
    assert page_of(Rows(range(10)), 9, 5).number == 2
    empty = page_of(Rows(), 1)
    assert (empty.rows, empty.pages, empty.first, empty.last) == ((), 1, 0, 0)


@pytest.mark.parametrize(("asked", "number"), [(None, 1), ("7", 7), ("0", 1), ("-1", 1), ("x", 1), ("9" * 50, 1)])
def test_nonsense_in_an_address_means_the_first_page(asked, number):
    assert page_number(asked) == number
