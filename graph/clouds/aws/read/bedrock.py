"""Bedrock: models of every kind, agents with their tools, knowledge bases, guardrails, AgentCore."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.databases import CLUSTERS
from graph.clouds.aws.read.estate import State, text, texts
from graph.clouds.aws.read.purpose import beneath, objects_at
from graph.clouds.aws.read.reading import Mark, Reading, Thing, partition, resource, root
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things
from graph.clouds.aws.read.standing import Images

FOUNDATION = Sort(
    "bedrock:foundation-model",
    "foundation-model",
    "Bedrock foundation model",
    "bedrock-list-foundation-models",
    "modelSummaries",
    "modelArn",
    "modelId",
    targets=("model_endpoint",),
)
PROFILES = Sort(
    "bedrock:inference-profile",
    "inference-profile",
    "Bedrock inference profile",
    "bedrock-list-inference-profiles",
    "inferenceProfileSummaries",
    "inferenceProfileArn",
    "inferenceProfileName",
    targets=("model_endpoint",),
)
AGENTS = Sort(
    "bedrock:agent",
    "agent",
    "Bedrock agent",
    "bedrock-agent-list-agents",
    "agentSummaries",
    "arn:{partition}:bedrock:{region}:{account}:agent/{agentId}",
    "agentName",
    detail="bedrock-agent-get-agent",
    arguments=("agentId",),
    under="agent",
    roles=("agentResourceRoleArn",),
    targets=("agent",),
    ai=True,
    shown=(
        ("status", "agentStatus"),
        ("model", "foundationModel"),
        ("guardrail", "guardrailConfiguration.guardrailIdentifier"),
    ),
)
BASES = Sort(
    "bedrock:knowledge-base",
    "knowledge-base",
    "Bedrock knowledge base",
    "bedrock-agent-list-knowledge-bases",
    "knowledgeBaseSummaries",
    "arn:{partition}:bedrock:{region}:{account}:knowledge-base/{knowledgeBaseId}",
    "name",
    detail="bedrock-agent-get-knowledge-base",
    arguments=("knowledgeBaseId",),
    under="knowledgeBase",
    roles=("roleArn",),
    policy="bedrock-agent-get-resource-policy",
    policy_at="policy",
    targets=("rag_store",),
    ai=True,
    shown=(("store", "storageConfiguration.type"),),
)
FLOWS = Sort(
    "bedrock:flow",
    "flow",
    "Bedrock flow",
    "bedrock-agent-list-flows",
    "flowSummaries",
    "arn",
    "name",
    detail="bedrock-agent-get-flow",
    arguments=("id",),
    roles=("executionRoleArn",),
    targets=("agent",),
    ai=True,
)
RUNTIMES = Sort(
    "bedrock-agentcore:runtime",
    "agent-runtime",
    "AgentCore runtime",
    "bedrock-agentcore-control-list-agent-runtimes",
    "agentRuntimes",
    "agentRuntimeArn",
    "agentRuntimeName",
    detail="bedrock-agentcore-control-get-agent-runtime",
    arguments=("agentRuntimeId",),
    roles=("roleArn",),
    policy="bedrock-agentcore-control-get-resource-policy",
    policy_at="policy",
    policy_for="agentRuntimeArn",
    targets=("agent",),
    ai=True,
)
GUARDRAILS = Sort(
    "bedrock:guardrail",
    "guardrail",
    "Bedrock guardrail",
    "bedrock-list-guardrails",
    "guardrails",
    "arn",
    "name",
    policy="bedrock-get-resource-policy",
    policy_at="resourcePolicy",
    policy_for="arn",
    targets=("guardrail",),
    shown=(("status", "status"), ("version", "version")),
)
SORTS = (
    FOUNDATION,
    Sort(
        "bedrock:custom-model",
        "custom-model",
        "Bedrock custom model",
        "bedrock-list-custom-models",
        "modelSummaries",
        "modelArn",
        "modelName",
        detail="bedrock-get-custom-model",
        arguments=("modelArn",),
        policy="bedrock-get-resource-policy",
        policy_at="resourcePolicy",
        policy_for="modelArn",
        targets=("model_artifact",),
        shown=(("base", "baseModelArn"),),
        data=("outputDataConfig.s3Uri",),
    ),
    Sort(
        "bedrock:imported-model",
        "imported-model",
        "Bedrock imported model",
        "bedrock-list-imported-models",
        "modelSummaries",
        "modelArn",
        "modelName",
        detail="bedrock-get-imported-model",
        arguments=("modelArn",),
        targets=("model_artifact", "model_endpoint"),
        data=("modelDataSource.s3DataSource.s3Uri",),
    ),
    Sort(
        "bedrock:custom-model-deployment",
        "model-deployment",
        "Bedrock custom model deployment",
        "bedrock-list-custom-model-deployments",
        "modelDeploymentSummaries",
        "customModelDeploymentArn",
        "customModelDeploymentName",
        targets=("model_endpoint",),
    ),
    Sort(
        "bedrock:provisioned-model",
        "provisioned-model",
        "Bedrock provisioned throughput",
        "bedrock-list-provisioned-model-throughputs",
        "provisionedModelSummaries",
        "provisionedModelArn",
        "provisionedModelName",
        targets=("model_endpoint",),
        shown=(("model", "modelArn"), ("status", "status")),
    ),
    Sort(
        "bedrock:prompt-router",
        "prompt-router",
        "Bedrock prompt router",
        "bedrock-list-prompt-routers",
        "promptRouterSummaries",
        "promptRouterArn",
        "promptRouterName",
        targets=("model_endpoint",),
    ),
    Sort(
        "bedrock:model-customization-job",
        "customization-job",
        "Bedrock customization job",
        "bedrock-list-model-customization-jobs",
        "modelCustomizationJobSummaries",
        "jobArn",
        "jobName",
        detail="bedrock-get-model-customization-job",
        arguments=("jobArn",),
        roles=("roleArn",),
        targets=("ml_compute",),
        ai=True,
    ),
    Sort(
        "bedrock:model-invocation-job",
        "invocation-job",
        "Bedrock batch inference job",
        "bedrock-list-model-invocation-jobs",
        "invocationJobSummaries",
        "jobArn",
        "jobName",
        roles=("roleArn",),
        ai=True,
    ),
    Sort(
        "bedrock:prompt",
        "prompt",
        "Bedrock prompt",
        "bedrock-agent-list-prompts",
        "promptSummaries",
        "arn",
        "name",
        targets=("agent_tool",),
    ),
    Sort(
        "bedrock-agentcore:gateway",
        "agent-gateway",
        "AgentCore gateway",
        "bedrock-agentcore-control-list-gateways",
        "items",
        "arn:{partition}:bedrock-agentcore:{region}:{account}:gateway/{gatewayId}",
        "name",
        detail="bedrock-agentcore-control-get-gateway",
        arguments=("gatewayId",),
        roles=("roleArn",),
        policy="bedrock-agentcore-control-get-resource-policy",
        policy_at="policy",
        targets=("agent_tool",),
        ai=True,
        shown=(("authorizer", "authorizerType"), ("url", "gatewayUrl")),
    ),
    Sort(
        "bedrock-agentcore:memory",
        "agent-memory",
        "AgentCore memory",
        "bedrock-agentcore-control-list-memories",
        "memories",
        "arn",
        "id",
        detail="bedrock-agentcore-control-get-memory",
        arguments=("id",),
        under="memory",
        roles=("memoryExecutionRoleArn",),
        targets=("rag_store",),
        ai=True,
    ),
    Sort(
        "bedrock-agentcore:code-interpreter-custom",
        "code-interpreter",
        "AgentCore code interpreter",
        "bedrock-agentcore-control-list-code-interpreters",
        "codeInterpreterSummaries",
        "codeInterpreterArn",
        "name",
        detail="bedrock-agentcore-control-get-code-interpreter",
        arguments=("codeInterpreterId",),
        roles=("executionRoleArn",),
        targets=("agent_tool",),
        ai=True,
    ),
    Sort(
        "bedrock-agentcore:browser-custom",
        "agent-browser",
        "AgentCore browser",
        "bedrock-agentcore-control-list-browsers",
        "browserSummaries",
        "browserArn",
        "name",
        detail="bedrock-agentcore-control-get-browser",
        arguments=("browserId",),
        roles=("executionRoleArn",),
        targets=("agent_tool",),
        ai=True,
    ),
)
# The draft of every agent has a test alias that no list need show.
# https://docs.aws.amazon.com/bedrock/latest/userguide/agents-test.html
_DRAFT = "TSTALIASID"


def read_bedrock(reading: Reading) -> Iterator[Thing]:
    """Everything of Bedrock."""
    yield from things(reading, SORTS)
    for item in items(reading, PROFILES):
        yield from _profile(reading, item)
    for item in items(reading, AGENTS):
        yield from _agent(reading, item)
    for item in items(reading, FLOWS):
        asked = texts(item.record, "definition.nodes.configuration.knowledgeBase.knowledgeBaseId")
        yield from thing(reading, item, knowledge_bases=bases_of(item, asked))
        yield from _aliases(item, ("~",), "flow-alias", f"{item.arn}/alias")
    for item in items(reading, BASES):
        yield from _base(reading, item)
    for item in items(reading, RUNTIMES):
        yield from _runtime(reading, item)
    yield from _guardrails(reading)
    yield from _quotas(reading)


def _profile(reading: Reading, item: Item) -> Iterator[Thing]:
    """Calling through a profile needs the right on the profile and on each model behind it, in every region.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    kind = "bedrock:application-inference-profile" if "application-inference-profile" in item.arn else item.sort.kind
    made, *rest = thing(reading, item)
    if isinstance(made, Resource):
        models = tuple(dict.fromkeys(texts(item.record, "models.modelArn")))
        yield Resource(
            made.arn,
            kind,
            made.account,
            made.node,
            region=made.region,
            tags=made.tags,
            members=models,
            attributes=made.attributes,
        )
    yield from rest


