"""New PassRole to what moves and works on data: Glue, EMR, pipelines, streams, transfers and GraphQL sources."""

from __future__ import annotations

from graph.clouds.aws.techniques.pass_role import another, bare, entry, new, passing, some
from graph.model import Strength

_GLUE = "glue.amazonaws.com"

ENTRIES = (
    entry(
        "glue-job",
        "Run a Glue job with a role",
        passing(
            _GLUE,
            new("glue:job", "glue:CreateJob", "glue:StartJobRun"),
            (*new("glue:job", "glue:CreateJob"), *new("glue:trigger", "glue:CreateTrigger")),
        ),
        "run a Glue job as",
        "glue/latest/dg/create-service-policy.html",
        answers=("AWS-T108", "AWS-T109"),
        known_as=("glue-003", "glue-004"),
        attack=("T1648",),
    ),
    entry(
        "glue-update-job",
        "Give a Glue job another role and script",
        passing(
            _GLUE,
            some("glue:job", "glue:UpdateJob", "glue:StartJobRun"),
            (*some("glue:job", "glue:UpdateJob"), *new("glue:trigger", "glue:CreateTrigger")),
        ),
        "rewrite a Glue job so that it runs as",
        "glue/latest/dg/create-service-policy.html",
        answers=("AWS-T111", "AWS-T112"),
        known_as=("glue-005", "glue-006"),
        attack=("T1648",),
        prerequisites="a Glue job in the account",
    ),
    entry(
        "glue-dev-endpoint",
        "Create a Glue development endpoint with a role",
        passing(_GLUE, bare("glue:CreateDevEndpoint")),
        "create a development endpoint, with a shell, that runs as",
        "glue/latest/dg/add-dev-endpoint.html",
        answers=("AWS-T107",),
        known_as=("glue-001",),
    ),
    entry(
        "glue-session",
        "Run statements in a Glue session with a role",
        passing(_GLUE, new("glue:session", "glue:CreateSession", "glue:RunStatement")),
        "run statements in a Glue session as",
        "glue/latest/dg/interactive-sessions-security.html",
        answers=("AWS-T110",),
        attack=("T1648",),
    ),
    entry(
        "emr",
        "Start an EMR cluster with a role",
        # The role of the instances is passed to EC2 in its profile, that of the service to EMR.
        # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-roles-calling.html
        passing(
            "ec2.amazonaws.com",
            (
                *new("elasticmapreduce:cluster", "elasticmapreduce:RunJobFlow"),
                another("elasticmapreduce.amazonaws.com"),
            ),
            profile="iam:instance-profile",
        ),
        "start a cluster whose steps run as",
        "emr/latest/ManagementGuide/emr-iam-role-for-ec2.html",
        answers=("AWS-T103",),
        attack=("T1578.002",),
        prerequisites="an instance profile that holds the role, and a service role for EMR that one may pass too",
    ),
    entry(
        "emr-serverless",
        "Run an EMR Serverless job with a role",
        passing(
            "emr-serverless.amazonaws.com",
            new("emr-serverless:application", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"),
            some("emr-serverless:application", "emr-serverless:StartJobRun"),
        ),
        "run a Spark or Hive job as",
        "emr/latest/EMR-Serverless-UserGuide/security-iam-runtime-role.html",
        answers=("AWS-T104",),
        attack=("T1648",),
    ),
    entry(
        "datapipeline",
        "Run a data pipeline on an instance with a role",
        # Closed to new customers since July 2024, open to those who had it. Which service IAM is told of when the two
        # roles are passed is not documented. https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-iam-roles.html
        passing(
            "ec2.amazonaws.com",
            (
                *bare("datapipeline:CreatePipeline"),
                *new("datapipeline:pipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
                another("datapipeline.amazonaws.com", given=()),
            ),
            profile="iam:instance-profile",
            given=(),
        ),
        "run commands of a pipeline on an instance as",
        "datapipeline/latest/DeveloperGuide/dp-iam-roles.html",
        answers=("AWS-T082", "AWS-T083"),
        known_as=("datapipeline-001",),
        prerequisites="an account that used AWS Data Pipeline before July 2024, an instance profile that holds the "
        "role, and a pipeline role that one may pass too",
    ),
    entry(
        "kinesisanalytics",
        "Run a Flink application with a role",
        passing(
            "kinesisanalytics.amazonaws.com",
            (
                *bare("kinesisanalytics:CreateApplication"),
                *new("kinesisanalytics:application", "kinesisanalytics:StartApplication"),
            ),
        ),
        "run a Flink application of its own as",
        "managed-flink/latest/java/security_iam_service-with-iam.html",
        answers=("AWS-T116",),
        attack=("T1648",),
    ),
    entry(
        "omics",
        "Run a genomics workflow with a role",
        # The tasks are one's own commands, but it is HealthOmics that fetches and stores as the role for them.
        passing(
            "omics.amazonaws.com",
            (
                *bare("omics:CreateWorkflow"),
                *new("omics:workflow", "omics:StartRun"),
                *new("omics:run", "omics:StartRun"),
            ),
        ),
        "run a workflow whose inputs and outputs are moved by",
        "omics/latest/dev/permissions-service.html",
        answers=("AWS-T122",),
        attack=("T1530",),
        strength=Strength.USES,
        gives="the role's reading and writing of what the workflow names in S3; not its credentials",
    ),
    entry(
        "datasync",
        "Copy data with a role",
        passing(
            "datasync.amazonaws.com",
            (
                *new("datasync:agent", "datasync:CreateLocationS3"),
                *new("datasync:location", "datasync:CreateTask"),
                *new("datasync:task", "datasync:StartTaskExecution"),
            ),
        ),
        "copy between buckets as",
        "datasync/latest/userguide/create-s3-location.html",
        answers=("AWS-T084",),
        attack=("T1530", "T1537"),
        strength=Strength.USES,
        gives="the role's reading and writing of buckets; not its credentials",
    ),
    entry(
        "transfer-user",
        "Open a bucket by file transfer with a role",
        passing(
            "transfer.amazonaws.com",
            some("transfer:server", "transfer:CreateUser"),
            (*bare("transfer:CreateServer"), *new("transfer:server", "transfer:CreateUser")),
        ),
        "log in by SFTP to what in S3 is read and written by",
        "transfer/latest/userguide/requirements-roles.html",
        answers=("AWS-T136",),
        attack=("T1530",),
        prerequisites="a transfer server with service-managed users, or the right to make one",
        strength=Strength.USES,
        gives="the role's reading and writing of buckets and file systems; not its credentials",
    ),
    entry(
        "appsync",
        "Call AWS through a GraphQL source with a role",
        # An HTTP source signs requests to any AWS service with the role's credentials.
        # https://docs.aws.amazon.com/appsync/latest/APIReference/API_AwsIamConfig.html
        passing(
            "appsync.amazonaws.com",
            (
                *bare("appsync:CreateDataSource", "appsync:CreateResolver"),
                # A query is asked of the fields that it names, not of the API.
                # https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-iam-authorization
                *new("appsync:field", "appsync:GraphQL", beside="appsync:graphqlapi"),
            ),
            bare(
                "appsync:CreateGraphqlApi",
                "appsync:StartSchemaCreation",
                "appsync:CreateApiKey",
                "appsync:CreateDataSource",
                "appsync:CreateResolver",
            ),
        ),
        "make a GraphQL source that calls AWS as",
        "appsync/latest/devguide/tutorial-http-resolvers.html",
        answers=("AWS-T056",),
        attack=("T1648",),
        prerequisites="a GraphQL API that one may query, or the rights to make one",
    ),
)
