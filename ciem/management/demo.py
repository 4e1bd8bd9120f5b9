"""The demo: its user, its estates, and which of them are not imported yet."""

from __future__ import annotations

import secrets
from importlib import resources
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ciem.accounts.actions import create_user
from ciem.accounts.models import Role, User
from ciem.connections.models import Connection
from ciem.run import welcome
from ciem.run.welcome import Welcome
from ciem.scans.models import State
from graph.clouds import clouds

NAME = "demo"


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


def missing() -> dict[str, Path]:
    """The demo estates that no connection holds yet, by name."""
    held = set(Connection.objects.filter(scans__state=State.DONE).values_list("name", flat=True))
    return {name: place for name, place in sorted(demo_estates().items()) if name not in held}


def demo_estates() -> dict[str, Path]:
    """What each cloud brings in its `demo` folder, by a name to show; GRANTPATH_DEMO names other files or folders."""
    places = [Path(word).resolve() for word in settings.DEMO]
    if not places:
        places = [place for cloud in clouds() for place in _brought_by(cloud)]
    return {place.stem.replace("-", " ").replace("_", " ").capitalize(): place for place in places}


def _brought_by(cloud: str) -> list[Path]:
    folder = Path(str(resources.files("graph.clouds"))) / cloud / "demo"
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(place for place in found if place.suffix != ".py" and not place.name.startswith(("_", ".")))
