"""A table of one's own over the shipped one: its form, what was typed, who changed it, and analysing again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ciem.accounts.permissions import Permission, can, require
from ciem.accounts.requests import SignedInRequest
from ciem.paths import weighing
from ciem.paths.models import Table
from ciem.web.names import visible
from ciem.web.tabs import Tab, tabs_of

_HISTORY = 20
_TABS = (("weights", "Weights"), ("importance", "Criticality and owner"))


@dataclass(frozen=True, slots=True)
class Own:
    """What a page shows beside the table in force. `behind`: what is published was made with another one.

    What was typed is here as well: a refusal must not lose it.
    """

    name: str
    tabs: tuple[Tab, ...]
    version: str
    published: str
    body: str
    note: str
    errors: tuple[str, ...]
    history: tuple[tuple[datetime, str, str, str], ...]
    can_change: bool

    @property
    def is_behind(self) -> bool:
        return bool(self.published) and self.published != self.version


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and why it was refused."""

    body: str
    note: str = ""
    errors: tuple[str, ...] = ()


class TableForm(forms.Form):
    """One's own table as JSON, and why."""

    body = forms.CharField(max_length=200_000, required=False)
    note = forms.CharField(max_length=2000, required=False)


def own(request: SignedInRequest, name: str, versions: tuple[str, str], rows: QuerySet[Any], typed: Typed) -> Own:
    """`versions`: of the table in force, and of what is published."""
    return Own(
        name,
        tabs_of(_TABS, name),
        *versions,
        typed.body,
        typed.note,
        typed.errors,
        tuple((row.at, visible(row.by_name), row.version, visible(row.note)) for row in rows[:_HISTORY]),
        can(request.user, Permission.DECIDE),
    )


def lay(
    request: SignedInRequest, name: str, do: Callable[..., Table], shown: Callable[[Typed], HttpResponse]
) -> HttpResponse:
    """Lay a table, or show the page again with what was typed and why it was refused."""
    require(request.user, Permission.DECIDE)
    form = TableForm(request.POST)
    body, note = request.POST.get("body", ""), request.POST.get("note", "")
    errors: tuple[str, ...] = ("That is too long.",)
    if form.is_valid():
        try:
            table = do(by=request.user, body=parsed(form.cleaned_data["body"]), note=form.cleaned_data["note"])
        except ValidationError as error:
            errors = tuple(error.messages)
        else:
            messages.success(request, f"The table `{table.version}` counts from the next analysis on.")
            return redirect(name)
    return shown(Typed(body, note, errors))


def parsed(text: str) -> Any:
    try:
        said = json.loads(text or "{}")
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValidationError("This holds half of a character (a lone surrogate).") from error
    except (ValueError, RecursionError) as error:
        where = f": line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValidationError(f"This is not JSON{where}.") from error
    if not isinstance(said, dict):
        raise ValidationError("Your table must be a JSON object.")
    return said


def pretty(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) if body else ""


@require_POST
def analyse(request: SignedInRequest) -> HttpResponse:
    """Have what is published built and weighed again; the page of the import shows how far it is."""
    try:
        scan = weighing.analyse_again(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        back = request.POST.get("back")
        return redirect(back if back in dict(_TABS) else "weights")
    return redirect("scan", pk=scan.pk)
