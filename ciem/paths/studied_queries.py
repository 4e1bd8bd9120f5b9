"""What the pages about choke points, exposure, dominators and latent techniques read. All starts from `visible_to`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404

from ciem.accounts.models import User
from ciem.connections.models import Connection, ConnectionSet
from ciem.paths.filters import LIVE
from ciem.paths.models import Amplified, Choke, ChokePath, Danger, Finding, Latent, PolicyDocument, Standing
from ciem.scans.models import EstateGraph
from ciem.scans.queries import current_graph


@dataclass(frozen=True, slots=True)
class ChokePoint:
    """A choke point as far as its reader may see it.

    `through` and `removed` count the live paths that the reader sees; `score` is what the scores would sum up to less.
    Unless `is_whole`, more paths hang on it than the reader sees, and the score is that of the removed ones alone.
    """

    choke: Choke
    through: int
    removed: int
    score: float
    is_whole: bool


def choke_points(user: User) -> tuple[ChokePoint, ...]:
    """All of the current graph that the user sees, the one whose removal takes most away first; they are few."""
    rows = Choke.objects.visible_to(user).filter(graph=current_graph())
    return tuple(sorted(_weighed(user, rows), key=lambda one: (-one.score, -one.removed, one.choke.number)))


def _weighed(user: User, rows: QuerySet[Choke]) -> Iterable[ChokePoint]:
    live = Finding.objects.visible_to(user).filter(state__in=LIVE)
    told = ChokePath.objects.filter(choke__in=rows, finding__in=live).order_by()
    sums = told.values("choke").annotate(
        through=Count("id"),
        gone=Count("id", filter=Q(removed=True)),
        score=Sum("finding__score", filter=Q(removed=True)),
    )
    known = {one["choke"]: one for one in sums}
    sets = ConnectionSet.objects.visible_to(user).filter(pk__in=rows.values("whole"))
    whole = set(sets.values_list("pk", flat=True))
    for row in rows:
        one: Mapping[str, Any] = known.get(row.pk, {})
        is_whole = row.whole_id in whole
        score = row.score if is_whole else one.get("score") or 0.0
        yield ChokePoint(row, one.get("through", 0), one.get("gone", 0), score, is_whole)


@dataclass(frozen=True, slots=True)
class ChokePage:
    """One choke point with the document it stands in."""

    point: ChokePoint
    document: PolicyDocument | None


def choke_page(user: User, key: str) -> ChokePage:
    """A choke point of the current graph, or 404 when it is unknown or foreign."""
    rows = Choke.objects.visible_to(user).filter(graph=current_graph(), key=key)
    row = get_object_or_404(rows)
    document = PolicyDocument.objects.filter(graph=row.graph_id, name=row.document).first() if row.document else None
    return ChokePage(next(iter(_weighed(user, rows))), document)


def chokes_on(user: User, finding: Finding) -> tuple[ChokePoint, ...]:
    """The choke points on the shown path of a finding."""
    rows = Choke.objects.visible_to(user).filter(graph=finding.last_graph_id, paths__finding=finding)
    return tuple(sorted(_weighed(user, rows), key=lambda one: (-one.score, one.choke.number)))


def chokes_at(user: User, key: str) -> tuple[ChokePoint, ...]:
    """The choke point that a node is, if it is one."""
    rows = Choke.objects.visible_to(user).filter(graph=current_graph(), node__key=key)
    return tuple(_weighed(user, rows))


def dangers_of(user: User, target: str) -> QuerySet[Danger]:
    """Each harm to a target of the current graph, with the nodes that nobody gets around."""
    return Danger.objects.visible_to(user).filter(graph=current_graph(), target_key=target)


def standing_of(graph: EstateGraph, key: str) -> Standing | None:
    """Exposure and impact of a node; None where it neither is reached nor reaches anything.

    Ask `sees_all_of` first: the numbers are over the whole estate.
    """
    return Standing.objects.filter(graph=graph, members__node_key=key).first()


def sees_all_of(user: User, graph: EstateGraph) -> bool:
    """Whether numbers over the whole estate are this user's to see."""
    if user.is_active and user.sees_everything:
        return True
    hidden = Connection.objects.exclude(pk__in=Connection.objects.visible_to(user).values("pk"))
    return not hidden.filter(snapshots__graphs=graph).exists()


def entries_passing(user: User, key: str) -> Mapping[str, int]:
    """From how many places where an attacker starts the shown paths reach a node, by the kind of start."""
    live = Finding.objects.visible_to(user).filter(state__in=LIVE, passed__node_key=key).exclude(entry_key=key)
    rows = live.order_by("entry_kind").values_list("entry_kind").annotate(number=Count("entry_key", distinct=True))
    return dict(rows)


def amplified(user: User) -> QuerySet[Amplified]:
    """Agents of the current graph with how much they amplify, those that are flagged first."""
    return Amplified.objects.visible_to(user).filter(graph=current_graph())


def latent(user: User, rule: str = "") -> QuerySet[Latent]:
    """What would work as soon as something were there to do it with, in the current graph."""
    rows = Latent.objects.visible_to(user).filter(graph=current_graph())
    return rows.filter(rule=rule) if rule else rows


def latent_rules(user: User) -> tuple[tuple[str, int], ...]:
    """The techniques that lack something, with the number of rows of each."""
    rows = latent(user).order_by("rule").values_list("rule").annotate(number=Count("id"))
    return tuple(rows)
