"""Reading assets with what they stand on, and what decides about them besides policies."""

from __future__ import annotations

from typing import Any

import pytest

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.rules.furnishing import furnished
from graph.clouds.aws.targets import TARGETS
from graph.model import Verdict
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, A, allow, arn, details, facts, node, resource, role, user

EVE, WORKER = arn("iam", "user/eve"), arn("iam", "role/jobs/worker")
RULES = {target.key: target for target in TARGETS}
YES, NO, UNKNOWN = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN


def _eve(*actions: str) -> dict[Any, Any]:
    return {DETAILS: details([user("eve", allow(list(actions)))], [{**role("worker"), "Arn": WORKER}])}


def _verdict(rule: str, found: AwsFacts, target: str, who: str = EVE) -> Verdict:
    reaches = RULES[rule].solve(AwsAccess(furnished(found))).reaches
    assert reaches is not None
    return reaches.verdict(who, target) if target in reaches.resources else NO


# ----- search collections

COLLECTION = arn("aoss", "collection/c1")
_LIST, _GET = "opensearchserverless-list-access-policies", "opensearchserverless-get-access-policy"


def _collection(*parts: dict[str, Any]) -> dict[Any, Any]:
    about = {"knowledgeBaseId": "kb", "name": "kb", "roleArn": WORKER}
    storage = {"opensearchServerlessConfiguration": {"collectionArn": COLLECTION}, "type": "OPENSEARCH_SERVERLESS"}
    return {
        "opensearchserverless-list-collections": {
            "collectionSummaries": [{"arn": COLLECTION, "id": "c1", "name": "docs"}]
        },
        "bedrock-agent-list-knowledge-bases": {"knowledgeBaseSummaries": [{"knowledgeBaseId": "kb"}]},
        ("bedrock-agent-get-knowledge-base", "kb"): {"knowledgeBase": {**about, "storageConfiguration": storage}},
        (_LIST, "data"): {"accessPolicySummaries": [{"name": "p", "type": "data"}]},
        (_GET, "data", "p"): {"accessPolicyDetail": {"policy": list(parts)}},
    }


def _part(principal: str, permission: str = "aoss:ReadDocument", index: str = "index/docs/*") -> dict[str, Any]:
    return {
        "Rules": [{"ResourceType": "index", "Resource": [index], "Permission": [permission]}],
        "Principal": [principal],
    }


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (_part(EVE), YES),
        (_part(EVE, "aoss:*"), YES),
        (_part(EVE, index="index/*/*"), YES),
        (_part(EVE, "aoss:DescribeIndex"), NO),
        (_part(EVE, index="index/other/*"), NO),
        (_part(WORKER), NO),
    ],
)
def test_a_collection_is_read_by_whom_its_data_access_policies_name(part: dict[str, Any], expected: Verdict) -> None:
    found = facts({**_eve("aoss:APIAccessAll"), **_collection(part)})
    assert _verdict("aws.rag-store.read-collection", found, COLLECTION) is expected


def test_a_session_of_a_role_is_the_role_and_without_iam_nobody_reads_a_collection() -> None:
    session = f"arn:aws:sts::{A}:assumed-role/worker/job"
    found = facts({**_eve("s3:GetObject"), **_collection(_part(session), _part(EVE))})
    assert resource(found, "aoss:collection", COLLECTION).attributes["admits"] == {"aoss:ReadDocument": (WORKER, EVE)}
    assert _verdict("aws.rag-store.read-collection", found, COLLECTION) is NO


def test_data_access_policies_that_were_refused_leave_it_open_who_reads() -> None:
    answers = _collection(_part(WORKER))
    del answers[_GET, "data", "p"]
    found = facts({**_eve("aoss:APIAccessAll"), **answers}, refused=[(_GET, "data", "p")])
    assert _verdict("aws.rag-store.read-collection", found, COLLECTION) is UNKNOWN


# ----- tables of a lake

TABLE = arn("glue", "table/ml/training")
_LAKE = ("glue:GetTable", "lakeformation:GetDataAccess", "lakeformation:GrantPermissions")


