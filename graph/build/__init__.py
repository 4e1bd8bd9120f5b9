"""Snapshots become one estate graph: read, decided as sets, and written down as nodes and edges with their rules."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from graph.cloud import Access, Cloud, Solved, Target, Technique
from graph.clouds import clouds
from graph.model import (
    Because,
    Category,
    Document,
    Edge,
    EdgeClass,
    Entry,
    Facts,
    Graph,
    Hop,
    Node,
    Problem,
    Proof,
    Strength,
    Verdict,
)
from graph.policy.bits import members
from graph.policy.collector import uncollected
from graph.policy.relation import ANYTHING, Relation
from graph.snapshot import Snapshot, canonical
from graph.targets import WEIGHTS_VERSION

ENGINE_VERSION = "1"  # rises when the same snapshots may give other edges
HAS, OWNER = "has", "account-owner"
SET_PREFIX = "set:"  # no other node's key begins so
Progress = Callable[[int, int, str], None]
Rule = Technique | Target
_ByCloud = Mapping[str, tuple[Cloud, Sequence[Snapshot]]]

# What facts say by themselves, without a decision to replay.
_PLAIN = {
    "MEMBER_OF": "{source} is a member of {target}",
    "RUNS_AS": "{source} runs as {target}",
    OWNER: "whoever owns {source} can become every identity in it, {target} too",
}
_READ_SO = (Because("snapshot", None, "It stands so in the snapshot; there is nothing to decide."),)
_PLAIN_BECAUSE: Mapping[str, tuple[Because, ...]] = {
    OWNER: (Because("account", None, "The owner of an account can reset or replace every identity in it."),),
}


class BuildError(Exception):
    """Snapshots that cannot become a graph, or a cloud that breaks its promise; the message says which."""


@dataclass(frozen=True, eq=False)
class Estate:
    """An estate graph with all that is needed to prove its edges. `latent` is by technique, over node keys."""

    graph: Graph
    facts: Mapping[str, Facts]
    accesses: Mapping[str, Access]
    rules: Mapping[str, tuple[str, Rule]]
    latent: Mapping[str, Relation]
    nodes: Mapping[str, Node]
    _proofs: dict[tuple[str, str, str], Proof] = field(default_factory=dict, repr=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The real places to start, of every cloud, sorted; each once."""
        found = {(e.kind, e.identity): e for facts in self.facts.values() for e in facts.entries}
        return tuple(found[key] for key in sorted(found))

    def prove(self, rule: str, source: str, target: str) -> Proof:
        """Why the pair is related by that rule, replayed by point decisions and kept."""
        asked = (rule, source, target)
        if asked not in self._proofs:
            cloud, known = self.rules[rule]
            self._proofs[asked] = known.prove(self.accesses[cloud], source, target)
        return self._proofs[asked]

    def hop(self, edge: Edge) -> Hop:
        """An edge between two real nodes (no set) as a step of a path, with its proof and its sentence."""
        if edge.rule in self.rules:
            proof, template = self.prove(edge.rule, edge.source, edge.target), self.rules[edge.rule][1].sentence
        else:
            template = _PLAIN.get(edge.rule) or _PLAIN[edge.edge_class]
            proof = Proof(edge.verdict, assumed=edge.assumed, because=_PLAIN_BECAUSE.get(edge.rule, _READ_SO))
        via = self.name(proof.via) if proof.via else "a host"
        sentence = template.format(source=self.name(edge.source), target=self.name(edge.target), via=via)
        return Hop(edge.source, edge.target, edge.rule, edge.strength, edge.verdict, proof, sentence)

    def name(self, key: str) -> str:
        """The words for a node; its key when it has none."""
        return self.nodes[key].name or key if key in self.nodes else key

    def document(self, name: str) -> Document | None:
        """The document that evidence names."""
        found = (access.document(name) for access in self.accesses.values())
        return next((document for document in found if document), None)


def build(snapshots: Sequence[Snapshot], progress: Progress = lambda _done, _total, _words: None) -> Estate:
    """Exactly one estate graph of these snapshots, whatever their order.

    Raises BuildError when a snapshot is of a cloud that is not there.
    """
    with uncollected():
        return _build(_by_cloud(snapshots), progress)


def _build(by_cloud: _ByCloud, progress: Progress) -> Estate:
    read = {key: known.read(some) for key, (known, some) in by_cloud.items()}
    nodes = _merge_nodes(read.values())
    facts = {key: _without_loose_ends(some, nodes) for key, some in read.items()}
    accesses = {key: known.access(facts[key]) for key, (known, _some) in by_cloud.items()}
    sketch = _Sketch(nodes)
    rules = _rules(known for known, _some in by_cloud.values())
    latent: dict[str, Relation] = {}
    for done, (key, rule) in enumerate(rules.values()):
        progress(done, len(rules), f"deciding {rule.title}")
        solved = rule.solve(accesses[key])
        sketch.add(rule, solved)
        if solved.latent is not None:
            latent[rule.key] = solved.latent
    progress(len(rules), len(rules), "drawing the graph")
    sketch.own(accesses)
    sketch.edges += {edge for f in facts.values() for edge in f.edges}
    ids = tuple(sorted(snap.id for _known, some in by_cloud.values() for snap in some))
    graph = Graph(_graph_id(ids, by_cloud), ids, sketch.sorted_nodes(), sketch.sorted_edges())
    return Estate(graph, facts, accesses, rules, latent, nodes)


