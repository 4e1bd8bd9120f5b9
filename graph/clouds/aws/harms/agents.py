"""Harms to agents: talking to them, reading what they are told, changing what they do and whatever guards them."""

from __future__ import annotations

from graph.clouds.aws.harms.row import Harm, all_on, harmed, let_in, on, opened, page
from graph.clouds.aws.rules.language import Need, Place

_BEDROCK, _LAMBDA, _CORE = page("amazonbedrock"), page("awslambda"), page("amazonbedrockagentcore")
_LOGS, _TRAIL = page("amazoncloudwatchlogs"), page("awscloudtrail")
_AGENT, _ALIAS, _FLOW = "bedrock:agent", "bedrock:agent-alias", "bedrock:flow-alias"
_FUNCTION, _GUARDRAIL, _GROUP = "lambda:function", "bedrock:guardrail", "logs:log-group"
_RUNTIME, _GATEWAY = "bedrock-agentcore:runtime", "bedrock-agentcore:gateway"

_PREPARED = (Need("bedrock:PrepareAgent", _AGENT),)

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
        rule=harmed(_FLOW, "agent", *on(_FLOW, "bedrock:InvokeFlow")),
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
            *on(_RUNTIME, "bedrock-agentcore:InvokeAgentRuntime", "bedrock-agentcore:InvokeAgentRuntimeCommand"),
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
                    "bedrock:UpdateAgent",
                )
            ),
        ),
        title="Give an agent other tools or instructions",
        does="give {target} other tools or instructions",
        reason="A change takes effect when the agent is prepared.",
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
            *on(_GATEWAY, "bedrock-agentcore:CreateGatewayTarget", "bedrock-agentcore:UpdateGatewayTarget"),
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
            *on(_GROUP, "logs:FilterLogEvents", "logs:StartQuery", "logs:StartLiveTail", "logs:PutSubscriptionFilter"),
            (Need("logs:GetLogEvents", "logs:log-stream", Place.INSIDE),),
        ),
        title="Read prompts from a log group",
        does="read the prompts logged in {target}",
        reason="Model invocation logs hold prompts and answers in full.",
        page=_LOGS,
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
