"""Live connections that are read again by themselves, each at a minute of its own, so that not all start at once."""

from __future__ import annotations

import hashlib
import json

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.actions import require_visible
from ciem.connections.models import Connection

TASK = "ciem.pipeline.scan_due"


class Rhythm(models.TextChoices):
    """How often a connection is read by itself."""

    NEVER = "", "Only when asked"
    OFTEN = "often", "Every 6 hours"
    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every week"


@transaction.atomic
def settle(*, by: User, connection: Connection, rhythm: str) -> None:
    """Read it so often from now on."""
    require(by, Permission.CONNECT)
    require_visible(by, connection)
    if rhythm not in Rhythm.values:
        raise ValidationError("There is no such schedule.")
    fresh = Connection.objects.select_for_update().get(pk=connection.pk)
    if not fresh.is_live:
        raise ValidationError(f"{fresh} is read from files: import one.")
    fresh.rhythm = rhythm
    fresh.save(update_fields=["rhythm"])
    if rhythm == Rhythm.NEVER:
        forget(fresh.pk)
    else:
        when, _ = CrontabSchedule.objects.get_or_create(**moment(fresh.pk, Rhythm(rhythm)))
        given = {"task": TASK, "crontab": when, "args": json.dumps([fresh.pk]), "enabled": True}
        PeriodicTask.objects.update_or_create(name=_name(fresh.pk), defaults=given)
    audit.record(by, "schedule changed", fresh, {"rhythm": rhythm})


def forget(pk: int) -> None:
    """No schedule any more, as of a connection that was removed."""
    for task in PeriodicTask.objects.filter(name=_name(pk)):
        task.delete()  # one by one: beat hears of it by the signal


def moment(pk: int, rhythm: Rhythm) -> dict[str, str]:
    """When it is read, in UTC: always the same for one connection, spread evenly over all of them."""
    number = int.from_bytes(hashlib.sha256(f"connection {pk}".encode()).digest()[:8])
    minute, hour, day = number % 60, number // 60 % 24, number // 1440 % 7
    hours = ",".join(str(hour % 6 + step) for step in range(0, 24, 6)) if rhythm == Rhythm.OFTEN else str(hour)
    days = str(day) if rhythm == Rhythm.WEEKLY else "*"
    return {"minute": str(minute), "hour": hours, "day_of_week": days, "timezone": "UTC"}


def _name(pk: int) -> str:
    return f"scan of connection {pk}"
