"""What the pages about people read."""

from __future__ import annotations

from ciem.accounts.models import AuditEntry, User
from ciem.accounts.permissions import Permission, require
from ciem.core.paging import Page, page_of


def users(by: User, number: int = 1) -> Page[User]:
    """Everybody, by name; for those who manage users."""
    require(by, Permission.MANAGE_USERS)
    return page_of(User.objects.order_by("username"), number)


def audit_log(by: User, number: int = 1, *, action: str = "") -> Page[AuditEntry]:
    """The log of every write, newest first; for those who may read it."""
    require(by, Permission.READ_AUDIT)
    entries = AuditEntry.objects.select_related("by")
    return page_of(entries.filter(action=action) if action else entries, number)
