"""What hosts stand on: the role in a profile, the object or image that is loaded, the roles that trust somebody."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, Record, State, text, texts, values
from graph.clouds.aws.read.patterns import witness
from graph.clouds.aws.read.reading import Reading, partition

REPOSITORIES = "ecr-describe-repositories"
# The only setting under which no tag can be moved.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
_FIXED = "IMMUTABLE"
_IMAGE = re.compile(r"(\d{12})\.dkr[.-]ecr[\w-]*\.([a-z0-9-]+)\.[a-z.]+/([^:@]+)(:[^@]*)?\Z")


def role_in(reading: Reading, account: str, profile: str) -> str:
    """The role in an instance profile, which is called by its ARN or by its name."""
    if profile.startswith("arn:"):
        return reading.profiles.get(profile, "")
    named = (arn for arn in sorted(reading.profiles) if arn.endswith(f"/{profile}") and f":{account}:" in arn)
    return reading.profiles.get(next(named, ""), "") if profile else ""


def stored(bucket: str, key: str, region: str) -> str:
    """An object's ARN; of a folder, that of something in it."""
    if not bucket or not (key := key.lstrip("/")):
        return ""
    return f"arn:{partition(region)}:s3:::{bucket}/{witness(f'{key}*') if key.endswith('/') else key}"


def stored_at(uri: str, region: str) -> str:
    """The object that an S3 address names: `s3://bucket/key`, an ARN, or `bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").rpartition(":::")[2].partition("/")
    return stored(bucket, key, region)


def folder_at(uri: str, region: str) -> str:
    """Something in the folder that an S3 address names."""
    return stored_at(f"{uri.rstrip('/')}/", region)


def objects_loaded(things: Iterable[object]) -> Mapping[str, tuple[str, ...]]:
    """By bucket, the keys of the objects that hosts take code from."""
    found: dict[str, set[str]] = defaultdict(set)
    for thing in things:
        for part in texts(thing.attributes, "parts") if isinstance(thing, Resource) else ():
            bucket, slash, key = part.partition("/")
            if slash and ":s3:::" in bucket:
                found[bucket].add(key)
    return {bucket: tuple(sorted(keys)) for bucket, keys in found.items()}


class Images:
    """Container images, and the repositories whose tags can be moved."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        listed = reading.answers.items(REPOSITORIES, "repositories")
        self._fixed = {text(item, "repositoryArn") for _, item in listed if text(item, "imageTagMutability") == _FIXED}

    def movable(self, names: Iterable[str]) -> tuple[str, ...]:
        """The repositories of images that are named by a tag which whoever may push can move."""
        named = (_repository(name) for name in names)
        return tuple(dict.fromkeys(arn for arn in named if arn and arn not in self._fixed))

    def unlisted(self, repositories: Iterable[str]) -> Iterator[Resource]:
        """The resources of those that no list shows because none was asked for."""
        for arn in repositories:
            _, _, _, region, account, _ = arn.split(":", 5)
            if self._reading.answers.state(account, region, REPOSITORIES) is not State.ASKED:
                yield Resource(arn, "ecr:repository", account, arn, region=region)


def _repository(image: str) -> str:
    """An image that is named by its digest is always the same."""
    found = _IMAGE.match(image)
    if not found:
        return ""
    account, region, name, _ = found.groups()
    return f"arn:{partition(region)}:ecr:{region}:{account}:repository/{name}"


def trusting(reading: Reading) -> Mapping[str, tuple[str, ...]]:
    """By principal, the roles whose trust policy names it: users and roles by ARN, providers by theirs."""
    found: dict[str, list[str]] = defaultdict(list)
    for _, role in reading.answers.items("iam-get-account-authorization-details", "RoleDetailList"):
        for statement in values(role, "AssumeRolePolicyDocument.Statement"):
            for named in _allowed(statement):
                found[named].append(text(role, "Arn"))
    return {named: tuple(dict.fromkeys(roles)) for named, roles in found.items()}


def _allowed(statement: object) -> tuple[str, ...]:
    if not isinstance(statement, Mapping) or text(statement, "Effect") != "Allow":
        return ()
    return (*texts(statement, "Principal.AWS"), *texts(statement, "Principal.Federated"))


def untold(reading: Reading, place: Place, calls: Mapping[str, str]) -> tuple[str, ...]:
    """Of what each call would tell, by name, what was asked for in this region and not answered."""
    where = (place.account, place.region)
    return tuple(name for name, call in calls.items() if reading.answers.state(*where, call) is State.GAP)


def known(reading: Reading, place: Place, call: str, *arguments: str) -> Record | None:
    """The answer to one question; None where it was not answered."""
    if reading.answers.state(place.account, place.region, call, *arguments) is not State.ASKED:
        return None
    return reading.answers.one(place.account, place.region, call, *arguments)
