"""What agents work with: the tools they call, whose roles those have, what they answer from, to whom they hand on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from graph.clouds.aws.facts import Principal, Resource
from graph.clouds.aws.read.bedrock import AGENTS, FLOWS, bases_of
from graph.clouds.aws.read.estate import spread, text, texts, values
from graph.clouds.aws.read.reading import Reading, Thing, parse
from graph.clouds.aws.read.sorts import items
from graph.clouds.aws.read.trust import statements
from graph.model import Because, Condition, Edge, EdgeClass, Json, Proof, Strength, Verdict

CALLS, ACTS, ANSWERS, HANDS_ON, REACHES = "calls-tool", "acts-as", "answers-from", "hands-on", "reaches-agent"
_GUARDED = "-guarded"  # the rule of an edge that something may stop
_COLLABORATORS = "bedrock-agent-list-agent-collaborators"
_GATEWAY = "bedrock-agentcore-control-get-gateway"
_TARGET = "bedrock-agentcore-control-get-gateway-target"
_GUARD_KEY = "bedrock:guardrailidentifier"
_Found = Iterator[tuple[Edge, Proof]]
_Known = Mapping[str, Resource]
_Roles = Mapping[str, Principal]


def agent_edges(reading: Reading, things: Iterable[Thing]) -> dict[Edge, Proof]:
    """Edges of use from agents to what they work with, each with what is open about it. None of them is a takeover."""
    everything = list(things)
    known = {thing.arn: thing for thing in everything if isinstance(thing, Resource)}
    roles = {thing.key: thing for thing in everything if isinstance(thing, Principal)}
    found: dict[Edge, Proof] = {}
    parts = (_agents(reading, known, roles), _flows(reading), _gateways(reading, known), _runtimes(known))
    for edge, proof in chain(*parts):
        found.setdefault(edge, proof)
    called = {edge.target for edge in found if edge.rule.startswith(CALLS)} | {*reading.told.called}
    for function in sorted(called & known.keys()):
        found |= dict(acting(known[function]))
    return found


def _agents(reading: Reading, known: _Known, roles: _Roles) -> _Found:
    for item in items(reading, AGENTS):
        agent = known.get(item.arn)
        if agent is None:
            continue
        guards = tuple(_guards(item.record, [roles[role] for role in agent.runs_as if role in roles]))
        for tool in map(_function, _named(agent, "tools")):
            yield _use(agent.arn, CALLS, tool, "the agent calls the tool as it is told to", guards)
        for base in _named(agent, "knowledge_bases"):
            yield _answer(agent.arn, base, guards)
        for other in _collaborators(reading, item.account, item.place.region, text(item.record, "agentId")):
            yield _use(agent.arn, HANDS_ON, other, "the agent hands on what it is told", ())


def _flows(reading: Reading) -> _Found:
    node = "definition.nodes.configuration"
    for item in items(reading, FLOWS):
        for tool in map(_function, texts(item.record, f"{node}.lambdaFunction.lambdaArn")):
            yield _use(item.arn, CALLS, tool, "the flow gives the tool what it is told", ())
        for alias in texts(item.record, f"{node}.agent.agentAliasArn"):
            yield _use(item.arn, HANDS_ON, _agent_of(alias), "the flow hands on what it is told", ())
        for asked in values(item.record, f"{node}.knowledgeBase"):
            guards = tuple(_on(asked))
            for base in bases_of(item, texts(asked, "knowledgeBaseId")):
                yield _answer(item.arn, base, guards)


def _gateways(reading: Reading, known: _Known) -> _Found:
    """A gateway calls functions, and other services with its own role.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-outbound-auth.html
    """
    for part in reading.answers.parts(_TARGET):
        gateway = known.get(_gateway_of(known, part.scope, part.region, part.arguments[:1]))
        if gateway is None:
            continue
        guards = tuple(_before(reading.answers.one(part.scope, part.region, _GATEWAY, part.arguments[0])))
        mcp = next(iter(values(part.response, "targetConfiguration.mcp")), {})
        for tool in map(_function, texts(mcp, "lambda.lambdaArn")):
            yield _use(gateway.arn, CALLS, tool, "the tool does with what it is given what is wanted", guards)
        lent = "GATEWAY_IAM_ROLE" in texts(part.response, "credentialProviderConfigurations.credentialProviderType")
        service = lent and isinstance(mcp, Mapping) and any(name != "lambda" for name in mcp)
        for role in gateway.runs_as if service else ():
            yield _use(gateway.arn, ACTS, role, "the service behind the gateway is the one that is wanted", guards)


def _gateway_of(known: _Known, account: str, region: str, arguments: tuple[str, ...]) -> str:
    ends = f":{region}:{account}:gateway/{next(iter(arguments), '')}"
    return next((arn for arn in known if ":bedrock-agentcore:" in arn and arn.endswith(ends)), "")


def _runtimes(known: _Known) -> _Found:
    """What the code in a runtime does for its callers it does with the runtime's role."""
    for arn, runtime in known.items():
        for role in runtime.runs_as if runtime.kind == "bedrock-agentcore:runtime" else ():
            yield _use(arn, ACTS, role, "the code in the runtime does as it is told", ())


