"""Who owns an account, or comes to own it by widening an identity."""

from __future__ import annotations

from graph.cloud import Solved
from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.administer import administering, could_administer
from graph.clouds.aws.rules.branches import (
    any_branch,
    as_sure,
    certain,
    each_to,
    negated,
    row_of_each,
    themselves,
    to_accounts,
    users,
)
from graph.clouds.aws.rules.combining import combined
from graph.clouds.aws.rules.ground import Ground, reserved
from graph.clouds.aws.rules.holding import Evaluate, held
from graph.clouds.aws.rules.language import Rule
from graph.clouds.aws.rules.places import linked
from graph.clouds.aws.rules.vouching import open_to_all_rights
from graph.model import Document
from graph.policy.relation import ANYTHING, EMPTY, Relation, Row, surer


def limits(base: Ground, keys: tuple[str, ...]) -> Row:
    """Of these identities, those whose limits let administrator rights through."""
    own = surer(row_of_each(could_administer(base), keys), _of_members(base, keys))
    if base.whole is None:
        return own
    others = tuple("" if key in set(base.identities) else key for key in keys)
    return surer(own, row_of_each(could_administer(base.whole), others))


def _of_members(base: Ground, keys: tuple[str, ...]) -> Row:
    """Roles of permission sets whose account is told elsewhere, as limited as any new role there."""
    roots, account_of, here = base.places.roots, base.places.account_of, base.places.people
    theirs = {key: roots.get(account_of.get(key, ""), "") for key in keys if reserved(key) and key not in here}
    members = tuple(sorted({root for root in theirs.values() if root}))
    open_to = open_to_all_rights(base, members) if members else EMPTY
    whole = EMPTY
    for i, key in enumerate(keys):
        if theirs.get(key):
            whole = whole | (as_sure(open_to.verdict(members.index(theirs[key]))) & Row(1 << i, 1 << i))
    return whole


def new_owners(owners: Relation, base: Ground) -> Relation:
    """Without those who certainly own the account to begin with: for them nothing is widened."""
    return owners.meet(negated(certain(administering(base))))


def own_through(rule: Rule, base: Ground, evaluate: Evaluate) -> Solved:
    """Whoever can be become and made administrator, if nothing above them forbids it, is the account."""
    alone = promoted(rule, base, evaluate)
    several = combined(rule, base, promotable(rule, base), alone, evaluate)
    return Solved(reaches=to_accounts(alone, base).best(new_owners(several, base)))


def promotable(rule: Rule, base: Ground) -> Relation:
    """Whom one can make administrator, below their limits. Who owns the account already makes nobody."""
    return base.once(("promotable", rule), lambda: _promotable(rule, base))


def _promotable(rule: Rule, base: Ground) -> Relation:
    able = new_owners(any_branch(rule, base), base)
    return able.within(limits(base, able.resources))


def promoted(rule: Rule, base: Ground, evaluate: Evaluate) -> Relation:
    """Whom one makes administrator and then is, by one move or a chain of them."""
    return base.once(("promoted", rule), lambda: held(rule, base, evaluate, promotable(rule, base)))


def widen(rule: Rule, base: Ground) -> Solved:
    """Rights without limit make an administrator where boundary and organization let them; else they only widen."""
    able = any_branch(rule, base)
    ceiling = could_administer(base)
    owners = base.home(base.places.accounts()).meet(able).meet(ceiling)
    return Solved(reaches=new_owners(owners, base), widens=able.meet(negated(ceiling)), gains=rule.gains)


def add(rule: Rule, base: Ground) -> Solved:
    """Rights that have an end: nothing is reached by them alone."""
    able = any_branch(rule, base)
    if rule.kind == "iam:user":
        able = able.meet(users(base))
    if rule.office:
        able = able.meet(in_office(rule.office, base))
    return Solved(widens=new_owners(able, base), gains=rule.gains)


def in_office(kind: str, base: Ground) -> Relation:
    """Over ANYTHING: whom a resource of the kind names as administrator; anybody may be one where none was read."""
    named = {str(who) for item in base.places.of(kind) for who in linked(item, "administrators")}
    read = {item.account for item in base.places.of(kind)}
    known = each_to({key: ANYTHING for key in base.identities if key in named}, ANYTHING, base)
    account_of = base.places.account_of
    silent = {key: ANYTHING for key in base.identities if account_of.get(key) and account_of[key] not in read}
    return known.best(each_to(silent, ANYTHING, base).within(Row(0, 1, 1)))


def administer(rule: Rule, base: Ground) -> Solved:
    """The account's root user and the account are one: it needs nothing to be itself."""
    accounts = base.places.accounts()
    able = base.home(accounts).meet(administering(base))
    return Solved(reaches=able.best(themselves(accounts, base)))


# ----- joining a group


def join(rule: Rule, base: Ground) -> Solved:
    """A group that makes an administrator leads to the account, below the limits of whoever joins."""
    joined = joinable(rule, base)
    able = group_owners(base)
    owners = to_accounts(joined.within(able), base).meet(could_administer(base))
    weak = joined.within(Row(~able.upper, ~able.upper)).some()
    return Solved(reaches=new_owners(owners, base), widens=new_owners(weak, base), gains=rule.gains)


def joinable(rule: Rule, base: Ground) -> Relation:
    """Users and the groups they can add themselves to and are not in."""
    return base.once(("joinable", rule), lambda: _joinable(rule, base))


def _joinable(rule: Rule, base: Ground) -> Relation:
    groups = base.places.universe(rule)
    inside = each_to({key: p.groups for key, p in base.places.people.items()}, groups, base)
    return any_branch(rule, base).meet(negated(inside)).meet(users(base))


def group_owners(base: Ground) -> Row:
    """The groups whose policies alone make a user administrator: asked of one imagined member of each."""
    return base.once("group owners", lambda: _group_owners(base))


def _group_owners(base: Ground) -> Row:
    groups = base.places.of("iam:group")
    if not groups:
        return Row(0, 0)
    member = {group.arn: _member(group, base) for group in groups}
    imagined = base.changed(member.values())
    return row_of_each(administering(imagined), tuple(member[group.arn].key for group in groups))


def _member(group: Resource, base: Ground) -> Principal:
    names = group.attributes.get("documents")
    named = [str(name) for name in names] if isinstance(names, list | tuple) else []
    documents = tuple(base.document(name) or Document(name, None, "not in the snapshot") for name in named)
    key = f"arn:aws:iam::{group.account}:user{group.arn.partition(':group')[2]}"
    return Principal(key, PrincipalKind.USER, group.account, tags={}, documents=documents)
