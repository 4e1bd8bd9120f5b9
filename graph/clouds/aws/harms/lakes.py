"""Harms to data in tables: those of a data lake, by its own permissions or by the objects behind, and of databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.harms.row import Harm, behind, harmed, on, page, with_key
from graph.clouds.aws.rules.language import Conjunction, Need, Place, Supply

_TABLE, _ITEMS, _LAKE_TABLES = "glue:table", "dynamodb:table", "s3tables:tablebucket"
_VAST, _DATABASE, _COPY = "rds:cluster", "rds:db", "rds:snapshot"
_WAREHOUSE, _DISK, _IMAGE = "redshift:cluster", "ec2:volume", "ec2:snapshot"
_DATA, _READ = "training_data", "read_training_data"
_LAKE = "https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html"
_LOGIN = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html"
_VENDED = Need("lakeformation:GetDataAccess", "", Place.SOME)
_CATALOG = "glue:rootcatalog"
_ASKED = Need("athena:StartQueryExecution", "athena:workgroup", Place.SOME)


def _of_catalog(action: str) -> Conjunction:
    """What is done to a table is asked of its database and of the catalog too.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html#data-catalog-resource-arns
    """
    return (Need(action, _TABLE), *(Need(action, kind, Place.BASIS) for kind in ("glue:database", _CATALOG)))


_SEEN = _of_catalog("glue:GetTable")


def _may(permission: str) -> Need:
    """What Lake Formation's own permissions say."""
    return Need(permission, _TABLE, supply=Supply.LISTED)


def _lake() -> Iterator[Harm]:
    """Where Lake Formation keeps a place it hands out the data; elsewhere the objects behind a table decide."""
    kept = (("registered", True),)
    yield Harm(
        key="aws.training-data.read-lake-table",
        asset=_DATA,
        harm=_READ,
        rule=replace(harmed(_TABLE, _DATA, (*_SEEN, _VENDED, _may("SELECT"))), where=kept),
        title="Read a table that Lake Formation keeps",
        does="read {target}",
        reason="Lake Formation hands out the data to whoever has SELECT there: no right on the bucket is needed.",
        page=_LAKE,
    )
    yield Harm(
        key="aws.training-data.read-lake-table-by-grant",
        asset=_DATA,
        harm=_READ,
        rule=replace(
            harmed(
                _TABLE,
                _DATA,
                (Need("lakeformation:GrantPermissions", "", Place.SOME), _may("GRANT"), *_SEEN, _VENDED),
            ),
            where=kept,
            guard="permissions",
        ),
        title="Grant oneself a table that Lake Formation keeps",
        does="grant itself SELECT on {target} and read it",
        reason="Administrators of the lake, and whoever may pass a permission on, grant it to anybody.",
        page="https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html",
    )
    plain: Conjunction = (_ASKED, *_SEEN, *behind("s3:GetObject", "kms:Decrypt"))
    told = (_ASKED, Need("athena:GetQueryResults", "athena:workgroup", Place.SOME), *plain[1:])
    yield Harm(
        key="aws.training-data.read-by-query",
        asset=_DATA,
        harm=_READ,
        rule=replace(harmed(_TABLE, _DATA, plain, told), where=(("registered", False),)),
        title="Query a table",
        does="read {target} by a query",
        reason="Athena reads the objects behind a table in the name of whoever asks.",
        page="https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html",
        answers=("AWS-T226",),
    )
    yield Harm(
        key="aws.training-data.write-table-place",
        asset=_DATA,
        harm="poison_data",
        rule=replace(harmed(_TABLE, _DATA, _of_catalog("glue:UpdateTable")), where=(("registered", False),)),
        title="Point a table at other data",
        does="point {target} at data of its own",
        reason="A table is a name for a place: whoever changes it decides what jobs and queries read.",
        page="https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html",
    )


