"""Random estates with directories in them: providers that roles trust, assignments, keys, tags and policy versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.language import Need, Rule, Shape
from graph.model import Category, Document, Node
from tests.estates.aws_random import A, B
from tests.estates.aws_takeovers import make_takeovers

_ACTIONS = {"iam:saml-provider": "sts:AssumeRoleWithSAML", "iam:oidc-provider": "sts:AssumeRoleWithWebIdentity"}
_AUDIENCES = ("ours", "a-new-client-id")
_ANYTHING = ((Need("sts:AssumeRole", "iam:role"),),)  # for a rule that needs no permission
_ANYWHERE, _PROFILE = "rolesanywhere.amazonaws.com", "rolesanywhere:profile"
_ANCHORS = tuple(f"arn:aws:rolesanywhere:us-east-1:{account}:trust-anchor/red" for account in (A, B))
CERTIFIED = tuple(Principal(f"federated:{a}|*|*", PrincipalKind.FEDERATED, None, provider=a) for a in _ANCHORS)
PERSON = Principal("arn:aws:identitystore:::user/p", PrincipalKind.FEDERATED, None, provider="store", subject="p")


def make_directories(seed: int, rules: list[Rule]) -> AwsFacts:
    """The estate of takeovers for these rules, with what they ask of directories."""
    every = [one if one.any_of else replace(one, any_of=_ANYTHING) for rule in rules for one in (rule, *rule.then)]
    if any(rule.shape is Shape.ANCHOR for rule in rules):
        every.append(Rule(Shape.ASSIGN, _PROFILE, _ANYTHING, service=_ANYWHERE))
    facts, dice = make_takeovers(seed, every), Random(seed)
    certified = CERTIFIED if any(rule.kind == _PROFILE for rule in every) else ()
    known = (*(_tagged(p, dice) for p in facts.principals), PERSON, *certified)
    principals = tuple(sorted(known, key=lambda p: p.key))
    facts = replace(facts, principals=principals)
    resources = {kind: tuple(_told(r, facts, dice) for r in some) for kind, some in facts.resources.items()}
    resources["iam:role"] = tuple(_trusting(role, resources, dice) for role in resources["iam:role"])
    facts = replace(facts, resources=resources)
    facts = _versioned(facts, dice) if any(rule.guard == "version" for rule in rules) else facts
    return _accounts(facts, [rule for rule in rules if rule.asset == "account"])


def _tagged(principal: Principal, dice: Random) -> Principal:
    tags = dice.choice([{}, {"team": "red"}, {"team": "blue", "Project": "x"}])
    mine = principal.kind in (PrincipalKind.USER, PrincipalKind.ROLE)
    brokered = principal.kind is PrincipalKind.FEDERATED and dice.random() < 0.3
    return replace(principal, tags=tags if mine else principal.tags, brokered=brokered)


def _told(item: Resource, facts: AwsFacts, dice: Random) -> Resource:
    told: dict[str, Any] = {}
    if item.kind in _ACTIONS:
        told["subjects"] = tuple((one, dice.choice(["*", "somebody"])) for one in _AUDIENCES if dice.random() < 0.7)
    if item.kind in ("sso:permissionset", "cognito-identity:identitypool", _PROFILE):
        told["assigned"] = _assigned(facts, dice, certified=item.kind == _PROFILE)
    if item.kind in (_PROFILE, "rolesanywhere:trust-anchor"):
        told |= {"enabled": dice.random() < 0.6, "sessions": item.runs_as}
        issuers = facts.resources.get("acm-pca:certificate-authority", ())
        told |= {"behind": (dice.choice(issuers).arn,)} if issuers else {}
    if item.kind == "iam:user":
        told |= {name: dice.choice([True, False]) for name in ("all_keys", "idle_key") if dice.random() < 0.7}
    if item.kind == "cognito-idp:userpool":
        told["group_roles"] = item.runs_as
    if item.kind == "lakeformation:administrators":
        told["administrators"] = tuple(p.key for p in facts.principals if dice.random() < 0.3)
    return replace(item, attributes={**item.attributes, **told}) if told else item


def _assigned(facts: AwsFacts, dice: Random, *, certified: bool) -> Mapping[str, Mapping[str, str]]:
    roles = [p.key for p in facts.principals if p.kind is PrincipalKind.ROLE]
    some = (p for p in facts.principals if p.kind is PrincipalKind.FEDERATED)
    holders = [p.key for p in some if (p.provider in _ANCHORS) is certified]
    return {holder: dict.fromkeys(dice.sample(roles, 2), "") for holder in holders if dice.random() < 0.7}


def _trusting(role: Resource, resources: Mapping[str, tuple[Resource, ...]], dice: Random) -> Resource:
    """Trusts of providers, some of which ask for an audience or a subject, and of whoever is tagged."""
    statements = []
    for kind, action in _ACTIONS.items():
        host = "saml" if kind == "iam:saml-provider" else ""
        for provider in resources.get(kind, ()):
            name = host or provider.arn.partition("-provider/")[2]
            asked = dice.choice([{}, {f"{name}:aud": "ours"}, {f"{name}:sub": "some*"}])
            said = {"Effect": "Allow", "Principal": {"Federated": provider.arn}, "Action": action}
            if dice.random() < 0.6:
                statements.append({**said, "Condition": {"StringLike": asked}} if asked else said)
    if _PROFILE in resources:
        statements += _anchored(dice)
    if dice.random() < 0.4:
        tagged = {"StringEquals": {"aws:PrincipalTag/team": dice.choice(["red", "green"])}}
        everybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{role.account}:root"}}
        statements.append({**everybody, "Action": "sts:AssumeRole", "Condition": tagged})
    if not statements:
        return role
    paper = Document(f"{role.arn} directories", {"Version": "2012-10-17", "Statement": statements})
    return replace(role, policies=(*role.policies, paper))


def _anchored(dice: Random) -> list[dict[str, Any]]:
    """Trusts of Roles Anywhere for one anchor, for any, or for all but one."""
    said = {"Effect": "Allow", "Principal": {"Service": _ANYWHERE}, "Action": "sts:AssumeRole"}
    asked = dice.choice([{"ArnEquals": dice.choice(_ANCHORS)}, {"ArnLike": "arn:*:trust-anchor/*"}, {}])
    some = [{**said, "Condition": {how: {"aws:SourceArn": arn} for how, arn in asked.items()}} if asked else said]
    denied = {**said, "Effect": "Deny", "Condition": {"ArnNotLike": {"aws:SourceArn": dice.choice(_ANCHORS)}}}
    return [*some[: dice.choice([0, 1, 1])], *([denied] if dice.random() < 0.2 else [])]


def _versioned(facts: AwsFacts, dice: Random) -> AwsFacts:
    """Managed policies with a narrow version in force and another that may be wide."""
    policies = []
    for policy in facts.resources.get("iam:policy", ()):
        action = dice.choice(["*", "iam:CreateAccessKey", "iam:Put*", "s3:GetObject"])
        wide = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
        versions = (Document(f"{policy.arn} version v1", wide),) if dice.random() < 0.8 else ()
        policies.append(replace(policy, attributes={**policy.attributes, "versions": versions}))
    narrow = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "ec2:DescribeImages", "Resource": "*"},
    }
    held = {p.key: tuple(Document(name, narrow) for name in p.policies) for p in facts.principals}
    principals = tuple(replace(p, documents=(*p.documents, *held[p.key])) for p in facts.principals)
    return replace(facts, principals=principals, resources={**facts.resources, "iam:policy": tuple(policies)})


def _accounts(facts: AwsFacts, rules: list[Rule]) -> AwsFacts:
    """What stands for an account leads to its root."""
    roots = {p.account: p.key for p in facts.principals if p.kind is PrincipalKind.ROOT}
    resources = dict(facts.resources)
    for kind in sorted({rule.kind for rule in rules}):
        found = resources.get(kind, ())
        resources[kind] = tuple(replace(item, node=roots.get(item.account, item.node)) for item in found)
    there = {node.key: node for node in facts.nodes}
    for root in roots.values() if rules else ():
        there[root] = Node(root, "account", root, "aws", "", Category.ACCOUNT, targets=("account",))
    return replace(facts, resources=resources, nodes=tuple(there[key] for key in sorted(there)))
