"""One Neo4j server behind a URL: how it is reached, what it must be, and what is said when it is not."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import neo4j
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable

from graph.store import StoreError

T = TypeVar("T")
PASSWORD = "GRANTPATH_STORE_PASSWORD"  # noqa: S105 -- the name of the variable, not the password
OLDEST = (5, 26)
_PATIENCE = 5.0  # seconds for a connection, and for trying again what may pass


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and who asks. The password is never part of a URL, which gets logged and shown."""

    place: str
    user: str
    database: str | None


def address(url: str) -> Address:
    """`neo4j://user@host:port/database`; the database may be left out."""
    wanted = f"`{url.partition(':')[0]}://user@host:port`"
    try:
        parts = urlsplit(url)
        port = parts.port or 7687
    except ValueError as error:
        raise StoreError(f"The URL of the store is broken ({error}). Write {wanted}.") from error
    if parts.password is not None:
        raise StoreError(f"The URL of the store holds a password. Write {wanted}, the password into {PASSWORD}.")
    if not parts.hostname or not parts.username or parts.query or parts.fragment:
        raise StoreError(f"The URL of the store names no user or no host, or more than that. Write {wanted}.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Address(f"{parts.scheme}://{host}:{port}", unquote(parts.username), unquote(parts.path.strip("/")) or None)


def password(environment: Mapping[str, str]) -> str:
    """From the environment, or from the file that it names."""
    pointer = environment.get(f"{PASSWORD}_FILE")
    if not pointer:
        given = environment.get(PASSWORD, "")
    else:
        try:
            given = Path(pointer).read_text("utf-8").strip()
        except OSError as error:
            raise StoreError(f"{PASSWORD}_FILE names `{pointer}`, which cannot be read: {error.strerror}.") from error
    if not given:
        raise StoreError(f"Neo4j needs a password: set {PASSWORD}, or {PASSWORD}_FILE to a file that holds it.")
    return given


class Server:
    """Questions to one server, from any number of threads. It is looked at when it is first asked something."""

    def __init__(self, where: Address, secret: str) -> None:
        self.where = where
        self._driver = neo4j.GraphDatabase.driver(
            where.place,
            auth=(where.user, secret),
            connection_timeout=_PATIENCE,
            connection_acquisition_timeout=4 * _PATIENCE,
            max_transaction_retry_time=_PATIENCE,
            notifications_min_severity="OFF",  # `id()` is deprecated and has no equal for a load
            telemetry_disabled=True,
            user_agent="grantpath",
        )
        weakref.finalize(self, self._driver.close)

    def read(self, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
        with self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(work)

    def write(self, question: str, **given: Any) -> list[neo4j.Record]:
        """One transaction, tried again when it failed and may be."""
        return self.change(lambda transaction: list(transaction.run(question, given)))

    def change(self, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
        with self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(work)

    def alone(self, question: str, **given: Any) -> None:
        """A question that opens transactions itself."""
        with self._session(neo4j.WRITE_ACCESS) as session:
            session.run(question, given).consume()

    def version(self) -> tuple[str, str]:
        """(version, edition); raises when it is too old."""
        asked = (
            "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions, edition"
        )
        [row] = self.read(lambda transaction: list(transaction.run(asked)))
        told, edition = str(row["versions"][0]), str(row["edition"])
        refuse_old(told)
        return told, edition

    @contextmanager
    def _session(self, access: str) -> Iterator[neo4j.Session]:
        try:
            with self._driver.session(database=self.where.database, default_access_mode=access) as session:
                yield session
        except (Neo4jError, DriverError, OSError) as error:
            raise StoreError(_words(self.where, error)) from error


def refuse_old(version: str) -> None:
    """Versions are `5.26.30` or `2026.08.1`; cloud ones end in words."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise StoreError(f"Neo4j {version} is too old. Use {oldest} (long-term support) or newer.")


def _words(where: Address, error: Exception) -> str:
    if isinstance(error, AuthError):
        return f"Neo4j at {where.place} refuses user `{where.user}`. Check the user in the URL and {PASSWORD}."
    if isinstance(error, (ServiceUnavailable, ConfigurationError, OSError)):
        return f"Neo4j at {where.place} cannot be reached: {error}. Start it, or mend the URL of the store."
    if isinstance(error, Neo4jError) and str(error.code).endswith("DatabaseNotFound"):
        return f"Neo4j at {where.place} has no database `{where.database}`. Make it, or leave it out of the URL."
    return f"Neo4j at {where.place} failed: {error}"


def connected(url: str) -> Server:
    return Server(address(url), password(os.environ))
