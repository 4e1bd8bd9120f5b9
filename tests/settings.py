"""The project's settings for tests: a home folder of their own, the toy cloud beside the real ones, a queue in memory.

A settings module and not a fixture, because Django reads its settings before the first conftest is loaded.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="grantpath-tests-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in [
    name
    for name in os.environ
    if name.startswith(("GRANTPATH_", "DATABASE_URL")) and name not in {"GRANTPATH_BROWSER", "GRANTPATH_FUZZ_ROUNDS"}
]:
    del os.environ[name]
os.environ.update(GRANTPATH_HOME=HOME, GRANTPATH_EXTRA_CLOUDS="tests.toy.cloud", GRANTPATH_BROKER="memory://")

from ciem.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
