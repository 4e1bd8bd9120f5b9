"""`manage.py grant USER CONNECTION`: let somebody see a connection, or no longer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ciem.accounts.models import User
from ciem.connections.actions import grant, revoke
from ciem.connections.models import Connection


class Command(BaseCommand):
    """Whoever runs it owns the installation anyway; the audit log says that the system did it."""

    help = "Let a user see a connection."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        parser.add_argument("connection", help="its name")
        parser.add_argument("--take", action="store_true", help="take the grant away")

    def handle(self, *_: Any, user: str, connection: str, take: bool, **__: Any) -> None:
        who = User.objects.filter(username=user).first()
        what = Connection.objects.filter(name=connection).first()
        if who is None or what is None:
            raise CommandError(f"There is no user {user}." if who is None else f"There is no connection {connection}.")
        (revoke if take else grant)(by=None, user=who, connection=what)
        self.stdout.write(f"{user} {'no longer sees' if take else 'sees'} {connection}.")
