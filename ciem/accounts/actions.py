"""Everything that can be done to users, each with its audit entry."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from ciem.accounts import audit
from ciem.accounts.models import Role, User
from ciem.accounts.permissions import Permission, require


@transaction.atomic
def create_user(*, by: User | None, username: str, password: str, role: Role) -> User:
    """A new user. `by` is None on the command line, where whoever runs it owns the installation anyway."""
    if by is not None:
        require(by, Permission.MANAGE_USERS)
    user = User(username=username, role=role)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record(by, "user created", user, {"role": role})
    return user


@transaction.atomic
def set_password(*, by: User | None, user: User, password: str) -> None:
    """A new password for oneself or, for an administrator, for anybody."""
    if by is not None and by != user:
        require(by, Permission.MANAGE_USERS)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by, "password changed", user)


@transaction.atomic
def change_role(*, by: User, user: User, role: Role) -> None:
    """Give another role. The last administrator keeps theirs, or nobody could manage users any more."""
    require(by, Permission.MANAGE_USERS)
    _keep_one_administrator(user, role == Role.ADMINISTRATOR)
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    audit.record(by, "role changed", user, {"before": before, "after": role})


@transaction.atomic
def set_active(*, by: User, user: User, active: bool) -> None:
    """Let somebody in or keep them out; what they did stays on record."""
    require(by, Permission.MANAGE_USERS)
    _keep_one_administrator(user, active)
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.record(by, "user enabled" if active else "user disabled", user)


def _keep_one_administrator(user: User, stays: bool) -> None:
    others = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if user.role == Role.ADMINISTRATOR and not stays and not others.exists():
        raise ValidationError("This is the last administrator. Make somebody else one first.")