def _table(registered: bool, *permissions: dict[str, Any], admins: tuple[str, ...] = ()) -> dict[Any, Any]:
    storage = {"Name": "training", "StorageDescriptor": {"Location": "s3://lake/ml/training"}}
    named = [{"DataLakePrincipalIdentifier": one} for one in admins]
    return {
        ("glue-get-tables", "ml"): {"TableList": [{**storage, "IsRegisteredWithLakeFormation": registered}]},
        "lakeformation-list-permissions": {"PrincipalResourcePermissions": list(permissions)},
        "lakeformation-get-data-lake-settings": {"DataLakeSettings": {"DataLakeAdmins": named}},
    }


def _permission(who: str, *what: str, grant: tuple[str, ...] = (), **about: Any) -> dict[str, Any]:
    table = about or {"Table": {"DatabaseName": "ml", "Name": "training"}}
    return {
        "Principal": {"DataLakePrincipalIdentifier": who},
        "Resource": table,
        "Permissions": list(what),
        "PermissionsWithGrantOption": list(grant),
    }


@pytest.mark.parametrize(
    ("permission", "reads", "grants"),
    [
        (_permission(EVE, "SELECT"), YES, NO),
        (_permission(EVE, "ALL"), YES, NO),
        (_permission("IAM_ALLOWED_PRINCIPALS", "ALL"), YES, NO),
        (_permission(EVE, "SELECT", grant=("SELECT",)), YES, YES),
        (_permission(EVE, "SELECT", Table={"DatabaseName": "ml", "TableWildcard": {}}), YES, NO),
        (_permission(EVE, "SELECT", TableWithColumns={"DatabaseName": "ml", "Name": "training"}), YES, NO),
        (_permission(EVE, "DESCRIBE"), NO, NO),
        (_permission(EVE, "SELECT", Table={"DatabaseName": "ml", "Name": "other"}), NO, NO),
        (_permission(WORKER, "SELECT"), NO, NO),
        (_permission(EVE, "SELECT", LFTagPolicy={"ResourceType": "TABLE", "Expression": []}), UNKNOWN, NO),
        (_permission(WORKER, "SELECT", LFTagPolicy={"ResourceType": "TABLE", "Expression": []}), NO, NO),
    ],
)
def test_a_table_that_lake_formation_keeps_is_read_by_its_permissions(
    permission: dict[str, Any], reads: Verdict, grants: Verdict
) -> None:
    found = facts({**_eve(*_LAKE), **_table(True, permission)})
    assert _verdict("aws.training-data.read-lake-table", found, TABLE) is reads
    assert _verdict("aws.training-data.read-lake-table-by-grant", found, TABLE) is grants


def test_administrators_of_a_lake_grant_and_unread_permissions_are_not_none() -> None:
    found = facts({**_eve(*_LAKE), **_table(True, admins=(EVE,))})
    assert _verdict("aws.training-data.read-lake-table", found, TABLE) is NO
    assert _verdict("aws.training-data.read-lake-table-by-grant", found, TABLE) is YES
    answers = _table(True)
    del answers["lakeformation-list-permissions"]
    unread = facts({**_eve(*_LAKE), **answers}, refused=["lakeformation-list-permissions"])
    assert _verdict("aws.training-data.read-lake-table", unread, TABLE) is UNKNOWN


def test_any_other_table_is_read_by_the_objects_behind_it() -> None:
    buckets = {"s3-list-buckets": {"Buckets": [{"Name": "lake", "BucketRegion": "eu-west-1"}]}}
    groups = {"athena-list-work-groups": {"WorkGroups": [{"Name": "primary"}]}}
    asked = allow(["athena:*", "glue:GetTable"])
    for key, expected in (("ml/training/*", YES), ("ml/other/*", NO)):
        eve = {DETAILS: details([user("eve", asked, allow("s3:GetObject", f"arn:aws:s3:::lake/{key}"))])}
        found = facts({**eve, **buckets, **groups, **_table(False)})
        assert _verdict("aws.training-data.read-by-query", found, TABLE) is expected
        assert _verdict("aws.training-data.read-lake-table", found, TABLE) is NO


# ----- databases and disks

_CLUSTER, _COPY = arn("rds", "cluster:features"), f"arn:aws:ec2:{small.REGION}::snapshot/snap-1"


