"""Object classes that identities of one account tell apart in buckets of others which let them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from graph.clouds.aws.facts import Account, AwsFacts, PrincipalKind, Resource
from graph.clouds.aws.read.holders import objects_of
from graph.clouds.aws.read.purpose import apart, by_tags
from graph.clouds.aws.read.storage import object_of
from graph.model import Document

_INSIDE = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT)
Kept = Mapping[str, Mapping[str, tuple[str, ...]]]


def visited(facts: AwsFacts, account: str, kept: Kept) -> AwsFacts:
    """The facts of a part with all that its own identities tell apart in what is not theirs.

    An account knows what its own policies say of its buckets; what others say matters only to those others.
    """
    buckets = [item for item in facts.resources.get("s3:bucket", ()) if item.account != account]
    points = [item for item in facts.resources.get("s3:accesspoint", ()) if item.account != account]
    if not buckets and not points:
        return facts
    principals = [p for p in facts.principals if p.kind in _INSIDE]
    valued = [p for bucket in buckets for some in kept.get(bucket.arn, {}).values() for p in some]
    objects = objects_of([*_common(facts, buckets, account)], principals, valued)
    classes = objects.classes(bucket.arn.rpartition(":")[2] for bucket in buckets)
    made = [
        _object(bucket, key, kept.get(bucket.arn, {}))
        for bucket in buckets
        for key in classes[bucket.arn.rpartition(":")[2]]
    ]
    through = [_through(point, key) for point in points for key in objects.through(point.arn)]
    return _with(_with(facts, "s3:object", made), "s3:accesspointobject", through)


def _common(facts: AwsFacts, buckets: Iterable[Resource], account: str) -> Iterator[Document]:
    for item in (*buckets, *facts.resources.get("s3:accesspoint", ())):
        yield from item.policies
    for key in sorted({account, *(bucket.account or "" for bucket in buckets)} & facts.accounts.keys()):
        yield from _laid_on(facts.accounts[key])


def _laid_on(account: Account) -> Iterator[Document]:
    for level in (*(account.scps or ()), *(account.rcps or ())):
        yield from level


def _object(bucket: Resource, key: str, kept: Mapping[str, tuple[str, ...]]) -> Resource:
    arn = f"{bucket.arn}/{key}"
    about = object_of(bucket, key) | (apart(kept, by_tags(bucket), arn) if kept else {})
    return replace(bucket, arn=arn, kind="s3:object", attributes=about)


def _through(point: Resource, key: str) -> Resource:
    return replace(point, arn=f"{point.arn}/object/{key}", kind="s3:accesspointobject")


def _with(facts: AwsFacts, kind: str, more: Sequence[Resource]) -> AwsFacts:
    known = {item.arn: item for item in facts.resources.get(kind, ())}
    new = {item.arn: item for item in more if item.arn not in known}
    if not new:
        return facts
    everything = known | new
    return replace(facts, resources={**facts.resources, kind: tuple(everything[arn] for arn in sorted(everything))})
