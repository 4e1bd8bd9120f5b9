"""How much more an agent reaches with its tools than those who may talk to it, and what they win by doing so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import numpy as np

from graph.analysis.reach import Closure, Reach
from graph.analysis.report import Amplification
from graph.analysis.sparse import EMPTY, Sparse, numbers, union
from graph.analysis.study import Analysis
from graph.analysis.walk import Walk, walk
from graph.cloud import Technique

DIRECT = "direct"
SENSITIVE = 4.0  # of 5: targets as critical as this, or more
_DIGITS = 2


def amplifications(analysis: Analysis) -> tuple[Amplification, ...]:
    """One row for each agent that somebody may talk to, by how much it amplifies; then by key."""
    walked = analysis.walk
    callers = _callers(analysis)
    if not callers:
        return ()
    # A harm is done by somebody or not at all, so that pairs have the same numbers with and without use.
    own = Reach(walk(analysis.estate.graph, use=False)).open[-1]
    worth = _Worth(analysis, walked)
    found = [_row(worth, at, who, analysis.reach.open[-1], own) for at, who in callers.items()]
    return tuple(sorted(found, key=lambda row: (not row.flagged, row.ratio is not None, -(row.ratio or 0), row.agent)))


def _callers(analysis: Analysis) -> Mapping[int, Sequence[int]]:
    """For each agent, those who may talk to it: the estate's own identities and whoever may start."""
    walked = analysis.walk
    somebody = walked.owned | Sparse(walked.at[entry.identity] for entry in analysis.estate.entries)
    found: dict[int, list[int]] = {}
    for at in somebody:
        talked = union(walked.rows[step.row] for step in walked.moves[at] if _is_talk(analysis, step.edge.rule))
        for agent in talked:
            found.setdefault(agent, []).append(at)
    return dict(sorted(found.items()))


def _is_talk(analysis: Analysis, rule: str) -> bool:
    known = analysis.estate.rules.get(rule, ("", None))[1]
    return isinstance(known, Technique) and known.precondition == DIRECT


def _row(worth: _Worth, agent: int, callers: Sequence[int], reach: Closure, own: Closure) -> Amplification:
    theirs = [own.pairs(at) for at in callers]
    by_use = reach.pairs(agent)
    usual, whole = median(map(worth.of, theirs)), worth.of(by_use)
    won = union(by_use - pairs for pairs in theirs)
    sensitive = tuple(worth.sensitive(won))
    ratio = round(whole / usual, _DIGITS) if usual else None
    winners = sum(not by_use.issubset(pairs) for pairs in theirs)
    flagged = bool(sensitive) and (ratio is None or ratio > 1)
    key, whole, usual = worth.walk.nodes[agent].key, round(whole, _DIGITS), round(usual, _DIGITS)
    return Amplification(key, ratio, whole, usual, len(callers), winners, sensitive, flagged)


class _Worth:
    """What harms weigh: each by the harm and by how critical its target is."""

    def __init__(self, analysis: Analysis, walked: Walk) -> None:
        self.walk, weights, nodes = walked, analysis.weights, walked.nodes
        said = [dict(node.properties).get("criticality", "") for node in nodes]
        self._critical = [weights.critical(nodes[target].targets, said[target]) for _harm, target in walked.pairs]
        harms = [weights.harm(harm) for harm, _target in walked.pairs]
        self._weights = np.array(harms, np.float64) * np.array(self._critical, np.float64)
        self._known: dict[Sparse, float] = {EMPTY: 0.0}

    def of(self, pairs: Sparse) -> float:
        if pairs not in self._known:
            self._known[pairs] = float(self._weights[numbers(pairs)].sum())
        return self._known[pairs]

    def sensitive(self, pairs: Sparse) -> Iterator[tuple[str, str]]:
        """Those of the pairs that matter most, as harm and target."""
        for pair in pairs:
            harm, target = self.walk.pairs[pair]
            if self._critical[pair] >= SENSITIVE:
                yield harm, self.walk.nodes[target].key
