"""AWS snapshots into facts: pure, deterministic, one module for each noun."""

from __future__ import annotations

from graph.clouds.aws.read.reader import read

__all__ = ["read"]
