"""Text from outside that reaches an agent, and services that may act for anybody: starts that are nobody's identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.agents import REACHES, acting
from graph.clouds.aws.read.estate import spread, texts
from graph.clouds.aws.read.reading import Mark, Reading, Thing, identity, partition, shown
from graph.clouds.aws.read.trust import statements
from graph.model import (
    Because,
    Condition,
    Edge,
    EdgeClass,
    Entry,
    EntryKind,
    Evidence,
    Json,
    Node,
    Proof,
    Strength,
    Verdict,
)

LET_IN = "let-in-unnamed"
_SOURCE = "bedrock-agent-get-data-source"
_GATEWAY = "bedrock-agentcore-control-get-gateway"
# What a caller is that a service names as the one it works for.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention
_NAMING = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalorgid")
_NAMING_ELSEWHERE = ("lambda:eventsourcetoken", "aws:sourceowner", "kms:calleraccount")
_CALLS = frozenset({"lambda:*", "*", "lambda:invokefunction", "lambda:invoke*"})
_HARMS = {
    "training_data": ("read_training_data", "poison_data"),
    "rag_store": ("read_training_data", "poison_data"),
    "model_artifact": ("extract_model", "replace_model"),
    "prompt_log": ("read_prompts", ""),
}
Told = Iterator[Node | Entry | tuple[Edge, Proof]]


def prompts(reading: Reading, things: Iterable[Thing]) -> Told:
    """Agents that answer from pages of the web, and gateways that ask nobody who they are."""
    known = {thing.arn: thing for thing in things if isinstance(thing, Resource)}
    yield from _pages(reading, known)
    yield from _open_gateways(reading, known)


def _pages(reading: Reading, known: Mapping[str, Resource]) -> Told:
    """A crawler takes in whatever its pages say. Who writes them no snapshot tells.

    https://docs.aws.amazon.com/bedrock/latest/userguide/webcrawl-data-source-connector.html
    """
    hosts = dict(_crawled(reading))
    for agent in known.values():
        bases = [str(one) for one in spread(agent.attributes.get("knowledge_bases"))]
        mine = tuple(dict.fromkeys(host for base in bases for host in hosts.get(base, ())))
        if agent.kind == "bedrock:agent" and mine:
            why = f"it answers from pages of {', '.join(mine)}"
            hope = Condition(f"somebody else writes pages of {' or '.join(mine)}", "", (), "true", "none")
            facts = shown(door="web page", address=mine)
            yield from _reaching(agent, "Pages that it reads", why, facts, Verdict.CONDITIONAL, (hope,))


def _crawled(reading: Reading) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By knowledge base, the hosts whose pages it takes in."""
    found: dict[str, list[str]] = {}
    at = "dataSource.dataSourceConfiguration.webConfiguration.sourceConfiguration.urlConfiguration.seedUrls.url"
    for part in reading.answers.parts(_SOURCE):
        web = "WEB" in texts(part.response, "dataSource.dataSourceConfiguration.type")
        named = [urlsplit(url).hostname or url for url in texts(part.response, at)]
        ends = f":{part.region}:{part.scope}:knowledge-base/{next(iter(part.arguments), '')}"
        if web:
            found.setdefault(f"arn:{partition(part.region)}:bedrock{ends}", []).extend(named or ["the web"])
    return ((base, tuple(dict.fromkeys(some))) for base, some in found.items())


def _open_gateways(reading: Reading, known: Mapping[str, Resource]) -> Told:
    """https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-inbound-auth.html"""
    for part in reading.answers.parts(_GATEWAY):
        for arn in texts(part.response, "gatewayArn"):
            if arn in known and "NONE" in texts(part.response, "authorizerType"):
                facts = shown(door="no authorizer", open_to="anybody", address=texts(part.response, "gatewayUrl"))
                why = "its gateway asks nobody who they are"
                yield from _reaching(known[arn], "Anybody who calls", why, facts, Verdict.ALLOWED, ())