def test_a_database_is_a_target_by_its_name_and_is_logged_in_to_by_its_number() -> None:
    about = {"DBClusterArn": _CLUSTER, "DBClusterIdentifier": "features", "DbClusterResourceId": "cluster-X1"}
    for on, number, expected in ((True, "X1", Verdict.CONDITIONAL), (True, "X2", NO), (False, "X1", NO)):
        answer = {"rds-describe-db-clusters": {"DBClusters": [{**about, "IAMDatabaseAuthenticationEnabled": on}]}}
        login = allow("rds-db:connect", arn("rds-db", f"dbuser:cluster-{number}/*"))
        found = facts({DETAILS: details([user("eve", login)]), **answer})
        assert node(found, _CLUSTER).targets == ("training_data",)
        assert _verdict("aws.training-data.read-by-login-to-cluster", found, _CLUSTER) is expected


def test_a_copy_of_a_disk_is_read_with_its_key_and_those_of_others_are_not_ours() -> None:
    tagged = [{"Key": "purpose", "Value": "training-data"}]
    own = {"SnapshotId": "snap-1", "OwnerId": A, "Encrypted": True, "KmsKeyId": arn("kms", "key/k"), "Tags": tagged}
    lent = {**own, "SnapshotId": "snap-2", "OwnerId": "999988887777"}
    key = {"kms-list-keys": {"Keys": [{"KeyId": "k", "KeyArn": arn("kms", "key/k")}]}}
    home = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "kms:*", "Resource": "*"}
    policy = {("kms-get-key-policy", "k"): {"Policy": small.policy(home)}}
    listed = {"ec2-describe-snapshots": {"Snapshots": [own, lent]}}
    for rights, expected in ((("ebs:*",), NO), (("ebs:*", "kms:Decrypt"), YES)):
        found = facts({**_eve(*rights), **listed, **key, **policy})
        assert [item.arn for item in found.resources["ec2:snapshot"]] == [_COPY]
        assert _verdict("aws.training-data.read-snapshot", found, _COPY) is expected


# ----- settings


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("DB_PASSWORD", True),
        ("API_KEY", True),
        ("github-token", True),
        ("clientSecret", True),
        ("OPENAI_APIKEY", True),
        ("TOKENIZER", False),
        ("LOG_LEVEL", False),
        ("MONKEY", False),
    ],
)
def test_a_variable_that_speaks_of_a_secret_makes_its_function_one(variable: str, secret: bool) -> None:
    function = arn("lambda", "function:f")
    about = {"FunctionName": "f", "FunctionArn": function, "Environment": {"Variables": {variable: ""}}}
    found = facts({"lambda-list-functions": {"Functions": [about]}})
    assert ("secret" in node(found, function).targets) is secret


def test_variables_that_name_a_secret_elsewhere_hold_none_themselves() -> None:
    project = arn("codebuild", "project/p")
    for kind, secret in (("PLAINTEXT", True), ("SECRETS_MANAGER", False)):
        variables = {"environmentVariables": [{"name": "DB_PASSWORD", "type": kind}]}
        about = {"name": "p", "arn": project, "environment": variables}
        found = facts({"codebuild-batch-get-projects": {"projects": [about]}})
        assert ("secret" in node(found, project).targets) is secret


# ----- guardrails, vaults, stores of knowledge bases, images, quotas

GUARDRAIL = arn("bedrock", "guardrail/g1")


def test_a_guardrail_is_skipped_by_whoever_may_call_the_model_behind_without_it() -> None:
    model = f"arn:aws:bedrock:{small.REGION}::foundation-model/m1"
    guarded = {"agentId": "a1", "agentName": "a1", "foundationModel": "m1"}
    answers = {
        "bedrock-list-guardrails": {"guardrails": [{"arn": GUARDRAIL, "id": "g1", "name": "g1"}]},
        "bedrock-list-foundation-models": {"modelSummaries": [{"modelArn": model, "modelId": "m1"}]},
        "bedrock-agent-list-agents": {"agentSummaries": [{"agentId": "a1"}]},
        ("bedrock-agent-get-agent", "a1"): {
            "agent": {**guarded, "guardrailConfiguration": {"guardrailIdentifier": "g1"}}
        },
    }
    only = {"StringEquals": {"bedrock:GuardrailIdentifier": GUARDRAIL}}
    for statement, expected in (
        (allow("bedrock:InvokeModel"), YES),
        (allow("bedrock:InvokeModel", Condition=only), NO),
        (allow("bedrock:InvokeModel", model.replace("m1", "m2")), NO),
    ):
        found = facts({**answers, DETAILS: details([user("eve", statement)])})
        assert _verdict("aws.guardrail.skip", found, GUARDRAIL) is expected
    assert "ai_quota" in node(found, f"arn:aws:iam::{A}:root").targets


