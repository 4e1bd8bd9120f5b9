"""The slow, obvious evaluators of rules about directories, and of rules that change what somebody is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.access import AwsAccess
from graph.clouds.aws.policy.asking import decide_for, estate_of
from graph.clouds.aws.rules.language import TAG, VALUE, Conjunction, Given, Need, Place, Rule, Shape
from graph.clouds.aws.rules.tags import asked_of_callers, asked_of_resources, asked_of_targets
from graph.model import Document, Verdict, together
from tests.graph.oracle.aws_guards import restates

if TYPE_CHECKING:
    from tests.graph.oracle.aws_rules import Oracle

YES, NO, UNKNOWN = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN
_ORDER = (Verdict.ALLOWED, Verdict.CONDITIONAL, Verdict.UNKNOWN, Verdict.DENIED)
_ALL = Document("all", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
_ACTIONS = {"iam:saml-provider": "sts:AssumeRoleWithSAML", "iam:oidc-provider": "sts:AssumeRoleWithWebIdentity"}


def surest(verdicts: Iterator[Verdict]) -> Verdict:
    return min(verdicts, key=_ORDER.index, default=NO)


def kept_by_aws(need: Need, resource: str) -> bool:
    """Whether the action would change a role that only AWS changes."""
    changes = need.action.startswith("iam:") and need.action != "iam:PassRole" and need.kind == "iam:role"
    return changes and any(path in resource for path in (":role/aws-service-role/", ":role/aws-reserved/"))


def alternatives(oracle: Oracle, rule: Rule) -> Iterator[Conjunction]:
    """Each alternative, with each tag that a policy asks for where it speaks of one."""
    for needs in rule.any_of:
        if not any(TAG in key for need in needs for key, _ in need.given):
            yield needs
            continue
        for tag, value in asked_of_resources(oracle.facts):
            yield tuple(
                replace(
                    need,
                    given=tuple(
                        (k.replace(TAG, tag), tuple(v.replace(TAG, tag).replace(VALUE, value) for v in vs))
                        for k, vs in need.given
                    ),
                )
                for need in needs
            )


def serves(oracle: Oracle, rule: Rule, target: str) -> Verdict:
    """Whether whoever is become may use such a credential for anything."""
    found = []
    for action in rule.serves:
        for kind in AwsAccess(oracle.facts).kinds(action):
            names = ["*"] if kind == "*" else [item.arn for item in (*oracle.of(kind), *oracle.witnesses(kind))]
            found += [oracle.point(target, Need(action, "" if kind == "*" else kind), name) for name in names]
    return surest(iter(found))


# ----- directories


def vouches(oracle: Oracle, rule: Rule, who: str, target: str) -> Verdict:
    """Some provider can be changed, and the role lets in somebody it can name then."""
    found = []
    for provider in oracle.of(rule.kind):
        right = oracle.ways(replace(rule, shape=Shape.BECOME), who, provider.arn)
        pairs = provider.attributes.get("subjects", ())
        for audience, subject in pairs if right is not NO else ():  # type: ignore[attr-defined]
            named = Principal(
                "federated:somebody",
                PrincipalKind.FEDERATED,
                None,
                provider=provider.arn,
                audience=audience,
                subject=subject,
            )
            estate = estate_of(replace(oracle.facts, principals=(*oracle.facts.principals, named)))
            found.append(together([right, decide_for(estate, named.key, _ACTIONS[rule.kind], target).verdict]))
    return surest(iter(found))


def assigns(oracle: Oracle, rule: Rule, who: str, target: str) -> Verdict:
    """Something of the kind says so, and the role lets the holder in, or the service that acts for the directory."""
    told = (item.attributes.get("assigned", {}) for item in oracle.of(rule.kind))
    if target not in oracle.principals or not any(target in some.get(who, {}) for some in told):  # type: ignore[attr-defined]
        return NO
    role = target
    if ":assumed-role/" in target:
        name = target.split("/")[1]
        role = next(r.arn for r in oracle.of("iam:role") if r.arn.endswith(f"/{name}") and r.account in target)
    if rule.service:
        return oracle.trust(rule.service, role, oracle.principals[who].provider)
    return oracle.ways(replace(rule, shape=Shape.BECOME, kind="iam:role"), who, role) if rule.any_of else YES


def anchors(oracle: Oracle, rule: Rule, who: str, target: str) -> Verdict:
    """Of each thing that one may change: what the profiles beside it hand out to certificates of its anchor."""
    found = []
    for item in oracle.of(rule.kind):
        if any(item.attributes.get(name, value) != value for name, value in rule.where):
            continue
        anchor, profiles = item.arn, oracle.of("rolesanywhere:profile")
        if rule.kind == "rolesanywhere:profile":
            anchor, profiles = f"arn:aws:rolesanywhere:{item.region}:{item.account}:trust-anchor/brand-new", (item,)
        for profile in profiles:
            beside = (profile.account, profile.region) == (item.account, item.region)
            on = profile is item or profile.attributes.get("enabled") is True
            if beside and on and target in profile.attributes.get("sessions", ()):  # type: ignore[operator]
                rights = [_called_beside(oracle, rule, who, target, need, item) for need in rule.any_of[0]]
                found.append(together([*rights, oracle.trust(rule.service, target, anchor)]))
    return surest(iter(found))


def _called_beside(oracle: Oracle, rule: Rule, who: str, target: str, need: Need, item: Resource) -> Verdict:
    """On the thing, on the authority behind it, or in its account and region."""
    if need.place is Place.BASIS:
        return surest(oracle.point(who, need, name) for name in oracle.candidates(rule, need, who, item.arn))
    if need.place is not Place.NEW:
        return oracle.point(who, need, item.arn)
    here = replace(need, given=(("aws:RequestedRegion", (item.region,)),))
    names = oracle.candidates(rule, need, who, target) if oracle._account(who) == item.account else ()
    return surest(oracle.point(who, here, name) for name in names)


def appoints(oracle: Oracle, rule: Rule, who: str, target: str) -> Verdict:
    """A new role with all rights in that account could make an administrator."""
    from tests.graph.oracle.aws_rules import Oracle as Slow

    account = target.split(":")[4]
    key = f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_new"
    newcomer = Principal(key, PrincipalKind.ROLE, account, tags={}, documents=(_ALL,))
    grown = Slow(replace(oracle.facts, principals=(*oracle.facts.principals, newcomer)))
    return together([oracle.ways(rule, who, target), grown.administers(key)])


def in_office(oracle: Oracle, rule: Rule, who: str) -> Verdict:
    mine = [item for item in oracle.of(rule.office) if item.account == oracle._account(who)]
    named = {name for item in oracle.of(rule.office) for name in item.attributes.get("administrators", ())}  # type: ignore[attr-defined]
    if who in named:
        return YES
    return UNKNOWN if oracle._account(who) and not mine else NO


def adds(oracle: Oracle, rule: Rule, who: str) -> Verdict:
    """Something with an end, for those who do not own the account already; what is a user's only users have."""
    users_only = rule.kind == "iam:user" and oracle.principals[who].kind is not PrincipalKind.USER
    if oracle.administers(who) is YES or users_only:
        return NO
    return together([oracle.ways(rule, who, who), in_office(oracle, rule, who) if rule.office else YES])


