"""Tabs are links: each has its own address."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from ciem.accounts.models import User
from ciem.paths import queries
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Finding


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. With a `verdict` it shows the verdict's sign instead of a title."""

    title: str
    href: str
    current: bool
    count: int | None = None
    verdict: str = ""


_LISTS = (
    ("paths", "Paths"),
    ("administrators", "Administrators"),
    ("widenings", "Self-widening"),
    ("breaches", "Assumed breach"),
)


def _counts(user: User) -> dict[str, int]:
    return {
        "paths": FindingFilter().apply(Finding.objects.visible_to(user)).count(),
        "administrators": queries.administrators(user).count(),
        "widenings": queries.widenings(user).count(),
        "breaches": queries.breaches(user).count(),
    }


def list_tabs(user: User, current: str) -> tuple[Tab, ...]:
    """The four lists that an analysis gives, with how much each holds."""
    counts = _counts(user)
    return tuple(Tab(title, reverse(name), name == current, counts[name]) for name, title in _LISTS)


def beside_paths(user: User) -> tuple[tuple[str, str], ...]:
    """Where to look when there are no paths: the lists that need no entry point and are not empty."""
    counts = _counts(user)
    titles = dict(_LISTS)
    names = (name for name in ("breaches", "administrators") if counts[name])
    return tuple((reverse(name), f"{titles[name]} ({counts[name]:,})") for name in names)
