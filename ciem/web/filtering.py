"""The filters of the list of paths as menus, chips and tabs; all of them are addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from ciem.paths.filters import Choice, FindingFilter
from ciem.paths.witness import rule
from ciem.web import words
from ciem.web.names import visible
from ciem.web.tabs import Tab

_YES_NO = {"yes": "Rests on something never asked for", "no": "All it rests on was asked for"}
MENUS = {
    "harm": "Harm",
    "entry_kind": "Entry",
    "target_kind": "Target",
    "scope": "Scope",
    "state": "State",
    "assumed": "Not asked for",
}
FACETS = (*MENUS, "verdict")
_VERDICTS = ("allowed", "conditional", "unknown")


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen, with the count of what it would give."""

    value: str
    label: str
    count: int | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    title: str
    chosen: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force and the address without it."""

    label: str
    href: str


def label(word: str, value: str, scopes: Mapping[str, str]) -> str:
    """A value in the words of the screen; keys stay what they are, scopes get their names beside them."""
    known: Mapping[str, Callable[[str], str]] = {
        "harm": words.harm,
        "entry_kind": words.entry,
        "target_kind": words.target_kind,
        "state": words.state,
        "verdict": words.verdict,
        "assumed": lambda value: _YES_NO.get(value, value),
        "choke": lambda _key: "Through a choke point",
        "cut": lambda _key: "Gone without a choke point",
        "rule": lambda value: rule(value).title or value,
        "alike": lambda _key: "Alike but for the account",
        "throughs": lambda _key: "Alike on the way",
        "entries": lambda _key: "Alike at the start",
        "targets": lambda _key: "Alike at the target",
        "scope": lambda value: words.scope(value, scopes) or "outside every connection",
    }
    return visible(known[word](value) if word in known else value)


def menus(
    facets: Mapping[str, tuple[Choice, ...]], chosen: FindingFilter, scopes: Mapping[str, str]
) -> tuple[Menu, ...]:
    return tuple(
        Menu(
            word,
            title,
            len(chosen.chosen.get(word, ())),
            tuple(Option(c.value, label(word, c.value, scopes), c.count, c.is_chosen) for c in facets[word]),
        )
        for word, title in MENUS.items()
    )


def address(chosen: FindingFilter, by: str) -> str:
    """The list with this choice and grouping; the usual grouping is not spelled out."""
    query = "&".join(filter(None, (chosen.address(), "" if by == "target" else urlencode({"group": by}))))
    return f"{reverse('paths')}?{query}" if query else reverse("paths")


def turn(chosen: FindingFilter, by: str) -> str:
    """The address to which a page number is added."""
    start = address(chosen, by)
    return f"{start}&" if "?" in start else f"{start}?"


def chips(chosen: FindingFilter, by: str, scopes: Mapping[str, str]) -> tuple[Chip, ...]:
    found = [
        Chip(label(word, value, scopes), address(chosen.without(word, value), by))
        for word, values in chosen.chosen.items()
        if word != "verdict"
        for value in values
    ]
    if chosen.text:
        found.append(Chip(f"“{visible(chosen.text)}”", address(FindingFilter(chosen.chosen, "", chosen.sort), by)))
    return tuple(found)


def hidden(chosen: FindingFilter) -> tuple[tuple[str, str], ...]:
    """What the form must carry along because no menu of it does."""
    return tuple((word, value) for word in chosen.chosen if word not in MENUS for value in chosen.chosen[word])


def verdict_tabs(chosen: FindingFilter, by: str, counts: tuple[Choice, ...]) -> tuple[Tab, ...]:
    """All, and one tab for each verdict with the count of what fits the other filters."""
    number = {choice.value: choice.count for choice in counts}
    picked = chosen.chosen.get("verdict", ())
    rest = chosen.without("verdict")
    tabs = [Tab("All", address(rest, by), not picked, sum(number.values()))]
    for verdict in _VERDICTS:
        href = address(rest.with_("verdict", verdict), by)
        tabs.append(Tab(words.verdict(verdict), href, picked == (verdict,), number.get(verdict, 0), verdict))
    if picked and not any(tab.current for tab in tabs):
        total = sum(number.get(verdict, 0) for verdict in picked)
        tabs.append(Tab(" or ".join(map(words.verdict, picked)), address(chosen, by), True, total))
    return tuple(tabs)
