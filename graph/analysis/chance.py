"""How likely it is to get from a start to a harm by any of the ways there are, without counting what they share twice.

That is the reliability of the graph between two of its points, with a trial for each way of getting to each node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from graph.analysis.sparse import Sparse
from graph.analysis.walk import Step, Walk
from graph.analysis.worlds import Drawn, Listed, Trial, Worlds
from graph.policy.bits import union
from graph.weights import Weights

EXACT = 20  # trials up to which all worlds are listed
_KEPT = 64  # starts whose whole fan is kept


class Link(NamedTuple):
    """A step as far as likelihood goes: the row at its end, by which rule, how likely it works."""

    row: int
    rule: str
    p: float


class Chance(NamedTuple):
    """A likelihood, and the half width of its 95 % interval: 0 where it is exact."""

    value: float
    error: float


@dataclass(frozen=True)
class Cut:
    """What is taken away for the sake of a question: nodes, and edges as (source, rule, target)."""

    nodes: frozenset[int] = frozenset()
    edges: frozenset[tuple[int, str, int]] = frozenset()

    @cached_property
    def sources(self) -> frozenset[int]:
        return frozenset(source for source, _rule, _target in self.edges)


WHOLE = Cut()


@dataclass(frozen=True, eq=False)
class Network:
    """A walk with likelihoods. `families` tells each technique's family."""

    walk: Walk
    weights: Weights
    families: Mapping[str, str]
    drawn: Drawn = field(default_factory=Drawn)

    @cached_property
    def moves(self) -> tuple[tuple[Link, ...], ...]:
        return tuple(map(self._links, self.walk.moves))

    @cached_property
    def harms(self) -> tuple[tuple[Link, ...], ...]:
        return tuple(map(self._links, self.walk.harms))

    def _links(self, steps: Sequence[Step]) -> tuple[Link, ...]:
        return tuple(sorted({Link(step.row, step.edge.rule, self.likelihood(step)) for step in steps}))

    def likelihood(self, step: Step) -> float:
        return float(2 ** -self.weights.bits(step.edge, self.families.get(step.edge.rule, "")))

    @cached_property
    def _starts(self) -> dict[object, Fan]:
        return {}

    def fan(self, start: int, cut: Cut = WHOLE) -> Fan:
        """All that a start leads to. Starts that can do the same share it."""
        if cut is not WHOLE:
            return Fan(self, {start: 1.0}, cut)
        alike = (self.moves[start], self.harms[start])
        fan = self._starts.pop(alike, None) or Fan(self, {start: 1.0}, cut)
        self._starts[alike] = fan
        if len(self._starts) > _KEPT:
            del self._starts[next(iter(self._starts))]
        return fan

    def together(self, starts: Mapping[int, float], cut: Cut = WHOLE) -> Fan:
        """What somebody brings about who starts at any of these, at each as likely as it says."""
        return Fan(self, starts, cut)

    def trial(self, link: Link, end: int) -> Trial:
        return Trial(link.rule, self.walk.nodes[end].key, link.p)