# ----- what somebody is


def recasts(oracle: Oracle, rule: Rule, who: str, target: str) -> Verdict:
    """Through anybody whom one may change and whom one is or can become, as it is then."""
    return recast_for(oracle, rule, who, target, tuple(then for then in rule.then if then.shape is not Shape.HARM))


def recast_for(oracle: Oracle, rule: Rule, who: str, target: str, then: tuple[Rule, ...]) -> Verdict:
    """The same, and then by any of these rules."""
    if oracle.administers(who) is YES:
        return NO
    found = []
    for way, on, after in changes(oracle, rule):
        first = _able(oracle, way, who, on, after.key)
        if first is not NO:
            freed = _changed(oracle, after)
            ways = [one for one in then if one.asset or oracle._about(one, target)]
            fresh = [one for one in ways if oracle.reaches(one, after.key, target) is NO]
            opened = surest(freed.reaches(one, after.key, target) for one in fresh)
            if not restates(oracle, freed, after.key, target, then, opened):
                found.append(together([first, opened]))
    return surest(iter(found))


def retags(oracle: Oracle, rule: Rule, who: str, target: str, then: tuple[Rule, ...]) -> Verdict:
    """With each tag that somebody may be asked for on each thing, and on the objects of a bucket whose tags count."""
    if oracle.administers(who) is YES:
        return NO
    found = []
    (call,) = rule.any_of[0]
    for item in oracle.of(rule.kind):
        if item.kind == "s3:bucket" and item.arn != target:  # what lies in the bucket of something else is left out
            continue
        for tag, value in _tags_for(oracle, who):
            right = oracle.point(who, replace(call, given=_setting(tag, value)), item.arn)
            if right is not NO:
                freed = _where_tagged(oracle, item, tag, value)
                fresh = [one for one in then if oracle.reaches(one, who, target) is NO]
                found.append(together([right, surest(freed.reaches(one, who, target) for one in fresh)]))
    return surest(iter(found))


def _tags_for(oracle: Oracle, who: str) -> list[tuple[str, str]]:
    asked, mine = asked_of_targets(oracle.facts), oracle.principals[who].tags or {}
    own = {(theirs, v) for theirs, ours in asked.matched for k, v in mine.items() if k.lower() == ours.lower()}
    return sorted({*asked.values, *own})


