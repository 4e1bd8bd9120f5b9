"""Databases, disks and packages, and copies of them: targets only where their tags or names say what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import text
from graph.clouds.aws.read.reading import Reading, Thing
from graph.clouds.aws.read.sorts import Item, Sort, items, thing
from graph.model import Json

CLUSTERS = Sort(
    "rds:cluster",
    "database-cluster",
    "Aurora cluster",
    "rds-describe-db-clusters",
    "DBClusters",
    "DBClusterArn",
    "DBClusterIdentifier",
    tags="TagList",
    shown=(("data_api", "HttpEndpointEnabled"), ("iam_login", "IAMDatabaseAuthenticationEnabled")),
)
INSTANCES = Sort(
    "rds:db",
    "database",
    "RDS database",
    "rds-describe-db-instances",
    "DBInstances",
    "DBInstanceArn",
    "DBInstanceIdentifier",
    tags="TagList",
    shown=(("iam_login", "IAMDatabaseAuthenticationEnabled"), ("public", "PubliclyAccessible")),
)
WAREHOUSES = Sort(
    "redshift:cluster",
    "warehouse",
    "Redshift cluster",
    "redshift-describe-clusters",
    "Clusters",
    "arn:{partition}:redshift:{region}:{account}:cluster:{ClusterIdentifier}",
    "ClusterIdentifier",
    tags="Tags",
)
SNAPSHOTS = Sort(
    "ec2:snapshot",
    "disk-snapshot",
    "Disk snapshot",
    "ec2-describe-snapshots",
    "Snapshots",
    "arn:{partition}:ec2:{region}::snapshot/{SnapshotId}",
    "SnapshotId",
    tags="Tags",
    shown=(("volume", "VolumeId"), ("key", "KmsKeyId")),
)
VOLUMES = Sort(
    "ec2:volume",
    "disk",
    "Disk",
    "ec2-describe-volumes",
    "Volumes",
    "arn:{partition}:ec2:{region}:{account}:volume/{VolumeId}",
    "VolumeId",
    tags="Tags",
    shown=(("instance", "Attachments.InstanceId"), ("key", "KmsKeyId")),
)
COPIES = Sort(
    "rds:snapshot",
    "database-snapshot",
    "Database snapshot",
    "rds-describe-db-snapshots",
    "DBSnapshots",
    "DBSnapshotArn",
    "DBSnapshotIdentifier",
    tags="TagList",
    shown=(("database", "DBInstanceIdentifier"), ("key", "KmsKeyId")),
)
PACKAGES = Sort(
    "codeartifact:repository",
    "package-repository",
    "Package repository",
    "codeartifact-list-repositories",
    "repositories",
    "arn",
    "name",
    shown=(("domain", "domainName"),),
)
SORTS = (CLUSTERS, INSTANCES, WAREHOUSES, SNAPSHOTS, VOLUMES, COPIES, PACKAGES)


def read_databases(reading: Reading) -> Iterator[Thing]:
    """Each with the logins it has, and what must be had besides to read it."""
    for sort in (VOLUMES, COPIES):
        for item in items(reading, sort):
            yield from thing(reading, item, key=text(item.record, "KmsKeyId"))
    yield from _snapshots(reading)
    for item in items(reading, CLUSTERS):
        secret, open_ = text(item.record, "MasterUserSecret.SecretArn"), item.record.get("HttpEndpointEnabled") is True
        yield from _database(reading, item, "DbClusterResourceId", behind=(secret,) if secret else (), data_api=open_)
    for item in items(reading, INSTANCES):
        yield from _database(reading, item, "DbiResourceId")
    for item in items(reading, WAREHOUSES):
        yield from thing(reading, item)
        yield _login(item, "redshift:dbuser", f":dbuser:{item.name}/~", ":cluster:")
    for item in items(reading, PACKAGES):
        owner = text(item.record, "domainOwner") or item.account
        start = item.arn.partition(":repository/")[0].replace(f":{item.account}", f":{owner}")
        domain = f"{start}:domain/{text(item.record, 'domainName')}"
        yield Resource(domain, "codeartifact:domain", owner, domain, region=item.place.region)
        yield from thing(reading, item, behind=(domain,))


def _snapshots(reading: Reading) -> Iterator[Thing]:
    """Those of the own account; a list shows also what others share."""
    for item in items(reading, SNAPSHOTS):
        if text(item.record, "OwnerId") in ("", item.account):
            made, *rest = thing(reading, item, key=text(item.record, "KmsKeyId"))
            yield replace(made, account=item.account) if isinstance(made, Resource) else made
            yield from rest


def _database(reading: Reading, item: Item, number: str, **more: Json) -> Iterator[Thing]:
    """A login by IAM is called by the number of the database and the user.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
    """
    by_iam = item.record.get("IAMDatabaseAuthenticationEnabled") is True
    yield from thing(reading, item, (), iam_login=by_iam, **more)
    if by_iam and text(item.record, number):
        kind = ":cluster:" if ":cluster:" in item.arn else ":db:"
        made = _login(item, "rds-db:db-user", f":dbuser:{text(item.record, number)}/~", kind)
        yield replace(made, arn=made.arn.replace(":rds:", ":rds-db:"))


def _login(item: Item, kind: str, name: str, instead: str) -> Resource:
    """Any of its users."""
    start = item.arn.partition(instead)[0]
    return Resource(f"{start}{name}", kind, item.account, item.arn, region=item.place.region)
