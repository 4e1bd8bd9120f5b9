"""The slow, obvious evaluator of rules: one pair, one permission, one resource at a time, by point decisions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache, cached_property, partial
from itertools import groupby
from json import dumps
from re import findall

from graph.clouds.aws.facts import ELSEWHERE, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.asking import Estate, decide_for, estate_of
from graph.clouds.aws.policy.context import region_of
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.language import (
    ASSUME,
    BY_TOKEN,
    MOVES,
    OF_STRANGERS,
    WEB_IDENTITY,
    Conjunction,
    Need,
    Place,
    Rule,
    Shape,
    Supply,
)
from graph.model import Document, Verdict, together
from tests.graph.oracle.aws_directory_rules import (
    adds,
    alternatives,
    anchors,
    appoints,
    assigns,
    kept_by_aws,
    recast_for,
    recasts,
    recasts_itself,
    retags,
    serves,
    vouches,
)
from tests.graph.oracle.aws_guards import Removal, removals, unblocks, unlisted, used

YES, NO, UNKNOWN = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN
_ORDER = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED)
_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
STRANGER = Principal(f"arn:aws:iam::{ELSEWHERE}:root", PrincipalKind.OUTSIDE, ELSEWHERE)
_ALIASES = {"bedrock:agent-alias": "bedrock:agent", "bedrock:flow-alias": "bedrock:flow"}


def surest(verdicts: Iterable[Verdict]) -> Verdict:
    """The best of several ways; no way is a no."""
    return min(verdicts, key=_ORDER.index, default=NO)


class Oracle:
    """Rules decided pair by pair on one estate. `witnesses` are the names that the engine tries for new things."""

    def __init__(self, facts: AwsFacts) -> None:
        self.facts = facts
        self.principals = {p.key: p for p in facts.principals}
        self.resources = {r.arn: r for some in facts.resources.values() for r in some}
        self.estate = estate_of(facts)
        self.witnesses = AwsAccess(facts).witnesses
        self.point = cache(self._point)
        self.granted = cache(self._granted)
        self.moved = cache(self._moved)
        self.removed = cache(self._removed)
        self.freed = cache(self._freed)
        self.held = cache(self._held)
        self.promotes = cache(self._promotes)
        self.widening = cache(self._widening)
        self.administers = cache(self._administers)
        self.people = [item.arn for kind in ("iam:role", "iam:user") for item in self.of(kind)]

    # ----- one permission

    def _point(self, who: str, need: Need, resource: str) -> Verdict:
        """A call on nothing can be made anywhere."""
        fixed = {key for key, _ in need.given}
        if need.kind or "aws:RequestedRegion" in fixed or need.action.startswith(("iam:", "organizations:")):
            return self._pointed(who, need, resource)
        calls = (replace(need, given=(*need.given, ("aws:RequestedRegion", (one,)))) for one in self.regions)
        return surest(self._pointed(who, call, resource) for call in (need, *calls))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Those that any document names beside the key, and two that few name."""
        bodies = [
            paper.body for p in self.facts.principals for paper in (*p.documents, p.boundary) if paper and paper.body
        ]
        levels = [
            level
            for account in self.facts.accounts.values()
            for level in (*(account.scps or ()), *(account.rcps or ()))
        ]
        said = dumps([*bodies, *(paper.body for level in levels for paper in level)])
        if "requestedregion" not in said.lower():
            return ()
        return tuple(sorted({*findall(r"[a-z]{2}-[a-z]+-\d", said), "us-east-1", "sa-east-1"}))

    def _pointed(self, who: str, need: Need, resource: str) -> Verdict:
        if need.supply in OF_STRANGERS:
            return self._strange.point(STRANGER.key, replace(need, supply=OF_STRANGERS[need.supply]), resource)
        if kept_by_aws(need, resource):
            return NO
        if need.supply is Supply.LISTED:
            return self._listed_in(self.resources[resource], need.action, who)
        estate = self.estate
        if need.supply is Supply.IDENTITY:
            estate = self.granted(who)
        if need.supply in (Supply.RESOURCE, Supply.REWRITTEN, Supply.BARE):
            estate = estate_of(self._changed(who, need, resource))
        return decide_for(estate, who, need.action, resource, self._context(need, resource)).verdict

    def _listed_in(self, resource: Resource, permission: str, who: str) -> Verdict:
        """Whether the list of a resource names somebody; no star in it but the one for all of the account."""
        lists = resource.attributes.get("admits")
        if lists is None:
            return UNKNOWN
        names = [one for said, some in lists.items() if said in (permission, "aoss:*") for one in some]  # type: ignore[attr-defined]
        at_home = "*" in names and self._account(who) == resource.account
        return YES if who in names or at_home else NO

    def _context(self, need: Need, arn: str) -> dict[str, tuple[str, ...]]:
        """What the rule says of the call, where the resource is; nothing of a region that nobody knows."""
        if any(key == "aws:RequestTag/*" for key, _ in need.given):
            trusts = dumps([paper.body for role in self.of("iam:role") for paper in role.policies]).lower()
            return dict.fromkeys(findall(r'"(aws:requesttag/[^"]*|aws:tagkeys|sts:transitivetagkeys)":', trusts), ())
        region = (self.resources[arn].region if arn in self.resources else "") or region_of(arn)
        account = (self.resources[arn].account or "") if arn in self.resources else ""
        return {
            key: tuple(type(v)(v.replace("{region}", region).replace("{account}", account)) for v in values)
            for key, values in need.given
            if region or not any("{region}" in value for value in values)
            if account or not any("{account}" in value for value in values)
        }

    @cached_property
    def _strange(self) -> Oracle:
        """The estate with somebody from elsewhere."""
        return Oracle(replace(self.facts, principals=(*self.facts.principals, STRANGER)))

    def _granted(self, who: str) -> Estate:
        """The estate in which the identity's own policies grant everything."""
        wide = Document("wide", _ALL)
        changed = tuple(
            replace(p, documents=(*p.documents, wide)) if p.key == who else p for p in self.facts.principals
        )
        return estate_of(replace(self.facts, principals=changed))

    def _changed(self, who: str, need: Need, arn: str) -> AwsFacts:
        """The estate in which the resource's own policy names the identity, whatever session it uses, or is gone."""
        open_to_all = who in ("anonymous", STRANGER.key)
        said = {
            "Effect": "Allow",
            "Principal": {"AWS": who if who == STRANGER.key else "*"},
            "Action": need.action,
            **({} if open_to_all else {"Condition": {"ArnEquals": {"aws:PrincipalArn": who}}}),
        }
        kind, resource = next(
            ((k, r) for k, some in self.facts.resources.items() for r in some if r.arn == arn), ("", self._fresh(arn))
        )
        if not kind.startswith("iam:"):
            said["Resource"] = "*"
        paper = Document(f"names {who}", {"Version": "2012-10-17", "Statement": said})
        kept = resource.policies if need.supply is Supply.RESOURCE else ()
        opened = replace(resource, policies=kept if need.supply is Supply.BARE else (*kept, paper))
        others = tuple(r for r in self.facts.resources.get(opened.kind, ()) if r.arn != arn)
        return replace(self.facts, resources={**self.facts.resources, opened.kind: (*others, opened)})

    def _fresh(self, arn: str) -> Resource:
        return self.estate.resource(arn)

    # ----- where

    def of(self, kind: str) -> tuple[Resource, ...]:
        return self.facts.resources.get(kind, ())

    def candidates(self, rule: Rule, need: Need, who: str, target: str) -> Iterator[str]:
        """The resources on which the permission would do."""
        mine = self.principals[who]
        if need.place is Place.NEW:
            names = (item.arn for item in self.witnesses(need.kind))
            buckets = {item.arn for item in self.of("s3:bucket")}
            yield from (name for name in names if not {name, name.partition("/")[0]} & {*self.resources, *buckets})
        elif not need.kind:
            yield "*"
        elif need.place in (Place.SELF, Place.OWN_GROUP, Place.OWN_POLICY, Place.OWN_SET, Place.OWN_HOST):
            sets = tuple(item.arn for item in self.of(need.kind) if who in item.runs_as)
            own = {Place.SELF: (who,), Place.OWN_GROUP: mine.groups, Place.OWN_POLICY: mine.policies}
            own[Place.OWN_SET] = own[Place.OWN_HOST] = sets
            yield from (item.arn for item in self.of(need.kind) if item.arn in own[need.place])
        else:
            owners = {item.account for item in self.of(need.kind)}
            nobodys = owners == {None} and need.place is not Place.TARGET
            abroad = nobodys and self._account(who) != self._account(target)
            yield from (item.arn for item in self.of(need.kind) if not abroad and self._leads(rule, need, item, target))

    def _leads(self, rule: Rule, need: Need, item: Resource, target: str) -> bool:
        if need.kind == rule.kind and any(item.attributes.get(k, v) != v for k, v in rule.where):
            return False
        holder = self.principals.get(target)
        tests: dict[Place, Callable[[], bool]] = {
            Place.SOME: lambda: True,
            Place.CARRIER: lambda: True,
            Place.TARGET: lambda: (item.node if rule.asset else item.arn) == target,
            Place.HOST: lambda: target in self._through(rule, item),
            Place.POLICY_OF: lambda: holder is not None and item.arn in holder.policies,
            Place.GROUP_OF: lambda: holder is not None and item.arn in holder.groups,
            Place.INSIDE: lambda: item.node == target and rule.asset not in item.attributes.get("not_kept", ()),  # type: ignore[operator]
            Place.LOADED: lambda: item.node == target and rule.asset not in item.attributes.get("not_loaded", ()),  # type: ignore[operator]
            Place.KEY: lambda: item.arn in self._keys(target),
            Place.BASIS: lambda: self._stands_on(target, item),
            Place.BASIS_KEY: lambda: item.arn in self._locks(Place.BASIS_KEY, target),
            Place.NEAR: lambda: item.account == self.resources[target].account,
        }
        return tests[need.place]()

    def _keys(self, asset: str) -> tuple[str, ...]:
        """The customer key that encrypts an asset."""
        named = self.resources[asset].attributes.get("key")
        if not isinstance(named, str) or not named or ":alias/aws/" in named:
            return ()
        known = self.resources.get(named)
        return () if known and known.attributes.get("manager") == "AWS" else (named,)

    def _basis(self, asset: str) -> tuple[str, ...]:
        """The stores and buckets that an asset is kept in."""
        attributes = self.resources[asset].attributes
        return tuple(one for name in ("stores", "buckets", "behind") for one in attributes.get(name, ()))  # type: ignore[attr-defined]

    def _stands_on(self, asset: str, item: Resource) -> bool:
        """Of a bucket's objects only those that are named, if any are."""
        named = self.resources[asset].attributes.get("objects")
        if item.kind == "s3:object" and named:
            return any(fnmatchcase(item.arn, pattern) for pattern in named)  # type: ignore[attr-defined]
        return bool({item.arn, item.node} & set(self._basis(asset)))

    def _locks(self, place: Place, asset: str) -> tuple[str, ...]:
        """The customer keys of an asset, or of what it is kept in."""
        if place is Place.KEY:
            return self._keys(asset)
        return tuple(key for basis in self._basis(asset) if basis in self.resources for key in self._keys(basis))

    def _by_aws(self, place: Place, asset: str) -> bool:
        """Whether a key of AWS encrypts it, which other accounts cannot use."""
        held = [asset] if place is Place.KEY else [one for one in self._basis(asset) if one in self.resources]
        named = [self.resources[one].attributes.get("key") for one in held]
        return any(key and not self._keys(one) for one, key in zip(held, named, strict=True))

    # ----- one alternative, and all of them

    def _through(self, rule: Rule, host: Resource) -> tuple[str, ...]:
        """The roles that one has through a host."""
        return tuple(host.attributes.get(rule.acts_as, ())) if rule.acts_as else host.runs_as  # type: ignore[arg-type]

    def _at_host(self, rule: Rule, needs: Conjunction, who: str, target: str, host: Resource) -> Verdict:
        """On this host, on its parts, and on what is anywhere."""
        wrong = any(host.attributes.get(k, v) != v for k, v in rule.where)
        if wrong or target not in self._through(rule, host):
            return NO
        parts: tuple[str, ...] = tuple(host.attributes.get("parts") or ())  # type: ignore[arg-type]
        tied = {Place.HOST: (host.arn,), Place.PART: parts}
        if not any(need.place in tied for need in needs) and self._account(who) != host.account:
            return NO
        said = []
        ordered = sorted(needs, key=lambda need: (need.place, need.kind))
        for (place, kind), some in groupby(ordered, key=lambda need: (need.place, need.kind)):
            group = list(some)
            known = {item.arn for item in self.of(kind)}
            on = [arn for arn in tied.get(place, ()) if arn in known]
            there = surest(together(self.point(who, need, arn) for need in group) for arn in on)
            said.append(there if place in tied else self._group(rule, group, who, target))
        return together([*said, self._told(rule, Need("", rule.kind, Place.HOST), host.arn)])

    def branch(self, rule: Rule, needs: Conjunction, who: str, target: str) -> Verdict:
        places = {need.place for need in needs}
        if rule.shape is Shape.RUN_AS and (Place.PART in places or Place.HOST not in places):
            return surest(self._at_host(rule, needs, who, target, host) for host in self.of(rule.kind))
        ordered = sorted(needs, key=lambda need: (need.place, need.kind))
        groups = [list(group) for _, group in groupby(ordered, key=lambda need: (need.place, need.kind))]
        return together(self._group(rule, group, who, target) for group in groups)

    def _group(self, rule: Rule, needs: list[Need], who: str, target: str) -> Verdict:
        """All on one and the same resource."""
        first = needs[0]
        found = [
            together(
                [
                    *(self._stands(who, need, resource) for need in needs),
                    self._carries(first, resource, target),
                    self._told(rule, first, resource),
                ]
            )
            for resource in self.candidates(rule, first, who, target)
        ]
        if first.place in (Place.KEY, Place.BASIS_KEY):
            abroad = first.supply in OF_STRANGERS or self._account(who) != self._account(target)
            if abroad and self._by_aws(first.place, target):
                return NO
            keys = self._locks(first.place, target)
            found += [UNKNOWN if key not in self.resources else NO for key in keys] or [YES]
        if first.place is Place.SOME and first.kind and not self._listed(self._account(who), first.kind):
            anew = self._group(rule, [replace(need, place=Place.NEW) for need in needs], who, target)
            found.append(together([anew, UNKNOWN]))
        return surest(found)

    def _told(self, rule: Rule, need: Need, resource: str) -> Verdict:
        """Whether it was read that the rule's resource is as the rule wants it."""
        mine = need.kind == rule.kind and need.place in (Place.TARGET, Place.HOST)
        untold = self.resources[resource].attributes.get("unread", ()) if mine else ()
        return UNKNOWN if any(name in untold for name, _ in rule.where) else YES  # type: ignore[operator]

    def _stands(self, who: str, need: Need, resource: str) -> Verdict:
        """The permission, and what is asked of the resource and beside it."""
        said = [self.point(who, need, resource)]
        if need.trusts and need.place is not Place.NEW:
            said.append(self.trust(need.trusts, resource))
        if need.beside:
            said.append(self._beside(need, self._account(who)))
        return together(said)

    def _beside(self, need: Need, account: str) -> Verdict:
        if need.beside_trusts:
            there = Rule(Shape.BECOME, need.beside, (), serves=need.beside_may)
            roles = (item.arn for item in self.of(need.beside) if item.account == account)
            found = [together([self.trust(need.beside_trusts, role), serves(self, there, role)]) for role in roles]
            return surest([*found, NO if self._listed(account, need.beside) else UNKNOWN])
        """Whether something of the kind, which is as it must be, is there in the account."""
        for item in self.of(need.beside):
            if item.account == account and all(item.attributes.get(name, v) == v for name, v in need.beside_is):
                return YES
        return NO if self._listed(account, need.beside) else UNKNOWN

    def _carries(self, need: Need, role: str, target: str) -> Verdict:
        """A carrier may itself assume the target."""
        if need.place is not Place.CARRIER:
            return YES
        return self.point(role, ASSUME, target) if role in self.principals else NO

    def ways(self, rule: Rule, who: str, target: str) -> Verdict:
        best = surest(self.branch(rule, needs, who, target) for needs in alternatives(self, rule))
        return together([best, Verdict.CONDITIONAL]) if rule.supposes else best

    def _account(self, key: str) -> str:
        """The account that an identity or role belongs to; none for who only comes from outside."""
        found = self.principals.get(key)
        ours = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT)
        if found is not None and found.kind in ours:
            return found.account or ""
        return (self.resources[key].account or "") if key in self.resources else ""

    def _listed(self, account: str, kind: str) -> bool:
        return account == "" or (account, _ALIASES.get(kind, kind)) in self.facts.listed

    # ----- the shapes

    def reaches(self, rule: Rule, who: str, target: str) -> Verdict:
        """Whether the rule leads from one to the other."""
        shapes = {
            Shape.BECOME: self._become,
            Shape.RUN_AS: self._run_as,
            Shape.HARM: self._harm,
            Shape.WIDEN: self._widen,
            Shape.OWN_THROUGH: self._own_through,
            Shape.ADMINISTER: self._administer,
            Shape.JOIN: self._join,
            Shape.UNBIND: self._unbind,
            Shape.UNGUARD: self._unguard,
            Shape.UNBLOCK: partial(unblocks, self),
            Shape.VOUCH: partial(vouches, self),
            Shape.ASSIGN: partial(assigns, self),
            Shape.ANCHOR: partial(anchors, self),
            Shape.APPOINT: partial(appoints, self),
            Shape.RECAST: partial(recasts, self),
            Shape.OPEN: self._opens,
            Shape.COPY: self._opens,
            Shape.LEND: self._lend,
        }
        return shapes[rule.shape](rule, who, target)

    def widens(self, rule: Rule, who: str) -> Verdict:
        """Whether the rule only adds to what one has."""
        if rule.shape is Shape.OPEN and rule.any_of[0][0].place is Place.SOME:
            return self._opens(rule, who, "*")
        if rule.shape in (Shape.OPEN, Shape.COPY):
            return surest([*(self._opens(rule, who, r.arn) for r in self.of(rule.kind)), unlisted(self, rule, who)])
        if rule.shape is Shape.WIDEN:
            closed = self.administers(who, limits_only=True) is NO
            return self.ways(rule, who, who) if closed else NO
        if rule.shape is Shape.JOIN:
            weak = (group.arn for group in self.of(rule.kind) if self._makes_owners(group) is NO)
            return NO if self.administers(who) is YES else surest(self._joins(rule, who, group) for group in weak)
        return recasts_itself(self, rule, who) if rule.shape is Shape.RECAST else adds(self, rule, who)

    def _opens(self, rule: Rule, who: str, resource: str) -> Verdict:
        """Into a resource that one is not certainly in already, each way by itself."""
        ways = (self.branch(rule, way, who, resource) for way in rule.any_of if not self._had(rule, way, who, resource))
        opened = surest(ways)
        return together([opened, self._copies(rule, who, resource)]) if rule.shape is Shape.COPY else opened

    def _had(self, rule: Rule, way: Conjunction, who: str, target: str) -> bool:
        """Whether one has for certain what the way wins."""
        keys = (Place.KEY, Place.BASIS_KEY)
        won = [need for need in way if need.supply is not Supply.NOTHING or need.place in keys]
        merely = [n for n in won if n.place in keys and n.supply in (Supply.NOTHING, Supply.STRANGER_NOW)]
        won = won if len(merely) < len(won) else []  # a key that lets one in as it is wins nothing by itself
        now = tuple(replace(n, supply=Supply.NOTHING, given=n.given if n.place in keys else ()) for n in won)
        return bool(now) and self.branch(rule, now, who, target) is YES

    def _copies(self, rule: Rule, who: str, resource: str) -> Verdict:
        """Some role can be handed over that reads it and carries it away."""
        handing, doing, having = rule.then
        if self.ways(having, who, resource) is YES:
            return NO
        roles = [role.arn for role in self.of("iam:role") if role.arn in self.principals]
        return surest(together([self._become(handing, who, role), self.ways(doing, role, resource)]) for role in roles)

    def _joins(self, rule: Rule, who: str, group: str) -> Verdict:
        mine = self.principals[who]
        if mine.kind is not PrincipalKind.USER or group in mine.groups:
            return NO
        return self.ways(rule, who, group)

    def _makes_owners(self, group: Resource) -> Verdict:
        """Whether a new user with nothing but the group's policies could make an administrator."""
        names = group.attributes.get("documents") or ()
        papers = [p.documents for p in self.facts.principals]
        papers += [(p.boundary,) for p in self.facts.principals if p.boundary]
        papers += [r.policies for some in self.facts.resources.values() for r in some]
        papers += [level for a in self.facts.accounts.values() for level in (*(a.scps or ()), *(a.rcps or ()))]
        held = {document.name: document for documents in papers for document in documents}
        documents = tuple(held.get(str(name), Document(str(name), None, "not read")) for name in names)  # type: ignore[attr-defined]
        key = f"arn:aws:iam::{group.account}:user{group.arn.partition(':group')[2]}"
        member = Principal(key, PrincipalKind.USER, group.account, tags={}, documents=documents)
        return Oracle(replace(self.facts, principals=(*self.facts.principals, member))).administers(key)

    def _join(self, rule: Rule, who: str, target: str) -> Verdict:
        if self.administers(who) is YES:
            return NO
        return surest(
            together(
                [
                    self._joins(rule, who, group.arn),
                    self._makes_owners(group),
                    self.administers(who, limits_only=True),
                ]
            )
            for group in self.of(rule.kind)
            if group.account == self._account(target)
        )

    def _unbind(self, rule: Rule, who: str, target: str, then: tuple[Rule, ...] = ()) -> Verdict:
        """Through anybody whom one may free of a guard, and whom one is or can become."""
        above = rule.guard in ("organization policy", "text of an organization policy")
        if not above and self.administers(who) is YES:
            return NO
        numbers = range(len(self.removed(rule.guard, rule.kind)))
        return surest(used(self, rule, who, number, target, then or rule.then) for number in numbers)

    def _removed(self, guard: str, kind: str) -> tuple[Removal, ...]:
        return tuple(removals(guard, kind, self.facts))

    def _freed(self, guard: str, kind: str, number: int) -> Oracle:
        return Oracle(self.removed(guard, kind)[number][2])

    def _unguard(self, rule: Rule, who: str, target: str) -> Verdict:
        """By any of the guards, to what can be harmed then."""
        recast = (guard for guard in rule.guards if guard.shape is Shape.RECAST)
        retag = (guard for guard in rule.guards if guard.shape is Shape.RETAG)
        return surest(
            [
                *(self._unbind(guard, who, target, rule.then) for guard in rule.guards if guard.shape is Shape.UNBIND),
                *(recast_for(self, guard, who, target, rule.then) for guard in recast),
                *(retags(self, guard, who, target, rule.then) for guard in retag),
            ]
        )

    def _lend(self, rule: Rule, who: str, target: str) -> Verdict:
        """By anybody whose credential one can make, and who may do it."""
        alone = replace(rule, asset="", then=())
        return surest(
            together(
                [self.ways(alone, who, user.arn), surest(self.reaches(then, user.arn, target) for then in rule.then)]
            )
            for user in self.of(rule.kind)
        )

    def _about(self, rule: Rule, target: str) -> bool:
        """Whether the rule can lead to a target of this kind at all."""
        owning = rule.shape in (Shape.ADMINISTER, Shape.WIDEN, Shape.OWN_THROUGH)
        return target.endswith(":root") if owning else target in {item.arn for item in self.of(rule.about)}

    def _harm(self, rule: Rule, who: str, target: str) -> Verdict:
        """A way that is tied to nothing (a setting of the account) harms what is in the own account."""
        loose = {Place.NEW, Place.SOME, Place.SELF, Place.OWN_GROUP, Place.OWN_POLICY}
        at_home = self._account(who) == self._account(target) != ""
        ways = [way for way in rule.any_of if at_home or any(need.place not in loose for need in way)]
        return surest(self.branch(rule, way, who, target) for way in ways)

    def _become(self, rule: Rule, who: str, target: str) -> Verdict:
        if rule.token and self.principals[who].kind not in (PrincipalKind.FEDERATED, PrincipalKind.OUTSIDE):
            return NO
        if rule.token and self.principals[who].brokered:
            return NO
        said = [self.ways(rule, who, target)]
        if rule.serves:
            said.append(serves(self, rule, target))
        if rule.service:
            said.append(self.trust(rule.service, target))
        if rule.through:
            held = any(target in item.runs_as for item in self.of(rule.through))
            listed = self._listed(self._account(target), rule.through)
            said.append(YES if held else NO if listed else UNKNOWN)
        return together(said)

    def _run_as(self, rule: Rule, who: str, target: str) -> Verdict:
        if rule.guard:
            fresh = tuple(way for way in rule.any_of if not self._had(rule, way, who, target))
            return self._run_as(replace(rule, any_of=fresh, guard=""), who, target) if fresh else NO
        if rule.serves:
            return together([serves(self, rule, target), self._run_as(replace(rule, serves=()), who, target)])
        there = self.ways(rule, who, target)
        if not rule.mixed and self.trust(rule.service, target) is NO:
            there = NO
        if self._listed(self._account(target), rule.kind) or self._account(who) != self._account(target):
            return there
        to = {Place.HOST: Place.NEW, Place.PART: Place.SOME}
        moved = [tuple(replace(n, place=to.get(n.place, n.place)) for n in way) for way in rule.any_of]
        anew = surest(self.branch(replace(rule, shape=Shape.BECOME), way, who, target) for way in moved)
        return surest([there, together([anew, self.trust(rule.service, target), UNKNOWN])])

    def trust(self, service: str, role: str, source: str = "") -> Verdict:
        """Whether the service itself could assume the role for work in the role's account, for that resource."""
        account = self.resources[role].account or ""
        if account not in self.facts.accounts or (source and source.split(":")[4] != account):
            return NO
        if service in WEB_IDENTITY:
            subjects = (p.key for p in self.facts.principals if p.provider == service)
            return surest(self.point(subject, BY_TOKEN, role) for subject in subjects)
        caller = Principal(service, PrincipalKind.SERVICE, None)
        others = tuple(p for p in self.facts.principals if p.key != service)
        facts = replace(self.facts, principals=(*others, caller))
        told = {"aws:SourceAccount": (account,), **({"aws:SourceArn": (source,)} if source else {})}
        return decide_for(estate_of(facts), service, "sts:AssumeRole", role, told).verdict

    def _administers(self, who: str, limits_only: bool = False) -> Verdict:
        """Whether an identity can make an administrator; with `limits_only`, whether it could if granted everything."""
        ways = ADMINISTER.any_of
        if limits_only:
            ways = tuple(
                tuple(replace(n, supply=Supply.IDENTITY) if n.supply is Supply.NOTHING else n for n in way)
                for way in ways
            )
        return surest(self.branch(ADMINISTER, way, who, who) for way in ways)

    def _widen(self, rule: Rule, who: str, target: str) -> Verdict:
        """To the account only."""
        if self._account(who) != self._account(target) or self.administers(who) is YES:
            return NO
        return together([self.ways(rule, who, who), self.administers(who, limits_only=True)])

    def _own_through(self, rule: Rule, who: str, target: str) -> Verdict:
        if self.administers(who) is YES:
            return NO
        account = self._account(target)
        first = next((worst for worst in _ORDER[:-1] if self._several(rule, who, account, worst)), NO)
        several = first if first is not NO and self._combines(rule, who, account, first) else NO
        return surest([self._alone(rule, who, account), several])

    def _alone(self, rule: Rule, who: str, account: str) -> Verdict:
        """By what it may itself."""
        if self.administers(who) is YES:
            return NO
        return surest(self.promotes(rule, who, one) for one in self.people if self._widened(rule, one, account))

    def _widened(self, rule: Rule, one: str, account: str) -> bool:
        kind = "iam:user" if ":user/" in one else "iam:role"
        return kind == rule.kind and self._account(one) == account and one in self.principals

    # ----- several at once

    def _combines(self, rule: Rule, who: str, account: str, worst: Verdict) -> bool:
        """Being several it owns the account, and nobody whom it becomes does: neither alone nor without it."""
        ways = tuple(then for then in rule.then if then.shape in MOVES)
        if self._owns(rule, who, account, worst) or not self._several(rule, who, account, worst):
            return False
        others = self.held(ways, who, worst) - {who}
        return not any(
            self._owns(rule, one, account, worst)
            or (self._several(rule, one, account, worst) and who not in self.held(ways, one, worst))
            for one in others
        )

    def _owns(self, rule: Rule, who: str, account: str, worst: Verdict) -> bool:
        mine = self.administers(who) if self._account(who) == account else NO
        return _ORDER.index(surest([mine, self._alone(rule, who, account)])) <= _ORDER.index(worst)

    def _several(self, rule: Rule, who: str, account: str, worst: Verdict) -> bool:
        """One of those whom it becomes can widen another, or widen it."""
        ways = tuple(then for then in rule.then if then.shape in MOVES)
        held = self.held(ways, who, worst)
        return any(
            one != other
            and self._widened(rule, other, account)
            and one in self.principals
            and _ORDER.index(self.widening(rule, one, other)) <= _ORDER.index(worst)
            for one in held
            for other in held | {who}
        )

    def _widening(self, rule: Rule, who: str, through: str) -> Verdict:
        """Whether somebody could make another administrator, not whether it becomes that other."""
        if self.administers(who) is YES:
            return NO
        right = self.ways(rule, who, through)
        return NO if right is NO else together([right, self.administers(through, limits_only=True)])

    def _promotes(self, rule: Rule, who: str, through: str) -> Verdict:
        """Make somebody administrator whom one becomes by any of the rules that lead to its kind."""
        right = self.ways(rule, who, through)
        if right is NO:
            return NO
        return together([right, self.becomes(rule, who, through), self.administers(through, limits_only=True)])

    def becomes(self, rule: Rule, who: str, target: str) -> Verdict:
        """By whatever chain of the rules that lead to roles and users, as sure as its least sure move."""
        ways = tuple(then for then in rule.then if then.shape in MOVES)
        for worst in _ORDER[:-1]:
            if target in self.held(ways, who, worst):
                return worst
        return NO

    def _held(self, ways: tuple[Rule, ...], who: str, worst: Verdict) -> set[str]:
        """Everybody that one becomes by moves that are each as sure as that, one's own self only if it comes back."""
        found: set[str] = set()
        queue = [who]
        while queue:
            one = queue.pop(0)
            for other in self.people:
                if other not in found and _ORDER.index(self.moved(ways, one, other)) <= _ORDER.index(worst):
                    found.add(other)
                    queue.append(other)
        return found

    def _moved(self, ways: tuple[Rule, ...], one: str, other: str) -> Verdict:
        if one == f"arn:aws:iam::{self._account(other)}:root":
            return YES
        kind = "iam:user" if ":user/" in other else "iam:role"
        return surest(self.reaches(then, one, other) for then in ways if then.about == kind)

    def _administer(self, rule: Rule, who: str, target: str) -> Verdict:
        if who == target:
            return YES
        return self.administers(who) if self._account(who) == self._account(target) else NO
