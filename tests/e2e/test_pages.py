"""Every page in a real browser: accessible in both themes and widths, under the policy, silent on the console."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ciem.paths.studied import choke_key
from tests.web import world as worlds

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SIGNED_OUT = "sign-in"

PAGES = {
    SIGNED_OUT: "/sign-in/",
    "overview": "/",
    "start": "/",
    "connections": "/connections/",
    "connection": "/connections/{home}/",
    "connect live": "/connections/live/?cloud=toy",
    "live connection": "/connections/{live}/",
    "credentials": "/connections/{live}/live/",
    "live scan": "/scans/{reading}/",
    "import": "/connections/import/",
    "scan": "/scans/{scan}/",
    "paths": "/paths/",
    "no paths": "/paths/?harm=blind&harm=destroy",
    "administrators": "/paths/administrators/",
    "self-widening": "/paths/self-widening/",
    "breaches": "/paths/assumed-breach/",
    "choke points": "/paths/choke-points/",
    "choke point": f"/paths/choke-points/{choke_key(worlds.CHOKES[0])}/",
    "agents": "/paths/agents/",
    "latent": "/paths/latent/",
    "changes": "/paths/changes/",
    "techniques": "/techniques/",
    "technique": "/techniques/aws.upload-ssh-key/",
    "weights": "/weights/",
    "importance": "/weights/importance/",
    "other way": f"/paths/{worlds.CHAIN}/?way=2",
    "path": f"/paths/{worlds.CHAIN}/",
    "hostile path": f"/paths/{worlds.HOSTILE}/",
    "identities": "/identities/?sort=paths",
    "identity": "/identities/id:role~2Ftraining-role/",
    "hostile identity": None,
    "document": "/identities/id:user~2Fsvc-datasync/documents/sync~2Freader/",
    "targets": "/targets/?kind=secret",
    "target": "/targets/id:endpoint~2Ffraud-scoring-prod/",
    "explain": "/explain/",
    "search": "/search/?q=role",
    "audit": "/audit/",
    "nothing here": "/nothing/",
}
# What axe cannot see (text in SVG, lines, states): token on token, and the least contrast.
INKS = {
    "text": "surface ground hover raised accent-soft hit pressed",
    "text-2": "surface ground hover raised accent-soft hit good-soft critical-soft",
    "accent": "surface ground hover accent-soft",
    "on-accent": "accent",
    "on-ink": "ink",
    "conditional": "surface hover accent-soft",
    "unknown": "surface hover unknown-soft",
    "critical": "surface hover critical-soft",
    "medium": "surface hover medium-soft",
    "low": "low-soft",
    "good": "surface hover good-soft",
    "key": "ground hit",
    "string": "ground hit",
}
LINES = ("line-2", "edge", "accent", "conditional", "unknown", "critical")
PAIRS = [[ink, ground, 4.5] for ink, grounds in INKS.items() for ground in grounds.split()]
PAIRS += [[line, ground, 3.0] for line in LINES for ground in ("surface", "ground")]
CONTRAST = r"""pairs => {
  const probe = document.body.appendChild(document.createElement('i'));
  const light = name => {
    probe.style.color = `var(--${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(v => v / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const bad = pairs.filter(([ink, ground, least]) => {
    const [x, y] = [light(ink), light(ground)].sort((m, n) => n - m);
    return (x + .05) / (y + .05) < least;
  });
  probe.remove();
  return bad.map(pair => pair.join(' on '));
}"""
# WCAG 1.4.12; it also stands for fonts that are wider than the one on this machine.
SPACING = "const s = document.body.style; s.letterSpacing = '.12em'; s.wordSpacing = '.16em'; s.lineHeight = '1.5'"
OPEN_ALL = """document.querySelectorAll('details:not(.menu)').forEach(
    each => { each.removeAttribute('name'); each.open = true })"""


def address(site, name):
    if name == "hostile identity":
        return reverse("identity", args=[worlds.LONG])
    return PAGES[name].format(**site.ids)


def person(name):
    return {SIGNED_OUT: "", "start": "charlie"}.get(name, "alice")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_right_wide_and_light_and_when_opened_narrow_and_dark(looker, site, name):
    with looker.at(address(site, name), person(name)) as view:
        found = {"wide": view.axe(), "wide and sideways": view.overflow() > 0}
        view.look("dark", 390)
        view.page.evaluate(OPEN_ALL)
        found |= {"narrow": view.axe(), "narrow and sideways": view.overflow() > 0}
        view.page.evaluate(SPACING)
        found["spaced and sideways"] = view.overflow() > 0
        found["policy"] = view.violations()
        found["console"] = [words for words in view.problems if name != "nothing here" or "404" not in words]
    assert {what: this for what, this in found.items() if this} == {}


@pytest.mark.parametrize("name", ["paths", "path"])
def test_the_main_pages_are_right_in_the_other_looks_too(looker, site, name):
    with looker.at(address(site, name), "alice", "dark", 1440) as view:
        assert view.axe() == []
        view.look("light", 390)
        assert view.axe() == []


def test_menus_and_dialogs_are_right_when_open(looker):
    with looker.at("/paths/", "alice") as view:
        for number in range(view.page.locator("details.menu").count()):
            menu = view.page.locator("details.menu").nth(number)
            menu.evaluate("each => each.open = true")
            assert view.axe("details.menu[open]") == []
            menu.evaluate("each => each.open = false")
        view.page.keyboard.press("?")
        assert view.axe("#keys") == []
    with looker.at("/paths/", "alice", "dark", 390) as view:
        view.page.get_by_role("button", name="Menu", exact=True).click()
        assert view.page.get_by_role("link", name="Connections").is_visible()
        assert view.axe("#nav") == []
        view.page.keyboard.press("Escape")
        assert not view.page.locator("#nav").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_stands_out_from_every_ground_it_is_used_on(looker, theme):
    with looker.at("/sign-in/", theme=theme) as view:
        assert view.page.evaluate(CONTRAST, PAIRS) == []


def test_nothing_runs_off_sideways_at_other_widths(looker, site):
    for name in ("overview", "paths", "path", "target", "connection"):
        with looker.at(address(site, name), "alice") as view:
            for width in (320, 768, 1024, 1280):
                view.look("light", width)
                assert view.overflow() <= 0, (name, width)
