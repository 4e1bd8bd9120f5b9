"""`manage.py settings_reference`: the page docs/settings.md, made from the settings themselves."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ciem.core import env

HEAD = """# Settings

Every setting is an environment variable; without any, a checkout works. A value that means nothing stops the start.
This page is made by `python manage.py settings_reference > docs/settings.md`.

| variable | kind | default | meaning |
| --- | --- | --- | --- |"""


def page() -> str:
    """The whole page."""
    rows = (f"| `{found.name}` | {found.kind} | {_shown(found.default)} | {found.help} |" for found in env.declared())
    return "\n".join((HEAD, *rows, ""))


def _shown(default: str) -> str:
    return f"`{default}`" if default else "none"


class Command(BaseCommand):
    """Print it."""

    help = "Print the reference of all settings as Markdown."

    def handle(self, *_: Any, **__: Any) -> None:
        self.stdout.write(page(), ending="")
