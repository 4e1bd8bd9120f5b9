"""Other doors to a bucket than its policy: access points, access control lists, and what S3 copies by itself."""

from __future__ import annotations

from graph.clouds.aws.harms.row import with_key
from graph.clouds.aws.rules.language import ACCOUNT, Conjunction, Given, Need, Place, Rule, Shape, Supply

_BUCKET, _OBJECT = "s3:bucket", "s3:object"
GET, PUT = Need("s3:GetObject", _OBJECT, Place.INSIDE), Need("s3:PutObject", _OBJECT, Place.LOADED)

# Lists do not count where the bucket's owner owns every object, as is the default since April 2023.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
LISTED = (("lists_count", True),)

# What a bucket policy asks that leaves the decision to the access points of an account.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
_BY_POINT: Given = (("s3:DataAccessPointAccount", (ACCOUNT,)),)


def by_access_point(key: str) -> tuple[Conjunction, ...]:
    """Rewrite the policy of an access point; the bucket must allow the same to whoever comes through it."""
    opening = Need("s3:PutAccessPointPolicy", "s3:accesspoint", Place.INSIDE)
    locked = with_key(key, _BUCKET)
    through = Need(GET.action, GET.kind, GET.place, _BY_POINT, Supply.DOOR)
    theirs = (Need(need.action, need.kind, need.place, need.given, Supply.STRANGER_NOW) for need in (through, *locked))
    return ((opening, through, *locked), (opening, *theirs))


def by_acl(won: Need) -> tuple[Conjunction, ...]:
    """Grant it to another account. To one's own account a list gives nothing that policies do not.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
    """
    let_in = Need(won.action, won.kind, won.place, supply=Supply.STRANGER)
    return ((Need("s3:PutBucketAcl", _BUCKET), let_in, *_strangers_key()),)


def _strangers_key() -> Conjunction:
    return tuple(
        Need(need.action, need.kind, need.place, need.given, Supply.STRANGER_NOW)
        for need in with_key("kms:GenerateDataKey", _BUCKET)
    )


def replicated(asset: str = "") -> Rule:
    """Hand a role to S3 that reads the bucket and writes to a bucket elsewhere, and set up replication with it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    handing = Rule(
        Shape.BECOME,
        "iam:role",
        ((Need("iam:PassRole", "iam:role", given=(("iam:PassedToService", ("s3.amazonaws.com",)),)),),),
        service="s3.amazonaws.com",
    )
    copying: Conjunction = (
        Need("s3:GetReplicationConfiguration", _BUCKET),
        Need("s3:ListBucket", _BUCKET),
        Need("s3:GetObjectVersionForReplication", _OBJECT, Place.INSIDE),
        Need("s3:ReplicateObject", _OBJECT, Place.NEW),
        *with_key("kms:Decrypt", _BUCKET),
    )
    reading: Conjunction = (GET, *with_key("kms:Decrypt", _BUCKET))
    doing = Rule(Shape.HARM, _BUCKET, (copying,), asset=asset)
    having = Rule(Shape.HARM, _BUCKET, (reading,), asset=asset)
    setting_up = (Need("s3:PutReplicationConfiguration", _BUCKET),)
    return Rule(
        Shape.COPY,
        _BUCKET,
        (setting_up,),
        asset=asset,
        guard="replication",
        gains=("s3:GetObject",),
        then=(handing, doing, having),
    )
