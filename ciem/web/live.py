"""Live connections: the form that their cloud asks to be filled in, testing what was typed, and scans asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, can, require
from ciem.accounts.requests import SignedInRequest
from ciem.connections import live
from ciem.connections.models import Connection
from ciem.core.sealing import SealError
from ciem.scans import collecting, queries, schedules
from ciem.scans.models import ConnectionTest
from ciem.scans.schedules import Rhythm
from ciem.web.shell import show
from graph.cloud import Cloud
from graph.clouds import clouds


@dataclass(frozen=True, slots=True)
class Row:
    """A field to fill in. The value of a secret is never told, only whether there is one."""

    name: str
    label: str
    help: str
    secret: bool
    optional: bool
    value: str
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class FormPage:
    """`connection` is None for a new one."""

    connection: Connection | None
    cloud: Cloud
    others: tuple[Cloud, ...]
    name: str
    rows: tuple[Row, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestPage:
    connection: Connection
    test: ConnectionTest | None


@dataclass(frozen=True, slots=True)
class Access:
    """How a live connection is read: what may be shown of its credentials, the newest test, and how often."""

    given: tuple[tuple[str, str], ...]
    test: TestPage
    can_ask: bool
    can_change: bool
    rhythms: tuple[tuple[str, str], ...]


def access(user: User, connection: Connection) -> Access | None:
    """None for a connection of files."""
    if not connection.is_live:
        return None
    rows = _rows(clouds().get(connection.cloud), connection.given, bool(connection.sealed))
    return Access(
        tuple((row.label, row.value) for row in rows if row.value and not row.secret),
        TestPage(connection, connection.tests.first()),
        can(user, Permission.IMPORT),
        can(user, Permission.CONNECT),
        tuple(Rhythm.choices),
    )


def _rows(cloud: Cloud | None, values: Mapping[str, str], is_kept: bool = False) -> tuple[Row, ...]:
    fields = cloud.collect.fields if cloud and cloud.collect else ()
    return tuple(
        Row(
            field.name,
            field.label,
            field.help,
            field.secret,
            field.optional,
            "" if field.secret else values.get(field.name, ""),
            field.secret and is_kept,
        )
        for field in fields
    )


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: SignedInRequest) -> HttpResponse:
    """A new live connection."""
    require(request.user, Permission.CONNECT)
    known = {cloud.key: cloud for cloud in live.live_clouds()}
    asked = request.POST.get("cloud") or request.GET.get("cloud") or next(iter(known), "")
    if asked not in known:
        raise Http404("no such cloud is read live")
    name, typed = request.POST.get("name", ""), _typed(request)
    errors: tuple[str, ...] = ()
    if request.method == "POST":
        try:
            made = live.connect_live(by=request.user, name=name, cloud=asked, values=typed)
        except (ValidationError, SealError) as error:
            errors = _words(error)
        else:
            return redirect("connection", pk=made.pk)
    others = tuple(cloud for key, cloud in known.items() if key != asked)
    page = FormPage(None, known[asked], others, name, _rows(known[asked], typed), errors)
    return show(request, "web/live.html", page, 422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Other credentials; a secret that is left empty stays."""
    connection = queries.connection(request.user, pk)
    require(request.user, Permission.CONNECT)
    cloud = clouds().get(connection.cloud)
    if not connection.is_live or cloud is None:
        raise Http404("not read live")
    errors: tuple[str, ...] = ()
    if request.method == "POST":
        try:
            live.give(by=request.user, connection=connection, values=_typed(request))
        except (ValidationError, SealError) as error:
            errors = _words(error)
        else:
            messages.success(request, "Kept. The next scan uses it.")
            return redirect("connection", pk=pk)
    values = _typed(request) if errors else connection.given
    page = FormPage(connection, cloud, (), connection.name, _rows(cloud, values, bool(connection.sealed)), errors)
    return show(request, "web/live.html", page, 422 if errors else 200)


def _typed(request: SignedInRequest) -> dict[str, str]:
    """What was typed, by the field's own name."""
    named = ((name, str(value)) for name, value in request.POST.items() if name.startswith("field-"))
    return {name.removeprefix("field-"): value for name, value in named}


def _words(error: ValidationError | SealError) -> tuple[str, ...]:
    return tuple(error.messages) if isinstance(error, ValidationError) else (str(error),)


@require_POST
def scan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read it now, or look at how the scan that goes on is doing."""
    try:
        asked = collecting.ask(by=request.user, connection=queries.connection(request.user, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("connection", pk=pk)
    return redirect("scan", pk=asked.pk)


@require_POST
def ask_test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a worker find out what the credentials lack."""
    try:
        collecting.ask_test(by=request.user, connection=queries.connection(request.user, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("connection", pk=pk)


@require_safe
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """How the newest test is doing, for the page that asks again by itself."""
    connection = queries.connection(request.user, pk)
    if not request.htmx:
        return redirect("connection", pk=pk)
    return show(request, "web/_parts/test.html", TestPage(connection, connection.tests.first()))


@require_POST
def schedule(request: SignedInRequest, pk: int) -> HttpResponse:
    """How often it is read by itself."""
    connection = queries.connection(request.user, pk)
    try:
        schedules.settle(by=request.user, connection=connection, rhythm=request.POST.get("rhythm", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Kept.")
    return redirect("connection", pk=pk)
