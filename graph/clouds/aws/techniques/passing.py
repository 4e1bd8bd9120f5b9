"""New PassRole: ways of becoming a role, or of using it, by handing it to something new that a service runs."""

from __future__ import annotations

from graph.clouds.aws.techniques import passing_ai, passing_compute, passing_data, passing_delivery
from graph.clouds.aws.techniques.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *passing_compute.ENTRIES,
    *passing_ai.ENTRIES,
    *passing_data.ENTRIES,
    *passing_delivery.ENTRIES,
)
