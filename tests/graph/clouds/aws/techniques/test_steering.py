"""Who steers which agent is what the slow evaluator says of the harms that steer it, agent by agent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.techniques.agents import WAYS, Steering
from graph.model import Strength, Verdict
from tests.estates.aws_small import arn, small, source
from tests.graph.oracle.aws_rules import Oracle, surest

# agent → its knowledge bases; knowledge base → its stores, by word of what stands there
ASKS = {"a": ("k",), "b": ("k", "l"), "c": ()}
KEPT = {"k": ("s3vectors:index i",), "l": ()}
FROM = {"k": ("s3:bucket d",), "l": ()}
GRANTS = (
    "bedrock:InvokeAgent on bedrock:agent-alias a",
    "bedrock:InvokeAgent on bedrock:agent-alias b if IpAddress aws:SourceIp=192.0.2.0/24",
    "bedrock:CreateAgentActionGroup on bedrock:agent c",
    "bedrock:PrepareAgent on *",
    "bedrock:UpdateAgentAlias on *",
    "bedrock:IngestKnowledgeBaseDocuments on bedrock:knowledge-base l",
    "bedrock:IngestKnowledgeBaseDocuments on bedrock:knowledge-base k if Bool aws:MultiFactorAuthPresent=true",
    "s3vectors:PutVectors on s3vectors:index i",
    "s3:PutObject on s3:object d",
    "bedrock-agentcore:InvokeGateway on bedrock-agentcore:gateway g",
    "bedrock-agentcore:UpdateGatewayTarget on *",
)
DENIALS = ("s3:PutObject on *", "bedrock:InvokeAgent on *", "bedrock:PrepareAgent on *")


def _words(allow: list[str], deny: list[str]) -> dict[str, Any]:
    things: dict[str, Any] = {
        "bedrock-agentcore:gateway g": {"target": "agent_tool"},
        "s3vectors:index i": {"target": "rag_store"},
        "s3:bucket d": {"target": "rag_store"},
        "s3:object d": {},
    }
    for name, asked in ASKS.items():
        bases = [f"bedrock:knowledge-base {one}" for one in asked]
        things[f"bedrock:agent {name}"] = {"target": "agent", "attributes": {"knowledge_bases": bases}}
        things[f"bedrock:agent-alias {name}"] = {}
    for name, kept in KEPT.items():
        attributes = {"stores": list(kept), "buckets": list(FROM[name])}
        things[f"bedrock:knowledge-base {name}"] = {"target": "rag_store", "attributes": attributes}
    return {"allow": allow, "things": things, **({"scp": deny} if deny else {})}


def _nodes(way: Steering, agent: str) -> list[str]:
    """What steers an agent when it is harmed, by its name."""
    if way.precondition != "indirect":
        return [arn(f"bedrock:agent {agent}")]
    bases = ASKS[agent]
    behind = [thing for base in bases for thing in (*KEPT[base], *FROM[base])]
    return [arn(f"bedrock:knowledge-base {base}") for base in bases] + [arn(thing) for thing in behind]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.precondition)
@settings(max_examples=12)
@given(
    allow=st.sets(st.sampled_from(GRANTS), min_size=1, max_size=4), deny=st.sets(st.sampled_from(DENIALS), max_size=1)
)
def test_an_agent_is_steered_as_surely_as_the_surest_harm_that_steers_it(
    way: Steering, allow: set[str], deny: set[str]
) -> None:
    words = _words(sorted(allow), sorted(deny))
    facts, who = small(words), source(words)
    oracle, access = Oracle(facts), AwsAccess(facts)
    found = way.solve(access).reaches
    assert found is not None
    for agent in ASKS:
        key = arn(f"bedrock:agent {agent}")
        nodes = set(_nodes(way, agent)) & {node.key for node in facts.nodes}
        expected = surest(oracle.reaches(row.rule, who, node) for row in way.rows for node in nodes if _fits(row, node))
        said = found.verdict(who, key) if key in found.resources else Verdict.DENIED
        assert said is expected, (agent, allow, deny)
        assert way.prove(access, who, key).verdict is expected


def _fits(row: Any, node: str) -> bool:
    """Whether the row is about things like this node."""
    kind = row.rule.kind.partition(":")[0]
    what = node.split(":")[2]
    return bool(kind == what) and (":agent/" not in node or "agent" in row.rule.kind)


def test_steering_is_use_and_says_by_what() -> None:
    techniques = [way.technique() for way in WAYS]
    assert {technique.precondition for technique in techniques} == {"direct", "indirect", "config"}
    assert all(technique.strength is Strength.USES for technique in techniques)


def test_what_was_written_stands_between_the_writer_and_the_agent() -> None:
    words = _words(["s3vectors:PutVectors on s3vectors:index i"], [])
    way = next(way for way in WAYS if way.precondition == "indirect")
    proof = way.prove(AwsAccess(small(words)), source(words), arn("bedrock:agent a"))
    assert proof.via == arn("s3vectors:index i")
    assert proof.because
