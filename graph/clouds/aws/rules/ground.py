"""What all rules stand on: permissions, service trusts and account borders as relations, each worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, cast
from weakref import ref

import numpy as np

from graph.cloud import Access
from graph.clouds.aws.facts import ELSEWHERE, AwsFacts, Principal, PrincipalKind
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.again import aligned
from graph.clouds.aws.policy.context import ONE_ENDPOINT
from graph.clouds.aws.rules.admitting import admitted
from graph.clouds.aws.rules.language import (
    ACCOUNT,
    ANYWHERE,
    ASSUME,
    BY_TOKEN,
    OF_STRANGERS,
    OF_THE_RULE,
    OWN,
    REGION,
    WEB_IDENTITY,
    Conjunction,
    Need,
    Place,
    Rule,
    Supply,
    by_hosts,
    context_in,
    regional,
)
from graph.clouds.aws.rules.links import Link
from graph.clouds.aws.rules.places import Places, Steps, unread
from graph.clouds.aws.rules.tags import AskedOfTargets, Tag, asked_of_resources, asked_of_targets
from graph.clouds.aws.rules.work import Work
from graph.model import Document, Verdict, together
from graph.policy.bits import bits, full, members, union
from graph.policy.relation import ANYTHING, EMPTY, Relation, Row, merged, nobody, surer

T = TypeVar("T")
Context = Mapping[str, tuple[str, ...]]
_REGION = "aws:requestedregion"
_ORDER = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED)
_STRANGER = Principal(f"arn:aws:iam::{ELSEWHERE}:root", PrincipalKind.OUTSIDE, ELSEWHERE)


class AwsQuestions(Access, Hashable, Protocol):
    """What rules ask of AWS beyond any cloud's questions."""

    ground: object | None  # what rules keep of it

    @property
    def facts(self) -> AwsFacts: ...
    @property
    def before(self) -> AwsQuestions | None: ...

    def ceiling(self, action: str, kind: str = "", given: Context | None = None) -> Relation:
        """What would be allowed if the identity's own policies granted everything."""
        ...

    def opened(self, action: str, kind: str = "", given: Context | None = None) -> Relation:
        """What would be allowed if the resource's own policy named the identity."""
        ...

    def rewritten(self, action: str, kind: str = "", given: Context | None = None) -> Relation:
        """What would be allowed if the resource had another policy that names the identity."""
        ...

    def bare(self, action: str, kind: str = "", given: Context | None = None) -> Relation:
        """What would be allowed if the resource had no policy."""
        ...

    def condition_keys(self, document: Document) -> frozenset[str]:
        """What the conditions of a document look at."""
        ...

    def regions(self) -> tuple[str, ...]:
        """Regions to call in, as far as conditions tell them apart."""
        ...

    def service_trust(self, service: str, account: str, source: str = "") -> Row:
        """The roles that let a service in, for work in this account or one resource of it; over all of `iam:role`."""
        ...


# What is asked of the access besides relations, by the name of the question.
_OF_ACCESS: Mapping[str, Callable[..., object]] = {
    "regions": lambda access: access.regions(),
    "trust": lambda access, *which: access.service_trust(*which),
    "document": lambda access, name: access.document(name),
    "tags": lambda access: asked_of_resources(access.facts),
    "tags of targets": lambda access: asked_of_targets(access.facts, access.condition_keys),
}


