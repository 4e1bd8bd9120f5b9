"""Very many plain rows at once: as objects of the ORM they would take several times as long, and all of the memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import connection
from django.db.models import Field, Model

_AT_ONCE = 20_000
Value = str | int | bool


def insert(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Rows with the values of these fields, as the database keeps them: no JSON, no dates; keys as numbers."""
    fields: dict[str, Field[object, object]] = {field.name: field for field in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(fields[name].column)) for name in names)
    values = ", ".join(["%s"] * len(names))
    command = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({values})"  # noqa: S608 (names of our own tables)
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while some := list(islice(waiting, _AT_ONCE)):
            cursor.executemany(command, some)
