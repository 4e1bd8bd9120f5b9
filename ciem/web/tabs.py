"""Tabs are links: each has its own address."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse


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


def list_tabs(current: str) -> tuple[Tab, ...]:
    """The four lists that an analysis gives."""
    return tuple(Tab(title, reverse(name), name == current) for name, title in _LISTS)
