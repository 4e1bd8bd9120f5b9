"""Where the permissions of a rule stand, worked out from the facts: which resource leads to which identity or asset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, cast

from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.again import People, Things
from graph.clouds.aws.policy.context import region_of
from graph.clouds.aws.read.purpose import among
from graph.clouds.aws.rules.language import KEYS, Need, Place, Rule
from graph.clouds.aws.rules.work import Watched, watched
from graph.model import Json
from graph.policy.bits import bits
from graph.policy.relation import EMPTY, Row

# An alias is named by the agent or flow it belongs to, so both are listed together.
_LISTED_WITH = {"bedrock:agent-alias": "bedrock:agent", "bedrock:flow-alias": "bedrock:flow"}
Steps = Mapping[str, tuple[str, ...]]  # from each resource to the identities or assets it leads to
Look = Callable[[tuple[Any, ...]], object]
Where = tuple[tuple[str, str | bool], ...]
Lock = tuple[tuple[str, ...], tuple[str, ...], str]  # keys, those that are a customer's, and what they lock


class Places:
    """The facts, indexed the way that rules ask for them. Made once for each set of facts.

    Whatever is looked at goes through `look`, so that it can be noted; `before` are the places of an earlier form of
    the facts, whose tables are taken over where they are the same.
    """

    def __init__(self, facts: AwsFacts, look: Look | None = None, before: Places | None = None) -> None:
        self._raw = facts
        self.look: Look = look or self.told
        self.facts = watched(facts, lambda name: self.look((_SEEN_BY.get(name, "everything"),)))
        self._kinds = {kind.lower(): items for kind, items in facts.resources.items()}
        self._index(before if before and before.told(("around",)) == self.told(("around",)) else None)
        people = {principal.key: principal for principal in facts.principals}
        self.principals = Watched(people, lambda _who: self.look(("papers",)), lambda: self.look(("papers",)))
        # the same, for all that is not said in their documents
        self.people = Watched(people, lambda _who: self.look(("people",)), lambda: self.look(("people",)))
        self._targets = _by_target(facts)

    def _index(self, before: Places | None) -> None:
        """Tables that do not hang on what anything says of who may do what."""
        facts = self._raw
        same = before is not None and before._raw.resources == facts.resources
        self._found: dict[str, Resource] = before._found if before and same else self._by_name()
        self._roots: Mapping[str, str] = before._roots if before else self._all_roots()
        self._account_of: Mapping[str, str] = before._account_of if before else self._accounts()
        self.resources = Watched(self._found, self._seen, lambda: self.look(("arns",)))

    def _by_name(self) -> dict[str, Resource]:
        return {item.arn: item for items in self._raw.resources.values() for item in items}

    def _seen(self, item: Resource) -> None:
        self.look(("shape", item.kind.lower()))

    def told(self, question: tuple[Hashable, ...]) -> object:
        """What the facts say to a question. Of two forms of an estate equal answers mean: nothing differs there."""
        what, *rest = question
        return _TOLD[str(what)](self, *rest)

    @property
    def roots(self) -> Mapping[str, str]:
        """The account nodes by account."""
        self.look(("roots",))
        return self._roots

    @property
    def account_of(self) -> Mapping[str, str]:
        """The account of everything that has one."""
        self.look(("where",))
        return self._account_of

    def owners(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The accounts of these; "" of what has none."""
        return cast(tuple[str, ...], self.look(("owners", keys)))

    def names(self, kind: str) -> tuple[str, ...]:
        """The ARNs of a kind, sorted."""
        return cast(tuple[str, ...], self.look(("names", kind)))

    @property
    def position(self) -> Mapping[tuple[str, str], int]:
        """Where a resource stands among those of its kind."""
        self.look(("arns",))
        return self._position

    @cached_property
    def _position(self) -> Mapping[tuple[str, str], int]:
        return {(kind, item.arn): i for kind, items in self._kinds.items() for i, item in enumerate(items)}

    def bare(self) -> AwsFacts:
        """The facts, for an estate of other identities."""
        self.look(("but people",))
        return self._raw

    def _all_roots(self) -> Mapping[str, str]:
        """Also those of accounts that a directory of another one manages."""
        managed = (item.node for item in self._kinds.get("sso:account", ()) if item.node.endswith(":root"))
        own = (p for p in self._raw.principals if p.kind is PrincipalKind.ROOT and p.account)
        return {node.split(":")[4]: node for node in managed} | {p.account or "": p.key for p in own}

    def _accounts(self) -> Mapping[str, str]:
        found = {item.arn: item.account for item in self._found.values() if item.account}
        found |= {item.node: item.account for item in self._found.values() if item.account}
        # What stands for an account may lie elsewhere, and who owns it may not be here.
        owners = {item.node for item in self._found.values() if item.node.endswith(":root")} | {*self._roots.values()}
        found |= {root: root.split(":")[4] for root in owners}
        ours = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT)
        inside = {p.key: p.account for p in self._raw.principals if p.account and p.kind in ours}
        # A person of a directory is one of its resources too, and an identity of no account.
        outside = {p.key for p in self._raw.principals} - inside.keys()
        return {key: account for key, account in found.items() if key not in outside} | inside

    def of(self, kind: str) -> tuple[Resource, ...]:
        """The resources of a kind, for all but what they say of who may do what."""
        self.look(("shape", kind))
        return self._kinds.get(kind, ())

    def saying(self, kind: str) -> tuple[Resource, ...]:
        """The same with what they say of who may do what."""
        self.look(("kind", kind))
        return self._kinds.get(kind, ())

    def universe(self, rule: Rule) -> tuple[str, ...]:
        """The keys that a rule's answer is about, sorted: identities, or the nodes of assets."""
        if not rule.asset:
            return self.names(rule.about)
        return cast(tuple[str, ...], self.look(("universe", rule.asset, rule.kind, rule.where)))

    def _universe(self, asset: str, kind: str, where: Where) -> tuple[str, ...]:
        nodes = {item.node for item in self._kinds.get(kind, ()) if _fits(item, where)}
        return tuple(sorted(nodes & self._targets.get(asset, frozenset())))

    def assets(self, kind: str) -> tuple[str, ...]:
        """Every node that is a target of this kind, sorted."""
        return cast(tuple[str, ...], self.look(("assets", kind)))

    def accounts(self) -> tuple[str, ...]:
        """The account nodes, sorted."""
        return tuple(sorted(self.roots.values()))

    def nobodys(self, kind: str) -> bool:
        """Whether such things belong to no account, as models do: whoever uses one does so in the own account."""
        some = self.of(kind)
        return bool(some) and all(item.account is None for item in some)

    def steps(self, place: Place, kind: str, rule: Rule) -> Steps:
        """From the resources of `kind` that stand at `place` to whom or what the rule is about."""
        return _STEPS[place](self, kind, rule)

    def unlocked(self, place: Place, rule: Rule) -> Row:
        """What needs no customer key; unknown where the key that encrypts it was not read."""
        if place not in KEYS:
            return EMPTY
        universe = self.universe(rule)
        locks = {item: keys for keys, item in self.locks(place, rule)}
        free = bits(i for i, key in enumerate(universe) if not locks.get(key))
        hidden = bits(i for i, key in enumerate(universe) if any(k not in self.resources for k in locks.get(key, ())))
        return Row(free, free | hidden, hidden)

    def locks(self, place: Place, rule: Rule) -> Iterator[tuple[tuple[str, ...], str]]:
        """The customer keys of each asset, or of what is behind it. The keys of AWS let in whoever the service lets in.

        https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
        """
        yield from ((customers, node) for _keys, customers, node in self._keys(place, rule))

    def domestic(self, place: Place, rule: Rule) -> int:
        """Of the rule's universe, what a key of AWS encrypts: it serves callers of its own account only.

        https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
        """
        if place not in KEYS:
            return 0
        kept = {node for keys, customers, node in self._keys(place, rule) if customers != keys}
        return bits(i for i, key in enumerate(self.universe(rule)) if key in kept)

    def _keys(self, place: Place, rule: Rule) -> tuple[Lock, ...]:
        return cast(tuple[Lock, ...], self.look(("locks", place, rule.kind, self.universe(rule))))

    def _locks(self, place: Place, kind: str, universe: tuple[str, ...]) -> tuple[Lock, ...]:
        found, wanted = [], set(universe)
        for item in self._kinds.get(kind, ()):
            if item.node in wanted or item.arn in wanted:
                behind = (self._found.get(arn) for arn in basis(item))
                locked = [item] if place is Place.KEY else [one for one in behind if one]
                keys = tuple(key for one in locked for key in linked(one, "key"))
                found.append((keys, tuple(filter(self._customer, keys)), item.node))
        return tuple(found)

    def _customer(self, key: str) -> bool:
        known = self._found.get(key)
        return ":alias/aws/" not in key and (known is None or known.attributes.get("manager") != "AWS")

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """The condition keys by which some role's trust asks for session tags."""
        return cast(tuple[str, ...], self.look(("tag keys",)))

    def _tag_keys(self) -> tuple[str, ...]:
        return self._raw.beyond.tag_keys if self._raw.beyond else tag_keys(self._kinds.get("iam:role", ()))

    @property
    def services(self) -> frozenset[str]:
        """Those that some policy names."""
        return cast(frozenset[str], self.look(("services",)))

    def _services(self) -> frozenset[str]:
        here = (principal.key for principal in self._raw.principals if principal.kind is PrincipalKind.SERVICE)
        return self._raw.beyond.services if self._raw.beyond else frozenset(here)

    def taken(self, name: str) -> bool:
        """Whether something has the name already, or the bucket it would lie in, so that nothing new can get it."""
        return self._there(name) or (":s3:::" in name and self._there(name.partition("/")[0]))

    def _there(self, name: str) -> bool:
        return name in self.resources or bool(self.facts.beyond and name in self.facts.beyond.names)

    def region(self, arn: str) -> str:
        """Where a resource is, if that is known; China names its services otherwise."""
        known = self.resources.get(arn)
        return "" if arn.startswith("arn:aws-cn:") else (known.region if known else "") or region_of(arn)

    def listed(self, account: str, kind: str) -> bool:
        """Whether the account's resources of this kind were listed, so that what is not there is not there."""
        return (account, _LISTED_WITH.get(kind, kind)) in self.facts.listed

    def own(self, place: Place, kind: str) -> Steps:
        """From each identity to its own resources at a place, of a kind where there are several."""
        if place in (Place.OWN_SET, Place.OWN_HOST):
            return _turned((role, item.arn) for item in self.of(kind) for role in item.runs_as)
        return {key: _OWN[place](principal) for key, principal in self.people.items()}

    def beside(self, need: Need) -> Iterator[Resource]:
        """What may be there beside the resource that is needed, in whatever account."""
        for item in self.of(need.beside):
            if all(item.attributes.get(name, value) == value for name, value in need.beside_is):
                yield item

    def members(self, rule: Rule) -> Iterator[Resource]:
        """The resources a rule is about; several may belong to one node."""
        wanted = set(self.universe(rule))
        return (item for item in self.of(rule.kind) if item.node in wanted or item.arn in wanted)


