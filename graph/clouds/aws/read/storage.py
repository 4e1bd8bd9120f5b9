"""Buckets, the classes of objects in them, and the access points that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Resource, Tags
from graph.clouds.aws.read.estate import Place, Record, State, text, values
from graph.clouds.aws.read.objects import Objects
from graph.clouds.aws.read.purpose import apart, by_tags
from graph.clouds.aws.read.reading import Reading, Thing, partition, resource, tags
from graph.clouds.aws.read.secrets import key_arn
from graph.model import Document, Json

BUCKETS = "s3-list-buckets"
POLICY, BLOCK, ACCOUNT_BLOCK = "s3-get-bucket-policy", "s3-get-public-access-block", "s3control-get-public-access-block"
POINTS, OWNERSHIP = "s3control-list-access-points", "s3-get-bucket-ownership-controls"
_ENFORCED = "BucketOwnerEnforced"
_EVERYBODY = "http://acs.amazonaws.com/groups/global/"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket and where it was listed. `seen` tells why it is there if no list names it."""

    name: str
    arn: str
    place: Place
    region: str = ""
    seen: str = ""


def buckets(reading: Reading) -> dict[str, Bucket]:
    """Every bucket that was listed, and those whose policy was read without a list, by name."""
    found: dict[str, Bucket] = {}
    for place, entry in reading.answers.items(BUCKETS, "Buckets"):
        name = text(entry, "Name")
        region = text(entry, "BucketRegion") or _location(reading, place, name)
        found[name] = _bucket(name, place, region)
    for part in reading.answers.parts(POLICY):
        name, place = "".join(part.arguments), Place(part.scope, part.region)
        found.setdefault(name, _bucket(name, place, _location(reading, place, name)))
    return {name: found[name] for name in sorted(found) if name}


def _bucket(name: str, place: Place, region: str) -> Bucket:
    return Bucket(name, f"arn:{partition(region)}:s3:::{name}", place, region)


def _location(reading: Reading, place: Place, name: str) -> str:
    """An empty location constraint is the first region.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    call = "s3-get-bucket-location"
    told = text(reading.answers.one(place.account, "global", call, name), "LocationConstraint")
    asked = reading.answers.state(place.account, "global", call, name) is State.ASKED
    return {"EU": "eu-west-1"}.get(told, told) or ("us-east-1" if asked else "")


def bucket_things(
    bucket: Bucket, made: Resource, classes: Iterable[str], kept: Mapping[str, tuple[str, ...]]
) -> Iterator[Thing]:
    """The bucket, its object classes (which share its policy, tags and blocks) and its node.

    `kept` says where in it lies what makes it a target.
    """
    yield made
    said = by_tags(made)
    for key in classes:
        arn = f"{bucket.arn}/{key}"
        about = object_of(made, key) | (apart(kept, said, arn) if kept else {})
        yield replace(made, arn=arn, kind="s3:object", attributes=about)
    yield resource(
        bucket.arn,
        "bucket",
        bucket.name,
        made.account or "",
        "S3 bucket",
        region=bucket.region,
        seen=bucket.seen,
        key=made.attributes.get("key"),
        public_block=made.public_block,
        tags=[f"{name}={value}" for name, value in sorted((made.tags or {}).items())],
    )


def object_of(bucket: Resource, key: str) -> dict[str, Json]:
    """What is known of a class of objects."""
    # Objects have tags of their own, which no snapshot holds; abac tells whether those of the bucket count.
    return {**bucket.attributes, "bucket": bucket.arn, "key_pattern": key}


def bucket_resource(reading: Reading, bucket: Bucket) -> Resource:
    """The bucket itself with everything that lies on it."""
    place, name = bucket.place, bucket.name
    blocks = _block(reading, place, "IgnorePublicAcls", name)
    return Resource(
        bucket.arn,
        "s3:bucket",
        place.account,
        bucket.arn,
        region=bucket.region,
        tags=_tags(reading, place, name),
        policies=reading.policies(place, bucket.arn, POLICY, "Policy", name) if not bucket.seen else (),
        public_block=_block(reading, place, "RestrictPublicBuckets", name),
        acl=tuple(_acl(reading, place, name, blocks is True)),
        abac=_abac(reading, place, name),
        attributes=_about(reading, bucket),
    )


def _block(reading: Reading, place: Place, setting: str, name: str) -> bool | None:
    """The strictest of account and bucket counts. None: one of them was refused and the other does not block.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    questions = ((ACCOUNT_BLOCK, ()), (BLOCK, (name,)))
    said = [_said(reading, place, call, arguments, setting) for call, arguments in questions]
    return True if True in said else None if None in said else False


def _said(reading: Reading, place: Place, call: str, arguments: tuple[str, ...], setting: str) -> bool | None:
    """Never asked reads as off: the decision stands by what is there, and is marked as assumed."""
    if reading.answers.state(place.account, "global", call, *arguments) is State.GAP:
        return None
    answer = reading.answers.one(place.account, "global", call, *arguments)
    return values(answer, f"PublicAccessBlockConfiguration.{setting}") == (True,)


