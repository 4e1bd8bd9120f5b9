"""Techniques and harms, each on a page of its own: what it needs, how to stop it, and its paths in this estate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ciem.accounts.models import User
from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import Page, page_number
from ciem.paths import queries, studied_queries
from ciem.paths.filters import FindingFilter
from ciem.web.hops import Reference, reference
from ciem.web.names import visible
from ciem.web.rows import PathRow, path_rows
from ciem.web.shell import show
from ciem.web.states import State, filtered
from ciem.web.tabs import Tab
from ciem.web.words import assumption, harm, target_kind
from graph.cloud import Cloud, PermissionSet, Target, Technique
from graph.clouds import clouds
from graph.model import Strength

_SIZE = 50
_SHOWN = 10  # paths on the page of one rule
_KINDS = {"technique": "Techniques", "harm": "Harms"}
_STRENGTHS = {
    Strength.BECOMES: "Becomes the identity",
    Strength.USES: "Only uses it: use is not takeover",
}
# How an agent is steered, by the words of `graph.cloud.Technique.precondition`.
_STEERED = {
    "direct": "By whoever talks to the agent.",
    "indirect": "By what the agent reads: a page, a document, a ticket.",
    "config": "By whoever changes how the agent is set up.",
}


@dataclass(frozen=True, slots=True)
class Known:
    """An entry with its cloud. `group` is the family of a technique, or what a harm does."""

    cloud: Cloud
    rule: Technique | Target

    @property
    def kind(self) -> str:
        return "technique" if isinstance(self.rule, Technique) else "harm"

    @property
    def group(self) -> str:
        return self.rule.family if isinstance(self.rule, Technique) else self.rule.harm

    @property
    def group_words(self) -> str:
        return family(self.rule.family) if isinstance(self.rule, Technique) else harm(self.rule.harm)

    @property
    def beside(self) -> str:
        """What to know of it in a list: where it is catalogued in ATT&CK, or what it is done to."""
        return ", ".join(self.rule.attack) if isinstance(self.rule, Technique) else target_kind(self.rule.kind)

    @property
    def searched(self) -> str:
        """All that a search looks at."""
        known: tuple[str, ...] = (self.rule.key, self.rule.title, *self.rule.needs, *self.rule.answers)
        if isinstance(self.rule, Technique):
            known += (*self.rule.attack, *self.rule.also_known_as, self.rule.gives)
        return "\n".join(known).casefold()


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    title: str
    group: str
    beside: str
    paths: int
    paths_href: str
    latent: int


@dataclass(frozen=True, slots=True)
class TechniquesPage:
    """The list of one kind, by family or harm; those of which there are paths come first."""

    tabs: tuple[Tab, ...]
    kind: str
    groups: tuple[tuple[str, str, int], ...]
    group: str
    text: str
    list: Page[Row]
    turn: str
    state: State | None


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A set of permissions that catalogues know, and under which names."""

    key: str
    permissions: str
    known_as: str


@dataclass(frozen=True, slots=True)
class TechniquePage:
    """One rule in the words of its entry, and what it does here."""

    key: str
    title: str
    kind: str
    group: str
    group_href: str
    cloud: str
    strength: str
    needs: tuple[str, ...]
    prerequisites: str
    gives: str
    steered: str
    sentence: str
    fix: str
    detect: str
    attack: tuple[Reference, ...]
    catalogued: tuple[Catalogued, ...]
    references: tuple[Reference, ...]
    total: int
    paths_href: str
    paths: tuple[PathRow, ...]
    latent: int
    widening: int


def family(key: str) -> str:
    words = assumption(key)
    return words[:1].upper() + words[1:]


@cache
def known() -> Mapping[str, Known]:
    """Every technique and harm by its key."""
    techniques = [Known(cloud, rule) for cloud in clouds().values() for rule in cloud.techniques]
    harms = [Known(cloud, rule) for cloud in clouds().values() for rule in cloud.targets]
    return {one.rule.key: one for one in (*techniques, *harms)}


