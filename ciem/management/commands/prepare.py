"""`manage.py prepare`: bring the database to the newest shape, collect static files, see to the demo's user."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from ciem.core import databases
from ciem.management.demo import demo_user
from ciem.run import welcome


class Command(BaseCommand):
    """What `python -m ciem.run` does before it starts anything."""

    help = "Migrate the database and collect static files."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="see to it that the demo user is there")

    def handle(self, *_: Any, demo: bool, **__: Any) -> None:
        try:
            self._prepare(demo)
        except OSError as error:
            words = f"{settings.GRANTPATH_HOME} cannot be written to: {error}. Make room there, or see to its rights."
            raise CommandError(words) from error
        except OperationalError as error:
            where = databases.described(settings.DATABASES["default"])
            words = f"The records cannot be kept in {where}: {error} Make room there, or see to its rights and address."
            raise CommandError(words) from error

    def _prepare(self, demo: bool) -> None:
        for folder in (settings.UPLOADS, settings.SNAPSHOTS):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            welcome.keep(settings.GRANTPATH_HOME, demo_user()[1])
