"""A server as a process of its own, which a watchdog ends when the process that started it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ciem.run.lock import take
from ciem.run.watchdog import Watchdog

_PATIENCE = 120  # seconds until it answers
_GRACE = 30  # seconds until it has ended


class Guarded:
    """Running from the moment it is made, once it answers. What it says goes to a file in its folder."""

    def __init__(
        self, name: str, home: Path, command: Sequence[str], answers: Callable[[], bool], **options: Any
    ) -> None:
        lock = take(home)
        self._watchdog = Watchdog(lock)
        os.close(lock)
        with (home / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True, **options
            )
        self._watchdog.add(self._process.pid)
        deadline = time.monotonic() + _PATIENCE
        while not answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (home / "console.log").read_text("utf-8")[-2000:]
                self.stop()
                raise RuntimeError(f"{name} did not start:\n{said}")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """By a signal; one that is not heard is followed by one that cannot be ignored."""
        if self._process.poll() is None:
            self._process.send_signal(sign)
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._watchdog.drop(self._process.pid)
        self._watchdog.close()
