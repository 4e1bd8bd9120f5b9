"""Builds, pipelines and stacks: as whom they run, and from where they take code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Record, text, texts, values
from graph.clouds.aws.read.reading import Reading, Thing, partition, resource
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things
from graph.clouds.aws.read.standing import Images, folder_at, stored, stored_at

PROJECTS = Sort(
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
)
PIPELINES = Sort(
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
)
_PLAIN = (
    PIPELINES,
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
        "cloudformation:stackset",
        "stack-set",
        "CloudFormation stack set",
        "cloudformation-list-stack-sets",
        "Summaries",
        "StackSetARN",
        "StackSetName",
        detail="cloudformation-describe-stack-set",
        arguments=("StackSetName",),
        under="StackSet",
        roles=("AdministrationRoleARN",),
        shown=(("permissions", "PermissionModel"), ("execution_role", "ExecutionRoleName")),
        gone=("Status", "DELETED"),
    ),
)
SORTS = (PROJECTS, *_PLAIN)
_REPOSITORY = "codecommit:repository"
Sources = Mapping[tuple[str, str, str], tuple[str, ...]]


def read_builds(reading: Reading) -> Iterator[Thing]:
    """Everything that builds and delivers."""
    yield from things(reading, _PLAIN)
    images, piped = Images(reading), _piped(reading)
    repositories: dict[str, Resource] = {}
    for item in items(reading, PROJECTS):
        own = images.movable(texts(item.record, "environment.image"))
        given = (*_sources(item), *piped.get((item.account, item.place.region, item.name), ()))
        yield from images.unlisted(own)
        for arn in (arn for arn in given if ":codecommit:" in arn):
            _, _, _, region, account, _ = arn.split(":", 5)
            repositories[arn] = Resource(arn, _REPOSITORY, account, arn, region=region)
        batch = "buildBatchConfig" in item.record
        yield from thing(reading, item, parts=tuple(dict.fromkeys((*given, *own))), batch_builds=batch)
    for arn, found in sorted(repositories.items()):
        yield found
        name = arn.rpartition(":")[2]
        yield resource(arn, "code-repository", name, found.account or "", "Code repository", region=found.region)


def _sources(item: Item) -> Iterator[str]:
    """What a project itself takes in."""
    region = item.place.region
    for source in (*values(item.record, "source"), *values(item.record, "secondarySources")):
        where = text(source, "location")
        match text(source, "type"):
            case "CODECOMMIT":
                name = where.rstrip("/").rpartition("/")[2]
                yield f"arn:{partition(region)}:codecommit:{_region_in(where) or region}:{item.account}:{name}"
            case "S3":
                yield folder_at(where, region) if where.endswith("/") else stored_at(where, region)


def _region_in(address: str) -> str:
    """`https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app` is in eu-west-1."""
    pieces = address.partition("://")[2].split(".")
    return pieces[1] if len(pieces) > 1 and pieces[0].startswith("git-codecommit") else ""


def _piped(reading: Reading) -> Sources:
    """What pipelines hand on to each project: the source that they begin with."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in items(reading, PIPELINES):
        actions = [one for one in values(item.record, "stages.actions") if isinstance(one, Mapping)]
        begun = [arn for one in actions if (arn := _begun(item, one))]
        for one in actions:
            if text(one, "actionTypeId.provider") == "CodeBuild":
                region = text(one, "region") or item.place.region
                found[item.account, region, text(one, "configuration.ProjectName")] += begun
    return {project: tuple(dict.fromkeys(sources)) for project, sources in found.items()}


def _begun(item: Item, action: Record) -> str:
    region, told = text(action, "region") or item.place.region, "configuration"
    match text(action, "actionTypeId.provider"):
        case "CodeCommit":
            name = text(action, f"{told}.RepositoryName")
            return f"arn:{partition(region)}:codecommit:{region}:{item.account}:{name}" if name else ""
        case "S3" if text(action, "actionTypeId.category") == "Source":
            return stored(text(action, f"{told}.S3Bucket"), text(action, f"{told}.S3ObjectKey"), region)
        case _:
            return ""
