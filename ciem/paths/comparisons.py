"""Which estate graphs can be compared, what a comparison found, and the wish for one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.paths.models import Comparison, Difference
from ciem.scans import queue
from ciem.scans.models import EstateGraph, State

_LISTED = 50


def graphs(user: User) -> tuple[EstateGraph, ...]:
    """The graphs that were published with something this user may see in them, newest first."""
    seen = EstateGraph.objects.exclude(published_at=None)
    if not (user.is_active and user.sees_everything):
        seen = seen.filter(snapshots__connection__grants__user=user).distinct()
    return tuple(seen.order_by("-published_at", "-id")[:_LISTED])


def comparison_of(old: EstateGraph, new: EstateGraph) -> Comparison | None:
    return Comparison.objects.filter(old=old, new=new).first()


def differences(user: User, comparison: Comparison) -> QuerySet[Difference]:
    return Difference.objects.visible_to(user).filter(comparison=comparison)


def counts(rows: QuerySet[Difference]) -> dict[str, int]:
    """How many rows of each turn."""
    return dict(rows.order_by("turn").values_list("turn").annotate(number=Count("id")))


@transaction.atomic
def ask(*, by: User, old: EstateGraph, new: EstateGraph) -> Comparison:
    """Have two graphs compared; what was compared before is there already."""
    require(by, Permission.ASK)
    if old.pk == new.pk:
        raise ValidationError("Choose two graphs that are not the same.")
    comparison, is_new = Comparison.objects.get_or_create(old=old, new=new)
    if not is_new and comparison.state in {State.FAILED, State.CANCELLED}:
        comparison.state, comparison.tries, comparison.error, comparison.sent_at = State.QUEUED, 0, "", None
        comparison.save(update_fields=["state", "tries", "error", "sent_at"])
    if is_new:
        audit.record(by, "comparison asked", comparison)
    if comparison.state == State.QUEUED:
        queue.send_on_commit(queue.RUN_COMPARISON, comparison)
    return comparison
