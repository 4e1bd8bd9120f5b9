"""From an estate to everything the faces show: the order in which an analysis is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import nlargest, nsmallest

from graph.analysis.administrators import administrators, restates
from graph.analysis.amplification import amplifications
from graph.analysis.best import best_ways
from graph.analysis.breach import breaches
from graph.analysis.chokes import chokes
from graph.analysis.dangers import dangers
from graph.analysis.latent import latent
from graph.analysis.ranking import Way, ranked
from graph.analysis.report import Breach, Report
from graph.analysis.score import critical, graph_id, score
from graph.analysis.standing import standings
from graph.analysis.study import Analysis
from graph.build import Estate, Progress
from graph.model import Document, Edge, EdgeClass, Entry, EntryKind, Path
from graph.policy.collector import uncollected
from graph.weights import SHIPPED, Weights

SEVERAL = 50  # findings, from the highest score down, whose other ways are told as well
BREACHES = 500  # rows of assumed breach that are scored: those that matter most


def analyse(
    estate: Estate,
    progress: Progress = lambda _done, _total, _words: None,
    weights: Weights = SHIPPED,
) -> Report:
    """Everything there is to say about an estate; nothing is cut off."""
    with uncollected():
        return _analyse(Analysis(estate, weights), progress)


def _analyse(analysis: Analysis, progress: Progress) -> Report:
    estate = analysis.estate
    progress(0, 0, "following entry points")
    ways = ranked(way for way in analysis.ways(estate.entries) if not restates(analysis, way))
    paths = tuple(_proved(analysis, ways, progress))
    progress(len(ways), len(ways), "weighing choke points")
    several = _several(analysis, ways[:SEVERAL])
    choking = chokes(analysis, ways)
    progress(len(ways), len(ways), "assuming breach")
    return Report(
        graph_id(estate.graph.id, analysis.weights),
        paths,
        administrators(analysis),
        tuple(_scored(analysis, list(breaches(analysis.reach)))),
        tuple(_widening(analysis)),
        _documents(estate, [*paths, *(path for some in several.values() for path in some)]),
        {finding: tuple(sorted(set(also))) for finding, also in sorted(analysis.implied.items())},
        several,
        standings(analysis.reach, estate.entries),
        dangers(analysis, ways),
        choking,
        tuple(latent(estate)),
        analysis.weights.version,
        amplifications(analysis),
    )


def _proved(analysis: Analysis, ways: Sequence[Way], progress: Progress) -> Iterator[Path]:
    """Paths with their proofs. Each hop is proved once, and with those of the same part."""

    def tell(done: int, total: int, _words: str) -> None:
        progress(done * len(ways) // total, len(ways), f"proving {len(ways)} paths")

    analysis.prove((edge for way in ways for edge in way.edges), tell)
    return (analysis.path(way) for way in ways)


def _several(analysis: Analysis, ways: Iterable[Way]) -> Mapping[str, tuple[Path, ...]]:
    """The best ways of each finding that has several."""
    found = {way.finding: best_ways(analysis, way) for way in ways}
    analysis.prove(edge for some in found.values() for way in some for edge in way.edges)
    return {finding: tuple(map(analysis.path, some)) for finding, some in sorted(found.items()) if len(some) > 1}


def _scored(analysis: Analysis, rows: Sequence[Breach]) -> Iterator[Breach]:
    """The rows, those that matter most with a score: that of the first of their identities and targets."""
    ends = [(row.harm, row.targets[0]) for row in rows]
    known = {end: _impact(analysis, *end) for end in set(ends)}
    impacts = [known[end] for end in ends]
    least = min(nlargest(BREACHES, impacts), default=0.0)

    def place(number: int) -> tuple[object, ...]:
        row = rows[number]
        return -impacts[number], row.hops, row.harm, row.targets, row.identities

    most = (number for number, impact in enumerate(impacts) if impact >= least)
    chosen = set(nsmallest(BREACHES, most, key=place))
    for number, row in enumerate(rows):
        yield replace(row, score=_breach_score(analysis, row)) if number in chosen else row


def _impact(analysis: Analysis, harm: str, target: str) -> float:
    return analysis.weights.harm(harm) * critical(analysis.weights, analysis.estate.nodes[target])


def _breach_score(analysis: Analysis, row: Breach) -> float:
    entry, target = Entry(EntryKind.ASSUME_BREACH, row.identities[0]), analysis.estate.nodes[row.targets[0]]
    chance = analysis.chance(entry.identity, analysis.pair(row.harm, row.targets[0]))
    return score(analysis.weights, entry, row.harm, target, chance).value


def _widening(analysis: Analysis) -> Iterator[Edge]:
    """Of the estate's own identities: a service, a stranger or an account itself has no rights of its own to widen.

    What they do with what they open is among the harms.
    """
    walk = analysis.walk
    own = {walk.nodes[at].key for at in walk.owned}
    for edge in analysis.estate.graph.edges:
        if edge.source == edge.target and edge.edge_class is EdgeClass.CAN_BECOME and edge.source in own:
            yield edge


def _documents(estate: Estate, paths: Iterable[Path]) -> dict[str, Document]:
    names = {evidence.document for path in paths for hop in path.hops for evidence in hop.proof.evidence}
    missing = "This document is not in the snapshot."
    return {name: estate.document(name) or Document(name, None, missing) for name in sorted(names)}
