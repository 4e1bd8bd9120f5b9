"""Reading what hosts stand on and in which state they are: what decides whether somebody can use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from graph.clouds.aws.facts import AwsFacts, Resource
from graph.clouds.aws.read.estate import texts
from tests.graph.clouds.aws import small
from tests.graph.clouds.aws.small import DETAILS, REGION, A, arn, details, facts, role, trust

ROLE, PROFILE = arn("iam", "role/worker"), arn("iam", "instance-profile/p")
EXPORT = {DETAILS: details(roles=[role("worker", InstanceProfileList=[{"Arn": PROFILE}])])}
INSTANCE = {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": PROFILE}}
BUCKET = {"s3-list-buckets": {"Buckets": [{"Name": "code", "BucketRegion": REGION}]}}


def of(found: AwsFacts, kind: str) -> list[Resource]:
    return list(found.resources.get(kind, ()))


def told(found: AwsFacts, kind: str, name: str) -> list[Any]:
    return [item.attributes.get(name) for item in of(found, kind)]


def named(item: Resource, attribute: str) -> tuple[str, ...]:
    """The names that an attribute lists."""
    return texts(item.attributes, attribute)


def instances(*some: Mapping[str, Any], **more: Any) -> AwsFacts:
    return facts({**EXPORT, "ec2-describe-instances": {"Reservations": [{"Instances": list(some)}]}, **more})


# ----- instances


def test_an_instance_is_running_or_not_as_its_state_says() -> None:
    states: tuple[dict[str, str], ...] = ({"Name": "running"}, {"Name": "stopped"}, {})
    found = instances(*({"InstanceId": f"i-{i}", "State": state} for i, state in enumerate(states)))
    assert told(found, "ec2:instance", "running") == [True, False, None]


def test_ssh_reaches_an_instance_only_through_a_group_that_lets_it_in() -> None:
    closed = {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]}
    opened = {"GroupId": "sg-2", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25}]}
    every = {"GroupId": "sg-3", "IpPermissions": [{"IpProtocol": "-1"}]}
    groups = {"ec2-describe-security-groups": {"SecurityGroups": [closed, opened, every]}}
    some = [{"InstanceId": f"i-{n}", "SecurityGroups": [{"GroupId": f"sg-{n}"}]} for n in (1, 2, 3)]
    windows = {"InstanceId": "i-4", "SecurityGroups": [{"GroupId": "sg-3"}], "Platform": "windows"}
    assert told(instances(*some, windows, **groups), "ec2:instance", "ssh") == [False, True, True, False]
    assert told(instances(*some, windows), "ec2:instance", "ssh") == [None, None, None, False]


def test_serial_consoles_are_on_or_off_for_the_whole_account_and_region() -> None:
    for answer in (True, False):
        told_so = {"ec2-get-serial-console-access-status": {"SerialConsoleAccessEnabled": answer}}
        assert told(instances(INSTANCE, **told_so), "ec2:instance", "serial_console") == [answer]
    assert told(instances(INSTANCE), "ec2:instance", "serial_console") == [None]


def test_an_agent_that_lost_its_connection_takes_no_commands() -> None:
    lost = {"InstanceInformationList": [{"InstanceId": "i-1", "PingStatus": "ConnectionLost"}]}
    found = instances(INSTANCE, **{"ssm-describe-instance-information": lost})
    assert told(found, "ec2:instance", "managed_by_ssm") == [False]


def test_a_node_outside_ec2_acts_as_the_role_that_it_was_activated_with() -> None:
    node = {"InstanceId": "mi-1", "ResourceType": "ManagedInstance", "IamRole": "worker", "PingStatus": "Online"}
    inside = {"InstanceId": "i-1", "ResourceType": "EC2Instance"}
    found = facts({**EXPORT, "ssm-describe-instance-information": {"InstanceInformationList": [node, inside]}})
    (read,) = of(found, "ssm:managed-instance")
    assert (read.runs_as, read.attributes["managed_by_ssm"]) == ((ROLE,), True)


def test_an_open_session_leads_to_the_role_of_its_instance() -> None:
    session = {"SessionId": "eve-1", "Target": "i-1", "Status": "Connected"}
    found = instances(INSTANCE)
    answers: dict[Any, Any] = {
        **EXPORT,
        "ec2-describe-instances": {"Reservations": [{"Instances": [INSTANCE]}]},
        ("ssm-describe-sessions", "Active"): {"Sessions": [session]},
    }
    assert of(found, "ssm:session") == []
    found = facts(answers)
    assert told(found, "ssm:session", "instance_roles") == [(ROLE,)]
    assert (A, "ssm:session") in found.listed


def templates(*groups: Mapping[str, Any], asked: bool = True) -> Resource:
    versions = [
        {"VersionNumber": 1, "DefaultVersion": True, "LaunchTemplateData": {"IamInstanceProfile": {"Name": "p"}}},
        {"VersionNumber": 2, "DefaultVersion": False, "LaunchTemplateData": {}},
    ]
    answers: dict[Any, Any] = {
        **EXPORT,
        "ec2-describe-launch-templates": {
            "LaunchTemplates": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}]
        },
        ("ec2-describe-launch-template-versions", "lt-1"): {"LaunchTemplateVersions": versions},
    }
    if asked:
        answers["autoscaling-describe-auto-scaling-groups"] = {"AutoScalingGroups": list(groups)}
    return of(facts(answers), "ec2:launch-template")[0]


@pytest.mark.parametrize(
    ("version", "default", "latest"),
    [({}, True, False), ({"Version": "$Latest"}, False, True), ({"Version": "1"}, False, False)],
)
def test_a_launch_template_matters_by_the_version_that_a_group_launches(
    version: Mapping[str, str], default: bool, latest: bool
) -> None:
    read = templates({"LaunchTemplate": {"LaunchTemplateName": "web", **version}})
    said = (read.attributes["launched_as_default"], read.attributes["launched_as_latest"])
    assert (said, read.attributes["default_roles"]) == ((default, latest), (ROLE,))
    assert "latest_roles" not in read.attributes, "the latest version names no profile"


def test_where_nobody_asked_for_groups_it_is_not_known_what_they_launch() -> None:
    assert "launched_as_default" not in templates(asked=False).attributes
    assert templates().attributes["launched_as_default"] is False


def test_a_launch_configuration_holds_the_role_of_its_profile() -> None:
    config = {
        "LaunchConfigurationName": "old",
        "LaunchConfigurationARN": arn("autoscaling", "launchConfiguration:1:launchConfigurationName/old"),
        "IamInstanceProfile": "p",
    }
    found = facts({**EXPORT, "autoscaling-describe-launch-configurations": {"LaunchConfigurations": [config]}})
    assert [item.runs_as for item in of(found, "autoscaling:launchconfiguration")] == [(ROLE,)]


GROUP = {"applicationName": "shop", "deploymentGroupName": "web", "deploymentConfigName": "CodeDeployDefault.AllAtOnce"}


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        ({"ec2TagFilters": [{"Key": "app", "Value": "shop", "Type": "KEY_AND_VALUE"}]}, True),
        ({"ec2TagFilters": [{"Key": "app", "Value": "bank", "Type": "KEY_AND_VALUE"}]}, False),
        ({"ec2TagFilters": [{"Key": "app", "Type": "KEY_ONLY"}]}, True),
        (
            {
                "ec2TagSet": {
                    "ec2TagSetList": [[{"Key": "app", "Type": "KEY_ONLY"}], [{"Key": "no", "Type": "KEY_ONLY"}]]
                }
            },
            False,
        ),
        ({"autoScalingGroups": [{"name": "fleet"}]}, True),
        ({}, False),
    ],
)
def test_a_deployment_group_leads_to_the_roles_of_the_instances_that_it_chooses(
    choice: Mapping[str, Any], chosen: bool
) -> None:
    tagged = [{"Key": "app", "Value": "shop"}, {"Key": "aws:autoscaling:groupName", "Value": "fleet"}]
    answers: dict[Any, Any] = {
        **EXPORT,
        "ec2-describe-instances": {"Reservations": [{"Instances": [{**INSTANCE, "Tags": tagged}]}]},
        "codedeploy-list-applications": {"applications": ["shop"]},
        ("codedeploy-list-deployment-groups", "shop"): {"deploymentGroups": ["web"]},
        ("codedeploy-get-deployment-group", "shop", "web"): {"deploymentGroupInfo": {**GROUP, **choice}},
    }
    (read,) = of(facts(answers), "codedeploy:deploymentgroup")
    assert read.attributes.get("instance_roles", ()) == ((ROLE,) if chosen else ())
    assert arn("codedeploy", "application:shop") in named(read, "parts")


# ----- containers


def ecs(**more: Any) -> dict[Any, Any]:
    cluster, definition = arn("ecs", "cluster/c"), arn("ecs", "task-definition/d:1")
    return {
        "ecs-list-clusters": {"clusterArns": [cluster]},
        ("ecs-describe-tasks", cluster): {
            "tasks": [
                {"taskArn": arn("ecs", "task/c/1"), "taskDefinitionArn": definition, "clusterArn": cluster, **more}
            ]
        },
        ("ecs-describe-services", cluster): {
            "services": [
                {
                    "serviceArn": arn("ecs", "service/c/s"),
                    "serviceName": "s",
                    "taskDefinition": definition,
                    "clusterArn": cluster,
                }
            ]
        },
        "ecs-list-task-definitions": {"taskDefinitionArns": [definition]},
        ("ecs-describe-task-definition", definition): {
            "taskDefinition": {
                "taskDefinitionArn": definition,
                "taskRoleArn": ROLE,
                "containerDefinitions": [{"image": IMAGE}, {"image": f"{IMAGE}@sha256:00"}, {"image": "nginx:latest"}],
            }
        },
    }


IMAGE = f"{A}.dkr.ecr.{REGION}.amazonaws.com/team/app"
REPOSITORY = arn("ecr", "repository/team/app")


def repositories(mutability: str) -> dict[str, Any]:
    repository = {"repositoryArn": REPOSITORY, "repositoryName": "team/app", "imageTagMutability": mutability}
    return {"ecr-describe-repositories": {"repositories": [repository]}}


def test_a_task_says_whether_a_shell_can_be_opened_and_in_which_cluster_it_is() -> None:
    found = facts({**EXPORT, **ecs(enableExecuteCommand=True)})
    (task,) = of(found, "ecs:task")
    assert (task.attributes["execute_command"], task.attributes["parts"]) == (True, (arn("ecs", "cluster/c"),))
    assert [item.arn for item in of(found, "ecs:cluster")] == [arn("ecs", "cluster/c")]


@pytest.mark.parametrize(("mutability", "movable"), [("MUTABLE", True), ("IMMUTABLE", False)])
def test_a_service_hangs_on_the_repositories_whose_tags_can_be_moved(mutability: str, movable: bool) -> None:
    (service,) = of(facts({**EXPORT, **ecs(), **repositories(mutability)}), "ecs:service")
    assert (REPOSITORY in named(service, "parts")) is movable


def test_a_repository_that_nobody_listed_is_known_by_the_image_made_from_it() -> None:
    found = facts({**EXPORT, **ecs()})
    assert [item.arn for item in of(found, "ecr:repository")] == [REPOSITORY]


def test_a_job_runs_as_its_job_role_and_not_as_what_starts_it() -> None:
    container = {"jobRoleArn": ROLE, "executionRoleArn": arn("iam", "role/starter"), "image": f"{IMAGE}:1"}
    job = {
        "jobDefinitionArn": arn("batch", "job-definition/j:1"),
        "jobDefinitionName": "j",
        "containerProperties": container,
    }
    (read,) = of(facts({**EXPORT, "batch-describe-job-definitions": {"jobDefinitions": [job]}}), "batch:job-definition")
    assert (read.runs_as, read.attributes["parts"]) == ((ROLE,), (REPOSITORY,))


ISSUER = f"oidc.eks.{REGION}.amazonaws.com/id/ABC"


def kubernetes(**access: str) -> AwsFacts:
    by_token = role(
        "by-token", trust({"Federated": arn("iam", f"oidc-provider/{ISSUER}")}, "sts:AssumeRoleWithWebIdentity")
    )
    cluster = {
        "arn": arn("eks", "cluster/k"),
        "roleArn": arn("iam", "role/plane"),
        "identity": {"oidc": {"issuer": f"https://{ISSUER}"}},
        "accessConfig": access,
    }
    association = {"clusterName": "k", "associationArn": arn("eks", "podidentityassociation/k/a"), "roleArn": ROLE}
    node = {"clusterName": "k", "nodegroupArn": arn("eks", "nodegroup/k/n/1"), "nodeRole": arn("iam", "role/node")}
    return facts(
        {
            DETAILS: details(roles=[role("worker"), role("node"), role("plane"), by_token]),
            "eks-list-clusters": {"clusters": ["k"]},
            ("eks-describe-cluster", "k"): {"cluster": cluster},
            ("eks-list-pod-identity-associations", "k"): {"associations": [{"associationId": "a"}]},
            ("eks-describe-pod-identity-association", "k", "a"): {"association": association},
            ("eks-list-nodegroups", "k"): {"nodegroups": ["n"]},
            ("eks-describe-nodegroup", "k", "n"): {"nodegroup": node},
        }
    )


def test_pods_have_the_roles_of_associations_nodes_and_of_the_clusters_tokens() -> None:
    found = kubernetes(authenticationMode="API_AND_CONFIG_MAP")
    (cluster,) = of(found, "eks:cluster")
    assert set(named(cluster, "pod_roles")) == {ROLE, arn("iam", "role/node"), arn("iam", "role/by-token")}
    assert cluster.runs_as == (arn("iam", "role/plane"),)
    assert (A, "eks:cluster") in found.listed


@pytest.mark.parametrize(("mode", "entries"), [("API", True), ("API_AND_CONFIG_MAP", True), ("CONFIG_MAP", False)])
def test_a_cluster_takes_access_entries_or_not(mode: str, entries: bool) -> None:
    assert told(kubernetes(authenticationMode=mode), "eks:cluster", "access_entries") == [entries]
    assert told(kubernetes(), "eks:cluster", "access_entries") == [None]


def test_a_cluster_whose_pods_were_not_asked_for_is_not_known_whole() -> None:
    answers: dict[Any, Any] = {
        **EXPORT,
        "eks-list-clusters": {"clusters": ["k"]},
        ("eks-describe-cluster", "k"): {"cluster": {"arn": arn("eks", "cluster/k"), "roleArn": ROLE}},
    }
    assert (A, "eks:cluster") not in facts(answers).listed


# ----- builds


def project(**more: Any) -> dict[str, Any]:
    return {"projects": [{"name": "p", "arn": arn("codebuild", "project/p"), "serviceRole": ROLE, **more}]}


def test_a_project_takes_its_source_from_a_repository_or_a_bucket() -> None:
    commit = {"type": "CODECOMMIT", "location": "https://git-codecommit.eu-north-1.amazonaws.com/v1/repos/app"}
    found = facts({**EXPORT, "codebuild-batch-get-projects": project(source=commit)})
    repository = f"arn:aws:codecommit:eu-north-1:{A}:app"
    assert told(found, "codebuild:project", "parts") == [(repository,)]
    assert [item.arn for item in of(found, "codecommit:repository")] == [repository]
    stored = facts(
        {**EXPORT, "codebuild-batch-get-projects": project(source={"type": "S3", "location": "code/a/b.zip"})}
    )
    assert told(stored, "codebuild:project", "parts") == [("arn:aws:s3:::code/a/b.zip",)]


def test_a_project_is_set_up_for_batches_or_not() -> None:
    plain = facts({**EXPORT, "codebuild-batch-get-projects": project()})
    batch = facts({**EXPORT, "codebuild-batch-get-projects": project(buildBatchConfig={"serviceRole": ROLE})})
    assert (told(plain, "codebuild:project", "batch_builds"), told(batch, "codebuild:project", "batch_builds")) == (
        [False],
        [True],
    )


def test_a_project_runs_what_the_pipeline_that_starts_it_begins_with() -> None:
    actions = [
        {
            "actionTypeId": {"category": "Source", "provider": "S3"},
            "configuration": {"S3Bucket": "code", "S3ObjectKey": "app.zip"},
        },
        {"actionTypeId": {"category": "Build", "provider": "CodeBuild"}, "configuration": {"ProjectName": "p"}},
        {
            "actionTypeId": {"category": "Deploy", "provider": "S3"},
            "configuration": {"S3Bucket": "site", "S3ObjectKey": "x"},
        },
    ]
    answers: dict[Any, Any] = {
        **EXPORT,
        "codebuild-batch-get-projects": project(source={"type": "CODEPIPELINE"}),
        "codepipeline-list-pipelines": {"pipelines": [{"name": "line"}]},
        ("codepipeline-get-pipeline", "line"): {
            "pipeline": {"name": "line", "roleArn": ROLE, "stages": [{"actions": actions}]}
        },
    }
    assert told(facts(answers), "codebuild:project", "parts") == [("arn:aws:s3:::code/app.zip",)]


def test_a_stack_set_is_carried_out_by_its_administration_role() -> None:
    stack_set = {"StackSetARN": arn("cloudformation", "stackset/base:1"), "AdministrationRoleARN": ROLE}
    answers: dict[Any, Any] = {
        **EXPORT,
        "cloudformation-list-stack-sets": {"Summaries": [{"StackSetName": "base", "Status": "ACTIVE"}]},
        ("cloudformation-describe-stack-set", "base"): {"StackSet": stack_set},
    }
    assert [item.runs_as for item in of(facts(answers), "cloudformation:stackset")] == [(ROLE,)]


# ----- data


def test_a_script_that_a_job_loads_is_an_object_of_its_bucket() -> None:
    job = {"Name": "j", "Role": "worker", "Command": {"ScriptLocation": "s3://code/scripts/j.py"}}
    found = facts({**EXPORT, **BUCKET, "glue-get-jobs": {"Jobs": [job]}})
    script = "arn:aws:s3:::code/scripts/j.py"
    assert told(found, "glue:job", "parts") == [(script,)]
    assert script in {item.arn for item in of(found, "s3:object")}


def test_a_cluster_runs_as_the_role_of_its_nodes_and_leads_to_the_roles_that_trust_it() -> None:
    runtime = role("runtime", trust({"AWS": ROLE}))
    answers: dict[Any, Any] = {
        DETAILS: details(roles=[role("worker", InstanceProfileList=[{"Arn": PROFILE}]), runtime]),
        "emr-list-clusters": {
            "Clusters": [
                {
                    "Id": "j-1",
                    "Name": "c",
                    "ClusterArn": arn("elasticmapreduce", "cluster/j-1"),
                    "Status": {"State": "WAITING"},
                }
            ]
        },
        ("emr-describe-cluster", "j-1"): {"Cluster": {"Ec2InstanceAttributes": {"IamInstanceProfile": "p"}}},
    }
    (cluster,) = of(facts(answers), "elasticmapreduce:cluster")
    assert (cluster.runs_as, cluster.attributes["running"]) == ((ROLE,), True)
    assert cluster.attributes["runtime_roles"] == (arn("iam", "role/runtime"),)


def test_an_airflow_environment_takes_workflows_from_a_folder_of_its_bucket() -> None:
    environment = {
        "Arn": arn("airflow", "environment/e"),
        "Name": "e",
        "ExecutionRoleArn": ROLE,
        "SourceBucketArn": "arn:aws:s3:::code",
        "DagS3Path": "dags",
        "Status": "AVAILABLE",
    }
    answers: dict[Any, Any] = {
        **EXPORT,
        **BUCKET,
        "mwaa-list-environments": {"Environments": ["e"]},
        ("mwaa-get-environment", "e"): {"Environment": environment},
    }
    found = facts(answers)
    (read,) = of(found, "airflow:environment")
    (workflow,) = named(read, "parts")
    assert (read.runs_as, read.attributes["running"]) == ((ROLE,), True)
    assert workflow.startswith("arn:aws:s3:::code/dags/")
    assert workflow in {item.arn for item in of(found, "s3:object")}


# ----- functions, Studio, models, agents


@pytest.mark.parametrize(("policy", "signed"), [("Enforce", True), ("Warn", False)])
def test_a_function_takes_only_signed_code_where_that_is_enforced(policy: str, signed: bool) -> None:
    config = arn("lambda", "code-signing-config:c")
    function = {"FunctionName": "f", "FunctionArn": arn("lambda", "function:f"), "Role": ROLE}
    answers: dict[Any, Any] = {
        **EXPORT,
        "lambda-list-functions": {"Functions": [function]},
        ("lambda-get-function-code-signing-config", "f"): {"CodeSigningConfigArn": config},
        ("lambda-get-code-signing-config", config): {
            "CodeSigningConfig": {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}
        },
    }
    assert told(facts(answers), "lambda:function", "signed_only") == [signed]


def test_a_function_tells_what_feeds_it_and_at_which_address_it_answers() -> None:
    function, queue = arn("lambda", "function:f"), arn("sqs", "work")
    answers: dict[Any, Any] = {
        **EXPORT,
        "lambda-list-functions": {"Functions": [{"FunctionName": "f", "FunctionArn": function, "Role": ROLE}]},
        "lambda-list-event-source-mappings": {
            "EventSourceMappings": [
                {"EventSourceArn": queue, "FunctionArn": function, "State": "Enabled"},
                {"EventSourceArn": arn("sqs", "old"), "FunctionArn": function, "State": "Disabled"},
            ]
        },
        ("lambda-list-function-url-configs", "f"): {
            "FunctionUrlConfigs": [{"FunctionUrl": "https://x.lambda-url.on.aws/", "AuthType": "AWS_IAM"}]
        },
    }
    found = facts(answers)
    assert (told(found, "lambda:function", "fed_by"), told(found, "lambda:function", "url_sign_in")) == (
        [(queue,)],
        ["AWS_IAM"],
    )


def studio(auth: str, **space: Any) -> AwsFacts:
    domain = {"DomainId": "d-1", "DomainArn": arn("sagemaker", "domain/d-1"), "DomainName": "d"}
    return facts(
        {
            **EXPORT,
            "sagemaker-list-domains": {"Domains": [domain]},
            ("sagemaker-describe-domain", "d-1"): {
                "AuthMode": auth,
                "DefaultUserSettings": {"ExecutionRole": ROLE},
                "DefaultSpaceSettings": {"ExecutionRole": ROLE},
            },
            "sagemaker-list-user-profiles": {"UserProfiles": [{"DomainId": "d-1", "UserProfileName": "ann"}]},
            ("sagemaker-describe-user-profile", "d-1", "ann"): {"UserProfileName": "ann"},
            "sagemaker-list-spaces": {"Spaces": [{"DomainId": "d-1", "SpaceName": "s"}]},
            ("sagemaker-describe-space", "d-1", "s"): {"SpaceName": "s", "SpaceSettings": space},
        }
    )


def test_studio_is_opened_by_a_link_only_where_people_sign_in_by_iam() -> None:
    for mode in ("IAM", "SSO"):
        found = studio(mode)
        assert told(found, "sagemaker:user-profile", "sign_in") == told(found, "sagemaker:domain", "sign_in") == [mode]
    assert told(studio("IAM"), "sagemaker:domain", "parts") == [(arn("sagemaker", "user-profile/d-1/ann"),)]
    assert told(studio("IAM"), "sagemaker:domain", "space_roles") == [(ROLE,)]


def test_a_space_can_be_reached_from_outside_only_where_that_is_on() -> None:
    assert told(studio("IAM", RemoteAccess="ENABLED"), "sagemaker:space", "remote_access") == [True]
    assert told(studio("IAM"), "sagemaker:space", "remote_access") == [False]


@pytest.mark.parametrize("isolated", [False, True])
def test_an_endpoint_hangs_on_the_artifact_and_image_of_models_that_have_credentials(isolated: bool) -> None:
    model = {
        "ModelArn": arn("sagemaker", "model/m"),
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": isolated,
        "PrimaryContainer": {"Image": f"{IMAGE}:1", "ModelDataUrl": "s3://code/m/model.tar.gz"},
    }
    answers: dict[Any, Any] = {
        **EXPORT,
        **BUCKET,
        "sagemaker-list-endpoints": {
            "Endpoints": [
                {"EndpointName": "e", "EndpointArn": arn("sagemaker", "endpoint/e"), "EndpointStatus": "InService"}
            ]
        },
        ("sagemaker-describe-endpoint", "e"): {"EndpointConfigName": "c"},
        "sagemaker-list-endpoint-configs": {
            "EndpointConfigs": [{"EndpointConfigName": "c", "EndpointConfigArn": arn("sagemaker", "endpoint-config/c")}]
        },
        ("sagemaker-describe-endpoint-config", "c"): {"ProductionVariants": [{"ModelName": "m"}]},
        "sagemaker-list-models": {"Models": [{"ModelName": "m", "ModelArn": arn("sagemaker", "model/m")}]},
        ("sagemaker-describe-model", "m"): model,
    }
    (endpoint,) = of(facts(answers), "sagemaker:endpoint")
    parts = {REPOSITORY, "arn:aws:s3:::code/m/model.tar.gz"}
    assert set(named(endpoint, "parts")) == (set() if isolated else parts)
    assert endpoint.attributes.get("model_roles", ()) == (() if isolated else (ROLE,))


def test_a_changed_agent_is_met_at_the_alias_of_its_draft_only() -> None:
    answers: dict[Any, Any] = {
        **EXPORT,
        "bedrock-agent-list-agents": {
            "agentSummaries": [{"agentId": "A1", "agentName": "a", "latestAgentVersion": "1"}]
        },
        ("bedrock-agent-get-agent", "A1"): {"agent": {"agentId": "A1", "agentResourceRoleArn": ROLE}},
        ("bedrock-agent-list-agent-aliases", "A1"): {"agentAliasSummaries": [{"agentAliasId": "LIVE"}]},
    }
    found = facts(answers)
    assert told(found, "bedrock:agent", "parts") == [(arn("bedrock", "agent-alias/A1/TSTALIASID"),)]
    assert len(of(found, "bedrock:agent-alias")) == 2


def test_a_runtime_is_called_at_its_endpoints() -> None:
    runtime = arn("bedrock-agentcore", "runtime/r")
    answers: dict[Any, Any] = {
        **EXPORT,
        "bedrock-agentcore-control-list-agent-runtimes": {
            "agentRuntimes": [{"agentRuntimeId": "r", "agentRuntimeArn": runtime, "agentRuntimeName": "r"}]
        },
        ("bedrock-agentcore-control-get-agent-runtime", "r"): {"roleArn": ROLE},
        ("bedrock-agentcore-control-list-agent-runtime-endpoints", "r"): {
            "runtimeEndpoints": [{"agentRuntimeEndpointArn": f"{runtime}/runtime-endpoint/prod"}]
        },
    }
    found = facts(answers)
    ends = [f"{runtime}/runtime-endpoint/{name}" for name in ("DEFAULT", "prod")]
    assert [item.arn for item in of(found, "bedrock-agentcore:runtime-endpoint")] == ends
    assert told(found, "bedrock-agentcore:runtime", "parts") == [tuple(ends)]
    assert small.node(found, runtime).targets


# ----- what was asked for and not answered


def test_what_was_refused_is_marked_and_not_taken_for_granted() -> None:
    answers = {**EXPORT, "ec2-describe-instances": {"Reservations": [{"Instances": [INSTANCE]}]}}
    never = told(facts(answers), "ec2:instance", "unread")
    refused = told(facts(answers, refused=["ssm-describe-instance-information"]), "ec2:instance", "unread")
    assert (never, refused) == ([None], [("managed_by_ssm",)])


def test_a_function_whose_signing_was_refused_is_not_taken_for_one_without() -> None:
    function = {"FunctionName": "f", "FunctionArn": arn("lambda", "function:f"), "Role": ROLE}
    answers = {**EXPORT, "lambda-list-functions": {"Functions": [function]}}
    found = facts(answers, refused=[("lambda-get-function-code-signing-config", "f")])
    assert (told(found, "lambda:function", "signed_only"), told(found, "lambda:function", "unread")) == (
        [None],
        [("signed_only",)],
    )
    assert told(facts(answers), "lambda:function", "signed_only") == [False]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"ec2-describe-launch-templates": {"LaunchTemplates": [{"LaunchTemplateId": "lt-1"}]}}, "ec2:launch-template"),
        (
            {
                "autoscaling-describe-launch-configurations": {
                    "LaunchConfigurations": [
                        {
                            "LaunchConfigurationName": "old",
                            "LaunchConfigurationARN": arn("autoscaling", "launchConfiguration:1:x/old"),
                            "IamInstanceProfile": "lost",
                        }
                    ]
                }
            },
            "autoscaling:launchconfiguration",
        ),
        ({("ssm-describe-sessions", "Active"): {"Sessions": [{"SessionId": "s", "Target": "i-1"}]}}, "ssm:session"),
        (
            {
                "emr-list-clusters": {"Clusters": [{"Id": "j", "ClusterArn": arn("elasticmapreduce", "cluster/j")}]},
                ("emr-describe-cluster", "j"): {"Cluster": {"Ec2InstanceAttributes": {"IamInstanceProfile": "lost"}}},
            },
            "elasticmapreduce:cluster",
        ),
        (
            {
                "sagemaker-list-endpoints": {
                    "Endpoints": [{"EndpointName": "e", "EndpointArn": arn("sagemaker", "endpoint/e")}]
                },
                ("sagemaker-describe-endpoint", "e"): {"EndpointConfigName": "c"},
            },
            "sagemaker:endpoint",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hosts_whose_role_leads_through_what_was_not_read_are_not_all_known(
    answers: Mapping[Any, Any], kind: str
) -> None:
    found = facts({**EXPORT, **answers})
    assert of(found, kind)
    assert (A, kind) not in found.listed
