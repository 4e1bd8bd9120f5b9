"""Commands about the graph: edges, paths, reach."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from itertools import groupby

from graph.analysis.alike import likeness, same_ways
from graph.analysis.alternatives import alternatives
from graph.analysis.best import best_ways
from graph.analysis.ranking import Way, ranked
from graph.analysis.reachable import reachable
from graph.analysis.sparse import Sparse
from graph.analysis.study import Analysis
from graph.build import Estate
from graph.cli import writing
from graph.cli.loading import estate, fits, named, weights
from graph.cli.writing import Line, note, unless_none, write
from graph.cloud import Technique
from graph.model import Edge, EdgeClass, Entry, EntryKind, Verdict


def edges(arguments: Namespace) -> bool:
    """Every way of becoming somebody else or of widening oneself."""
    built, bad = estate(arguments)
    lines = _latent(built) if arguments.latent else _ways(built)
    write(
        unless_none(lines, lambda: "0 edges: nothing that was read leads there."), arguments.format, writing.brief_edge
    )
    return bad


def _ways(built: Estate) -> Iterator[Line]:
    for edge in _between_nodes(built):
        proof = built.prove(edge.rule, edge.source, edge.target)
        yield {
            **_ends(edge.source, edge.target, built, edge.rule),
            "verdict": edge.verdict,
            "conditions": list(map(writing.condition, proof.conditions)),
            "assumed": list(edge.assumed),
            "gains": list(edge.gains or proof.gains),
            "removes": edge.removes or proof.removes,
            "evidence": list(map(writing.evidence, proof.evidence)),
        }


def _ends(source: str, target: str, built: Estate, rule: str) -> Line:
    technique = built.rules[rule][1]
    strength = technique.strength if isinstance(technique, Technique) else ""
    return {"source": source, "target": target, "technique": rule, "strength": strength}


def _between_nodes(built: Estate) -> Iterator[Edge]:
    """The edges of techniques, sets opened, sorted by their ends."""
    inside: dict[str, list[str]] = {}
    for edge in built.graph.edges:
        if edge.edge_class is EdgeClass.HAS:
            inside.setdefault(edge.source, []).append(edge.target)
    ways = (e for e in built.graph.edges if e.edge_class is EdgeClass.CAN_BECOME and e.rule in built.rules)
    for source, some in groupby(ways, key=lambda edge: edge.source):
        opened = [(end, e) for e in some for end in inside.get(e.target, [e.target])]
        for end, e in sorted(opened, key=lambda pair: (pair[0], pair[1].rule)):
            if end != source or e.target == source:
                rest = (e.strength, e.harm, e.assumed, e.gains, e.removes)
                yield Edge(source, end, e.edge_class, e.rule, e.verdict, *rest)


def _latent(built: Estate) -> Iterator[Line]:
    """Ways that only lack a host: there is none to replay a decision on, so no evidence either."""
    for rule, relation in sorted(built.latent.items()):
        for identity in relation.identities:
            row = relation.row_of(identity)
            for at, target in enumerate(relation.resources) if row else ():
                verdict = row.verdict(at)
                if verdict is not Verdict.DENIED and target != identity:
                    scopes = (built.nodes[key].scope for key in (identity, target))
                    yield {
                        **_ends(identity, target, built, rule),
                        "verdict": verdict,
                        "conditions": [],
                        "assumed": sorted({a for scope in scopes for a in relation.assumptions.get(scope, ())}),
                        "gains": [],
                        "removes": "",
                        "evidence": [],
                        "latent": True,
                    }


def paths(arguments: Namespace) -> bool:
    """Ranked attack paths; those that the limit cuts are not even proved."""
    table = weights(arguments)
    built, bad = estate(arguments)
    analysis = Analysis(built, table)
    entries = starts(analysis, arguments.entry, arguments.origin)
    pairs = _pairs(analysis, arguments.to, arguments.harm)
    found = ranked(analysis.ways(entries, pairs, arguments.max_hops))
    if arguments.all:
        found = ranked(_all(analysis, found, arguments.max_hops))
    elif arguments.ways > 1:
        found = ranked(way for best in found for way in best_ways(analysis, best, arguments.ways))
    rows = same_ways(found, likeness(built.nodes)) if writing.counts(arguments) else tuple((way,) for way in found)
    shown = rows[: arguments.limit]
    lines = unless_none(
        (_path(analysis, row, arguments) for row in shown), lambda: _no_paths(analysis, entries, arguments)
    )
    write(lines, arguments.format, writing.brief_path)
    if len(shown) < len(rows):
        note(f"{sum(map(len, shown))} of {len(found)} paths shown.")
    return bad


def _path(analysis: Analysis, row: tuple[Way, ...], arguments: Namespace) -> Line:
    """The first of ways that are alike, proved; the others by name."""
    line = writing.path(analysis.path(row[0]))
    others = [{"finding": way.finding, "entry": way.entry.identity, "target": way.target} for way in row[1:]]
    return writing.spoken_for(line, others) if writing.counts(arguments) else line


def _no_paths(analysis: Analysis, entries: list[Entry], arguments: Namespace) -> str:
    """Why none is shown. That an attacker has nowhere to start in what was read does not mean that there is nowhere."""
    if not entries:
        kind = f" of the kind {arguments.entry}" if arguments.entry and analysis.estate.entries else ""
        return (
            f"0 paths: no entry points{kind} in these snapshots, so no path can begin; that does not mean safe. "
            f"Try --entry {EntryKind.ASSUME_BREACH}."
        )
    wanted = " that is asked for" if arguments.to or arguments.harm or arguments.max_hops else ""
    return f"0 paths: from {len(entries)} entry points no harm{wanted} is within reach, in what was read."


def starts(analysis: Analysis, kind: str | None, origin: str | None) -> list[Entry]:
    """The real places to start; with `origin` alone, identities that are none count as breached."""
    breached, real = analysis.identities(), analysis.estate.entries
    names = sorted({entry.identity for entry in (*breached, *real)})
    chosen = set(named(origin, names, "identity") if origin is not None else names)
    if kind is not None:
        known = breached if kind == EntryKind.ASSUME_BREACH else real
        if kind == EntryKind.ASSUME_BREACH and origin is None:
            chosen = {analysis.walk.nodes[at].key for at in analysis.walk.owned}
        return [entry for entry in known if entry.kind == kind and entry.identity in chosen]
    found = [entry for entry in real if entry.identity in chosen]
    if origin is not None:
        already = {entry.identity for entry in found}
        found += [entry for entry in breached if entry.identity in chosen - already]
    return found


def _pairs(analysis: Analysis, to: str | None, harm: str | None) -> Sparse:
    walk = analysis.walk
    if to is not None:
        named(to, list(walk.at), "target")
    wanted = enumerate(walk.pairs)
    return Sparse(at for at, (does, target) in wanted if fits(walk.nodes[target].key, to) and harm in (None, does))


def _all(analysis: Analysis, found: Iterable[Way], most: int | None) -> Iterator[Way]:
    cut = 0
    for best in found:
        ways, more = alternatives(analysis, best, most)
        cut += more
        yield from ways
    if cut:
        note(f"{cut} findings have more ways than are listed.")


def reach(arguments: Namespace) -> bool:
    """All that an identity can become and do."""
    built, bad = estate(arguments)
    analysis = Analysis(built)
    origins = named(arguments.origin, list(analysis.walk.at), "identity")
    lines = _within(analysis, origins)
    write(
        unless_none(lines, lambda: f"0 answers: {arguments.origin} reaches nothing in what was read."), arguments.format
    )
    return bad


def _within(analysis: Analysis, origins: list[str]) -> Iterator[Line]:
    for origin in origins:
        for one in reachable(analysis.reach, origin):
            said = {"target": one.target, "harm": one.harm, "verdict": one.verdict, "hops": one.hops}
            yield {**said, "from": origin} if len(origins) > 1 else said
