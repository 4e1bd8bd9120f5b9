"""The nouns that every other room speaks; this file imports none of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from operator import eq
from typing import overload

# What a provider answers, decoded: str, int, float, bool, None, or lists and dicts of these.
Json = object


class Verdict(StrEnum):
    """How sure an answer is. Never a bare bool: "not known" must not read as "no"."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"
    DENIED = "denied"


_RANK = {Verdict.ALLOWED: 0, Verdict.CONDITIONAL: 1, Verdict.UNKNOWN: 2, Verdict.DENIED: 3}


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a chain: denied if any hop is, else unknown, else conditional, else allowed."""
    return max(verdicts, key=_RANK.__getitem__, default=Verdict.ALLOWED)


class Strength(StrEnum):
    """What a technique gives: the identity itself, or only some use of it. Use is not takeover."""

    BECOMES = "becomes"
    USES = "uses"


class Category(StrEnum):
    """The part a node plays in a picture."""

    IDENTITY = "identity"
    WORKLOAD = "workload"
    RESOURCE = "resource"
    ACCOUNT = "account"
    SET = "set"


class EdgeClass(StrEnum):
    """The few relationship types a store knows; the finer word is the edge's rule."""

    MEMBER_OF = "MEMBER_OF"
    CAN_BECOME = "CAN_BECOME"
    GRANTS = "GRANTS"
    RUNS_AS = "RUNS_AS"
    HAS = "HAS"


HAS = "has"  # the rule of edges from sets to their members


class EntryKind(StrEnum):
    """Where an attacker starts."""

    ANONYMOUS = "anonymous"
    OUTSIDE = "outside"
    FEDERATED = "federated"
    KEY = "key"
    EXPOSED = "exposed"
    PROMPT = "prompt"
    ASSUME_BREACH = "assume-breach"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The statement, binding or assignment that decides: its document and a JSON pointer into it."""

    document: str
    place: str
    effect: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for a conditional verdict, and who gets to choose it.

    `chosen_by` is caller, known, session, network, service or none. What the caller chooses protects nothing; what
    is known, such as an external id, the caller sends too: it keeps out those who neither know nor guess it.
    """

    key: str
    operator: str
    values: tuple[str, ...]
    needed: str
    chosen_by: str


@dataclass(frozen=True, slots=True)
class Document:
    """A policy, binding list or trust as it was read. `body` is None when it could not be read; `problem` says why.

    `scope` is where it was read; "" for what everybody knows, such as a policy that the provider publishes.
    """

    name: str
    body: Mapping[str, Json] | None
    problem: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Because:
    """One deciding piece of evidence and the layer it sits in; an empty layer has no evidence.

    `action` is what was decided about, where a proof puts the decisions on several actions together.
    """

    layer: str
    evidence: Evidence | None
    words: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a point question: verdict, what each layer said, what decided, what is left open."""

    verdict: Verdict
    explicit: bool = False
    layers: Mapping[str, str] = field(default_factory=dict)
    blocked_by: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    conditions: tuple[Condition, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A thing in the graph. `key` is the cloud's own unique id; `targets` the kinds of target it is, if any.

    `kind` is the cloud's short word (`role`, `function`), `label` the words to show ("Lambda function").
    `properties` are facts to show beside it, sorted by name.
    """

    key: str
    kind: str
    name: str
    cloud: str
    scope: str
    category: Category
    label: str = ""
    targets: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One relationship. `rule` is the technique or harm rule that made it and, with both ends, its replay key.

    `harm` is empty unless the edge class is GRANTS. Denied edges do not exist.
    """

    source: str
    target: str
    edge_class: EdgeClass
    rule: str
    verdict: Verdict
    strength: Strength = Strength.BECOMES
    harm: str = ""
    assumed: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    removes: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A real place to start: the kind, the identity's key and, in words, why it is one.

    `within` are the wider identities that whoever starts here is as well (anybody on the internet, any token of the
    same provider), all of them: what they can do is told of them once. `traits` are finer words that bear on how likely
    a start here is (`leaked`, `old`, `mfa`, `no-mfa`, `ci`, `open`), where they are known. `facts` are what is known of
    it by name, sorted: numbers and dates too. Which names there are stands in `graph.entry_facts`.
    """

    kind: EntryKind
    identity: str
    why: str = ""
    within: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a scan asked for and did not get. `remedy` says in plain words what would close it."""

    cloud: str
    scope: str
    region: str
    call: str
    arguments: tuple[str, ...]
    error: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input that was left out: file, position and what to do. The rest of the import goes on.

    `scope` tells whose it is where it shows only when all snapshots are read together.
    """

    file: str
    place: str
    what: str
    remedy: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Facts:
    """Snapshots of one cloud read into typed nouns. A cloud's own facts derive from this.

    `edges` are those that need no decision (memberships, workloads running as identities). `reasons` tells, by source,
    rule and target, why some of them are there, and what is open about them.
    `assumed` names, for each scope, the limits and grants of a kind that was never asked for. `tags` are those of what
    is worth attacking, by node.
    """

    cloud: str
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    entries: tuple[Entry, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = ()
    assumed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collected_at: str | None = None
    reasons: Mapping[tuple[str, str, str], Proof] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Edges(Sequence[Edge]):
    """Edges in order, of which those from sets to their members, by far the most, are made when they are asked for."""

    def __init__(self, before: Sequence[Edge], sets: Mapping[str, Sequence[str]], after: Sequence[Edge]) -> None:
        """`sets`, in the order of their keys, come between the edges of sources with lesser and with greater keys."""
        self._before, self._sets, self._after = before, sets, after
        self._keys = tuple(sets)
        self._starts = tuple(accumulate(map(len, sets.values()), initial=len(before)))

    def __len__(self) -> int:
        return self._starts[-1] + len(self._after)

    def __iter__(self) -> Iterator[Edge]:
        yield from self._before
        for key, inside in self._sets.items():
            for member in inside:
                yield _has(key, member)
        yield from self._after

    @overload
    def __getitem__(self, at: int) -> Edge: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Edge, ...]: ...
    def __getitem__(self, at: int | slice) -> Edge | tuple[Edge, ...]:
        if isinstance(at, slice):
            return tuple(map(self._at, range(len(self))[at]))
        return self._at(range(len(self))[at])

    def _at(self, at: int) -> Edge:
        if at < len(self._before):
            return self._before[at]
        if at >= self._starts[-1]:
            return self._after[at - self._starts[-1]]
        number = bisect_right(self._starts, at) - 1
        return _has(self._keys[number], self._sets[self._keys[number]][at - self._starts[number]])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]


