"""What agents work with, what reaches them from outside, and services that come for anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from graph.model import EdgeClass, EntryKind, Strength, Verdict
from tests.graph.clouds.aws.small import (
    DETAILS,
    REGION,
    A,
    allow,
    arn,
    details,
    entries,
    facts,
    node,
    policy,
    resource,
    role,
)

AGENT, FUNCTION, BASE = arn("bedrock", "agent/a1"), arn("lambda", "function:f"), arn("bedrock", "knowledge-base/k1")
ROLE, TOOLS_ROLE = arn("iam", "role/agent"), arn("iam", "role/tool")
GATEWAY, RUNTIME = arn("bedrock-agentcore", "gateway/g1"), arn("bedrock-agentcore", "runtime/r1")
Answers = dict[Any, Any]
Told = dict[tuple[str, str, str], Any]


def _functions(*statements: Mapping[str, Any]) -> Answers:
    made = {"FunctionName": "f", "FunctionArn": FUNCTION, "Role": TOOLS_ROLE}
    return {
        "lambda-list-functions": {"Functions": [made]},
        ("lambda-get-policy", "f"): {"Policy": policy(*statements)} if statements else {},
    }


def _agent(state: str = "ENABLED", *statements: Mapping[str, Any], **more: Any) -> Answers:
    group = {"actionGroupName": "t", "actionGroupState": state, "actionGroupExecutor": {"lambda": f"{FUNCTION}:live"}}
    about = {"agentId": "a1", "agentName": "helper", "agentResourceRoleArn": ROLE, **more}
    return {
        DETAILS: details(roles=[role("agent", None, *statements), role("tool")]),
        "bedrock-agent-list-agents": {"agentSummaries": [{"agentId": "a1", "latestAgentVersion": "1"}]},
        ("bedrock-agent-get-agent", "a1"): {"agent": about},
        ("bedrock-agent-get-agent-action-group", "a1", "1", "t"): {"agentActionGroup": group},
        ("bedrock-agent-list-agent-knowledge-bases", "a1", "1"): {
            "agentKnowledgeBaseSummaries": [{"knowledgeBaseId": "k1"}]
        },
        "bedrock-agent-list-knowledge-bases": {"knowledgeBaseSummaries": [{"knowledgeBaseId": "k1"}]},
        ("bedrock-agent-get-knowledge-base", "k1"): {"knowledgeBase": {"knowledgeBaseId": "k1", "name": "docs"}},
        **_functions(),
    }


def _uses(answers: Answers) -> Told:
    """Edges of use, each with the conditions that are told of it; none of them is certain or takes over."""
    found = facts(answers)
    edges = [edge for edge in found.edges if edge.strength is Strength.USES]
    assert all(edge.edge_class in (EdgeClass.CAN_BECOME, EdgeClass.GRANTS) for edge in edges)
    told = {}
    for edge in edges:
        key = edge.source, edge.rule, edge.target
        proof = found.reasons[key]
        assert proof.verdict is edge.verdict
        told[key] = [condition.key for condition in proof.conditions]
    return told


def test_an_agent_calls_its_tools_which_act_as_their_roles_and_answers_from_its_knowledge() -> None:
    told = _uses(_agent())
    assert set(told) == {
        (AGENT, "calls-tool", FUNCTION),
        (FUNCTION, "acts-as", TOOLS_ROLE),
        (AGENT, "answers-from", BASE),
    }
    assert told[AGENT, "calls-tool", FUNCTION] == ["the agent calls the tool as it is told to"]


def test_a_tool_that_is_switched_off_is_none() -> None:
    assert set(_uses(_agent("DISABLED"))) == {(AGENT, "answers-from", BASE)}


def test_a_guardrail_of_the_agent_is_named_where_it_stands_in_the_way() -> None:
    told = _uses(_agent(guardrailConfiguration={"guardrailIdentifier": "gr-1", "guardrailVersion": "1"}))
    assert told[AGENT, "calls-tool-guarded", FUNCTION][1:] == ["the guardrail gr-1 lets it through"]
    assert (AGENT, "answers-from-guarded", BASE) in told
    assert (AGENT, "calls-tool", FUNCTION) not in told


def test_a_guardrail_that_the_agents_role_must_name_is_one_too() -> None:
    only = {"StringNotEquals": {"bedrock:GuardrailIdentifier": arn("bedrock", "guardrail/gr-2")}}
    deny = {"Effect": "Deny", "Action": "bedrock:InvokeModel", "Resource": "*", "Condition": only}
    told = _uses(_agent("ENABLED", allow("bedrock:InvokeModel"), deny))
    assert told[AGENT, "calls-tool-guarded", FUNCTION][1:] == [
        "the guardrail gr-2, which its role must name, lets it through"
    ]


def test_an_agent_hands_work_on_to_those_it_works_with() -> None:
    other = {"agentDescriptor": {"aliasArn": arn("bedrock", "agent-alias/a2/live")}}
    answers = _agent() | {
        ("bedrock-agent-list-agent-collaborators", "a1", "1"): {"agentCollaboratorSummaries": [other]}
    }
    listed = [{"agentId": "a1"}, {"agentId": "a2"}]
    answers["bedrock-agent-list-agents"] = {"agentSummaries": listed}
    answers["bedrock-agent-get-agent", "a2"] = {"agent": {"agentId": "a2", "agentResourceRoleArn": ROLE}}
    assert (AGENT, "hands-on", arn("bedrock", "agent/a2")) in _uses(answers)


def test_a_flow_uses_what_its_nodes_name() -> None:
    flow = arn("bedrock", "flow/w1")
    guard = {"guardrailIdentifier": "gr-3", "guardrailVersion": "1"}
    nodes = [
        {"type": "LambdaFunction", "configuration": {"lambdaFunction": {"lambdaArn": FUNCTION}}},
        {"type": "Agent", "configuration": {"agent": {"agentAliasArn": arn("bedrock", "agent-alias/a1/live")}}},
        {
            "type": "KnowledgeBase",
            "configuration": {"knowledgeBase": {"knowledgeBaseId": "k1", "guardrailConfiguration": guard}},
        },
    ]
    answers = _agent() | {
        "bedrock-agent-list-flows": {"flowSummaries": [{"id": "w1", "arn": flow, "name": "w"}]},
        ("bedrock-agent-get-flow", "w1"): {"executionRoleArn": ROLE, "definition": {"nodes": nodes}},
    }
    assert resource(facts(answers), "bedrock:flow", flow).attributes["knowledge_bases"] == (BASE,)
    told = {key for key in _uses(answers) if key[0] == flow}
    assert told == {
        (flow, "calls-tool", FUNCTION),
        (flow, "hands-on", AGENT),
        (flow, "answers-from-guarded", BASE),
    }


def _gateway(target: Mapping[str, Any], authorizer: str = "CUSTOM_JWT") -> Answers:
    about = {"gatewayId": "g1", "name": "g", "gatewayArn": GATEWAY, "roleArn": ROLE, "authorizerType": authorizer}
    lent = [{"credentialProviderType": "GATEWAY_IAM_ROLE"}]
    return {
        DETAILS: details(roles=[role("agent"), role("tool")]),
        "bedrock-agentcore-control-list-gateways": {"items": [{"gatewayId": "g1", "name": "g"}]},
        ("bedrock-agentcore-control-get-gateway", "g1"): about,
        ("bedrock-agentcore-control-get-gateway-target", "g1", "t"): {
            "targetConfiguration": {"mcp": target},
            "credentialProviderConfigurations": lent,
        },
        **_functions(),
    }


def test_a_gateway_calls_functions_as_tools_and_not_as_itself() -> None:
    told = set(_uses(_gateway({"lambda": {"lambdaArn": FUNCTION}})))
    assert told == {(GATEWAY, "calls-tool", FUNCTION), (FUNCTION, "acts-as", TOOLS_ROLE)}


def test_a_gateway_asks_services_with_its_own_role() -> None:
    assert set(_uses(_gateway({"smithyModel": {"s3": {"uri": "s3://m/x"}}}))) == {(GATEWAY, "acts-as", ROLE)}


@pytest.mark.parametrize(("mode", "rule"), [("ENFORCE", "calls-tool-guarded"), ("LOG_ONLY", "calls-tool")])
def test_a_policy_engine_before_the_tools_is_a_guard_if_it_enforces(mode: str, rule: str) -> None:
    answers = _gateway({"lambda": {"lambdaArn": FUNCTION}})
    engine = {"arn": arn("bedrock-agentcore", "policy-engine/e1"), "mode": mode}
    answers["bedrock-agentcore-control-get-gateway", "g1"]["policyEngineConfiguration"] = engine
    told = _uses(answers)
    assert (GATEWAY, rule, FUNCTION) in told
    assert ("the policy engine e1 lets it through" in told[GATEWAY, rule, FUNCTION]) == (mode == "ENFORCE")


def test_a_runtime_does_its_work_as_its_role() -> None:
    runtime = {"agentRuntimeId": "r1", "agentRuntimeArn": RUNTIME, "agentRuntimeName": "r"}
    answers = {
        DETAILS: details(roles=[role("agent")]),
        "bedrock-agentcore-control-list-agent-runtimes": {"agentRuntimes": [runtime]},
        ("bedrock-agentcore-control-get-agent-runtime", "r1"): {**runtime, "roleArn": ROLE},
    }
    assert set(_uses(answers)) == {(RUNTIME, "acts-as", ROLE)}


# ----- from outside


def test_only_a_gateway_that_asks_nobody_is_open_to_everybody() -> None:
    target = {"lambda": {"lambdaArn": FUNCTION}}
    assert entries(facts(_gateway(target)), "prompt") == {}
    found = facts(_gateway(target, "NONE"))
    (start,) = entries(found, "prompt").values()
    assert start.identity == f"prompt:{GATEWAY}"
    assert dict(start.facts) == {"door": "no authorizer", "open_to": "anybody"}
    assert node(found, start.identity).scope == "", "nobody's identity, so nobody whom one takes as breached"
    (edge,) = [edge for edge in found.edges if edge.source == start.identity]
    assert (edge.target, edge.verdict, edge.strength) == (GATEWAY, Verdict.ALLOWED, Strength.USES)


@pytest.mark.parametrize("kind", ["S3", "CONFLUENCE", "WEB"])
def test_pages_of_the_web_reach_the_agents_that_answer_from_them(kind: str) -> None:
    web = {"sourceConfiguration": {"urlConfiguration": {"seedUrls": [{"url": "https://docs.example/x"}]}}}
    configuration = {"type": kind, **({"webConfiguration": web} if kind == "WEB" else {})}
    answers = _agent() | {
        ("bedrock-agent-get-data-source", "k1", "s"): {"dataSource": {"dataSourceConfiguration": configuration}}
    }
    found = facts(answers)
    starts = entries(found, "prompt")
    assert set(starts) == ({f"prompt:{AGENT}"} if kind == "WEB" else set())
    for start in starts.values():
        assert dict(start.facts) == {"door": "web page", "address": "docs.example"}
        (edge,) = [edge for edge in found.edges if edge.source == start.identity]
        assert edge.verdict is Verdict.CONDITIONAL, "who writes those pages is not told"


def _invoked_by(**condition: Any) -> Mapping[str, Any]:
    said = allow("lambda:InvokeFunction", FUNCTION, Principal={"Service": "lex.amazonaws.com"})
    return {**said, "Sid": "s", **({"Condition": condition} if condition else {})}


def test_a_service_that_is_let_in_whoever_it_works_for_comes_for_any_account() -> None:
    found = facts({DETAILS: details(roles=[role("tool")]), **_functions(_invoked_by())})
    start = entries(found, "outside")["deputy:lex.amazonaws.com"]
    assert dict(start.facts) == {"deputy": "lex.amazonaws.com", "open_to": "any account"}
    proof = found.reasons["deputy:lex.amazonaws.com", "let-in-unnamed", FUNCTION]
    assert [(e.document, e.place, e.label) for e in proof.evidence] == [(f"{FUNCTION} policy", "/Statement/0", "s")]
    assert (FUNCTION, "acts-as", TOOLS_ROLE) in found.reasons


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": A}},
        {"ArnLike": {"AWS:SourceArn": f"arn:aws:lex:{REGION}:{A}:*"}},
        {"StringEquals": {"aws:SourceOrgID": "o-1"}},
        {"StringEquals": {"lambda:EventSourceToken": "t"}},
    ],
)
def test_a_service_that_must_say_whom_it_works_for_is_no_deputy(condition: Any) -> None:
    found = facts({DETAILS: details(roles=[role("tool")]), **_functions(_invoked_by(**condition))})
    assert entries(found, "outside") == {}


def test_a_deputy_reaches_a_bucket_in_what_it_is_for() -> None:
    said = allow("s3:GetObject", "arn:aws:s3:::data/*", Principal={"Service": "lex.amazonaws.com"})
    job = {"TrainingJobName": "j", "TrainingJobArn": arn("sagemaker", "training-job/j")}
    channel = {"DataSource": {"S3DataSource": {"S3Uri": "s3://data/x"}}}
    answers = {
        DETAILS: details(),
        "s3-list-buckets": {"Buckets": [{"Name": "data"}]},
        ("s3-get-bucket-policy", "data"): {"Policy": policy(said)},
        "sagemaker-list-training-jobs": {"TrainingJobSummaries": [job]},
        ("sagemaker-describe-training-job", "j"): {**job, "InputDataConfig": [channel]},
    }
    found = facts(answers)
    (edge,) = [edge for edge in found.edges if edge.source == "deputy:lex.amazonaws.com"]
    assert (edge.target, edge.harm, edge.verdict) == ("arn:aws:s3:::data", "read_training_data", Verdict.CONDITIONAL)


def test_starts_are_sorted_and_each_is_a_node() -> None:
    found = facts(_gateway({"lambda": {"lambdaArn": FUNCTION}}, "NONE") | _functions(_invoked_by()))
    keys = {one.key for one in found.nodes}
    assert all(entry.identity in keys for entry in found.entries)
    kinds = [entry.kind for entry in found.entries]
    assert kinds == sorted(kinds)
    assert {EntryKind.PROMPT, EntryKind.OUTSIDE} <= set(kinds)
