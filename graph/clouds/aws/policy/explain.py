"""A decision in plain words: what each layer said, allow or deny, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.clouds.aws.policy import rules
from graph.clouds.aws.policy.decide import LAYERS, Weighed, decision, way
from graph.clouds.aws.policy.documents import Policy
from graph.clouds.aws.policy.layers import Applied
from graph.clouds.aws.policy.principals import Caller, CallerKind
from graph.clouds.aws.policy.silence import where, why_silent
from graph.model import Condition, Decision, Verdict
from graph.policy.patterns import NO, YES

_NAMES = {
    "identity": "The identity's policies",
    "resource": "The resource's policy",
    "boundary": "The permissions boundary",
    "scp": "The service control policies",
    "rcp": "The resource control policies",
    "session": "The session policy",
    "endpoint": "The VPC endpoint policy",
}
_KINDS = {
    CallerKind.ROOT: "the root user of {}",
    CallerKind.FEDERATED: "a subject of {}",
    CallerKind.SERVICE: "the service {}",
}


def explain(weighed: Weighed) -> tuple[str, ...]:
    """The verdict first, then the layers that have a say, then what is left open."""
    request = weighed.request
    made = decision(weighed)
    asked = f"{request.action} on {_resource(request.resource)} by {caller_words(request.caller)}"
    opening = {
        Verdict.ALLOWED: f"Allowed: {asked}.",
        Verdict.DENIED: f"Denied{' by an explicit deny' if made.explicit else ''}: {asked}.",
        Verdict.CONDITIONAL: f"Allowed only under conditions: {asked}.",
        Verdict.UNKNOWN: f"Cannot be decided: {asked}.",
    }[weighed.verdict]
    if weighed.always or weighed.never:
        return (opening, _sentence(weighed.always or weighed.never))
    lines = (line for layer in LAYERS for line in _layer(weighed, layer, made))
    return (opening, *lines, *(_condition(each) for each in made.conditions))


def caller_words(caller: Caller) -> str:
    if caller.kind is CallerKind.ANONYMOUS:
        return "anybody without credentials"
    name = caller.account if caller.kind is CallerKind.ROOT else caller.arn or caller.provider
    return _KINDS.get(caller.kind, "{}").format(name)


def _resource(resource: str) -> str:
    return "no resource in particular" if resource == "*" else resource


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _layer(weighed: Weighed, layer: str, made: Decision) -> Iterator[str]:
    """Denies first, then what lets in, then silence where it matters."""
    said = weighed.said[layer]
    yield from (_deny(layer, found) for found in said.denies)
    if said.note:
        yield _sentence(said.note)
    if layer == "rcp":
        if said.present and not said.denies:
            yield "The resource control policies do not deny it."
        return
    sure = [found for found in said.carriers if found.statement is not None and found.truth.tri is YES]
    together = sure if layer == "scp" and len({found.level for found in sure}) > 1 else []
    if together:
        yield _levels(together, len(weighed.request.scps))
    yield from dict.fromkeys(_allow(weighed, layer, found) for found in said.carriers if found not in together)
    if said.allow.tri is NO:
        yield from _silent(weighed, layer, stops=layer in made.blocked_by)


def _deny(layer: str, found: Applied) -> str:
    name = _NAMES[layer]
    if found.statement is None:
        return f"{name}: {found.policy.name} may deny it: {found.why_open()}."
    place = where(found.policy, found.statement)
    if found.truth.tri is YES:
        return f"{name} {'deny' if _plural(layer) else 'denies'} it ({place}), and a deny wins."
    why = found.why_open() if found.truth.unread else "it depends on its conditions"
    return f"{name} may deny it ({place}): {why}."


def _plural(layer: str) -> bool:
    return layer in ("identity", "scp", "rcp")


def _allow(weighed: Weighed, layer: str, found: Applied) -> str:
    name = _NAMES[layer]
    if found.statement is None:
        return f"{name}: {found.policy.name} may allow it: {found.why_open()}."
    how = _how(weighed, found) if layer == "resource" else ""
    place = where(found.policy, found.statement)
    if found.truth.tri is YES:
        return f"{name} {'allow' if _plural(layer) else 'allows'} it ({place}){how}."
    why = found.why_open() if found.truth.unread else "it depends on its conditions"
    return f"{name} may allow it ({place}): {why}{how}."


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")  # an organization is at most five units deep


def _levels(found: Sequence[Applied], of: int) -> str:
    """What several levels allow, in one sentence."""
    places = dict.fromkeys(where(each.policy, each.statement) for each in found if each.statement is not None)
    number = len({each.level for each in found})
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    which = ("both levels" if number == 2 else f"all {word} levels") if number == of else f"{word} of {of} levels"
    return f"{_NAMES['scp']} of {which} allow it ({'; '.join(places)})."


def _how(weighed: Weighed, found: Applied) -> str:
    """What being named this way means in the caller's own account."""
    request = weighed.request
    if not request.same_account or not request.caller.is_iam or way(found, "direct").possible:
        return ""
    if way(found, "role").possible:
        return ", naming the role, so boundary and session policy still bind"
    if rules.needs_resource_side(request.action, request.resource):
        return ", naming the account, so its identity policies decide"
    return ", naming the account, which by itself grants nothing there"


def _silent(weighed: Weighed, layer: str, *, stops: bool) -> Iterator[str]:
    """Why nothing lets in here, and whether that matters."""
    policies = _documents(weighed, layer)
    end = f"so {'they stop' if _plural(layer) else 'it stops'} it" if stops else "which does not matter here"
    if policies:
        silence = why_silent(policies, weighed.request.question, plural=_plural(layer))
        yield f"{_subject(layer, policies)} {silence}, {end}."
    elif stops:
        yield f"{_NAMES[layer]} cannot allow it: there {'are' if _plural(layer) else 'is'} none."


def _subject(layer: str, policies: tuple[Policy, ...]) -> str:
    """The layer with the names of its documents, as many as a sentence bears."""
    names = list(dict.fromkeys(policy.name for policy in policies))
    listed = ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    return f"The boundary {listed}" if layer == "boundary" and len(names) == 1 else f"{_NAMES[layer]} ({listed})"


def _documents(weighed: Weighed, layer: str) -> tuple[Policy, ...]:
    """The documents that should have allowed it; of stacked ones the first level that does not."""
    request = weighed.request
    if layer in ("scp", "endpoint"):
        stacked = request.scps if layer == "scp" else tuple((each,) for each in request.endpoints)
        speaking = {found.level for found in weighed.said[layer].allows}
        return next((level for number, level in enumerate(stacked) if number not in speaking), ())
    policies: dict[str, tuple[Policy, ...]] = {
        "identity": request.identity,
        "boundary": request.boundary,
        "session": request.session,
        "resource": request.resource_policies,
    }
    return policies[layer]


_CHOOSERS = {
    "caller": "the caller chooses this, so it protects nothing",
    "known": "the caller sends this, so whoever knows or guesses it gets past",
    "session": "whoever starts the session settles this",
    "network": "this hangs on where the call comes from",
    "service": "this hangs on the service that makes the call",
    "none": "the caller cannot choose this",
}


def _condition(condition: Condition) -> str:
    must = "must hold" if condition.needed == "true" else "must not hold"
    values = ", ".join(condition.values)
    return f"{condition.operator} {condition.key} [{values}] {must}; {_CHOOSERS[condition.chosen_by]}."