def _reaching(
    agent: Resource, what: str, why: str, facts: tuple[tuple[str, str], ...], how: Verdict, hopes: tuple[Condition, ...]
) -> Told:
    key, name = f"prompt:{agent.arn}", str(agent.attributes.get("name") or agent.arn.rpartition("/")[2])
    yield identity(key, "prompt", f"{what}: {name}", "", "Text from outside")
    yield Entry(EntryKind.PROMPT, key, why, facts=facts)
    because = (Because("snapshot", None, f"{name}: {why}."),)
    yield (
        Edge(key, agent.arn, EdgeClass.CAN_BECOME, REACHES, how, Strength.USES),
        Proof(how, conditions=hopes, because=because),
    )


# ----- deputies


def deputies(things: Iterable[Thing], marks: Iterable[Mark]) -> Told:
    """Services that a policy lets in whoever they work for: whoever makes the service name the resource comes in."""
    targets: dict[str, set[str]] = {}
    for mark in marks:
        targets.setdefault(mark.key, set()).add(mark.target)
    made: set[str] = set()
    for resource in (thing for thing in things if isinstance(thing, Resource)):
        for service, found in _let_in(resource, targets.get(resource.node, set())):
            if service not in made:
                made.add(service)
                name = f"Any AWS account, through {service}"
                yield identity(_key(service), "deputy", name, "", "Confused deputy", service=service)
                why = "a policy lets the service in without asking for whom it works"
                facts = shown(deputy=service, open_to="any account")
                yield Entry(EntryKind.OUTSIDE, _key(service), why, traits=("deputy",), facts=facts)
            yield found
            yield from acting(resource)


def _key(service: str) -> str:
    return f"deputy:{service}"


def _let_in(resource: Resource, targets: set[str]) -> Iterator[tuple[str, tuple[Edge, Proof]]]:
    for document in resource.policies if resource.kind in ("lambda:function", "s3:bucket") else ():
        for number, statement in enumerate(statements(document)):
            for service in _unnamed(statement):
                evidence = Evidence(document.name, f"/Statement/{number}", "Allow", str(statement.get("Sid") or ""))
                proof = _proof(service, evidence)
                actions = [str(one).lower() for one in spread(statement.get("Action"))]
                for edge in _edges(resource, service, actions, targets):
                    yield service, (edge, proof)


def _unnamed(statement: Mapping[str, Json]) -> Iterator[str]:
    principal = statement.get("Principal")
    services = spread(principal.get("Service")) if isinstance(principal, Mapping) else ()
    conditions = statement.get("Condition")
    blocks = conditions.values() if isinstance(conditions, Mapping) else ()
    keys = {str(key).lower() for block in blocks if isinstance(block, Mapping) for key in block}
    if statement.get("Effect") == "Allow" and not keys & {*_NAMING, *_NAMING_ELSEWHERE}:
        yield from map(str, services)


def _edges(resource: Resource, service: str, actions: list[str], targets: set[str]) -> Iterator[Edge]:
    key = _key(service)
    if resource.kind == "lambda:function" and {"lambda:*", "*", "lambda:invokefunction", "lambda:invoke*"} & set(
        actions
    ):
        yield Edge(key, resource.arn, EdgeClass.CAN_BECOME, LET_IN, Verdict.CONDITIONAL, Strength.USES)
    for target in sorted(targets & _HARMS.keys()) if resource.kind == "s3:bucket" else ():
        for harm, action in zip(_HARMS[target], ("s3:getobject", "s3:putobject"), strict=True):
            if harm and {action, "s3:*", "*"} & set(actions):
                yield Edge(key, resource.node, EdgeClass.GRANTS, LET_IN, Verdict.CONDITIONAL, Strength.USES, harm)


def _proof(service: str, evidence: Evidence) -> Proof:
    hope = Condition(f"{service} can be made to name it from another account", "", (), "true", "none")
    words = "The statement names the service, and not for whose sake it may come."
    return Proof(Verdict.CONDITIONAL, (evidence,), (hope,), because=(Because("resource", evidence, words),))
