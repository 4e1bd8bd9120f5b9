"""Commands about decisions: decide, inspect, who-can, can, explain."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from graph.build import Estate
from graph.cli import writing
from graph.cli.loading import UsageError, estate, missing, snapshots, tell_problems
from graph.cli.writing import Line, as_table, note, say, unless_none, write
from graph.cloud import Access
from graph.clouds import clouds
from graph.model import Facts, Verdict
from graph.policy.relation import Relation


def decide(arguments: Namespace) -> bool:
    """One request a line in, one decision a line out, in the same order."""
    known = clouds()
    if arguments.cloud not in known:
        raise UsageError(f"There is no cloud `{arguments.cloud}`; there are: {', '.join(known)}.")
    answer = known[arguments.cloud].decide_request
    if answer is None:
        raise UsageError(f"The cloud `{arguments.cloud}` does not decide requests.")
    bad = 0
    for line in sys.stdin.buffer:
        if line.strip():
            said = _answered(line, answer)
            bad += "error" in said
            write([said], "jsonl")
    if bad:
        note(f"Requests that could not be decided: {bad}.")
    return bool(bad)


def _answered(line: bytes, answer: Any) -> Mapping[str, Any]:
    try:
        request = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        where = f"column {error.colno}"
        return {"id": None, "error": {"code": "bad_json", "message": f"The line is not JSON: {error.msg}", "at": where}}
    if not isinstance(request, dict):
        return {"id": None, "error": {"code": "bad_request", "message": "A request is a JSON object.", "at": ""}}
    found: Mapping[str, Any] = answer(request)
    return found


def inspect(arguments: Namespace) -> bool:
    """What the snapshots hold, what could not be read, what is assumed."""
    found, known = snapshots(arguments), clouds()
    facts = [known[key].read([s for s in found if s.cloud == key]) for key in sorted({s.cloud for s in found})]
    write(_inspected(facts), arguments.format)
    return tell_problems(found)


def _inspected(facts: Iterable[Facts]) -> Iterator[Line]:
    for some in facts:
        kinds = Counter((node.scope, node.kind) for node in some.nodes)
        for (scope, kind), count in sorted(kinds.items()):
            yield {"cloud": some.cloud, "scope": scope, "kind": kind, "count": count}
        for gap in some.gaps:
            said = {"cloud": gap.cloud, "scope": gap.scope, "region": gap.region, "call": gap.call}
            yield {"gap": {**said, "arguments": list(gap.arguments), "error": gap.error, "remedy": gap.remedy}}
        for scope, assumed in sorted(some.assumed.items()):
            if assumed:
                yield {"assumed": list(assumed), "cloud": some.cloud, "scope": scope}


def who_can(arguments: Namespace) -> bool:
    """Which identities may do an action."""
    _check(arguments.action)
    built, bad = estate(arguments)
    asked = list(built.asking(arguments.action))
    if not asked:
        raise UsageError(f"No cloud in these snapshots has an action `{arguments.action}`.")
    lines = _who(built, asked, arguments.action, arguments.resource)
    write(unless_none(lines, lambda: _none(asked, arguments.action, arguments.resource)), arguments.format)
    return bad


def _none(asked: Iterable[Access], action: str, resource: str | None) -> str:
    """Why nobody is listed: nobody may, or nothing was read on which they could."""
    kinds = sorted({kind for access in asked for kind in access.kinds(action)})
    if resource is None and not any(
        access.relation(action, k).resources for access in asked for k in access.kinds(action)
    ):
        return f"0 answers: no resource of these kinds in the snapshots: {', '.join(kinds)}; name one with --resource."
    return f"0 answers: nobody of those who were read may do {action} on {resource or 'what was read'}."


def _check(action: str | None) -> None:
    """A name that no cloud has is told before any snapshot is read."""
    said = [cloud.misspelt(action) for cloud in clouds().values()] if action is not None else [""]
    if all(said):
        raise UsageError(" ".join(said))


def _who(built: Estate, asked: Iterable[Access], action: str, resource: str | None) -> Iterator[Line]:
    for access in asked:
        relations = [access.relation(action, kind) for kind in access.kinds(action)]
        holding = [relation for relation in relations if resource is None or resource in relation.resources]
        for relation in holding:
            for name in (resource,) if resource is not None else relation.resources:
                for identity, verdict in relation.who(name):
                    yield _decided(built, access, relation, (identity, action, name), verdict)
        if resource is not None and not holding:
            note(f"`{resource}` is not listed in these snapshots as what {action} acts on; decided as `explain` says.")
            yield from _point_by_point(access, action, resource)


def _point_by_point(access: Access, action: str, resource: str) -> Iterator[Line]:
    for identity in access.identities:
        decision = access.decide(identity, action, resource)
        if decision.verdict is not Verdict.DENIED:
            yield {
                "identity": identity,
                "action": action,
                "resource": resource,
                "verdict": decision.verdict,
                "conditions": list(map(writing.condition, decision.conditions)),
                "assumed": list(decision.assumed),
            }


def _decided(built: Estate, access: Access, relation: Relation, asked: tuple[str, str, str], verdict: Verdict) -> Line:
    """One pair. Only what is not certain is decided once more, for its conditions."""
    identity, action, resource = asked
    conditions = access.decide(*asked).conditions if verdict is not Verdict.ALLOWED else ()
    scopes = {built.nodes[key].scope for key in (identity, resource) if key in built.nodes}
    return {
        "identity": identity,
        "action": action,
        "resource": resource,
        "verdict": verdict,
        "conditions": list(map(writing.condition, conditions)),
        "assumed": sorted({kind for scope in scopes for kind in relation.assumptions.get(scope, ())}),
    }


def can(arguments: Namespace) -> bool:
    """What one identity may do."""
    _check(arguments.action)
    built, bad = estate(arguments)
    access = _access_of(built, arguments.identity)
    if arguments.action is not None and not access.kinds(arguments.action):
        raise UsageError(f"The cloud of `{arguments.identity}` has no action `{arguments.action}`.")
    actions = access.actions() if arguments.action is None else (arguments.action,)
    lines = _able(built, access, arguments.identity, actions)
    write(unless_none(lines, lambda: _nothing(access, arguments.identity, arguments.action)), arguments.format)
    return bad


def _nothing(access: Access, identity: str, action: str | None) -> str:
    if action is not None and not any(access.relation(action, kind).resources for kind in access.kinds(action)):
        kinds = ", ".join(access.kinds(action))
        return f"0 answers: no resource of these kinds in the snapshots: {kinds}; `explain` takes any resource."
    return f"0 answers: {identity} may do {action or 'nothing'}{' on nothing' if action else ''} that was read."


def _able(built: Estate, access: Access, identity: str, actions: Iterable[str]) -> Iterator[Line]:
    for action in actions:
        for kind in access.kinds(action):
            relation = access.relation(action, kind)
            row = relation.row_of(identity)
            for at, resource in enumerate(relation.resources) if row else ():
                verdict = row.verdict(at)
                if verdict is not Verdict.DENIED:
                    yield _decided(built, access, relation, (identity, action, resource), verdict)


def explain(arguments: Namespace) -> bool:
    """Why, or why not."""
    _check(arguments.action)
    built, bad = estate(arguments)
    access = _access_for(built, arguments.identity)
    asked = (arguments.identity, arguments.action, arguments.resource)
    if not access.kinds(arguments.action):
        raise UsageError(f"The cloud of `{arguments.identity}` has no action `{arguments.action}`.")
    if as_table(arguments.format):
        say(access.explain(*asked))
        return bad
    decision = access.decide(*asked)
    said = {
        "verdict": decision.verdict,
        "layers": dict(decision.layers),
        "because": list(map(writing.because, decision.because)),
        "conditions": list(map(writing.condition, decision.conditions)),
        "assumed": list(decision.assumed),
    }
    write([said], "jsonl")
    return bad


def _access_for(built: Estate, identity: str) -> Access:
    """As below, or of the cloud that can decide about a stranger by its name."""
    return built.knowing(identity) or _access_of(built, identity)


def _access_of(built: Estate, identity: str) -> Access:
    found = built.answering(identity)
    if found is None:
        raise missing(identity, built.identities, "identity")
    return found
