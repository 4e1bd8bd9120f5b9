"""Harms to agents: talking to them, reading what they are told, changing what they do and whatever guards them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.harms.row import Harm, all_on, behind_all, harmed, let_in, on, opened, page
from graph.clouds.aws.rules.language import Conjunction, Given, Need, Place

_BEDROCK, _LAMBDA, _CORE = page("amazonbedrock"), page("awslambda"), page("amazonbedrockagentcore")
_LOGS, _TRAIL = page("amazoncloudwatchlogs"), page("awscloudtrail")
_AGENT, _ALIAS, _FLOW = "bedrock:agent", "bedrock:agent-alias", "bedrock:flow-alias"
_FUNCTION, _GUARDRAIL, _GROUP = "lambda:function", "bedrock:guardrail", "logs:log-group"
_FLOWS, _PROMPT = "bedrock:flow", "bedrock:prompt"
_UNGUARDED: Given = (("bedrock:GuardrailIdentifier", ()),)
_RUNTIME, _GATEWAY = "bedrock-agentcore:runtime", "bedrock-agentcore:gateway"
_END = "bedrock-agentcore:runtime-endpoint"  # a runtime is called through one, and both are asked for

_HANDED = Need(
    "iam:PassRole",
    "iam:role",
    Place.SOME,
    (("iam:PassedToService", ("bedrock.amazonaws.com",)),),
    trusts="bedrock.amazonaws.com",
)
_WAYS = ("", "Command", "ForUser", "WithWebSocketStream", "WithWebSocketStreamForUser")
# Preparing makes a draft to test; whoever talks to an alias has the version that the alias is pointed at.
# https://docs.aws.amazon.com/bedrock/latest/userguide/deploy-agent.html
_PREPARED = (Need("bedrock:PrepareAgent", _AGENT), Need("bedrock:UpdateAgentAlias", _ALIAS, Place.INSIDE))


def _of_flow(action: str) -> Conjunction:
    """What is about a run is asked of the flow and of the alias that it runs by."""
    return (Need(action, _FLOW), Need(action, _FLOWS))


def _flows() -> Iterator[Harm]:
    """Flows and aliases: what they run is what they were last pointed at."""
    guide = "https://docs.aws.amazon.com/bedrock/latest/userguide"
    yield Harm(
        key="aws.agent.switch-alias",
        asset="agent",
        harm="hijack_tools",
        rule=harmed(_ALIAS, "agent", *on(_ALIAS, "bedrock:UpdateAgentAlias")),
        title="Switch the version behind an agent's alias",
        does="make {target} answer with another of its versions",
        reason="Older versions stay, with the tools and instructions that newer ones mended.",
        page=f"{guide}/deploy-agent.html",
    )
    yield Harm(
        key="aws.agent.rewrite-flow",
        asset="agent",
        harm="hijack_tools",
        rule=harmed(_FLOWS, "agent", (*all_on(_FLOWS, "bedrock:UpdateFlow", "bedrock:PrepareFlow"), _HANDED)),
        title="Rewrite a flow",
        does="rewrite what {target} does",
        reason="An update names every node again: models, functions, prompts, guardrails, and the role.",
        page="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateFlow.html",
    )
    yield Harm(
        key="aws.agent.switch-flow-alias",
        asset="agent",
        harm="hijack_tools",
        rule=harmed(_FLOW, "agent", *on(_FLOW, "bedrock:UpdateFlowAlias")),
        title="Switch the version behind a flow's alias",
        does="make {target} run another of its versions",
        reason="An alias runs the version that it was last pointed at.",
        page=f"{guide}/flows-deploy.html",
    )
    yield Harm(
        key="aws.agent.see-flow-run",
        asset="agent",
        harm="read_prompts",
        rule=harmed(_FLOW, "agent", _of_flow("bedrock:GetExecutionFlowSnapshot")),
        title="Read the definition that a run of a flow used",
        does="read the prompts in the definition of {target}",
        reason="The snapshot holds every node of the flow, with its prompts.",
        page=_BEDROCK,
    )


def _prompts() -> Iterator[Harm]:
    """Managed prompts, which flows and agents take from their shelf."""
    rows = (
        ("rewrite-prompt", "hijack_tools", ("UpdatePrompt",), "Rewrite a managed prompt", "rewrite {target}"),
        ("read-prompt", "read_prompts", ("GetPrompt", "RenderPrompt"), "Read a managed prompt", "read {target}"),
    )
    for slug, harm, names, title, does in rows:
        yield Harm(
            key=f"aws.agent-tool.{slug}",
            asset="agent_tool",
            harm=harm,
            rule=harmed(_PROMPT, "agent_tool", *on(_PROMPT, *(f"bedrock:{name}" for name in names))),
            title=title,
            does=does,
            reason="What uses the prompt says what is in it.",
            page="https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-management.html",
        )


def _bypasses() -> Iterator[Harm]:
    """Ways around a guardrail: the model itself, the agent that names it, the setting that enforces it."""
    calls = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
    kinds = ("bedrock:foundation-model", "bedrock:inference-profile")
    unguarded = tuple((Need(call, kind, Place.BASIS, _UNGUARDED),) for kind in kinds for call in calls)
    yield Harm(
        key="aws.guardrail.skip",
        asset="guardrail",
        harm="tamper_guardrails",
        rule=harmed(_GUARDRAIL, "guardrail", *unguarded),
        title="Call a guarded model without its guardrail",
        does="call the models behind what {target} guards, without it",
        reason="A guardrail guards calls that name it: only a denial of calls that name none keeps others away.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-id.html",
    )
    yield Harm(
        key="aws.guardrail.take-off-agent",
        asset="guardrail",
        harm="tamper_guardrails",
        rule=harmed(
            _GUARDRAIL,
            "guardrail",
            (
                *behind_all(_AGENT, "bedrock:UpdateAgent", "bedrock:PrepareAgent"),
                *behind_all(_ALIAS, "bedrock:UpdateAgentAlias"),
                _HANDED,
            ),
        ),
        title="Take a guardrail off an agent",
        does="take {target} off an agent that it guards",
        reason="An update of the agent names its guardrail, or none; an alias of it is pointed at what was changed.",
        page="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgent.html",
    )
    changes = ("bedrock:DeleteEnforcedGuardrailConfiguration", "bedrock:PutEnforcedGuardrailConfiguration")
    loose = harmed(_GUARDRAIL, "guardrail", *((Need(change, "", Place.SOME),) for change in changes))
    yield Harm(
        key="aws.guardrail.turn-off-enforced",
        asset="guardrail",
        harm="tamper_guardrails",
        rule=replace(loose, where=(("enforced", True),)),
        title="Turn off what enforces a guardrail",
        does="turn off that {target} is applied to every call",
        reason="One setting a region decides which guardrail all calls of the account pass.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-enforcements.html",
    )


ROWS = (
    Harm(
        key="aws.agent.invoke",
        asset="agent",
        harm="invoke",
        rule=harmed(_ALIAS, "agent", *on(_ALIAS, "bedrock:InvokeAgent")),
        title="Talk to a Bedrock agent",
        does="talk to {target}",
        reason="The agent acts with its own role, not with the caller's.",
        page=_BEDROCK,
    ),
    Harm(
        key="aws.agent.invoke-flow",
        asset="agent",
        harm="invoke",
        rule=harmed(_FLOW, "agent", *on(_FLOW, "bedrock:InvokeFlow"), _of_flow("bedrock:StartFlowExecution")),
        title="Run a Bedrock flow",
        does="run {target}",
        reason="The flow acts with its own role, not with the caller's.",
        page=_BEDROCK,
    ),
    Harm(
        key="aws.agent.invoke-runtime",
        asset="agent",
        harm="invoke",
        rule=harmed(
            _RUNTIME,
            "agent",
            *(
                tuple(Need(f"bedrock-agentcore:InvokeAgentRuntime{way}", kind) for kind in (_RUNTIME, _END))
                for way in _WAYS
            ),
        ),
        title="Call an AgentCore runtime",
        does="call {target}",
        reason="The runtime acts with its own role, not with the caller's.",
        page=_CORE,
    ),
    Harm(
        key="aws.agent.read-instructions",
        asset="agent",
        harm="read_prompts",
        rule=harmed(_AGENT, "agent", *on(_AGENT, "bedrock:GetAgent")),
        title="Read an agent's instructions",
        does="read the instructions of {target}",
        reason="The answer holds the system prompt (MITRE ATLAS AML.T0056).",
        page=_BEDROCK,
    ),
    Harm(
        key="aws.agent.read-memory",
        asset="agent",
        harm="read_prompts",
        rule=harmed(_ALIAS, "agent", *on(_ALIAS, "bedrock:GetAgentMemory")),
        title="Read an agent's memory",
        does="read what {target} remembers of its users",
        reason="Memory holds summaries of past sessions.",
        page=_BEDROCK,
    ),
    Harm(
        key="aws.agent.hijack-tools",
        asset="agent",
        harm="hijack_tools",
        rule=harmed(
            _AGENT,
            "agent",
            *(
                (*all_on(_AGENT, action), *_PREPARED)
                for action in (
                    "bedrock:CreateAgentActionGroup",
                    "bedrock:UpdateAgentActionGroup",
                    "bedrock:AssociateAgentCollaborator",
                    "bedrock:UpdateAgentCollaborator",
                )
            ),
            # An update names the agent's role, so that it is passed again.
            # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgent.html
            (*all_on(_AGENT, "bedrock:UpdateAgent"), *_PREPARED, _HANDED),
            (
                *all_on(_AGENT, "bedrock:AssociateAgentKnowledgeBase"),
                Need("bedrock:AssociateAgentKnowledgeBase", "bedrock:knowledge-base", Place.SOME),
                *_PREPARED,
            ),
        ),
        title="Give an agent other tools or instructions",
        does="give {target} other tools or instructions",
        reason="A change takes effect when the agent is prepared and an alias of it is pointed at the new version.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/deploy-agent.html",
    ),
    Harm(
        key="aws.agent-tool.rewrite-function",
        asset="agent_tool",
        harm="hijack_tools",
        rule=harmed(
            _FUNCTION,
            "agent_tool",
            *on(_FUNCTION, "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        ),
        title="Rewrite a tool of an agent",
        does="rewrite {target}, which an agent calls as a tool",
        reason="The agent trusts what its tool answers, and hands it what its users said.",
        page=_LAMBDA,
    ),
    Harm(
        key="aws.agent-tool.call-function",
        asset="agent_tool",
        harm="hijack_tools",
        rule=harmed(_FUNCTION, "agent_tool", *on(_FUNCTION, "lambda:InvokeFunction")),
        title="Call a tool past its agent",
        does="call {target} directly, past the agent and its guardrails",
        reason="The tool does not know who calls it.",
        page=_LAMBDA,
    ),
    Harm(
        key="aws.agent-tool.call-function-by-policy",
        asset="agent_tool",
        harm="hijack_tools",
        rule=opened(
            _FUNCTION,
            "agent_tool",
            "policy",
            *let_in(Need("lambda:AddPermission", _FUNCTION), Need("lambda:InvokeFunction", _FUNCTION), adds=True),
        ),
        title="Open a tool and call it past its agent",
        does="let itself or others call {target}, past the agent and its guardrails",
        reason="A statement of the function's policy lets in any principal, also of another account.",
        page="https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html",
    ),
    Harm(
        key="aws.agent-tool.change-gateway",
        asset="agent_tool",
        harm="hijack_tools",
        rule=harmed(
            _GATEWAY,
            "agent_tool",
            *on(
                _GATEWAY,
                "bedrock-agentcore:CreateGatewayTarget",
                "bedrock-agentcore:UpdateGatewayTarget",
                "bedrock-agentcore:SynchronizeGatewayTargets",
            ),
        ),
        title="Change the targets of a tool gateway",
        does="change the targets of {target}",
        reason="Agents take the tools that the gateway offers.",
        page=_CORE,
    ),
    Harm(
        key="aws.agent-tool.call-gateway",
        asset="agent_tool",
        harm="hijack_tools",
        rule=harmed(_GATEWAY, "agent_tool", *on(_GATEWAY, "bedrock-agentcore:InvokeGateway")),
        title="Call a tool gateway past its agents",
        does="call the tools of {target} directly",
        reason="The gateway acts with its own role and credentials.",
        page=_CORE,
    ),
    Harm(
        key="aws.guardrail.tamper",
        asset="guardrail",
        harm="tamper_guardrails",
        rule=harmed(_GUARDRAIL, "guardrail", *on(_GUARDRAIL, "bedrock:UpdateGuardrail", "bedrock:DeleteGuardrail")),
        title="Change or delete a guardrail",
        does="change or delete {target}",
        reason="Calls that name the guardrail are then filtered less, or not at all.",
        page=_BEDROCK,
        answers=("AWS-T190",),
    ),
    *_flows(),
    *_prompts(),
    *_bypasses(),
    Harm(
        key="aws.guardrail.share",
        asset="guardrail",
        harm="tamper_guardrails",
        rule=harmed(_GUARDRAIL, "guardrail", *on(_GUARDRAIL, "bedrock:PutResourcePolicy")),
        title="Rewrite a guardrail's policy",
        does="rewrite the policy of {target}",
        reason="The policy decides which accounts can apply the guardrail that the organization enforces.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-resource-based-policies.html",
    ),
    Harm(
        key="aws.prompt-log.read-events",
        asset="prompt_log",
        harm="read_prompts",
        rule=harmed(
            _GROUP,
            "prompt_log",
            *on(_GROUP, "logs:FilterLogEvents", "logs:StartLiveTail", "logs:PutSubscriptionFilter"),
            all_on(_GROUP, "logs:StartQuery", "logs:GetQueryResults"),
            (Need("logs:GetLogEvents", "logs:log-stream", Place.INSIDE),),
        ),
        title="Read prompts from a log group",
        does="read the prompts logged in {target}",
        reason="Model invocation logs hold prompts and answers in full.",
        page=_LOGS,
    ),
    Harm(
        key="aws.prompt-log.redirect",
        asset="prompt_log",
        harm="read_prompts",
        rule=harmed(
            _GROUP,
            "prompt_log",
            (Need("bedrock:PutModelInvocationLoggingConfiguration", "", Place.SOME), _HANDED),
        ),
        title="Have prompts logged somewhere else",
        does="have what is logged to {target} written to a place of its own",
        reason="The setting names the log group or bucket, and the role that writes there.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
    ),
    Harm(
        key="aws.prompt-log.delete-group",
        asset="prompt_log",
        harm="blind",
        rule=harmed(
            _GROUP,
            "prompt_log",
            *on(_GROUP, "logs:DeleteLogGroup"),
            (Need("bedrock:DeleteModelInvocationLoggingConfiguration", "", Place.SOME),),
            (Need("bedrock:PutModelInvocationLoggingConfiguration", "", Place.SOME),),
        ),
        title="Stop logging prompts to a log group",
        does="stop what is logged to {target}",
        reason="One setting a region turns model invocation logging off for the whole account.",
        page=_BEDROCK,
        answers=("AWS-T191",),
    ),
    Harm(
        key="aws.prompt-log.stop-to-bucket",
        asset="prompt_log",
        harm="blind",
        rule=harmed(
            "s3:bucket",
            "prompt_log",
            (Need("bedrock:DeleteModelInvocationLoggingConfiguration", "", Place.SOME),),
            (Need("bedrock:PutModelInvocationLoggingConfiguration", "", Place.SOME),),
            (Need("cloudtrail:StopLogging", "cloudtrail:trail", Place.NEAR),),
            (Need("cloudtrail:PutEventSelectors", "cloudtrail:trail", Place.NEAR),),
        ),
        title="Stop logging prompts to a bucket",
        does="stop what is logged to {target}",
        reason="One setting a region turns model invocation logging off; a trail records who changed it.",
        page=_TRAIL,
        answers=("AWS-T191",),
    ),
)
