"""Choke points: nodes, statements and memberships that many paths share, by what would be gone without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.analysis.chance import Cut
from graph.analysis.ranking import Way
from graph.analysis.report import Choke
from graph.analysis.score import weighed
from graph.analysis.sparse import Sparse
from graph.analysis.study import Analysis
from graph.analysis.walk import NOWHERE
from graph.build import OWNER
from graph.model import Category, Edge, Evidence

WEIGHED = 25  # nodes, and as many grants, whose removal is worked out: those with the highest scores through them
LEAST = 8  # as many in the largest estates
_WALKED = 200_000  # nodes that may be walked over for each kind of candidate
_ASKED = 400  # hops of one grant whose other rules are proved too
_NOTHING = 1e-8
_GRANTING = "Allow"
_Step = tuple[str, str, str]


@dataclass
class _Candidate:
    """Something that may be taken away, and the ways shown through it."""

    node: str = ""
    evidence: Evidence | None = None
    edges: dict[_Step, Edge] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        return sum(way.score.value for way in self.ways.values())

    def take(self, way: Way, edge: Edge) -> None:
        self.ways.setdefault(way.finding, way)
        self.edges.setdefault((edge.source, edge.rule, edge.target), edge)


def chokes(analysis: Analysis, ways: Sequence[Way]) -> tuple[Choke, ...]:
    """Ranked by how much the scores of the findings sum up to less without each, then by how many are gone.

    Starts are none of them: that somebody starts there is a finding's own name. Nor are accounts: they stay.
    """
    nodes: dict[object, _Candidate] = {}
    grants: dict[object, _Candidate] = {}
    for way in ways:
        for edge in way.edges:
            for key, made in _grants(analysis, edge):
                grants.setdefault(key, made).take(way, edge)
        inner = (edge for edge in way.edges[1:] if analysis.estate.nodes[edge.source].category is not Category.ACCOUNT)
        for edge in inner:
            nodes.setdefault(edge.source, _Candidate(edge.source)).ways.setdefault(way.finding, way)
    most = _affordable(analysis, ways)
    chosen = [one for some in (nodes, grants) for one in _heaviest(some, most)]
    analysis.prove(edge for one in chosen for edge in _all_beside(analysis, one))
    return tuple(sorted((_weigh(analysis, one) for one in chosen), key=_place))


def _place(choke: Choke) -> tuple[object, ...]:
    evidence = choke.evidence or Evidence("", "", "")
    return -choke.score, -len(choke.removed), choke.node, evidence.document, evidence.place, choke.edges


def _affordable(analysis: Analysis, ways: Iterable[Way]) -> int:
    """Each candidate costs a walk over all that the starts lead to: the more that is, the fewer are weighed."""
    starts = {analysis.walk.at[way.entry.identity] for way in ways}
    walked = sum(len(analysis.reach.open[-1].nodes(at)) for at in starts)
    return max(LEAST, min(WEIGHED, _WALKED // max(1, walked)))


def _heaviest(some: Mapping[object, _Candidate], most: int) -> list[_Candidate]:
    ordered = sorted(some.items(), key=lambda item: (-item[1].weight, str(item[0])))
    return [candidate for _key, candidate in ordered[:most]]


def _grants(analysis: Analysis, edge: Edge) -> Iterator[tuple[object, _Candidate]]:
    """What a hop would not be there without: each statement that its proof needs, or itself if none decides."""
    granting = _granting(analysis, edge)
    for one in granting:
        yield (one.document, one.place), _Candidate(evidence=one)
    if not granting and edge.rule not in analysis.estate.rules and edge.rule != OWNER:
        yield (edge.source, edge.rule, edge.target), _Candidate()


def _granting(analysis: Analysis, edge: Edge) -> Iterable[Evidence]:
    """The statements that give what the hop needs; what only limits others takes nothing away by being gone."""
    proof = analysis.hop(edge).proof
    if edge.rule not in analysis.estate.rules:
        return ()
    ceilings = analysis.estate.ceilings(edge.rule)
    limits = {one.evidence for one in proof.because if one.layer in ceilings}
    return [one for one in proof.evidence if one.effect == _GRANTING and one not in limits]


def _weigh(analysis: Analysis, one: _Candidate) -> Choke:
    resting = (edge for edge in _all_beside(analysis, one) if _rests_on(analysis, edge, one))
    edges = one.edges | {(edge.source, edge.rule, edge.target): edge for edge in resting}
    spots = analysis.walk.spots
    cut = Cut(
        frozenset(spots(one.node) if one.node else ()),
        frozenset((a, rule, b) for source, rule, target in edges for a in spots(source) for b in spots(target)),
    )
    removed, weakened, less = _without(analysis, cut, one.ways.values())
    steps = tuple(sorted(edges))
    return Choke(one.node, one.evidence, steps, round(less, 2), tuple(sorted(removed)), weakened, len(one.ways))


def _rests_on(analysis: Analysis, edge: Edge, one: _Candidate) -> bool:
    keys = {(e.document, e.place) for e in analysis.hop(edge).proof.evidence}
    return one.evidence is not None and (one.evidence.document, one.evidence.place) in keys


def _all_beside(analysis: Analysis, one: _Candidate) -> Iterator[Edge]:
    """What may rest on the same statement: the edges by other rules beside those that are known to."""
    some = list(one.edges.values())[:_ASKED] if one.evidence is not None else ()
    return (beside for edge in some for beside in _beside(analysis, edge))


def _beside(analysis: Analysis, edge: Edge) -> Iterator[Edge]:
    """The edges by other rules between the same two nodes."""
    spots = analysis.walk.spots
    return (e for a in spots(edge.source) for b in spots(edge.target) for e in analysis.walk.between(a, b))


def _without(analysis: Analysis, cut: Cut, ways: Iterable[Way]) -> tuple[list[str], int, float]:
    """Findings that have no way left, how many are less likely, and what the scores sum up to less."""
    removed, weakened, less = list[str](), 0, 0.0
    for starts, some in _by_start(analysis, cut, ways).items():
        number = {way.finding: analysis.pair(way.harm, way.target) for way in some}
        left = analysis.network.fan(starts[0], cut).chances(Sparse(number.values()))
        for way in some:
            pair = number[way.finding]
            if pair not in left:
                removed.append(way.finding)
                less += way.score.value
            elif left[pair].value < way.score.chance - _NOTHING:
                weakened += 1
                target, known = analysis.estate.nodes[way.target], (way.score.prior_key, way.score.prior)
                less += max(0.0, way.score.value - weighed(analysis.weights, way.harm, target, left[pair], known).value)
    return removed, weakened, less


def _by_start(analysis: Analysis, cut: Cut, ways: Iterable[Way]) -> Mapping[tuple[int, ...], list[Way]]:
    """Ways whose starts can do the same, put together: what they lead to without the cut is worked out once."""
    network, found = analysis.network, dict[object, tuple[list[int], list[Way]]]()
    for way in ways:
        at = analysis.walk.at[way.entry.identity]
        alone = at if at in cut.sources or at in cut.nodes else NOWHERE
        starts, some = found.setdefault((network.moves[at], network.harms[at], alone), ([], []))
        starts.append(at)
        some.append(way)
    return {tuple(starts): some for starts, some in found.values()}
