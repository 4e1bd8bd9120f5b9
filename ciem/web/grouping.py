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
from ciem.paths.folding import firsts, others
from ciem.paths.models import Finding
from ciem.web.faces import Face, identity_face, target_face
from ciem.web.rows import PathRow, path_rows
from ciem.web.words import entry, harm

GROUPS_ON_A_PAGE = 20
ROWS_OF_A_GROUP = 4
GROUPINGS = {"target": "Target", "entry": "Entry", "harm": "Harm", "none": "No grouping"}
_COLUMNS = {"target": "target_alike", "entry": "entry_alike", "harm": "harm"}
_ENDS = {"target": ("key", "name", "kind", "label"), "entry": ("key", "name", "kind", "label", "node_kind")}
_ALIKE = {"target": "targets", "entry": "entries"}  # the word by which the list shows those of ends that are alike


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
    """One page of the fitting findings, in at most five queries whatever their number."""
    fitting = chosen.apply(findings)
    lines = firsts(fitting) if chosen.folds else fitting
    if by not in _COLUMNS:
        found = page_of(lines, number)
        rows = path_rows(found.rows, others(fitting, found.rows) if chosen.folds else {})
        return Grouped((PathGroup("", "", "", "", "", found.total, rows),) if rows else (), found)
    column = _COLUMNS[by]
    page: Page[Any] = page_of(_groups(fitting, by), number, GROUPS_ON_A_PAGE)
    best = _best(lines, column, [group[column] for group in page.rows], SORTS[chosen.sort])
    more = others(fitting, (one for some in best.values() for one in some)) if chosen.folds else {}
    return Grouped(tuple(_group(by, group, path_rows(best[group[column]], more), chosen) for group in page.rows), page)


def _groups(fitting: QuerySet[Finding], by: str) -> QuerySet[Any, Any]:
    """Each group with how many paths it has, and of ends that are alike with how many there are and where."""
    column = _COLUMNS[by]
    ends: dict[str, Any] = {f"its_{part}": Min(f"{by}_{part}") for part in _ENDS.get(by, ())}
    if ends:
        ends |= {"many": Count(f"{by}_key", distinct=True), "scopes": Count(f"{by}_scope", distinct=True)}
    groups: QuerySet[Any, Any] = fitting.order_by().values(column).annotate(total=Count("id"), top=Min("rank"), **ends)
    return groups.order_by("top", column)


def _best(lines: QuerySet[Finding], column: str, keys: Sequence[str], order: Sequence[str]) -> dict[str, list[Finding]]:
    """The first lines of each group."""
    place = Window(RowNumber(), partition_by=[F(column)], order_by=list(order))
    rows: dict[str, list[Finding]] = defaultdict(list)
    for finding in lines.filter(**{f"{column}__in": keys}).annotate(place=place).filter(place__lte=ROWS_OF_A_GROUP):
        rows[getattr(finding, column)].append(finding)
    return rows


def _group(by: str, group: Mapping[str, Any], rows: tuple[PathRow, ...], chosen: FindingFilter) -> PathGroup:
    head, many = _head(by, group), group.get("many", 1)
    word, value = (
        (by, group["its_key"] if by in _ENDS else group[by]) if many == 1 else (_ALIKE[by], group[_COLUMNS[by]])
    )
    href = f"{reverse('paths')}?{chosen.without(word).with_(word, value).address()}&group=none"
    if many > 1:
        words = f"{head.words} · {many:,} of them, alike{_places(group['scopes'])}"
        return PathGroup(head.name, words, head.icon, href, href, group["total"], rows)
    return PathGroup(head.name, head.words, head.icon, head.href, href, group["total"], rows)


def _places(number: int) -> str:
    """Where they are; nothing where an earlier import did not note it."""
    return f" in {number:,} accounts" if number > 1 else ""


def _head(by: str, group: Mapping[str, Any]) -> Face:
    if by == "harm":
        return Face(group["harm"], harm(group["harm"]), "", "route", "")
    key, name, kind, label = (group[f"its_{part}"] for part in ("key", "name", "kind", "label"))
    if by == "target":
        return target_face(key, name, kind, label)
    words = ", ".join(filter(None, (label, entry(kind).lower())))
    return identity_face(key, name, words, group["its_node_kind"])
