"""Users with their roles, the audit log, and the count of failed sign-ins."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What somebody is here to do. `ciem.accounts.permissions` says what each may."""

    ADMINISTRATOR = "administrator", "Administrator"
    ARCHITECT = "architect", "Security architect"
    ANALYST = "analyst", "Analyst"
    AUDITOR = "auditor", "Auditor"


class User(AbstractUser):
    """A person who signs in. Django's own permissions and groups are not used: the role decides."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.ANALYST)

    @property
    def sees_everything(self) -> bool:
        """Administrators and auditors see every connection; others those they were granted."""
        return self.role in {Role.ADMINISTRATOR, Role.AUDITOR}


class AuditError(Exception):
    """Somebody tried to change the past."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Audit entries can be added and read; in bulk neither changed nor removed."""

    def update(self, **_: Any) -> NoReturn:
        raise AuditError("audit entries are never changed")

    def delete(self) -> NoReturn:
        raise AuditError("audit entries are never removed")


class AuditEntry(models.Model):
    """One write: who did what to which object. Made by `accounts.audit.record` in the transaction of the write."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=60, db_index=True)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=80)
    object_label = models.CharField(max_length=400)
    details = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager[AuditEntry]] = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.by_name or 'system'}: {self.action} {self.object_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AuditError("audit entries are never changed")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AuditError("audit entries are never removed")


class SignInGuard(models.Model):
    """How often signing in has failed in a row for a name, an address or both together, and until when it waits."""

    key = models.CharField(max_length=300, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.failures} failures"
