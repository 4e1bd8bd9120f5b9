"""Run several services as one, and leave nothing behind.

Children start in order, each when the one before answers, and stop in reverse. One that ends is started again, slower
each time; one that keeps failing ends the whole. If the supervisor itself dies, even by kill -9, its watchdog sees the
pipe between them close and ends the children. Linux and macOS, standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from ciem.run.watchdog import Watchdog, signal_group

SETTLED = 60.0  # a child that lived so many seconds starts again without delay
FAST_FAILURES = 6  # so many ends in a row, none of them settled, end the whole
PAUSE = 0.1
LARGEST_LOG = 20_000_000
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def log(text: str) -> None:
    """One line for whoever watches the terminal; when that was closed, there is still everything to be stopped."""
    with suppress(OSError):
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


@dataclass(frozen=True)
class Service:
    """What to run. `prepare` runs before each start; `grace` is how many seconds it may take to stop.

    A service that runs `once` is not started again when it ends. What it prints goes to the file `log`, if it has one.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    ready_within: float = 180.0  # one that has ended is noticed at once; this is for one that hangs
    prepare: Callable[[], None] = lambda: None
    grace: float = 30.0
    once: bool = False
    log: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Child:
    """A service and its process, if it has one now."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    is_over: bool = False

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def where(self) -> str:
        """Where to read why, as the end of a sentence."""
        return f" (see {self.service.log})" if self.service.log else ""

    def note_end(self, now: float) -> float:
        """Count the end; how long to wait before the next start."""
        self.failures = 1 if now - self.started > SETTLED else self.failures + 1
        delay = 0.0 if self.failures == 1 else min(30.0, 2.0 ** (self.failures - 1))
        self.start_at = now + delay
        return delay


def _opened(place: Path | None) -> IO[bytes] | None:
    """A log to append to; one that has grown large makes room, its last days kept beside it."""
    if place is None:
        return None
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and place.stat().st_size > LARGEST_LOG:
        place.replace(place.with_suffix(".old"))
    return place.open("ab")


def _die_with_parent() -> None:
    """Linux only, a second line of defence. It fires when the *thread* that started us ends (prctl(2))."""
    import ctypes  # noqa: PLC0415  # only in the child, only on Linux

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Group:
    """The children of one supervisor, under one watchdog, which shares the lock of `lock_fd`."""

    def __init__(self, services: Sequence[Service], lock_fd: int, when_ready: Callable[[], None]) -> None:
        self.children = [Child(service) for service in services]
        self.waiting = list(self.children)  # not started yet
        self.unready: Child | None = None  # started, holds the later ones back
        self.watchdog = Watchdog(lock_fd)
        self.when_ready = when_ready
        self.asked = 0  # how many times somebody asked to stop
        self.exit_code = 0

    def run(self) -> int:
        """Until somebody asks to stop or a child keeps failing; the exit code."""
        before = {sign: signal.signal(sign, self._ask) for sign in _SIGNALS}
        try:
            while not self.asked:
                self._turn()
                time.sleep(PAUSE)
        finally:
            self._stop_all()
            for sign, handler in before.items():
                signal.signal(sign, handler)
        return self.exit_code

    def _ask(self, _sign: int, _frame: FrameType | None) -> None:
        self.asked += 1

    def _give_up(self, code: int, words: str) -> None:
        log(words)
        self.exit_code = code if code > 0 else 1
        self.asked += 1

    def _turn(self) -> None:
        self.watchdog.tend()
        for child in self.children:
            self._tend(child)
        self._look_at_unready()
        if self.unready is None and self.waiting and not self.asked:
            self.unready = self.waiting.pop(0)
            self._start(self.unready)

    def _tend(self, child: Child) -> None:
        """Start again what has ended, when its time has come."""
        now = time.monotonic()
        if child.process is None:
            if child not in self.waiting and now >= child.start_at and not child.is_over and not self.asked:
                self._start(child)
            return
        code = self._reap(child)
        if code is None or self.asked:
            return
        if child.service.once:
            child.is_over = True
            return
        delay = child.note_end(now)
        if child.failures >= FAST_FAILURES:
            self._give_up(
                code, f"{child.name} ended {child.failures} times in a row, last with {code}: giving up{child.where}"
            )
        else:
            log(f"{child.name} ended with {code}; starting it again in {delay:.0f} s{child.where}")

    def _look_at_unready(self) -> None:
        child = self.unready
        if child is None or (child.process is None and not child.is_over):
            return
        if child.is_over or child.service.ready():
            self.unready = None
            if not self.waiting:
                self.when_ready()
        elif time.monotonic() - child.started > child.service.ready_within:
            self._give_up(1, f"{child.name} did not answer within {child.service.ready_within:.0f} s{child.where}")

    def _start(self, child: Child) -> None:
        try:
            self._launch(child)
        except (OSError, subprocess.SubprocessError) as error:
            self._give_up(1, f"{child.name} cannot be started: {error}")

    def _launch(self, child: Child) -> None:
        child.service.prepare()
        output = _opened(child.service.log)
        child.process = subprocess.Popen(
            list(child.service.command),
            env={**os.environ, **child.service.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # we have one thread
        )
        if output:
            output.close()
        self.watchdog.add(child.process.pid)
        child.started = time.monotonic()

    def _reap(self, child: Child) -> int | None:
        """The exit code of a child that has ended, with what it left behind swept up; None while it lives."""
        if child.process is None or child.process.poll() is None:
            return None
        code = child.process.returncode
        signal_group(child.process.pid, signal.SIGKILL)
        self.watchdog.drop(child.process.pid)
        child.process = None
        return code

    def _stop_all(self) -> None:
        """Newest first. Being asked once more means: at once."""
        first = self.asked
        for child in reversed(self.children):
            self._stop(child, lambda: self.asked > first)
        self.watchdog.close()

    def _stop(self, child: Child, hurry: Callable[[], bool]) -> None:
        process = child.process
        if process is None:
            return
        process.terminate()
        deadline = time.monotonic() + child.service.grace
        while process.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(PAUSE / 2)
        forced = process.poll() is None
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._reap(child)
        log(f"{child.name} {'killed' if forced else 'stopped'}")
