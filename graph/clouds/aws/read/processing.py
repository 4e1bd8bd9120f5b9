"""Data processing: Glue, EMR and Airflow, as whom they run and which scripts they load."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.read.estate import text
from graph.clouds.aws.read.reading import Reading, Thing
from graph.clouds.aws.read.sorts import Sort, items, thing, things
from graph.clouds.aws.read.standing import folder_at, role_in, stored_at, trusting

_JOBS = Sort(
    "glue:job",
    "glue-job",
    "Glue job",
    "glue-get-jobs",
    "Jobs",
    "arn:{partition}:glue:{region}:{account}:job/{Name}",
    "Name",
    roles=("Role",),
    shown=(("script", "Command.ScriptLocation"),),
)
_ENDPOINTS = Sort(
    "glue:devendpoint",
    "glue-endpoint",
    "Glue development endpoint",
    "glue-get-dev-endpoints",
    "DevEndpoints",
    "arn:{partition}:glue:{region}:{account}:devEndpoint/{EndpointName}",
    "EndpointName",
    roles=("RoleArn",),
    shown=(("status", "Status"),),
)
_SESSIONS = Sort(
    "glue:session",
    "glue-session",
    "Glue session",
    "glue-list-sessions",
    "Sessions",
    "arn:{partition}:glue:{region}:{account}:session/{Id}",
    "Id",
    roles=("Role",),
    gone=("Status", "STOPPED"),
)
_CLUSTERS = Sort(
    "elasticmapreduce:cluster",
    "data-cluster",
    "EMR cluster",
    "emr-list-clusters",
    "Clusters",
    "ClusterArn",
    "Name",
    detail="emr-describe-cluster",
    arguments=("Id",),
    under="Cluster",
    roles=("Ec2InstanceAttributes.Role",),
    shown=(("status", "Status.State"),),
    gone=("Status.State", "TERMINATED"),
)
_AIRFLOW = Sort(
    "airflow:environment",
    "workflow-environment",
    "Airflow environment",
    "mwaa-get-environment",
    "Environment",
    "Arn",
    "Name",
    roles=("ExecutionRoleArn",),
    shown=(("status", "Status"), ("web_server", "WebserverAccessMode")),
    gone=("Status", "DELETED"),
)
SORTS = (_JOBS, _ENDPOINTS, _SESSIONS, _CLUSTERS, _AIRFLOW)
_ALIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")


def read_processing(reading: Reading) -> Iterator[Thing]:
    """Everything that works on data in bulk."""
    yield from things(reading, (_SESSIONS,))
    for item in items(reading, _JOBS):
        script = stored_at(text(item.record, "Command.ScriptLocation"), item.place.region)
        yield from thing(reading, item, parts=(script,) if script else ())
    for item in items(reading, _ENDPOINTS):
        status = text(item.record, "Status")
        yield from thing(reading, item, running=status == "READY" if status else None)
    yield from _clusters(reading)
    for item in items(reading, _AIRFLOW):
        folder = f"{text(item.record, 'SourceBucketArn')}/{text(item.record, 'DagS3Path')}"
        workflows = folder_at(folder, item.place.region) if text(item.record, "DagS3Path") else ""
        up = text(item.record, "Status") in ("", "AVAILABLE", "UPDATING", "MAINTENANCE", "PENDING")
        yield from thing(reading, item, parts=(workflows,) if workflows else (), running=up)


def profiles_unknown(reading: Reading) -> Iterator[tuple[str, str]]:
    """Accounts with clusters whose profile leads to no role, because what holds it was not read."""
    for item in items(reading, _CLUSTERS):
        profile = text(item.record, "Ec2InstanceAttributes.IamInstanceProfile")
        if profile and not role_in(reading, item.account, profile):
            yield item.account, _CLUSTERS.kind


def _clusters(reading: Reading) -> Iterator[Thing]:
    """The nodes of a cluster run as the role in their profile, and assume the runtime roles that trust it.

    https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-steps-runtime-roles.html
    """
    trusted = trusting(reading)
    for item in items(reading, _CLUSTERS):
        profile = text(item.record, "Ec2InstanceAttributes.IamInstanceProfile")
        role = role_in(reading, item.account, profile)
        state = text(item.record, "Status.State")
        yield from thing(
            reading,
            item,
            (role,) if role else (),
            running=state in _ALIVE if state else None,
            runtime_roles=trusted.get(role, ()) if role else (),
        )