class Ground:
    """The answers that rules share, for one access.

    `whole` is the estate that this one is a changed part of: it knows the identities that are not here. `before` is the
    ground of an earlier form of the estate, of which what still stands is kept.
    """

    def __init__(self, access: AwsQuestions, whole: Ground | None = None, before: Ground | None = None) -> None:
        self.access = access
        self.whole = whole
        self.identities = access.identities
        alike = before if before and before.identities is self.identities else None
        self._work: Work = Work(self._put, alike._work if alike else None)
        self.places: Places = whole.places if whole else self._laid(before)
        self._beside: dict[tuple[str, ...], list[AwsAccess]] = defaultdict(list)  # accesses to changed estates
        self._before = ref(before) if before else None
        self._ask = {
            Supply.NOTHING: access.relation,
            Supply.IDENTITY: access.ceiling,
            Supply.RESOURCE: access.opened,
            Supply.REWRITTEN: access.rewritten,
            Supply.BARE: access.bare,
            Supply.DOOR: access.relation,
            Supply.LISTED: lambda action, kind, _given: admitted(self.places, self.identities, action, kind),
        }

    def once(self, name: Hashable, work: Callable[[], T]) -> T:
        """An answer that several questions need, worked out at the first asking."""
        return cast(T, self._work.once(name, work))

    def own(self, name: Hashable, work: Callable[[], T]) -> T:
        """The same for another ground and whatever holds one: they last no longer than this one."""
        return cast(T, self._work.own(name, work))

    def _put(self, question: tuple[Any, ...]) -> object:
        """What the access says, or the facts."""
        what, *rest = question
        if isinstance(what, Supply):
            action, kind, context = rest
            return self._ask[what](action, kind, dict(context))
        told = _OF_ACCESS.get(what)
        return told(self.access, *rest) if told else self.places.told(question)

    def _laid(self, before: Ground | None) -> Places:
        return Places(self.access.facts, self._work.asked, before.places if before else None)

    def document(self, name: str) -> Document | None:
        """The document of this name."""
        return cast("Document | None", self._work.asked(("document", name)))

    # ----- single permissions

    def permission(self, need: Need) -> Relation:
        """identities × the resources of the need's kind."""
        return self.once(need, lambda: self._permission(need))

    def _permission(self, need: Need) -> Relation:
        if not need.kind:
            return self._where_it_stands(need, self._called(need))
        return self._where_it_stands(need, self._by_place(need) if regional(need) else self._asked(need))

    def _called(self, need: Need) -> Relation:
        """A call that is on nothing is made in a region of the caller's choice: it is enough that one lets it."""
        whole = self._asked(need)
        if all(row.lower == row.upper for row in whole.rows):
            return whole
        for call in self.calls(need):
            whole = whole.best(self._asked(call))
        return whole

    def calls(self, need: Need) -> tuple[Need, ...]:
        """The same call in each region that conditions tell from the others."""
        service, fixed = need.action.lower().partition(":")[0], {key.lower() for key, _ in need.given}
        if service in ONE_ENDPOINT or _REGION in fixed:
            return ()
        return tuple(
            replace(need, given=(*need.given, ("aws:RequestedRegion", (region,))))
            for region in cast("tuple[str, ...]", self._work.asked(("regions",)))
        )

    def tags_asked(self) -> tuple[Tag, ...]:
        """What identities' policies ask of the tags of what they act on."""
        return cast("tuple[Tag, ...]", self._work.asked(("tags",)))

    def asked_of_targets(self) -> AskedOfTargets:
        """What policies ask of the tags of what is acted on."""
        return cast(AskedOfTargets, self._work.asked(("tags of targets",)))

    def surest_call(self, need: Need, source: str) -> Need:
        """The call as its caller would make it: where that is surest."""
        found = (need, *self.calls(need))
        return min(found, key=lambda call: _ORDER.index(self._asked(call).verdict(source, ANYTHING[0])))

    def _where_it_stands(self, need: Need, found: Relation) -> Relation:
        """Only where what the need asks of the resource, and of what is there beside it, is so.

        The roles that services and Identity Center keep to themselves nobody can change.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
        """
        if need.kind == "iam:role" and need.action.startswith("iam:") and need.action != "iam:PassRole":
            ours = bits(i for i, name in enumerate(found.resources) if not reserved(name))
            found = found.within(Row(ours, ours))
        if need.place is Place.NEW:
            found = self._unused(found)
        elif need.trusts:
            found = found.within(self.trusting(need.trusts))
        return found.meet(self.existing(need)) if need.beside else found

    def existing(self, need: Need) -> Relation:
        """Over ANYTHING: the identities in whose account what must be there beside it is, or may be."""
        if need.beside_trusts:
            return self.once(("serving", need.beside_trusts, need.beside_may), lambda: self._serving(need))
        return self.once(("existing", need.beside, need.beside_is), lambda: self._existing(need))

    def _existing(self, need: Need) -> Relation:
        kind = need.beside
        there = self.home(tuple(item.arn for item in self.places.beside(need))).some()
        return there.best(self.unlisted(kind).within(Row(0, 1, 1)))

    def _serving(self, need: Need) -> Relation:
        """The same of a role that a service may assume and that is able: as surely as both."""
        roles = self.places.names(need.beside)
        able = self.able(need.beside, need.beside_trusts, need.beside_may)
        there = self.home(roles)
        there = replace(there, rows=tuple(row & able for row in there.rows)).some()
        return there.best(self.unlisted(need.beside).within(Row(0, 1, 1)))

    def able(self, kind: str, service: str, actions: tuple[str, ...]) -> Row:
        """The roles that a service may assume and that are allowed one of these actions, on anything."""
        whole, roles = self.whole or self, self.places.names(kind)
        trusting, doing = whole.trusting(service), whole.doing(actions)
        some = {
            i: together((trusting.verdict(i), doing.verdict(roles[i], ANYTHING[0]))) for i in members(trusting.upper)
        }
        sure, maybe, open_ = (bits(i for i, v in some.items() if v is verdict) for verdict in _ORDER[:-1])
        return Row(sure, sure | maybe | open_, open_)

    def doing(self, actions: tuple[str, ...]) -> Relation:
        """Over ANYTHING: who may do one of these, to something that is there or could be."""
        return self.once(("doing", actions), lambda: self._doing(actions))

    def _doing(self, actions: tuple[str, ...]) -> Relation:
        able = self.nobody()
        for action in actions:
            for kind in self.access.kinds(action):
                there = Need(action, "" if kind == "*" else kind, Place.SOME)
                able = able.best(self.permission(there).some())
                if there.kind:
                    able = able.best(self.permission(replace(there, place=Place.NEW)).some())
        return able

    def _asked(self, need: Need, region: str = "", account: str = "") -> Relation:
        if need.supply in OF_STRANGERS:
            return self._of_stranger(replace(need, supply=OF_STRANGERS[need.supply]), region, account)
        kind = f"new {need.kind}" if need.place is Place.NEW else need.kind
        context = context_in(need, region, account, self.places.tag_keys)
        return cast(Relation, self._work.asked((need.supply, need.action, kind, tuple(sorted(context.items())))))

    def _of_stranger(self, need: Need, region: str, account: str) -> Relation:
        """What somebody from elsewhere may: the same for everybody who can call such a one in."""
        strange = self.own("stranger", lambda: self._with((_STRANGER,), same_names=True))
        if need.place is Place.NEW:
            self._work.asked(("papers",))  # which names there are hangs on them
        found = strange._asked(need, region, account)
        everybody = np.zeros(len(self.identities), np.int32)
        return Relation(self.identities, found.resources, everybody, (found.row_of(_STRANGER.key),), found.assumptions)

    def context(self, need: Need, resource: str) -> Context:
        """What the need fixes of a call on this resource."""
        return context_in(need, *self._where(need, resource), self.places.tag_keys)

    def _where(self, need: Need, resource: str) -> tuple[str, str]:
        """The region and account of a resource, as far as the need's context asks for them."""
        asked = "".join(value for _, values in need.given for value in values)
        region = self.places.region(resource) if REGION in asked else ""
        return region, self.places.account_of.get(resource, "") if ACCOUNT in asked else ""

    def _by_place(self, need: Need) -> Relation:
        """Asked place by place, where the context that it brings there can decide what is open without it."""
        whole = self._asked(need)
        undecided = union(row.upper & ~row.lower for row in whole.rows)
        places: dict[tuple[str, str], int] = defaultdict(int)
        for i in members(undecided):
            places[self._where(need, whole.resources[i])] |= 1 << i
        for place, here in sorted(places.items()):
            if any(place):
                there = self._asked(need, *place).within(Row(here, here))
                whole = whole.within(_all_but(here, whole)).join(there)
        return whole

    def _unused(self, relation: Relation) -> Relation:
        """Without the names that something has already: nothing new can get them."""
        free = bits(i for i, name in enumerate(relation.resources) if not self.places.taken(name))
        return relation.within(Row(free, free))

    def together(self, needs: Sequence[Need]) -> Relation:
        """All of several permissions, each on the same resource."""
        return self.once(("together", *needs), lambda: self._together(needs))

    def _together(self, needs: Sequence[Need]) -> Relation:
        whole = self.permission(needs[0])
        for need in needs[1:]:
            whole = whole.meet(self.permission(need))
        return whole

    # ----- conjunctions, brought together in one universe

    def branch(self, rule: Rule, needs: Conjunction) -> Relation:
        """All needs of one alternative: over the rule's universe, or over ANYTHING when none of them ties it down."""
        if by_hosts(rule, needs):
            return self._of_hosts(rule, needs)
        whole: Relation | None = None
        for group in grouped(needs):
            part = self._group(rule, group)
            whole = part if whole is None else whole.meet(part)
        if whole is None:
            raise ValueError("an alternative needs a permission")
        return whole

    def _of_hosts(self, rule: Rule, needs: Conjunction) -> Relation:
        """What must hold on one host and its parts is brought together before the step to its roles."""
        groups = grouped(needs)
        tied = [group for group in groups if group[0].place in (Place.HOST, Place.PART)]
        hosts = self.places.names(rule.kind)
        there = None if tied else self.home(hosts)
        for group in tied:
            part = self.together(group)
            if group[0].place is Place.PART:
                part = self.link(rule, Place.PART, group[0].kind).image(part)
            there = part if there is None else there.meet(part)
        roles = self.link(rule, Place.HOST, rule.kind).image(there or self.nobody(hosts))
        for group in groups:
            roles = roles if group in tied else roles.meet(self._group(rule, group))
        return roles

    def _group(self, rule: Rule, group: Conjunction) -> Relation:
        place = group[0].place
        if place in ANYWHERE:
            return self._somewhere(group)
        if place in OWN:
            return self.together(group).own(self.places.own(place, group[0].kind))
        if place is Place.CARRIER:
            return self.together(group).through((self.whole or self).permission(ASSUME))
        key = ("linked", group, rule.about, rule.where, rule.asset, rule.acts_as)
        return self.once(key, lambda: self._linked(rule, group))

    def _linked(self, rule: Rule, group: Conjunction) -> Relation:
        place = group[0].place
        opened = self.link(rule, place, group[0].kind).image(self.together(group))
        domestic = self.domestic(rule, place)
        if place is not Place.TARGET and self.places.nobodys(group[0].kind):
            domestic = full(len(opened.resources))
        return self._at_home(opened, domestic, abroad=group[0].supply in OF_STRANGERS)

    def domestic(self, rule: Rule, place: Place) -> int:
        """What of the rule's universe only its own account can use."""
        name = ("domestic", place, rule.about, rule.kind, rule.where, rule.asset)
        return self.once(name, lambda: self.places.domestic(place, rule))

    def _at_home(self, opened: Relation, domestic: int, *, abroad: bool) -> Relation:
        """Without identities of other accounts at what serves its own account only."""
        if not domestic:
            return opened
        rest = full(len(opened.resources)) & ~domestic
        if abroad:
            return opened.within(Row(rest, rest))
        home = self.home(opened.resources)
        return opened.meet(replace(home, rows=tuple(row | Row(rest, rest) for row in home.rows)))

    def _somewhere(self, group: Conjunction) -> Relation:
        """On anything of the kind. Where existing things were never listed, one may be there."""
        there = self.together(group).some()
        if group[0].place is Place.NEW or not group[0].kind:
            return there
        unlisted = self.unlisted(group[0].kind)
        if not any(unlisted.rows):
            return there
        anew = self.together(tuple(replace(need, place=Place.NEW) for need in group)).some()
        return there.best(anew.within(Row(0, 1, 1)).meet(unlisted))

    def unlisted(self, kind: str) -> Relation:
        """Over ANYTHING: the identities of accounts where this kind was never listed."""
        facts, roots = self.places.facts, self.places.roots
        unknown = tuple(sorted(roots[a] for a in facts.accounts if a in roots and not self.places.listed(a, kind)))
        return self.home(unknown).some()

    def link(self, rule: Rule, place: Place, kind: str) -> Link:
        """From the resources of a kind at a place to the rule's universe; from parts to the hosts that have them."""
        key = ("link", place, kind, rule.about, rule.kind, rule.where, rule.asset, rule.acts_as)
        return self.once(key, lambda: self._link(rule, place, kind))

    def _link(self, rule: Rule, place: Place, kind: str) -> Link:
        sources = self.places.names(kind)
        universe = self.places.names(rule.kind) if place is Place.PART else self.places.universe(rule)
        steps = self.places.steps(place, kind, rule)
        doubtful = self.doubted(rule) if kind == rule.kind and place in OF_THE_RULE else 0
        return Link(sources, universe, steps, self.places.unlocked(place, rule), doubtful)

    def doubted(self, rule: Rule) -> int:
        """Of the resources of the rule's kind, those of which it was not read whether they fit."""
        if not rule.where:
            return 0
        items = self.places.of(rule.kind)
        return self.once(
            ("doubted", rule.kind, rule.where), lambda: bits(i for i, item in enumerate(items) if unread(item, rule))
        )

    def sources(self, rule: Rule, place: Place, kind: str) -> Mapping[str, tuple[str, ...]]:
        """The same step backwards: from whom or what the rule is about to the resources at a place."""
        key = ("sources", place, kind, rule.about, rule.kind, rule.where, rule.asset, rule.acts_as)
        return self.once(key, lambda: turned(self.places.steps(place, kind, rule)))

    # ----- trusts and borders

    def trusting(self, service: str) -> Row:
        """The roles that a service may assume for work in their own account."""
        if self.whole:
            return self.whole.trusting(service)
        if service in WEB_IDENTITY:
            return self.once(("tokens", service), lambda: self._by_token(service))
        return self.once(("trusting", service), lambda: self._trusting(service))

    def trusting_for(self, service: str, source: str) -> Row:
        """The roles that a service may assume for one resource, which is in their own account."""
        whole, account = self.whole or self, source.split(":")[4]
        trusting = cast(Row, whole._work.asked(("trust", service, account, source)))
        return trusting & whole.in_account("iam:role", account)

    def _trusting(self, service: str) -> Row:
        whole = EMPTY
        for account in sorted(self.places.facts.accounts.keys() & self._owned("iam:role")):
            trusting = cast(Row, self._work.asked(("trust", service, account)))
            whole |= trusting & self.in_account("iam:role", account)
        return whole

    def tokens(self, provider: str) -> tuple[str, ...]:
        """The subjects of a provider that trust policies name."""
        return tuple(sorted(key for key, p in self.places.people.items() if p.provider == provider))

    def _by_token(self, provider: str) -> Row:
        beyond = self.places.facts.beyond
        if beyond is None:
            return self._letting_in(self.tokens(provider))
        subjects = tuple(subject for subject in beyond.tokens if subject.provider == provider)
        return self.changed(subjects)._letting_in(tuple(s.key for s in subjects)) if subjects else EMPTY

    def _letting_in(self, subjects: Iterable[str]) -> Row:
        """The roles that any of these subjects of a provider may assume with a token."""
        whole = EMPTY
        for subject in subjects:
            whole = surer(whole, self.permission(BY_TOKEN).row_of(subject))
        return whole

    def in_account(self, kind: str, account: str) -> Row:
        """The resources of a kind that belong to an account."""
        mine = self._owned(kind).get(account, 0)
        return Row(mine, mine)

    def _owned(self, kind: str) -> Mapping[str, int]:
        """The resources of a kind by account."""
        return self.once(("owned", kind), lambda: _by_owner(self.places.owners(self.places.names(kind))))

    def home(self, keys: tuple[str, ...]) -> Relation:
        """Each identity and what of `keys` lies in its own account."""
        return self.once(("home", keys), lambda: self._home(keys))

    def _home(self, keys: tuple[str, ...]) -> Relation:
        owned = _by_owner(self.places.owners(keys))
        accounts = sorted(owned.keys() & self.places.facts.accounts.keys())
        rows = [owned[account] for account in accounts]
        at = {account: i for i, account in enumerate(accounts)}
        stranger = len(accounts)
        classes = [at.get(owner, stranger) for owner in self.places.owners(self.identities)]
        known = (*(Row(row, row) for row in rows), EMPTY)
        return Relation(self.identities, keys, np.array(classes, np.int32), known)

    def taken_for_granted(self, rule: Rule) -> Mapping[str, tuple[str, ...]]:
        """By account, what the rule's `where` asks of resources and some of them do not tell."""
        return self.once(("granted", rule.kind, rule.where), lambda: self._taken_for_granted(rule))

    def _taken_for_granted(self, rule: Rule) -> Mapping[str, tuple[str, ...]]:
        wanted = tuple(sorted(name for name, _ in rule.where))
        told = {item.arn: {*item.attributes, *unread(item, rule)} for item in self.places.of(rule.kind)}
        silent = (item for item in self.places.of(rule.kind) if not told[item.arn].issuperset(wanted))
        return {item.account: wanted for item in silent if item.account}

    def assuming(self, relation: Relation, rule: Rule) -> Relation:
        """The relation with what is taken for granted, because it was never read."""
        return replace(relation, assumptions=merged(relation.assumptions, self.taken_for_granted(rule)))

    def nobody(self, keys: tuple[str, ...] = ANYTHING) -> Relation:
        return nobody(self.identities, keys)

    def changed(
        self, principals: Iterable[Principal], facts: AwsFacts | None = None, *, same_names: bool = False
    ) -> Ground:
        """The ground of the same estate, or of these facts, with only these principals in it, as they would be."""
        self._work.asked(("everything",))
        if self.whole:
            self.whole._work.asked(("everything",))
        return self._with(principals, facts, same_names=same_names)

    def _with(
        self, principals: Iterable[Principal], facts: AwsFacts | None = None, *, same_names: bool = False
    ) -> Ground:
        some = tuple(sorted(principals, key=lambda p: p.key))
        made = replace(facts or self.places.bare(), principals=some)
        beside = self.access if isinstance(self.access, AwsAccess) else None
        keys = tuple(principal.key for principal in some)
        before = self._like(keys)
        made = aligned(made, before.facts) if before else made
        self._beside[keys].append(AwsAccess(made, beside, same_names=same_names, before=before))
        return Ground(self._beside[keys][-1], self)

    def _like(self, keys: tuple[str, ...]) -> AwsAccess | None:
        """The access to the same identities, changed in the same turn, in the earlier form of the estate."""
        before = self._before() if self._before else None
        known, turn = before._beside.get(keys, []) if before else [], len(self._beside[keys])
        return known[turn] if turn < len(known) else None


