"""A finding as one line of a list: a sentence with a verb, and the way in short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from ciem.paths.models import Finding
from ciem.paths.witness import Witness
from ciem.web.names import visible
from ciem.web.words import phrase, state


@dataclass(frozen=True, slots=True)
class PathRow:
    href: str
    title: str
    route: tuple[str, ...]
    harm: str
    verdict: str
    aside: str
    hops: int
    first_seen: datetime
    state: str
    state_words: str


def title(finding: Finding) -> str:
    return visible(f"{finding.entry_name} can {phrase(finding.harm)} {finding.target_name}")


def aside(finding: Finding) -> str:
    """What to know beside the verdict."""
    if finding.verdict == "conditional" and finding.chosen_by_caller:
        return "the caller can meet it"
    return "assumes unread limits allow" if finding.is_assumed else ""


def path_row(finding: Finding) -> PathRow:
    witness = Witness.load(finding.path)
    stops = [witness.hops[0].source, *(hop.target for hop in witness.hops)] if witness.hops else []
    return PathRow(
        href=reverse("path", args=[finding.key]),
        title=title(finding),
        route=tuple(visible(witness.node(key).name or key) for key in stops),
        harm=finding.harm,
        verdict=finding.verdict,
        aside=aside(finding),
        hops=finding.hops,
        first_seen=finding.first_seen,
        state=finding.state,
        state_words=state(finding.state),
    )
