"""How each call of the tables is made: what the path of its file leaves out, its pages, its batches."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from graph.clouds.aws.formats.operations import Operation
from graph.model import Json

MULTI_REGION = "us-west-2"

# Parameters that follow from nothing a list says.
_FIXED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "cognito-identity-list-identity-pools": {"MaxResults": 60},  # required, and 60 is the most
        "ec2-describe-snapshots": {"OwnerIds": ["self"]},  # without it: all public snapshots of the region
        "ecs-describe-clusters": {"include": ["CONFIGURATIONS"]},
        # https://docs.aws.amazon.com/glue/latest/webapi/API_GetConnections.html: without it passwords are in the answer
        "glue-get-connections": {"HidePassword": True},
        "iam-generate-service-last-accessed-details": {"Granularity": "ACTION_LEVEL"},
        "iam-list-service-specific-credentials": {"AllUsers": True},  # without it: the caller's own
        "kms-get-key-policy": {"PolicyName": "default"},
        # Only a paged list says in which region each bucket is:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
        "s3-list-buckets": {"MaxBuckets": 1000},
        "sqs-get-queue-attributes": {"AttributeNames": ["All"]},
    }
)


class Batch(NamedTuple):
    """For a call that takes names: the parameter, how many it takes, the member of the list's entries it wants."""

    parameter: str
    most: int
    member: str | None = None


_BATCHES: Mapping[str, Batch] = MappingProxyType(
    {
        "codebuild-batch-get-projects": Batch("names", 100),
        "ecs-describe-clusters": Batch("clusters", 100),
        "ecs-describe-container-instances": Batch("containerInstances", 100),
        "ecs-describe-services": Batch("services", 10),
        "ecs-describe-tasks": Batch("tasks", 100),
        "opensearch-describe-domains": Batch("DomainNames", 5),
        "opensearchserverless-batch-get-collection": Batch("ids", 100, "id"),
    }
)

# Members of an answer that say where the next page starts, and the parameters that take them. For lists that
# botocore has no paginator for.
_TOKENS = (("NextToken", "NextToken"), ("nextToken", "nextToken"), ("Marker", "Marker"), ("NextMarker", "Marker"))
_NUMBERS = frozenset({"integer", "long"})


def batch(operation: Operation) -> Batch:
    """KeyError for a call that takes no list of names."""
    return _BATCHES[operation.name]


def parameters(client: Any, operation: Operation, account: str, arguments: Sequence[str]) -> dict[str, Any]:
    """What boto3's method is given for these arguments of the tables."""
    shape = client.meta.service_model.operation_model(operation.api).input_shape
    members = shape.members if shape else {}
    given: dict[str, Any] = dict(_FIXED.get(operation.name, {}))
    for parameter, value in zip(operation.parameters, arguments, strict=True):
        number = parameter.name in members and members[parameter.name].type_name in _NUMBERS
        given[parameter.name] = int(value) if number and value.isdecimal() else value
    required = set(shape.required_members) - given.keys() if shape else set()
    if operation.service == "s3control":
        given["AccountId"] = account
    if "InstanceArn" in required and "PermissionSetArn" in given:
        given["InstanceArn"] = instance_of(given["PermissionSetArn"])
    return given


def instance_of(permission_set: str) -> str:
    """The Identity Center instance that the ARN of a permission set names.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html
    """
    prefix, _, path = permission_set.partition("permissionSet/")
    return f"{prefix}instance/{path.partition('/')[0]}"


def region_of(operation: Operation, region: str) -> str:
    """Where a call is sent. S3 answers for multi-region access points in Oregon only:

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
    """
    return MULTI_REGION if "multi-region" in operation.name else region


def pages(client: Any, method: str, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every page that the service has, as boto3 gives them."""
    if client.can_paginate(method):
        yield from client.get_paginator(method).paginate(**given)
        return
    token: dict[str, Any] = {}
    while True:
        page = getattr(client, method)(**given, **token)
        yield page
        further = _further(page)
        if not further or further == token:
            return
        token = further


def _further(page: Mapping[str, Any]) -> dict[str, Any]:
    for told, asked in _TOKENS:
        if page.get(told):
            return {asked: page[told]}
    return {}


def plain(value: Any) -> Json:
    """What boto3 gives, as the JSON that the CLI writes."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
