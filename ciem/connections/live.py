"""Connections that are read live: what was typed to connect, its secrets sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from ciem.accounts import audit
from ciem.accounts.models import User
from ciem.accounts.permissions import Permission, require
from ciem.connections.actions import connect, require_visible
from ciem.connections.models import Connection, Kind
from ciem.core import sealing
from graph.cloud import Cloud, Collector, CollectRefusedError, Field
from graph.clouds import clouds


def live_clouds() -> tuple[Cloud, ...]:
    """The clouds that can be read live, by name."""
    return tuple(cloud for cloud in clouds().values() if cloud.collect)


def collector(connection: Connection) -> Collector:
    """How this connection is read. Raises CollectRefusedError where its cloud is not read live."""
    cloud = clouds().get(connection.cloud)
    if cloud is None or cloud.collect is None:
        raise CollectRefusedError(f"{connection.cloud_label or 'This cloud'} is not read live by this version.")
    return cloud.collect


@transaction.atomic
def connect_live(*, by: User, name: str, cloud: str, values: Mapping[str, str]) -> Connection:
    """A new connection with what is needed to read it. Raises ValidationError."""
    made = connect(by=by, name=name)
    made.kind, made.cloud = Kind.LIVE, cloud
    return _keep(by, made, values, "credentials given")


@transaction.atomic
def give(*, by: User, connection: Connection, values: Mapping[str, str]) -> Connection:
    """Other values from the next scan on. A secret that is left empty stays as it is."""
    require(by, Permission.CONNECT)
    require_visible(by, connection)
    fresh = Connection.objects.select_for_update().get(pk=connection.pk)
    secret = {field.name for field in _fields(fresh) if field.secret}
    try:
        before = values_of(fresh)
    except sealing.SealError:  # its key is lost: then all secrets must be typed again
        before = {}
    kept = {name: value for name, value in before.items() if name in secret and not values.get(name)}
    return _keep(by, fresh, {**values, **kept}, "credentials changed")


def values_of(connection: Connection) -> dict[str, str]:
    """All that was typed, for the collector alone. Raises SealError."""
    hidden: dict[str, str] = json.loads(sealing.unseal(connection.sealed)) if connection.sealed else {}
    return {**connection.given, **hidden}


@transaction.atomic
def seal_anew() -> int:
    """Seal all credentials with the newest key; how many there are."""
    found = Connection.objects.select_for_update().exclude(sealed="")
    for connection in found:
        connection.sealed = sealing.sealed_anew(connection.sealed)
        connection.save(update_fields=["sealed"])
    if found:
        audit.record(None, "credentials sealed anew", found[0], {"connections": len(found)})
    return len(found)


def _fields(connection: Connection) -> tuple[Field, ...]:
    try:
        return collector(connection).fields
    except CollectRefusedError as error:
        raise ValidationError(str(error)) from error


def _keep(by: User, connection: Connection, values: Mapping[str, str], action: str) -> Connection:
    fields = _fields(connection)
    typed = {field.name: values.get(field.name, "").strip() for field in fields}
    if missing := [field.label for field in fields if not typed[field.name] and not field.optional]:
        raise ValidationError(f"Still to be given: {', '.join(missing)}.")
    hidden = {field.name: typed[field.name] for field in fields if field.secret}
    connection.given = {name: value for name, value in typed.items() if name not in hidden}
    connection.sealed = sealing.seal(json.dumps(hidden)) if hidden else ""
    connection.save()
    audit.record(by, action, connection, {"given": connection.given})
    return connection
