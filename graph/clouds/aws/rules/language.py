"""The nouns of a rule: which permissions it needs, on what, and whom or what one has then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any

Given = tuple[tuple[str, tuple[str, ...]], ...]  # context keys and values; no value: the key is absent
REGION = "{region}"  # in a context value: the region of the resource that the permission is on
ACCOUNT = "{account}"  # the same of its account
TAG, VALUE = "{tag}", "{value}"  # in a context: a tag that some policy asks for, and the value it asks for
UNTAGGED: Given = (("aws:RequestTag/*", ()),)  # no tags are passed, so that all keys that speak of them are absent
ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


class Place(StrEnum):
    """Where a permission is needed, as seen from the identity that acts and from whom or what the rule is about."""

    TARGET = "target"  # the role, user or asset itself
    HOST = "host"  # an existing resource that runs as the role
    PART = "part"  # what that host consists of or takes its code from: its cluster, its repository, its artifact
    POLICY_OF = "policy_of"  # a managed policy attached to it, or to a group it is in
    GROUP_OF = "group_of"  # a group it is in
    INSIDE = "inside"  # something in it: an object of the bucket
    LOADED = "loaded"  # something in it that others load and use
    KEY = "key"  # the customer key that encrypts it, if one does
    BASIS = "basis"  # what it is made from or kept in: the artifact of a model, the bucket behind a knowledge base
    BASIS_KEY = "basis_key"  # the customer key that encrypts that, if one does
    TOOL = "tool"  # what acts for it: the functions of an agent
    NEAR = "near"  # anything of the kind in its account: a trail, a log group
    SELF = "self"  # the identity that acts
    OWN_GROUP = "own_group"  # a group that it is in
    OWN_POLICY = "own_policy"  # a managed policy attached to it or to its groups
    OWN_SET = "own_set"  # the permission set that it comes from, the instance of that, and the account it is in
    OWN_HOST = "own_host"  # what runs as it, or an instance profile that holds it
    NEW = "new"  # a new thing of the kind in the own account
    SOME = "some"  # any existing thing of the kind
    CARRIER = "carrier"  # a role that may assume it


OWN = frozenset({Place.SELF, Place.OWN_GROUP, Place.OWN_POLICY, Place.OWN_SET, Place.OWN_HOST})
ANYWHERE = frozenset({Place.NEW, Place.SOME})
KEYS = frozenset({Place.KEY, Place.BASIS_KEY})
OF_THE_RULE = frozenset({Place.TARGET, Place.HOST})  # where a rule's own kind stands


class Supply(StrEnum):
    """What the rule itself grants beforehand, so that it is enough that nothing forbids the rest.

    A resource's own policy can name the session, which no boundary's silence stops; an identity's policy cannot.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    Whoever can name itself can as well name somebody from elsewhere, whom no policy of an identity holds back.
    """

    NOTHING = "nothing"
    IDENTITY = "identity"
    RESOURCE = "resource"  # something is added to the resource's policy
    REWRITTEN = "rewritten"  # the resource has another policy: what the one it has denies is gone
    BARE = "bare"  # the resource has no policy
    STRANGER = "stranger"  # something is added that lets in an account elsewhere
    STRANGER_REWRITTEN = "stranger_rewritten"  # another policy lets that account in
    STRANGER_NOW = "stranger_now"  # nothing is: that account is let in already
    DOOR = "door"  # nothing is, but one comes by a door that was opened, which the context says
    LISTED = "listed"  # nothing is, and no policy counts: the resource's own list names the identity or does not


class Kept:
    """What is looked up all the time: its hash is worked out once. It does not travel between processes."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            kind: Any = type(self)
            made = hash(tuple(getattr(self, name) for name in _hashed(kind)))
            object.__setattr__(self, "_hash", made)
            return made


