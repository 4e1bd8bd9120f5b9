"""A process that outlives its supervisor just long enough to end the children's process groups.

Run as a file, not as a module of the project, so that it starts in a few milliseconds and holds little memory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

GRACE = 8.0  # seconds between SIGTERM and SIGKILL when the supervisor is gone


def signal_group(group: int, sign: int) -> bool:
    """Send to a whole process group; False when there is none."""
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True


class Watchdog:
    """The supervisor's end of the pipe. The lock's descriptor is shared, so no new run begins beside dying children."""

    def __init__(self, lock_fd: int) -> None:
        self._lock_fd = lock_fd
        self._groups: list[int] = []
        self._start()

    def _start(self) -> None:
        read_end, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-IS", __file__, str(read_end)],
            pass_fds=(read_end, self._lock_fd),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        os.close(read_end)
        for group in self._groups:
            self._tell("+", group)

    def _tell(self, sign: str, group: int) -> None:
        try:
            os.write(self._pipe, f"{sign}{group}\n".encode())
        except BrokenPipeError:
            self.tend()  # it has died; the new one learns all groups

    def add(self, group: int) -> None:
        self._groups.append(group)
        self._tell("+", group)

    def drop(self, group: int) -> None:
        self._groups.remove(group)
        self._tell("-", group)

    def tend(self) -> None:
        """Start another one if it has died."""
        if self._process.poll() is not None:
            os.close(self._pipe)
            self._start()

    def close(self) -> None:
        """Nothing is left to watch."""
        os.close(self._pipe)
        self._process.wait()


def watch(read_end: int) -> None:
    """The whole life of the process: learn groups until the pipe closes, then end them, newest first."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    groups: list[int] = []
    with os.fdopen(read_end) as pipe:
        for line in pipe:
            group = int(line[1:])
            if line[0] == "+":
                groups.append(group)
            else:
                groups.remove(group)
    for group in reversed(groups):
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while groups and time.monotonic() < deadline:
        groups = [group for group in groups if signal_group(group, 0)]
        time.sleep(0.1)
    for group in reversed(groups):
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
