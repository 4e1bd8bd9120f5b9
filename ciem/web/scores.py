"""A score with everything it is made of: the factors in words, the bits of each hop, and how sure we are beside it."""

from __future__ import annotations

from dataclasses import dataclass

from ciem.paths.factors import Factors
from ciem.web.words import counted, entry, harm


@dataclass(frozen=True, slots=True)
class Factor:
    """One line of the sum: what it is, its number, and where that comes from."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Sureness:
    """How much of a path is known: shares of its hops in percent, which together are the whole."""

    sure: float
    unsure: float
    unread: float
    words: str

    @property
    def rest(self) -> float:
        """What is hatched."""
        return self.unsure + self.unread


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A score as a page prints it. `sum` is the arithmetic on one line; `hops` are the bits, one for each hop."""

    value: str
    one_in: str
    sum: str
    factors: tuple[Factor, ...]
    hops: tuple[str, ...]
    asked: tuple[str, ...]
    sureness: Sureness
    weights: str


def score_view(factors: Factors | None, harm_key: str) -> ScoreView | None:
    """None for what was kept before scores had factors."""
    if factors is None:
        return None
    return ScoreView(
        value=number(factors.value),
        one_in=one_in(factors.likelihood),
        sum=f"{number(factors.value)} = 100 × impact {factors.impact:.2f} × visible likelihood {factors.visible:.2f}",
        factors=tuple(_factors(factors, harm_key)),
        hops=tuple(f"{bits:g}" for bits in factors.hops),
        asked=tuple(f"{bits:g}" if bits else "" for bits in factors.asked),
        sureness=_sureness(factors),
        weights=factors.weights,
    )


def number(value: float | None) -> str:
    """A score as people read it; very small ones are not nothing."""
    if value is None:
        return "–"
    return "< 1" if 0 < value < 0.5 else f"{value:.0f}"


def one_in(likelihood: float) -> str:
    """How rare: "1 in 13"; empty where nothing can happen."""
    return f"1 in {round(1 / likelihood):,}" if likelihood > 0 else ""


def _factors(found: Factors, harm_key: str) -> list[Factor]:
    error = f", give or take {100 * found.error:.1f} in a hundred" if found.error else ", exactly"
    kind, _, trait = found.prior_key.partition(".")
    start = entry(kind) + (f", {trait}" if trait else "")
    steps = " + ".join(f"{bits:g}" for bits in found.hops)
    return [
        Factor(
            "Impact",
            f"{found.impact:.2f}",
            f"harm {found.harm:g} of 10 ({harm(harm_key).lower()}) × criticality {found.criticality:g} of 5"
            + (f" × {found.unlogged:g} without a log, at most 1" if found.unlogged != 1 else "")
            + (f" × {found.guarded:g} with a guard" if found.guarded != 1 else ""),
        ),
        *([Factor("Logs and guards", "", "; ".join(found.oversight))] if found.oversight else []),
        Factor("Start", f"{found.prior:g}", f"how likely an attacker starts there: {start}"),
        Factor("Getting through", f"{found.chance:.3f}", f"by any of the ways{error}"),
        Factor("Likelihood", f"{found.likelihood:.3f}", f"start × getting through: {one_in(found.likelihood)}"),
        Factor("Visible", f"{found.visible:.2f}", "the likelihood on a logarithmic scale, so that rare paths show too"),
        *([Factor("Effort", f"{sum(found.hops):g} bits", f"of the way shown, hop by hop: {steps}")] if steps else []),
    ]


def _sureness(found: Factors) -> Sureness:
    unread = 100 * found.unread
    unsure = max(0.0, 100 * found.unsure - unread)
    said = [
        f"{unsure:.0f} % of the hops hang on a condition" if unsure else "",
        f"{unread:.0f} % on something unread" if unread else "",
        f"{counted(found.gaps, 'gap')} where it leads" if found.gaps else "",
    ]
    words = ", ".join(filter(None, said)) or "every hop is granted by what was read"
    return Sureness(round(100 - unsure - unread, 2), round(unsure, 2), round(unread, 2), words)
