"""Findings in groups: by target, by entry or by harm, the group with the highest-ranked finding first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from ciem.core.paging import Page, page_of
from ciem.paths.filters import SORTS, FindingFilter
from ciem.paths.models import Finding
from ciem.web.faces import Face, identity_face, target_face
from ciem.web.rows import PathRow, path_rows
from ciem.web.words import entry, harm

GROUPS_ON_A_PAGE = 20
ROWS_OF_A_GROUP = 4
GROUPINGS = {"target": "Target", "entry": "Entry", "harm": "Harm", "none": "No grouping"}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "target": ("target_key", "target_name", "target_kind", "target_label"),
    "entry": ("entry_key", "entry_name", "entry_kind", "entry_label", "entry_node_kind"),
    "harm": ("harm",),
}


@dataclass(frozen=True, slots=True)
class PathGroup:
    """The best rows of a group and the address of all of them. `title` is empty for a list without groups."""

    title: str
    words: str
    icon: str
    page_href: str
    href: str
    total: int
    rows: tuple[PathRow, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    groups: tuple[PathGroup, ...]
    page: Page[Any]


def grouped(findings: QuerySet[Finding], chosen: FindingFilter, by: str, number: int) -> Grouped:
    """One page of the fitting findings, in at most four queries whatever their number."""
    fitting = chosen.apply(findings)
    if by not in _COLUMNS:
        found = page_of(fitting, number)
        rows = path_rows(found.rows)
        return Grouped((PathGroup("", "", "", "", "", found.total, rows),) if rows else (), found)
    columns = _COLUMNS[by]
    wanted = (
        fitting.order_by().values(*columns).annotate(total=Count("id"), top=Min("rank")).order_by("top", columns[0])
    )
    page: Page[Any] = page_of(wanted, number, GROUPS_ON_A_PAGE)
    best = _best(fitting, columns[0], [group[columns[0]] for group in page.rows], SORTS[chosen.sort])
    return Grouped(tuple(_group(by, group, best[group[columns[0]]], chosen) for group in page.rows), page)


def _best(
    fitting: QuerySet[Finding], column: str, keys: Sequence[str], order: Sequence[str]
) -> dict[str, tuple[PathRow, ...]]:
    """The first rows of each group."""
    place = Window(RowNumber(), partition_by=[F(column)], order_by=list(order))
    found = list(fitting.filter(**{f"{column}__in": keys}).annotate(place=place).filter(place__lte=ROWS_OF_A_GROUP))
    rows: dict[str, list[PathRow]] = defaultdict(list)
    for finding, row in zip(found, path_rows(found), strict=True):
        rows[getattr(finding, column)].append(row)
    return {key: tuple(members) for key, members in rows.items()}


def _group(by: str, group: Mapping[str, Any], rows: tuple[PathRow, ...], chosen: FindingFilter) -> PathGroup:
    head = _head(by, group)
    narrowed = chosen.without(by).with_(by, group[_COLUMNS[by][0]])
    href = f"{reverse('paths')}?{narrowed.address()}&group=none"
    return PathGroup(head.name, head.words, head.icon, head.href, href, group["total"], rows)


def _head(by: str, group: Mapping[str, Any]) -> Face:
    if by == "target":
        return target_face(group["target_key"], group["target_name"], group["target_kind"], group["target_label"])
    if by == "entry":
        words = ", ".join(filter(None, (group["entry_label"], entry(group["entry_kind"]).lower())))
        return identity_face(group["entry_key"], group["entry_name"], words, group["entry_node_kind"])
    return Face(group["harm"], harm(group["harm"]), "", "route", "")
