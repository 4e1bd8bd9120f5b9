"""One at a time: what must not happen twice at once, though no row is there yet to be locked."""

from __future__ import annotations

import zlib

from django.db import connection


def take_turn(name: str) -> None:
    """Wait until no other transaction has taken this name; ours has it until it ends.

    On SQLite every transaction is IMMEDIATE, so there is never another one that writes.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(f"grantpath {name}".encode())])
