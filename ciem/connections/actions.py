"""Everything that can be done to connections, each with its audit entry."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.models import Connection, ConnectionGrant


class WrongScopeError(Exception):
    """A file of another cloud scope than the connection's. The message says where it belongs."""


@transaction.atomic
def connect(*, by: User, name: str) -> Connection:
    """A new connection, still without cloud and scope. Whoever makes it may see it."""
    require(by, Permission.CONNECT)
    made = Connection(name=" ".join(name.split()), created_by=by)
    made.full_clean()
    made.save()
    ConnectionGrant.objects.create(user=by, connection=made, created_by=by)
    audit.record(by, "connection created", made)
    return made


@transaction.atomic
def rename(*, by: User, connection: Connection, name: str) -> None:
    """Give a connection that the user may see another name."""
    require(by, Permission.CONNECT)
    require_visible(by, connection)
    before, connection.name = connection.name, " ".join(name.split())
    connection.full_clean()
    connection.save(update_fields=["name"])
    audit.record(by, "connection renamed", connection, {"before": before})


@transaction.atomic
def grant(*, by: User | None, user: User, connection: Connection) -> None:
    """Let somebody see a connection."""
    if by is not None:  # on the command line it is whoever owns the installation
        require(by, Permission.GRANT)
    _, new = ConnectionGrant.objects.get_or_create(user=user, connection=connection, defaults={"created_by": by})
    if new:
        audit.record(by, "grant given", connection, {"user": user.get_username()})


@transaction.atomic
def revoke(*, by: User | None, user: User, connection: Connection) -> None:
    """No longer let somebody see a connection."""
    if by is not None:  # on the command line it is whoever owns the installation
        require(by, Permission.GRANT)
    removed, _ = ConnectionGrant.objects.filter(user=user, connection=connection).delete()
    if removed:
        audit.record(by, "grant taken", connection, {"user": user.get_username()})


def require_visible(user: User, connection: Connection) -> None:
    """Answer 404, as for a connection that does not exist, when the user may not see it."""
    if not Connection.objects.visible_to(user).filter(pk=connection.pk).exists():
        raise Http404("no such connection")


@transaction.atomic
def settle_scope(connection: Connection, cloud: str, scope: str) -> None:
    """Remember what the first file said the connection is; refuse a file of something else."""
    if connection.scope:
        _same_scope(connection, cloud, scope)
        return
    connection.cloud, connection.scope = cloud, scope
    try:
        with transaction.atomic():
            connection.save(update_fields=["cloud", "scope"])
    except IntegrityError as error:
        connection.refresh_from_db()
        raise WrongScopeError(
            f"This file is of {cloud} {scope}, which another connection already reads. Import it there: "
            "an estate holds each scope once."
        ) from error
    audit.record(None, "connection settled", connection, {"cloud": cloud, "scope": scope})


def _same_scope(connection: Connection, cloud: str, scope: str) -> None:
    if (connection.cloud, connection.scope) != (cloud, scope):
        raise WrongScopeError(
            f"This file is of {cloud} {scope}; {connection.name} reads {connection.cloud} {connection.scope}. "
            "Import it into a connection of its own."
        )


def validation_words(error: ValidationError) -> str:
    """All that a refused form says, in one line, for the command line."""
    return " ".join(error.messages)