@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    asked = request.GET
    kind = asked["kind"] if asked.get("kind") in _KINDS else "technique"
    text, group = asked.get("q", "").strip()[:200], asked.get("group", "")[:100]
    counts = queries.rule_counts(request.user)
    mine = [one for one in known().values() if one.kind == kind]
    found = [one for one in mine if text.casefold() in one.searched and group in ("", one.group)]
    found.sort(key=lambda one: (-counts.get(one.rule.key, 0), one.group_words, one.rule.title))
    kept = {word: value for word, value in (("kind", kind), ("q", text), ("group", group)) if value}
    page = TechniquesPage(
        tabs=tuple(_tabs(kind)),
        kind=kind,
        groups=tuple(_groups(mine)),
        group=group,
        text=text,
        list=_page(request.user, found, counts, page_number(asked.get("page"))),
        turn=f"?{urlencode(kept)}&",
        state=None if found else filtered(len(mine), _KINDS[kind].lower(), f"?kind={kind}"),
    )
    return show(request, "web/techniques.html", page)


def _tabs(kind: str) -> Iterator[Tab]:
    numbers = Counter(one.kind for one in known().values())
    for word, title in _KINDS.items():
        yield Tab(title, f"?kind={word}", word == kind, numbers[word])


def _groups(mine: list[Known]) -> Iterator[tuple[str, str, int]]:
    numbers = Counter((one.group_words, one.group) for one in mine)
    yield from ((key, words, number) for (words, key), number in sorted(numbers.items()))


def _page(user: User, found: list[Known], counts: Mapping[str, int], number: int) -> Page[Row]:
    number = min(number, max(1, -(-len(found) // _SIZE)))
    latent = dict(studied_queries.latent_rules(user))
    rows = (_row(one, counts, latent) for one in found[(number - 1) * _SIZE : number * _SIZE])
    return Page(tuple(rows), number, _SIZE, len(found))


def _row(one: Known, counts: Mapping[str, int], latent: Mapping[str, int]) -> Row:
    key = one.rule.key
    return Row(
        key, one.rule.title, one.group_words, one.beside, counts.get(key, 0), _paths_href(key), latent.get(key, 0)
    )


def _paths_href(key: str) -> str:
    return f"{reverse('paths')}?{FindingFilter().with_('rule', key).address()}&group=none"


@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    one = known().get(key)
    if one is None:
        raise Http404("no such technique")
    return show(request, "web/technique.html", _detail(request.user, one))


def _detail(user: User, one: Known) -> TechniquePage:
    rule = one.rule
    technique = rule if isinstance(rule, Technique) else None
    fitting = FindingFilter().with_("rule", rule.key).apply(queries.findings(user))
    return TechniquePage(
        key=rule.key,
        title=rule.title,
        kind=one.kind,
        group=one.group_words,
        group_href=f"{reverse('techniques')}?{urlencode({'kind': one.kind, 'group': one.group})}",
        cloud=one.cloud.label,
        strength=_STRENGTHS[technique.strength] if technique else one.beside,
        needs=rule.needs,
        prerequisites=technique.prerequisites if technique else "",
        gives=technique.gives if technique else "",
        steered=_STEERED.get(technique.precondition, "") if technique else "",
        sentence=rule.sentence.format(source="A", target="B", via="C"),
        fix=technique.fix if technique else "",
        detect=technique.detect if technique else "",
        attack=tuple(map(_attack, technique.attack)) if technique else (),
        catalogued=tuple(map(_catalogued, (each for each in one.cloud.permission_sets if each.key in rule.answers))),
        references=tuple(map(reference, rule.references)),
        total=fitting.count(),
        paths_href=_paths_href(rule.key),
        paths=path_rows(tuple(fitting[:_SHOWN])),
        latent=studied_queries.latent(user, rule.key).count(),
        widening=queries.widenings(user).filter(technique=rule.key).count(),
    )


def _attack(name: str) -> Reference:
    return Reference(name, f"https://attack.mitre.org/techniques/{name.replace('.', '/')}/")


def _catalogued(one: PermissionSet) -> Catalogued:
    known_as = "; ".join(f"{catalogue}: {', '.join(names)}" for catalogue, names in one.known_to)
    return Catalogued(one.key, visible(", ".join(one.permissions)), visible(known_as))