def _agent(reading: Reading, item: Item) -> Iterator[Thing]:
    agent = text(item.record, "agentId")
    functions = tuple(dict.fromkeys(_functions(reading, item, agent)))
    bases = _linked(reading, item, "bedrock-agent-list-agent-knowledge-bases", agent, "agentKnowledgeBaseSummaries")
    prefix = item.arn.replace(":agent/", ":agent-alias/")
    draft = (f"{prefix}/{_DRAFT}",)  # the only alias that shows what was changed just now
    yield from thing(reading, item, tools=functions, knowledge_bases=bases, parts=draft)
    yield from (Mark(arn, "agent_tool", f"the agent {item.name} calls it") for arn in functions)
    listed = reading.answers.one(item.account, item.place.region, "bedrock-agent-list-agent-aliases", agent)
    yield from _aliases(item, (*texts(listed, "agentAliasSummaries.agentAliasId"), _DRAFT), "agent-alias", prefix)


def _aliases(item: Item, names: tuple[str, ...], kind: str, prefix: str) -> Iterator[Resource]:
    """What one invokes is an alias; who invokes it uses the agent and its role."""
    region, role = item.place.region, texts(item.record, item.sort.roles[0])
    for name in sorted(set(names)):
        yield Resource(f"{prefix}/{name}", f"bedrock:{kind}", item.account, item.arn, region=region, runs_as=role)


