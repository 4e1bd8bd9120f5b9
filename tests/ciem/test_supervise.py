"""The supervisor with stand-in services: order, restarts, giving up, and that nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ciem.run import lock, places, services
from ciem.run.supervise import Child, Service
from tests.ciem.processes import all_ended, groups_below

ROOT = Path(__file__).parents[2]
HEAD = """
    import sys
    from pathlib import Path
    from ciem.run import lock
    from ciem.run.supervise import Group, Service, log
    home = Path(sys.argv[1])
    def sleeper(name, **more):
        return Service(name, [sys.executable, "-c", "import time; time.sleep(60)"], **more)
    holder = lock.take(home)
    lock.tell(home, "http://127.0.0.1:1/")
"""


class Group:
    """A supervisor in a process of its own."""

    def __init__(self, home: Path, services: str) -> None:
        code = textwrap.dedent(HEAD) + f"sys.exit(Group({services}, holder, lambda: log('all ready')).run())\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def lines_until(self, words: str) -> list[str]:
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line[9:].strip())
            if words in line:
                return lines
        raise AssertionError(f"never said `{words}`: {lines}")

    def rest(self) -> list[str]:
        out, _ = self.process.communicate(timeout=180)
        return [line[9:] for line in out.splitlines()]


@pytest.fixture
def group(tmp_path):
    started = []

    def start(services: str) -> Group:
        started.append(Group(tmp_path, services))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.stdout.close()
        one.process.wait()


def test_services_stop_in_reverse_when_somebody_asks(group):
    one = group("[sleeper('first'), sleeper('second')]")
    one.lines_until("all ready")
    below = groups_below(one.process.pid)
    assert len(below) == 3  # two services and the watchdog
    one.process.send_signal(signal.SIGINT)
    assert one.rest() == ["second stopped", "first stopped"]
    assert one.process.returncode == 0
    assert all_ended(below)


def test_the_second_waits_until_the_first_answers(group):
    one = group("[sleeper('first', ready=lambda: False, ready_within=0.5), sleeper('second')]")
    lines = one.rest()
    assert lines == ["first did not answer within 0 s", "first stopped"]
    assert one.process.returncode == 1


def test_kill_minus_nine_leaves_nothing_not_even_grandchildren(group):
    command = "[sys.executable, '-c', 'import subprocess, time; subprocess.Popen([\"sleep\", \"60\"]); time.sleep(60)']"
    one = group(f"[Service('parent', {command}), sleeper('other')]")
    one.lines_until("all ready")
    below = groups_below(one.process.pid)
    one.process.kill()
    assert all_ended(below)


def test_a_service_that_ends_is_started_again_and_one_that_keeps_ending_ends_the_whole(group, tmp_path):
    mark = tmp_path / "started"
    code = f"open({str(mark)!r}, 'a').write('x'); raise SystemExit(7)"
    one = group(f"[sleeper('steady'), Service('broken', [sys.executable, '-c', {code!r}])]")
    lines = one.lines_until("in 2 s")
    below = groups_below(one.process.pid)
    assert "broken ended with 7; starting it again in 0 s" in lines
    assert len(mark.read_text()) >= 2
    one.process.send_signal(signal.SIGTERM)
    one.rest()
    assert all_ended(below)


def test_each_quick_end_makes_the_next_start_later():
    child = Child(Service("x", []), started=100.0)
    assert [child.note_end(101.0) for _ in range(7)] == [0.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    child.started = 200.0
    assert child.note_end(300.0) == 0.0


def test_what_runs_once_is_not_started_again(group):
    one = group("[sleeper('steady'), Service('once', [sys.executable, '-c', 'print(\"123456789did it\")'], once=True)]")
    lines = one.lines_until("did it")
    if "all ready" not in lines:
        lines += one.lines_until("all ready")
    one.process.send_signal(signal.SIGINT)
    lines += one.rest()
    assert lines.count("did it") == 1
    assert not any("starting it again" in line for line in lines)


def test_a_second_start_says_what_runs(group, tmp_path):
    one = group("[sleeper('first')]")
    one.lines_until("all ready")
    with pytest.raises(lock.StartError, match=rf"http://127.0.0.1:1/ \(process {one.process.pid}\)"):
        lock.take(tmp_path)


def test_what_is_left_of_a_killed_run_is_waited_for(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"pid": 2**22 + 1, "address": "http://gone/"}))
    holder = lock.take(tmp_path)
    with pytest.raises(lock.StartError, match="earlier run"):
        lock.take(tmp_path, wait=0.3)
    os.close(holder)
    os.close(lock.take(tmp_path))


def test_a_busy_port_is_reported_with_what_to_do():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(lock.StartError, match=f"make demo PORT={port + 1}"):
            lock.free_port("127.0.0.1", port)
    assert lock.free_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize("port", [65536, -1])
def test_a_port_that_does_not_exist_is_reported(port):
    with pytest.raises(lock.StartError, match="no port"):
        lock.free_port("127.0.0.1", port)


def test_a_home_that_cannot_be_used_is_reported_with_what_to_do(tmp_path):
    (tmp_path / "home").write_text("not a folder")
    environment = {**os.environ, "GRANTPATH_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "ciem.run", "--port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "set GRANTPATH_HOME to another folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_cannot_be_started_ends_the_whole_in_words(group):
    one = group("[sleeper('first'), Service('missing', ['/nowhere/at/all'])]")
    lines = one.rest()
    assert lines[0].startswith("missing cannot be started: [Errno 2]")
    assert lines[-1] == "first stopped"
    assert one.process.returncode == 1


def test_a_closed_terminal_still_lets_everything_stop(group):
    one = group("[sleeper('first'), sleeper('second')]")
    one.lines_until("all ready")
    below = groups_below(one.process.pid)
    one.process.stdout.close()
    one.process.send_signal(signal.SIGHUP)
    assert one.process.wait(180) == 0
    assert all_ended(below)


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path):
    place = tmp_path / "sockets"
    assert services.private_folder(place) == place
    place.chmod(0o755)
    with pytest.raises(services.StartError, match="private folder"):
        services.private_folder(place)
    (tmp_path / "link").symlink_to(services.private_folder(tmp_path / "other"))
    with pytest.raises(services.StartError, match="private folder"):
        services.private_folder(tmp_path / "link")


def test_the_socket_s_path_is_short_enough_for_every_system(tmp_path):
    assert len(str(places.valkey_socket(tmp_path / ("deep/" * 40)))) < 100