def fits(item: Resource, rule: Rule) -> bool:
    """Nothing that is known of the resource rules it out."""
    return _fits(item, rule.where)


def _fits(item: Resource, where: Where) -> bool:
    return all(item.attributes.get(name, value) == value for name, value in where)


def tag_keys(roles: Iterable[Resource]) -> tuple[str, ...]:
    """The condition keys by which some trust of these roles asks for session tags."""
    bodies = {id(paper.body): paper.body for role in roles for paper in role.policies if paper.body}
    return tuple(sorted({key for body in bodies.values() for key in _condition_keys(body) if _speaks_of_tags(key)}))


def unread(item: Resource, rule: Rule) -> tuple[str, ...]:
    """What decides whether the rule's resource fits, was asked for and could not be read."""
    untold = linked(item, "unread")
    return tuple(name for name, _ in rule.where if name in untold)


def _condition_keys(body: Mapping[str, Json]) -> Iterator[str]:
    said = body.get("Statement")
    for statement in said if isinstance(said, list | tuple) else [said]:
        conditions = statement.get("Condition") if isinstance(statement, Mapping) else None
        for keys in conditions.values() if isinstance(conditions, Mapping) else ():
            yield from (key.lower() for key in (keys if isinstance(keys, Mapping) else ()))


def _speaks_of_tags(key: str) -> bool:
    return key.startswith("aws:requesttag/") or key in ("aws:tagkeys", "sts:transitivetagkeys")


