"""Why a rule holds for one pair: the best alternative, the best witness for each need, every need decided by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.anchoring import anchoring
from graph.clouds.aws.rules.becoming import imagined, served
from graph.clouds.aws.rules.branches import alternatives, any_branch
from graph.clouds.aws.rules.combining import writers
from graph.clouds.aws.rules.exposing import by_win, had, handed_over, on_new, opening
from graph.clouds.aws.rules.ground import Ground, grouped
from graph.clouds.aws.rules.holding import TIERS, holding
from graph.clouds.aws.rules.language import (
    ANYWHERE,
    ASSUME,
    BY_TOKEN,
    KEYS,
    OF_THE_RULE,
    OWN,
    WEB_IDENTITY,
    Conjunction,
    Need,
    Place,
    Rule,
    Shape,
    Supply,
    becoming,
    by_hosts,
)
from graph.clouds.aws.rules.lending import lending
from graph.clouds.aws.rules.owning import group_owners, in_office, joinable, limits, promotable, promoted
from graph.clouds.aws.rules.places import linked, unread
from graph.clouds.aws.rules.proofs import NO, RANK, all_of, best_of, decided, said
from graph.clouds.aws.rules.prove_changes import unblocking, unguarding
from graph.clouds.aws.rules.prove_vouching import appointing, assigning, supposition, vouching
from graph.clouds.aws.rules.restating import restates
from graph.clouds.aws.rules.solve import solve
from graph.clouds.aws.rules.unbinding import Unbound, leading, unbound, useful
from graph.model import Because, Condition, Evidence, Json, Proof, Verdict
from graph.policy.relation import ANYTHING, Relation

__all__ = ["NO", "all_of", "best_of", "prove", "said", "surest"]
_ONCE_GRANTED, _TO_STRANGERS = "{} is not forbidden, once granted", "nothing keeps an account elsewhere from {}"
_GRANTED = {
    **dict.fromkeys((Supply.IDENTITY, Supply.RESOURCE), _ONCE_GRANTED),
    Supply.REWRITTEN: "{} is not forbidden under a policy of one's own",
    Supply.BARE: "{} is allowed as soon as the policy is gone",
    Supply.STRANGER: f"{_TO_STRANGERS}, once it is let in",
    Supply.STRANGER_REWRITTEN: f"{_TO_STRANGERS} under a policy that lets it in",
    Supply.STRANGER_NOW: _TO_STRANGERS,
    Supply.LISTED: "its own list of who may do what says {}",
}


def prove(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """Replay one pair. Denied when the rule does not lead there."""
    found = solve(rule, base)
    related, end = (found.widens, ANYTHING[0]) if target == source and found.widens else (found.reaches, target)
    if related is None or related.verdict(source, end) is Verdict.DENIED:
        return NO
    return _PROVERS[rule.shape](rule, base, source, target)


# ----- one alternative


def _branch(rule: Rule, base: Ground, needs: Conjunction, source: str, target: str) -> Proof:
    if by_hosts(rule, needs):
        hosts = base.sources(rule, Place.HOST, rule.kind).get(target, ())
        return best_of(_at_host(rule, base, needs, source, target, host) for host in sorted(hosts))
    parts = []
    for group in grouped(needs):
        part = _group(rule, base, group, source, target)
        if part.verdict is Verdict.DENIED:
            return NO
        parts.append(part)
    return all_of(parts)


def _at_host(rule: Rule, base: Ground, needs: Conjunction, source: str, target: str, host: str) -> Proof:
    """On one host, on what it consists of, and on what is anywhere."""
    found, proofs = base.places.resources[host], []
    for group in grouped(needs):
        on = {Place.HOST: (host,), Place.PART: linked(found, "parts")}.get(group[0].place)
        chosen = surest(base.together(group), source, on) if on is not None else None
        apart = NO if on is not None else _group(rule, base, group, source, target)
        proofs.append(all_of([_need(base, need, source, chosen) for need in group]) if chosen else apart)
    tied = any(need.place in (Place.HOST, Place.PART) for need in needs)
    at_home = base.home(tuple(item.arn for item in base.places.of(rule.kind)))
    if not tied and at_home.verdict(source, host) is Verdict.DENIED:
        return NO
    proofs += [said(Verdict.UNKNOWN, "hosts", f"{name} of {host} could not be read") for name in unread(found, rule)]
    return NO if any(proof.verdict is Verdict.DENIED for proof in proofs) else replace(all_of(proofs), via=found.node)


def _group(rule: Rule, base: Ground, group: Conjunction, source: str, target: str) -> Proof:
    """Needs on one resource: on the surest one, and of those the first by name."""
    place, kind = group[0].place, group[0].kind
    if place is Place.CARRIER:
        return _carried(base, group, source, target)
    relation = base.together(group)
    candidates = _candidates(rule, base, group[0], source, target, relation)
    chosen = _fittest(rule, base, group[0], relation, source, candidates)
    if chosen is None and place is Place.SOME and kind:
        return _perhaps_some(rule, base, group, source, target)
    if place in KEYS and not _serves(rule, base, place, source, target):
        return NO
    if chosen is None:
        return _unlocked(rule, base, place, target) if place in KEYS else NO
    proof = all_of([*(_need(base, need, source, chosen) for need in group), *_doubts(rule, base, group[0], chosen)])
    is_host = place is Place.HOST and kind == rule.kind
    return replace(proof, via=base.places.resources[chosen].node) if is_host else proof


def _fittest(
    rule: Rule, base: Ground, need: Need, relation: Relation, source: str, candidates: Iterable[str]
) -> str | None:
    """The surest of those that are known to fit, else of those of which that was not read."""
    if not rule.where or need.kind != rule.kind or need.place not in OF_THE_RULE:
        return surest(relation, source, candidates)
    doubted = {name for name in candidates if unread(base.places.resources[name], rule)}
    known = surest(relation, source, (name for name in candidates if name not in doubted))
    return known or surest(relation, source, doubted)


def _doubts(rule: Rule, base: Ground, need: Need, resource: str) -> list[Proof]:
    if need.kind != rule.kind or need.place not in OF_THE_RULE:
        return []
    untold = unread(base.places.resources[resource], rule)
    return [said(Verdict.UNKNOWN, "hosts", f"{name} of {resource} could not be read") for name in untold]


def _carried(base: Ground, group: Conjunction, source: str, target: str) -> Proof:
    """Through the surest of the roles that may assume the target, and of those the first by name."""
    able, whole = base.together(group), base.whole or base
    onward = whole.permission(ASSUME)

    def rank(role: str) -> int:
        return max(RANK[able.verdict(source, role)], RANK[onward.verdict(role, target)])

    ranked = sorted((rank(role), role) for role in able.resources)
    if not ranked or ranked[0][0] == RANK[Verdict.DENIED]:
        return NO
    through = ranked[0][1]
    assumed = whole.access.decide(through, ASSUME.action, target, whole.context(ASSUME, target))
    parts = [*(_need(base, need, source, through) for need in group), decided(assumed, ASSUME.action)]
    return replace(all_of(parts), via=through)


def _serves(rule: Rule, base: Ground, place: Place, source: str, asset: str) -> bool:
    """A key of AWS serves its own account only."""
    account_of, domestic = base.places.account_of, base.domestic(rule, place)
    if not domestic or account_of.get(source) == account_of.get(asset):
        return True
    return not domestic >> base.places.universe(rule).index(asset) & 1


def _unlocked(rule: Rule, base: Ground, place: Place, asset: str) -> Proof:
    free = base.link(rule, place, "kms:key").freely(asset)
    words = {
        Verdict.ALLOWED: "no customer key stands in the way",
        Verdict.UNKNOWN: "the key that encrypts it was not read",
        Verdict.DENIED: "the customer key that encrypts it is closed",
    }
    return said(free, "resource", words[free])


def _perhaps_some(rule: Rule, base: Ground, group: Conjunction, source: str, target: str) -> Proof:
    """Nothing of the kind is known to be there; was it ever listed?"""
    account, kind = base.places.account_of.get(source, ""), group[0].kind
    if base.unlisted(kind).row_of(source).upper == 0:
        return NO
    anew = _group(rule, base, tuple(replace(need, place=Place.NEW) for need in group), source, target)
    words = f"which resources of kind {kind} account {account} has was never listed"
    return all_of([anew, said(Verdict.UNKNOWN, "hosts", words)])


def _candidates(rule: Rule, base: Ground, need: Need, source: str, target: str, relation: Relation) -> Iterable[str]:
    if need.place in ANYWHERE:
        return relation.resources
    if need.place in OWN:
        return base.places.own(need.place, need.kind).get(source, ())
    return base.sources(rule, need.place, need.kind).get(target, ())


def surest(relation: Relation, source: str, candidates: Iterable[str]) -> str | None:
    """The resource on which the source may act most surely; the first by name among equals; None if on none."""
    ranked = sorted((RANK[relation.verdict(source, name)], name) for name in candidates)
    return ranked[0][1] if ranked and ranked[0][0] < RANK[Verdict.DENIED] else None


def _need(base: Ground, need: Need, source: str, resource: str) -> Proof:
    """The permission, and what is asked of the resource and beside it."""
    need = need if need.kind else base.surest_call(need, source)
    parts = [_permitted(base, need, source, resource)]
    if need.trusts and need.place is not Place.NEW:
        parts.append(_trust(need.trusts, base, resource))
    if need.beside:
        parts.append(_beside(need, base, source))
    return all_of(parts) if parts[1:] else parts[0]


def _beside(need: Need, base: Ground, source: str) -> Proof:
    """Something of the kind that is there in the source's account; the first by name."""
    if need.beside_trusts:
        return _serving_beside(need, base, source)
    account, word = base.places.account_of.get(source, ""), need.beside.partition(":")[2].replace("-", " ")
    there = sorted(item.arn for item in base.places.beside(need) if item.account == account)
    if there:
        return said(Verdict.ALLOWED, "hosts", f"{there[0]} is there")
    if base.places.listed(account, need.beside):
        return said(Verdict.DENIED, "hosts", f"account {account} has no {word}")
    return said(Verdict.UNKNOWN, "hosts", f"whether account {account} has a {word} was never listed")


