"""Write the audit log. Every action calls `record` inside its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, models

from ciem.accounts.models import AuditEntry, User


class NoTransactionError(Exception):
    """A write and its audit entry must stand or fall together."""


def record(by: User | None, action: str, what: models.Model, details: Mapping[str, Any] | None = None) -> AuditEntry:
    """Note that `by` (None: the system itself) did `action` to `what`. Details must hold no secrets."""
    if not connection.in_atomic_block:
        raise NoTransactionError(f"{action}: record it inside transaction.atomic()")
    return AuditEntry.objects.create(
        by=by,
        by_name=by.get_username() if by else "",
        action=action,
        object_kind=what._meta.label_lower,
        object_id=str(what.pk),
        object_label=str(what)[:400],
        details=dict(details or {}),
    )