def _by_target(facts: AwsFacts) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for node in facts.nodes:
        for target in node.targets:
            found[target].add(node.key)
    return {target: frozenset(keys) for target, keys in found.items()}


def _turned(pairs: Iterable[tuple[str, str]]) -> Steps:
    found: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        found[source].append(target)
    return {source: tuple(targets) for source, targets in found.items()}


def linked(item: Resource, name: str) -> tuple[str, ...]:
    """The ARNs that an attribute names: one, several or none."""
    value = item.attributes.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def roles_of(host: Resource, rule: Rule) -> tuple[str, ...]:
    """The roles that one has through a host."""
    return linked(host, rule.acts_as) if rule.acts_as else host.runs_as


def basis(item: Resource) -> tuple[str, ...]:
    """What it is kept in, the stores of a knowledge base, the buckets of a model, and whatever else is behind it."""
    return (*linked(item, "stores"), *linked(item, "buckets"), *linked(item, "behind"))


def _target(places: Places, kind: str, rule: Rule) -> Steps:
    fitting = (item for item in places.of(kind) if kind != rule.kind or fits(item, rule))
    return {item.arn: (item.node if rule.asset else item.arn,) for item in fitting}


def _host(places: Places, kind: str, rule: Rule) -> Steps:
    return {item.arn: roles_of(item, rule) for item in places.of(kind) if kind != rule.kind or fits(item, rule)}


