"""Connections, the grants on them, and sets of connections that rows share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models, transaction

from ciem.accounts.models import User
from graph.clouds import clouds


def cloud_choices() -> list[tuple[str, str]]:
    """A callable, so that a new cloud never needs a migration."""
    return [(cloud.key, cloud.label) for cloud in clouds().values()]


class Kind(models.TextChoices):
    """How a connection is read."""

    FILES = "files", "Files"
    LIVE = "live", "Live"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, user: User) -> Self:
        """Those this user may know of. Everything else on the site follows from this one rule."""
        if not user.is_active:
            return self.none()
        return self if user.sees_everything else self.filter(grants__user=user)


class Connection(models.Model):
    """One cloud scope with the means to read it. Scope, and cloud of files, stay empty until something was read.

    Of a live one, `given` is what was typed to connect and may be shown, `sealed` what may not.
    """

    name = models.CharField(max_length=100, unique=True)
    cloud = models.CharField(max_length=40, choices=cloud_choices, blank=True)
    scope = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FILES)
    given = models.JSONField(default=dict, blank=True)
    sealed = models.TextField(blank=True, default="", db_default="")
    rhythm = models.CharField(max_length=20, blank=True, default="", db_default="")  # see `ciem.scans.schedules`
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[ConnectionQuerySet] = ConnectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("cloud", "scope"), condition=~models.Q(scope=""), name="one_connection_per_scope"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.kind == Kind.LIVE

    @property
    def cloud_label(self) -> str:
        cloud = clouds().get(self.cloud)
        return cloud.label if cloud else self.cloud


class ConnectionGrant(models.Model):
    """A user may see a connection."""

    user = models.ForeignKey(User, models.CASCADE, related_name="connection_grants")
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="grants")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "connection"), name="one_grant_per_user"),)

    def __str__(self) -> str:
        return f"{self.user} on {self.connection}"


class ConnectionSetQuerySet(models.QuerySet["ConnectionSet"]):
    def visible_to(self, user: User) -> Self:
        """Sets of which the user may see every member. The empty set touches nobody's connection: only those who
        see everything may see it."""
        if user.is_active and user.sees_everything:
            return self
        hidden = Connection.objects.exclude(pk__in=Connection.objects.visible_to(user).values("pk"))
        return self.exclude(connections__in=hidden).exclude(connections=None)

    def of(self, ids: Iterable[int]) -> ConnectionSet:
        """The set with exactly these members, made when it is new."""
        members = sorted(set(ids))
        key = hashlib.sha256(",".join(map(str, members)).encode()).hexdigest()
        with transaction.atomic():
            found, new = ConnectionSet.objects.get_or_create(key=key)
            if new:
                found.connections.set(members)
        return found


class ConnectionSet(models.Model):
    """The connections that a row touches. Few sets serve many rows, so "may see all of them" is one cheap filter."""

    key = models.CharField(max_length=64, unique=True)
    connections = models.ManyToManyField(Connection, related_name="sets")

    objects: ClassVar[ConnectionSetQuerySet] = ConnectionSetQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return ", ".join(str(connection) for connection in self.connections.all())
