"""The names of those properties of a node that are judged and not only shown, for the clouds that write them."""

from __future__ import annotations

COMMON_NAME = "common_name"  # what it is called in every scope, where its own name differs from scope to scope
