"""People and connections: alice and bob see the harbour office, charlie sees nothing, dana and erin see everything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from ciem.accounts.models import Role, User
from ciem.connections.models import Connection, ConnectionGrant


def person(name: str, role: Role) -> User:
    return User.objects.create_user(name, password=f"the password of {name}", role=role)


@pytest.fixture
def dana(db: None) -> User:
    return person("dana", Role.ADMINISTRATOR)


@pytest.fixture
def erin(db: None) -> User:
    return person("erin", Role.AUDITOR)


@pytest.fixture
def alice(db: None, harbour: Connection) -> User:
    user = person("alice", Role.ARCHITECT)
    ConnectionGrant.objects.create(user=user, connection=harbour)
    return user


@pytest.fixture
def bob(db: None, harbour: Connection) -> User:
    user = person("bob", Role.ANALYST)
    ConnectionGrant.objects.create(user=user, connection=harbour)
    return user


@pytest.fixture
def charlie(db: None) -> User:
    return person("charlie", Role.ARCHITECT)


@pytest.fixture
def harbour(db: None) -> Connection:
    return Connection.objects.create(name="Harbour", cloud="toy", scope="harbour")


@pytest.fixture
def lighthouse(db: None) -> Connection:
    return Connection.objects.create(name="Lighthouse", cloud="toy", scope="lighthouse")


@pytest.fixture(autouse=True)
def _clean_home() -> Iterator[None]:
    yield
    for folder in (settings.UPLOADS, settings.SNAPSHOTS):
        shutil.rmtree(folder, ignore_errors=True)
    for place in Path(settings.GRANTPATH_HOME, "graphs").glob("*"):
        place.unlink()