def _by_cloud(snapshots: Sequence[Snapshot]) -> _ByCloud:
    """Snapshots by cloud, each once, in the order of their ids."""
    known, found = clouds(), {snap.id: snap for snap in snapshots}
    missing = sorted({snap.cloud for snap in snapshots} - known.keys())
    if missing:
        raise BuildError(f"No cloud `{missing[0]}` is installed; there are: {', '.join(known)}.")
    ordered = [found[key] for key in sorted(found)]
    return {
        key: (cloud, mine) for key, cloud in known.items() if (mine := [snap for snap in ordered if snap.cloud == key])
    }


def _rules(known: Iterable[Cloud]) -> dict[str, tuple[str, Rule]]:
    """Every technique and harm by key, with the key of its cloud."""
    found: dict[str, tuple[str, Rule]] = {}
    for cloud in known:
        found.update({technique.key: (cloud.key, technique) for technique in cloud.techniques})
        found.update({target.key: (cloud.key, target) for target in cloud.targets})
    return found


def _graph_id(ids: tuple[str, ...], by_cloud: _ByCloud) -> str:
    """The snapshots and whatever else could change the answer."""
    data = sorted({version for cloud, _snapshots in by_cloud.values() for version in cloud.data_versions})
    whole = [list(ids), ENGINE_VERSION, [list(version) for version in data], WEIGHTS_VERSION]
    return hashlib.sha256(canonical(whole)).hexdigest()


def _merge_nodes(facts: Iterable[Facts]) -> dict[str, Node]:
    """Nodes by key. Clouds share those that no cloud owns (anonymous): the first cloud's is kept."""
    merged: dict[str, Node] = {}
    for some in facts:
        for node in some.nodes:
            if node.key.startswith(SET_PREFIX):
                raise BuildError(
                    f"`{some.cloud}` has a node `{node.key}`: keys that begin with `{SET_PREFIX}` are taken."
                )
            merged.setdefault(node.key, node)
    return merged


def _without_loose_ends(facts: Facts, nodes: Mapping[str, Node]) -> Facts:
    """Edges and entries that name what nobody has read, such as a deleted user, are left out and told as problems."""
    torn = {
        edge: (edge.target, edge.source) if edge.source in nodes else (edge.source, edge.target)
        for edge in facts.edges
        if edge.source not in nodes or edge.target not in nodes
    }
    lost = {entry for entry in facts.entries if entry.identity not in nodes}
    if not torn and not lost:
        return facts
    told = {*torn.values(), *((entry.identity, "") for entry in lost)}  # what is missing, and who names it
    return replace(
        facts,
        edges=tuple(edge for edge in facts.edges if edge not in torn),
        entries=tuple(entry for entry in facts.entries if entry not in lost),
        problems=(*facts.problems, *(_loose_end(key, nodes.get(at)) for key, at in sorted(told))),
    )


def _loose_end(key: str, near: Node | None) -> Problem:
    """`near` is the node that names it, if that one is there."""
    remedy = "Collect again: it may have been deleted between two calls, or it may not have been read."
    what = f"`{key}` is named and was not read; what leads there was left out"
    return Problem("", near.key if near else key, what, remedy, near.scope if near else "")


