"""The names of those properties of a node that are judged and not only shown, for the clouds that write them."""

from __future__ import annotations

from graph.model import Node

# Of each the value lists harms, parted by commas; why it is so stands under the same name with `_because` at its end.
UNLOGGED = "unlogged"  # done to it, these leave no log
LOG_UNKNOWN = "log_unknown"  # whether these leave one is not known
GUARDED = "guarded"  # against these it has a guard
BECAUSE = "_because"
OVERSIGHT = (UNLOGGED, LOG_UNKNOWN, GUARDED)

COMMON_NAME = "common_name"  # what it is called in every scope, where its own name differs from scope to scope


def told(node: Node, fact: str, harm: str) -> str | None:
    """Why this is so of that harm to the node; None where it is not."""
    known = dict(node.properties)
    return known.get(fact + BECAUSE, "") if harm in known.get(fact, "").split(", ") else None
