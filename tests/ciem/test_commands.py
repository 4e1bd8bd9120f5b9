"""The commands of manage.py, the settings, and that a bare checkout works."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from ciem.accounts.models import AuditEntry, Role, User
from ciem.connections.models import Connection
from ciem.core import env
from ciem.management.commands.settings_reference import page
from ciem.scans.models import Scan
from graph.clouds import clouds

ROOT = Path(__file__).parents[2]


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRANTPATH_", "DJANGO_"))}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False)


def test_the_settings_page_is_what_the_settings_say():
    assert (ROOT / "docs" / "settings.md").read_text() == page()


def test_every_setting_is_named_after_the_project_and_explained():
    assert len(env.declared()) > 10
    for setting in env.declared():
        assert setting.name.startswith("GRANTPATH_") or setting.name == "DATABASE_URL"  # which platforms set
        assert setting.help.endswith(".")


@pytest.mark.django_db
def test_the_migrations_are_complete_and_a_new_cloud_needs_none(monkeypatch):
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
    monkeypatch.setitem(clouds(), "another", next(iter(clouds().values())))
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


def test_it_is_fit_to_be_deployed(tmp_path):
    done = manage(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        GRANTPATH_HOME=str(tmp_path / "home"),
        GRANTPATH_HTTPS="yes",
        GRANTPATH_ALLOWED_HOSTS="grantpath.example",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o077 == 0


def test_a_secret_key_that_cannot_be_read_stops_the_start(tmp_path):
    done = manage("check", GRANTPATH_HOME=str(tmp_path), GRANTPATH_SECRET_KEY_FILE=str(tmp_path / "none"))
    assert done.returncode != 0
    assert "GRANTPATH_SECRET_KEY_FILE names" in done.stderr
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.django_db
def test_the_first_administrator_is_made_from_a_secret(settings):
    settings.NEW_PASSWORD = "correct horse battery"
    call_command("createadmin", "ann", stdout=io.StringIO())
    user = authenticate(None, username="ann", password="correct horse battery")
    assert user.role == Role.ADMINISTRATOR
    settings.NEW_PASSWORD = "short"
    with pytest.raises(CommandError, match="too short"):
        call_command("createadmin", "bea", stdout=io.StringIO())
    assert not User.objects.filter(username="bea").exists()


@pytest.mark.django_db
def test_an_import_says_what_is_missing(tmp_path, dana):
    with pytest.raises(CommandError, match=r"There is no .*nothing"):
        call_command("import", str(tmp_path / "nothing"))
    (tmp_path / "empty").touch()
    with pytest.raises(CommandError, match="empty"):
        call_command("import", str(tmp_path / "empty"))
    assert not Connection.objects.exists()
    (tmp_path / "full").write_text("{}")
    for options, words in (({"user": "nobody"}, "no user nobody"), ({"collected_at": "soon"}, "write it as")):
        with pytest.raises(CommandError, match=words):
            call_command("import", str(tmp_path / "full"), **options)


@pytest.mark.django_db
def test_without_an_administrator_an_import_says_how_to_make_one(tmp_path):
    (tmp_path / "full").write_text("{}")
    with pytest.raises(CommandError, match="createadmin"):
        call_command("import", str(tmp_path / "full"))


@pytest.mark.django_db
def test_a_folder_is_packed_and_queued_under_its_name(tmp_path, dana):
    (tmp_path / "estate").mkdir()
    (tmp_path / "estate" / "a.json").write_text("{}")
    out = io.StringIO()
    call_command("import", str(tmp_path / "estate"), collected_at="2026-03-02", scope="pier", stdout=out, stderr=out)
    scan = Scan.objects.get()
    assert scan.upload.name == "estate.zip"
    assert scan.upload.place.exists()
    assert (scan.upload.scope, scan.upload.collected_at.isoformat()) == ("pier", "2026-03-02T00:00:00+00:00")
    assert Connection.objects.get().name == "estate"


@pytest.mark.django_db
def test_others_are_made_with_their_role_and_see_what_they_are_granted(settings, harbour):
    settings.NEW_PASSWORD = "a password of some length"
    call_command("createuser", "ann", role="analyst", stdout=io.StringIO())
    ann = User.objects.get(username="ann", role="analyst")
    assert not Connection.objects.visible_to(ann).exists()
    call_command("grant", "ann", "Harbour", stdout=io.StringIO())
    assert Connection.objects.visible_to(ann).get() == harbour
    call_command("grant", "ann", "Harbour", take=True, stdout=io.StringIO())
    assert not Connection.objects.visible_to(ann).exists()
    assert [entry.action for entry in AuditEntry.objects.all()] == ["grant taken", "grant given", "user created"]
    for words in (("nobody", "Harbour"), ("ann", "Nowhere")):
        with pytest.raises(CommandError, match="There is no"):
            call_command("grant", *words)
