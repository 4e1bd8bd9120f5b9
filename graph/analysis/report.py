"""What one analysis of an estate graph found: everything the faces show, ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.model import Document, Edge, EntryKind, Evidence, Path, Score, Verdict


@dataclass(frozen=True, slots=True)
class Breach:
    """If any one of these identities is taken over: what it leads to. Equal identities share one row.

    So do the targets of one scope that are harmed alike, as surely and in as few hops; both are sorted. `score` is that
    of the first identity and target; the rows that matter least have none.
    """

    identities: tuple[str, ...]
    harm: str
    targets: tuple[str, ...]
    verdict: Verdict
    hops: int
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Administrator:
    """An identity that owns an account to begin with; paths that only restate it are folded into this one line.

    `rule` is by what it owns it (the account's own root: by being it), `evidence` what decides that. `entries` are the
    ways in which an attacker can start as this identity; `folded` counts the harms within the account that go without
    saying then.
    """

    identity: str
    account: str
    verdict: Verdict
    rule: str = ""
    evidence: tuple[Evidence, ...] = ()
    entries: tuple[EntryKind, ...] = ()
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Nodes that are alike in who reaches them and in what they reach; each number but 0 is worth a look.

    Exposure: `entries` counts the real places to start from which a node is reached, that is become or harmed, by
    kind; `identities` the estate's own identities that reach it, taken as breached one by one. Impact: `becomes` counts
    the other nodes it can become, `harms` the harms it can do, `targets` the targets it can do them to.
    """

    nodes: tuple[str, ...]
    entries: tuple[tuple[EntryKind, int], ...]
    identities: int
    becomes: int
    harms: int
    targets: int


@dataclass(frozen=True, slots=True)
class Danger:
    """A harm to a target by whoever starts anywhere: ways that share a choke point are not counted twice.

    `score` has no prior of its own: `chance` is that some start is taken and gets through. `findings` are those to this
    end, `dominators` the nodes that all of their ways go through, nearest the target first.
    """

    harm: str
    target: str
    score: Score
    findings: tuple[str, ...]
    dominators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choke:
    """What many paths share, and what it would take away if it were gone.

    A node, or what makes hops: one statement of a document (`evidence`, all hops it decides together), or one
    membership or the like that no document decides (`edges` holds just that). `score` is how much the scores of the
    findings sum up to less without it, `removed` the findings that have no way left, `weakened` counts those whose
    likelihood falls. `through` counts the findings whose shown path goes through it; only these are weighed.
    """

    node: str
    evidence: Evidence | None
    edges: tuple[tuple[str, str, str], ...]
    score: float
    removed: tuple[str, ...]
    weakened: int
    through: int


@dataclass(frozen=True, slots=True)
class Amplification:
    """What an agent reaches with its tools, against what those who may talk to it reach without it.

    `reach` and `usual` are sums of weights over harms and their targets: of what the agent reaches by use, and of what
    the median of its `callers` reaches. `ratio` is the one by the other; None where the median reaches nothing. Of the
    callers `winners` win something by talking to it, `sensitive` is the part of that which matters most, as (harm,
    target). It is `flagged` where it amplifies and something sensitive is won.
    """

    agent: str
    ratio: float | None
    reach: float
    usual: float
    callers: int
    winners: int
    sensitive: tuple[tuple[str, str], ...] = ()
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Latent:
    """What would work as soon as something were there to do it with, such as a function with a role. No edges.

    Identities that could do the same to the same share a row; nobody is meant to become itself.
    """

    rule: str
    identities: tuple[str, ...]
    targets: tuple[str, ...]
    verdict: Verdict
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`paths` are ranked, one witness a finding. `widening`: edges of own identities that only widen themselves.

    `graph_id` is the estate graph's, which names the table of weights too. `implied`: finding → narrower entries it
    holds for too. `ways`: finding → its best ways, unlike each other, the witness first, for the findings that score
    most and have several. `dangers` and `chokes` are ranked by score.
    """

    graph_id: str
    paths: tuple[Path, ...]
    administrators: tuple[Administrator, ...] = ()
    breaches: tuple[Breach, ...] = ()
    widening: tuple[Edge, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    implied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ways: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    standings: tuple[Standing, ...] = ()
    dangers: tuple[Danger, ...] = ()
    chokes: tuple[Choke, ...] = ()
    latent: tuple[Latent, ...] = ()
    weights: str = ""
    amplifications: tuple[Amplification, ...] = ()
