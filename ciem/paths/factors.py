"""What a score is made of, as it is kept with a finding, and read again for the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from graph.model import Score

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Factors:
    """`graph.model.Score` without its arithmetic; `unsure` and `unread` are shares of the hops, from 0 to 1."""

    value: float
    impact: float
    harm: float
    criticality: float
    prior: float
    prior_key: str
    chance: float
    error: float
    visible: float
    hops: tuple[float, ...]
    asked: tuple[float, ...]
    unsure: float
    unread: float
    gaps: int
    weights: str
    unlogged: float = 1.0
    guarded: float = 1.0
    oversight: tuple[str, ...] = ()

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self | None:
        """What `dump` wrote; None for what was kept before scores had factors."""
        if not data:
            return None
        whole: Mapping[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        return cls(**whole)

    @property
    def likelihood(self) -> float:
        return self.prior * self.chance


def dump(score: Score | None) -> dict[str, Any]:
    """Plain JSON; empty when there is no score."""
    if score is None:
        return {}
    known = score.confidence
    return {
        "value": score.value,
        "impact": score.impact,
        "harm": score.harm,
        "criticality": score.criticality,
        "prior": score.prior,
        "prior_key": score.prior_key,
        "chance": score.chance,
        "error": score.error,
        "visible": score.visible,
        "hops": [round(one, _DIGITS) for one in score.hops],
        "asked": [round(one, _DIGITS) for one in score.asked],
        "unsure": round(known.open, _DIGITS),
        "unread": round(known.unread, _DIGITS),
        "gaps": known.gaps,
        "weights": score.weights,
        "unlogged": score.unlogged,
        "guarded": score.guarded,
        "oversight": list(score.oversight),
    }
