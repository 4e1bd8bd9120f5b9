"""One run per home folder, and a port that is free: checked first, with words that say what to do."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

WAIT = 12.0  # a little longer than a watchdog may need to end what a killed supervisor left behind


class StartError(Exception):
    """Why nothing was started, and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """Who holds the lock."""

    pid: int
    address: str

    @property
    def is_alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _told(place: Path) -> Running | None:
    try:
        found = json.loads(place.read_text())
        return Running(int(found["pid"]), str(found["address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def take(home: Path, wait: float = WAIT) -> int:
    """The descriptor that holds the lock of this home; the kernel frees it when the last holder is gone."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            _complain(home, give_up=time.monotonic() > deadline)
            time.sleep(0.2)


def tell(home: Path, address: str) -> None:
    """Leave word of who holds the lock, for the next one who asks."""
    (home / "run.json").write_text(json.dumps({"pid": os.getpid(), "address": address}))


def _complain(home: Path, *, give_up: bool) -> None:
    holder = _told(home / "run.json")
    if holder is not None and holder.is_alive:
        raise StartError(
            f"Grantpath runs already, at {holder.address} (process {holder.pid}). Use it, or stop it there with "
            "Ctrl-C; for a second one beside it, set GRANTPATH_HOME to another folder."
        )
    if give_up:
        raise StartError(f"What is left of an earlier run still uses {home}. Wait a moment and start again.")


def free_port(host: str, port: int, command: str = "make demo") -> int:
    """The port if nothing listens there; for 0, some free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError as error:
            raise StartError(f"There is no port {port}: ports go from 1 to 65535; 0 is any that is free.") from error
        except OSError as error:
            raise StartError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or choose another: "
                f"`{command} PORT={port + 1 if port < 65535 else 8000}`, or 0 for any that is free."
            ) from error
        found: int = probe.getsockname()[1]
        return found
