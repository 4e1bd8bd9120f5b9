"""What stores share about edges: which of them a question is about, and edges whose ends are real nodes."""

from __future__ import annotations

from collections.abc import Iterable

from graph.model import Edge, EdgeClass

CLASSES = tuple(cls for cls in EdgeClass if cls is not EdgeClass.HAS)


def types(classes: Iterable[EdgeClass]) -> str:
    """Relationship types for a pattern; HAS is how sets are held, never an answer."""
    return "|".join(sorted({*classes} - {EdgeClass.HAS})) or "|".join(CLASSES)


def between(edge: Edge, source: str, target: str) -> Edge:
    """The edge with other ends."""
    rest = (edge.strength, edge.harm, edge.assumed, edge.gains, edge.removes)
    return Edge(source, target, edge.edge_class, edge.rule, edge.verdict, *rest)
