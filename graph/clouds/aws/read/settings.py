"""Secrets that lie in settings: names of environment variables that speak of one, and names and tags that do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Record, text, values
from graph.clouds.aws.read.instances import INSTANCES
from graph.clouds.aws.read.reading import Mark, Reading, Thing
from graph.clouds.aws.read.sorts import Sort, items, thing

ENVIRONMENTS = Sort(
    "elasticbeanstalk:environment",
    "beanstalk-environment",
    "Elastic Beanstalk environment",
    "elasticbeanstalk-describe-environments",
    "Environments",
    "EnvironmentArn",
    "EnvironmentName",
)
SORTS = (ENVIRONMENTS,)
_SECRET = re.compile(
    r"(?i)(?:^|[^a-z])(?:secrets?|passwords?|passwd|pwd|credentials?|tokens?|api_?keys?|private_?keys?|access_?keys?)"
    r"(?:$|[^a-z])|(?<=[a-z])(?:Secret|Password|Token|ApiKey|PrivateKey)(?![a-z])"
)
# What a call answers, where the ARN is in it, and where the names of variables.
_VARIABLES = (
    ("lambda-list-functions", "Functions", "FunctionArn", "Environment.Variables"),
    ("codebuild-batch-get-projects", "projects", "arn", "environment.environmentVariables"),
    ("ecs-describe-task-definition", "taskDefinition", "taskDefinitionArn", "containerDefinitions.environment"),
    ("sagemaker-describe-training-job", "", "TrainingJobArn", "Environment"),
)
_NAMED = frozenset(
    {
        "cloudformation:stack",
        "ec2:instance",
        "ec2:snapshot",
        "ec2:volume",
        "elasticbeanstalk:environment",
        "sagemaker:notebook-instance-lifecycle-config",
        "sns:topic",
    }
)


def read_settings(reading: Reading) -> Iterator[Thing]:
    """Environments, and marks on whatever names a secret among its variables."""
    for item in items(reading, ENVIRONMENTS):
        yield from thing(reading, item)
    yield from _windows(reading)
    for call, member, arn, path in _VARIABLES:
        for part in reading.answers.parts(call):
            for record in values(part.response, member) if member else (part.response,):
                named = sorted(filter(_SECRET.search, _variables(record, path))) if isinstance(record, dict) else []
                if named and text(record, arn):
                    yield Mark(text(record, arn), "secret", f"its variable {named[0]} holds one")


def _windows(reading: Reading) -> Iterator[Mark]:
    """Windows, whose administrator's password can be asked for and is encrypted with the key pair.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetPasswordData.html
    """
    for item in items(reading, INSTANCES):
        if text(item.record, "Platform").lower() == "windows" and text(item.record, "KeyName"):
            yield Mark(item.arn, "secret", "its administrator's password can be asked for")


def _variables(record: Record, path: str) -> Iterator[str]:
    """The names of variables that hold their value themselves, from an object or a list."""
    for held in values(record, path):
        if isinstance(held, dict) and "name" not in held:
            yield from map(str, held)
        elif isinstance(held, dict) and text(held, "type") in ("", "PLAINTEXT"):
            yield text(held, "name")


def named_secrets(resources: Iterable[Resource]) -> Iterator[Mark]:
    """What says by its name or tags that it holds a secret."""
    for item in resources:
        words = (item.arn.rpartition(":")[2], text(item.attributes, "name"), *(item.tags or {}).values())
        if item.kind in _NAMED and any(map(_SECRET.search, words)):
            yield Mark(item.node, "secret", "its name or tags say that it holds one")
