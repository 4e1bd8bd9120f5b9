"""The rules of how critical a target is and whose: what is in force, one's own over them, and who changed what."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from ciem.accounts.requests import SignedInRequest
from ciem.paths import judging
from ciem.paths.models import ImportanceTable
from ciem.web import tables
from ciem.web.names import visible
from ciem.web.shell import show
from graph.importance import SETTING, Importance, ImportanceError, Rule, table

_LOOKS_AT = {"names": "A word in the name of the target", "scopes": "A word in the name of its account"}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of criticality: what it looks at, and the words of each level from the highest."""

    about: str
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ImportancePage:
    """What is in force from the next analysis on, or why it cannot be used, and one's own table."""

    own: tables.Own
    trouble: str
    owner_tags: tuple[str, ...]
    rules: tuple[RuleRow, ...]
    setting: str


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return tables.lay(request, "importance", judging.lay, lambda typed: _shown(request, typed, 422))
    return _shown(request, None)


def _shown(request: SignedInRequest, typed: tables.Typed | None, status: int = 200) -> HttpResponse:
    """Without anything typed, the form holds the rules that are in force: that is what one changes."""
    rules, trouble = _in_force()
    typed = typed or tables.Typed(tables.pretty(table(rules)) if rules else "")
    versions = (rules.version if rules else "", judging.published_version())
    shown = ImportancePage(
        tables.own(request, "importance", versions, ImportanceTable.objects.all(), typed),
        visible(trouble),
        tuple(map(visible, rules.owner_tags)) if rules else (),
        tuple(map(_row, rules.rules)) if rules else (),
        SETTING,
    )
    return show(request, "web/importance.html", shown, status)


def _in_force() -> tuple[Importance | None, str]:
    try:
        return judging.in_force(), ""
    except ImportanceError as error:
        return None, str(error)


def _row(rule: Rule) -> RuleRow:
    words: dict[str, list[str]] = {}
    for word, level in rule.levels.items():
        words.setdefault(level, []).append(word)
    about = f"Tag {' or '.join(rule.tags)}" if rule.tags else _LOOKS_AT[rule.about]
    return RuleRow(visible(about), tuple((k, visible(", ".join(words[k]))) for k in sorted(words, reverse=True)))
