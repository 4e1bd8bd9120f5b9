"""What is the same in many scopes, such as one role in two hundred accounts: shown once and counted.

Nodes are alike by cloud, kind and name, wherever at least two scopes have one. Rows are alike if they say the same of
nodes that are alike, and those lie to each other as they do in the other row: within one scope, or across two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graph.analysis.ranking import Way
from graph.analysis.report import Administrator, Breach, Latent
from graph.model import Category, Node, Path
from graph.node_facts import COMMON_NAME
from graph.snapshot import canonical

ANY_SCOPE = "*"  # stands in a name for the scope that it spells out
_SCOPES = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Alike:
    """Nodes that are the same but for the scope. `key` names them, and stays the same as members come and go."""

    key: str
    cloud: str
    kind: str
    name: str
    members: tuple[str, ...]
    scopes: int


def alike(nodes: Iterable[Node]) -> Mapping[str, Alike]:
    """By node, those it is alike to, itself included; what is in one scope only is left out."""
    found: dict[tuple[str, str, str], list[Node]] = {}
    for node in nodes:
        if node.scope and node.category not in (Category.SET, Category.ACCOUNT):
            found.setdefault((node.cloud, node.kind, common_name(node)), []).append(node)
    return {key: one for same, some in sorted(found.items()) for one in _several(same, some) for key in one.members}


def common_name(node: Node) -> str:
    """A node's name as it is in every scope: without the scope, if the name spells it out."""
    named = dict(node.properties).get(COMMON_NAME, node.name)
    return named.replace(node.scope, ANY_SCOPE) if node.scope else named


def _several(same: tuple[str, str, str], nodes: Sequence[Node]) -> Iterator[Alike]:
    scopes = len({node.scope for node in nodes})
    if scopes >= _SCOPES:
        name = hashlib.sha256(canonical(same)).hexdigest()
        yield Alike(name, *same, tuple(sorted(node.key for node in nodes)), scopes)


@dataclass(frozen=True, eq=False)
class Likeness:
    """What rows have in common, judged by the nodes they name."""

    nodes: Mapping[str, Node]
    groups: Mapping[str, Alike]

    def of(self, names: Iterable[str]) -> Hashable:
        """Equal for names of nodes that are alike one by one and lie alike in their scopes.

        An account stands for the scope it is, so that to own one's own account is the same in each.
        """
        places: dict[tuple[str, str], int] = {}
        return tuple(self._one(name, places) for name in names)

    def _one(self, name: str, places: dict[tuple[str, str], int]) -> Hashable:
        node, group = self.nodes.get(name), self.groups.get(name)
        if node is None or not node.scope:
            return name
        place = places.setdefault((node.cloud, node.scope), len(places))
        return (node.kind if node.category is Category.ACCOUNT else group.key if group else name), place


def likeness(nodes: Mapping[str, Node]) -> Likeness:
    return Likeness(nodes, alike(nodes.values()))


def folded(
    rows: Iterable[T], said: Callable[[T], Hashable], names: Callable[[T], Iterable[str]], same: Likeness
) -> tuple[tuple[T, ...], ...]:
    """Rows that say the same of what is alike, together, in the order of their first, which speaks for all."""
    found: dict[Hashable, list[T]] = {}
    for row in rows:
        found.setdefault((said(row), same.of(names(row))), []).append(row)
    return tuple(map(tuple, found.values()))


# ----- rows of an analysis


def same_ways(ways: Iterable[Way], same: Likeness) -> tuple[tuple[Way, ...], ...]:
    """Ways by the same steps from alike starts to the same harm to alike targets."""

    def said(way: Way) -> Hashable:
        return way.entry.kind, way.harm, tuple((edge.rule, edge.verdict, edge.removes) for edge in way.edges)

    def names(way: Way) -> Iterable[str]:
        return way.entry.identity, *(end for edge in way.edges for end in (edge.source, edge.target)), way.target

    return folded(ways, said, names, same)


def same_paths(paths: Iterable[Path], same: Likeness) -> tuple[tuple[Path, ...], ...]:
    """As of ways, once they are proved."""

    def said(path: Path) -> Hashable:
        steps = tuple((hop.technique, hop.verdict, hop.proof.removes) for hop in path.hops)
        return path.entry.kind, path.harm, steps

    def names(path: Path) -> Iterable[str]:
        return path.entry.identity, *(end for hop in path.hops for end in (hop.source, hop.target)), path.target

    return folded(paths, said, names, same)


def same_administrators(rows: Iterable[Administrator], same: Likeness) -> tuple[tuple[Administrator, ...], ...]:
    return folded(rows, lambda row: (row.verdict, row.rule, row.entries), lambda row: (row.identity, row.account), same)


def same_breaches(rows: Iterable[Breach], same: Likeness) -> tuple[tuple[Breach, ...], ...]:
    def said(row: Breach) -> Hashable:
        return row.harm, row.verdict, row.hops, len(row.identities)

    return folded(rows, said, lambda row: (*row.identities, *row.targets), same)


def same_latent(rows: Iterable[Latent], same: Likeness) -> tuple[tuple[Latent, ...], ...]:
    def said(row: Latent) -> Hashable:
        return row.rule, row.verdict, row.assumed, len(row.identities)

    return folded(rows, said, lambda row: (*row.identities, *row.targets), same)


def counted(names: Iterable[str], same: Likeness) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names of one row, those that are alike together: what they are called, and which they are."""
    found: dict[tuple[bool, str], list[str]] = {}
    for name in names:
        group = same.groups.get(name)
        found.setdefault((group is not None, group.key if group else name), []).append(name)
    return tuple((_called(some, same), tuple(some)) for some in found.values())


def _called(names: Sequence[str], same: Likeness) -> str:
    return names[0] if len(names) == 1 else same.groups[names[0]].name
