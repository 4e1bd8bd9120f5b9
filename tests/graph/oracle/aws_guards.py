"""Guards taken off one by one, the slow and obvious way: for each the facts of the whole estate without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind
from graph.clouds.aws.rules.language import Place, Rule
from graph.model import Document, Verdict, together

Removal = tuple[str, str, AwsFacts]  # on what one needs the permission, whom it frees, the estate then
PEOPLE = (PrincipalKind.USER, PrincipalKind.ROLE)
_OPEN = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def removals(guard: str, kind: str, facts: AwsFacts) -> Iterator[Removal]:
    """Each removal of a guard of this sort, for each identity that it frees."""
    things = [item.arn for item in facts.resources.get(kind, ())]
    for one in facts.principals:
        if one.kind not in PEOPLE:
            continue
        if guard == "boundary" and one.boundary and one.key in things:
            yield one.key, one.key, _with(facts, replace(one, boundary=None))
        if guard in ("inline policy", "attached policy") and one.key in things:
            yield from ((one.key, one.key, _with(facts, freed)) for freed in _without_one(guard, one, facts))
        if guard in ("inline policy of a group", "attached policy of a group", "membership"):
            yield from _by_groups(guard, one, facts)
        if guard == "managed policy":
            yield from ((name, one.key, _with(facts, _rewritten(one, name))) for name in things if _binds(one, name))
        if guard in ("organization policy", "text of an organization policy", "organization"):
            yield from _by_organization(guard, one, facts, things)


def _with(facts: AwsFacts, changed: Principal) -> AwsFacts:
    return replace(facts, principals=tuple(changed if one.key == changed.key else one for one in facts.principals))


def denies(document: Document) -> bool:
    said: Any = (document.body or {}).get("Statement", [])
    listed = said if isinstance(said, list) else [said]
    return document.body is None or any(isinstance(one, dict) and one.get("Effect") == "Deny" for one in listed)


def handed(facts: AwsFacts, group: str) -> list[str]:
    """The names of the documents that a group hands on."""
    found = [item for item in facts.resources.get("iam:group", ()) if item.arn == group]
    names: Any = found[0].attributes.get("documents", ()) if found else ()
    return [str(name) for name in names]


def _without(one: Principal, name: str) -> Principal:
    return replace(one, documents=tuple(document for document in one.documents if document.name != name))


def _without_one(guard: str, one: Principal, facts: AwsFacts) -> Iterator[Principal]:
    also = [name for group in one.groups for name in handed(facts, group)]
    for document in filter(denies, one.documents):
        inline = document.name.startswith(f"{one.key} inline ")
        attached = document.name in one.attached and document.name not in also
        if inline if guard == "inline policy" else attached:
            yield _without(one, document.name)


def _by_groups(guard: str, one: Principal, facts: AwsFacts) -> Iterator[Removal]:
    for group in one.groups:
        others = [name for other in one.groups if other != group for name in handed(facts, other)]
        only = [name for name in handed(facts, group) if name not in others and name not in one.attached]
        gone = [document.name for document in one.documents if document.name in only and denies(document)]
        if guard == "membership" and gone:
            left = replace(one, groups=tuple(other for other in one.groups if other != group))
            for name in only:
                left = replace(_without(left, name), policies=tuple(p for p in left.policies if p != name))
            yield group, one.key, _with(facts, left)
        for name in gone if guard != "membership" else ():
            if name.startswith(f"{group} inline ") is (guard == "inline policy of a group"):
                yield group, one.key, _with(facts, _without(one, name))


def _binds(one: Principal, name: str) -> bool:
    bounded = one.boundary is not None and one.boundary.name == name
    return bounded or any(document.name == name and denies(document) for document in one.documents)


def _rewritten(one: Principal, name: str) -> Principal:
    documents = tuple(allowing(each) if each.name == name else each for each in one.documents)
    bounded = one.boundary is not None and one.boundary.name == name
    return replace(one, documents=documents, boundary=Document(name, _OPEN) if bounded else one.boundary)


def allowing(document: Document) -> Document:
    said: Any = (document.body or {}).get("Statement", [])
    listed = said if isinstance(said, list) else [said]
    kept = [one for one in listed if isinstance(one, dict) and one.get("Effect") != "Deny"]
    return Document(document.name, {**(document.body or {}), "Statement": kept})


def _by_organization(guard: str, one: Principal, facts: AwsFacts, things: list[str]) -> Iterator[Removal]:
    account = facts.accounts.get(one.account or "")
    if account is None or account.management:
        return
    if guard == "organization":
        roots = [p.key for p in facts.principals if p.kind is PrincipalKind.ROOT and p.account == account.id]
        if roots and account.organization and (account.scps or account.rcps):
            free = replace(account, organization=None, path=None, scps=(), rcps=())
            yield roots[0], one.key, _in(facts, free)
        return
    for name in things:
        levels = account.scps or ()
        bound = [level for level in levels if any(each.name == name and denies(each) for each in level)]
        if guard == "organization policy":
            left = tuple(tuple(each for each in level if each.name != name) for level in levels)
            if len(bound) == 1 and all(left):
                yield name, one.key, _in(facts, replace(account, scps=left))
        elif bound:
            wide = tuple(tuple(allowing(d) if d.name == name else d for d in level) for level in levels)
            yield name, one.key, _in(facts, replace(account, scps=wide))


def _in(facts: AwsFacts, account: Account) -> AwsFacts:
    return replace(facts, accounts={**facts.accounts, account.id: account})


def used(oracle: Any, rule: Rule, who: str, number: int, target: str, then: tuple[Rule, ...]) -> Verdict:
    """Whether somebody makes one of the removals, is or becomes whom it frees, and gets further than before."""
    on, through, _facts = oracle.removed(rule.guard, rule.kind)[number]
    own = {one.key: one.account for one in oracle.facts.principals}
    if not rule.kind and own.get(who) != own.get(on):
        return Verdict.DENIED
    right: Verdict = oracle.ways(rule, who, on)
    if right is Verdict.DENIED:
        return right
    first = together([right, Verdict.ALLOWED if who == through else oracle.becomes(rule, who, through)])
    if first is Verdict.DENIED:
        return first
    freed = oracle.freed(rule.guard, rule.kind, number)
    fresh = (
        one for one in then if oracle._about(one, target) and oracle.reaches(one, through, target) is Verdict.DENIED
    )
    order = list(Verdict)
    opened = min((freed.reaches(one, through, target) for one in fresh), key=order.index, default=Verdict.DENIED)
    return Verdict.DENIED if restates(oracle, freed, through, target, then, opened) else together([first, opened])


def restates(oracle: Any, freed: Any, through: str, target: str, then: tuple[Rule, ...], opened: Verdict) -> bool:
    """Whether somebody owns its account now, and the root user can do or become this anyway, as surely."""
    account = {one.key: one.account for one in oracle.facts.principals}[through]
    roots = [one.key for one in oracle.facts.principals if one.kind is PrincipalKind.ROOT and one.account == account]
    able = bool(roots) and oracle._account(target) == account and target not in roots
    if any(one.asset for one in then):
        order = list(Verdict)
        owned = [oracle.reaches(one, root, target) for root in roots for one in then]
        able = order.index(min(owned, key=order.index, default=Verdict.DENIED)) <= order.index(opened)
    return able and freed.administers(through) is Verdict.ALLOWED


def unblocks(oracle: Any, rule: Rule, who: str, target: str) -> Verdict:
    """Whether somebody takes off the block of a bucket, or of the account, and some stranger gets in for it."""
    order = list(Verdict)
    found = []
    for way in rule.any_of:
        level = "bucket" if way[0].kind else "account"
        if level == "account" and oracle._account(who) != oracle._account(target):
            continue
        mine: Verdict = oracle.branch(rule, way, who, target)
        if mine is not Verdict.DENIED:
            facts = _with_anybody(oracle.facts)
            before, after = type(oracle)(facts), type(oracle)(_without_block(facts, level, target))
            found += [together([mine, theirs]) for theirs in _let_in(before, after, rule, target)]
    return min(found, key=order.index, default=Verdict.DENIED)


def _with_anybody(facts: AwsFacts) -> AwsFacts:
    known = {one.key: one for one in facts.principals}
    anybody = Principal("anonymous", PrincipalKind.ANONYMOUS, None)
    return replace(facts, principals=tuple({anybody.key: anybody, **known}.values()))


def _let_in(before: Any, after: Any, rule: Rule, target: str) -> Iterator[Verdict]:
    strangers = (PrincipalKind.ANONYMOUS, PrincipalKind.OUTSIDE, PrincipalKind.FEDERATED)
    for one in before.facts.principals:
        for then in rule.then if one.kind in strangers else ():
            if before.reaches(then, one.key, target) is Verdict.DENIED:
                yield after.reaches(then, one.key, target)


def _without_block(facts: AwsFacts, level: str, bucket: str) -> AwsFacts:
    """A block that another level sets as well stays."""
    changed = {}
    for kind in ("s3:bucket", "s3:object"):
        items = []
        for item in facts.resources.get(kind, ()):
            about: Any = item.attributes
            if item.node == bucket and about.get("restricted_by") == (level,):
                item = replace(item, public_block=False)  # noqa: PLW2901
            if item.node == bucket and about.get("ignored_by") == (level,):
                item = replace(item, acl=(*item.acl, *about.get("ignored_acl", ())))  # noqa: PLW2901
            items.append(item)
        changed[kind] = tuple(items)
    return replace(facts, resources={**facts.resources, **changed})


def unlisted(oracle: Any, rule: Rule, who: str) -> Verdict:
    """Whether somebody could share a copy that is there, as far as anybody knows."""
    account = oracle._account(who)
    copies = rule.kind in ("ec2:snapshot", "ec2:image", "rds:snapshot")
    roots = [one.account for one in oracle.facts.principals if one.kind is PrincipalKind.ROOT]
    if not copies or account not in roots or oracle._listed(account, rule.kind):
        return Verdict.DENIED
    first = replace(rule.any_of[0][0], place=Place.NEW)
    return together([oracle.branch(rule, (first,), who, who), Verdict.UNKNOWN])
