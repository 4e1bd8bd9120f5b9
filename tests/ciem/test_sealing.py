"""What is sealed opens with its key alone, through every rotation, and a lost key is said in words."""

from __future__ import annotations

import secrets
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from ciem.connections import live
from ciem.connections.models import Connection
from ciem.core import sealing

FIRST, SECOND = (secrets.token_urlsafe(48) for _ in range(2))


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.GRANTPATH_HOME, settings.SEALING_KEY = tmp_path, ""
    return tmp_path


def rotate(*words):
    out = StringIO()
    call_command("rotate_sealing_key", *words, stdout=out)
    return out.getvalue()


def test_what_is_sealed_does_not_show_and_opens_again(home):
    token = sealing.seal("sesame")
    assert "sesame" not in token
    assert sealing.unseal(token) == "sesame"
    assert Path(home, "sealing_key").stat().st_mode & 0o077 == 0


def test_the_key_that_signs_sessions_opens_nothing(settings):
    settings.SEALING_KEY = FIRST
    token = sealing.seal("sesame")
    settings.SEALING_KEY = settings.SECRET_KEY.ljust(40, "x")
    with pytest.raises(sealing.SealError, match="GRANTPATH_SEALING_KEY"):
        sealing.unseal(token)


def test_of_several_keys_the_first_seals_and_all_open(settings):
    settings.SEALING_KEY = FIRST
    old = sealing.seal("sesame")
    settings.SEALING_KEY = f"{SECOND}, {FIRST}"
    assert sealing.unseal(old) == "sesame"
    new = sealing.seal("sesame")
    settings.SEALING_KEY = SECOND
    assert sealing.unseal(new) == "sesame"


@pytest.mark.parametrize("key", ["short", f"{FIRST},short", ","], ids=["short", "one of two", "none"])
def test_a_key_that_could_be_guessed_is_refused(settings, key):
    settings.SEALING_KEY = key
    with pytest.raises(sealing.SealError, match="32 characters"):
        sealing.seal("sesame")


@pytest.mark.django_db
def test_a_rotation_seals_everything_anew_and_the_former_key_can_be_forgotten(dana, home):
    office = live.connect_live(by=dana, name="Office", cloud="toy", values={"book": "/b", "word": "sesame"})
    place = Path(home, "sealing_key")
    before, token = place.read_text(), office.sealed
    assert "1 connections" in rotate()
    assert place.read_text().split()[1:] == [before]
    assert sealing.unseal(token)  # somebody was typing meanwhile
    rotate("--forget")
    assert before not in place.read_text()
    assert place.stat().st_mode & 0o077 == 0
    with pytest.raises(sealing.SealError):
        sealing.unseal(token)
    assert live.values_of(Connection.objects.get())["word"] == "sesame"


@pytest.mark.django_db
def test_secrets_whose_key_is_lost_are_typed_again(dana, home):
    office = live.connect_live(by=dana, name="Office", cloud="toy", values={"book": "/b", "word": "sesame"})
    Path(home, "sealing_key").unlink()
    with pytest.raises(ValidationError, match="Password"):
        live.give(by=dana, connection=office, values={"book": "/b"})
    again = live.give(by=dana, connection=office, values={"book": "/b", "word": "barley"})
    assert live.values_of(again)["word"] == "barley"


@pytest.mark.django_db
def test_keys_that_the_environment_gives_are_changed_there(settings, dana):
    settings.SEALING_KEY = FIRST
    live.connect_live(by=dana, name="Office", cloud="toy", values={"book": "/b", "word": "sesame"})
    with pytest.raises(CommandError, match="put a new one there"):
        rotate()
    with pytest.raises(CommandError, match="take the former ones away"):
        rotate("--forget")
    settings.SEALING_KEY = f"{SECOND},{FIRST}"
    rotate("--given")
    settings.SEALING_KEY = SECOND
    assert live.values_of(Connection.objects.get())["word"] == "sesame"
