"""Harms to what runs in AgentCore: runtimes, gateways, memories, interpreters, browsers and credential providers."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.harms.row import PUSHED, Harm, all_on, behind_all, harmed, let_in, on, opened, page
from graph.clouds.aws.rules.language import Conjunction, Need, Place

_PAGE = page("amazonbedrockagentcore")
_GUIDE = "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide"
_RUNTIME, _END, _GATEWAY = (
    "bedrock-agentcore:runtime",
    "bedrock-agentcore:runtime-endpoint",
    "bedrock-agentcore:gateway",
)
_MEMORY, _BROWSER = "bedrock-agentcore:memory", "bedrock-agentcore:browser-custom"
_VAULT, _MOVED = "bedrock-agentcore:token-vault", "bedrock-agentcore:UpdateAgentRuntimeEndpoint"
_CODE = "bedrock-agentcore:code-interpreter-custom"
_PASSED = Need(
    "iam:PassRole",
    "iam:role",
    Place.SOME,
    (("iam:PassedToService", ("bedrock-agentcore.amazonaws.com",)),),
    trusts="bedrock-agentcore.amazonaws.com",
)


def _core(*names: str) -> tuple[str, ...]:
    return tuple(f"bedrock-agentcore:{name}" for name in names)


_STREAM = Need("bedrock-agentcore:ConnectBrowserAutomationStream", "", Place.SOME)
_WATCH = Need("bedrock-agentcore:ConnectBrowserLiveViewStream", "", Place.SOME)


_REMEMBERED = ("CreateEvent", "BatchCreateMemoryRecords", "BatchUpdateMemoryRecords", "UpdateMemory")
_TOLD = ("ListEvents", "GetEvent", "RetrieveMemoryRecords", "GetMemoryRecord", "ListSessions")


def _row(key: str, harm: str, kind: str, ways: tuple[Conjunction, ...], title: str, does: str, reason: str) -> Harm:
    asset = key.split(".")[1].replace("-", "_")
    return Harm(key, asset, harm, harmed(kind, asset, *ways), title, does, reason, _PAGE)


def _providers() -> Iterator[Harm]:
    for slug, name in (("apikey", "UpdateApiKeyCredentialProvider"), ("oauth2", "UpdateOauth2CredentialProvider")):
        kind = f"bedrock-agentcore:{slug}credentialprovider"
        yield _row(
            f"aws.agent-tool.replace-{slug}-provider",
            "hijack_tools",
            kind,
            ((*all_on(kind, *_core(name)), Need(f"bedrock-agentcore:{name}", _VAULT, Place.BASIS)),),
            "Put other credentials into what agents call tools with",
            "put credentials of its own into {target}",
            "Agents then work in an account of somebody else, who sees all of it.",
        )


def _open() -> Iterator[Harm]:
    win, opening = Need("bedrock-agentcore:InvokeGateway", _GATEWAY), "bedrock-agentcore:PutResourcePolicy"
    yield Harm(
        key="aws.agent-tool.call-gateway-by-policy",
        asset="agent_tool",
        harm="hijack_tools",
        rule=opened(_GATEWAY, "agent_tool", "policy", *let_in(Need(opening, _GATEWAY), win)),
        title="Open a tool gateway and call its tools",
        does="let itself or others call the tools of {target}",
        reason="The gateway's policy lets in any principal, also of another account.",
        page=f"{_GUIDE}/resource-based-policies.html",
    )


ROWS = (
    _row(
        "aws.agent.replace-runtime",
        "hijack_tools",
        _RUNTIME,
        ((*all_on(_RUNTIME, *_core("UpdateAgentRuntime")), _PASSED),),
        "Replace what an AgentCore runtime runs",
        "replace the code and settings of {target}",
        "An update makes a new version, which the default endpoint serves at once.",
    ),
    _row(
        "aws.agent.replace-runtime-image",
        "hijack_tools",
        _RUNTIME,
        (behind_all("ecr:repository", *PUSHED),),
        "Replace the image of an AgentCore runtime",
        "push another image that {target} runs",
        "A tag that can be moved is pulled again for new sessions.",
    ),
    _row(
        "aws.agent.switch-runtime-version",
        "hijack_tools",
        _END,
        (tuple(Need(_MOVED, kind) for kind in (_RUNTIME, _END)),),
        "Switch the version that an AgentCore endpoint serves",
        "make {target} serve another of its versions",
        "Older versions stay, with the faults that newer ones mended.",
    ),
    _row(
        "aws.agent-tool.use-interpreter",
        "hijack_tools",
        _CODE,
        (all_on(_CODE, *_core("StartCodeInterpreterSession", "InvokeCodeInterpreter")),),
        "Run code in an agent's interpreter",
        "run code of its own in {target}",
        "The session runs whatever code it is given, with the interpreter's role.",
    ),
    _row(
        "aws.agent-tool.use-browser",
        "hijack_tools",
        _BROWSER,
        ((*all_on(_BROWSER, *_core("StartBrowserSession")), _STREAM),),
        "Steer an agent's browser",
        "steer {target}",
        "The session goes where it is sent, with the browser's role and profile.",
    ),
    _row(
        "aws.agent-tool.watch-browser",
        "read_prompts",
        _BROWSER,
        ((_WATCH,),),
        "Watch an agent's browser",
        "watch what agents do in {target}",
        "The live view shows the pages, and what is typed into them.",
    ),
    _row(
        "aws.agent-tool.loosen-gateway",
        "tamper_guardrails",
        _GATEWAY,
        on(_GATEWAY, *_core("UpdateGateway", "ManageResourceScopedPolicy")),
        "Take the policy off a tool gateway",
        "let {target} call tools without what limits it",
        "The gateway names its authorizer and its policy engine; an update names others, or none.",
    ),
    _row(
        "aws.rag-store.write-memory",
        "poison_data",
        _MEMORY,
        on(_MEMORY, *_core(*_REMEMBERED)),
        "Poison an agent's memory",
        "make {target} remember what it likes",
        "What is remembered is given to the model in later sessions (MITRE ATLAS AML.T0080.000).",
    ),
    _row(
        "aws.rag-store.read-memory",
        "read_prompts",
        _MEMORY,
        on(_MEMORY, *_core(*_TOLD)),
        "Read an agent's memory in AgentCore",
        "read what {target} remembers of its users",
        "Events are the conversations themselves.",
    ),
    _row(
        "aws.rag-store.wipe-memory",
        "destroy",
        _MEMORY,
        on(_MEMORY, *_core("DeleteMemory")),
        "Delete an agent's memory",
        "delete {target}",
        "Its agents know nobody any more.",
    ),
    *_providers(),
    *_open(),
)
