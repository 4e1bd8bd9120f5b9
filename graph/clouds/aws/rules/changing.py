"""Guards that can be taken off, and what the facts are without each of them: one change at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.places import Places
from graph.clouds.aws.rules.tags import set_by
from graph.model import Document, Json

_IAM = (PrincipalKind.USER, PrincipalKind.ROLE)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One guard taken off: `on` is what one must be allowed to change, `frees` whom it bound, as they are then.

    `accounts` are those that are otherwise than they were.
    """

    on: str
    guard: str
    frees: tuple[Principal, ...]
    accounts: Mapping[str, Account] = field(default_factory=dict)

    def facts(self, facts: AwsFacts) -> AwsFacts:
        """The rest of the estate after the change."""
        return replace(facts, accounts={**facts.accounts, **self.accounts}) if self.accounts else facts


def changes(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """Everything that the rule's guard may be, in order; only on `some` of what carries guards."""
    return iter(_CHANGES[rule.guard](rule, places, some))


def _those(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Resource]:
    return (item for item in places.of(rule.kind) if item.arn in some)


# ----- boundaries


def _boundaries(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    for principal in _of_kind(rule, places, some):
        if principal.boundary is not None:
            yield Change(principal.key, f"boundary of {principal.key}", (replace(principal, boundary=None),))


def _of_kind(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Principal]:
    found = (places.principals.get(item.arn) for item in _those(rule, places, some))
    return (principal for principal in found if principal is not None)


# ----- policies that deny


def denies(document: Document) -> bool:
    """Whether it has a statement that denies, or may have one."""
    return document.body is None or any(one.get("Effect") == "Deny" for one in _statements(document.body))


def _statements(body: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    said = body.get("Statement")
    for one in said if isinstance(said, list | tuple) else [said]:
        if isinstance(one, Mapping):
            yield one


def _without(principal: Principal, name: str) -> Principal:
    return replace(principal, documents=tuple(each for each in principal.documents if each.name != name))


def _inline(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    for principal in _of_kind(rule, places, some):
        for document in principal.documents:
            if _is_inline(document.name, principal.key) and denies(document):
                yield Change(principal.key, document.name, (_without(principal, document.name),))


def _is_inline(name: str, holder: str) -> bool:
    return name.startswith(f"{holder} inline ")


def _attached(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """What a group hands on as well stays."""
    for principal in _of_kind(rule, places, some):
        given = {name for group in principal.groups for name in _handed(places, group)}
        for document in principal.documents:
            if document.name in principal.attached and document.name not in given and denies(document):
                yield Change(
                    principal.key, f"{document.name} on {principal.key}", (_without(principal, document.name),)
                )


def _handed(places: Places, group: str) -> tuple[str, ...]:
    """The documents that a group hands to its members."""
    known = places.resources.get(group)
    names = known.attributes.get("documents") if known else None
    return tuple(str(name) for name in names) if isinstance(names, list | tuple) else ()


def _of_group(places: Places, group: Resource, *, inline: bool) -> Iterator[Change]:
    for name in _handed(places, group.arn):
        if _is_inline(name, group.arn) is not inline:
            continue
        freed = tuple(
            _without(one, name) for one in _members(places, group.arn) if _only_by(places, one, group.arn, name)
        )
        if freed:
            yield Change(group.arn, name if inline else f"{name} on {group.arn}", freed)


def _members(places: Places, group: str) -> Iterator[Principal]:
    return (principal for principal in places.principals.values() if group in principal.groups)


def _only_by(places: Places, member: Principal, group: str, name: str) -> bool:
    """Whether a document binds a member by this group alone, and denies."""
    others = {each for other in member.groups if other != group for each in _handed(places, other)}
    held = next((document for document in member.documents if document.name == name), None)
    return held is not None and denies(held) and name not in others and name not in member.attached


def _group_inline(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    for group in _those(rule, places, some):
        yield from _of_group(places, group, inline=True)


def _group_attached(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    for group in _those(rule, places, some):
        yield from _of_group(places, group, inline=False)


def _memberships(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """Whoever leaves a group is without all that only the group hands on."""
    for group in _those(rule, places, some):
        freed = tuple(_left(places, one, group.arn) for one in _members(places, group.arn))
        bound = tuple(one for one in freed if _lost_a_denial(one, places.principals[one.key]))
        if bound:
            yield Change(group.arn, f"membership in {group.arn}", bound)


def _joining(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """A user who is put into a group has what the group hands on, what it denies too."""
    for group in _those(rule, places, some):
        papers = tuple(_paper(places, group, name) for name in _handed(places, group.arn))
        users = (one for one in places.principals.values() if one.kind is PrincipalKind.USER)
        fitting = (one for one in users if one.account == group.account and group.arn not in one.groups)
        joined = tuple(_joined(one, group.arn, papers) for one in fitting)
        if papers and joined:
            yield Change(group.arn, f"membership in {group.arn}", joined)


def _paper(places: Places, group: Resource, name: str) -> Document:
    """A document of a group: kept with it, or held by somebody who is in it."""
    held = (paper for one in _members(places, group.arn) for paper in one.documents)
    known = (paper for paper in (*group.policies, *held) if paper.name == name)
    return next(known, Document(name, None, "not in the snapshot"))


def _joined(user: Principal, group: str, papers: tuple[Document, ...]) -> Principal:
    known = {paper.name: paper for paper in (*user.documents, *papers)}
    return replace(user, documents=tuple(known.values()), groups=(*user.groups, group))


def _left(places: Places, member: Principal, group: str) -> Principal:
    gone = {name for name in _handed(places, group) if _by_group_alone(places, member, group, name)}
    kept = tuple(document for document in member.documents if document.name not in gone)
    groups = tuple(other for other in member.groups if other != group)
    policies = tuple(name for name in member.policies if name not in gone)
    return replace(member, documents=kept, groups=groups, policies=policies)


def _by_group_alone(places: Places, member: Principal, group: str, name: str) -> bool:
    others = {each for other in member.groups if other != group for each in _handed(places, other)}
    return name not in others and name not in member.attached


def _lost_a_denial(after: Principal, before: Principal) -> bool:
    kept = {document.name for document in after.documents}
    return any(denies(document) for document in before.documents if document.name not in kept)


# ----- managed policies, which others hold as well


def _versions(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """Another version without what this one denies; as a boundary, one that allows everything."""
    holders = _holders(places)
    for policy in _those(rule, places, some):
        freed = tuple(_under_another_version(one, policy.arn) for one in holders.get(policy.arn, ()))
        if freed:
            yield Change(policy.arn, policy.arn, freed)


def _holders(places: Places) -> Mapping[str, list[Principal]]:
    """By policy, whom it binds: as a boundary, or by what it denies."""
    found: dict[str, list[Principal]] = defaultdict(list)
    for principal in places.principals.values():
        bound = {principal.boundary.name} if principal.boundary else set()
        bound |= {document.name for document in principal.documents if denies(document)}
        for name in sorted(bound):
            found[name].append(principal)
    return found


_EVERYTHING: Mapping[str, Json] = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _under_another_version(principal: Principal, name: str) -> Principal:
    boundary = principal.boundary
    if boundary is not None and boundary.name == name:
        boundary = replace(boundary, body=_EVERYTHING, problem="")
    documents = tuple(_undenying(each) if each.name == name else each for each in principal.documents)
    return replace(principal, boundary=boundary, documents=documents)


def _undenying(document: Document) -> Document:
    """The same without what it denies; of one that was not read nothing is left to rely on."""
    body = document.body or {}
    allowing = [one for one in _statements(body) if one.get("Effect") != "Deny"]
    return replace(document, body={**body, "Statement": allowing}, problem="")


# ----- the organization


def _lifted(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """A policy taken off the one root, unit or account by which it binds, if what is left there still allows."""
    yield from _unlimited(rule, places, some, _detached)


def _rewritten(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """A policy without what it denies, wherever it hangs."""
    yield from _unlimited(rule, places, some, _undenied)


Lift = Callable[[Account, str], Account | None]


def _unlimited(rule: Rule, places: Places, some: Collection[str], lift: Lift) -> Iterator[Change]:
    bound = _by_account(places)
    for policy in _those(rule, places, some):
        found = ((key, lift(account, policy.arn)) for key, account in sorted(places.facts.accounts.items()))
        accounts = {key: account for key, account in found if account is not None}
        freed = tuple(one for key in accounts for one in bound.get(key, ()))
        if freed:
            yield Change(policy.arn, policy.arn, freed, accounts)


def _by_account(places: Places) -> Mapping[str, list[Principal]]:
    found: dict[str, list[Principal]] = defaultdict(list)
    for principal in places.principals.values():
        if principal.kind in _IAM and principal.account:
            found[principal.account].append(principal)
    return found


def _denying(account: Account, name: str) -> list[int]:
    """The levels at which a policy of that name denies something to the account."""
    scps = () if account.management else account.scps or ()
    return [i for i, level in enumerate(scps) if any(each.name == name and denies(each) for each in level)]


def _detached(account: Account, name: str) -> Account | None:
    """None where it does not bind, binds by several, or is all that allows anything at its level.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html
    """
    levels = tuple(tuple(each for each in level if each.name != name) for level in account.scps or ())
    return replace(account, scps=levels) if len(_denying(account, name)) == 1 and all(levels) else None


def _undenied(account: Account, name: str) -> Account | None:
    levels = tuple(
        tuple(_undenying(each) if each.name == name else each for each in level) for level in account.scps or ()
    )
    return replace(account, scps=levels) if _denying(account, name) else None


def _leaving(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """A member account by itself: neither its identities nor its resources are bound any more."""
    bound = _by_account(places)
    for key, account in sorted(places.facts.accounts.items()):
        root = places.roots.get(key, "")
        if root in some and account.organization and not account.management and (account.scps or account.rcps):
            alone = replace(account, organization=None, path=None, scps=(), rcps=())
            yield Change(root, f"organization policies of {key}", tuple(bound.get(key, ())), {key: alone})


# ----- what somebody is


def _tags(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """Somebody with the tag that the rule sets."""
    tag, value = set_by(rule.any_of[0])
    for principal in _of_kind(rule, places, some):
        if (principal.tags or {}).get(tag) != value:
            others = {key: kept for key, kept in (principal.tags or {}).items() if key.lower() != tag.lower()}
            yield Change(
                principal.key,
                f"tag {tag}={value} of {principal.key}",
                (replace(principal, tags={**others, tag: value}),),
            )


def _other_versions(rule: Rule, places: Places, some: Collection[str]) -> Iterator[Change]:
    """A policy in one of its other versions, for everybody whom it binds."""
    held = _held(places)
    for policy in _those(rule, places, some):
        holders = held.get(policy.arn, ())
        versions = policy.attributes.get("versions")
        for version in versions if isinstance(versions, list | tuple) else ():
            if holders and isinstance(version, Document):
                freed = tuple(_with(one, policy.arn, version) for one in holders)
                yield Change(policy.arn, version.name, freed)


def _held(places: Places) -> Mapping[str, list[Principal]]:
    """By document, who holds it."""
    found: dict[str, list[Principal]] = defaultdict(list)
    for principal in places.principals.values():
        for name in {document.name for document in principal.documents}:
            found[name].append(principal)
    return found


def _with(principal: Principal, name: str, version: Document) -> Principal:
    kept = (version if document.name == name else document for document in principal.documents)
    return replace(principal, documents=tuple(kept))


Changing = Callable[[Rule, Places, Collection[str]], Iterable[Change]]
_CHANGES: Mapping[str, Changing] = {
    "boundary": _boundaries,
    "inline policy": _inline,
    "attached policy": _attached,
    "inline policy of a group": _group_inline,
    "attached policy of a group": _group_attached,
    "membership": _memberships,
    "joining": _joining,
    "managed policy": _versions,
    "organization policy": _lifted,
    "text of an organization policy": _rewritten,
    "organization": _leaving,
    "tags": _tags,
    "version": _other_versions,
}
