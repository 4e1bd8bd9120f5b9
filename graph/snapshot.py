"""What one scan of one connection collected, immutable and named by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from graph.model import Gap, Json, Problem


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of the provider: which call, with which arguments, in which scope and region.

    `response` is the provider's own JSON, cleaned of secrets, pages merged. `file` is where it was read, for messages.
    """

    cloud: str
    scope: str
    region: str
    call: str
    arguments: tuple[str, ...]
    response: Json
    file: str = ""


def canonical(value: Json) -> bytes:
    """Equal JSON values give equal bytes, whatever the order of members or the packing."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _identify(part: Part) -> list[Json]:
    return [
        part.cloud,
        part.scope,
        part.region,
        part.call,
        list(part.arguments),
        hashlib.sha256(canonical(part.response)).hexdigest(),
    ]


@dataclass(frozen=True)
class Snapshot:
    """The parts of one connection's scan, the gaps beside them, and the bad input that was left out.

    `scope` is the connection's own: an account, an organization, a project, a tenant.
    """

    cloud: str
    scope: str
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    collected_at: str | None = None

    @cached_property
    def id(self) -> str:
        """sha256 over the sorted parts, the gaps and the collection time; independent of packing."""
        gaps = sorted([g.cloud, g.scope, g.region, g.call, list(g.arguments), g.error] for g in self.gaps)
        whole = [sorted(map(_identify, self.parts), key=canonical), gaps, self.collected_at]
        return hashlib.sha256(canonical(whole)).hexdigest()