def _plain() -> Iterator[Harm]:
    """Where the permission is the whole of it."""
    inside = "s3tables:table"
    written = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate")
    read = ("dynamodb:Scan", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PartiQLSelect")
    dynamo, s3 = page("amazondynamodb"), page("amazons3tables")
    rows = (
        ("read-items", _READ, _ITEMS, on(_ITEMS, *read), "Read a DynamoDB table", "read {target}", dynamo),
        (
            "write-items",
            "poison_data",
            _ITEMS,
            on(_ITEMS, *written),
            "Poison a DynamoDB table",
            "write {target}",
            dynamo,
        ),
        (
            "read-table-bucket",
            _READ,
            _LAKE_TABLES,
            ((Need("s3tables:GetTableData", inside, Place.INSIDE),),),
            "Read tables of a table bucket",
            "read tables of {target}",
            s3,
        ),
        (
            "write-table-bucket",
            "poison_data",
            _LAKE_TABLES,
            ((Need("s3tables:PutTableData", inside, Place.INSIDE),),),
            "Poison tables of a table bucket",
            "write tables of {target}",
            s3,
        ),
    )
    for slug, harm, kind, ways, title, does, where in rows:
        yield Harm(
            key=f"aws.training-data.{slug}",
            asset=_DATA,
            harm=harm,
            rule=harmed(kind, _DATA, *ways),
            title=title,
            does=does,
            reason="The service decrypts for whoever may call it.",
            page=where,
            answers=("AWS-T232",) if slug == "read-items" else (),
        )


def _logins() -> Iterator[Harm]:
    """A login that IAM gives."""
    user = Need("rds-db:connect", "rds-db:db-user", Place.INSIDE)
    for slug, kind, words in (("cluster", _VAST, "an Aurora cluster"), ("database", _DATABASE, "an RDS database")):
        yield Harm(
            key=f"aws.training-data.read-by-login-to-{slug}",
            asset=_DATA,
            harm=_READ,
            rule=replace(
                harmed(kind, _DATA, (user,)),
                where=(("iam_login", True),),
                supposes="the network lets the caller connect",
            ),
            title=f"Log in to {words} by IAM",
            does="log in to {target}",
            reason="With IAM authentication on, the permission is the password.",
            page=_LOGIN,
            answers=("AWS-T242",) if slug == "cluster" else (),
        )


def _by_sql() -> Iterator[Harm]:
    """Passwords for a while, and the data APIs that need no way through the network."""
    credentials = Need("redshift:GetClusterCredentials", "redshift:dbuser", Place.INSIDE)
    yield Harm(
        key="aws.training-data.read-by-login-to-warehouse",
        asset=_DATA,
        harm=_READ,
        rule=harmed(_WAREHOUSE, _DATA, (credentials,)),
        title="Log in to a Redshift cluster",
        does="log in to {target}",
        reason="The answer is a password for any user that the policy does not leave out; the data API takes it too.",
        page="https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html",
        answers=("AWS-T244",),
    )
    sql = (Need("redshift-data:ExecuteStatement", _WAREHOUSE), credentials)
    yield Harm(
        key="aws.training-data.read-by-sql-in-warehouse",
        asset=_DATA,
        harm=_READ,
        rule=harmed(_WAREHOUSE, _DATA, sql),
        title="Query a Redshift cluster by its data API",
        does="query {target} from anywhere",
        reason="The data API needs no way through the network.",
        page="https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html",
    )
    yield Harm(
        key="aws.training-data.read-by-sql-in-cluster",
        asset=_DATA,
        harm=_READ,
        rule=replace(
            harmed(
                _VAST,
                _DATA,
                (
                    Need("rds-data:ExecuteStatement", _VAST),
                    Need("secretsmanager:GetSecretValue", "secretsmanager:secret", Place.BASIS),
                ),
            ),
            where=(("data_api", True),),
        ),
        title="Query an Aurora cluster by its data API",
        does="query {target} from anywhere",
        reason="The data API takes SQL from whoever may read the secret with the login.",
        page="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html",
    )


def _copies() -> Iterator[Harm]:
    """A copy that one may restore or read block by block holds all that the original held."""
    made: Conjunction = (
        Need("rds:RestoreDBInstanceFromDBSnapshot", _COPY),
        Need("rds:RestoreDBInstanceFromDBSnapshot", _DATABASE, Place.NEW),
        Need("rds:ModifyDBInstance", _DATABASE, Place.NEW),
        *with_key("kms:CreateGrant", _COPY),
    )
    blocks: Conjunction = (
        Need("ebs:ListSnapshotBlocks", _IMAGE),
        Need("ebs:GetSnapshotBlock", _IMAGE),
        *with_key("kms:Decrypt", _IMAGE),
    )
    attached: Conjunction = (
        Need("ec2:CreateSnapshot", _DISK),
        Need("ec2:CreateSnapshot", _IMAGE, Place.NEW),
        Need("ec2:CreateVolume", _DISK, Place.NEW),
        Need("ec2:AttachVolume", _DISK, Place.NEW),
        Need("ec2:AttachVolume", "ec2:instance", Place.SOME),
        *with_key("kms:CreateGrant", _DISK),
    )
    rds, ebs = "AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html", "ebs/latest/userguide"
    rows = (
        ("read-by-restoring", _COPY, made, "Restore a copy of a database", "restore {target}", rds, ("AWS-T243",)),
        ("read-snapshot", _IMAGE, blocks, "Read a copy of a disk", "read {target} block by block", ebs, ("AWS-T233",)),
        ("read-by-disk", _DISK, attached, "Attach a copy of a disk", "attach a copy of {target}", ebs, ("AWS-T234",)),
    )
    for slug, kind, way, title, does, where, answers in rows:
        yield Harm(
            key=f"aws.training-data.{slug}",
            asset=_DATA,
            harm=_READ,
            rule=harmed(kind, _DATA, way),
            title=title,
            does=does,
            reason="A copy holds what the original held, under a password or a machine of one's own.",
            page=f"https://docs.aws.amazon.com/{where}",
            answers=answers,
        )


ROWS = (*_lake(), *_plain(), *_logins(), *_by_sql(), *_copies())
