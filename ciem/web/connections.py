"""Connections: what was read of each and what was not, imports with their progress, and the form to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, can, require
from ciem.accounts.requests import SignedInRequest
from ciem.connections.live import live_clouds
from ciem.connections.models import Connection
from ciem.core.paging import page_number
from ciem.scans import actions as scanning
from ciem.scans import queries
from ciem.scans.models import State as WorkState
from ciem.web.live import Access, access
from ciem.web.names import visible
from ciem.web.shell import show
from ciem.web.states import unread
from ciem.web.words import assumption, counted
from graph.clouds import clouds


@dataclass(frozen=True, slots=True)
class Way:
    """The command that makes a first file of a cloud."""

    cloud: str
    command: str


@dataclass(frozen=True, slots=True)
class ConnectionsPage:
    lead: str
    rows: tuple[queries.ConnectionRow, ...]
    unsettled: tuple[queries.ConnectionRow, ...]
    can_import: bool
    can_remove: bool
    can_go_live: bool
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection; `assumed` says, scope by scope, what kind of limit was never asked for."""

    found: queries.ConnectionPage
    assumed: tuple[tuple[str, str], ...]
    can_import: bool
    can_remove: bool
    import_href: str
    access: Access | None

    @property
    def remedy(self) -> str:
        """What closes a gap of which nothing better is known."""
        if self.access:
            return "Give the credentials the right to read it, and scan again."
        return "Make the file again with the right to read it, and import it."


@dataclass(frozen=True, slots=True)
class ScanPage:
    """How far an import is. While `going` the page asks again by itself."""

    found: queries.ScanPage
    going: bool
    can_cancel: bool
    announce: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    form: ImportForm
    can_connect: bool
    ways: tuple[Way, ...]


class ImportForm(forms.Form):
    """A file, where it belongs, and what it does not say itself."""

    file = forms.FileField()
    name = forms.CharField(max_length=100, required=False)
    collected_at = forms.DateTimeField(required=False)
    scope = forms.CharField(max_length=400, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["connection"] = forms.ModelChoiceField(
            Connection.objects.visible_to(user).exclude(scope=""), required=False, empty_label="A new connection"
        )

    def clean_file(self) -> UploadedFile[Any]:
        """What went wrong while the file came: see `ciem.scans.receiving`."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if problem := getattr(file, "problem", ""):
            raise ValidationError(problem)
        return file

    def clean(self) -> dict[str, Any]:
        """A new connection needs a name; the file's own is a fair guess."""
        cleaned = super().clean() or {}
        if cleaned.get("file") and not cleaned.get("connection") and not cleaned.get("name"):
            cleaned["name"] = str(cleaned["file"].name).rsplit("/", 1)[-1].split(".")[0][:100]
        return cleaned


def ways() -> tuple[Way, ...]:
    """How to make a file to begin with, as each cloud says it."""
    return tuple(
        Way(cloud.label, importer.how) for cloud in clouds().values() for importer in cloud.importers if importer.how
    )


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    everything = queries.connection_rows(request.user)
    rows = tuple(row for row in everything if row.connection.scope)
    unsettled = tuple(row for row in everything if not row.connection.scope)
    lead = f"{_lead(rows)} What was not read is shown as unknown and never counted as safe." if rows else ""
    may = can(request.user, Permission.IMPORT), can(request.user, Permission.CONNECT)
    live = may[1] and bool(live_clouds())
    page = ConnectionsPage(lead, rows, unsettled, *may, live, ways() if may[0] else ())
    return show(request, "web/connections.html", page)


def _lead(rows: tuple[queries.ConnectionRow, ...]) -> str:
    """How much was read, over all connections; one that was never read is not forgotten."""
    empty = sum(row.snapshot is None for row in rows)
    missing = unread(sum(row.gaps for row in rows), sum(row.never_asked for row in rows))
    nothing = f"{counted(empty, 'connection')} {'has' if empty == 1 else 'have'} nothing read yet." if empty else ""
    return " ".join(filter(None, (nothing, missing))) or "Every part that was asked for could be read."


@require_safe
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    numbers = {name: page_number(request.GET.get(name)) for name in ("scans", "gaps")}
    found = queries.connection_page(request.user, pk, **numbers)
    assumed = tuple((scope, ", ".join(map(assumption, kinds))) for scope, kinds in found.assumed)
    can_remove = not found.row.connection.scope and can(request.user, Permission.CONNECT)
    may_import = can(request.user, Permission.IMPORT)
    page = ConnectionPage(
        found,
        assumed,
        may_import,
        can_remove,
        _import_href(found.row.connection),
        access(request.user, found.row.connection),
    )
    return show(request, "web/connection.html", page)


def _import_href(connection: Connection) -> str:
    """The form, filled in: a connection without scope is not among those to choose, and is known by its name."""
    given = {"connection": connection.pk} if connection.scope else {"name": connection.name}
    return f"{reverse('import')}?{urlencode(given)}"


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a connection of which nothing was ever read."""
    connection = queries.connection(request.user, pk)
    try:
        scanning.remove_empty(by=request.user, connection=connection)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("connection", pk=pk)
    messages.success(request, f"{visible(connection.name)} was removed.")
    return redirect("connections")


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest) -> HttpResponse:
    require(request.user, Permission.IMPORT)
    start = {word: request.GET.get(word) for word in ("connection", "name")}
    form = ImportForm(request.user, request.POST or None, request.FILES or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            address = reverse("scan", args=[_receive(request, form)])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    page = ImportPage(form, can(request.user, Permission.CONNECT), ways())
    # htmx swaps nothing in when the status says failure, so a refused form is a page like any other.
    return show(request, "web/import.html", page, 422 if form.errors and not request.htmx else 200)


def _receive(request: SignedInRequest, form: ImportForm) -> int:
    """Keep the file, tell the queue, and give the number of the import."""
    chosen = form.cleaned_data
    known = None if chosen["connection"] else scanning.named(request.user, chosen["name"])
    scan = scanning.receive(
        by=request.user,
        connection=chosen["connection"] or chosen["name"],
        name=chosen["file"].name,
        chunks=chosen["file"].chunks(),
        collected_at=chosen["collected_at"],
        scope=chosen["scope"],
    )
    if known and known.scope:
        messages.info(request, f"{visible(known.name)} is a connection already: this is its newer file.")
    return scan.pk


@require_safe
def scan(request: SignedInRequest, pk: int) -> HttpResponse:
    found = queries.scan_page(request.user, pk)
    going = not found.scan.is_finished
    page = ScanPage(found, going, going and can(request.user, Permission.IMPORT), _announce(found))
    return show(request, "web/_parts/scan.html" if request.htmx else "web/scan.html", page)


def _announce(found: queries.ScanPage) -> str:
    if found.scan.state == WorkState.RUNNING:
        return next((f"{step.words}." for step in found.steps if step.state == "running"), "Running.")
    return f"{found.scan.what}: {found.scan.get_state_display().lower()}."


@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    scanning.cancel(by=request.user, scan=queries.scan(request.user, pk))
    return redirect("scan", pk=pk)
