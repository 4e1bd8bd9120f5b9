"""`manage.py rotate_sealing_key`: seal all credentials with a new key."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ciem.connections.live import seal_anew
from ciem.core import sealing


class Command(BaseCommand):
    """Whoever runs it owns the installation anyway; the audit log says that the system did it.

    The former key stays beside the new one until it is asked to go: somebody may be typing credentials just now.
    """

    help = "Seal the credentials of live connections with a new key. Keys in GRANTPATH_SEALING_KEY are changed there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forget", action="store_true", help="make no key: forget the former ones in the home")
        parser.add_argument("--given", action="store_true", help="make no key: the newest is in GRANTPATH_SEALING_KEY")

    def handle(self, *_: Any, forget: bool, given: bool, **__: Any) -> None:
        try:
            if not forget and not given:
                sealing.new_key()
            count = seal_anew()
            if forget:
                sealing.forget_old_keys()
        except sealing.SealError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Sealed with the newest key: the credentials of {count} connections.")
