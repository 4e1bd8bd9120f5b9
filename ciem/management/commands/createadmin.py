"""`manage.py createadmin NAME`: the first user, who then makes the others."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from ciem.accounts.actions import create_user
from ciem.accounts.models import Role


class Command(BaseCommand):
    """The password comes from GRANTPATH_NEW_PASSWORD (or its _FILE), or is asked for; never from an argument."""

    help = "Create an administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *_: Any, name: str, **__: Any) -> None:
        self.create(name, Role.ADMINISTRATOR)

    def create(self, name: str, role: Role) -> None:
        try:
            password = settings.NEW_PASSWORD or self._ask()
            create_user(by=None, username=name, password=password, role=role)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{name} can sign in as {role.value}.")

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password
