"""Rows that are alike but for the scope are one line of a list: its first speaks for all, and numbers count all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.db.models import Count, Min, QuerySet

from ciem.paths.models import Finding, Folding

F = TypeVar("F", bound=Folding)


def firsts(rows: QuerySet[F]) -> QuerySet[F]:
    """Of rows that are alike only the first: by rank, or in the order in which they were written."""
    by = "rank" if rows.model is Finding else "pk"
    first = rows.order_by().values("alike").annotate(first=Min(by)).values("first")
    return rows.filter(**{f"{by}__in": first})


def tell(rows: QuerySet[F], shown: Iterable[F]) -> None:
    """Have those shown know how many others they stand for."""
    shown = tuple(shown)
    counts = others(rows, shown)
    for row in shown:
        row.others = counts.get(row.alike, 0)


def others(rows: QuerySet[F], shown: Iterable[F]) -> Mapping[str, int]:
    """By their word: how many more rows there are that are alike to those shown."""
    words = {row.alike for row in shown}
    counts = rows.order_by().filter(alike__in=words).values_list("alike").annotate(number=Count("pk"))
    return {word: number - 1 for word, number in counts if number > 1}
