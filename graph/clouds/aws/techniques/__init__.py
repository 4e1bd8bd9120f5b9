"""Ways of becoming another AWS identity, or of widening one's own rights: one file for each family."""

from __future__ import annotations

from graph.clouds.aws.techniques import agents, hosting, opening, passing, promoting, taking, unguarding, widening
from graph.clouds.aws.techniques.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *taking.ENTRIES,
    *promoting.ENTRIES,
    *passing.ENTRIES,
    *hosting.ENTRIES,
    *widening.ENTRIES,
    *opening.ENTRIES,
    *unguarding.ENTRIES,
)
TECHNIQUES = (*(entry.technique() for entry in ENTRIES), *agents.TECHNIQUES)