def _where_tagged(oracle: Oracle, item: Resource, tag: str, value: str) -> Oracle:
    from tests.graph.oracle.aws_rules import Oracle as Slow

    def tagged(one: Resource) -> Resource:
        meant = one.arn == item.arn or (one.kind == "s3:object" and one.node == item.arn)
        return replace(one, tags=_with_tag(one.tags or {}, tag, value)) if meant else one

    resources = {kind: tuple(map(tagged, items)) for kind, items in oracle.facts.resources.items()}
    return Slow(replace(oracle.facts, resources=resources))


def recasts_itself(oracle: Oracle, rule: Rule, who: str) -> Verdict:
    """By a change to oneself that opens anything."""
    if oracle.administers(who) is YES:
        return NO
    useful = (
        _able(oracle, way, who, on, who)
        for way, on, after in changes(oracle, rule)
        if after.key == who and _opens(oracle, _changed(oracle, after), rule, who)
    )
    return surest(useful)


def _able(oracle: Oracle, rule: Rule, who: str, on: str, through: str) -> Verdict:
    right = oracle.ways(rule, who, on)
    if right is NO:
        return NO
    return together([right, YES if who == through else oracle.becomes(rule, who, through)])


def _opens(oracle: Oracle, freed: Oracle, rule: Rule, who: str) -> bool:
    nodes = {item.node for some in oracle.facts.resources.values() for item in some}
    roots = {p.key for p in oracle.facts.principals if p.kind is PrincipalKind.ROOT}
    return any(
        oracle.reaches(then, who, end) is NO and freed.reaches(then, who, end) is not NO
        for then in rule.then
        for end in sorted(nodes | roots)
        if (end in {item.node for item in oracle.of(then.kind)} if then.asset else oracle._about(then, end))
    )


def _changed(oracle: Oracle, after: Principal) -> Oracle:
    from tests.graph.oracle.aws_rules import Oracle as Slow

    principals = {**oracle.principals, after.key: after}
    return Slow(replace(oracle.facts, principals=tuple(principals.values())))


def changes(oracle: Oracle, rule: Rule) -> Iterator[tuple[Rule, str, Principal]]:
    """By which rule, on what, and who somebody is then. Each tag is set by a call that says so."""
    for item in oracle.of(rule.kind):
        if rule.guard == "tags":
            yield from _tagged(oracle, rule, item)
        for one in oracle.facts.principals:
            changed = {"joining": _joined, "version": _at_another_version}.get(rule.guard, _not_at_all)
            yield from ((rule, item.arn, after) for after in changed(oracle, one, item))


def _not_at_all(_oracle: Oracle, _one: Principal, _item: Resource) -> Iterator[Principal]:
    return iter(())


def _tagged(oracle: Oracle, rule: Rule, item: Resource) -> Iterator[tuple[Rule, str, Principal]]:
    mine = oracle.principals.get(item.arn)
    for tag, value in asked_of_callers(oracle.facts) if mine else ():
        if mine and (mine.tags or {}).get(tag) != value:
            said = _setting(tag, value)
            way = replace(rule, any_of=tuple(tuple(replace(n, given=said) for n in w) for w in rule.any_of))
            yield way, item.arn, replace(mine, tags=_with_tag(mine.tags or {}, tag, value))


def _setting(tag: str, value: str) -> Given:
    return ((f"aws:RequestTag/{tag}", (value,)), ("aws:TagKeys", (tag,)))


def _at_another_version(_oracle: Oracle, holder: Principal, policy: Resource) -> Iterator[Principal]:
    for version in policy.attributes.get("versions", ()):  # type: ignore[attr-defined]
        if any(document.name == policy.arn for document in holder.documents):
            kept = (version if d.name == policy.arn else d for d in holder.documents)
            yield replace(holder, documents=tuple(kept))


def _joined(oracle: Oracle, one: Principal, group: Resource) -> Iterator[Principal]:
    """A user in a group that it is not in yet, if that hands anything on."""
    if one.kind is not PrincipalKind.USER or one.account != group.account or group.arn in one.groups:
        return
    names = [str(name) for name in group.attributes.get("documents", ())]  # type: ignore[attr-defined]
    inside = [paper for other in oracle.facts.principals if group.arn in other.groups for paper in other.documents]
    papers = {paper.name: paper for paper in (*inside, *group.policies)}
    handed = {name: papers.get(name, Document(name, None, "not read")) for name in names}
    if handed:
        mine = {paper.name: paper for paper in one.documents}
        yield replace(one, documents=tuple({**mine, **handed}.values()), groups=(*one.groups, group.arn))


def _with_tag(tags: Mapping[str, str], tag: str, value: str) -> dict[str, str]:
    return {**{k: v for k, v in tags.items() if k.lower() != tag.lower()}, tag: value}


def own_sets(sets: tuple[Resource, ...], who: str) -> tuple[str, ...]:
    """The permission sets that a role comes from."""
    return tuple(item.arn for item in sets if who in item.runs_as)