def _has(key: str, member: str) -> Edge:
    return Edge(key, member, EdgeClass.HAS, HAS, Verdict.ALLOWED)


@dataclass(frozen=True, slots=True)
class Graph:
    """An estate graph: exactly one snapshot per connection. Nodes sorted by key, edges by their fields.

    Set nodes (category `set`, key = hash of the sorted members) have HAS edges to their members.
    """

    id: str
    snapshots: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: Sequence[Edge]


@dataclass(frozen=True, slots=True)
class Proof:
    """Why an edge is there: replayed decisions, merged. `via` is the host in between, if any."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    conditions: tuple[Condition, ...] = ()
    assumed: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    via: str = ""
    gains: tuple[str, ...] = ()
    removes: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path with all that is needed to show and check it. `sentence` is plain words."""

    source: str
    target: str
    technique: str
    strength: Strength
    verdict: Verdict
    proof: Proof
    sentence: str


@dataclass(frozen=True, slots=True)
class Confidence:
    """How much of a path is known, beside its score and never mixed into it.

    `open` is the share of its hops that are not certain, `unread` of those that hang on something not read; `assumed`
    are the kinds of limit and grant never asked for; `gaps` counts what was asked for and not got where it leads.
    """

    open: float = 0.0
    unread: float = 0.0
    assumed: tuple[str, ...] = ()
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What a score is made of: `value` = 100 · `impact` · `visible`, which is a function of prior · chance.

    `impact` = harm / 10 · criticality / 5 · `unlogged`, at most 1, · `guarded`; `oversight` says in words what is known
    of logs and guards, and which logs are not. `prior` is the likelihood of a start, under `prior_key` of the table.
    `chance` is that of getting through by any of the ways, give or take `error` (95 %; 0 where it is exact). `hops`
    are the bits of this one way's steps, `asked` those that its open conditions would cost if they hold, which the
    score leaves out. `weights` is the version of the table.
    """

    value: float
    impact: float
    harm: float
    criticality: float
    prior: float
    prior_key: str
    chance: float
    error: float
    visible: float
    hops: tuple[float, ...] = ()
    asked: tuple[float, ...] = ()
    confidence: Confidence = Confidence()
    weights: str = ""
    unlogged: float = 1.0
    guarded: float = 1.0
    oversight: tuple[str, ...] = ()

    @property
    def likelihood(self) -> float:
        return self.prior * self.chance


@dataclass(frozen=True, slots=True)
class Path:
    """A witness of a finding. `id` = sha256(finding key, hop keys); `reason` sums it up in a sentence."""

    id: str
    finding: str
    entry: Entry
    target: str
    harm: str
    verdict: Verdict
    hops: tuple[Hop, ...]
    assumed: tuple[str, ...] = ()
    score: float | None = None
    reason: str = ""
    factors: Score | None = None