class Fan:
    """What some starts lead to, each of which is there with a likelihood of its own, in the graph without the cut."""

    def __init__(self, network: Network, starts: Mapping[int, float], cut: Cut) -> None:
        self.network, self.cut = network, cut
        self._starts = {at: p for at, p in starts.items() if at not in cut.nodes}
        self.reached = self._spread(dict.fromkeys(self._starts, 1), _Simple(least=0))
        self._known: dict[object, Chance | None] = {}

    @cached_property
    def _sure(self) -> dict[int, int]:
        """What is reached by steps that always work."""
        return self._spread({at: 1 for at, p in self._starts.items() if p >= 1}, _Simple(least=1))

    @cached_property
    def _drawn(self) -> dict[int, int]:
        """What is reached in which of the drawn worlds."""
        drawn = self.network.drawn
        return self._spread({at: drawn.works(self._begin(at, p)) for at, p in self._starts.items()}, drawn)

    def _begin(self, at: int, p: float) -> Trial:
        return Trial("", self.network.walk.nodes[at].key, p)

    def chances(self, pairs: Sparse | None = None) -> dict[int, Chance]:
        """Those of the pairs that can be brought about at all."""
        found: dict[int, list[Link]] = {}
        for link in self._doing:
            row = self.network.walk.harm_rows[link.row]
            for pair in row if pairs is None else row & pairs:
                found.setdefault(pair, []).append(link)
        answers = {pair: self._chance(pair, tuple(links)) for pair, links in sorted(found.items())}
        return {pair: chance for pair, chance in answers.items() if chance is not None}

    @cached_property
    def _doing(self) -> dict[Link, list[int]]:
        """Who does what, of all that is reached."""
        found: dict[Link, list[int]] = {}
        for node in sorted(self.reached):
            for link in self.network.harms[node]:
                found.setdefault(link, []).append(node)
        return found

    def _chance(self, pair: int, links: tuple[Link, ...]) -> Chance | None:
        target = self.network.walk.pairs[pair][1]
        gone = {(node, rule) for node, rule, end in self.cut.edges if end == target}
        if target in self.cut.nodes:
            return None
        asked = links, frozenset(gone)
        if asked not in self._known:
            doers = [(n, link) for link in links for n in self._doing[link] if (n, link.rule) not in gone]
            self._known[asked] = self._work_out(doers) if doers else None
        return self._known[asked]

    def _work_out(self, doers: list[tuple[int, Link]]) -> Chance:
        """Listed where few trials bear on it, else as it was in the drawn worlds."""
        if any(link.p >= 1 and node in self._sure for node, link in doers):
            return Chance(1.0, 0.0)
        part = self._bearing(doers)
        worlds: Worlds = Listed(part.trials) if part else self.network.drawn
        if part:
            reached = self._spread({at: worlds.works(trial) for at, trial in part.starts.items()}, worlds, part.inside)
        else:
            reached = self._drawn
        mask = union(reached.get(node, 0) & worlds.works(_done(link)) for node, link in doers)
        return Chance(*worlds.likelihood(mask))

    def _bearing(self, doers: list[tuple[int, Link]]) -> _Part | None:
        """Against the steps from those who do it to what is sure; None if too many trials bear on it."""
        trials = {_done(link) for _node, link in doers if link.p < 1}
        seen = {node for node, _link in doers}
        starts: dict[int, Trial] = {}
        waiting = list(seen)
        while waiting and len(trials) <= EXACT:
            node = waiting.pop()
            if node in self._starts or node in self._sure:
                starts[node] = self._begin(node, 1.0 if node in self._sure else self._starts[node])
                trials.update(trial for trial in (starts[node],) if trial.p < 1)
            for link in self._into.get(node, ()) if node not in self._sure else ():
                trials.update((self.network.trial(link, node),) if link.p < 1 else ())
                waiting += (more := self._from[link] - seen)
                seen |= more
        return _Part(trials, starts, seen) if len(trials) <= EXACT else None

    @cached_property
    def _from(self) -> dict[Link, set[int]]:
        """Who takes each link, of all that is reached."""
        found: dict[Link, set[int]] = {}
        for node in sorted(self.reached):
            for link in self.network.moves[node]:
                found.setdefault(link, set()).add(node)
        return found

    @cached_property
    def _into(self) -> dict[int, list[Link]]:
        found: dict[int, list[Link]] = {}
        for link in self._from:
            for end in self.network.walk.rows[link.row]:
                found.setdefault(end, []).append(link)
        return found

    # ----- spreading

    def _spread(self, begun: dict[int, int], worlds: Worlds, inside: set[int] | None = None) -> dict[int, int]:
        """In which worlds each node is reached. What a row was given in some worlds it is not given there again."""
        reached, waiting, given = dict(begun), deque(begun), dict[object, int]()
        while waiting:
            node = waiting.popleft()
            for link in self.network.moves[node]:
                shared: object = (node, link) if node in self.cut.sources else link
                new = reached[node] & ~given.get(shared, 0)
                if new:
                    given[shared] = given.get(shared, 0) | new
                    for end in self._ends(node, link, inside):
                        lacking = new & ~reached.get(end, 0)
                        gained = lacking if link.p >= 1 else lacking and lacking & self._works(worlds, link, end)
                        if gained:
                            reached[end] = reached.get(end, 0) | gained
                            waiting.append(end)
        return reached

    def _works(self, worlds: Worlds, link: Link, end: int) -> int:
        return worlds.works(self.network.trial(link, end))

    def _ends(self, node: int, link: Link, inside: set[int] | None) -> Iterator[int]:
        ends = self.network.walk.rows[link.row]
        if inside is None and self.cut is WHOLE:
            return iter(ends)
        nodes, edges = self.cut.nodes, self.cut.edges
        return (
            end
            for end in ends
            if (inside is None or end in inside) and end not in nodes and (node, link.rule, end) not in edges
        )


@dataclass(frozen=True)
class _Part:
    """The part of the graph that bears on one question."""

    trials: set[Trial]
    starts: Mapping[int, Trial]
    inside: set[int]


@dataclass(frozen=True)
class _Simple:
    """One world, in which all works that is at least so likely."""

    least: float
    all: int = 1

    def works(self, trial: Trial) -> int:
        return int(trial.p >= self.least)

    def likelihood(self, mask: int) -> tuple[float, float]:
        return float(mask), 0.0


def _done(link: Link) -> Trial:
    """The harm itself, whoever does it. One question is about one harm on one target, so the rule names it."""
    return Trial(link.rule, "", link.p)
