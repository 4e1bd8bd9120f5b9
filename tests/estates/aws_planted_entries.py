"""Scenes of the planted estate about where attackers start, and about agents that act for whoever steers them."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import REGION, Answer, allow, policy, to
from tests.estates.aws_planted_ai import _agent, _knowledge
from tests.estates.aws_planted_compute import _instance, _pass
from tests.estates.aws_planted_stage import Stage, scene

_BEDROCK = "bedrock.amazonaws.com"
_ASKED = "bedrock-agent-list-agent-knowledge-bases"


def _tool(s: Stage, invoker: Answer | None = None) -> str:
    """A function that reads the prize, and lets Bedrock of its own account call it."""
    own = to({"Service": _BEDROCK}, allow("lambda:InvokeFunction", StringEquals={"aws:SourceAccount": s.a.number}))
    return s.a.function(s.name, s.role("lambda.amazonaws.com"), invoker or own)


def _armed(s: Stage, *, asks: bool = False) -> tuple[str, str, str]:
    """An agent with such a tool and a knowledge base, which it perhaps asks; the ARNs of agent, base and bucket."""
    agent = _agent(s, _tool(s))
    base, bucket = _knowledge(s)
    asked = [{"knowledgeBaseId": s.name, "knowledgeBaseState": "ENABLED"}] if asks else []
    s.a.put(_ASKED, {"agentKnowledgeBaseSummaries": asked}, s.name, "1")
    return agent, base, bucket


@scene(
    "it may talk to an agent whose tool reads the prize",
    "it may look at the agent",
    "read_secrets",
    "read_training_data",
)
def agent_tool(s: Stage) -> None:
    agent, base, _bucket = _armed(s, asks=True)
    alias = s.a.arn("bedrock", f"agent-alias/{s.name}/{s.name}-live")
    s.attacker(allow(s.pick("bedrock:InvokeAgent", "bedrock:GetAgentAlias"), alias))
    s.wins()
    s.wins("invoke", agent)
    s.wins("read_training_data", base)


@scene(
    "it may write what the agent reads",
    "the agent does not ask that knowledge base",
    "read_secrets",
    "read_training_data",
)
def poisoned_agent(s: Stage) -> None:
    _agent_arn, base, bucket = _armed(s, asks=s.good)
    s.attacker(allow("s3:PutObject", f"{bucket}/*") if s.good else allow("s3:GetBucketLocation", bucket))
    s.wins()
    s.wins("poison_data", bucket)
    s.wins("read_training_data", base)


@scene("it may change the agent and put that to work", "its alias stays with the version it has", "read_secrets")
def changed_agent(s: Stage) -> None:
    agent, _base, _bucket = _armed(s)
    change = allow(["bedrock:UpdateAgent", "bedrock:PrepareAgent"], agent)
    point = (allow("bedrock:UpdateAgentAlias", s.a.arn("bedrock", f"agent-alias/{s.name}/*")),) if s.good else ()
    s.attacker(change, *point, _pass(s.a.arn("iam", f"role/{s.name}-agent")))
    s.wins()
    s.wins("hijack_tools", agent)


@scene("a tool gateway asks nobody who they are", "it asks for a token", "read_secrets")
def open_gateway(s: Stage) -> None:
    arn = s.a.arn("bedrock-agentcore", f"gateway/{s.name}")
    tool = _tool(s)
    role = s.role("bedrock-agentcore.amazonaws.com", allow("lambda:InvokeFunction", tool), suffix="gateway")
    kind = s.pick("NONE", "CUSTOM_JWT")
    listed = {"gatewayId": s.name, "name": s.name, "authorizerType": kind, "status": "READY"}
    s.a.append("bedrock-agentcore-control-list-gateways", "items", listed)
    about = listed | {"gatewayArn": arn, "gatewayUrl": f"https://{s.name}.example/mcp", "roleArn": role}
    s.a.put("bedrock-agentcore-control-get-gateway", about, s.name)
    s.a.put("bedrock-agentcore-control-list-gateway-targets", {"items": [{"targetId": "t", "status": "READY"}]}, s.name)
    target = {"targetConfiguration": {"mcp": {"lambda": {"lambdaArn": tool}}}}
    lent = {"credentialProviderConfigurations": [{"credentialProviderType": "GATEWAY_IAM_ROLE"}]}
    s.a.put("bedrock-agentcore-control-get-gateway-target", target | lent, s.name, "t")
    s.wins(who=f"prompt:{arn}")


@scene(
    "the agent answers from pages of the web",
    "its knowledge base is filled from a bucket alone",
    "read_secrets",
    "read_training_data",
)
def web_pages(s: Stage) -> None:
    agent, base, _bucket = _armed(s, asks=True)
    if s.good:
        seeds = {"seedUrls": [{"url": "https://forum.example/threads"}]}
        web = {"type": "WEB", "webConfiguration": {"sourceConfiguration": {"urlConfiguration": seeds}}}
        s.a.put("bedrock-agent-get-data-source", {"dataSource": {"dataSourceConfiguration": web}}, s.name, "src")
    s.wins(who=f"prompt:{agent}")
    s.wins("read_training_data", base, who=f"prompt:{agent}")


@scene("a function answers anybody at its address", "its address asks for a signature")
def function_address(s: Stage) -> None:
    only = {"lambda:FunctionUrlAuthType": "NONE"}
    function = _tool(s, to("*", allow("lambda:InvokeFunctionUrl", StringEquals=only)))
    url = {"FunctionUrl": "https://f.example/", "FunctionArn": function, "AuthType": s.pick("NONE", "AWS_IAM")}
    s.a.put("lambda-list-function-url-configs", {"FunctionUrlConfigs": [url]}, s.name)
    s.wins(who=function)


@scene("an instance with a role is open to the internet", "its security group lets in its own network")
def open_instance(s: Stage) -> None:
    number = _instance(s, s.role("ec2.amazonaws.com"))
    group = f"sg-{s.name}"
    about = s.a.answers[REGION, "ec2-describe-instances", ()]["Reservations"][-1]["Instances"][0]
    about |= {"PublicIpAddress": "198.51.100.7", "SecurityGroups": [{"GroupId": group}]}
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": s.pick("0.0.0.0/0", "10.0.0.0/8")}],
    }
    s.a.append("ec2-describe-security-groups", "SecurityGroups", {"GroupId": group, "IpPermissions": [rule]})
    s.wins(who=s.a.arn("ec2", f"instance/{number}"))


@scene(
    "the function lets a service in for whomever it works", "it lets it in for its own account alone", "read_secrets"
)
def deputy(s: Stage) -> None:
    named: Answer = {} if s.good else {"StringEquals": {"aws:SourceAccount": s.a.number}}
    _tool(s, to({"Service": "lex.amazonaws.com"}, allow("lambda:InvokeFunction", **named)))
    s.wins(who="deputy:lex.amazonaws.com")


@scene(
    "somebody of another account may write what the agent reads",
    "the bucket lets in the other account to read",
    "read_secrets",
    "read_training_data",
)
def poisoned_from_elsewhere(s: Stage) -> None:
    _agent_arn, base, bucket = _armed(s, asks=True)
    action = s.pick("s3:PutObject", "s3:GetBucketLocation")
    who = s.attacker(allow(action, [bucket, f"{bucket}/*"]), account=s.b)
    opened = to({"AWS": who}, allow(action, f"{bucket}/*" if s.good else bucket))
    s.a.put("s3-get-bucket-policy", {"Policy": policy(opened)}, s.name, region="global")
    s.wins(who=who)
    s.wins("poison_data", bucket, who=who)
    s.wins("read_training_data", base, who=who)


@scene("it may talk to an agent that hands work on to one with a tool", "it may look at that agent", "read_secrets")
def handed_on(s: Stage) -> None:
    front = f"{_armed(s)[0]}-front"
    listed = {"agentId": f"{s.name}-front", "agentStatus": "PREPARED", "latestAgentVersion": "1"}
    s.a.append("bedrock-agent-list-agents", "agentSummaries", listed)
    role = s.role(_BEDROCK, allow("bedrock:InvokeAgent"), suffix="front")
    about = {"agentId": f"{s.name}-front", "agentName": f"{s.name}-front", "agentResourceRoleArn": role}
    s.a.put("bedrock-agent-get-agent", {"agent": about}, f"{s.name}-front")
    s.a.put("bedrock-agent-list-agent-aliases", {"agentAliasSummaries": []}, f"{s.name}-front")
    s.a.put("bedrock-agent-list-agent-action-groups", {"actionGroupSummaries": []}, f"{s.name}-front", "1")
    s.a.put(_ASKED, {"agentKnowledgeBaseSummaries": []}, f"{s.name}-front", "1")
    other = {"agentDescriptor": {"aliasArn": s.a.arn("bedrock", f"agent-alias/{s.name}/live")}}
    known = {"agentCollaboratorSummaries": [other]}
    s.a.put("bedrock-agent-list-agent-collaborators", known, f"{s.name}-front", "1")
    talk = s.pick("bedrock:InvokeAgent", "bedrock:GetAgentAlias")
    s.attacker(allow(talk, s.a.arn("bedrock", f"agent-alias/{s.name}-front/*")))
    s.wins()
    s.wins("invoke", front)