@cache
def _hashed(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass that count in its hash."""
    return tuple(each.name for each in fields(kind) if each.hash is not False)


@dataclass(frozen=True, slots=True)
class Need(Kept):
    """One permission: an action on a kind of resource that stands somewhere, in a context that the rule brings.

    An empty `kind`: the action takes no resource. Where `trusts` names a service, the resource is a role that trusts
    it. Where `beside` names a kind, one of those must be there in the own account too, whatever one may do with it;
    one of which nothing says otherwise than `beside_is`; of roles one that the service `beside_trusts` may assume and
    that is allowed one of the actions `beside_may`, on anything.
    """

    action: str
    kind: str
    place: Place = Place.TARGET
    given: Given = ()
    supply: Supply = Supply.NOTHING
    trusts: str = ""
    beside: str = ""
    beside_is: tuple[tuple[str, str | bool], ...] = ()
    beside_trusts: str = ""
    beside_may: tuple[str, ...] = ()

    __hash__ = Kept.__hash__


Conjunction = tuple[Need, ...]
BY_TOKEN = Need("sts:AssumeRoleWithWebIdentity", "iam:role")
WEB_IDENTITY = frozenset({"cognito-identity.amazonaws.com"})  # services that assume a role for a token of their own
ASSUME = Need("sts:AssumeRole", "iam:role", given=UNTAGGED)  # what a carrier needs

# What stands behind each of those that are about somebody from elsewhere.
OF_STRANGERS = {
    Supply.STRANGER: Supply.RESOURCE,
    Supply.STRANGER_REWRITTEN: Supply.REWRITTEN,
    Supply.STRANGER_NOW: Supply.NOTHING,
}


def regional(need: Need) -> bool:
    """Whether its context depends on where the resource is."""
    return any(_holes(values) for _, values in need.given)


def context_in(need: Need, region: str, account: str, tag_keys: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The need's context on a resource that is there; what hangs on a place that nobody knows is left open.

    `tag_keys` are the condition keys that speak of tags passed along.
    """
    if need.given == UNTAGGED:
        return dict.fromkeys(tag_keys, ())
    filled = {REGION: region, ACCOUNT: account}
    known = ((key, values) for key, values in need.given if all(filled[hole] for hole in _holes(values)))
    return {key: tuple(_filled(value, filled) for value in values) for key, values in known}


def _filled(value: str, filled: Mapping[str, str]) -> str:
    return type(value)(value.replace(REGION, filled[REGION]).replace(ACCOUNT, filled[ACCOUNT]))


def _holes(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(hole for hole in (REGION, ACCOUNT) for value in values if hole in value)


class Shape(StrEnum):
    """What follows when the permissions are there; each has its evaluator."""

    BECOME = "become"  # one is the role or user
    RUN_AS = "run_as"  # one is, or uses, the role that an existing host runs as
    OWN_THROUGH = "own_through"  # one has made the role or user administrator, and is it by any rule of `then`
    VOUCH = "vouch"  # an identity provider says whatever one likes, and one is whom it vouches for
    ASSIGN = "assign"  # a directory has assigned the role to one
    ANCHOR = "anchor"  # Roles Anywhere trusts a certificate authority of one's own
    APPOINT = "appoint"  # one has made oneself administrator of an account from outside it
    WIDEN = "widen"  # one has widened oneself without limit, below the own ceiling
    ADD = "add"  # one has added something bounded to one's rights
    JOIN = "join"  # one has what a group has
    UNGUARD = "unguard"  # an asset is harmed by oneself, or by somebody one can become, once a guard is off
    UNBIND = "unbind"  # a guard is off oneself, or off somebody one can become
    RETAG = "retag"  # an asset is harmed by oneself once a tag is on it, or on what it hangs on
    RECAST = "recast"  # what oneself, or somebody one can become, is has been changed: its tags, a policy's version
    OPEN = "open"  # a resource lets one in, or somebody elsewhere
    UNBLOCK = "unblock"  # strangers whom a resource's policy lets in are no longer kept out
    COPY = "copy"  # a service carries away what is in a resource, with a role that one hands over
    LEND = "lend"  # a credential that one makes of somebody lets one do to an asset what its holder may
    ADMINISTER = "administer"  # one owns the account
    HARM = "harm"  # something is done to an asset


MOVES = frozenset({Shape.BECOME, Shape.RUN_AS, Shape.VOUCH})  # by which one becomes a role or user


@dataclass(frozen=True, slots=True)
class Rule(Kept):
    """Alternatives, each a conjunction of permissions, and what follows from any of them.

    `kind` is the kind of resource that is become, that hosts, that is opened or that is harmed. A role must trust
    `service` and, where `through` names a kind, be held by one of those (an instance profile). `where` keeps
    resources of `kind` whose attributes do not say otherwise. `acts_as` names the attribute of a host that holds the
    roles, where they are not those that it runs as itself; with `mixed` they trust other things than `service` too.
    With `token` only the subjects of identity providers can act. `asset` is the kind of target that a harmed node
    must be. `guard` names what is taken away, `gains` what is won, `then` what is tried once more without the guard,
    or by what one becomes whom the rule changes. `supposes` says in words what must hold besides and no snapshot
    tells. Only the `administrators` that a resource of the kind `office` names can act, if one is named. Whoever is
    become must be allowed one of the actions that the credential `serves`, on anything.
    """

    shape: Shape
    kind: str
    any_of: tuple[Conjunction, ...]
    service: str = ""
    through: str = ""
    where: tuple[tuple[str, str | bool], ...] = ()
    asset: str = ""
    guard: str = ""
    gains: tuple[str, ...] = ()
    token: bool = False
    acts_as: str = ""
    mixed: bool = False
    supposes: str = ""
    office: str = ""
    serves: tuple[str, ...] = ()
    guards: tuple[Rule, ...] = field(default=(), hash=False)  # each a way of taking one off
    then: tuple[Rule, ...] = field(default=(), hash=False)  # long

    __hash__ = Kept.__hash__

    @property
    def about(self) -> str:
        """The kind of resource in whose universe the answer lies: a host only stands between."""
        return "iam:role" if self.shape in (Shape.RUN_AS, Shape.VOUCH) else self.kind


def by_hosts(rule: Rule, needs: Conjunction) -> bool:
    """Whether host by host must be looked at what it consists of, or whether it is there at all."""
    places = {need.place for need in needs}
    return rule.shape is Shape.RUN_AS and (Place.PART in places or Place.HOST not in places)


def every_need(rule: Rule) -> tuple[Need, ...]:
    """The permissions that a rule speaks of, each once, as written."""
    return tuple(dict.fromkeys(need for branch in rule.any_of for need in branch))


def becoming(rule: Rule) -> Iterator[Rule]:
    """Of what comes then, the rules by which one becomes a role or user."""
    return (then for then in rule.then if then.shape in MOVES)
