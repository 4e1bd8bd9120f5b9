"""Names are written by attackers: nothing they hold becomes markup, reorders text or breaks an address."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import resolve, reverse

from ciem.paths.studied import choke_key
from ciem.web.names import KeyConverter, shorten, visible
from tests.web import world as worlds


class Markup(HTMLParser):
    """Notes what the policy forbids and what the names would have made."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.bad += [f"<{tag} {name}>" for name in names if name == "style" or name.startswith("on")]
        if tag in {"style", "b"} or (tag == "script" and "src" not in names):
            self.bad.append(f"<{tag}>")
        if "id" in names:
            self.ids.append(names["id"])
        self.links += [names["href"]] if "href" in names else []


def pages(world):
    nodes = [reverse("identity", args=[node.key]) for node in worlds.NODES]
    targets = [reverse("target", args=[node.key]) for node in worlds.NODES if node.targets]
    paths = [reverse("path", args=[path.finding]) for path in worlds.PATHS]
    paths += [reverse("choke", args=[choke_key(choke)]) for choke in worlds.CHOKES]
    paths += [f"{reverse('path', args=[worlds.CHAIN])}?way=2"]
    lists = [
        reverse(name)
        for name in (
            "overview",
            "connections",
            "import",
            "paths",
            "administrators",
            "widenings",
            "breaches",
            "chokes",
            "agents",
            "latent",
            "changes",
            "weights",
            "identities",
            "targets",
            "explain",
            "audit",
        )
    ]
    more = [
        reverse("connection", args=[world.home.pk]),
        reverse("scan", args=[world.scan.pk]),
        *(f"{reverse('paths')}?group={by}" for by in ("entry", "harm", "none")),
        f"{reverse('targets')}?kind=secret",
        f"{reverse('search')}?q=%3Cscript%3E",
        f"{reverse('paths')}?q=%22%3E%3Cscript%3E&scope=%3Cscript%3E",
    ]
    return [*lists, *more, *nodes, *targets, *paths]


@pytest.fixture
def shown(world, signed_in):
    worlds.compared(world)
    client = signed_in(world.alice)
    return {address: client.get(address) for address in pages(world)}


def test_no_name_becomes_markup_reorders_text_or_breaks_a_page(shown):
    for address, answer in shown.items():
        page, markup = answer.content.decode(), Markup()
        markup.feed(page)
        inside = {link[1:] for link in markup.links if link.startswith("#")}
        policy = answer["Content-Security-Policy"]
        assert answer.status_code == 200, address
        assert markup.bad == [], address
        assert "\u202e" not in page, address
        assert len(markup.ids) == len(set(markup.ids)), address
        assert inside <= set(markup.ids), address
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address


def test_every_link_of_every_page_leads_to_a_page(shown, world, signed_in):
    client = signed_in(world.alice)
    links = set()
    for answer in shown.values():
        markup = Markup()
        markup.feed(answer.content.decode())
        links |= {link.split("#")[0] for link in markup.links if link.startswith(("/", "?")) and "/static/" not in link}
    broken = [link for link in sorted(links) if link.startswith("/") and client.get(link).status_code not in {200, 302}]
    assert broken == []


@pytest.mark.parametrize(
    "key",
    [
        "plain",
        "a:b:c::1:role/x/y",
        ".",
        "..",
        "~",
        "%2F",
        "a~2Fb",
        "é ü/?#&",
        worlds.LONG,
        worlds.SCRIPT,
        "federated:p|a|s:*",
    ],
)
def test_any_key_survives_its_address(key):
    address = reverse("identity", args=[key])
    assert resolve(address).kwargs == {"key": key}
    segment = KeyConverter().to_url(key)
    assert "/" not in segment
    assert segment.strip(".")
    assert segment.isascii()


def test_hidden_characters_are_spelled_out_and_others_stay():
    assert visible("a\u202eb\u200bc\x00") == "a[U+202E]b[U+200B]c[U+0000]"
    assert visible("Müller, 李, مرحبا") == "Müller, 李, مرحبا"


@pytest.mark.parametrize("name", ["fraud-scoring-prod", "x" * 400, "東京" * 50, "a"])
def test_a_shortened_name_fits_and_keeps_both_ends(name):
    short = shorten(name, 18)
    assert sum(2 if ord(letter) > 0x2E80 else 1 for letter in short) <= 18
    assert (short[0], short[-1]) == (name[0], name[-1])