def _part(places: Places, kind: str, rule: Rule) -> Steps:
    """From what hosts consist of to those hosts."""
    return _turned((part, item.arn) for item in places.of(rule.kind) for part in linked(item, "parts"))


def _policy_of(places: Places, kind: str, rule: Rule) -> Steps:
    return _turned((policy, p.key) for p in places.people.values() for policy in p.policies)


def _group_of(places: Places, kind: str, rule: Rule) -> Steps:
    return _turned((group, p.key) for p in places.people.values() for group in p.groups)


def _inside(places: Places, kind: str, rule: Rule) -> Steps:
    return _lying(places, kind, rule, "not_kept")


def _loaded(places: Places, kind: str, rule: Rule) -> Steps:
    return _lying(places, kind, rule, "not_loaded")


def _lying(places: Places, kind: str, rule: Rule, unless: str) -> Steps:
    """Not all that lies in a bucket is what makes it this kind of target."""
    excepted = cast(frozenset[str], places.look(("excepted", kind, unless)))
    return cast(Steps, places.look(("lying", kind, unless, rule.asset if rule.asset in excepted else "")))


def _key(places: Places, kind: str, rule: Rule) -> Steps:
    return _turned((key, asset) for keys, asset in places.locks(Place.KEY, rule) for key in keys)


def _basis_key(places: Places, kind: str, rule: Rule) -> Steps:
    return _turned((key, asset) for keys, asset in places.locks(Place.BASIS_KEY, rule) for key in keys)


def _basis(places: Places, kind: str, rule: Rule) -> Steps:
    if kind == "s3:object":
        return _made_from(places, rule)
    wanted = _turned((behind, item.node) for item in places.members(rule) for behind in basis(item))
    return {item.arn: wanted.get(item.arn, wanted.get(item.node, ())) for item in places.of(kind)}