def acting(function: Resource) -> Iterator[tuple[Edge, Proof]]:
    """What a function does for whoever calls it, it does with its role."""
    for role in function.runs_as:
        yield _use(function.arn, ACTS, role, "the code of the function does what is asked of it", ())


# ----- edges


def _use(source: str, rule: str, target: str, hope: str, guards: tuple[str, ...]) -> tuple[Edge, Proof]:
    named = rule + _GUARDED if guards else rule
    edge = Edge(source, target, EdgeClass.CAN_BECOME, named, Verdict.CONDITIONAL, Strength.USES)
    return edge, _proof(hope, guards)


def _answer(source: str, base: str, guards: tuple[str, ...]) -> tuple[Edge, Proof]:
    rule, harm = ANSWERS + (_GUARDED if guards else ""), "read_training_data"
    edge = Edge(source, base, EdgeClass.GRANTS, rule, Verdict.CONDITIONAL, Strength.USES, harm)
    return edge, _proof("the agent tells whoever steers it what it finds", guards)


def _proof(hope: str, guards: tuple[str, ...]) -> Proof:
    conditions = [Condition(hope, "", (), "true", "none")]
    conditions += [Condition(f"{guard} lets it through", "", (), "true", "none") for guard in guards]
    because = Because("snapshot", None, "It is set up so; what comes of it no permission decides.")
    return Proof(Verdict.CONDITIONAL, conditions=tuple(conditions), because=(because,))


# ----- what stands in the way


def _guards(agent: Json, roles: Iterable[Principal]) -> Iterator[str]:
    """A guardrail on the agent, or one without which its role may not call a model.

    https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-id.html
    """
    yield from _on(agent)
    named = {name for role in roles for paper in role.documents for name in _required(statements(paper))}
    yield from (f"the guardrail {name}, which its role must name," for name in sorted(named))


def _before(gateway: Json) -> Iterator[str]:
    """A policy engine before the tools, if it does more than take notes; code of one's own before or after a call.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-enforcement-modes.html
    """
    for engine in values(gateway, "policyEngineConfiguration"):
        if text(engine, "mode") == "ENFORCE":
            yield f"the policy engine {text(engine, 'arn').rpartition('/')[2]}"
    for function in texts(gateway, "interceptorConfigurations.interceptor.lambda.arn"):
        yield f"the interceptor {_function(function).rpartition(':')[2]}"


def _on(thing: Json) -> Iterator[str]:
    return (f"the guardrail {name}" for name in texts(thing, "guardrailConfiguration.guardrailIdentifier"))


def _required(said: Iterable[Mapping[str, Json]]) -> Iterator[str]:
    for statement in said:
        conditions = statement.get("Condition")
        for keys in conditions.values() if isinstance(conditions, Mapping) else ():
            for key, wanted in keys.items() if isinstance(keys, Mapping) else ():
                if str(key).lower() == _GUARD_KEY:
                    yield from (str(value).rpartition("/")[2] for value in spread(wanted))


# ----- names


def _named(resource: Resource, attribute: str) -> tuple[str, ...]:
    return tuple(str(one) for one in spread(resource.attributes.get(attribute)))


def _function(arn: str) -> str:
    """A function without the version or alias that is called."""
    return ":".join(arn.split(":")[:7])


def _agent_of(alias: str) -> str:
    """The agent that an alias belongs to."""
    parsed = parse(alias)
    if parsed is None or not parsed.rest.startswith("agent-alias/"):
        return alias
    return alias.replace(":agent-alias/", ":agent/").rpartition("/")[0]


def _collaborators(reading: Reading, account: str, region: str, agent: str) -> Iterator[str]:
    for part in reading.answers.parts(_COLLABORATORS):
        if (part.scope, part.region, *part.arguments[:1]) == (account, region, agent):
            yield from map(_agent_of, texts(part.response, "agentCollaboratorSummaries.agentDescriptor.aliasArn"))
