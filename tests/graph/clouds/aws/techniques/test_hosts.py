"""Hosts that are there: what they consist of, in which state they are, and whom their roles still trust."""

from __future__ import annotations

from typing import Any

from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.techniques import TECHNIQUES
from graph.model import Proof, Verdict
from tests.estates.aws_small import arn, small

RULES = {rule.key: rule for rule in TECHNIQUES}
EVE = arn("iam:user eve")


def said(rule: str, role: str = "it", **words: Any) -> tuple[Verdict, Proof]:
    """What everybody's answer and the replay say of Eve and a role; they agree."""
    access, end = AwsAccess(small(words)), arn(f"iam:role {role}")
    reaches = RULES[rule].solve(access).reaches
    assert reaches is not None
    proof = RULES[rule].prove(access, EVE, end)
    assert reaches.verdict(EVE, end) is proof.verdict
    return proof.verdict, proof


def instance(**attributes: Any) -> dict[str, Any]:
    return {"runs_as": "it", "attributes": attributes}


SESSION: dict[str, Any] = {
    "allow": ["ssm:StartSession on *"],
    "roles": {"it": {"service": "ec2.amazonaws.com"}, "other": {"service": "ec2.amazonaws.com"}},
}


def test_a_state_that_could_not_be_read_leaves_the_role_unknown() -> None:
    things = {"ec2:instance it": instance(unread=["managed_by_ssm"])}
    verdict, proof = said("aws.ssm-start-session", **SESSION, things=things)
    assert verdict is Verdict.UNKNOWN
    assert any("could not be read" in because.words for because in proof.because)
    assert proof.assumed == ()


def test_a_host_that_is_known_to_fit_goes_before_one_of_which_that_was_not_read() -> None:
    things = {
        "ec2:instance a": instance(unread=["managed_by_ssm"]),
        "ec2:instance b": instance(managed_by_ssm=True),
    }
    verdict, proof = said("aws.ssm-start-session", **SESSION, things=things)
    assert (verdict, proof.via) == (Verdict.ALLOWED, arn("ec2:instance b"))


AGENTS: dict[str, Any] = {
    "allow": [
        "bedrock:CreateAgentActionGroup on bedrock:agent a",
        "bedrock:PrepareAgent on bedrock:agent a",
        "bedrock:InvokeAgent on bedrock:agent-alias b",
    ],
    "roles": {"it": {"service": "bedrock.amazonaws.com"}},
    "things": {"bedrock:agent-alias a": {}, "bedrock:agent-alias b": {}},
}


def test_what_one_may_do_to_one_host_and_to_a_part_of_another_does_not_add_up() -> None:
    """Both agents have the same role, so that it is not the role that tells them apart."""
    agents = {
        f"bedrock:agent {name}": {"runs_as": "it", "attributes": {"parts": [f"bedrock:agent-alias {name}"]}}
        for name in ("a", "b")
    }
    apart = {**AGENTS, "things": {**AGENTS["things"], **agents}}
    assert said("aws.agent-action-group", **apart)[0] is Verdict.DENIED
    joined = {**apart, "allow": [*apart["allow"], "bedrock:InvokeAgent on bedrock:agent-alias a"]}
    verdict, proof = said("aws.agent-action-group", **joined)
    assert (verdict, proof.via) == (Verdict.ALLOWED, arn("bedrock:agent a"))


def test_an_object_is_replaced_only_where_some_host_loads_it() -> None:
    job = {
        "glue:job j": {"runs_as": "it", "attributes": {"parts": ["s3:object code"]}},
        "s3:object code": {},
        "s3:object more": {},
    }
    roles = {"it": {"service": "glue.amazonaws.com"}}
    for name, verdict in (("code", Verdict.ALLOWED), ("more", Verdict.DENIED)):
        estate: dict[str, Any] = {"allow": [f"s3:PutObject on s3:object {name}"], "roles": roles, "things": job}
        assert said("aws.script-of-job", **estate)[0] is verdict


def test_where_jobs_were_never_listed_what_may_be_written_may_be_loaded() -> None:
    estate: dict[str, Any] = {
        "allow": ["s3:PutObject on *"],
        "roles": {"it": {"service": "glue.amazonaws.com"}, "other": {}},
        "things": {"s3:object code": {}},
        "unlisted": ["glue:job"],
    }
    assert said("aws.script-of-job", **estate)[0] is Verdict.UNKNOWN
    assert said("aws.script-of-job", "other", **estate)[0] is Verdict.DENIED


def test_a_trust_with_a_condition_is_met_by_what_runs() -> None:
    """A function that is there was let in; only a role that lets no function in any more is out of reach."""
    only = {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:111122223333:function:*"}}}
    estate: dict[str, Any] = {
        "allow": ["lambda:UpdateFunctionCode on *"],
        "roles": {"it": {"service": "lambda.amazonaws.com", "trust_if": only}},
        "things": {"lambda:function it": {"runs_as": "it", "attributes": {"signed_only": False}}},
        "strangers": {"lambda.amazonaws.com": {"kind": "service"}},
    }
    assert said("aws.update-function-code", **estate)[0] is Verdict.ALLOWED
    gone: dict[str, Any] = {**estate, "roles": {"it": {"service": "ec2.amazonaws.com"}}}
    assert said("aws.update-function-code", **gone)[0] is Verdict.DENIED


def test_a_cluster_leads_to_its_pods_whatever_they_are_trusted_by_and_not_to_what_runs_it() -> None:
    estate: dict[str, Any] = {
        "allow": ["eks:* on *"],
        "roles": {
            "it": {"federated": "arn:aws:iam::111122223333:oidc-provider/oidc"},
            "plane": {"service": "eks.amazonaws.com"},
        },
        "things": {
            "eks:cluster it": {"runs_as": "plane", "attributes": {"pod_roles": ["iam:role it"], "access_entries": True}}
        },
    }
    assert said("aws.eks-access-entry", **estate)[0] is Verdict.ALLOWED
    assert said("aws.eks-access-entry", "plane", **estate)[0] is Verdict.DENIED
    assert said("aws.eks-update-cluster-config", **estate)[0] is Verdict.DENIED


def test_a_condition_on_the_function_that_is_fed_stays_a_condition() -> None:
    fed = "lambda:CreateEventSourceMapping on * if ArnLike lambda:FunctionArn=arn:aws:lambda:*:*:function:it"
    estate: dict[str, Any] = {
        "allow": [fed],
        "roles": {"it": {"service": "lambda.amazonaws.com", "allow": ["sqs:ReceiveMessage on *"]}},
        "things": {"lambda:function it": {"runs_as": "it"}},
    }
    verdict, proof = said("aws.feed-function", **estate)
    assert verdict is Verdict.CONDITIONAL
    assert "lambda:FunctionArn" in [condition.key for condition in proof.conditions]
