"""What an analysis tells beside the paths, written down at publish: choke points, dangers, ways, standings, latent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from ciem.paths.factors import dump
from ciem.paths.models import Amplified, Choke, ChokePath, Danger, Finding, Latent, Standing, StandingMember, Way
from ciem.paths.published import BATCH, Published, Sets
from ciem.paths.rows import insert
from ciem.paths.witness import Witness, WitnessNode
from graph.analysis import report
from graph.snapshot import canonical

MEMBERS = 20  # names that a row of latent techniques keeps of each side; the counts are whole
EDGES = 200  # hops that a choke point keeps
LISTS = (Amplified, Choke, Danger, Latent, Standing, Way)
_OWNER = "owner"  # the property of a node that says whose it is


def replace_studies(published: Published, sets: Sets) -> None:
    """All lists of this module, anew. The findings of the report must be there already."""
    for model in LISTS:
        model._default_manager.filter(graph=published.graph).delete()
    known = Finding.objects.filter(last_graph=published.graph)
    numbers = {key: (pk, touches) for key, pk, touches in known.values_list("key", "pk", "touches")}
    Way.objects.bulk_create(_ways(published, sets, numbers), BATCH)
    _keep_chokes(published, sets, numbers)
    Danger.objects.bulk_create(_dangers(published, sets), BATCH)
    Latent.objects.bulk_create(_latent(published, sets), BATCH)
    Amplified.objects.bulk_create(_amplified(published, sets), BATCH)
    _keep_standings(published)


_Numbers = Mapping[str, tuple[int, int]]  # finding → its row and its connection set


def plain(node: WitnessNode) -> dict[str, Any]:
    """A node as JSON: `WitnessNode.load` reads it."""
    told: dict[str, Any] = orjson.loads(orjson.dumps(node))
    return told


def _ways(published: Published, sets: Sets, numbers: _Numbers) -> Iterator[Way]:
    for finding, ways in published.report.ways.items():
        if finding in numbers:
            for number, path in enumerate(ways[1:], 2):
                witness = Witness.of(path, published.nodes)
                yield Way(
                    graph=published.graph,
                    touches=sets.of(sets.members(witness.nodes) | published.holders(witness.documents)),
                    finding_id=numbers[finding][0],
                    number=number,
                    path=witness.dump(),
                    factors=dump(path.factors),
                )


def _keep_chokes(published: Published, sets: Sets, numbers: _Numbers) -> None:
    through, word = _Through(published), published.words.chokes()
    rows, inside = list[Choke](), list[Sequence[str]]()
    for number, found in enumerate(published.report.chokes, 1):
        findings = [key for key in through.of(found) if key in numbers]
        row = _choke(published, sets, number, found, {numbers[key][1] for key in findings})
        row.alike = word(found)
        rows.append(row)
        inside.append(findings)
    Choke.objects.bulk_create(rows, BATCH)
    removed = [frozenset(found.removed) for found in published.report.chokes]
    inside_of = zip(rows, inside, removed, strict=True)
    passed = ((row.pk, numbers[key][0], key in gone) for row, findings, gone in inside_of for key in findings)
    insert(ChokePath, ("choke", "finding", "removed"), passed)


class _Through:
    """Which shown paths go through a node or a hop, found once for all choke points."""

    def __init__(self, published: Published) -> None:
        self._by: dict[object, dict[str, None]] = {}
        for path in published.report.paths:
            for at, hop in enumerate(path.hops):
                self._note((hop.source, hop.technique, hop.target), path.finding)
                if at:
                    self._note(hop.source, path.finding)

    def _note(self, place: object, finding: str) -> None:
        self._by.setdefault(place, {})[finding] = None

    def of(self, found: report.Choke) -> Sequence[str]:
        places: Iterable[object] = [found.node] if found.node else found.edges
        return tuple(dict.fromkeys(key for place in places for key in (*self._by.get(place, ()), *found.removed)))


def choke_key(found: report.Choke) -> str:
    """The same in every graph: what is shared, never how much hangs on it."""
    evidence = found.evidence
    place = [evidence.document, evidence.place] if evidence else [list(edge) for edge in found.edges]
    return hashlib.sha256(canonical([found.node, place])).hexdigest()


def _choke(published: Published, sets: Sets, number: int, found: report.Choke, crossed: set[int]) -> Choke:
    node = published.node(found.node) if found.node else None
    evidence = found.evidence
    ends = [published.node(key) for key in ([found.node] if node else _ends(found))]
    own = sets.members(ends) | published.holders([evidence.document] if evidence else [])
    return Choke(
        graph=published.graph,
        touches=sets.of(own),
        whole=sets.of(own | sets.all_of(crossed)),
        key=choke_key(found),
        number=number,
        node=plain(node) if node else None,
        document=evidence.document[:1000] if evidence else "",
        place=evidence.place[:1000] if evidence else "",
        label=evidence.label[:400] if evidence else "",
        edges=[_edge(published, edge) for edge in found.edges[:EDGES]],
        edge_count=len(found.edges),
        owner=_owner(published, found),
        score=found.score,
        weakened=found.weakened,
    )


def _ends(found: report.Choke) -> list[str]:
    return sorted({key for source, _rule, target in found.edges for key in (source, target)})


def _edge(published: Published, edge: tuple[str, str, str]) -> list[Any]:
    source, rule, target = edge
    end = published.node(target)
    return [source, published.node(source).name, rule, target, end.name, end.category, list(end.targets)]


def _owner(published: Published, found: report.Choke) -> str:
    """Whose the node is, or what the statement is about; empty when nothing says so."""
    keys = [found.node] if found.node else sorted({source for source, _rule, _target in found.edges})
    said = {dict(published.nodes[key].properties).get(_OWNER, "") for key in keys if key in published.nodes}
    return ", ".join(sorted(filter(None, said)))[:400]


def _dangers(published: Published, sets: Sets) -> Iterator[Danger]:
    touched = dict(Finding.objects.filter(last_graph=published.graph).values_list("key", "touches"))
    for found in published.report.dangers:
        over = [published.node(key) for key in found.dominators]
        crossed = sets.all_of({touched[key] for key in found.findings if key in touched})
        yield Danger(
            graph=published.graph,
            touches=sets.of(sets.members([*over, published.node(found.target)]) | crossed),
            target_key=found.target,
            harm=found.harm,
            score=found.score.value,
            factors=dump(found.score),
            findings=len(found.findings),
            dominators=[plain(node) for node in over],
        )


def _latent(published: Published, sets: Sets) -> Iterator[Latent]:
    word = published.words.latent()
    for found in published.report.latent:
        identities, targets = (list(map(published.node, keys)) for keys in (found.identities, found.targets))
        yield Latent(
            graph=published.graph,
            touches=sets.touching([*identities, *targets]),
            rule=found.rule,
            identities=[[node.key, node.name] for node in identities[:MEMBERS]],
            identity_count=len(identities),
            targets=[[node.key, node.name, node.category, list(node.targets)] for node in targets[:MEMBERS]],
            target_count=len(targets),
            verdict=found.verdict.value,
            assumed=list(found.assumed),
            alike=word(found),
        )


def _amplified(published: Published, sets: Sets) -> Iterator[Amplified]:
    everybody = sets.of(published.territory.everybody)
    for number, found in enumerate(published.report.amplifications, 1):
        won = [(harm, published.node(key)) for harm, key in found.sensitive[:MEMBERS]]
        yield Amplified(
            graph=published.graph,
            touches=everybody,
            number=number,
            agent=plain(published.node(found.agent)),
            agent_key=found.agent,
            ratio=found.ratio,
            reach=found.reach,
            usual=found.usual,
            callers=found.callers,
            winners=found.winners,
            sensitive=[[harm, node.key, node.name, node.category, list(node.targets)] for harm, node in won],
            sensitive_count=len(found.sensitive),
            flagged=found.flagged,
        )


def _keep_standings(published: Published) -> None:
    rows = [_standing(published, found) for found in published.report.standings]
    Standing.objects.bulk_create(rows, BATCH)
    found = zip(rows, published.report.standings, strict=True)
    insert(StandingMember, ("standing", "node_key"), ((row.pk, key) for row, one in found for key in one.nodes))


def _standing(published: Published, found: report.Standing) -> Standing:
    return Standing(
        graph=published.graph,
        entries=[[kind.value, number] for kind, number in found.entries],
        identities=found.identities,
        becomes=found.becomes,
        harms=found.harms,
        targets=found.targets,
    )