def _made_from(places: Places, rule: Rule) -> Steps:
    """The objects that an asset is made from; where nobody says which of a bucket, all of them."""
    meant: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in places.members(rule):
        for pattern in linked(item, "objects") or tuple(f"{bucket}/*" for bucket in linked(item, "buckets")):
            meant[pattern.partition("/")[0]].append((pattern, item.node))
    return {
        item.arn: tuple(dict.fromkeys(node for pattern, node in meant[item.node] if among((pattern,), item.arn)))
        for item in places.of("s3:object")
        if item.node in meant
    }


def _tool(places: Places, kind: str, rule: Rule) -> Steps:
    return _turned((tool, item.node) for item in places.members(rule) for tool in linked(item, "tools"))


def _near(places: Places, kind: str, rule: Rule) -> Steps:
    here = _turned((item.account or "", item.node) for item in places.members(rule))
    return {item.arn: here.get(item.account or "", ()) for item in places.of(kind)}


_STEPS: Mapping[Place, Callable[[Places, str, Rule], Steps]] = {
    Place.TARGET: _target,
    Place.HOST: _host,
    Place.PART: _part,
    Place.POLICY_OF: _policy_of,
    Place.GROUP_OF: _group_of,
    Place.INSIDE: _inside,
    Place.LOADED: _loaded,
    Place.KEY: _key,
    Place.BASIS: _basis,
    Place.BASIS_KEY: _basis_key,
    Place.TOOL: _tool,
    Place.NEAR: _near,
}
# By which question each field of the facts is asked for; any other is the same wherever something is kept.
_SEEN_BY = {
    "principals": "papers",
    "resources": "resources",
    "accounts": "accounts",
    "listed": "listed",
} | dict.fromkeys(("assumed", "canonical_ids", "whole_organizations", "beyond", "cloud"), "beyond")
_TOLD: Mapping[str, Callable[..., object]] = {
    "papers": lambda places: places._raw.principals,
    "people": lambda places: People(places._raw.principals),
    "kind": lambda places, kind: places._kinds.get(kind, ()),
    "shape": lambda places, kind: Things(places._kinds.get(kind, ())),
    "names": lambda places, kind: tuple(item.arn for item in places._kinds.get(kind, ())),
    "arns": lambda places: frozenset(places._found),
    "universe": Places._universe,
    "assets": lambda places, kind: tuple(sorted(places._targets.get(kind, ()))),
    "owners": lambda places, keys: tuple(places._account_of.get(key, "") for key in keys),
    "where": lambda places: places._account_of,
    "roots": lambda places: places._roots,
    "locks": Places._locks,
    "lying": lambda places, kind, unless, asset: {
        item.arn: (item.node,) for item in places._kinds.get(kind, ()) if not asset or asset not in linked(item, unless)
    },
    "excepted": lambda places, kind, unless: frozenset(
        asset for item in places._kinds.get(kind, ()) for asset in linked(item, unless)
    ),
    "tag keys": Places._tag_keys,
    "services": Places._services,
    "resources": lambda places: places._raw.resources,
    "accounts": lambda places: places._raw.accounts,
    "listed": lambda places: places._raw.listed,
    "beyond": lambda places: places._raw.beyond,
    "around": lambda places: (
        People(places._raw.principals),
        {kind: Things(items) for kind, items in places._kinds.items()},
    ),
    "but people": lambda places: (
        *(places._raw.resources, places._raw.accounts, places._raw.listed, places._raw.collected_at),
        places._targets,
    ),
    "everything": lambda places: (places._raw.principals, places.told(("but people",))),
}
_OWN: Mapping[Place, Callable[[Principal], tuple[str, ...]]] = {
    Place.SELF: lambda principal: (principal.key,),
    Place.OWN_GROUP: lambda principal: principal.groups,
    Place.OWN_POLICY: lambda principal: principal.policies,
}