def _functions(reading: Reading, item: Item, agent: str) -> Iterator[str]:
    for part in reading.answers.parts("bedrock-agent-get-agent-action-group"):
        if (part.scope, part.region, *part.arguments[:1]) == (item.account, item.place.region, agent):
            group = "agentActionGroup"
            if text(part.response, f"{group}.actionGroupState") != "DISABLED":
                yield from texts(part.response, f"{group}.actionGroupExecutor.lambda")


def _linked(reading: Reading, item: Item, call: str, agent: str, member: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in reading.answers.parts(call):
        if (part.scope, part.region, *part.arguments[:1]) == (item.account, item.place.region, agent):
            found += texts(part.response, f"{member}.knowledgeBaseId")
    return bases_of(item, found)


def bases_of(item: Item, names: Iterable[str]) -> tuple[str, ...]:
    """The knowledge bases of these ids beside an agent or a flow."""
    where = ":".join(item.arn.split(":")[:5])
    return tuple(f"{where}:knowledge-base/{name}" for name in dict.fromkeys(names))


def _guardrails(reading: Reading) -> Iterator[Thing]:
    """Guardrails with the agents that they guard and the models behind those, which guard nobody who calls them."""
    guarded: dict[str, list[str]] = defaultdict(list)
    for item in items(reading, AGENTS):
        named = text(item.record, "guardrailConfiguration.guardrailIdentifier").rpartition("/")[2]
        guarded[f"{item.account}/{item.place.region}/{named}"] += [item.arn, *_models(item)]
    enforced = "bedrock-list-enforced-guardrails-configuration"
    for item in items(reading, GUARDRAILS):
        answer = reading.answers.one(item.account, item.place.region, enforced)
        behind = guarded[f"{item.account}/{item.place.region}/{item.arn.rpartition('/')[2]}"]
        everywhere = item.arn in texts(answer, "guardrailsConfig.guardrailArn")
        yield from thing(reading, item, behind=tuple(dict.fromkeys(behind)), enforced=everywhere)


def _quotas(reading: Reading) -> Iterator[Thing]:
    """An account in which models can be called pays for them."""
    callable_in = {place.account for place, _ in reading.answers.items(FOUNDATION.call, FOUNDATION.member)}
    for account in sorted(callable_in):
        yield Resource(f"arn:aws:account::{account}:account", "account:account", account, root(account))
        yield Mark(root(account), "ai_quota", "models can be called in it")


def _models(agent: Item) -> Iterator[str]:
    """An agent names its model by its ARN, or by the id of a foundation model or of a profile."""
    named, region = text(agent.record, "foundationModel"), agent.place.region
    start = f"arn:{partition(region)}:bedrock:{region}"
    if named.startswith("arn:"):
        yield named
    elif named:
        yield from (f"{start}::foundation-model/{named}", f"{start}:{agent.account}:inference-profile/{named}")


def _runtime(reading: Reading, item: Item) -> Iterator[Thing]:
    """A runtime is called at an endpoint of it; one is always there."""
    listed = "bedrock-agentcore-control-list-agent-runtime-endpoints"
    answer = reading.answers.one(item.account, item.place.region, listed, text(item.record, "agentRuntimeId"))
    named = (*texts(answer, "runtimeEndpoints.agentRuntimeEndpointArn"), f"{item.arn}/runtime-endpoint/DEFAULT")
    endpoints, kind = tuple(sorted(set(named))), "bedrock-agentcore:runtime-endpoint"
    for arn in endpoints:
        yield Resource(arn, kind, item.account, item.arn, region=item.place.region)
    images = Images(reading).movable(texts(item.record, "agentRuntimeArtifact.containerConfiguration.containerUri"))
    yield from thing(reading, item, parts=endpoints, behind=images)


def _base(reading: Reading, item: Item) -> Iterator[Thing]:
    """A knowledge base answers from its vector store: who reads or fills that, reads or fills the base."""
    store = "storageConfiguration"
    paths = (
        "opensearchServerlessConfiguration.collectionArn",
        "s3VectorsConfiguration.vectorBucketArn",
        "s3VectorsConfiguration.indexArn",
        "opensearchManagedClusterConfiguration.domainArn",
        "rdsConfiguration.resourceArn",
    )
    stores = tuple(arn for path in paths for arn in texts(item.record, f"{store}.{path}"))
    stores += texts(item.record, "knowledgeBaseConfiguration.kendraKnowledgeBaseConfiguration.kendraIndexArn")
    yield from _unlisted(reading, item, stores)
    buckets, objects = _sources(reading, item)
    login = texts(item.record, f"{store}.rdsConfiguration.credentialsSecretArn")
    yield from thing(reading, item, stores=stores, buckets=buckets, objects=objects, behind=login)
    yield from (Mark(arn, "rag_store", f"it is the store behind the knowledge base {item.name}") for arn in stores)


def _unlisted(reading: Reading, item: Item, stores: tuple[str, ...]) -> Iterator[Thing]:
    """Stores that only the knowledge base names: Kendra has no list here, that of databases may never be asked for."""
    here = (item.account, item.place.region)
    for arn in stores:
        if ":kendra:" in arn or (":rds:" in arn and reading.answers.state(*here, CLUSTERS.call) is not State.ASKED):
            kind, label = ("kendra:index", "Kendra index") if ":kendra:" in arn else (CLUSTERS.kind, CLUSTERS.label)
            yield Resource(arn, kind, item.account, arn, region=item.place.region)
            name = arn.rpartition(":")[2].rpartition("/")[2]
            yield resource(arn, kind.partition(":")[2], name, item.account, label, region=item.place.region)


def _sources(reading: Reading, item: Item) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The buckets that a knowledge base takes its documents from, and which of their objects it takes."""
    base, at = text(item.record, "knowledgeBaseId"), "dataSource.dataSourceConfiguration.s3Configuration"
    buckets: list[str] = []
    objects: list[str] = []
    for part in reading.answers.parts("bedrock-agent-get-data-source"):
        if (part.scope, part.region, *part.arguments[:1]) == (item.account, item.place.region, base):
            below = texts(part.response, f"{at}.inclusionPrefixes")
            for bucket in texts(part.response, f"{at}.bucketArn"):
                buckets.append(bucket)
                objects += beneath(bucket, below, part.region) or objects_at(bucket, part.region)
    return tuple(dict.fromkeys(buckets)), tuple(dict.fromkeys(objects))
