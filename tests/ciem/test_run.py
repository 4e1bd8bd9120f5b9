"""All that `make demo` starts, for real: Valkey, worker, beat and web, with the toy office as the demo estate."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from ciem.run import places
from tests.ciem.processes import all_ended, eventually, groups_below

pytestmark = pytest.mark.xdist_group("run")  # one group of services, its tests in order, on one worker

ROOT = Path(__file__).parents[2]
OFFICE = ROOT / "tests" / "toy" / "office.json"


class Run:
    """`python -m ciem.run` with a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GRANTPATH_")},
            "GRANTPATH_HOME": str(home),
            "GRANTPATH_EXTRA_CLOUDS": "tests.toy.cloud",
            "GRANTPATH_DEMO": str(OFFICE),
            "DJANGO_SETTINGS_MODULE": "ciem.settings",
        }
        self.said: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Until it has said where to sign in and how."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ciem.run", "--port", "0", "--workers", "1"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if found := re.match(r"  (Attack paths|Sign in as|Password) +(\S+)", line):
                self.said[found[1]] = found[2]
            if line.startswith("  Stop"):
                return
        raise AssertionError("".join(lines))

    def end(self, sign: int) -> str:
        self.process.send_signal(sign)
        out, _ = self.process.communicate(timeout=180)
        return out

    def again(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command on the same home."""
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=180, check=False
        )

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.home / "grantpath.sqlite3") as records:
            return records.execute(query).fetchall()


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    running = Run(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)


def test_the_demo_estate_went_through_queue_and_worker(run):
    ((state, tries, sent),) = run.rows("select state, tries, sent_at from scans_scan")
    assert (state, tries) == ("done", 1)
    assert sent is not None
    assert run.rows("select count(*) from paths_finding where state = 'open'")[0][0] > 0


def test_the_printed_password_opens_the_printed_page(run):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(run.said["Attack paths"])
    assert "/sign-in/" in page.url
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]
    form = f"csrfmiddlewaretoken={token}&username=demo&password={run.said['Password']}"
    opened = browser.open(urllib.request.Request(page.url, form.encode(), {"Referer": page.url}))
    assert (opened.status, opened.url) == (200, run.said["Attack paths"])


def test_what_is_secret_only_its_owner_reads(run):
    open_to_others = [place for place in run.home.rglob("*") if place.lstat().st_mode & 0o077]
    assert open_to_others == []
    assert run.home.joinpath("demo.json").read_text().count(run.said["Password"]) == 1
    logs = b"".join(place.read_bytes() for place in (run.home / "logs").iterdir())
    assert run.said["Password"].encode() not in logs


def test_a_file_is_imported_from_the_command_line(run, tmp_path):
    page = json.loads(OFFICE.read_text())
    page["logbook"]["office"] = "lighthouse"
    (tmp_path / "lighthouse.json").write_text(json.dumps(page))
    done = run.again("manage.py", "import", str(tmp_path / "lighthouse.json"), "--wait")
    assert done.returncode == 0, done.stderr
    assert re.search(r"Done: \d+ attack paths; 1 gaps, 0 problems", done.stdout)
    (tmp_path / "broken.json").write_text("[1, 2")
    refused = run.again("manage.py", "import", str(tmp_path / "broken.json"), "--wait")
    assert refused.returncode == 1
    assert "Failed:" in refused.stderr


def test_a_second_start_beside_it_says_where_it_runs(run):
    second = run.again("-m", "ciem.run", "--port", "0")
    assert second.returncode == 1
    assert run.said["Attack paths"].removesuffix("paths/") in second.stderr


# The tests below end the group; they come last and in this order.


def test_kill_minus_nine_leaves_nothing_and_the_next_start_says_the_same_password(run):
    password, done = run.said["Password"], run.rows("select count(*) from scans_scan where state = 'done'")
    assert eventually(lambda: len(groups_below(run.process.pid)) >= 5)  # queue, worker, schedule, web, the watchdog
    below = groups_below(run.process.pid)
    run.end(signal.SIGKILL)
    assert all_ended(below)
    run.start()
    assert run.said["Password"] == password
    assert run.rows("select count(*) from scans_scan where state = 'done'") == done


ASK = """
from ciem.accounts.models import User
from ciem.connections.live import connect_live
from ciem.scans.collecting import ask
values = {"book": %r, "word": "sesame"}
ask(by=None, connection=connect_live(by=User.objects.get(username="demo"), name="Mill", cloud="toy", values=values))
"""


def test_a_scan_that_kill_minus_nine_cut_off_goes_on_after_the_next_start(run, tmp_path):
    page = json.loads(OFFICE.read_text())
    book = {**page, "logbook": {**page["logbook"], "office": "mill"}, "porter": {"takes": {"doors": 5}}}
    (tmp_path / "book.json").write_text(json.dumps(book))
    asked = run.again("manage.py", "shell", "-c", ASK % str(tmp_path / "book.json"))
    assert asked.returncode == 0, asked.stderr
    began = "select count(*) from scans_scanpart where state = 'running' and progress_words like 'reads%'"
    assert eventually(lambda: run.rows(began) == [(1,)])
    run.end(signal.SIGKILL)
    run.start()
    ended = "select state from scans_scan where is_live and state not in ('queued', 'running')"
    assert eventually(lambda: run.rows(ended))
    assert run.rows(ended) == [("done",)]
    assert run.rows("select key, error from scans_scanpart where state != 'done'") == []
    assert not list(run.home.glob("uploads/scan-*"))
    assert b"sesame" not in b"".join(place.read_bytes() for place in (run.home / "logs").iterdir())


def test_ctrl_c_stops_everything_in_reverse(run):
    below = groups_below(run.process.pid)
    said = run.end(signal.SIGINT)
    assert run.process.returncode == 0
    assert re.findall(r"(\w+) stopped", said)[-4:] == ["schedule", "worker", "web", "queue"]
    assert all_ended(below)
    assert not places.socket_folder(run.home).exists()
