"""Scenes of the planted estate about AI: models, endpoints, agents, their knowledge, tools, guardrails and logs."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import REGION, Answer, allow, to, trust
from tests.estates.aws_planted_stage import Stage, scene

_BEDROCK = "bedrock.amazonaws.com"


def _model(s: Stage) -> str:
    """A foundation model of its own; its ARN."""
    arn = f"arn:aws:bedrock:{REGION}::foundation-model/planted.{s.name}-v1:0"
    about = {"modelArn": arn, "modelId": f"planted.{s.name}-v1:0", "inferenceTypesSupported": ["ON_DEMAND"]}
    s.a.append("bedrock-list-foundation-models", "modelSummaries", about | {"modelLifecycle": {"status": "ACTIVE"}})
    return arn


def _guardrail(s: Stage) -> str:
    arn = s.a.arn("bedrock", f"guardrail/{s.name}")
    about = {"arn": arn, "id": s.name, "name": s.name, "version": "DRAFT", "status": "READY"}
    s.a.append("bedrock-list-guardrails", "guardrails", about)
    return arn


def _agent(s: Stage, tool: str = "") -> str:
    """A prepared agent with one alias, and perhaps one tool; its ARN."""
    arn, model = s.a.arn("bedrock", f"agent/{s.name}"), _model(s)
    invoke = allow("bedrock:InvokeModel", model)
    role = s.role(trust({"Service": _BEDROCK}, StringEquals={"aws:SourceAccount": s.a.number}), invoke, suffix="agent")
    listed = {"agentId": s.name, "agentStatus": "PREPARED", "latestAgentVersion": "1"}
    s.a.append("bedrock-agent-list-agents", "agentSummaries", listed)
    about = {
        "agentId": s.name,
        "agentName": s.name,
        "agentArn": arn,
        "agentResourceRoleArn": role,
        "foundationModel": model,
    }
    s.a.put("bedrock-agent-get-agent", {"agent": about}, s.name)
    alias = {"agentAliasId": f"{s.name}-live", "routingConfiguration": [{"agentVersion": "1"}]}
    s.a.put("bedrock-agent-list-agent-aliases", {"agentAliasSummaries": [alias]}, s.name)
    groups = [{"actionGroupId": "tools", "actionGroupState": "ENABLED"}] if tool else []
    s.a.put("bedrock-agent-list-agent-action-groups", {"actionGroupSummaries": groups}, s.name, "1")
    executor = {"actionGroupName": "tools", "actionGroupState": "ENABLED", "actionGroupExecutor": {"lambda": tool}}
    if tool:
        s.a.put("bedrock-agent-get-agent-action-group", {"agentActionGroup": executor}, s.name, "1", "tools")
    s.a.put("bedrock-agent-list-agent-knowledge-bases", {"agentKnowledgeBaseSummaries": []}, s.name, "1")
    return arn


def _knowledge(s: Stage) -> tuple[str, str]:
    """A knowledge base fed from a bucket; the ARNs of both."""
    arn, bucket = s.a.arn("bedrock", f"knowledge-base/{s.name}"), f"arn:aws:s3:::{s.name}"
    s.a.bucket(s.name)
    role = s.role(_BEDROCK, allow("s3:GetObject", f"{bucket}/*"), suffix="knowledge")
    listed = {"knowledgeBaseId": s.name, "status": "ACTIVE"}
    s.a.append("bedrock-agent-list-knowledge-bases", "knowledgeBaseSummaries", listed)
    about = {"knowledgeBaseId": s.name, "name": s.name, "knowledgeBaseArn": arn, "roleArn": role}
    kinds = {"storageConfiguration": {"type": "RDS"}, "knowledgeBaseConfiguration": {"type": "VECTOR"}}
    s.a.put("bedrock-agent-get-knowledge-base", {"knowledgeBase": about | kinds}, s.name)
    s.a.put(
        "bedrock-agent-list-data-sources",
        {"dataSourceSummaries": [{"dataSourceId": "src", "status": "AVAILABLE"}]},
        s.name,
    )
    configuration = {"type": "S3", "s3Configuration": {"bucketArn": bucket}}
    s.a.put("bedrock-agent-get-data-source", {"dataSource": {"dataSourceConfiguration": configuration}}, s.name, "src")
    return arn, bucket


@scene("it may invoke the model", "the organization denies it that")
def invoke_model(s: Stage) -> None:
    model = _model(s)
    s.attacker(allow("bedrock:InvokeModel", model))
    s.wins("invoke", model)


@scene("it may call the endpoint", "it may look at the endpoint")
def invoke_endpoint(s: Stage) -> None:
    _endpoint(s)
    end = s.a.arn("sagemaker", f"endpoint/{s.name}")
    s.attacker(allow(s.pick("sagemaker:InvokeEndpoint", "sagemaker:DescribeEndpoint"), end))
    s.wins("invoke", end)
    s.wins("extract_model", end)


@scene("it may write what the endpoint loads", "it may write beside it")
def replace_artifact(s: Stage) -> None:
    _endpoint(s)
    artifact = f"arn:aws:s3:::{s.name}-models/{s.pick('live', 'drafts')}/*"
    s.attacker(allow("s3:PutObject", artifact))
    kept = (f"arn:aws:s3:::{s.name}-models", s.a.arn("sagemaker", f"model/{s.name}-v1"))
    for target in (*kept, s.a.arn("sagemaker", f"endpoint/{s.name}")):
        s.wins("replace_model", target)
        s.wins("extract_model", target)  # what it writes there runs with the role that reads the model


@scene("it may change and swap the endpoint's configuration", "it may make configurations, and not use them")
def swap_endpoint(s: Stage) -> None:
    _endpoint(s)
    end = s.a.arn("sagemaker", f"endpoint/{s.name}")
    update = (allow("sagemaker:UpdateEndpoint", [end, s.a.arn("sagemaker", "endpoint-config/*")]),) if s.good else ()
    s.attacker(allow("sagemaker:CreateEndpointConfig", s.a.arn("sagemaker", "endpoint-config/*")), *update)
    s.wins("replace_model", end)
    s.wins("read_prompts", end)  # a configuration also says where traffic is captured


@scene("it may talk to the agent", "it may talk to an alias that is not there")
def talk_to_agent(s: Stage) -> None:
    agent = _agent(s)
    alias = s.a.arn("bedrock", f"agent-alias/{s.name}/{s.pick(f'{s.name}-live', 'gone')}")
    s.attacker(allow("bedrock:InvokeAgent", alias))
    s.wins("invoke", agent)


@scene("it may replace the code of the agent's tool", "it may replace that of a function that is no tool")
def hijack_tool(s: Stage) -> None:
    role = s.role("lambda.amazonaws.com")
    invoker = to({"Service": _BEDROCK}, allow("lambda:InvokeFunction", StringEquals={"aws:SourceAccount": s.a.number}))
    tool = s.a.function(s.name, role, invoker)
    _agent(s, tool)
    s.attacker(allow("lambda:UpdateFunctionCode", s.pick(tool, f"{tool}-other")))
    s.wins()
    s.wins("hijack_tools", tool)


@scene("it may ask the knowledge base", "it may list knowledge bases")
def ask_knowledge(s: Stage) -> None:
    base, _bucket = _knowledge(s)
    s.attacker(allow(s.pick("bedrock:Retrieve", "bedrock:GetKnowledgeBase"), base))
    s.wins("invoke", base)
    s.wins("read_training_data", base)


@scene("it may write the documents behind the knowledge base", "it may read their names")
def poison_knowledge(s: Stage) -> None:
    _base, bucket = _knowledge(s)
    s.attacker(allow("s3:PutObject", f"{bucket}/*") if s.good else allow("s3:ListBucket", bucket))
    s.wins("poison_data", bucket)


@scene("it may change the guardrail", "it may change another guardrail")
def weaken_guardrail(s: Stage) -> None:
    guardrail = _guardrail(s)
    s.attacker(allow("bedrock:UpdateGuardrail", s.pick(guardrail, f"{guardrail}-other")))
    s.wins("tamper_guardrails", guardrail)


@scene("it can make a Bedrock key of a user who may invoke the model", "it can make one for CodeCommit only")
def bedrock_key(s: Stage) -> None:
    model = _model(s)
    s.a.user(f"{s.name}-victim", allow("bedrock:InvokeModel", model), allow("bedrock:CallWithBearerToken"))
    only: Answer = (
        {} if s.good else {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": "codecommit.amazonaws.com"}}
    )
    s.attacker(allow("iam:CreateServiceSpecificCredential", s.a.arn("iam", f"user/{s.name}-victim"), **only))
    s.wins("invoke", model)


def _endpoint(s: Stage) -> None:
    s.a.bucket(f"{s.name}-models", purpose="model-artifacts")
    role = s.role(
        "sagemaker.amazonaws.com", allow("s3:GetObject", f"arn:aws:s3:::{s.name}-models/live/*"), suffix="serving"
    )
    s.a.endpoint(s.name, f"{s.name}-v1", role, f"s3://{s.name}-models/live/model.tar.gz")
