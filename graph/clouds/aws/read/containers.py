"""Containers: tasks, services, jobs, applications and Kubernetes clusters, as whom they run and from which images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.clouds.aws.read.estate import State, text, texts
from graph.clouds.aws.read.reading import Reading, Thing, partition
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things
from graph.clouds.aws.read.standing import Images, trusting

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
CLUSTERS = Sort(
    "ecs:cluster",
    "container-cluster",
    "ECS cluster",
    "ecs-list-clusters",
    "clusterArns",
    "",
    "",
)
KUBERNETES = Sort(
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
    shown=(("sign_in", "accessConfig.authenticationMode"),),
)
# The lists have names only, so that the details are taken as the lists.
_NODE_GROUPS = Sort(
    "eks:nodegroup",
    "node-group",
    "EKS node group",
    "eks-describe-nodegroup",
    "nodegroup",
    "nodegroupArn",
    "nodegroupName",
    roles=("nodeRole",),
    shown=(("cluster", "clusterName"),),
)
_IDENTITIES = Sort(
    "eks:podidentityassociation",
    "pod-identity",
    "EKS pod identity association",
    "eks-describe-pod-identity-association",
    "association",
    "associationArn",
    "serviceAccount",
    roles=("roleArn", "targetRoleArn"),
    shown=(("cluster", "clusterName"), ("namespace", "namespace")),
)
_FARGATE = Sort(
    "eks:fargateprofile",
    "fargate-profile",
    "EKS Fargate profile",
    "eks-describe-fargate-profile",
    "fargateProfile",
    "fargateProfileArn",
    "fargateProfileName",
    roles=("podExecutionRoleArn",),
    shown=(("cluster", "clusterName"),),
)
JOBS = Sort(
    "batch:job-definition",
    "batch-job",
    "Batch job definition",
    "batch-describe-job-definitions",
    "jobDefinitions",
    "jobDefinitionArn",
    "jobDefinitionName",
    roles=(
        "containerProperties.jobRoleArn",
        "nodeProperties.nodeRangeProperties.container.jobRoleArn",
        "ecsProperties.taskProperties.taskRoleArn",
    ),
    gone=("status", "INACTIVE"),
)
APPS = Sort(
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
    shown=(("url", "ServiceUrl"), ("status", "Status")),
    gone=("Status", "DELETED"),
)
_QUEUES = Sort(
    "batch:job-queue",
    "job-queue",
    "Batch job queue",
    "batch-describe-job-queues",
    "jobQueues",
    "jobQueueArn",
    "jobQueueName",
    shown=(("state", "state"),),
    gone=("state", "DISABLED"),
)
_PLAIN = (DEFINITIONS, CLUSTERS, _NODE_GROUPS, _IDENTITIES, _FARGATE, _QUEUES)
SORTS = (*_PLAIN, TASKS, SERVICES, KUBERNETES, JOBS, APPS)
_EXECUTION = "containerProperties.executionRoleArn"
_JOB_IMAGES = (
    "containerProperties.image",
    "nodeProperties.nodeRangeProperties.container.image",
    "ecsProperties.taskProperties.containers.image",
)


def read_containers(reading: Reading) -> Iterator[Thing]:
    """Everything that runs in containers outside the AI services."""
    images = Images(reading)
    yield from things(reading, _PLAIN)
    yield from _elastic(reading, images)
    yield from _kubernetes(reading)
    for item in items(reading, JOBS):
        yield from _made_from(reading, item, images, texts_at(item, *_JOB_IMAGES), text(item.record, _EXECUTION))
    for item in items(reading, APPS):
        source = "SourceConfiguration.ImageRepository"
        own = text(item.record, f"{source}.ImageRepositoryType") == "ECR"
        yield from _made_from(reading, item, images, texts_at(item, f"{source}.ImageIdentifier") if own else ())


def texts_at(item: Item, *paths: str) -> tuple[str, ...]:
    return tuple(name for path in paths for name in texts(item.record, path))


def _made_from(
    reading: Reading, item: Item, images: Images, names: tuple[str, ...], execution_role: str = ""
) -> Iterator[Thing]:
    parts = images.movable(names)
    yield from images.unlisted(parts)
    yield from thing(reading, item, parts=parts, execution_role=execution_role)


# ----- tasks and services


def _elastic(reading: Reading, images: Images) -> Iterator[Thing]:
    """Tasks and services run as the role of their task definition, unless a task overrides it."""
    defined = {item.arn: item for item in items(reading, DEFINITIONS)}
    for sort, path in ((TASKS, "taskDefinitionArn"), (SERVICES, "taskDefinition")):
        for item in items(reading, sort):
            definition = defined.get(text(item.record, path))
            own = texts(item.record, sort.roles[0])
            role = text(definition.record, "taskRoleArn") if definition else ""
            # A service takes images anew with its deployments; a task has had its own.
            pulled = definition is not None and sort is SERVICES
            parts = images.movable(texts_at(definition, "containerDefinitions.image")) if definition and pulled else ()
            yield from images.unlisted(parts)
            yield from thing(
                reading,
                item,
                (role,) if role and not own else (),
                parts=(*texts(item.record, "clusterArn"), *parts),
                execute_command=item.record.get("enableExecuteCommand"),
            )


# ----- Kubernetes


def _kubernetes(reading: Reading) -> Iterator[Thing]:
    """Pods get roles by association, by the cluster's token issuer, or from the node that they run on."""
    trusted = trusting(reading)
    roles = _roles_by_cluster(reading)
    for item in items(reading, KUBERNETES):
        here = (item.account, item.place.region, item.name)
        issuer = text(item.record, "identity.oidc.issuer").removeprefix("https://")
        provider = f"arn:{partition(item.place.region)}:iam::{item.account}:oidc-provider/{issuer}"
        by_token = trusted.get(provider, ()) if issuer else ()
        mode = text(item.record, "accessConfig.authenticationMode")
        yield from thing(
            reading,
            item,
            pod_roles=tuple(dict.fromkeys((*roles.get(here, ()), *by_token))),
            access_entries=mode in ("API", "API_AND_CONFIG_MAP") if mode else None,
        )


def _roles_by_cluster(reading: Reading) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    """The roles of associations and nodes. What Fargate starts pods with stays outside of them.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html
    """
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for sort in (_IDENTITIES, _NODE_GROUPS):
        for item in items(reading, sort):
            here = (item.account, item.place.region, text(item.record, "clusterName"))
            found[here] = (*found.get(here, ()), *texts_at(item, *sort.roles))
    return found


def roles_unread(reading: Reading) -> Iterator[tuple[str, str]]:
    """Accounts with containers whose role could not be told, because what leads to it was not read."""
    defined = {item.arn for item in items(reading, DEFINITIONS)}
    for sort, path in ((TASKS, "taskDefinitionArn"), (SERVICES, "taskDefinition")):
        untold = (i for i in items(reading, sort) if text(i.record, path) not in defined)
        yield from ((item.account, sort.kind) for item in untold if _was_lost(reading, item))
    for item in items(reading, KUBERNETES):
        if not all(reading.answers.complete(item.account, sort.call) for sort in (_IDENTITIES, _NODE_GROUPS)):
            yield item.account, KUBERNETES.kind


def _was_lost(reading: Reading, item: Item) -> bool:
    asked = reading.answers.state(item.account, item.place.region, DEFINITIONS.detail)
    return asked is not State.ASKED
