"""Users, groups, roles and the account's root, with the policies that bind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.credentials import has_mfa, has_password, keys_of
from graph.clouds.aws.read.estate import Place, Record, text, texts, values
from graph.clouds.aws.read.factors import with_factors
from graph.clouds.aws.read.reading import Reading, Thing, each, identity, member_of, parse, resource, root, tags
from graph.model import Document, Json, Node
from graph.node_facts import COMMON_NAME

# A role that Identity Center made of a permission set: the last part of its name differs from account to account.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
RESERVED = re.compile(r"AWSReservedSSO_(?P<set>.+)_[0-9a-f]{16}\Z")
DETAILS = "iam-get-account-authorization-details"


@dataclass(frozen=True, slots=True)
class Group:
    """A group's ARN and what it hands to its members."""

    arn: str
    documents: tuple[Document, ...]
    policies: tuple[str, ...]


Managed = Mapping[tuple[str, str], Document]  # by account and policy ARN


@dataclass(frozen=True, slots=True)
class Bound:
    """An entry of the export that policies are bound to, with what is needed to find them."""

    reading: Reading
    place: Place
    record: Record
    arn: str
    managed: Managed


def read_identities(reading: Reading) -> Iterator[Thing]:
    """Everything that an account's authorization details say."""
    managed = dict(_managed(reading))
    groups = _groups(reading, managed)
    yield from _policies(reading, managed)
    yield from _group_things(reading, groups)
    yield from with_factors((*_users(reading, managed, groups), *_roles(reading, managed)))
    yield from _profiles(reading)


def _managed(reading: Reading) -> Iterator[tuple[tuple[str, str], Document]]:
    for place, policy in reading.answers.items(DETAILS, "Policies"):
        arn, default = text(policy, "Arn"), text(policy, "DefaultVersionId")
        versions = [v for v in values(policy, "PolicyVersionList") if isinstance(v, Mapping)]
        current = [v for v in versions if v.get("IsDefaultVersion") is True] or [
            v for v in versions if v.get("VersionId") == default
        ]
        if arn and current:
            yield (place.account, arn), reading.papers.make(arn, current[0].get("Document"), place.account)


def _other_versions(place: Place, policy: Record, current: Document | None) -> Iterator[Document]:
    """The versions that are not in force and say something else. They bind nobody, so they are no papers of theirs."""
    for version in values(policy, "PolicyVersionList"):
        body = version.get("Document") if isinstance(version, Mapping) else None
        if isinstance(version, Mapping) and isinstance(body, Mapping) and (current is None or body != current.body):
            name = f"{text(policy, 'Arn')} version {text(version, 'VersionId')}"
            yield Document(name, body, scope=place.account)


def _attached(bound: Bound) -> dict[str, Document]:
    """The managed policies attached to a holder; one that the export does not explain is kept as unread."""
    arns = dict.fromkeys(texts(bound.record, "AttachedManagedPolicies.PolicyArn"))
    return {arn: _managed_document(bound, arn) for arn in arns}


def _managed_document(bound: Bound, arn: str) -> Document:
    found = bound.managed.get((bound.place.account, arn))
    why = "attached, but its document is not in the snapshot"
    return found or bound.reading.papers.unread(arn, why, bound.place.account)


def _inline(bound: Bound, member: str) -> tuple[Document, ...]:
    return tuple(
        bound.reading.papers.make(
            f"{bound.arn} inline {text(policy, 'PolicyName')}", policy.get("PolicyDocument"), bound.place.account
        )
        for policy in values(bound.record, member)
        if isinstance(policy, Mapping)
    )


def _policies(reading: Reading, managed: Managed) -> Iterator[Thing]:
    """Customer managed policies; those of AWS cannot be changed by anybody, so they are nothing to act on."""
    for place, policy in reading.answers.items(DETAILS, "Policies"):
        arn = text(policy, "Arn")
        if ":iam::aws:policy/" in arn or not reading.own(place, arn, "A policy"):
            continue
        name = text(policy, "PolicyName") or arn.rpartition("/")[2]
        attributes: dict[str, Json] = {"document": arn} if (place.account, arn) in managed else {}
        if others := tuple(_other_versions(place, policy, managed.get((place.account, arn)))):
            attributes["versions"] = others
        yield Resource(arn, "iam:policy", place.account, arn, tags=tags(policy), attributes=attributes)
        yield resource(arn, "policy", name, place.account, "Managed policy")


def _groups(reading: Reading, managed: Managed) -> dict[tuple[str, str], Group]:
    found = {}
    for place, group, arn in each(reading, DETAILS, "GroupDetailList", "Arn", "A group"):
        bound = Bound(reading, place, group, arn, managed)
        attached = _attached(bound)
        documents = (*_inline(bound, "GroupPolicyList"), *attached.values())
        name = text(group, "GroupName") or arn.rpartition("/")[2]
        found[place.account, name] = Group(arn, documents, tuple(attached))
    return found


