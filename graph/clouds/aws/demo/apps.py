"""The account nw-apps: the support agent with its tools and knowledge, and the keys that people forgot."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import REGION, Account, allow, deny, policy, to, trust

MODELS = ("anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.titan-embed-text-v2:0")
KNOWLEDGE, AGENT, GUARDRAIL = "KB7F2D01QX", "AG5UPP0RT1", "gr4support01"


def make(number: str) -> Account:
    a = Account(number, "nw-apps")
    _models(a)
    tool = _tools(a)
    _agent(a, tool)
    _logs(a)
    _public(a)
    _people(a)
    return a


def _models(a: Account) -> None:
    for name in MODELS:
        item = {
            "modelArn": f"arn:aws:bedrock:{REGION}::foundation-model/{name}",
            "modelId": name,
            "inferenceTypesSupported": ["ON_DEMAND"],
            "modelLifecycle": {"status": "ACTIVE"},
        }
        a.append("bedrock-list-foundation-models", "modelSummaries", item)


def _tools(a: Account) -> str:
    secret = a.secret("prod/claims-db", owner="priya.nair")
    read = allow("secretsmanager:GetSecretValue", secret, sid="Database")
    role = a.role("claims-tool-role", trust({"Service": "lambda.amazonaws.com"}), read, owner="support-ai")
    source = {"aws:SourceArn": a.arn("bedrock", f"agent/{AGENT}")}
    invoker = to(
        {"Service": "bedrock.amazonaws.com"}, allow("lambda:InvokeFunction", "*", sid="Agent", ArnEquals=source)
    )
    return a.function("claims-tool", role, invoker)


def _agent(a: Account, tool: str) -> None:
    ours = {"aws:SourceAccount": a.number}
    runs = trust({"Service": "bedrock.amazonaws.com"}, StringEquals=ours)
    invoke = allow("bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}::foundation-model/*")
    retrieve = allow("bedrock:Retrieve", a.arn("bedrock", f"knowledge-base/{KNOWLEDGE}"))
    role = a.role("support-agent-role", runs, invoke, retrieve, owner="support-ai")
    a.append("bedrock-list-guardrails", "guardrails", _guardrail(a))
    a.append(
        "bedrock-agent-list-agents",
        "agentSummaries",
        {"agentId": AGENT, "agentStatus": "PREPARED", "latestAgentVersion": "1"},
    )
    agent = {
        "agentId": AGENT,
        "agentName": "support-agent",
        "agentArn": a.arn("bedrock", f"agent/{AGENT}"),
        "agentResourceRoleArn": role,
        "foundationModel": MODELS[0],
        "guardrailConfiguration": {"guardrailIdentifier": GUARDRAIL, "guardrailVersion": "1"},
    }
    a.put("bedrock-agent-get-agent", {"agent": agent}, AGENT)
    alias = {"agentAliasId": "LIVE000001", "routingConfiguration": [{"agentVersion": "1"}]}
    a.put("bedrock-agent-list-agent-aliases", {"agentAliasSummaries": [alias]}, AGENT)
    group = {"actionGroupId": "CLAIMS0001", "actionGroupState": "ENABLED"}
    a.put("bedrock-agent-list-agent-action-groups", {"actionGroupSummaries": [group]}, AGENT, "1")
    executor = {"actionGroupName": "claims", "actionGroupState": "ENABLED", "actionGroupExecutor": {"lambda": tool}}
    a.put("bedrock-agent-get-agent-action-group", {"agentActionGroup": executor}, AGENT, "1", "CLAIMS0001")
    known = {"knowledgeBaseId": KNOWLEDGE, "knowledgeBaseState": "ENABLED"}
    a.put("bedrock-agent-list-agent-knowledge-bases", {"agentKnowledgeBaseSummaries": [known]}, AGENT, "1")
    _knowledge(a)


def _guardrail(a: Account) -> dict[str, str]:
    arn = a.arn("bedrock", f"guardrail/{GUARDRAIL}")
    return {"arn": arn, "id": GUARDRAIL, "name": "support-guardrail", "version": "DRAFT", "status": "READY"}


def _knowledge(a: Account) -> None:
    documents = "arn:aws:s3:::nw-claims-docs"
    a.bucket("nw-claims-docs", owner="priya.nair")
    trusted = trust({"Service": "bedrock.amazonaws.com"}, StringEquals={"aws:SourceAccount": a.number})
    role = a.role("claims-kb-role", trusted, allow(["s3:GetObject", "s3:ListBucket"], [documents, f"{documents}/*"]))
    a.append(
        "bedrock-agent-list-knowledge-bases",
        "knowledgeBaseSummaries",
        {"knowledgeBaseId": KNOWLEDGE, "status": "ACTIVE"},
    )
    base = {
        "knowledgeBaseId": KNOWLEDGE,
        "name": "claims-kb",
        "knowledgeBaseArn": a.arn("bedrock", f"knowledge-base/{KNOWLEDGE}"),
        "roleArn": role,
        "storageConfiguration": {"type": "OPENSEARCH_SERVERLESS"},
        "knowledgeBaseConfiguration": {"type": "VECTOR"},
    }
    a.put("bedrock-agent-get-knowledge-base", {"knowledgeBase": base}, KNOWLEDGE)
    source = {"dataSourceId": "DS00000001", "status": "AVAILABLE"}
    a.put("bedrock-agent-list-data-sources", {"dataSourceSummaries": [source]}, KNOWLEDGE)
    configuration = {"type": "S3", "s3Configuration": {"bucketArn": documents}}
    a.put(
        "bedrock-agent-get-data-source",
        {"dataSource": {"dataSourceConfiguration": configuration}},
        KNOWLEDGE,
        "DS00000001",
    )


def _logs(a: Account) -> None:
    provider = a.arn("iam", "saml-provider/okta")
    a.append(
        "iam-list-saml-providers", "SAMLProviderList", {"Arn": provider, "ValidUntil": "2034-01-01T00:00:00Z"}, "global"
    )
    a.put("iam-get-saml-provider", {"ValidUntil": "2034-01-01T00:00:00Z"}, provider, region="global")
    a.bucket("nw-prompt-logs", owner="security")
    kept = {"s3Config": {"bucketName": "nw-prompt-logs", "keyPrefix": "bedrock"}, "textDataDeliveryEnabled": True}
    a.put("bedrock-get-model-invocation-logging-configuration", {"loggingConfig": kept})
    audience = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
    signed_in = trust({"Federated": provider}, "sts:AssumeRoleWithSAML", sid="Okta", StringEquals=audience)
    a.role("okta-analysts", signed_in, allow("s3:GetObject", "arn:aws:s3:::nw-prompt-logs/*", sid="ReadPrompts"))
    # Near miss: allowed by its own policy, denied by the organization.
    blind = ["bedrock:DeleteModelInvocationLoggingConfiguration", "bedrock:PutModelInvocationLoggingConfiguration"]
    a.user("log-admin", allow(blind, sid="Logging"), key="2026-02-02T08:00:00Z")


def _public(a: Account) -> None:
    embeddings = "arn:aws:s3:::nw-public-embeddings"
    opened = policy(to("*", allow("s3:GetObject", f"{embeddings}/*", sid="Anyone")))
    a.bucket("nw-public-embeddings", opened, blocked=False, owner="support-ai", purpose="training-data")


def _people(a: Account) -> None:
    invoke = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    models = f"arn:aws:bedrock:{REGION}::foundation-model/*"
    retrieve = allow("bedrock:Retrieve", a.arn("bedrock", f"knowledge-base/{KNOWLEDGE}"), sid="Knowledge")
    a.user(
        "BedrockAPIKey-7f2d",
        allow(invoke, models, sid="Models"),
        retrieve,
        key="2025-05-02T08:00:00Z",
        owner="support-ai",
    )
    own = allow("iam:PutUserPolicy", a.arn("iam", "user/${aws:username}"), sid="OwnPolicies")
    a.user("ops-jonas", own, key="2025-12-24T08:00:00Z")
    # Near miss: the same right under a boundary adds something, but never administrator.
    boundary = a.managed("AppsBoundary", allow(["logs:*", "cloudwatch:*", "iam:PutUserPolicy"]))
    a.user("ops-tariq", own, boundary=boundary, key="2026-01-02T08:00:00Z")
    tool = allow("lambda:UpdateFunctionCode", a.arn("lambda", "function:claims-*"), sid="Tools")
    tune = allow("bedrock:UpdateGuardrail", a.arn("bedrock", f"guardrail/{GUARDRAIL}"), sid="Tune")
    a.user("dev-mira", tool, tune, key="2026-08-15T08:00:00Z", owner="support-ai")
    # The help desk may only talk to the agent, whose tool reads more than the help desk may.
    talk = allow("bedrock:InvokeAgent", a.arn("bedrock", f"agent-alias/{AGENT}/LIVE000001"), sid="Talk")
    a.user("helpdesk-web", talk, key="2026-04-04T08:00:00Z", owner="support-ai")
    # Near misses: a group that forbids what the user's policy allows; a name that is nearly the function's.
    a.group("interns", deny("bedrock:Invoke*", sid="NoModels"))
    a.user("intern-kai", allow(invoke, models, sid="Models"), groups=["interns"], key="2026-09-01T08:00:00Z")
    other = allow("lambda:UpdateFunctionCode", a.arn("lambda", "function:claims_*"), sid="Other")
    a.user("dev-noah", other, key="2026-09-15T08:00:00Z")
