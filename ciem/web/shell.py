"""What stands around every page: navigation, how much was read, who is signed in; and how a page is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, can
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Finding
from ciem.paths.queries import scope_names
from ciem.scans.queries import Coverage, coverage
from ciem.web.names import visible


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the navigation."""

    title: str
    icon: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of a page. `as_of` is when the oldest part was collected; of some `undated` the files do not say it."""

    nav: tuple[Group, ...]
    has_data: bool
    as_of: datetime | None
    undated: int
    gaps: int
    running: int
    user_name: str
    initials: str
    role: str
    query: str


def show(request: HttpRequest, template: str, page: object, status: int = 200) -> HttpResponse:
    """The page inside the frame, or without it for visitors."""
    user = request.user if isinstance(request.user, User) else None
    context = {
        "page": page,
        "shell": shell(request, user) if user else None,
        "icons": static("icons.svg"),
        "scopes": SimpleLazyObject(lambda: scope_names(user) if user else {}),
    }
    return render(request, template, context, status=status)


def known_of(request: HttpRequest, user: User) -> Coverage:
    """How much was read, asked once for a request: the page and its frame both show it."""
    kept: Coverage | None = request.__dict__.get("known")
    if kept is None:
        kept = request.__dict__["known"] = coverage(user)
    return kept


def shell(request: HttpRequest, user: User) -> Shell:
    known = known_of(request, user)
    paths = FindingFilter().apply(Finding.objects.visible_to(user)).count() if known.graph else None
    name = user.get_full_name() or user.get_username()
    return Shell(
        nav=_nav(request.path, user, known, paths),
        has_data=bool(known.graph and known.snapshots),
        as_of=known.oldest,
        undated=known.snapshots - known.dated,
        gaps=known.gaps,
        running=len(known.running),
        user_name=visible(name),
        initials=visible("".join(word[0] for word in name.split()[:2]).upper()),
        role=user.get_role_display(),
        query=request.GET.get("q", "") if request.path == reverse("search") else "",
    )


def _nav(path: str, user: User, known: Coverage, paths: int | None) -> tuple[Group, ...]:
    def item(title: str, icon: str, name: str, count: int | None = None) -> Item:
        href = reverse(name)
        return Item(title, icon, href, path == href or (href != "/" and path.startswith(href)), count)

    browse = (
        item("Overview", "overview", "overview"),
        item("Attack paths", "route", "paths", paths),
        item("Targets", "data", "targets"),
        item("Identities", "service", "identities"),
        item("Techniques", "book", "techniques"),
        item("Explain", "help", "explain"),
    )
    manage: tuple[Item, ...] = (
        item("Connections", "plug", "connections", known.connections),
        item("Weights", "service", "weights"),
    )
    if can(user, Permission.READ_AUDIT):
        manage += (item("Audit log", "log", "audit"),)
    return Group("", browse), Group("Manage", manage)
