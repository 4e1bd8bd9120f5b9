"""Many worlds at once: bit i of a mask says whether something holds in world i, so one walk decides all of them.

In a world each step either works or does not. Either all worlds are listed, each with its likelihood (exact), or some
thousands are drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np

from graph.policy.bits import from_bools, full

DRAWN = 4096  # worlds; the error of a likelihood is then at most 1.6 in a hundred, 19 times in 20
_TWO_SIDED = 1.96  # standard errors on either side that hold 95 of a hundred
_FINEST = 1 << 16


class Trial(NamedTuple):
    """Something that works with likelihood `p`: doing `rule` to `what`. Trials that differ in `p` only fail together.

    So a hundred who can do the same to one victim are one chance, not a hundred; and a step that gets surer works in
    all the worlds it worked in before.
    """

    rule: str
    what: str
    p: float


class Worlds(Protocol):
    """Masks for trials, and how likely a mask is."""

    @property
    def all(self) -> int: ...
    def works(self, trial: Trial) -> int: ...
    def likelihood(self, mask: int) -> tuple[float, float]:
        """And the half width of the interval around it that holds in 95 of a hundred; 0 where it is exact."""
        ...


class Listed:
    """Every combination of some trials. 20 of them are a million worlds, which is a mask of 128 kB."""

    def __init__(self, trials: Iterable[Trial]) -> None:
        self._columns: dict[Trial, int] = {}
        self._odds: list[float] = []
        steps = sorted(set(trials))
        size = 1 << len(steps)
        self.all = full(size)
        surer: Trial | None = None
        for at, trial in reversed(list(enumerate(steps))):  # of one rule on one thing, the surest first
            same = surer is not None and surer[:2] == trial[:2]
            self._odds.append(trial.p / surer.p if same and surer else trial.p)
            column = _column(len(steps) - 1 - at, size)
            self._columns[trial] = column & self._columns[surer] if same and surer else column
            surer = trial

    def works(self, trial: Trial) -> int:
        return self._columns[trial] if trial.p < 1 else self.all

    def likelihood(self, mask: int) -> tuple[float, float]:
        return self._share(mask, len(self._odds), {}), 0.0

    def _share(self, mask: int, trials: int, known: dict[tuple[int, int], float]) -> float:
        """Half by half: those where the last trial fails, those where it works. Equal parts are looked at once."""
        if mask in (0, full(1 << trials)):
            return float(mask > 0)
        if (mask, trials) not in known:
            p, half = self._odds[trials - 1], 1 << trials - 1
            fails, works = mask & full(half), mask >> half
            parts = self._share(fails, trials - 1, known), self._share(works, trials - 1, known)
            known[mask, trials] = parts[0] if fails == works else parts[0] * (1 - p) + parts[1] * p
        return known[mask, trials]


def _column(at: int, size: int) -> int:
    """The worlds in which trial number `at` works: those whose own number has that bit."""
    width = 1 << at
    mask, wide = full(width) << width, 2 * width
    while wide < size:
        mask |= mask << wide
        wide *= 2
    return mask


class Drawn:
    """Worlds drawn by the names of the trials alone: the same step fares the same in every question and every estate.

    So what is compared differs by what was changed, not by luck. World 0 is not drawn: in it everything works, and
    what is not reached there is not reached at all.
    """

    def __init__(self) -> None:
        self.all = full(DRAWN + 1)
        self._masks: dict[Trial, int] = {}

    def works(self, trial: Trial) -> int:
        if trial.p >= 1:
            return self.all
        if trial not in self._masks:
            self._masks[trial] = self._draw(trial)
        return self._masks[trial]

    @staticmethod
    def _draw(trial: Trial) -> int:
        stream = hashlib.shake_256(f"{trial.rule}\n{trial.what}".encode()).digest(2 * DRAWN)
        return from_bools(np.frombuffer(stream, "<u2") < trial.p * _FINEST) << 1 | 1

    def likelihood(self, mask: int) -> tuple[float, float]:
        """Never nothing for what is reached at all; where it was never or always so in what was drawn, up to 3 in n."""
        if not mask & 1:
            return 0.0, 0.0
        share = (mask.bit_count() - 1) / DRAWN
        error = max(_TWO_SIDED * (share * (1 - share) / DRAWN) ** 0.5, 3 / DRAWN)
        return max(share, 0.5 / DRAWN), error
