"""What stores share about edges: which of them a question is about, and edges whose ends are real nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.model import Edge, EdgeClass
from graph.store import Only

CLASSES = tuple(cls for cls in EdgeClass if cls is not EdgeClass.HAS)
_TESTS = {"verdicts": "e.verdict", "strengths": "e.strength", "rules": "e.rule", "harms": "e.harm"}


def types(classes: Iterable[EdgeClass]) -> str:
    """Relationship types for a pattern; HAS is how sets are held, never an answer."""
    return "|".join(sorted({*classes} - {EdgeClass.HAS})) or "|".join(CLASSES)


def chosen(only: Only) -> tuple[str, Mapping[str, Any]]:
    """The WHERE that keeps those edges, in words of both stores, and its parameters."""
    given = {name: [str(one) for one in getattr(only, name)] for name in _TESTS if getattr(only, name)}
    return " AND ".join(["true", *(f"{_TESTS[name]} IN ${name}" for name in given)]), given


def between(edge: Edge, source: str, target: str) -> Edge:
    """The edge with other ends."""
    rest = (edge.strength, edge.harm, edge.assumed, edge.gains, edge.removes)
    return Edge(source, target, edge.edge_class, edge.rule, edge.verdict, *rest)


def order(end: tuple[str, Edge]) -> tuple[object, ...]:
    """How neighbours follow each other: by key, then by all that the edge says."""
    key, edge = end
    said = (edge.edge_class, edge.rule, edge.verdict, edge.harm, edge.strength, edge.assumed, edge.gains, edge.removes)
    return key, *said
