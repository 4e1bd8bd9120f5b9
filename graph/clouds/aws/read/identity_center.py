"""IAM Identity Center: people, groups, permission sets, and the roles that these have become in each account."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.central import delegated
from graph.clouds.aws.read.estate import Place, Record, State, text, texts
from graph.clouds.aws.read.identities import RESERVED
from graph.clouds.aws.read.reading import Reading, Thing, identity, member_of, partition, resource, root
from graph.model import Document, Entry, EntryKind

INSTANCES = "sso-admin-list-instances"
SETS = "sso-admin-list-permission-sets"
ASSIGNMENTS = "sso-admin-list-account-assignments"
_PROVISIONED = "sso-admin-list-accounts-for-provisioned-permission-set"
_MEMBERS = "identitystore-list-group-memberships"
_SERVICE = "sso.amazonaws.com"

# What Identity Center puts into each account so that its roles can be assumed.
_PROVIDER = re.compile(r":saml-provider/AWSSSO_[^/]*_DO_NOT_DELETE\Z")

Assigned = dict[str, dict[str, str]]  # holder → role → through which group, if through one


@dataclass(frozen=True)
class Directory:
    """One instance of Identity Center. `groups` hold the people in each; `reserved` the roles of permission sets.

    The roles are found by account and name of the set.
    """

    place: Place
    arn: str
    store: str
    owner: str
    papers: tuple[Document, ...]
    groups: Mapping[str, tuple[str, ...]]
    reserved: Mapping[tuple[str, str], tuple[str, ...]]

    def key(self, kind: str, number: str) -> str:
        return f"arn:{partition(self.place.region)}:identitystore:::{kind}/{number}"


def read_identity_center(reading: Reading) -> Iterator[Thing]:
    """Everything of every instance."""
    reserved = _reserved(reading)
    for place, instance in reading.answers.items(INSTANCES, "Instances"):
        arn = text(instance, "InstanceArn")
        if not arn:
            continue
        owner = text(instance, "OwnerAccountId") or place.account
        store = text(instance, "IdentityStoreId")
        papers = tuple(delegated(reading, place, _SERVICE, arn))
        groups = _groups(reading, place, store)
        yield from _of(reading, Directory(place, arn, store, owner, papers, groups, reserved))


def _groups(reading: Reading, place: Place, store: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for part in reading.answers.parts(_MEMBERS):
        if part.scope == place.account and part.arguments[:1] == (store,) and len(part.arguments) > 1:
            found[part.arguments[1]] += texts(part.response, "GroupMemberships.MemberId.UserId")
    return {group: tuple(sorted(set(people))) for group, people in sorted(found.items())}


def _of(reading: Reading, directory: Directory) -> Iterator[Thing]:
    assigned = dict(_assigned(reading, directory))
    held: Assigned = defaultdict(dict)
    for of_set in assigned.values():
        for holder, roles in of_set.items():
            held[holder] |= roles
    yield from _instance(reading, directory)
    yield from _accounts(reading, directory)
    yield from _sets(reading, directory, assigned)
    yield from _group_things(reading, directory, held)
    yield from _people(reading, directory, held)


def _thing(directory: Directory, arn: str, kind: str, roles: tuple[str, ...] = (), **attributes: object) -> Resource:
    told = {name: value for name, value in attributes.items() if value}
    where = directory.place.region
    owner, papers = directory.owner, directory.papers
    return Resource(arn, kind, owner, arn, region=where, policies=papers, runs_as=roles, attributes=told)


def _instance(reading: Reading, directory: Directory) -> Iterator[Thing]:
    """The instance, by which all its permission sets are changed, and the store of its people."""
    sets = (_roles(reading, directory, arn) for arn in _set_arns(reading, directory))
    roles = tuple(sorted({role for of_set in sets for some in of_set.values() for role in some}))
    yield _thing(directory, directory.arn, "sso:instance", roles)
    yield resource(directory.arn, "directory", directory.store, directory.owner, "Identity Center instance")
    store = f"arn:{partition(directory.place.region)}:identitystore::{directory.owner}:identitystore/{directory.store}"
    yield replace(_thing(directory, store, "identitystore:identitystore"), node=directory.arn)


def _accounts(reading: Reading, directory: Directory) -> Iterator[Thing]:
    """The accounts in which permission sets can be assigned, as far as they were read, and the roles of sets there."""
    part = partition(directory.place.region)
    for account in reading.accounts():
        if account.isdigit():
            arn, node = f"arn:{part}:sso:::account/{account}", root(account, part)
            roles = sorted(role for (where, _), some in directory.reserved.items() if where == account for role in some)
            papers = () if account == directory.owner else directory.papers
            yield Resource(arn, "sso:account", directory.owner, node, policies=papers, runs_as=(node, *roles))


# ----- permission sets and what they have become


def _sets(reading: Reading, directory: Directory, assigned: Mapping[str, Assigned]) -> Iterator[Thing]:
    for arn in _set_arns(reading, directory):
        roles = tuple(sorted({role for of_account in _roles(reading, directory, arn).values() for role in of_account}))
        made = _thing(directory, arn, "sso:permissionset", roles, assigned=assigned.get(arn))
        yield replace(made, policies=_papers(reading, directory, arn))
        told = _set(reading, directory, arn)
        where = reading.answers.one(directory.place.account, directory.place.region, _PROVISIONED, arn)
        shown = {"accounts": texts(where, "AccountIds"), "session": text(told, "SessionDuration")}
        name = text(told, "Name") or arn.rpartition("/")[2]
        yield resource(arn, "permission-set", name, directory.owner, "Permission set", **shown)


def _papers(reading: Reading, directory: Directory, arn: str) -> tuple[Document, ...]:
    """What is in force in the management account, only the management account changes.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html
    """
    place = directory.place
    if not directory.papers or reading.answers.state(place.account, place.region, _PROVISIONED, arn) is State.ASKED:
        where = texts(reading.answers.one(place.account, place.region, _PROVISIONED, arn), "AccountIds")
        return () if directory.owner in where else directory.papers
    why = reading.answers.why(place.account, place.region, _PROVISIONED, arn)
    return (reading.papers.unread(f"{arn} delegated", why, place.account),)


def _set_arns(reading: Reading, directory: Directory) -> tuple[str, ...]:
    answer = reading.answers.one(directory.place.account, directory.place.region, SETS, directory.arn)
    return tuple(sorted(set(texts(answer, "PermissionSets"))))


def _set(reading: Reading, directory: Directory, arn: str) -> Record:
    call = "sso-admin-describe-permission-set"
    answer = reading.answers.one(directory.place.account, directory.place.region, call, arn).get("PermissionSet")
    return answer if isinstance(answer, Mapping) else {}


def _roles(reading: Reading, directory: Directory, arn: str) -> Mapping[str, tuple[str, ...]]:
    """By account, the roles that the permission set has become there: they bear its name."""
    place, name = directory.place, text(_set(reading, directory, arn), "Name")
    accounts = texts(reading.answers.one(place.account, place.region, _PROVISIONED, arn), "AccountIds")
    return {account: directory.reserved.get((account, name), ()) for account in sorted(set(accounts))}


def _reserved(reading: Reading) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """What the roles' own names say."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (account, name), arn in sorted(reading.roles.items()):
        if (told := RESERVED.match(name)) and ":role/aws-reserved/" in arn:
            found[account, told["set"]].append(arn)
    return {key: tuple(roles) for key, roles in found.items()}


