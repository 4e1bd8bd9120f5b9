"""`manage.py createuser NAME --role ROLE`: another person who signs in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from ciem.accounts.models import Role
from ciem.management.commands import createadmin


class Command(createadmin.Command):
    """They see no connection before `manage.py grant`, unless their role sees all."""

    help = "Create a user with a role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--role", choices=Role.values, default=Role.ANALYST.value)

    def handle(self, *_: Any, name: str, **options: Any) -> None:
        self.create(name, Role(options["role"]))
