"""Existing PassRole through agents: talking to them, turning them, and the tools that run code for them."""

from __future__ import annotations

from graph.clouds.aws.techniques.hosted import AGENTCORE, BEDROCK, entry, hosted, on, part, passed, some
from graph.model import Strength

_AGENT, _ALIAS = "bedrock:agent", "bedrock:agent-alias"
_RUNTIME, _INTERPRETER = "bedrock-agentcore:runtime", "bedrock-agentcore:code-interpreter-custom"
_BROWSER = "bedrock-agentcore:browser-custom"
_TALK = part(_ALIAS, "bedrock:InvokeAgent")
_TURNED = "what the agent does with its role, tools and knowledge bases when told so"

ENTRIES = (
    entry(
        "invoke-agent",
        "Talk to a Bedrock agent",
        hosted(_ALIAS, BEDROCK, on(_ALIAS, "bedrock:InvokeAgent")),
        "{source} can talk to {via}, which acts as {target}",
        "Narrow bedrock:InvokeAgent to the aliases the caller needs, and let its role do no more than its callers may.",
        "bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html",
        answers=("T145",),
        attack=("T1648",),
        prerequisites="An agent with the role and an alias of it.",
        strength=Strength.USES,
        gives="what the agent can be talked into doing with its role, tools and knowledge bases",
    ),
    entry(
        "agent-action-group",
        "Give an agent a tool and talk to it",
        hosted(_AGENT, BEDROCK, (*on(_AGENT, "bedrock:CreateAgentActionGroup", "bedrock:PrepareAgent"), *_TALK)),
        "{source} can give {via} a tool of its own and use it; it acts as {target}",
        "Keep bedrock:CreateAgentActionGroup and bedrock:PrepareAgent with the agent's developers.",
        "bedrock/latest/APIReference/API_agent_CreateAgentActionGroup.html",
        answers=("T144",),
        attack=("T1648", "T1546"),
        prerequisites="An agent with the role, and a function that lets bedrock.amazonaws.com or the role call it.",
        strength=Strength.USES,
        gives=_TURNED,
    ),
    entry(
        "agent-update",
        "Rewrite an agent and talk to it",
        # An update names the agent's role, so that it is passed again.
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgent.html
        hosted(
            _AGENT,
            BEDROCK,
            (*on(_AGENT, "bedrock:UpdateAgent", "bedrock:PrepareAgent"), *_TALK, *passed(BEDROCK)),
        ),
        "{source} can rewrite what {via} is told to do and talk to it; it acts as {target}",
        "Keep bedrock:UpdateAgent and bedrock:PrepareAgent with the agent's developers.",
        "bedrock/latest/APIReference/API_agent_UpdateAgent.html",
        answers=("T146",),
        attack=("T1648",),
        prerequisites="An agent with the role and an alias of its draft.",
        strength=Strength.USES,
        gives=_TURNED,
    ),
    entry(
        "agentcore-runtime-command",
        "Run a command in an agent's runtime",
        hosted(
            _RUNTIME,
            AGENTCORE,
            (
                *on(_RUNTIME, "bedrock-agentcore:InvokeAgentRuntimeCommand"),
                *part("bedrock-agentcore:runtime-endpoint", "bedrock-agentcore:InvokeAgentRuntimeCommand"),
            ),
        ),
        "{source} can run commands in {via}, which runs as {target}",
        "Take bedrock-agentcore:InvokeAgentRuntimeCommand away from callers that only talk to the agent.",
        "bedrock-agentcore/latest/APIReference/API_InvokeAgentRuntimeCommand.html",
        answers=("T142",),
        attack=("T1609", "T1552.005"),
        prerequisites="A runtime with the role and an endpoint of it.",
    ),
    entry(
        "agentcore-code-interpreter",
        "Run code in a code interpreter that has a role",
        hosted(
            _INTERPRETER,
            AGENTCORE,
            on(
                _INTERPRETER,
                "bedrock-agentcore:StartCodeInterpreterSession",
                "bedrock-agentcore:InvokeCodeInterpreter",
            ),
        ),
        "{source} can run code in {via}, which runs as {target}",
        "Narrow the two actions to the agents that need them, and give interpreters no role.",
        "bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
        known_as=("bedrock-002",),
        answers=("T143",),
        attack=("T1648", "T1552.005"),
        prerequisites="A code interpreter with the role that is ready.",
    ),
    entry(
        "agentcore-browser",
        "Steer a browser that has a role",
        # Which browser a stream belongs to is not asked: only starting a session is tied to one.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrockagentcore.html
        hosted(
            _BROWSER,
            AGENTCORE,
            (
                *on(_BROWSER, "bedrock-agentcore:StartBrowserSession"),
                *some("", "bedrock-agentcore:ConnectBrowserAutomationStream"),
            ),
        ),
        "{source} can steer {via} to where it gets credentials; it runs as {target}",
        "Narrow bedrock-agentcore:StartBrowserSession to the agents that need it, and give browsers no role.",
        "bedrock-agentcore/latest/devguide/browser-tool.html",
        answers=("T141",),
        attack=("T1552.005", "T1185"),
        prerequisites="A browser with the role that is ready.",
    ),
)