def _serving_beside(need: Need, base: Ground, source: str) -> Proof:
    """The surest role of the source's account that the service may assume and that is able; the first by name."""
    verdict = base.existing(need).verdict(source, ANYTHING[0])
    words, roles = f"{need.beside_trusts} may assume, and which may {' or '.join(need.beside_may)}", base.places
    able, account = base.able(need.beside, need.beside_trusts, need.beside_may), roles.account_of.get(source, "")
    there = [name for i, name in enumerate(roles.names(need.beside)) if able.verdict(i) is verdict]
    named = next((name for name in there if roles.account_of.get(name) == account), "")
    return said(verdict, "hosts", f"{named or 'a role of the account'} is there, which {words}")


def _permitted(base: Ground, need: Need, source: str, resource: str) -> Proof:
    if need.supply not in (Supply.NOTHING, Supply.DOOR):
        relation, account_of = base.permission(need), base.places.account_of
        words = _GRANTED[need.supply].format(need.action)
        proof = said(relation.verdict(source, resource), "ceiling", words, need.action)
        names = {name for key in (source, resource) for name in relation.assumptions.get(account_of.get(key, ""), ())}
        return replace(proof, assumed=tuple(sorted(names)))
    return decided(base.access.decide(source, need.action, resource, base.context(need, resource)), need.action)


