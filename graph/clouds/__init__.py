"""The clouds, strangers to each other; each folder defines CLOUD."""

from __future__ import annotations

import os
from functools import cache

from graph.cloud import Cloud
from graph.registry import discover


@cache
def clouds() -> dict[str, Cloud]:
    """Every cloud by key: the folders here and the modules that GRANTPATH_EXTRA_CLOUDS names, comma-separated."""
    extra = tuple(name.strip() for name in os.environ.get("GRANTPATH_EXTRA_CLOUDS", "").split(",") if name.strip())
    return discover(__name__, Cloud, extra)
