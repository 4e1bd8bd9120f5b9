"""A real browser, a running server, and the small estate of the page tests, started once for all browser tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e.looking import Looker, Site

ROOT = Path(__file__).resolve().parents[2]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
# Without the first flag Chromium talks to its maker's servers; with it no name leaves this machine.
FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    "--disable-dev-shm-usage",
    "--disable-gpu",
)
MISSING = (
    "no browser: name one in GRANTPATH_BROWSER, or install one (`apt-get install chromium`), "
    "or let Playwright fetch its own (`.venv/bin/playwright install chromium`)"
)


def find_browser(playwright: Playwright) -> str:
    """A browser that was named, one of the system, or Playwright's own. None at all is a failure, never a skip."""
    named = os.environ.get("GRANTPATH_BROWSER")
    if named:
        if not Path(named).exists():
            pytest.exit(f"GRANTPATH_BROWSER is {named}, which does not exist", 3)
        return named
    own = playwright.chromium.executable_path
    found = [place for name in NAMES if (place := shutil.which(name))]
    found += [place for place in (*PLACES, own) if Path(place).exists()]
    if not found:
        pytest.exit(MISSING, 3)
    return found[0]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = find_browser(playwright)
    started = playwright.chromium.launch(executable_path=path, args=list(FLAGS), chromium_sandbox=os.getuid() != 0)
    yield started
    started.close()


@contextmanager
def serving(*options: str) -> Iterator[Site]:
    """The server in a process of its own; whatever it says on stderr is shown."""
    command = [sys.executable, "-m", "tests.e2e.serve", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        ready = process.stdout.readline()
        if not ready:
            pytest.fail("the server did not start; what it said stands above")
        said = json.loads(ready)
        yield Site(f"http://127.0.0.1:{said['port']}", said["sessions"], said["ids"])
        process.stdin.close()


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    with serving() as started:
        yield started


@pytest.fixture(scope="package")
def looker(browser: Browser, site: Site) -> Looker:
    return Looker(browser, site)


@pytest.fixture
def bare(browser: Browser) -> Iterator[Looker]:
    """A site as after its installation: people, and nothing else."""
    with serving("--bare") as started:
        yield Looker(browser, started)
