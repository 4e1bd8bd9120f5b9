"""Where the records are kept, by URL: a file of SQLite on this machine, or a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ciem.core.env import SettingError

POSTGRESQL = ("postgresql://", "postgres://")
SQLITE = "sqlite:///"
_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def configured(name: str, url: str, default: Path) -> dict[str, Any]:
    """Django's words for the URL that the setting `name` holds, or for the default file where it holds none.

    A message never repeats the URL: it may hold a password.
    """
    if not url:
        return sqlite(default)
    if url.startswith(SQLITE):
        place = unquote(url.removeprefix(SQLITE))
        if not place:
            raise SettingError(f"{name} names no file: write sqlite:////absolute/path/to/file")
        return sqlite(Path("/", place.lstrip("/")) if place.startswith("/") else Path(place).resolve())
    if url.startswith(POSTGRESQL):
        return _postgresql(name, url)
    begins = url.partition("://")[0] if "://" in url else "without ://"
    raise SettingError(
        f"{name} begins {begins[:20]!r}, which is no database that is known: "
        "write postgresql://USER:PASSWORD@HOST:5432/DATABASE or sqlite:////path/to/file"
    )


def sqlite(place: Path) -> dict[str, Any]:
    """A file on a disk of this machine; a network drive does not lock as SQLite needs.

    WAL, IMMEDIATE and a patient timeout together end "database is locked": a deferred transaction that reads first and
    writes later fails at once, whatever the timeout (https://www.sqlite.org/lang_transaction.html).
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": place,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-20000;"
            "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;",
        },
    }


def _postgresql(name: str, url: str) -> dict[str, Any]:
    """All that libpq reads in a URL counts: sockets, several hosts, sslmode, connect_timeout.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    said = _read(name, url)
    if not said.get("dbname"):
        raise SettingError(f"{name} names no database: write postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    known = {word: str(said.pop(key)) for key, word in _NAMES.items() if key in said}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        "OPTIONS": {"connect_timeout": 10, "application_name": "grantpath", **said},
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,  # a server that was started again meanwhile costs no request
    }


def _read(name: str, url: str) -> dict[str, Any]:
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415  # only who uses PostgreSQL needs libpq

    try:
        said = dict(conninfo.conninfo_to_dict(url))
        if not all(port.isdecimal() for port in str(said.get("port", "5432")).split(",")):
            raise ProgrammingError("libpq reads ports when it connects, and would repeat them then")
        return said
    except ProgrammingError:
        raise SettingError(
            f"{name} is no URL that PostgreSQL understands: write postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
            "with %40 for @, %2F for / and %23 for # in the password, and only options that libpq knows after a ?"
        ) from None


def described(database: Mapping[str, Any]) -> str:
    """Which database this is, for messages: without its password."""
    if database["ENGINE"].endswith("sqlite3"):
        return f"the file {database['NAME']}"
    return f"the PostgreSQL database {database['NAME']} at {database.get('HOST') or 'this machine'}"
