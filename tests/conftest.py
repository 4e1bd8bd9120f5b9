"""What every test shares: the toy cloud stands beside the real ones."""

from __future__ import annotations

import os

os.environ.setdefault("GRANTPATH_EXTRA_CLOUDS", "tests.toy.cloud")
