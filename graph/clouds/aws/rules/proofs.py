"""Putting proofs together: the surest of several ways, and several that are all needed as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from graph.model import Because, Decision, Proof, Verdict, together

T = TypeVar("T")
RANK = {Verdict.ALLOWED: 0, Verdict.CONDITIONAL: 1, Verdict.UNKNOWN: 2, Verdict.DENIED: 3}
NO = Proof(Verdict.DENIED)


def best_of(proofs: Iterable[Proof]) -> Proof:
    """The surest; among equals the first."""
    return min(proofs, key=lambda proof: RANK[proof.verdict], default=NO)


def all_of(proofs: Sequence[Proof]) -> Proof:
    """Several proofs that are all needed, as one."""
    return Proof(
        together(proof.verdict for proof in proofs),
        _distinct(item for proof in proofs for item in proof.evidence),
        _distinct(item for proof in proofs for item in proof.conditions),
        tuple(sorted({name for proof in proofs for name in proof.assumed})),
        _distinct(item for proof in proofs for item in proof.because),
        via=next((proof.via for proof in proofs if proof.via), ""),
    )


def _distinct(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def said(verdict: Verdict, layer: str, words: str, action: str = "") -> Proof:
    """What was worked out otherwise than by a decision."""
    return Proof(verdict, because=(Because(layer, None, words, action),))


def decided(decision: Decision, action: str) -> Proof:
    """A decision on one action as a proof."""
    evidence = _distinct(because.evidence for because in decision.because if because.evidence)
    because = tuple(replace(one, action=action) for one in decision.because)
    return Proof(decision.verdict, evidence, decision.conditions, decision.assumed, because)