def _group_things(reading: Reading, groups: Mapping[tuple[str, str], Group]) -> Iterator[Thing]:
    for (account, name), group in groups.items():
        names = tuple(document.name for document in group.documents)
        papers = group.documents  # kept here too: nobody may be in it
        yield Resource(group.arn, "iam:group", account, group.arn, policies=papers, attributes={"documents": names})
        yield identity(group.arn, "group", name, account, "IAM group", policies=group.policies)


def _users(reading: Reading, managed: Managed, groups: Mapping[tuple[str, str], Group]) -> Iterator[Thing]:
    for place, user, arn in each(reading, DETAILS, "UserDetailList", "Arn", "A user"):
        mine = [groups[place.account, name] for name in texts(user, "GroupList") if (place.account, name) in groups]
        yield _principal(Bound(reading, place, user, arn, managed), PrincipalKind.USER, "UserPolicyList", mine)
        yield _node(place, user, arn, PrincipalKind.USER, mine)
        name = text(user, "UserName")
        password = has_password(reading, place.account, name, arn)
        known = keys_of(reading, place.account, name, arn)
        told = {"password": password, "mfa": has_mfa(reading, arn)}
        known |= {name: value for name, value in told.items() if value is not None}
        about = {**known, "boundary": _boundary(user)}
        yield Resource(arn, "iam:user", place.account, arn, tags=tags(user), attributes=about)
        yield from (member_of(arn, group.arn) for group in mine)


def _roles(reading: Reading, managed: Managed) -> Iterator[Thing]:
    for place, role, arn in each(reading, DETAILS, "RoleDetailList", "Arn", "A role"):
        yield _principal(Bound(reading, place, role, arn, managed), PrincipalKind.ROLE, "RolePolicyList", ())
        yield _node(place, role, arn, PrincipalKind.ROLE, ())
        trust = reading.papers.make(f"{arn} trust", role.get("AssumeRolePolicyDocument"), place.account)
        about = {"boundary": _boundary(role)}
        yield Resource(arn, "iam:role", place.account, arn, tags=tags(role), policies=(trust,), attributes=about)


def _principal(bound: Bound, kind: PrincipalKind, inline: str, groups: Sequence[Group]) -> Principal:
    attached = _attached(bound)
    given = (document for group in groups for document in group.documents)
    own = (*_inline(bound, inline), *attached.values(), *given)
    boundary = _boundary(bound.record)
    return Principal(
        bound.arn,
        kind,
        bound.place.account,
        uid=text(bound.record, "UserId") or text(bound.record, "RoleId"),
        tags=tags(bound.record),
        documents=tuple({document.name: document for document in own}.values()),
        boundary=_managed_document(bound, boundary) if boundary else None,
        groups=tuple(group.arn for group in groups),
        policies=tuple(dict.fromkeys((*attached, *(p for group in groups for p in group.policies)))),
        attached=tuple(attached),
    )


def _boundary(record: Record) -> str:
    """The ARN of its boundary; "" for none."""
    return text(record, "PermissionsBoundary.PermissionsBoundaryArn")


def _node(place: Place, record: Record, arn: str, kind: PrincipalKind, groups: Sequence[Group]) -> Node:
    name = text(record, "UserName") or text(record, "RoleName") or arn.rpartition("/")[2]
    reserved = RESERVED.match(name) if ":role/aws-reserved/" in arn else None
    return identity(
        arn,
        kind.value,
        name,
        place.account,
        "IAM user" if kind is PrincipalKind.USER else "IAM role",
        **{COMMON_NAME: f"AWSReservedSSO_{reserved['set']}" if reserved else None},
        boundary=_boundary(record),
        groups=[group.arn.rpartition("/")[2] for group in groups],
        last_used=text(record, "RoleLastUsed.LastUsedDate"),
        tags=[f"{key}={value}" for key, value in sorted(tags(record).items())],
    )


def _profiles(reading: Reading) -> Iterator[Thing]:
    for arn, role in sorted(reading.profiles.items()):
        if parsed := parse(arn):
            yield Resource(arn, "iam:instance-profile", parsed.account, arn, runs_as=(role,) if role else ())
            name = arn.rpartition("/")[2]
            yield resource(arn, "instance-profile", name, parsed.account, "Instance profile", role=role)


def read_roots(accounts: Mapping[str, str]) -> Iterator[Thing]:
    """The root user of each account that was read: may do everything that no organization policy forbids."""
    for account, part in sorted(accounts.items()):
        yield Principal(root(account, part), PrincipalKind.ROOT, account, uid=account, tags={})