class _Sketch:
    """The graph while it is drawn: edges, and one set node for each distinct answer."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes
        self.edges: list[Edge] = []
        self._sets: dict[str, tuple[str, ...]] = {}
        self._ends: dict[tuple[str, ...], dict[int, str]] = {}
        self._joined: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}

    def add(self, rule: Rule, solved: Solved) -> None:
        """Draw what a rule found."""
        if isinstance(rule, Target):
            shape = (EdgeClass.GRANTS, rule.key, Strength.BECOMES, rule.harm)
        else:
            shape = (EdgeClass.CAN_BECOME, rule.key, rule.strength, "")
            self._widen(rule, solved)
        if solved.reaches is not None:
            self._relate(solved.reaches, *shape)

    def _relate(self, relation: Relation, edge_class: EdgeClass, rule: str, strength: Strength, harm: str) -> None:
        """Class by class: its few ends are found once, then given to everybody in it.

        An end may be a set that holds the source: nobody becomes itself, so readers of sets leave that pair out.
        """
        holders = _holders(relation)
        groups = self._by_assumption(relation)
        for number, row in enumerate(relation.rows):
            ends = [
                (verdict, assumed, self._end(relation.resources, part & mask, rule))
                for verdict, part in row.parts()
                for assumed, mask in groups
                if part & mask
            ]
            for source in holders[number] if ends else ():
                mine = self._assumed(relation, source)
                for verdict, assumed, end in ends:
                    if end != source:
                        both = self._join(mine, assumed)
                        self.edges.append(Edge(source, end, edge_class, rule, verdict, strength, harm, both))

    def _widen(self, rule: Technique, solved: Solved) -> None:
        """Those who only widen themselves get an edge to themselves that says what they gain."""
        if solved.widens is None:
            return
        for source, verdict in solved.widens.who(ANYTHING[0]):
            assumed = self._assumed(solved.widens, source)
            shape = (EdgeClass.CAN_BECOME, rule.key, verdict, rule.strength, "", assumed, solved.gains)
            self.edges.append(Edge(source, source, *shape))

    def own(self, accesses: Mapping[str, Access]) -> None:
        """An account node becomes every identity of its scope that can act."""
        owned: dict[tuple[str, str], list[str]] = {}
        for access in accesses.values():
            for key in access.identities:
                node = self._node(key, "access")
                if node.category is Category.IDENTITY:
                    owned.setdefault((node.cloud, node.scope), []).append(key)
        for key, node in self.nodes.items():
            mine = owned.get((node.cloud, node.scope)) if node.category is Category.ACCOUNT else None
            if mine:
                self.edges.append(
                    Edge(key, self._gather(tuple(sorted(mine))), EdgeClass.CAN_BECOME, OWNER, Verdict.ALLOWED)
                )

    def _by_assumption(self, relation: Relation) -> list[tuple[tuple[str, ...], int]]:
        """The universe cut by what is assumed of each resource's scope; nearly always in one piece."""
        if not relation.assumptions:
            return [((), -1)]
        masks: dict[tuple[str, ...], int] = {}
        for at, key in enumerate(relation.resources):
            assumed = self._assumed(relation, key)
            masks[assumed] = masks.get(assumed, 0) | 1 << at
        return sorted(masks.items())

    def _assumed(self, relation: Relation, key: str) -> tuple[str, ...]:
        return relation.assumptions.get(self.nodes[key].scope, ()) if key in self.nodes else ()

    def _join(self, a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
        if (a, b) not in self._joined:
            self._joined[a, b] = tuple(sorted({*a, *b}))
        return self._joined[a, b]

    def _end(self, universe: tuple[str, ...], part: int, rule: str) -> str:
        """The node of one resource, the set node of several."""
        ends = self._ends.setdefault(universe, {})
        if part not in ends:
            inside = tuple(universe[at] for at in members(part))
            for key in inside:
                self._node(key, rule)
            ends[part] = self._gather(inside)
        return ends[part]

    def _gather(self, inside: tuple[str, ...]) -> str:
        """One node stays itself; several share the set node that their names, sorted, hash to."""
        if len(inside) == 1:
            return inside[0]
        key = SET_PREFIX + hashlib.sha256(canonical(list(inside))).hexdigest()
        self._sets.setdefault(key, inside)
        return key

    def _node(self, key: str, who: str) -> Node:
        if key not in self.nodes:
            raise BuildError(f"`{who}` names `{key}`, which is no node of the estate.")
        return self.nodes[key]

    def sorted_nodes(self) -> tuple[Node, ...]:
        """The estate's nodes and the sets between them."""
        sets = (
            Node(key, "set", f"{len(inside)} nodes", "", "", Category.SET, "Set") for key, inside in self._sets.items()
        )
        return tuple(sorted(chain(self.nodes.values(), sets), key=lambda node: node.key))

    def sorted_edges(self) -> tuple[Edge, ...]:
        """All edges. Those from sets to their members, by far the most, come sorted and are put in as one block."""
        has = (
            Edge(key, member, EdgeClass.HAS, HAS, Verdict.ALLOWED)
            for key, inside in sorted(self._sets.items())
            for member in inside
        )
        others = sorted(self.edges, key=_by_fields)
        cut = bisect_left(others, SET_PREFIX, key=lambda edge: edge.source)
        return tuple(chain(others[:cut], has, others[cut:]))


def _holders(relation: Relation) -> list[list[str]]:
    """The identities of each class, in order."""
    order = np.argsort(relation.classes, kind="stable")
    cuts = np.cumsum(np.bincount(relation.classes, minlength=len(relation.rows)))[:-1]
    return [[relation.identities[i] for i in part.tolist()] for part in np.split(order, cuts)]


def _by_fields(edge: Edge) -> tuple[str, ...]:
    return (edge.source, edge.target, edge.edge_class, edge.rule, edge.verdict, *edge.assumed)
