"""A published estate and people who look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from ciem.accounts.models import User
from tests.web import world as worlds

Browse = Callable[[User], Client]


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.make()


@pytest.fixture
def signed_in() -> Browse:
    """A client as that person."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
