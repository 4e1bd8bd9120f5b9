"""Existing PassRole through data processing: Glue, EMR and Airflow."""

from __future__ import annotations

from graph.clouds.aws.techniques.hosted import EC2, GLUE, RUNNING, entry, hosted, on, part

_ENDPOINT, _CLUSTER, _AIRFLOW = "glue:devendpoint", "elasticmapreduce:cluster", "airflow:environment"
_AIRFLOW_SERVICE = "airflow-env.amazonaws.com"

ENTRIES = (
    entry(
        "glue-update-dev-endpoint",
        "Put a key on a Glue development endpoint",
        hosted(_ENDPOINT, GLUE, on(_ENDPOINT, "glue:UpdateDevEndpoint"), where=RUNNING),
        "{source} can add its SSH key to {via}, which runs as {target}",
        "Remove development endpoints, or narrow glue:UpdateDevEndpoint.",
        "glue/latest/webapi/API_UpdateDevEndpoint.html",
        known_as=("glue-002",),
        answers=("T166",),
        attack=("T1098.004", "T1552.005"),
        prerequisites="A development endpoint with the role that is ready.",
    ),
    entry(
        "script-of-job",
        "Replace the script of a Glue job",
        hosted("glue:job", GLUE, part("s3:object", "s3:PutObject")),
        "{source} can replace the script of {via}, which runs as {target}",
        "Let only a deployment role write to the bucket of scripts.",
        "glue/latest/dg/add-job.html",
        answers=("T175",),
        attack=("T1195.002", "T1574"),
        prerequisites="A job with the role whose script lies in the bucket, and something that starts it.",
        events=("PutObject (a data event)",),
    ),
    entry(
        "emr-add-step",
        "Run a step on an EMR cluster",
        hosted(_CLUSTER, EC2, on(_CLUSTER, "elasticmapreduce:AddJobFlowSteps"), where=RUNNING),
        "{source} can run a step on {via}, whose nodes run as {target}",
        "Narrow elasticmapreduce:AddJobFlowSteps by tag, and demand runtime roles (elasticmapreduce:ExecutionRoleArn).",
        "emr/latest/APIReference/API_AddJobFlowSteps.html",
        answers=("T164",),
        attack=("T1651", "T1552.005"),
        prerequisites="A cluster that is running or waiting, whose instance profile holds the role.",
    ),
    entry(
        "emr-session-credentials",
        "Work on an EMR cluster under a runtime role",
        # The nodes assume the runtime role, so that it trusts theirs and no service.
        # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-steps-runtime-roles.html
        hosted(
            _CLUSTER,
            EC2,
            on(_CLUSTER, "elasticmapreduce:GetClusterSessionCredentials"),
            where=RUNNING,
            acts_as="runtime_roles",
            mixed=True,
        ),
        "{source} can get credentials for work on {via} as {target}",
        "Condition elasticmapreduce:GetClusterSessionCredentials on elasticmapreduce:ExecutionRoleArn.",
        "emr/latest/APIReference/API_GetClusterSessionCredentials.html",
        answers=("T165",),
        attack=("T1552.007", "T1550.001"),
        prerequisites="A running cluster with runtime roles on, and a role that trusts the role of its nodes.",
    ),
    entry(
        "airflow-cli-token",
        "Run workflows in an Airflow environment",
        hosted(_AIRFLOW, _AIRFLOW_SERVICE, on(_AIRFLOW, "airflow:CreateCliToken"), where=RUNNING),
        "{source} can run Airflow commands in {via}, which runs as {target}",
        "Narrow airflow:CreateCliToken to the environments' operators.",
        "mwaa/latest/userguide/call-mwaa-apis-cli.html",
        answers=("T137",),
        attack=("T1651",),
        prerequisites="An available environment with the role, whose web server the caller can reach.",
    ),
    entry(
        "workflows-of-airflow",
        "Put a workflow into the bucket of an Airflow environment",
        hosted(_AIRFLOW, _AIRFLOW_SERVICE, part("s3:object", "s3:PutObject")),
        "{source} can put workflows of its own into {via}, which runs as {target}",
        "Let only a deployment role write to the folder of workflows.",
        "mwaa/latest/userguide/configuring-dag-folder.html",
        answers=("T175",),
        attack=("T1195.002", "T1574"),
        prerequisites="An environment with the role that takes its workflows from the bucket.",
        events=("PutObject (a data event)",),
    ),
)