def test_a_provider_gives_what_it_holds_to_whoever_gets_a_token_and_is_a_tool_where_a_gateway_shows_it() -> None:
    provider = arn("bedrock-agentcore", "token-vault/default/apikeycredentialprovider/p")
    identity = arn("bedrock-agentcore", "workload-identity-directory/default/workload-identity/w")
    control = "bedrock-agentcore-control"
    shown = {"credentialProvider": {"apiKeyCredentialProvider": {"providerArn": provider}}}
    answers = {
        f"{control}-list-api-key-credential-providers": {
            "credentialProviders": [{"name": "p", "credentialProviderArn": provider}]
        },
        f"{control}-list-workload-identities": {"workloadIdentities": [{"name": "w", "workloadIdentityArn": identity}]},
        (f"{control}-get-gateway-target", "gw", "t"): {"credentialProviderConfigurations": [shown]},
    }
    rights = ("bedrock-agentcore:GetWorkloadAccessToken", "bedrock-agentcore:GetResourceApiKey")
    found = facts({**_eve(*rights), **answers})
    assert node(found, provider).targets == ("agent_tool", "secret")
    vault, directory = provider.rpartition("/apikey")[0], identity.rpartition("/workload")[0]
    held = found.resources["bedrock-agentcore:apikeycredentialprovider"][0].attributes["behind"]
    assert held == (vault, identity, directory)
    assert _verdict("aws.secret.read-apikey-provider", found, provider) is YES
    assert _verdict("aws.secret.read-apikey-provider", facts({**_eve(rights[1]), **answers}), provider) is NO


def test_a_knowledge_base_stands_on_its_database_and_login_or_on_kendra() -> None:
    login = arn("secretsmanager", "secret:login-AbCdEf")
    base: dict[str, Any] = {
        "knowledgeBaseId": "kb",
        "name": "kb",
        "knowledgeBaseArn": arn("bedrock", "knowledge-base/kb"),
    }
    tables = {"rdsConfiguration": {"resourceArn": _CLUSTER, "credentialsSecretArn": login}}
    listed = {"bedrock-agent-list-knowledge-bases": {"knowledgeBaseSummaries": [{"knowledgeBaseId": "kb"}]}}
    secret = {"secretsmanager-list-secrets": {"SecretList": [{"ARN": login, "Name": "login"}]}}
    question = ("bedrock-agent-get-knowledge-base", "kb")
    answers: dict[Any, Any] = {**listed, **secret}
    answers[question] = {"knowledgeBase": {**base, "storageConfiguration": tables}}
    for rights, expected in ((("rds-data:*", "secretsmanager:*"), YES), (("rds-data:*",), NO)):
        found = facts({**_eve(*rights), **answers})
        assert _verdict("aws.rag-store.read-tables", found, base["knowledgeBaseArn"]) is expected
    index = arn("kendra", "index/i1")
    kendra: dict[str, Any] = {"kendraKnowledgeBaseConfiguration": {"kendraIndexArn": index}, "type": "KENDRA"}
    answer = {"knowledgeBase": {**base, "knowledgeBaseConfiguration": kendra}}
    found = facts({**_eve("kendra:Query"), **listed, question: answer})
    assert _verdict("aws.rag-store.read-kendra", found, index) is YES


def test_a_model_runs_an_image_that_whoever_may_push_replaces_unless_its_tags_are_fixed() -> None:
    repository, model = arn("ecr", "repository/serving"), arn("sagemaker", "model/m")
    image = f"{A}.dkr.ecr.{small.REGION}.amazonaws.com/serving:live"
    about = {"ModelName": "m", "ModelArn": model}
    for mutability, expected in (("MUTABLE", YES), ("IMMUTABLE", NO)):
        listed = {"repositoryArn": repository, "repositoryName": "serving", "imageTagMutability": mutability}
        answers = {
            "sagemaker-list-models": {"Models": [about]},
            ("sagemaker-describe-model", "m"): {**about, "PrimaryContainer": {"Image": image}},
            "ecr-describe-repositories": {"repositories": [listed]},
        }
        found = facts({**_eve("ecr:*"), **answers})
        assert _verdict("aws.model-artifact.replace-image-of-model", found, model) is expected
