"""An estate graph as one side of a comparison: its findings, and what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from graph.analysis.causes import Known
from graph.analysis.difference import Side, Summary
from graph.analysis.ranking import Way
from graph.analysis.study import Analysis
from graph.build import Estate
from graph.model import Entry, Path, Verdict


def side(analysis: Analysis, entries: Iterable[Entry], ways: Iterable[Way]) -> Side:
    """The findings that these ways witness; a path is proved when it is asked for."""
    by_finding = {way.finding: way for way in ways}

    def path(finding: str) -> Path:
        return analysis.path(by_finding[finding])

    return Side(
        {key: Summary(way.id, way.verdict, way.score.value) for key, way in by_finding.items()},
        path,
        lambda source, rule, target: _stands(analysis, source, rule, target),
        frozenset((entry.kind, entry.identity) for entry in entries),
        known(analysis.estate),
    )


def _stands(analysis: Analysis, source: str, rule: str, target: str) -> Verdict | None:
    """The surest edge by that rule between the two, if there is any."""
    walk, order = analysis.walk, list(Verdict)
    if source not in walk.at or target not in walk.at:
        return None
    ends = [(a, b) for a in walk.spots(source) for b in walk.spots(target)]
    found = [edge.verdict for a, b in ends for edge in walk.between(a, b) if edge.rule == rule]
    return min(found, key=order.index, default=None)


def known(estate: Estate) -> Known:
    """What is known of an estate with its engine at hand."""
    bound = _bound(estate)
    gaps = Counter[str]()
    for (_cloud, scope), some in estate.gaps.items():
        gaps[scope] += len(some)
    return Known(
        estate.nodes,
        estate.document,
        lambda identity: bound.get(identity, {}),
        estate.assumed,
        gaps,
        estate.decide,
    )


def _bound(estate: Estate) -> Mapping[str, Mapping[str, str]]:
    """For each identity the documents that bind it, and how."""
    found: dict[str, dict[str, str]] = {}
    for binding in estate.bindings():
        found.setdefault(binding.identity, {}).setdefault(binding.document.name, binding.how)
    return found
