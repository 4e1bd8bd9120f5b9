"""How exposed a node is, what it leads to, whose it is, and what nobody gets around on the way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from ciem.paths.factors import Factors
from ciem.paths.models import Amplified, Danger, Standing
from ciem.paths.queries import NodePage
from ciem.paths.witness import WitnessNode
from ciem.web.chokes import ChokeRow, choke_row
from ciem.web.faces import Face, face, href_of
from ciem.web.names import visible
from ciem.web.scores import number, one_in
from ciem.web.words import counted, entry
from graph.importance import BECAUSE, CRITICALITY, OWNER


@dataclass(frozen=True, slots=True)
class Count:
    """A number, what it counts, and the address of its set."""

    number: int
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class StandingView:
    """Exposure and impact. Unless `is_whole`, only paths that the reader sees are counted, and no impact is told."""

    entries: tuple[Count, ...]
    starts: bool
    identities: Count | None
    becomes: Count | None
    harms: Count | None
    is_whole: bool
    chokes: tuple[ChokeRow, ...]
    agent: AgentRow | None

    @property
    def is_empty(self) -> bool:
        return not (self.entries or self.identities or self.becomes or self.harms)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent as a line: how many times what its usual caller reaches, and the sensitive part of what is won."""

    face: Face
    times: str
    words: str
    flagged: bool
    callers: int
    winners: int
    sensitive: tuple[tuple[str, Face], ...]
    sensitive_count: int


@dataclass(frozen=True, slots=True)
class Worth:
    """How critical a thing is and why, and whose it is; empty where nothing says so."""

    criticality: str
    because: str
    owner: str


@dataclass(frozen=True, slots=True)
class DangerRow:
    """One harm to a target by whoever starts anywhere."""

    harm: str
    score: str
    one_in: str
    findings: int
    href: str
    dominators: tuple[Face, ...]


def worth(properties: Mapping[str, str]) -> Worth:
    return Worth(*(visible(properties.get(name, "")) for name in (CRITICALITY, BECAUSE, OWNER)))


def standing_view(found: NodePage) -> StandingView:
    known, key = found.standing, found.node.key
    entries = dict(known.entries) if known else {} if found.is_whole else found.entries
    return StandingView(
        tuple(_entries(entries, key)),
        bool(found.findings_from),
        _identities(known, key),
        _becomes(known, key),
        _harms(known, key),
        found.is_whole,
        tuple(map(choke_row, found.chokes)),
        agent_row(found.amplified) if found.amplified else None,
    )


def _entries(kinds: Mapping[str, int], key: str) -> Iterator[Count]:
    for kind, number_ in sorted(kinds.items()):
        asked = urlencode({"through": key, "entry_kind": kind, "group": "entry"})
        yield Count(number_, entry(kind).lower(), f"{reverse('paths')}?{asked}")


def _breaches(key: str) -> str:
    return f"{reverse('breaches')}?{urlencode({'q': key})}"


def _identities(known: Standing | None, key: str) -> Count | None:
    if not known or not known.identities:
        return None
    return Count(known.identities, "if taken over" if known.identities == 1 else "if any is taken over", _breaches(key))


def _becomes(known: Standing | None, key: str) -> Count | None:
    if not known or not known.becomes:
        return None
    return Count(
        known.becomes, "other" if known.becomes == 1 else "others", f"{reverse('identity', args=[key])}#becomes"
    )


def _harms(known: Standing | None, key: str) -> Count | None:
    if not known or not known.harms:
        return None
    return Count(known.harms, f"to {counted(known.targets, 'target')}", _breaches(key))


def agent_row(found: Amplified) -> AgentRow:
    more = "more than nothing" if found.ratio is None else f"{found.ratio:g} times"
    return AgentRow(
        face=face(WitnessNode.load(found.agent)),
        times=more,
        words=f"{found.reach:,.0f} against {found.usual:,.0f} of the median caller, in weights of harms",
        flagged=found.flagged,
        callers=found.callers,
        winners=found.winners,
        sensitive=tuple((harm, _won(*node)) for harm, *node in found.sensitive),
        sensitive_count=found.sensitive_count,
    )


def _won(key: str, name: str, category: str, targets: list[str]) -> Face:
    return Face(key, visible(name or key), "", "data", href_of(key, category, tuple(targets)))


def danger_rows(dangers: Iterable[Danger]) -> tuple[DangerRow, ...]:
    return tuple(map(_danger, dangers))


def _danger(found: Danger) -> DangerRow:
    factors = Factors.load(found.factors)
    asked = urlencode({"target": found.target_key, "harm": found.harm, "group": "none"})
    return DangerRow(
        found.harm,
        number(found.score),
        one_in(factors.likelihood) if factors else "",
        found.findings,
        f"{reverse('paths')}?{asked}",
        tuple(face(WitnessNode.load(node)) for node in found.dominators),
    )
