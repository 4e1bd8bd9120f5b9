"""The settings for tests, with the records in a real PostgreSQL: `pytest --ds tests.settings_postgresql`.

The first process of a run starts the server and ends it; the workers of pytest-xdist inherit its address.
"""

from __future__ import annotations

import atexit
import os

ADDRESS = "TESTS_POSTGRESQL"

if ADDRESS not in os.environ:
    from tests.servers.postgresql import PostgreSQL

    server = PostgreSQL().__enter__()
    atexit.register(server.__exit__)
    os.environ[ADDRESS] = server.url

from ciem.core import databases  # noqa: E402
from tests.settings import *  # noqa: E402, F403

DATABASES = {"default": {**databases.configured(ADDRESS, os.environ[ADDRESS], GRANTPATH_HOME), "CONN_MAX_AGE": 0}}  # noqa: F405
