"""A finding as one line of a list: a sentence with a verb, and the way in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.urls import reverse

from ciem.paths.factors import Factors
from ciem.paths.filters import FindingFilter
from ciem.paths.models import Finding
from ciem.web.names import visible
from ciem.web.scores import Sureness, number, score_view
from ciem.web.words import entry, phrase, state


@dataclass(frozen=True, slots=True)
class PathRow:
    """A line of a list of paths. `route` are the names of the nodes it passes."""

    href: str
    title: str
    route: tuple[str, ...]
    harm: str
    entry: str
    score: str
    one_in: str
    sureness: Sureness | None
    verdict: str
    aside: str
    hops: int
    first_seen: datetime
    state: str
    state_words: str
    others: int = 0
    others_href: str = ""


def title(finding: Finding) -> str:
    return visible(f"{finding.entry_name} can {phrase(finding.harm)} {finding.target_name}")


def aside(finding: Finding) -> str:
    """What to know beside the verdict."""
    if finding.verdict == "conditional" and finding.chosen_by_caller:
        return "the caller can meet it"
    return "if unread limits allow it" if finding.is_assumed else ""


def path_rows(findings: Sequence[Finding], others: Mapping[str, int] = MappingProxyType({})) -> tuple[PathRow, ...]:
    """The lines of findings that the reader may see, with their routes from one more query.

    `others`: how many more each of them speaks for.
    """
    keys = [finding.pk for finding in findings]
    routes = dict(Finding.objects.filter(pk__in=keys).values_list("pk", "path__nodes"))
    return tuple(_row(finding, routes.get(finding.pk) or (), others.get(finding.alike, 0)) for finding in findings)


def _row(finding: Finding, nodes: Iterable[dict[str, str]], others: int) -> PathRow:
    score = score_view(Factors.load(finding.factors), finding.harm)
    return PathRow(
        href=reverse("path", args=[finding.key]),
        title=title(finding),
        route=tuple(visible(node["name"] or node["key"]) for node in nodes),
        harm=finding.harm,
        entry=entry(finding.entry_kind),
        score=number(finding.score),
        one_in=score.one_in if score else "",
        sureness=score.sureness if score else None,
        verdict=finding.verdict,
        aside=aside(finding),
        hops=finding.hops,
        first_seen=finding.first_seen,
        state=finding.state,
        state_words=state(finding.state),
        others=others,
        others_href=f"{reverse('paths')}?{FindingFilter().with_('alike', finding.alike).address()}&group=none",
    )
