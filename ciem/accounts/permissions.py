"""What each role may do, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from ciem.accounts.models import Role, User


class Permission(StrEnum):
    """Something a user may do. Which objects they may do it to is a matter of `visible_to`."""

    BROWSE = "browse"
    ASK = "ask"
    IMPORT = "import"
    CONNECT = "connect"
    DECIDE = "decide"
    GRANT = "grant"
    MANAGE_USERS = "manage-users"
    READ_AUDIT = "read-audit"


_P = Permission
PERMISSIONS: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Permission),
        Role.ARCHITECT: frozenset({_P.BROWSE, _P.ASK, _P.IMPORT, _P.CONNECT, _P.DECIDE}),
        Role.ANALYST: frozenset({_P.BROWSE, _P.ASK}),
        Role.AUDITOR: frozenset({_P.BROWSE, _P.ASK, _P.READ_AUDIT}),
    }
)


def can(user: User | AnonymousUser, permission: Permission) -> bool:
    """May somebody in this role do this at all? A disabled user and a visitor may nothing."""
    return isinstance(user, User) and user.is_active and permission in PERMISSIONS.get(user.role, frozenset())


def require(user: User, permission: Permission) -> None:
    """Raise PermissionDenied, which a view answers with 403, unless the role allows it."""
    if not can(user, permission):
        raise PermissionDenied(f"Your role ({user.get_role_display()}) does not include: {permission}.")
