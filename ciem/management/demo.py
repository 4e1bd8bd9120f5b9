"""The demo: its user, its estates, and which of them are not imported yet."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ciem.accounts.actions import create_user
from ciem.accounts.models import Role, User
from ciem.connections.models import Connection
from ciem.run import welcome
from ciem.run.welcome import Welcome
from ciem.scans.models import State
from graph.cloud import Cloud
from graph.clouds import clouds

NAME = "demo"
ORGANISATION = "Northwind AI"  # made up
Estate = Callable[[], AbstractContextManager[Path]]  # gives the file or folder to import


def demo_user() -> tuple[User, Welcome]:
    """The demo user, made at the first call, and how they get in."""
    home = settings.GRANTPATH_HOME
    kept = welcome.kept(home)
    user = User.objects.filter(username=NAME).first()
    if user is None:
        kept = Welcome(NAME, secrets.token_urlsafe(12))
        with transaction.atomic():
            user = create_user(by=None, username=NAME, password=kept.password, role=Role.ADMINISTRATOR)
            welcome.keep(home, kept)
    known = kept is not None and user.check_password(kept.password)
    return user, Welcome(NAME, kept.password if kept and known else "", not missing())


def missing() -> dict[str, Estate]:
    """The demo estates that no connection holds yet, by name."""
    held = set(Connection.objects.filter(scans__state=State.DONE).values_list("name", flat=True))
    return {name: estate for name, estate in sorted(estates().items()) if name not in held}


def estates() -> dict[str, Estate]:
    """Each cloud's part of the demo estate, by the name of its connection; GRANTPATH_DEMO names files instead."""
    if settings.DEMO:
        places = [Path(word).resolve() for word in settings.DEMO]
        return {place.stem.capitalize(): partial(_given, place) for place in places}
    brought = (cloud for cloud in clouds().values() if cloud.demo is not None)
    return {f"{ORGANISATION} ({cloud.label})": partial(_written, cloud) for cloud in brought}


@contextmanager
def _given(place: Path) -> Iterator[Path]:
    yield place


@contextmanager
def _written(cloud: Cloud) -> Iterator[Path]:
    """A folder as a collector would have left it, for as long as it takes to pack it."""
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside) / f"northwind-{cloud.key}"
        if cloud.demo is not None:
            cloud.demo(folder)
        yield folder
