"""Rules of criticality and owner, laid over those that are there: versioned, audited, in force from the next build."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.paths.models import ImportanceTable
from ciem.scans.queries import current_graph
from graph.importance import Importance, ImportanceError, importance, parsed

_WHERE = "Your table"


def newest() -> ImportanceTable | None:
    return ImportanceTable.objects.first()


def in_force() -> Importance:
    """What the next build judges with. Raises ImportanceError where a file that is to take its place is none."""
    table = newest()
    return read(table.body) if table else importance()


def published_version() -> str:
    """The rules that the published graph was built with; empty where it did not note them."""
    graph = current_graph()
    return graph.importance if graph else ""


def read(body: Any) -> Importance:
    """A table over what is there without one; a table that says nothing changes nothing. Raises ImportanceError."""
    return parsed(body, _WHERE, importance()) if body else importance()


@transaction.atomic
def lay(*, by: User, body: Any, note: str) -> ImportanceTable:
    """New rules from the next analysis on; an empty table goes back. Old ones stay on record."""
    require(by, Permission.DECIDE)
    try:
        version, before = read(body).version, in_force().version
    except ImportanceError as error:
        raise ValidationError(str(error)) from error
    if not note.strip():
        raise ValidationError("Say why it is changed.")
    if version == before:
        raise ValidationError("These rules are in force already.")
    table = ImportanceTable.objects.create(
        by=by, by_name=by.get_username(), body=body, version=version, note=note.strip()[:2000]
    )
    audit.record(by, "importance rules changed", table, {"before": before, "note": note})
    return table
