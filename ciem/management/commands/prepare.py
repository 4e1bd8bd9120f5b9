"""`manage.py prepare`: bring the database to the newest shape and collect the static files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """What `python -m ciem.run` does before it starts anything."""

    help = "Migrate the database and collect static files."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        for folder in (settings.UPLOADS, settings.SNAPSHOTS):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
