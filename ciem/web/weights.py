"""The table of weights that scores are made of: what is in force, one's own numbers over it, and who changed what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from ciem.accounts.permissions import Permission, can, require
from ciem.accounts.requests import SignedInRequest
from ciem.paths import weighing
from ciem.paths.models import WeightTable
from ciem.web.names import visible
from ciem.web.shell import show
from graph.importance import SETTING, Importance, ImportanceError, importance
from graph.weights import SHIPPED, Weights

_PARTS: Mapping[str, tuple[str, str]] = {
    "priors": ("Starts", "how likely an attacker starts there, from 0 to 1"),
    "edge_classes": ("Steps", "effort in bits by class of edge"),
    "families": ("Families of techniques", "effort in bits; counts before the class"),
    "rules": ("Single rules", "effort in bits; counts before the family"),
    "verdicts": ("Verdicts", "bits that a step costs more when it is not certain"),
    "conditions": ("Conditions", "bits that an open condition would cost, by who chooses it; beside the score"),
    "harms": ("Harms", "weight from 0 to 10"),
    "targets": ("Targets", "weight from 0 to 10; half of it is the criticality where nothing says more"),
    "criticality": ("Words for criticality", "from 0 to 5"),
    "other": ("Everything else", "weight from 0 to 10"),
}
_HISTORY = 20


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: str
    shipped: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the table; `shipped` of a row stands only where it differs."""

    key: str
    title: str
    words: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of criticality: what it looks at, and the level of each word."""

    about: str
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WeightsPage:
    """What is in force from the next analysis on, what the published scores were made with, and the history."""

    version: str
    published: str
    parts: tuple[Part, ...]
    body: str
    note: str
    errors: tuple[str, ...]
    history: tuple[tuple[datetime, str, str, str], ...]
    can_change: bool
    importance: str
    importance_error: str
    owner_tags: tuple[str, ...]
    rules: tuple[RuleRow, ...]
    setting: str

    @property
    def is_behind(self) -> bool:
        return bool(self.published) and self.published != self.version


class TableForm(forms.Form):
    """One's own numbers as JSON, and why."""

    body = forms.CharField(max_length=200_000, required=False)
    note = forms.CharField(max_length=2000, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return _lay(request)
    newest = weighing.newest()
    return show(request, "web/weights.html", _page(request, _pretty(newest.body if newest else {}), "", ()))


def _lay(request: SignedInRequest) -> HttpResponse:
    require(request.user, Permission.DECIDE)
    form = TableForm(request.POST)
    body, note = request.POST.get("body", ""), request.POST.get("note", "")
    if not form.is_valid():
        return _refused(request, body, note, ("That is too long.",))
    try:
        table = weighing.lay(by=request.user, body=_parsed(form.cleaned_data["body"]), note=form.cleaned_data["note"])
    except ValidationError as error:
        return _refused(request, body, note, tuple(error.messages))
    messages.success(request, f"The table `{table.version}` counts from the next analysis on.")
    return redirect("weights")


def _refused(request: SignedInRequest, body: str, note: str, errors: tuple[str, ...]) -> HttpResponse:
    """What was typed is not lost."""
    return show(request, "web/weights.html", _page(request, body, note, errors), 422)


def _parsed(text: str) -> Any:
    try:
        said = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        where = f": line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValidationError(f"This is not JSON{where}.") from error
    if not isinstance(said, dict):
        raise ValidationError("Your table must be a JSON object.")
    return said


@require_POST
def analyse(request: SignedInRequest) -> HttpResponse:
    """Have what is published weighed again."""
    try:
        scan = weighing.analyse_again(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("weights")
    return redirect("scan", pk=scan.pk)


def _page(request: SignedInRequest, body: str, note: str, errors: tuple[str, ...]) -> WeightsPage:
    weights = weighing.in_force()
    rules, trouble = _importance()
    return WeightsPage(
        version=weights.version,
        published=weighing.published_version(),
        parts=tuple(_parts(weights)),
        body=body,
        note=note,
        errors=errors,
        history=tuple(
            (table.at, visible(table.by_name), table.version, visible(table.note))
            for table in WeightTable.objects.all()[:_HISTORY]
        ),
        can_change=can(request.user, Permission.DECIDE),
        importance=rules.version if rules else "",
        importance_error=visible(trouble),
        owner_tags=rules.owner_tags if rules else (),
        rules=tuple(_rules(rules)) if rules else (),
        setting=SETTING,
    )


def _importance() -> tuple[Importance | None, str]:
    try:
        return importance(), ""
    except ImportanceError as error:
        return None, str(error)


def _rules(found: Importance) -> Iterator[RuleRow]:
    """By level from the highest, the words of each on one line."""
    for rule in found.rules:
        words: dict[str, list[str]] = {}
        for word, level in rule.levels.items():
            words.setdefault(level, []).append(word)
        about = f"tags {', '.join(rule.tags)}" if rule.tags else f"words in {rule.about}"
        yield RuleRow(visible(about), tuple((k, visible(", ".join(words[k]))) for k in sorted(words, reverse=True)))


def _pretty(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) if body else ""


def _parts(weights: Weights) -> Iterator[Part]:
    for key, (title, words) in _PARTS.items():
        mine: Mapping[str, float] = getattr(weights, key)
        theirs: Mapping[str, float] = getattr(SHIPPED, key)
        yield Part(key, title, words, tuple(_row(name, mine[name], theirs.get(name)) for name in mine))


def _row(name: str, value: float, shipped: float | None) -> Row:
    differs = "" if value == shipped else "none" if shipped is None else f"{shipped:g}"
    return Row(visible(name), f"{value:g}", differs)
