"""All that is read about use: what agents work with, what reaches them from outside, services that come for anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from graph.clouds.aws.read.agents import agent_edges
from graph.clouds.aws.read.prompts import deputies, prompts
from graph.clouds.aws.read.reading import Mark, Reading, Thing
from graph.model import Edge, Entry, Node, Proof


@dataclass
class Using:
    """Starts that are nobody's identity, each with its node, and edges of use, each with what is open about it."""

    nodes: dict[str, Node] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    edges: dict[Edge, Proof] = field(default_factory=dict)

    def reasons(self, edges: Iterable[Edge]) -> dict[tuple[str, str, str], Proof]:
        """Of these edges, why those are there that are told of here."""
        return {(edge.source, edge.rule, edge.target): self.edges[edge] for edge in edges if edge in self.edges}


def using(reading: Reading, things: Sequence[Thing], marks: Iterable[Mark]) -> Using:
    found = Using(edges=agent_edges(reading, things))
    for one in chain(prompts(reading, things), deputies(things, marks)):
        if isinstance(one, Node):
            found.nodes.setdefault(one.key, one)
        elif isinstance(one, Entry):
            found.entries.append(one)
        else:
            found.edges.setdefault(*one)
    return found
