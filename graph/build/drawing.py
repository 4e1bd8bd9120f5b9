"""What rules find in one part of an estate, written down so that it is small, can travel, and is drawn later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from graph.cloud import Access, Solved, Target, Technique
from graph.model import Node, Strength, Verdict
from graph.policy.bits import members
from graph.policy.relation import ANYTHING, Relation
from graph.snapshot import canonical

OWNER = "account-owner"
SET_PREFIX = "set:"  # no other node's key begins so
Rule = Technique | Target
End = tuple[Verdict, tuple[str, ...], str]  # how surely, what is taken for granted, and the node
Nodes = Mapping[str, Node]


class BuildError(Exception):
    """Snapshots that cannot become a graph, or a cloud that breaks its promise; the message says which."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Edges of one rule that differ in their sources alone. Without ends the sources only widen themselves.
    `removes` names the guard that all of them take away first.

    An end may be a set that holds a source: nobody becomes itself, so readers of sets leave that pair out.
    """

    rule: str
    sources: tuple[str, ...]
    ends: tuple[End, ...]
    gains: tuple[str, ...] = ()
    removes: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What one part contributes to the graph. `sets` are the members of the set nodes that its bundles name."""

    identities: tuple[str, ...]
    bundles: Mapping[str, tuple[Bundle, ...]]
    sets: Mapping[str, tuple[str, ...]]
    latent: Mapping[str, Relation]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A share with the answers that it was drawn from, and the sets that each rule ends in."""

    share: Share
    solved: Mapping[str, Solved]
    ends: Mapping[str, tuple[str, ...]]


def draw(
    access: Access, rules: Iterable[Rule], nodes: Nodes, progress: Callable[[Rule], None], before: Drawn | None = None
) -> Drawn:
    """Every rule asked of one part, and drawn; what answers the very same as before is not drawn anew."""
    pen, bundles, latent = Pen(nodes), dict[str, tuple[Bundle, ...]](), dict[str, Relation]()
    answers, ends = dict[str, Solved](), dict[str, tuple[str, ...]]()
    for rule in rules:
        progress(rule)
        answers[rule.key] = solved = rule.solve(access)
        if before and before.solved.get(rule.key) is solved:
            bundles[rule.key], ends[rule.key] = before.share.bundles[rule.key], before.ends[rule.key]
            pen.sets.update((key, before.share.sets[key]) for key in ends[rule.key])
        else:
            bundles[rule.key] = tuple(pen.draw(rule, solved))
            named = (end for bundle in bundles[rule.key] for _verdict, _assumed, end in bundle.ends)
            ends[rule.key] = tuple(dict.fromkeys(end for end in named if end in pen.sets))
        if solved.latent is not None:
            latent[rule.key] = solved.latent
    return Drawn(Share(access.identities, bundles, pen.sets, latent), answers, ends)


class Pen:
    """Draws answers over the nodes of an estate; equal answers end in one set node."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self.sets: dict[str, tuple[str, ...]] = {}
        self._ends: dict[tuple[str, ...], dict[int, str]] = {}
        self._joined: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}

    def draw(self, rule: Rule, solved: Solved) -> Iterator[Bundle]:
        """The bundles of one rule."""
        for bundle in self._bundles(rule, solved):
            yield replace(bundle, removes=solved.removes) if solved.removes else bundle

    def _bundles(self, rule: Rule, solved: Solved) -> Iterator[Bundle]:
        if isinstance(rule, Technique) and solved.widens is not None:
            yield from self._widening(rule, solved.widens, solved.gains)
        if solved.reaches is not None:
            yield from self._reaching(rule.key, solved.reaches)

    def _reaching(self, rule: str, relation: Relation) -> Iterator[Bundle]:
        """Class by class: its few ends are found once, then given to everybody in it."""
        holders, groups = _holders(relation), self._by_assumption(relation)
        for number, row in enumerate(relation.rows):
            if not holders[number]:
                continue
            ends = [
                (verdict, assumed, self._end(relation.resources, part & mask, rule))
                for verdict, part in row.parts()
                for assumed, mask in groups
                if part & mask
            ]
            for mine, sources in self._alike(relation, holders[number] if ends else ()):
                told = tuple((verdict, self._join(mine, assumed), end) for verdict, assumed, end in ends)
                yield Bundle(rule, sources, told)

    def _widening(self, rule: Technique, relation: Relation, gains: tuple[str, ...]) -> Iterator[Bundle]:
        """Those who only widen themselves get an edge to themselves that says what they gain."""
        found: dict[tuple[Verdict, tuple[str, ...]], list[str]] = {}
        for source, verdict in relation.who(ANYTHING[0]):
            found.setdefault((verdict, self._assumed(relation, source)), []).append(source)
        for (verdict, assumed), sources in found.items():
            yield Bundle(rule.key, tuple(sources), ((verdict, assumed, ""),), gains)

    def _alike(self, relation: Relation, sources: Iterable[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Sources by what is taken for granted of them."""
        found: dict[tuple[str, ...], list[str]] = {}
        for source in sources:
            found.setdefault(self._assumed(relation, source), []).append(source)
        return ((mine, tuple(some)) for mine, some in found.items())

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
        return relation.assumptions.get(self._nodes[key].scope, ()) if key in self._nodes else ()

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
                known(self._nodes, key, rule)
            ends[part] = gathered(inside, self.sets)
        return ends[part]


def gathered(inside: tuple[str, ...], sets: dict[str, tuple[str, ...]]) -> str:
    """One node stays itself; several share the set node that their names, sorted, hash to."""
    if len(inside) == 1:
        return inside[0]
    key = SET_PREFIX + hashlib.sha256(canonical(list(inside))).hexdigest()
    sets.setdefault(key, inside)
    return key


def known(nodes: Nodes, key: str, who: str) -> Node:
    """The node of this key, which a cloud that names it must have."""
    if key not in nodes:
        raise BuildError(f"`{who}` names `{key}`, which is no node of the estate.")
    return nodes[key]


def shape(rule: Rule) -> tuple[Strength, str]:
    """Of all edges of a rule: the strength and the harm."""
    return (Strength.BECOMES, rule.harm) if isinstance(rule, Target) else (rule.strength, "")


def _holders(relation: Relation) -> list[list[str]]:
    """The identities of each class, in order."""
    order = np.argsort(relation.classes, kind="stable")
    cuts = np.cumsum(np.bincount(relation.classes, minlength=len(relation.rows)))[:-1]
    return [[relation.identities[i] for i in part.tolist()] for part in np.split(order, cuts)]
