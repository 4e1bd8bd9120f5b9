"""`manage.py make_demo`: a demo user and the demo estate, imported the way a user would."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ciem.management.demo import demo_user, missing
from ciem.management.importing import import_path, wait
from ciem.run import welcome
from ciem.scans.models import State


class Command(BaseCommand):
    """Run again it changes nothing and says the same."""

    help = "Create the demo user, import the demo estate, and say where to look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000/", help="where the web server answers")

    def handle(self, *_: Any, address: str, **__: Any) -> None:
        user, greeting = demo_user()
        scans = []
        for name, estate in missing().items():
            with estate() as place:
                scans.append(import_path(user, place, name))
        done = [wait(scan, lambda words: self.stdout.write(f"         demo estate: {words}")) for scan in scans]
        failed = [scan for scan in done if scan.state != State.DONE]
        welcome.keep(settings.GRANTPATH_HOME, replace(greeting, is_complete=not failed))
        self.stdout.write(welcome.words(address, greeting))
        if failed:
            words = "; ".join(f"{scan.connection}: {scan.error}" for scan in failed)
            raise CommandError(f"The demo estate was not imported. {words}")
