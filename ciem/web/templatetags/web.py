"""Small signs that stand on every page: icons, verdicts, harms, and names made safe to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from ciem.paths.witness import rule
from ciem.web import faces, names, words

register = template.Library()
_LINES = 51  # as many as a fold shows, and one to say that there are more


@register.simple_tag
def icon(name: str, part: str = "") -> SafeString:
    """An icon of the sheet. It is decoration: the word stands beside it."""
    classes = f"icon {part}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, _sheet(), name)


@cache
def _sheet() -> str:
    """The address of the icons, asked once: a page may have hundreds."""
    return static("icons.svg")


@register.simple_tag
def verdict(value: str, text: str = "") -> SafeString:
    """The sign of a verdict: shape, colour and word."""
    return format_html('<span class="verdict verdict-{}">{}{}</span>', value, icon(value), text or words.verdict(value))


@register.simple_tag(takes_context=True)
def scope(context: template.Context, key: object, room: int = 60, but: str = "") -> str:
    """A scope with its name beside it, unless that is `but`, which stands there already."""
    names_of: Mapping[str, str] = context["scopes"]
    known = str(key)
    called = "" if names_of.get(known) == but else words.scope(known, names_of)
    return names.shorten(names.visible(called or known), room)


@register.simple_tag
def call(name: str) -> SafeString:
    """A call of a collection in plain words; its own name is its title."""
    what, of = words.call(names.visible(name))
    return format_html('<span title="{}">{}{}</span>', names.visible(name), what, f" ({of})" if of else "")


@register.filter
def visible(text: object) -> str:
    return names.visible(text)


@register.filter
def code(text: object) -> SafeString:
    """What stands between backticks, as code."""
    pieces = str(text).split("`")
    if len(pieces) % 2 == 0:  # one without its fellow is only a character
        return conditional_escape(str(text))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", p) if i % 2 else p,) for i, p in enumerate(pieces))
    )


@register.simple_tag
def href_of(member: Sequence[Any]) -> str:
    """The page of a node kept as key, name and, unless it is an identity, category and kinds of target."""
    key, _name, *more = member
    category, targets = more or ("identity", ())
    return faces.href_of(key, category, tuple(targets))


@register.simple_tag
def lines_of(page: str, members: Sequence[Sequence[str]], words: Sequence[str]) -> list[dict[str, object]]:
    """Members kept as key, name and perhaps kind of target, as lines: those that share a word are one.

    One of several leads to the list of all that are alike.
    """
    found: dict[str, list[Sequence[str]]] = {}
    for member, word in zip_longest(members if words else members[:_LINES], words, fillvalue=""):
        found.setdefault(word or f" {member[0]}", []).append(member)
    return [_line(page, word, some) for word, some in found.items()]


def _line(page: str, word: str, members: Sequence[Sequence[str]]) -> dict[str, object]:
    key, name, *kind = members[0]
    if len(members) == 1:
        return {"href": reverse(page, args=[key]), "name": name or key, "number": 1, "kind": "".join(kind)}
    several = reverse({"identity": "identities", "target": "targets"}[page])
    asked = urlencode({**({"kind": kind[0]} if kind else {}), "alike": word})
    return {"href": f"{several}?{asked}", "name": name or key, "number": len(members), "kind": "".join(kind)}


@register.filter
def joined(parts: Iterable[object], between: str = ", ") -> str:
    """Django's own `join` escapes at once, and a later filter would see the escapes."""
    return names.visible(between.join(map(str, parts)))


@register.filter
def short(text: object, room: int = 48) -> str:
    return names.shorten(names.visible(text), room)


@register.filter
def harm(value: str) -> str:
    return words.harm(value)


@register.filter
def target_kind(value: str) -> str:
    return words.target_kind(value)


@register.filter
def entry(value: str) -> str:
    return words.entry(value)


@register.filter
def assumption(value: str) -> str:
    return words.assumption(value)


@register.filter
def chooser(value: str) -> str:
    return words.chooser(value)


@register.filter
def ordinal(place: str) -> str:
    return words.ordinal(place)


@register.filter
def document_name(document: str) -> str:
    """The last part of a document's name, which tells most."""
    return words.short_name(document)


@register.filter
def rule_title(key: str) -> str:
    """A technique in the words of its entry."""
    return names.visible(rule(key).title or key.replace("-", " ").capitalize())


@register.simple_tag
def technique(key: str) -> SafeString:
    """A technique in the words of its entry, with the way to its page; what no cloud has any more has no page."""
    if not rule(key).title:
        return conditional_escape(rule_title(key))
    return format_html('<a class="quiet-link" href="{}">{}</a>', reverse("technique", args=[key]), rule_title(key))


@register.filter
def count(number: int, forms: str) -> str:
    """`3|count:"path,paths"` is "3 paths"."""
    one, many = forms.split(",")
    return f"{number:,} {one if number == 1 else many}"


@register.filter
def lasting(time: timedelta) -> str:
    """How long, as people say it of something that is only guessed."""
    minutes = round(time.total_seconds() / 60)
    return count(minutes, "minute,minutes") if minutes else "less than a minute"


@register.simple_tag
def read_bar(read: int, gaps: int) -> SafeString:
    """The inside of a coverage bar: read, then not read."""
    share = round(100 * read / (read + gaps), 2) if read + gaps else 0
    return format_html(
        '<rect class="bar-good" x="0" width="{0}%" height="8"/>'
        '<rect class="bar-gap" x="{0}%" width="{1}%" height="8"/>',
        share,
        round(100 - share, 2) if read + gaps else 0,
    )