def turned(steps: Steps) -> Mapping[str, tuple[str, ...]]:
    """From each end of a step to where it begins."""
    found: dict[str, list[str]] = defaultdict(list)
    for source, targets in steps.items():
        for target in targets:
            found[target].append(source)
    return {target: tuple(sources) for target, sources in found.items()}


def _by_owner(owners: Iterable[str]) -> Mapping[str, int]:
    """For each owner the set of positions at which it stands."""
    found: dict[str, list[int]] = defaultdict(list)
    for i, owner in enumerate(owners):
        found[owner].append(i)
    return {owner: bits(positions) for owner, positions in found.items()}


def reserved(role: str) -> bool:
    """Whether nobody but AWS can change a role."""
    return ":role/aws-service-role/" in role or ":role/aws-reserved/" in role


def _all_but(here: int, relation: Relation) -> Row:
    rest = full(len(relation.resources)) & ~here
    return Row(rest, rest)


def grouped(needs: Conjunction) -> tuple[Conjunction, ...]:
    """Needs that must hold on one and the same resource, in the order they first come."""
    groups: dict[tuple[Place, str], list[Need]] = {}
    for need in needs:
        groups.setdefault((need.place, need.kind), []).append(need)
    return tuple(tuple(group) for group in groups.values())


def ground(access: AwsQuestions) -> Ground:
    """The ground of an access, laid when it is first stood on; it lasts as long as the access."""
    if access.ground is None:
        before = access.before
        access.ground = Ground(access, before=ground(before) if before else None)
    return cast(Ground, access.ground)
