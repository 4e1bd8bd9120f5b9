"""Who owns an account: whoever can make a new administrator of it, or could with a grant."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Conjunction, Need, Place, Rule, Shape, Supply
from graph.policy.relation import Relation

_ADMINISTRATOR = (("iam:PolicyARN", (ADMINISTRATOR_POLICY,)), ("iam:PermissionsBoundary", ()))
_UNBOUND = (("iam:PermissionsBoundary", ()),)


def _user(action: str, given: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Need:
    return Need(action, "iam:user", Place.NEW, given)


def _role(action: str, given: tuple[tuple[str, tuple[str, ...]], ...] = (), supply: Supply = Supply.NOTHING) -> Need:
    return Need(action, "iam:role", Place.NEW, given, supply)


def _ways() -> tuple[Conjunction, ...]:
    """A new user with a key or a password, or a new role that trusts whoever makes it."""
    new_user = _user("iam:CreateUser", _UNBOUND)
    rights = (_user("iam:AttachUserPolicy", _ADMINISTRATOR), _user("iam:PutUserPolicy", _UNBOUND))
    doors = (_user("iam:CreateAccessKey"), _user("iam:CreateLoginProfile"))
    users = tuple((new_user, right, door) for right in rights for door in doors)
    # The new role names its maker in its trust policy, so no grant of sts:AssumeRole is needed; a denial still counts.
    new_role = (_role("iam:CreateRole", _UNBOUND), _role("sts:AssumeRole", supply=Supply.RESOURCE))
    roles = (_role("iam:AttachRolePolicy", _ADMINISTRATOR), _role("iam:PutRolePolicy", _UNBOUND))
    return (*users, *((*new_role, right) for right in roles))


ADMINISTER = Rule(Shape.ADMINISTER, "iam:root", _ways())


def _limited() -> Rule:
    """Every right that an identity's own policies could give is given."""
    ways = (
        tuple(replace(n, supply=Supply.IDENTITY) if n.supply is Supply.NOTHING else n for n in way)
        for way in ADMINISTER.any_of
    )
    return replace(ADMINISTER, any_of=tuple(ways))


COULD_ADMINISTER = _limited()


def administering(base: Ground) -> Relation:
    """Over ANYTHING: who can make a new administrator of the own account."""
    return _either_way(ADMINISTER, base)


def could_administer(base: Ground) -> Relation:
    """Over ANYTHING: whose limits would let administrator rights through."""
    return _either_way(COULD_ADMINISTER, base)


def _either_way(rule: Rule, base: Ground) -> Relation:
    def work() -> Relation:
        whole = base.nobody()
        for way in rule.any_of:
            whole = whole.best(base.branch(rule, way))
        return whole

    return base.once(rule, work)
