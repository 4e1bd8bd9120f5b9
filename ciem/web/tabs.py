"""Tabs are links: each has its own address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from ciem.accounts.models import User
from ciem.paths import queries, studied_queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Choke, Finding
from ciem.scans.queries import current_graph


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. With a `verdict` it shows the verdict's sign instead of a title."""

    title: str
    href: str
    current: bool
    count: int | None = None
    verdict: str = ""


def tabs_of(titles: Iterable[tuple[str, str]], current: str) -> tuple[Tab, ...]:
    """A tab for each of the named addresses."""
    return tuple(Tab(title, reverse(name), name == current) for name, title in titles)


_LISTS = (
    ("paths", "Paths"),
    ("chokes", "Choke points"),
    ("administrators", "Administrators"),
    ("widenings", "Self-widening"),
    ("breaches", "Assumed breach"),
    ("agents", "Agents"),
    ("latent", "Latent"),
    ("changes", "Changes"),
)


def _counts(user: User) -> dict[str, int | None]:
    return {
        "chokes": Choke.objects.visible_to(user).filter(graph=current_graph()).count(),
        "agents": studied_queries.amplified(user).count(),
        "latent": studied_queries.latent(user).count(),
        "changes": None,
        "paths": FindingFilter().apply(Finding.objects.visible_to(user)).count(),
        "administrators": queries.administrators(user).count(),
        "widenings": queries.widenings(user).count(),
        "breaches": queries.breaches(user).count(),
    }


def list_tabs(user: User, current: str) -> tuple[Tab, ...]:
    """The lists that an analysis gives, with how much each holds."""
    counts = _counts(user)
    return tuple(Tab(title, reverse(name), name == current, counts[name]) for name, title in _LISTS)


def beside_paths(user: User) -> tuple[tuple[str, str], ...]:
    """Where to look when there are no paths: the lists that need no entry point and are not empty."""
    counts = _counts(user)
    titles = dict(_LISTS)
    names = (name for name in ("breaches", "administrators") if counts[name])
    return tuple((reverse(name), f"{titles[name]} ({counts[name]:,})") for name in names)
