"""Existing PassRole: ways of being, or using, the role that something already there runs as."""

from __future__ import annotations

from graph.clouds.aws.techniques import (
    hosting_agents,
    hosting_builds,
    hosting_containers,
    hosting_data,
    hosting_functions,
    hosting_instances,
    hosting_models,
)

ENTRIES = (
    *hosting_functions.ENTRIES,
    *hosting_instances.ENTRIES,
    *hosting_containers.ENTRIES,
    *hosting_builds.ENTRIES,
    *hosting_data.ENTRIES,
    *hosting_models.ENTRIES,
    *hosting_agents.ENTRIES,
)
