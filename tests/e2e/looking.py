"""Opens pages in the browser as a certain person and notes everything that goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

LISTEN = """window.violations = [];
addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI))"""
# Of the page, or of a table that does not scroll and so lies over what stands beside it; parts of a pixel are rounded.
OVERFLOW = """Math.max(document.documentElement.scrollWidth - document.documentElement.clientWidth,
  ...[...document.querySelectorAll('.table-wrap')].filter(w => getComputedStyle(w).overflowX === 'visible')
    .map(w => w.scrollWidth - w.clientWidth - 1))"""
AXE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}


@dataclass
class View:
    """An open page with what its console said and what it failed to load."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def axe(self, inside: str | None = None) -> list[str]:
        found = Axe().run(self.page, context=inside, options=AXE).response
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]

    def look(self, theme: str, width: int) -> None:
        """The same page in another theme and width."""
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": 900})

    def overflow(self) -> int:
        return int(self.page.evaluate(OVERFLOW))

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found


@dataclass(frozen=True)
class Site:
    """Where the server is, the session cookie of each person, and the numbers of a few rows."""

    address: str
    sessions: Mapping[str, str]
    ids: Mapping[str, int]


@dataclass(frozen=True)
class Looker:
    """Opens pages of the site, signed in without typing."""

    browser: Browser
    site: Site

    @contextmanager
    def at(self, path: str, user: str = "", theme: str = "light", width: int = 1440, **more: Any) -> Iterator[View]:
        context = self.browser.new_context(
            base_url=self.site.address,
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            **more,
        )
        if user:
            cookie = {"name": "grantpath_session", "value": self.site.sessions[user], "url": self.site.address}
            context.add_cookies([cookie])  # type: ignore[list-item]
        context.add_init_script(LISTEN)
        view = View(context.new_page())
        view.page.on("console", lambda said: said.type in ("error", "warning") and view.problems.append(said.text))
        view.page.on("pageerror", lambda error: view.problems.append(str(error)))
        view.page.on("requestfailed", lambda request: view.problems.append(f"failed: {request.url}"))
        view.page.goto(path, wait_until="load")
        yield view
        context.close()
