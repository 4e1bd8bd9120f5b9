"""Import from this machine by the same actions as an upload, and wait until it is over."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.core.management.base import CommandError

from ciem.accounts.models import Role, User
from ciem.connections.models import Connection
from ciem.scans.actions import receive
from ciem.scans.models import Scan, State
from ciem.scans.storage import pack, read_chunks

LOOK_EVERY = 0.3


def importer(username: str = "") -> User:
    """In whose name to import: the user named, else the first administrator."""
    users = User.objects.filter(is_active=True).order_by("pk")
    found = users.filter(username=username) if username else users.filter(role=Role.ADMINISTRATOR)
    user = found.first()
    if user is None:
        missing = f"There is no user {username}." if username else "There is no administrator yet."
        raise CommandError(f"{missing} `manage.py createadmin NAME` makes one.")
    return user


def connection_named(by: User, name: str) -> Connection | str:
    """The connection with this name, or the name when it is new."""
    plain = " ".join(name.split())[:100]
    return Connection.objects.visible_to(by).filter(name=plain).first() or plain


def import_path(by: User, place: Path, name: str, *, collected_at: datetime | None = None, scope: str = "") -> Scan:
    """Queue the import of a file, or of a folder, which is packed as a user would before an upload."""
    with tempfile.TemporaryDirectory() as aside:
        file = place
        if place.is_dir():
            file = Path(aside) / f"{place.name}.zip"
            pack(place, file)
        return receive(
            by=by,
            connection=connection_named(by, name),
            name=file.name,
            chunks=read_chunks(file),
            collected_at=collected_at,
            scope=scope,
        )


def wait(scan: Scan, say: Callable[[str], object]) -> Scan:
    """Until the import is over, telling each new step once."""
    told = ""
    while True:
        scan.refresh_from_db()
        if scan.is_finished:
            return scan
        words = f"{scan.get_state_display()}: {scan.progress_words}" if scan.step else scan.get_state_display()
        if scan.state == State.RUNNING and words != told:
            say(words)
            told = words
        time.sleep(LOOK_EVERY)
