"""Into which pieces a collection falls: accounts, groups of services, regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from graph.cloud import CollectRefusedError, Piece
from graph.clouds.aws.collect.sessions import Sessions, refusing
from graph.clouds.aws.formats.expect import available, lists_first
from graph.clouds.aws.formats.layout import ACCOUNT, REGION
from graph.clouds.aws.formats.operations import GLOBAL, Operation

EVERYTHING = "all"
_REGIONS = "ec2-describe-regions"
_AT_A_TIME = 8

# Services that one worker asks together. Lists of one service name arguments of another only within a group.
GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "identity": "accessanalyzer cognito-identity iam identitystore organizations ram rolesanywhere sso-admin sts",
        "storage": "kms s3 s3control s3tables s3vectors secretsmanager ssm",
        "compute": "apprunner autoscaling batch ec2 ecr ecs eks elasticbeanstalk emr lambda",
        "delivery": "cloudformation codeartifact codebuild codedeploy codepipeline events mwaa scheduler sns sqs "
        "stepfunctions",
        "models": "bedrock bedrock-agent bedrock-agentcore-control sagemaker",
        "data": "athena cloudtrail dynamodb glue lakeformation logs opensearch opensearchserverless rds redshift "
        "resourcegroupstaggingapi",
    }
)


class Place(NamedTuple):
    """Where and what a piece asks, as its data says."""

    account: str
    partition: str
    group: str
    region: str
    home: str
    assumed: bool
    organization: bool

    @property
    def piece(self) -> Piece:
        return Piece(f"{self.account}-{self.group}-{self.region}", f"{self.account} {self.region}", self._asdict())


def place_of(piece: Piece) -> Place:
    data: Any = piece.data
    return Place(**data)


def operations_of(place: Place) -> tuple[Operation, ...]:
    """The calls of a piece, each after those that name its arguments."""
    return tuple(operation for operation in lists_first() if _belongs(operation, place))


def services_of(place: Place) -> tuple[str, ...]:
    """The services whose calls a piece makes, sorted."""
    return tuple(sorted({operation.service for operation in operations_of(place)}))


def _belongs(operation: Operation, place: Place) -> bool:
    """The list of regions is needed once an account, and asked with what has no region."""
    if operation.service not in GROUPS[place.group].split() or (operation.group and not place.organization):
        return False
    if operation.is_global or operation.name == _REGIONS:
        return place.region == GLOBAL
    return place.region != GLOBAL and available(operation.service, place.region)


def pieces(values: Mapping[str, str]) -> tuple[Piece, ...]:
    """All pieces of a connection, sorted. An account that cannot be entered is one, which says so when it is made."""
    sessions, wanted = Sessions(values), _regions(values)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = list(pool.map(lambda place: _of_account(sessions, place, wanted), accounts(sessions, values)))
    return tuple(piece for of_account in found for piece in of_account)


def accounts(sessions: Sessions, values: Mapping[str, str]) -> list[Place]:
    """The accounts to collect. The organization's own calls are made in its management account where that can be."""
    own = sessions.caller["Account"]
    partition = sessions.caller["Arn"].split(":")[1]
    chosen = {name.strip() for name in values.get("accounts", "").split(",") if name.strip()}
    if wrong := sorted(name for name in chosen if not ACCOUNT.fullmatch(name)):
        raise CollectRefusedError(f"`{wrong[0]}` is no account: twelve digits. Correct the accounts.")
    members = _members(sessions) if sessions.member_role else [own]
    taken = sorted(chosen & set(members)) if chosen else members
    if not taken:
        raise CollectRefusedError("None of the accounts named is in the organization. Correct the accounts.")
    speaker = _management(sessions) if sessions.member_role else own
    speaker = speaker if speaker in taken else own if own in taken else taken[0]
    return [Place(account, partition, "", "", sessions.home, account != own, account == speaker) for account in taken]


def _members(sessions: Sessions) -> list[str]:
    """The active accounts of the organization, sorted."""
    client = sessions.client(sessions.hub, "organizations", sessions.home)
    cure = "Connect by the management account or a delegated administrator, and allow organizations:ListAccounts."
    with refusing("The accounts of the organization cannot be listed", cure):
        listed = [a for page in client.get_paginator("list_accounts").paginate() for a in page["Accounts"]]
    return sorted(account["Id"] for account in listed if account.get("State", account.get("Status")) == "ACTIVE")


def _management(sessions: Sessions) -> str:
    client = sessions.client(sessions.hub, "organizations", sessions.home)
    with refusing("The organization cannot be read", "Allow organizations:DescribeOrganization."):
        return str(client.describe_organization()["Organization"]["MasterAccountId"])


def _regions(values: Mapping[str, str]) -> frozenset[str]:
    """The regions that were chosen; none: all."""
    chosen = frozenset(name.strip() for name in values.get("regions", "").split(",") if name.strip())
    if wrong := sorted(name for name in chosen if not REGION.fullmatch(name)):
        raise CollectRefusedError(f"`{wrong[0]}` is no region, such as eu-central-1. Correct the regions.")
    return chosen


def _of_account(sessions: Sessions, place: Place, wanted: frozenset[str]) -> list[Piece]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        session = sessions.of(place.account, place.partition) if place.assumed else sessions.hub
        sessions.client(session, "sts", place.home).get_caller_identity()
    except (BotoCoreError, ClientError):
        return [place._replace(group=EVERYTHING, region=EVERYTHING).piece]
    try:
        told = sessions.client(session, "ec2", place.home).describe_regions()["Regions"]
        enabled = {region["RegionName"] for region in told}
    except (BotoCoreError, ClientError):
        enabled = set(_common(place.partition))
    return [one.piece for one in _places(place, sorted(enabled & wanted if wanted else enabled))]


def _places(place: Place, regions: Sequence[str]) -> Iterator[Place]:
    for region in (GLOBAL, *regions):
        for group in GROUPS:
            one = place._replace(group=group, region=region)
            if operations_of(one):
                yield one


@cache
def _common(partition: str) -> tuple[str, ...]:
    """The regions of a partition as the SDK knows them, for an account that does not say which it has enabled."""
    from botocore.session import get_session  # noqa: PLC0415

    return tuple(get_session().get_available_regions("ec2", partition))
