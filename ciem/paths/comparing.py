"""Compare two published estate graphs from their stored snapshots. Only workers import this: it runs the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ciem.paths import judging, weighing
from ciem.paths.estate import Territory
from ciem.paths.models import Comparison, Difference
from ciem.paths.published import BATCH, Sets
from ciem.paths.witness import WitnessNode
from ciem.scans import storage
from ciem.scans.models import EstateGraph
from graph.analysis import difference
from graph.analysis.administrators import restates
from graph.analysis.difference import Side, Turned, compare
from graph.analysis.ranking import ranked
from graph.analysis.sides import side
from graph.analysis.study import Analysis
from graph.build import Estate, build
from graph.model import Document
from graph.policy.collector import uncollected


@dataclass(frozen=True)
class _Known:
    """One side with its estate and whose scopes are whose."""

    estate: Estate
    side: Side


def differences(comparison: Comparison) -> list[Difference]:
    """Every path that opened, closed or changed, as rows that are not saved yet."""
    with uncollected():
        old, new = (_known(graph) for graph in (comparison.old, comparison.new))
        records = [*comparison.old.snapshots.all(), *comparison.new.snapshots.all()]
        writer = _Writer(comparison, old, new, Sets(Territory.of(records)))
        return [writer.row(number, one) for number, one in enumerate(compare(old.side, new.side), 1)]


def save(rows: Iterable[Difference]) -> None:
    Difference.objects.bulk_create(rows, BATCH)


def _known(graph: EstateGraph) -> _Known:
    snapshots = [storage.load(record) for record in graph.snapshots.order_by("snapshot_id")]
    estate = build(snapshots, importance=judging.in_force())  # both by the same rules, so that only the estates differ
    analysis = Analysis(estate, weighing.in_force())
    ways = ranked(way for way in analysis.ways(estate.entries) if not restates(analysis, way))
    return _Known(estate, side(analysis, estate.entries, ways))


@dataclass(frozen=True)
class _Writer:
    """Turns what differs into rows, each with all the connections that its words come from."""

    comparison: Comparison
    old: _Known
    new: _Known
    sets: Sets

    def row(self, number: int, found: difference.Difference) -> Difference:
        path, was = found.path, found.was
        entry, target = self._node(path.entry.identity), self._node(path.target)
        return Difference(
            comparison=self.comparison,
            touches=self.sets.of(frozenset(self._touched(found))),
            number=number,
            turn=found.turn.value,
            finding_key=path.finding,
            entry_key=entry.key,
            entry_name=entry.name[:400],
            target_key=target.key,
            target_name=target.name[:400],
            harm=path.harm,
            verdict=path.verdict.value,
            score=path.score or 0.0,
            was_verdict=was.verdict.value if was else "",
            was_score=was.score if was else None,
            because=list(found.because),
            hops=[self._hop(hop) for hop in found.hops],
            route=[self._node(key).name for key in _route(found)],
            rechecked=found.rechecked,
        )

    def _node(self, key: str) -> WitnessNode:
        """As it is now, or as it was."""
        node = self.new.estate.nodes.get(key) or self.old.estate.nodes.get(key)
        return WitnessNode.of(node) if node else WitnessNode.unknown(key)

    def _hop(self, hop: Turned) -> dict[str, object]:
        causes = [
            {"what": cause.what, "change": cause.change, "before": cause.before, "after": cause.after}
            | {"name": cause.name, "place": cause.place, "words": cause.words}
            for cause in hop.causes
        ]
        ends = {"source": self._node(hop.source).name, "target": self._node(hop.target).name, "rule": hop.technique}
        return {**ends, "was": hop.was, "now": hop.now, "causes": causes}

    def _touched(self, found: difference.Difference) -> Iterator[int]:
        """Where the path leads, and where what changed was read: a document, or a node of its own."""
        turned = [key for hop in found.hops for key in (hop.source, hop.target)]
        causes = [cause for hop in found.hops for cause in hop.causes]
        keys = [*_route(found), *turned, *(word for cause in causes for word in (cause.name, cause.place))]
        yield from self.sets.members(map(self._node, keys))
        documents = {e.document for hop in found.path.hops for e in hop.proof.evidence}
        documents |= {cause.name for cause in causes}
        scopes = [known.scope for name in sorted(documents) for known in self._documents(name)]
        yield from self.sets.territory.named(scopes)

    def _documents(self, name: str) -> Iterator[Document]:
        for known in (self.old, self.new):
            if document := known.estate.document(name):
                yield document


def _route(found: difference.Difference) -> list[str]:
    hops = found.path.hops
    return list(dict.fromkeys([found.path.entry.identity, *(hop.target for hop in hops)]))
