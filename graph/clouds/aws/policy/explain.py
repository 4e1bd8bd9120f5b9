"""A decision in plain words: what each layer said, allow or deny, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.policy import rules
from graph.clouds.aws.policy.decide import LAYERS, Weighed, decision, way
from graph.clouds.aws.policy.layers import Applied, Said
from graph.clouds.aws.policy.principals import Caller, CallerKind
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
    asked = f"{caller_words(request.caller)} and {request.action} on {_resource(request.resource)}"
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
    if said.allows:
        yield from (_allow(weighed, layer, found) for found in said.carriers)
        if said.allow.tri is NO:
            yield f"One level of {_lower(layer)} does not allow {weighed.request.action}, so it stops it."
        return
    if said.beside.possible or (said.note and said.allow.possible):
        return
    if (layer in made.blocked_by and not said.denies) or said.present:
        yield _silent(weighed, layer, said, stops=layer in made.blocked_by)


def _lower(layer: str) -> str:
    return _NAMES[layer][0].lower() + _NAMES[layer][1:]


def _where(found: Applied) -> str:
    """The document and the statement in it."""
    statement = found.statement
    if statement is None:
        return found.policy.name
    return f"{found.policy.name}, {f'statement {statement.sid}' if statement.sid else statement.place}"


def _deny(layer: str, found: Applied) -> str:
    if found.statement is None:
        return f"{_NAMES[layer]}: {found.policy.name} may deny it: {found.why_open()}."
    if found.truth.tri is YES:
        return (
            f"{_NAMES[layer]} deny it ({_where(found)}), and a deny wins."
            if _plural(layer)
            else (f"{_NAMES[layer]} denies it ({_where(found)}), and a deny wins.")
        )
    why = found.why_open() if found.truth.unread else "it depends on its conditions"
    return f"{_NAMES[layer]} may deny it ({_where(found)}): {why}."


def _plural(layer: str) -> bool:
    return layer in ("identity", "scp", "rcp")


def _allow(weighed: Weighed, layer: str, found: Applied) -> str:
    if found.statement is None:
        return f"{_NAMES[layer]}: {found.policy.name} may allow it: {found.why_open()}."
    how = _how(weighed, found) if layer == "resource" else ""
    if found.truth.tri is YES:
        return f"{_NAMES[layer]} {'allow' if _plural(layer) else 'allows'} it ({_where(found)}){how}."
    why = found.why_open() if found.truth.unread else "it depends on its conditions"
    return f"{_NAMES[layer]} may allow it ({_where(found)}): {why}{how}."


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


def _silent(weighed: Weighed, layer: str, said: Said, *, stops: bool) -> str:
    """Why nothing lets in here, and whether that matters."""
    action = weighed.request.action
    documents = _documents(weighed, layer)
    subject = f"{_NAMES[layer]}{f' ({documents})' if documents else ''}"
    verb = "do" if _plural(layer) else "does"
    if not said.present:
        return (
            f"There is no resource policy to allow {action}, and one is needed."
            if layer == "resource"
            else (f"{subject} allow nothing: there is none.")
        )
    end = f"so {'they stop' if _plural(layer) else 'it stops'} it" if stops else "which does not matter here"
    return f"{subject} {verb} not allow {action}, {end}."


def _documents(weighed: Weighed, layer: str) -> str:
    """The names of a layer's documents, where they are few enough to say."""
    request = weighed.request
    policies = {
        "identity": request.identity,
        "boundary": request.boundary,
        "session": request.session,
        "resource": request.resource_policies,
        "endpoint": request.endpoints,
        "scp": tuple(policy for level in request.scps for policy in level),
    }.get(layer, ())
    names = list(dict.fromkeys(policy.name for policy in policies))
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"


_CHOOSERS = {
    "caller": "the caller chooses this, so it protects nothing",
    "session": "whoever starts the session settles this",
    "network": "this hangs on where the call comes from",
    "service": "this hangs on the service that makes the call",
    "none": "the caller cannot choose this",
}


def _condition(condition: Condition) -> str:
    must = "must hold" if condition.needed == "true" else "must not hold"
    values = ", ".join(condition.values)
    return f"{condition.operator} {condition.key} [{values}] {must}; {_CHOOSERS[condition.chosen_by]}."
