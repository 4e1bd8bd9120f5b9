"""What a finding scores and why: impact times how visible its likelihood is, every factor kept beside the number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, log

from graph.analysis.chance import Chance
from graph.importance import CRITICALITY
from graph.model import Condition, Confidence, Edge, Entry, Hop, Node, Score, Verdict
from graph.node_facts import GUARDED, LOG_UNKNOWN, UNLOGGED, told
from graph.snapshot import canonical
from graph.weights import SHIPPED, Weights

OPEN = "open"  # the trait of a start that a pattern lets in, as it stands in a policy
ANYWHERE = "anywhere"  # stands for the start where a chance is weighed with the starts' likelihoods already
_OVERSIGHT = {UNLOGGED: "it leaves no log", LOG_UNKNOWN: "whether it leaves a log is not known", GUARDED: "guarded"}
_DIGITS = 9
_LEAST = 0.01  # what can happen at all never scores nothing


def score(weights: Weights, entry: Entry, harm: str, target: Node, chance: Chance) -> Score:
    """Of one finding, before its hops are proved."""
    return weighed(weights, harm, target, chance, weights.prior(entry.kind, traits(entry)))


def weighed(weights: Weights, harm: str, target: Node, chance: Chance, start: tuple[str, float]) -> Score:
    """With a start of that likelihood, under that key of the table."""
    harm_weight = weights.harm(harm)
    criticality = critical(weights, target)
    key, prior = start
    unlogged, guarded, oversight = _overseen(weights, harm, target)
    impact = min(1.0, harm_weight / 10 * criticality / 5 * unlogged) * guarded
    seen = visible(prior * chance.value)
    return Score(
        value=_rounded(100 * impact * seen),
        impact=round(impact, _DIGITS),
        harm=harm_weight,
        criticality=criticality,
        prior=prior,
        prior_key=key,
        chance=round(chance.value, _DIGITS),
        error=round(chance.error, _DIGITS),
        visible=round(seen, _DIGITS),
        weights=weights.version,
        unlogged=unlogged,
        guarded=guarded,
        oversight=oversight,
    )


def _overseen(weights: Weights, harm: str, target: Node) -> tuple[float, float, tuple[str, ...]]:
    """What it weighs that no log or a guard is there, and in words what is known of both.

    A log that is not known counts as there, so that reading less never raises a score; but it is said.
    """
    known = {fact: told(target, fact, harm) for fact in _OVERSIGHT}
    told_of = {fact: why for fact, why in known.items() if why is not None}
    words = tuple(f"{_OVERSIGHT[fact]} ({why})" if why else _OVERSIGHT[fact] for fact, why in told_of.items())
    unlogged = 1.0 if known[UNLOGGED] is None else weights.oversight["unlogged"]
    return unlogged, 1.0 if known[GUARDED] is None else weights.oversight["guarded"], words


def critical(weights: Weights, target: Node) -> float:
    """What is said of the target, else what its kind stands for."""
    return weights.critical(target.targets, dict(target.properties).get(CRITICALITY, ""))


def traits(entry: Entry) -> tuple[str, ...]:
    """Its own, and `open` where whoever fits a pattern may start."""
    return tuple(sorted({*entry.traits, *([OPEN] if "*" in entry.identity else [])}))


def visible(likelihood: float) -> float:
    """From 0 to 1 on a logarithmic scale, so that rare paths are told apart as well as common ones."""
    return min(1.0, log(1 + 99 * likelihood) / log(100))


def _rounded(value: float) -> float:
    return max(_LEAST, ceil(round(value * 100, 6)) / 100) if value > 0 else 0.0


def proved(known: Score, edges: Sequence[Edge], hops: Sequence[Hop], weights: Weights, gaps: int) -> Score:
    """With what only the proofs tell: what open conditions ask for, and how much is known."""
    unsure = sum(edge.verdict is not Verdict.ALLOWED for edge in edges)
    unread = sum(edge.verdict is Verdict.UNKNOWN for edge in edges)
    assumed = tuple(sorted({kind for hop in hops for kind in hop.proof.assumed}))
    asked = tuple(_asked(weights, hop.proof.conditions) for hop in hops)
    share = 1 / len(edges)
    return replace(known, asked=asked, confidence=Confidence(unsure * share, unread * share, assumed, gaps))


def _asked(weights: Weights, conditions: Iterable[Condition]) -> float:
    """The hardest of them: they are not independent, and some may be alternatives."""
    most = weights.conditions["none"]
    return max((weights.conditions.get(one.chosen_by, most) for one in conditions), default=0.0)


def graph_id(built: str, weights: Weights) -> str:
    """Scores are part of what is published: an own table makes another graph. The shipped one is in the id already."""
    if weights.version == SHIPPED.version:
        return built
    return hashlib.sha256(canonical([built, weights.version])).hexdigest()