def _assigned(reading: Reading, directory: Directory) -> Iterator[tuple[str, Assigned]]:
    """For each permission set who may put on its roles: people, and groups with everybody in them."""
    for arn in _set_arns(reading, directory):
        found: Assigned = defaultdict(dict)
        for account, roles in _roles(reading, directory, arn).items():
            answer = reading.answers.one(directory.place.account, directory.place.region, ASSIGNMENTS, arn, account)
            for holder, group in _holders(directory, answer):
                for role in roles:
                    found[holder].setdefault(role, group)
        yield arn, dict(found)


def _holders(directory: Directory, answer: Record) -> Iterator[tuple[str, str]]:
    """Those named first, then those who have it through a group."""
    records = answer.get("AccountAssignments")
    named = [one for one in records if isinstance(one, Mapping)] if isinstance(records, list) else []
    by_kind = {kind: [text(o, "PrincipalId") for o in named if o.get("PrincipalType") == kind] for kind in _KINDS}
    yield from ((directory.key("user", person), "") for person in by_kind["USER"])
    for number in by_kind["GROUP"]:
        group = directory.key("group", number)
        yield group, ""
        yield from ((directory.key("user", person), group) for person in directory.groups.get(number, ()))


_KINDS = ("USER", "GROUP")


# ----- people


def _group_things(reading: Reading, directory: Directory, held: Assigned) -> Iterator[Thing]:
    place = directory.place
    answer = reading.answers.one(place.account, place.region, "identitystore-list-groups", directory.store)
    for group in _records(answer, "Groups"):
        number = text(group, "GroupId")
        arn = directory.key("group", number)
        yield _thing(directory, arn, "identitystore:group", tuple(sorted(held.get(arn, ()))))
        name = text(group, "DisplayName") or number
        people = len(directory.groups.get(number, ()))
        yield identity(arn, "directory-group", name, directory.owner, "Identity Center group", people=str(people))
        yield from (member_of(directory.key("user", one), arn) for one in directory.groups.get(number, ()))


def _people(reading: Reading, directory: Directory, held: Assigned) -> Iterator[Thing]:
    """Whoever holds a permission set is a way in: they sign in from outside, by whatever the directory accepts."""
    place = directory.place
    answer = reading.answers.one(place.account, place.region, "identitystore-list-users", directory.store)
    for person in _records(answer, "Users"):
        number = text(person, "UserId")
        key = directory.key("user", number)
        yield Principal(key, PrincipalKind.FEDERATED, None, uid=number, provider=key, subject=number)
        yield _thing(directory, key, "identitystore:user")
        name = text(person, "UserName") or text(person, "DisplayName") or number
        issuer = texts(person, "ExternalIds.Issuer")
        yield identity(key, "person", name, directory.owner, "Identity Center user", provisioned_by=issuer)
        if roles := held.get(key):
            yield Entry(EntryKind.FEDERATED, key, f"it signs in to Identity Center and may put on {_count(roles)}")


def _count(roles: Mapping[str, str]) -> str:
    return "one role" if len(roles) == 1 else f"{len(roles)} roles"


def _records(answer: Record, member: str) -> list[Record]:
    found = answer.get(member)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def signs_in_here(provider: str, reading: Reading) -> bool:
    """Whether only Identity Center issues what this SAML provider accepts, and all assignments of it were read."""
    if not _PROVIDER.search(provider):
        return False
    return reading.commons.directory if reading.commons else whole_directory(reading)


def whole_directory(reading: Reading) -> bool:
    """Whether all assignments of some Identity Center were read."""
    owners = {place.account for place, one in reading.answers.items(INSTANCES, "Instances") if text(one, "InstanceArn")}
    return any(_whole(reading, owner) for owner in owners)


def _whole(reading: Reading, owner: str) -> bool:
    calls = (SETS, _PROVISIONED, ASSIGNMENTS, "identitystore-list-users", _MEMBERS)
    return all(reading.answers.complete(owner, call) for call in calls)