def _branches(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    proof = best_of(_branch(rule, base, needs, source, target) for needs in alternatives(rule, base))
    if rule.supposes and proof.verdict is not Verdict.DENIED:
        proof = all_of([proof, supposition(rule.supposes)])
    if not rule.where:
        return proof
    silent, account_of = base.taken_for_granted(rule), base.places.account_of
    names = {name for key in (source, target) for name in silent.get(account_of.get(key, ""), ())}
    return replace(proof, assumed=tuple(sorted({*proof.assumed, *names})))


# ----- the shapes


def _become(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    parts = [_branches(rule, base, source, target)]
    parts += [_trust(rule.service, base, target)] if rule.service else []
    parts += [_holder(rule, base, target)] if rule.through else []
    parts += [_serving(rule, base, target)] if rule.serves else []
    return all_of(parts)


def _serving(rule: Rule, base: Ground, target: str) -> Proof:
    verdict = served(rule, base).verdict(base.places.position[rule.about, target])
    return said(verdict, "use", f"{target} may {' or '.join(rule.serves)}")


def _vouch(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    return vouching(rule, base, source, target, _branches, best_of)


def _assign(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    role = replace(rule, shape=Shape.BECOME, kind="iam:role")
    anchor = base.places.principals[source].provider
    return assigning(
        rule,
        base,
        source,
        target,
        lambda _, *ends: _branches(role, *ends),
        lambda end: _trust(rule.service, base, end, anchor),
    )


def _anchor(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    return anchoring(
        rule, base, source, target, _branches, lambda role, anchor: _trust(rule.service, base, role, anchor)
    )


def _appoint(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    return appointing(rule, base, source, target, _branches)


def _holder(rule: Rule, base: Ground, role: str) -> Proof:
    """What holds the role already; the first by name."""
    kind = rule.through.partition(":")[2].replace("-", " ")
    holding = sorted(item.arn for item in base.places.of(rule.through) if role in item.runs_as)
    if holding:
        return replace(said(Verdict.ALLOWED, "hosts", f"{holding[0]} holds {role}"), via=holding[0])
    if base.places.listed(base.places.account_of.get(role, ""), rule.through):
        return said(Verdict.DENIED, "hosts", f"no {kind} holds {role}")
    return said(Verdict.UNKNOWN, "hosts", f"which {kind} holds {role} was never listed")


def _trust(service: str, base: Ground, role: str, anchor: str = "") -> Proof:
    """The role lets the service in, for one resource if that is named: its trust policy is the evidence."""
    trusted = base.trusting_for(service, anchor) if anchor else base.trusting(service)
    verdict = trusted.verdict(base.places.position["iam:role", role])
    evidence = _naming(base.places.resources[role], service)
    because = tuple(Because("trust", one, f"{role} trusts {service}") for one in evidence or (None,))
    return Proof(verdict, evidence, _trusted_if(service, base.whole or base, role, anchor), because=because)


def _trusted_if(service: str, base: Ground, role: str, anchor: str) -> tuple[Condition, ...]:
    """What the trust policy asks of the service beyond the account it works for, or of the tokens that it makes."""
    if service in WEB_IDENTITY:
        relation, order = base.permission(BY_TOKEN), base.tokens(service)
        subject = min(order, key=lambda subject: RANK[relation.verdict(subject, role)], default=None)
        return base.access.decide(subject, BY_TOKEN.action, role).conditions if subject else ()
    if service not in base.places.services:
        return ()  # no policy names it
    working_for = {"aws:SourceAccount": (base.places.account_of.get(role, ""),)}
    working_for |= {"aws:SourceArn": (anchor,)} if anchor else {}
    return base.access.decide(service, "sts:AssumeRole", role, working_for).conditions


def _naming(role: Resource, service: str) -> tuple[Evidence, ...]:
    """The statements of a role's trust policy that let a service in."""
    found = []
    for document in role.policies:
        said = document.body.get("Statement", ()) if document.body else ()
        listed = said if isinstance(said, list | tuple) else None
        for i, one in enumerate(listed if listed is not None else [said]):
            if isinstance(one, Mapping) and one.get("Effect") == "Allow" and service in _named(one):
                place = f"/Statement/{i}" if listed is not None else "/Statement"
                found.append(Evidence(document.name, place, "Allow", str(one.get("Sid", ""))))
    return tuple(found)


def _named(statement: Mapping[str, Json]) -> tuple[str, ...]:
    """The services and identity providers that a statement is about."""
    principal = statement.get("Principal")
    found = [principal.get(word, ()) for word in ("Service", "Federated")] if isinstance(principal, Mapping) else []
    return tuple(str(one) for some in found for one in ((some,) if isinstance(some, str) else some))


def _run_as(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    if rule.guard:
        return _exposed(rule, base, source, target)
    if rule.serves:
        return all_of([_run_as(replace(rule, serves=()), base, source, target), _serving(rule, base, target)])
    there = _branches(rule, base, source, target)
    if there.verdict in (Verdict.ALLOWED, Verdict.CONDITIONAL):
        return there
    account = base.places.account_of.get(target, "")
    if base.places.listed(account, rule.kind) or base.places.account_of.get(source) != account:
        return there
    words = f"which resources of kind {rule.kind} account {account} has was never listed"
    unlisted = said(Verdict.UNKNOWN, "hosts", words)
    anew = _branches(imagined(rule), base, source, target)
    return best_of([there, all_of([anew, _trust(rule.service, base, target), unlisted])])


def _exposed(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """By a way that wins a use of the role that the source does not have anyway."""
    fresh = (
        replace(rule, any_of=ways, guard="")
        for before, ways in by_win(rule).items()
        if not before or had(rule, before, base).verdict(source, target) is not Verdict.ALLOWED
    )
    proof = best_of(_run_as(way, base, source, target) for way in fresh)
    return replace(proof, removes=f"{rule.guard} of {proof.via}" if proof.via else rule.guard)


def _own_through(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """Through the surest identity of the account that can be become and made its administrator."""
    able, account_of = promoted(rule, base, solve), base.places.account_of
    through = surest(able, source, (key for key in able.resources if account_of.get(key) == account_of[target]))
    if through is None:
        return _combined(rule, base, source, account_of[target])
    parts = [_branches(rule, base, source, through), _becoming(rule, base, source, through), _ceiling(base, through)]
    alone = replace(all_of(parts), via=through)
    if alone.verdict is Verdict.ALLOWED:
        return alone
    return best_of([alone, _combined(rule, base, source, account_of[target])])


def _combined(rule: Rule, base: Ground, source: str, account: str) -> Proof:
    """As one of the identities that it ends up being it makes another administrator, which it is or becomes too."""
    able, alone = promotable(rule, base), promoted(rule, base, solve)
    who = base.identities.index(source)
    for tier in range(len(TIERS) if base.whole is None else 0):
        found = writers(rule, base, able, alone, account, tier, solve)
        pair = found.pair(who) if found else None
        if found and pair and who not in found.combine():
            return NO  # somebody whom it becomes owns the account as surely
        if found and pair:
            writer, through = (found.moves.names[i] for i in pair)
            acts = said(Verdict.ALLOWED, "chain", f"as {writer} it widens {through}")
            parts = [_becoming(rule, base, source, writer), acts, _branches(rule, base, writer, through)]
            parts += [_becoming(rule, base, source, through)] if through != source else []
            return replace(all_of([*parts, _ceiling(base, through)]), via=through)
    return NO


def _becoming(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """By the shortest of the surest ways, move by move. A chain says through whom it goes."""
    way = holding(rule, base, solve).way(source, target)
    if not way:
        return NO
    others = base.whole or base  # only who sets out is changed
    moves = [_move(rule, others if i else base, one, other) for i, (one, other) in enumerate(pairwise(way))]
    if len(moves) == 1:
        return moves[0]
    told = (
        said(move.verdict, "chain", f"{one} becomes {other}")
        for (one, other), move in zip(pairwise(way), moves, strict=True)
    )
    return all_of([part for pair in zip(told, moves, strict=True) for part in pair])


def _move(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """By the surest of the rules that lead there at once, and of those the first."""
    if base.places.roots.get(base.places.account_of.get(target, "")) == source:
        return said(Verdict.ALLOWED, "account", f"whoever owns the account can become {target}")

    def rank(then: Rule) -> int:
        reached = solve(then, base).reaches
        return RANK[reached.verdict(source, target) if reached else Verdict.DENIED]

    best = min(becoming(rule), key=rank, default=None)
    return prove(best, base, source, target) if best else NO


def _ceiling(base: Ground, identity: str) -> Proof:
    verdict = limits(base, (identity,)).verdict(0)
    return said(verdict, "ceiling", f"boundary and organization let {identity} use administrator rights")


def _widen(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    proof = replace(_branches(rule, base, source, source), gains=rule.gains)
    if target == source:
        return proof
    return replace(all_of([proof, _ceiling(base, source)]), gains=rule.gains)


def _add(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    parts = [_branches(rule, base, source, source)]
    if rule.office:
        verdict = in_office(rule.office, base).verdict(source, ANYTHING[0])
        parts.append(said(verdict, "office", f"{source} is one of the administrators"))
    return replace(all_of(parts), gains=rule.gains)


def _join(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """By the surest group: one that makes an administrator when the account is meant, any when only more is gained."""
    able, joined = group_owners(base), joinable(rule, base)
    proofs = []
    for i, group in enumerate(joined.resources):
        if joined.verdict(source, group) is Verdict.DENIED:
            continue
        parts = [_branches(rule, base, source, group)]
        if target != source:
            makes = said(able.verdict(i), "group", f"the policies of {group} make an administrator")
            parts += [makes, _ceiling(base, source)]
        proofs.append(replace(all_of(parts), via=group, gains=rule.gains))
    return best_of(proofs)


def _administer(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    if source == target:
        return said(Verdict.ALLOWED, "identity", "the root user owns its account")
    return _branches(ADMINISTER, base, source, target)


def _open(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """The asset, or the surest resource that the source can newly let itself or others into."""
    able = opening(rule, base)
    opened = target if rule.asset else surest(able, source, able.resources)
    if opened is None:
        words = f"which resources of kind {rule.kind} there are was never listed"
        anew = _branch(rule, base, on_new(rule), source, source)
        return replace(all_of([anew, said(Verdict.UNKNOWN, "hosts", words)]), gains=rule.gains, removes=rule.guard)
    proof = _fresh(rule, base, source, opened)
    if rule.shape is Shape.COPY:
        proof = all_of([proof, _copied(rule, base, source, opened)])
    via = "" if rule.asset or opened == ANYTHING[0] else opened
    removes = f"{rule.guard} of {opened}" if opened != ANYTHING[0] else rule.guard
    return replace(proof, via=proof.via or via, gains=rule.gains, removes=removes)


def _fresh(rule: Rule, base: Ground, source: str, opened: str) -> Proof:
    """By a way that wins what the source does not have anyway."""
    ways = (
        way
        for before, ways in by_win(rule).items()
        if not before or had(rule, before, base).verdict(source, opened) is not Verdict.ALLOWED
        for way in ways
    )
    return best_of(_branch(rule, base, way, source, opened) for way in ways)


def _copied(rule: Rule, base: Ground, source: str, opened: str) -> Proof:
    """With the surest role that can be handed over and can read and carry away what is in it."""
    handing, doing, _ = rule.then
    carriers = handed_over(rule, base)
    handed, able = solve(handing, base).reaches, any_branch(doing, carriers)
    if handed is None:
        return NO
    roles = [role for role in handed.resources if handed.verdict(source, role) is not Verdict.DENIED]
    proofs = (
        replace(all_of([_become(handing, base, source, role), _branches(doing, carriers, role, opened)]), via=role)
        for role in roles
        if able.verdict(role, opened) is not Verdict.DENIED
    )
    return best_of(proofs)


def _unbind(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """Take the guard off, become whom it bound, and go on from there."""
    return best_of(
        _freed(rule, base, found, source, through, target)
        for found in unbound(rule, base, solve)
        for removers in found.removers
        for through in ([source] if target == source else removers.resources)
        if removers.verdict(source, through) is not Verdict.DENIED
    )


def _recast(rule: Rule, base: Ground, source: str, target: str) -> Proof:
    """Change what somebody is, become it, and go on from there; for oneself only where that opens anything."""
    some = unbound(rule, base, solve)
    if target == source:
        some = tuple(found for found in some if source in useful(rule, base, found, solve))
    then = replace(rule, then=leading(rule))
    return replace(
        best_of(
            _freed(then, base, found, source, through, target)
            for found in some
            for removers in found.removers
            for through in ([source] if target == source else removers.resources)
            if removers.verdict(source, through) is not Verdict.DENIED
        ),
        removes="",
    )


def _freed(rule: Rule, base: Ground, found: Unbound, source: str, through: str, target: str) -> Proof:
    mine = _guarding(rule, base, found, source, through)
    if target == source:
        return replace(mine, gains=rule.gains)
    new = (then for then in rule.then if not _leads(then, base, through, target))
    opened = (then for then in new if _leads(then, found.freed, through, target))  # and not only widens it
    theirs = best_of(prove(then, found.freed, through, target) for then in opened)
    if restates(rule, base, found.freed, through, (target, theirs.verdict), solve):
        return NO
    return replace(all_of([mine, theirs]), via=mine.via, gains=rule.gains, removes=mine.removes)


def _guarding(rule: Rule, base: Ground, found: Unbound, source: str, through: str) -> Proof:
    """Whoever takes the guard off is, or becomes, whom it bound."""
    if all(removers.verdict(source, through) is Verdict.DENIED for removers in found.removers):
        return NO
    change = found.by[through]
    parts = [_branches(found.rule, base, source, change.on)]
    if through != source:
        parts.append(_becoming(rule, base, source, through))
    return replace(all_of(parts), via=through if through != source else "", removes=change.guard)


def _leads(rule: Rule, base: Ground, source: str, target: str) -> bool:
    reached = solve(rule, base).reaches
    return reached is not None and reached.verdict(source, target) is not Verdict.DENIED


_PROVERS: Mapping[Shape, Callable[[Rule, Ground, str, str], Proof]] = {
    Shape.BECOME: _become,
    Shape.RUN_AS: _run_as,
    Shape.OWN_THROUGH: _own_through,
    Shape.WIDEN: _widen,
    Shape.ADD: _add,
    Shape.JOIN: _join,
    Shape.UNBIND: _unbind,
    Shape.RECAST: _recast,
    Shape.VOUCH: _vouch,
    Shape.ASSIGN: _assign,
    Shape.ANCHOR: _anchor,
    Shape.APPOINT: _appoint,
    Shape.ADMINISTER: _administer,
    Shape.OPEN: _open,
    Shape.COPY: _open,
    Shape.UNBLOCK: lambda rule, base, source, target: unblocking(rule, base, source, target, _branch, prove),
    Shape.UNGUARD: lambda rule, base, source, target: unguarding(rule, base, source, target, _guarding, prove),
    Shape.LEND: lambda rule, base, source, target: lending(rule, base, source, target, _branches, prove),
    Shape.HARM: _branches,
}
