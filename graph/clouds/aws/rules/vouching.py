"""Whom one becomes by a directory: one that vouches for anybody, one that has assigned a role, one that appoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from graph.cloud import Solved
from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.administer import administering
from graph.clouds.aws.rules.branches import any_branch, as_sure, row_of_each
from graph.clouds.aws.rules.ground import Ground
from graph.clouds.aws.rules.language import Need, Rule, Shape
from graph.model import Document, Json, Verdict
from graph.policy.bits import members
from graph.policy.relation import EMPTY, Relation, Row, surer

TOKENS = {"iam:saml-provider": "sts:AssumeRoleWithSAML", "iam:oidc-provider": "sts:AssumeRoleWithWebIdentity"}
_EVERYTHING = Document(
    "a permission set that allows everything",
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
)


# ----- what an identity provider vouches for


def vouch(rule: Rule, base: Ground) -> Solved:
    """The roles that let in whomever the provider names, once one can change what it accepts."""
    able, opened = controlled(rule, base), vouched(rule, base)
    roles = base.places.names("iam:role")
    rows = tuple(_through(row, able.resources, opened) for row in able.rows)
    return Solved(reaches=replace(able, resources=roles, rows=rows))


def controlled(rule: Rule, base: Ground) -> Relation:
    """Identities and the providers that they can change."""
    return any_branch(provided(rule), base)


def provided(rule: Rule) -> Rule:
    """The same permissions, about the provider itself."""
    return replace(rule, shape=Shape.BECOME)


def _through(row: Row, providers: tuple[str, ...], opened: Mapping[str, Row]) -> Row:
    whole = EMPTY
    for i in members(row.upper):
        whole = surer(whole, opened.get(providers[i], EMPTY) & as_sure(row.verdict(i)))
    return whole


def vouched(rule: Rule, base: Ground) -> Mapping[str, Row]:
    """For each provider the roles that let in somebody it could newly vouch for. Who asks makes no difference."""
    whole = base.whole or base
    return whole.once(("vouched", rule.kind), lambda: _vouched(rule.kind, whole))


def _vouched(kind: str, base: Ground) -> Mapping[str, Row]:
    subjects = {item.arn: tuple(subjects_of(item)) for item in base.places.of(kind)}
    everybody = [one for some in subjects.values() for one in some]
    if not everybody:
        return {}
    reached = base.changed(everybody).permission(Need(TOKENS[kind], "iam:role"))
    rows = {provider: [reached.row_of(one.key) for one in some] for provider, some in subjects.items()}
    return {provider: _any(some) for provider, some in rows.items() if some}


def _any(rows: list[Row]) -> Row:
    whole = EMPTY
    for row in rows:
        whole = surer(whole, row)
    return whole


def subjects_of(provider: Resource) -> Iterator[Principal]:
    """Somebody for each audience and subject that the provider could newly vouch for."""
    pairs = provider.attributes.get("subjects")
    for audience, subject in pairs if isinstance(pairs, list | tuple) else ():
        key = f"federated:{provider.arn}|{audience}|{subject}"
        told = Principal(key, PrincipalKind.FEDERATED, None, provider=provider.arn)
        yield replace(told, audience=str(audience), subject=str(subject))


# ----- what a directory has assigned


def assign(rule: Rule, base: Ground) -> Solved:
    """Each identity and the roles, or sessions of roles, that some resource of the kind assigns to it."""
    held = assigned(rule, base)
    ends = tuple(sorted({end for of_holder in held.values() for end in of_holder}))
    behind, place = {end: role_behind(end, base) for end in ends}, {end: i for i, end in enumerate(ends)}
    rows, classes = {EMPTY: 0}, np.zeros(len(base.identities), np.int32)
    allowed = any_branch(replace(rule, shape=Shape.BECOME, kind="iam:role"), base) if rule.any_of else None
    at = {key: i for i, key in enumerate(base.identities)}
    for holder in sorted(held.keys() & at.keys()):
        row = EMPTY
        trusting = base.trusting_for(rule.service, base.places.principals[holder].provider) if rule.service else None
        for end in held[holder]:
            row = row | _moved_to(_sure_of(behind[end], allowed, trusting, holder, base), place[end])
        classes[at[holder]] = rows.setdefault(row, len(rows))
    return Solved(reaches=Relation(base.identities, ends, classes, tuple(rows)))


def assigned(rule: Rule, base: Ground) -> Mapping[str, Mapping[str, str]]:
    """By holder, what it may put on and by which resource of the rule's kind; the first by name among several."""
    return base.once(("assigned", rule.kind), lambda: _assigned(rule.kind, base))


def _assigned(kind: str, base: Ground) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for item in base.places.of(kind):
        told = item.attributes.get("assigned")
        for holder, ends in told.items() if isinstance(told, Mapping) else ():
            for end in ends:
                found.setdefault(holder, {}).setdefault(end, item.arn)
    return found


def through(item: Resource, holder: str, end: str) -> str:
    """The group by which it is assigned; nothing where it is to the holder itself."""
    told: Json = item.attributes.get("assigned")
    ends = told.get(holder) if isinstance(told, Mapping) else None
    return str(ends.get(end, "")) if isinstance(ends, Mapping) else ""


def role_behind(end: str, base: Ground) -> str:
    """The role that a session is of; a role is its own. A session's ARN drops the path of its role."""
    if ":assumed-role/" not in end:
        return end
    account, name = end.split(":")[4], end.split("/")[1]
    roles = base.places.of("iam:role")
    return next((r.arn for r in roles if r.account == account and r.arn.rpartition("/")[2] == name), end)


def _sure_of(role: str, allowed: Relation | None, trusting: Row | None, holder: str, base: Ground) -> Verdict:
    """How surely the role lets the holder in: by itself, or the service that acts for it."""
    if trusting is not None:
        return trusting.verdict(base.places.position["iam:role", role])
    return allowed.verdict(holder, role) if allowed is not None else Verdict.ALLOWED


def _moved_to(verdict: Verdict, position: int) -> Row:
    return as_sure(verdict) & Row(1 << position, 1 << position)


# ----- appointing oneself


def appoint(rule: Rule, base: Ground) -> Solved:
    """The accounts in which a new role that may do everything would be an administrator."""
    reached = any_branch(rule, base)
    return Solved(reaches=reached.within(open_to_all_rights(base, reached.resources)))


def open_to_all_rights(base: Ground, roots: tuple[str, ...]) -> Row:
    """The accounts whose organization lets administrator rights through."""
    whole = base.whole or base
    return whole.once(("open to all rights", roots), lambda: _open_to_all_rights(whole, roots))


def _open_to_all_rights(base: Ground, roots: tuple[str, ...]) -> Row:
    made = {root: _newcomer(root) for root in roots}
    if not made:
        return EMPTY
    return row_of_each(administering(base.changed(made.values())), tuple(made[root].key for root in roots))


def _newcomer(root: str) -> Principal:
    account = root.split(":")[4]
    key = f"{root.rpartition(':')[0]}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_new"
    return Principal(key, PrincipalKind.ROLE, account, tags={}, documents=(_EVERYTHING,))
