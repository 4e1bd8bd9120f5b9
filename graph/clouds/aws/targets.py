"""Harms to AWS assets: which permissions, on the asset and on what it stands on, realise each of them."""

from __future__ import annotations

from graph.clouds.aws.harms import agents, data, models, secrets, unblocking
from graph.clouds.aws.harms.row import Harm

ROWS: tuple[Harm, ...] = (*secrets.ROWS, *models.ROWS, *data.ROWS, *agents.ROWS, *unblocking.ROWS)
TARGETS = tuple(row.target() for row in ROWS)
