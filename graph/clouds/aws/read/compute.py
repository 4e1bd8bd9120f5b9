"""Where code runs and as whom: functions, instances, containers, builds, jobs, stacks and machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.read.estate import State, text, texts
from graph.clouds.aws.read.reading import Reading, Thing, tags
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things

_MANAGED = "ssm-describe-instance-information"
INSTANCES = Sort(
    "ec2:instance",
    "instance",
    "EC2 instance",
    "ec2-describe-instances",
    "Reservations.Instances",
    "arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
    "InstanceId",
    roles=("IamInstanceProfile.Role",),
    tags="Tags",
    shown=(
        ("state", "State.Name"),
        ("public_address", "PublicIpAddress"),
        ("metadata_tokens", "MetadataOptions.HttpTokens"),
        ("platform", "Platform"),
    ),
    gone=("State.Name", "terminated"),
)
TASKS = Sort(
    "ecs:task",
    "task",
    "ECS task",
    "ecs-describe-tasks",
    "tasks",
    "taskArn",
    "taskArn",
    roles=("overrides.taskRoleArn",),
    shown=(("task_definition", "taskDefinitionArn"), ("launch_type", "launchType")),
    gone=("lastStatus", "STOPPED"),
)
SERVICES = Sort(
    "ecs:service",
    "service",
    "ECS service",
    "ecs-describe-services",
    "services",
    "serviceArn",
    "serviceName",
    roles=("taskRoleArn",),
    shown=(("task_definition", "taskDefinition"),),
    gone=("status", "INACTIVE"),
)
DEFINITIONS = Sort(
    "ecs:task-definition",
    "task-definition",
    "ECS task definition",
    "ecs-list-task-definitions",
    "taskDefinitionArns",
    "",
    "",
    detail="ecs-describe-task-definition",
    arguments=("",),
    under="taskDefinition",
    roles=("taskRoleArn", "executionRoleArn"),
)
SORTS = (
    Sort(
        "lambda:function",
        "function",
        "Lambda function",
        "lambda-list-functions",
        "Functions",
        "FunctionArn",
        "FunctionName",
        roles=("Role",),
        policy="lambda-get-policy",
        policy_for="FunctionName",
        shown=(("runtime", "Runtime"), ("package", "PackageType"), ("last_modified", "LastModified")),
    ),
    DEFINITIONS,
    Sort(
        "codebuild:project",
        "build-project",
        "CodeBuild project",
        "codebuild-batch-get-projects",
        "projects",
        "arn",
        "name",
        roles=("serviceRole",),
        policy="codebuild-get-resource-policy",
        policy_at="policy",
        policy_for="arn",
        tags="tags",
        shown=(("source", "source.type"),),
    ),
    Sort(
        "codepipeline:pipeline",
        "pipeline",
        "CodePipeline pipeline",
        "codepipeline-list-pipelines",
        "pipelines",
        "arn:{partition}:codepipeline:{region}:{account}:{name}",
        "name",
        detail="codepipeline-get-pipeline",
        arguments=("name",),
        under="pipeline",
        roles=("roleArn",),
    ),
    Sort(
        "glue:job",
        "glue-job",
        "Glue job",
        "glue-get-jobs",
        "Jobs",
        "arn:{partition}:glue:{region}:{account}:job/{Name}",
        "Name",
        roles=("Role",),
        shown=(("script", "Command.ScriptLocation"),),
    ),
    Sort(
        "glue:devendpoint",
        "glue-endpoint",
        "Glue development endpoint",
        "glue-get-dev-endpoints",
        "DevEndpoints",
        "arn:{partition}:glue:{region}:{account}:devEndpoint/{EndpointName}",
        "EndpointName",
        roles=("RoleArn",),
    ),
    Sort(
        "glue:session",
        "glue-session",
        "Glue session",
        "glue-list-sessions",
        "Sessions",
        "arn:{partition}:glue:{region}:{account}:session/{Id}",
        "Id",
        roles=("Role",),
        gone=("Status", "STOPPED"),
    ),
    Sort(
        "states:statemachine",
        "state-machine",
        "Step Functions state machine",
        "stepfunctions-list-state-machines",
        "stateMachines",
        "stateMachineArn",
        "name",
        detail="stepfunctions-describe-state-machine",
        arguments=("stateMachineArn",),
        roles=("roleArn",),
    ),
    Sort(
        "cloudformation:stack",
        "stack",
        "CloudFormation stack",
        "cloudformation-describe-stacks",
        "Stacks",
        "StackId",
        "StackName",
        roles=("RoleARN",),
        tags="Tags",
        shown=(("status", "StackStatus"), ("capabilities", "Capabilities")),
        gone=("StackStatus", "DELETE_COMPLETE"),
    ),
    Sort(
        "apprunner:service",
        "app",
        "App Runner service",
        "apprunner-list-services",
        "ServiceSummaryList",
        "ServiceArn",
        "ServiceName",
        detail="apprunner-describe-service",
        arguments=("ServiceArn",),
        under="Service",
        roles=("InstanceConfiguration.InstanceRoleArn",),
        shown=(("url", "ServiceUrl"),),
    ),
    Sort(
        "scheduler:schedule",
        "schedule",
        "EventBridge schedule",
        "scheduler-list-schedules",
        "Schedules",
        "Arn",
        "Name",
        detail="scheduler-get-schedule",
        arguments=("GroupName", "Name"),
        under="Target",
        roles=("RoleArn",),
    ),
    Sort(
        "batch:job-definition",
        "batch-job",
        "Batch job definition",
        "batch-describe-job-definitions",
        "jobDefinitions",
        "jobDefinitionArn",
        "jobDefinitionName",
        roles=("containerProperties.jobRoleArn", "containerProperties.executionRoleArn"),
        gone=("status", "INACTIVE"),
    ),
    Sort(
        "eks:cluster",
        "cluster",
        "EKS cluster",
        "eks-list-clusters",
        "clusters",
        "arn:{partition}:eks:{region}:{account}:cluster/{}",
        "",
        detail="eks-describe-cluster",
        arguments=("",),
        under="cluster",
        roles=("roleArn",),
    ),
)


def read_compute(reading: Reading) -> Iterator[Thing]:
    """Everything that runs outside the AI services."""
    yield from things(reading, SORTS)
    yield from _instances(reading)
    yield from _containers(reading)


def _instances(reading: Reading) -> Iterator[Thing]:
    """An instance runs as the role in its instance profile."""
    managed = {
        (place.account, place.region, text(item, "InstanceId"))
        for place, item in reading.answers.items(_MANAGED, "InstanceInformationList")
    }
    for item in items(reading, INSTANCES):
        profile = text(item.record, "IamInstanceProfile.Arn")
        role = reading.profiles.get(profile, "")
        named = replace(item, name=tags(item.record).get("Name", item.name))
        here = (item.account, item.place.region, text(item.record, "InstanceId"))
        yield from thing(
            reading,
            named,
            (role,) if role else (),
            instance_profile=profile,
            public_address=text(item.record, "PublicIpAddress"),
            managed_by_ssm=here in managed if _told(reading, item) else None,
            key_pair=text(item.record, "KeyName"),
        )


def _told(reading: Reading, item: Item) -> bool:
    """Whether Systems Manager said of this region which instances it manages."""
    return reading.answers.state(item.account, item.place.region, _MANAGED) is State.ASKED


def _containers(reading: Reading) -> Iterator[Thing]:
    """Tasks and services run as the role of their task definition, unless a task overrides it."""
    by_definition = {item.arn: _task_role(item) for item in items(reading, DEFINITIONS)}
    for sort, path in ((TASKS, "taskDefinitionArn"), (SERVICES, "taskDefinition")):
        for item in items(reading, sort):
            own = texts(item.record, sort.roles[0])
            role = by_definition.get(text(item.record, path), "")
            exec_on = item.record.get("enableExecuteCommand")
            yield from thing(reading, item, (role,) if role and not own else (), execute_command=exec_on)


def _task_role(item: Item) -> str:
    return text(item.record, "taskRoleArn")


def unplaced(reading: Reading) -> frozenset[tuple[str, str]]:
    """Accounts with hosts whose role could not be told, because what leads to it was not read."""
    found = set()
    for item in items(reading, INSTANCES):
        profile = text(item.record, "IamInstanceProfile.Arn")
        if profile and not reading.profiles.get(profile):
            found.add((item.account, INSTANCES.kind))
    defined = {item.arn for item in items(reading, DEFINITIONS)}
    for sort, path in ((TASKS, "taskDefinitionArn"), (SERVICES, "taskDefinition")):
        untold = (i for i in items(reading, sort) if text(i.record, path) not in defined)
        found |= {(item.account, sort.kind) for item in untold if _was_lost(reading, item)}
    return frozenset(found)


def _was_lost(reading: Reading, item: Item) -> bool:
    asked = reading.answers.state(item.account, item.place.region, DEFINITIONS.detail)
    return asked is not State.ASKED