def _acl(reading: Reading, place: Place, name: str, ignore_public: bool) -> Iterator[Mapping[str, Json]]:
    """The grants to others that count: none where the owner is enforced, no public ones where those are ignored."""
    controls = reading.answers.one(place.account, "global", OWNERSHIP, name)
    if text(controls, "OwnershipControls.Rules.ObjectOwnership") == _ENFORCED:
        return
    acl = reading.answers.one(place.account, "global", "s3-get-bucket-acl", name)
    for grant in values(acl, "Grants"):
        public = isinstance(grant, Mapping) and _is_public(grant)
        own = text(grant, "Grantee.ID") == text(acl, "Owner.ID") != ""
        if isinstance(grant, Mapping) and not own and not (public and ignore_public):
            yield grant


def _is_public(grant: Mapping[str, Json]) -> bool:
    return text(grant, "Grantee.URI").startswith(_EVERYBODY)


def _tags(reading: Reading, place: Place, name: str) -> Tags | None:
    call = "s3-get-bucket-tagging"
    if reading.answers.state(place.account, "global", call, name) is not State.ASKED:
        return reading.tags_of(place, f"arn:aws:s3:::{name}") if place.region != "global" else None
    return tags(reading.answers.one(place.account, "global", call, name), "TagSet")


def _abac(reading: Reading, place: Place, name: str) -> bool:
    """Bucket tags take part in authorisation only where that was switched on.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    answer = reading.answers.one(place.account, "global", "s3-get-bucket-abac", name)
    return text(answer, "AbacStatus.Status") == "Enabled"


def _about(reading: Reading, bucket: Bucket) -> dict[str, Json]:
    place, name = bucket.place, bucket.name
    encryption = reading.answers.one(place.account, "global", "s3-get-bucket-encryption", name)
    path = "ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault"
    by_key = text(encryption, f"{path}.SSEAlgorithm").startswith("aws:kms")
    named = text(encryption, f"{path}.KMSMasterKeyID") or "alias/aws/s3"
    about: dict[str, Json] = {
        "name": name,
        "key": key_arn(reading, place.account, bucket.region, named) if by_key else "",
        "seen": bucket.seen,
        "acl_unread": reading.answers.state(place.account, "global", "s3-get-bucket-acl", name) is State.GAP,
    }
    about |= _shut(reading, place, name)
    return {key: value for key, value in about.items() if value} | _lists_count(reading, place, name)


def _shut(reading: Reading, place: Place, name: str) -> dict[str, Json]:
    """Which public-access blocks are on, by setting, and the grants that one of them keeps from counting."""
    ignoring = _levels(reading, place, "IgnorePublicAcls", name)
    return {
        "restricted_by": _levels(reading, place, "RestrictPublicBuckets", name),
        "ignored_by": ignoring,
        "ignored_acl": tuple(g for g in _acl(reading, place, name, ignore_public=False) if ignoring and _is_public(g)),
    }


def _levels(reading: Reading, place: Place, setting: str, name: str) -> tuple[str, ...]:
    questions = (("account", ACCOUNT_BLOCK, ()), ("bucket", BLOCK, (name,)))
    return tuple(level for level, call, asked in questions if _said(reading, place, call, asked, setting) is True)


def _lists_count(reading: Reading, place: Place, name: str) -> dict[str, Json]:
    """Whether object ownership lets access control lists count, where it was asked for."""
    if reading.answers.state(place.account, "global", OWNERSHIP, name) is not State.ASKED:
        return {}
    controls = reading.answers.one(place.account, "global", OWNERSHIP, name)
    return {"lists_count": text(controls, "OwnershipControls.Rules.ObjectOwnership") != _ENFORCED}


def access_points(reading: Reading, found: Mapping[str, Bucket], objects: Objects) -> Iterator[Thing]:
    """Another door to a bucket, with a policy and a block of its own; its node is the bucket behind it."""
    elsewhere = reading.commons.buckets if reading.commons else {}
    for place, entry in reading.answers.items(POINTS, "AccessPointList"):
        arn, name = text(entry, "AccessPointArn"), text(entry, "Name")
        if not reading.own(place, arn, "An access point"):
            continue
        behind = found.get(text(entry, "Bucket")) or _listed_by(elsewhere, text(entry, "Bucket"), place)
        made = _point(reading, place, entry, arn, name, behind)
        yield made
        for key in objects.through(arn):
            yield replace(made, arn=f"{arn}/object/{key}", kind="s3:accesspointobject")
        if behind is None:
            yield resource(arn, "access-point", name, place.account, "S3 access point", region=place.region)


def _listed_by(buckets: Mapping[str, str], name: str, place: Place) -> Bucket | None:
    """A bucket that another account lists."""
    return _bucket(name, Place(buckets[name], "global"), place.region) if name in buckets else None


def _point(reading: Reading, place: Place, entry: Record, arn: str, name: str, behind: Bucket | None) -> Resource:
    call = "s3control-get-access-point"
    block = _said(reading, place, call, (name,), "RestrictPublicBuckets")
    about: dict[str, Json] = {
        "name": name,
        "bucket": f"arn:{partition(place.region)}:s3:::{text(entry, 'Bucket')}",
        "network": text(entry, "NetworkOrigin"),
        "vpc": text(entry, "VpcConfiguration.VpcId"),
    }
    return Resource(
        arn,
        "s3:accesspoint",
        place.account,
        behind.arn if behind else arn,
        region=place.region,
        policies=_point_policy(reading, place, arn, name),
        public_block=block,
        attributes={key: value for key, value in about.items() if value},
    )


def _point_policy(reading: Reading, place: Place, arn: str, name: str) -> tuple[Document, ...]:
    return reading.policies(place, arn, "s3control-get-access-point-policy", "Policy", name)
