"""Ways of becoming another AWS identity, or of widening one's own rights: one file for each family."""

from __future__ import annotations

from graph.clouds.aws.techniques import (
    agents,
    directory,
    hosting,
    opening,
    passing,
    promoting,
    recasting,
    taking,
    unguarding,
    widening,
)
from graph.clouds.aws.techniques.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *taking.ENTRIES,
    *directory.ENTRIES,
    *promoting.ENTRIES,
    *passing.ENTRIES,
    *hosting.ENTRIES,
    *widening.ENTRIES,
    *recasting.ENTRIES,
    *opening.ENTRIES,
    *unguarding.ENTRIES,
)
TECHNIQUES = (*(entry.technique() for entry in ENTRIES), *agents.TECHNIQUES)
