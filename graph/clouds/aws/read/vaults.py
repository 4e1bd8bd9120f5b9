"""AgentCore's vault: the providers of credentials for tools, and the workload identities that they are given to."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import text, texts
from graph.clouds.aws.read.reading import Mark, Reading, Thing
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things

_CONTROL = "bedrock-agentcore-control"
PROVIDERS = (
    Sort(
        "bedrock-agentcore:apikeycredentialprovider",
        "credential-provider",
        "AgentCore API key provider",
        f"{_CONTROL}-list-api-key-credential-providers",
        "credentialProviders",
        "credentialProviderArn",
        "name",
        targets=("secret",),
    ),
    Sort(
        "bedrock-agentcore:oauth2credentialprovider",
        "credential-provider",
        "AgentCore OAuth provider",
        f"{_CONTROL}-list-oauth2-credential-providers",
        "credentialProviders",
        "credentialProviderArn",
        "name",
        targets=("secret",),
    ),
)
WORKLOADS = Sort(
    "bedrock-agentcore:workload-identity",
    "workload-identity",
    "AgentCore workload identity",
    f"{_CONTROL}-list-workload-identities",
    "workloadIdentities",
    "workloadIdentityArn",
    "name",
)
SORTS = (*PROVIDERS, WORKLOADS)


def read_vaults(reading: Reading) -> Iterator[Thing]:
    """Providers, each with its vault and all workload identities of its place: any may ask for what it holds."""
    here: dict[tuple[str, str], list[str]] = {}
    around: dict[str, Resource] = {}
    for item in items(reading, WORKLOADS):
        directory = item.arn.partition("/workload-identity/")[0]
        here.setdefault((item.account, item.place.region), []).extend((item.arn, directory))
        around[directory] = _around(item, directory, "workload-identity-directory")
    yield from things(reading, (WORKLOADS,))
    for sort in PROVIDERS:
        for item in items(reading, sort):
            vault = item.arn.rpartition("/")[0].rpartition("/")[0]
            around[vault] = _around(item, vault, "token-vault")
            behind = dict.fromkeys((vault, *here.get((item.account, item.place.region), ())))
            yield from thing(reading, item, behind=tuple(behind))
    yield from around.values()
    yield from _of_tools(reading)


def _around(item: Item, arn: str, kind: str) -> Resource:
    """What no call lists and the names of other things say: a vault, or the directory of workload identities."""
    return Resource(arn, f"bedrock-agentcore:{kind}", item.account, arn, region=item.place.region)


def _of_tools(reading: Reading) -> Iterator[Mark]:
    """What a gateway shows to the tools behind it is one of them."""
    for part in reading.answers.parts(f"{_CONTROL}-get-gateway-target"):
        for way in ("oauthCredentialProvider", "apiKeyCredentialProvider"):
            path = f"credentialProviderConfigurations.credentialProvider.{way}.providerArn"
            for arn in texts(part.response, path):
                name = text(part.response, "name") or part.arguments[-1]
                yield Mark(arn, "agent_tool", f"the tool {name} is called with it")
