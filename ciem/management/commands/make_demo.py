"""`manage.py make_demo`: a demo user and the demo estate, imported the way a user would."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from importlib import resources
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ciem.accounts.actions import create_user
from ciem.accounts.models import Role, User
from ciem.connections.models import Connection
from ciem.core import env
from ciem.management.importing import import_path, wait
from ciem.scans.models import Scan, State
from graph.clouds import clouds

NAME = "demo"


class Command(BaseCommand):
    """Run again it changes nothing and says the same."""

    help = "Create the demo user, import the demo estate, and say where to look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000/", help="where the web server answers")

    def handle(self, *_: Any, address: str, **__: Any) -> None:
        user, password = demo_user()
        failed = [scan for scan in self._imports(user) if scan.state != State.DONE]
        self._tell(address, user, password)
        if failed:
            words = "; ".join(f"{scan.connection}: {scan.error}" for scan in failed)
            raise CommandError(f"The demo estate was not imported. {words}")

    def _imports(self, user: User) -> list[Scan]:
        """Import each part that is not there yet, and wait for all."""
        known = set(Connection.objects.filter(scans__state=State.DONE).values_list("name", flat=True))
        waiting = [
            import_path(user, place, name) for name, place in sorted(demo_estates().items()) if name not in known
        ]
        return [wait(scan, lambda words: self.stdout.write(f"         demo estate: {words}")) for scan in waiting]

    def _tell(self, address: str, user: User, password: str) -> None:
        known = user.check_password(password)
        self.stdout.write("")
        self.stdout.write(f"  Attack paths  {address}paths/")
        self.stdout.write(f"  Sign in as    {NAME}")
        self.stdout.write(f"  Password      {password if known else '(it was changed)'}")
        self.stdout.write("  Stop          Ctrl-C")
        self.stdout.write("")


def demo_user() -> tuple[User, str]:
    """The demo user and the password they were made with, which only the owner of the home folder can read."""
    place = settings.GRANTPATH_HOME / "demo.json"
    user = User.objects.filter(username=NAME).first()
    if user is not None:
        return user, json.loads(place.read_text())["password"] if place.exists() else ""
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        user = create_user(by=None, username=NAME, password=password, role=Role.ADMINISTRATOR)
        place.touch(mode=0o600)
        place.chmod(0o600)
        place.write_text(json.dumps({"user": NAME, "password": password}))
    return user, password


def demo_estates() -> dict[str, Path]:
    """What each cloud brings in its `demo` folder, by a name to show; GRANTPATH_DEMO names other files or folders."""
    chosen = env.names("GRANTPATH_DEMO", (), "Files or folders to use as the demo estate, instead of the clouds' own.")
    if chosen:
        places = [Path(word).resolve() for word in chosen]
    else:
        places = [place for cloud in clouds() for place in _brought_by(cloud)]
    return {place.stem.replace("-", " ").replace("_", " ").capitalize(): place for place in places}


def _brought_by(cloud: str) -> list[Path]:
    folder = Path(str(resources.files("graph.clouds"))) / cloud / "demo"
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(place for place in found if place.suffix != ".py" and not place.name.startswith(("_", ".")))
