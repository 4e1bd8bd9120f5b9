"""Why an asset can be harmed once something is off: the change, who uses it, and the harm as it is decided then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Conjunction, Place, Rule, Shape
from graph.clouds.aws.rules.proofs import NO, all_of, best_of
from graph.clouds.aws.rules.restating import restates
from graph.clouds.aws.rules.retagging import retagged, trials
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.rules.unbinding import Unbound, unbound
from graph.clouds.aws.rules.unblocking import level_of, unblocked
from graph.model import Proof, Verdict

Prove = Callable[[Rule, Ground, str, str], Proof]
Branch = Callable[[Rule, Ground, Conjunction, str, str], Proof]
Freed = Callable[[Rule, Ground, Unbound, str, str], Proof]


def unblocking(rule: Rule, base: Ground, source: str, target: str, branch: Branch, prove: Prove) -> Proof:
    """Take a block off, and the surest of the strangers whom it kept out gets in: it is named."""
    proofs = []
    for way in rule.any_of:
        found = unblocked(rule, base, level_of(way), solve)
        mine = branch(rule, base, way, source, target)
        for stranger in found.let_in(target) if mine.verdict is not Verdict.DENIED else ():
            theirs = [prove(then, found.freed, stranger, target) for then in rule.then]
            proofs.append(replace(all_of([mine, best_of(theirs)]), via=stranger))
    return replace(best_of(proofs), removes=f"{rule.guard} of {target}")


def unguarding(rule: Rule, base: Ground, source: str, target: str, freed: Freed, prove: Prove) -> Proof:
    """By the surest of the guards that can be taken off, which is named."""
    proofs = []
    for guard in rule.guards:
        if guard.shape is Shape.RETAG:
            proofs.append(_retagging(rule, guard, base, source, target, prove))
            continue
        for found in unbound(guard, base, solve):
            for through in (key for removers in found.removers for key in _freeable(removers.resources, found)):
                mine = freed(guard, base, found, source, through)
                new = _new(rule, base, through, target) if mine.verdict is not Verdict.DENIED else ()
                theirs = best_of(prove(then, found.freed, through, target) for then in new)
                if not restates(rule, base, found.freed, through, (target, theirs.verdict), solve):
                    proofs.append(replace(all_of([mine, theirs]), via=mine.via, removes=mine.removes))
    return best_of(proofs)


def _retagging(rule: Rule, guard: Rule, base: Ground, source: str, target: str, prove: Prove) -> Proof:
    """By the first tag that opens it most surely."""
    if retagged(rule, guard, base).verdict(source, target) is Verdict.DENIED:
        return NO
    proofs = []
    for trial in trials(rule, guard, base):
        if trial.before in _new(rule, base, source, target):
            key, value = trial.tag
            word = f"the {guard.kind.partition(':')[2].replace('-', ' ')} of {target}"
            on = target if any(way[-1].place is Place.TARGET for way in trial.after.any_of) else word
            proofs.append(replace(prove(trial.after, base, source, target), removes=f"tag {key}={value} of {on}"))
    return best_of(proofs)


def _freeable(keys: tuple[str, ...], found: Unbound) -> list[str]:
    return [key for key in keys if key in set(found.freed.identities)]


def _new(rule: Rule, base: Ground, source: str, target: str) -> list[Rule]:
    """What did not lead there before."""
    before = ((then, solve(then, base).reaches) for then in rule.then)
    return [then for then, led in before if led is None or led.verdict(source, target) is Verdict.DENIED]
