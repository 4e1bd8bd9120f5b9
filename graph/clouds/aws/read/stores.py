"""What else holds data or passes it on, with resource policies of its own: tables, queues, topics, images, vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import text, values
from graph.clouds.aws.read.reading import Mark, Reading, Thing, partition, resource
from graph.clouds.aws.read.sorts import Sort, items, thing, things

PLAIN = (
    Sort(
        "dynamodb:table",
        "table",
        "DynamoDB table",
        "dynamodb-list-tables",
        "TableNames",
        "arn:{partition}:dynamodb:{region}:{account}:table/{}",
        "",
        policy="dynamodb-get-resource-policy",
    ),
    Sort(
        "sqs:queue",
        "queue",
        "SQS queue",
        "sqs-list-queues",
        "QueueUrls",
        "Attributes.QueueArn",
        "Attributes.QueueArn",
        detail="sqs-get-queue-attributes",
        arguments=("",),
        policy="sqs-get-queue-attributes",
        policy_at="Attributes.Policy",
        policy_for="",
    ),
    Sort(
        "sns:topic",
        "topic",
        "SNS topic",
        "sns-list-topics",
        "Topics",
        "TopicArn",
        "TopicArn",
        policy="sns-get-topic-attributes",
        policy_at="Attributes.Policy",
        policy_for="TopicArn",
    ),
    Sort(
        "ecr:repository",
        "repository",
        "Container repository",
        "ecr-describe-repositories",
        "repositories",
        "repositoryArn",
        "repositoryName",
        policy="ecr-get-repository-policy",
        policy_at="policyText",
        policy_for="repositoryName",
    ),
    Sort(
        "s3vectors:vectorbucket",
        "vector-bucket",
        "S3 vector bucket",
        "s3vectors-list-vector-buckets",
        "vectorBuckets",
        "vectorBucketArn",
        "vectorBucketName",
        policy="s3vectors-get-vector-bucket-policy",
        policy_at="policy",
        policy_for="vectorBucketArn",
        targets=("rag_store",),
    ),
    Sort(
        "s3vectors:index",
        "vector-index",
        "S3 vector index",
        "s3vectors-list-indexes",
        "indexes",
        "indexArn",
        "indexName",
        targets=("rag_store",),
    ),
    Sort(
        "cloudtrail:trail",
        "trail",
        "CloudTrail trail",
        "cloudtrail-describe-trails",
        "trailList",
        "TrailARN",
        "TrailARN",
        shown=(("bucket", "S3BucketName"),),
        shared="IsOrganizationTrail",
    ),
)
DOMAINS = Sort(
    "es:domain",
    "search-domain",
    "OpenSearch domain",
    "opensearch-describe-domains",
    "DomainStatusList",
    "ARN",
    "DomainName",
    document="AccessPolicies",
)
TABLES = Sort(
    "s3tables:tablebucket",
    "table-bucket",
    "S3 table bucket",
    "s3tables-list-table-buckets",
    "tableBuckets",
    "arn",
    "name",
    policy="s3tables-get-table-bucket-policy",
    policy_at="resourcePolicy",
    policy_for="arn",
)
SORTS = (*PLAIN, DOMAINS, TABLES)


def read_stores(reading: Reading) -> Iterator[Thing]:
    """These stores, and the log groups that prompts are written to."""
    yield from things(reading, PLAIN)
    for item in items(reading, DOMAINS):
        # With roles of its own, the domain decides once more. None: it was not told.
        # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html
        own_roles = next(iter(values(item.record, "AdvancedSecurityOptions.Enabled")), None)
        yield from thing(reading, item, own_roles=own_roles)
    for item in items(reading, TABLES):
        made, *rest = thing(reading, item)
        yield made
        if isinstance(made, Resource):  # the tables in it, which have its policy
            yield replace(made, arn=f"{item.arn}/table/~", kind="s3tables:table")
        yield from rest
    yield from _prompt_groups(reading)


def _prompt_groups(reading: Reading) -> Iterator[Thing]:
    """Bedrock writes prompts and answers to this group; one reads them as the events of its streams."""
    for part in reading.answers.parts("bedrock-get-model-invocation-logging-configuration"):
        name = text(part.response, "loggingConfig.cloudWatchConfig.logGroupName")
        if not name:
            continue
        arn = f"arn:{partition(part.region)}:logs:{part.region}:{part.scope}:log-group:{name}"
        yield Resource(arn, "logs:log-group", part.scope, arn, region=part.region)
        yield Resource(f"{arn}:log-stream:~", "logs:log-stream", part.scope, arn, region=part.region)
        yield resource(arn, "log-group", name, part.scope, "Log group", region=part.region)
        yield Mark(arn, "prompt_log", "Bedrock writes model invocations to it")
