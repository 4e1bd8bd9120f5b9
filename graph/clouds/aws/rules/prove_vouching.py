"""Why one becomes somebody by a directory: each way's own evidence, beside the permissions that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from graph.clouds.aws.facts import Principal
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Need, Rule
from graph.clouds.aws.rules.vouching import (
    TOKENS,
    assigned,
    controlled,
    open_to_all_rights,
    provided,
    role_behind,
    subjects_of,
    through,
    vouched,
)
from graph.model import Because, Condition, Proof, Verdict, together

Branches = Callable[[Rule, Ground, str, str], Proof]
Surest = Callable[[Iterable[Proof]], Proof]


def supposition(words: str) -> Proof:
    """What no snapshot tells and the rule hangs on."""
    condition = Condition("", "", (), words, "known")
    return Proof(
        Verdict.CONDITIONAL, conditions=(condition,), because=(Because("beyond", None, f"supposed that {words}"),)
    )


def vouching(rule: Rule, base: Ground, source: str, target: str, branches: Branches, surest: Surest) -> Proof:
    """The surest provider that the source can change and that opens the role."""
    able, opened = controlled(rule, base), vouched(rule, base)
    at = base.places.position["iam:role", target]
    proofs = []
    for provider in able.resources:
        lets_in = opened[provider].verdict(at) if provider in opened else Verdict.DENIED
        if Verdict.DENIED in (able.verdict(source, provider), lets_in):
            continue
        right, trust = branches(provided(rule), base, source, provider), _trust(rule, base, provider, target)
        proofs.append(replace(_both(right, trust), via=provider))
    return surest(proofs)


def _trust(rule: Rule, base: Ground, provider: str, role: str) -> Proof:
    """The role lets in the surest of those whom the provider could name."""
    need, whole = Need(TOKENS[rule.kind], "iam:role"), base.whole or base
    subjects = tuple(subjects_of(base.places.resources[provider]))
    changed = whole.changed(subjects)
    reached = changed.permission(need)
    best = max(subjects, key=lambda one: _surety(reached.verdict(one.key, role)))
    return _decided(changed, best, need, role, f"{role} lets in whomever {provider} vouches for")


def _surety(verdict: Verdict) -> int:
    return (Verdict.DENIED, Verdict.UNKNOWN, Verdict.CONDITIONAL, Verdict.ALLOWED).index(verdict)


def _decided(base: Ground, who: Principal, need: Need, role: str, words: str) -> Proof:
    decision = base.access.decide(who.key, need.action, role, {})
    because = tuple(replace(one, action=need.action) for one in decision.because)
    evidence = tuple(dict.fromkeys(one.evidence for one in because if one.evidence))
    told = Because("trust", None, words, need.action)
    return Proof(decision.verdict, evidence, decision.conditions, decision.assumed, (told, *because))


def assigning(
    rule: Rule, base: Ground, source: str, target: str, branches: Branches, trust: Callable[[str], Proof]
) -> Proof:
    """Assigned to the holder itself or to a group, and the role lets in whoever acts for the directory."""
    by = assigned(rule, base)[source][target]
    group = through(base.places.resources[by], source, target)
    words = f"{by} assigns {target} to {group or source}" + (
        f", which {source} is in" if group.startswith("arn:") else ""
    )
    proof = Proof(Verdict.ALLOWED, because=(Because("assignment", None, words),), via=by)
    role = role_behind(target, base)
    if rule.service:
        return replace(_both(proof, trust(role)), via=by)
    return replace(_both(proof, branches(rule, base, source, role)), via=by) if rule.any_of else proof


def appointing(rule: Rule, base: Ground, source: str, target: str, branches: Branches) -> Proof:
    verdict = open_to_all_rights(base, (target,)).verdict(0)
    words = f"nothing above {target} keeps administrator rights from a new role there"
    return _both(branches(rule, base, source, target), Proof(verdict, because=(Because("ceiling", None, words),)))


def _both(one: Proof, other: Proof) -> Proof:
    return Proof(
        together((one.verdict, other.verdict)),
        tuple(dict.fromkeys((*one.evidence, *other.evidence))),
        tuple(dict.fromkeys((*one.conditions, *other.conditions))),
        tuple(sorted({*one.assumed, *other.assumed})),
        tuple(dict.fromkeys((*one.because, *other.because))),
    )
