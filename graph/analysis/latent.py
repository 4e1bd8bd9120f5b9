"""Techniques that only lack something to work on: what would be reached if it were there, by classes of identities."""

from __future__ import annotations

from collections.abc import Iterator

from graph.analysis.report import Latent
from graph.build import Estate
from graph.policy.relation import Relation


def latent(estate: Estate) -> Iterator[Latent]:
    """Rows in the order of the techniques, then of the classes' first identities, the surest first."""
    found: dict[str, list[Latent]] = {}
    for rule, relation in estate.latents():
        rows = (row for cut in _by_scope(estate, relation).items() for row in _rows(rule, relation, *cut))
        found.setdefault(rule, []).extend(rows)
    for rule in sorted(found):
        yield from sorted(found[rule], key=lambda row: (row.identities, row.targets))


def _by_scope(estate: Estate, relation: Relation) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """Identities with their classes, those of one scope together: what was never asked for is told of scopes."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for key, number in zip(relation.identities, relation.classes.tolist(), strict=True):
        if relation.rows[number]:
            node = estate.nodes[key]
            found.setdefault((node.cloud, node.scope), []).append((number, key))
    return found


def _rows(rule: str, relation: Relation, place: tuple[str, str], inside: list[tuple[int, str]]) -> Iterator[Latent]:
    classes: dict[int, list[str]] = {}
    for number, key in inside:
        classes.setdefault(number, []).append(key)
    for number, verdict, targets in relation.sets():
        alike = classes.get(number, [])
        if alike and (len(alike) > 1 or targets != tuple(alike)):
            yield Latent(rule, tuple(alike), targets, verdict, relation.assumptions.get(place[1], ()))
