"""What one analysis of an estate graph found: everything the faces show, ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.model import Document, Edge, Path, Verdict


@dataclass(frozen=True, slots=True)
class Breach:
    """If any one of these identities is taken over: what it leads to. Equal identities share one row.

    So do the targets of one scope that are harmed alike, as surely and in as few hops; both are sorted.
    """

    identities: tuple[str, ...]
    harm: str
    targets: tuple[str, ...]
    verdict: Verdict
    hops: int


@dataclass(frozen=True, slots=True)
class Administrator:
    """An identity that owns an account to begin with; paths that only restate it are folded in here."""

    identity: str
    account: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """`paths` are ranked, one witness a finding. `widening`: edges of own identities that only widen themselves."""

    graph_id: str
    paths: tuple[Path, ...]
    administrators: tuple[Administrator, ...] = ()
    breaches: tuple[Breach, ...] = ()
    widening: tuple[Edge, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    implied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # finding → narrower entries it holds for too
