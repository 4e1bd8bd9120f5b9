"""Random small AWS estates in which given rules have something to find: hosts, trusting services, grants of actions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.policy.reference import arn_template
from graph.clouds.aws.rules.language import WEB_IDENTITY, Need, Place, Rule, Shape, every_need
from graph.clouds.aws.rules.tags import SETTING
from graph.model import Category, Document, Node
from tests.estates.aws_random import CONDITIONS, A, B, make_estate

_NODES = {"s3:object": "s3:bucket", "bedrock:agent-alias": "bedrock:agent", "logs:log-stream": "logs:log-group"}
_THINGS = ("red", "blue")
_VIA: tuple[tuple[str, str, Any], ...] = (
    ("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"),
    ("StringNotEquals", "kms:ViaService", "secretsmanager.us-east-1.amazonaws.com"),
    ("StringLike", "kms:ViaService", "s3.eu-*.amazonaws.com"),
    ("Null", "kms:ViaService", "true"),
)
_SET: tuple[tuple[str, str, Any], ...] = (
    ("StringLike", "aws:RequestTag/team", "r*"),
    ("StringNotEquals", "aws:RequestTag/Team", "green"),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"]),
    ("ForAnyValue:StringEquals", "aws:TagKeys", "cost"),
)


def make_takeovers(seed: int, rules: Sequence[Rule]) -> AwsFacts:
    """The nasty estate of that seed, with what these rules speak of added to it."""
    return _Maker(Random(seed), make_estate(seed), rules).facts()


def _service_trust(service: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


_COGNITO, _POOLS = "cognito-identity.amazonaws.com", ("us-east-1:blue", "us-east-1:red")


def _token_trust(dice: Random) -> dict[str, Any]:
    asked = {"StringEquals": {f"{_COGNITO}:aud": dice.choice(_POOLS)}}
    only = {"ForAnyValue:StringLike": {f"{_COGNITO}:amr": "unauthenticated"}} if dice.random() < 0.5 else {}
    said = {"Effect": "Allow", "Principal": {"Federated": _COGNITO}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return {**said, "Condition": {**asked, **only}}


def _token(pool: str) -> Principal:
    key = f"federated:{_COGNITO}|{pool}|*"
    return Principal(key, PrincipalKind.FEDERATED, None, provider=_COGNITO, audience=pool, subject="*")


class _Maker:
    def __init__(self, dice: Random, nasty: AwsFacts, rules: Sequence[Rule]) -> None:
        self.dice, self.nasty, self.rules = dice, nasty, rules
        self.needs = [need for rule in rules for need in every_need(rule)]
        self.roles = [role.arn for role in nasty.resources["iam:role"]]
        self.extra: dict[str, dict[str, Resource]] = {}

    def arn(self, kind: str, account: str, name: str) -> str:
        fixed = {"Partition": "aws", "Region": "us-east-1", "Account": account}
        return re.sub(r"\$\{([^}]*)\}", lambda hole: fixed.get(hole.group(1), name), arn_template(kind))

    def add(self, kind: str, name: str, account: str, **more: Any) -> None:
        node = self.arn(_NODES.get(kind, kind), account, name)
        made = Resource(self.arn(kind, account, name), kind, account, node, region="us-east-1", tags={}, **more)
        self.extra.setdefault(kind, {})[made.arn] = made

    # ----- what is there

    def things(self) -> None:
        there = {"iam:role", "iam:user", "s3:bucket", "s3:object", "iam:instance-profile"}
        kinds = {need.kind for need in self.needs if need.kind and need.place is not Place.NEW}
        kinds |= {rule.kind for rule in self.rules if ":" in rule.kind} | {r.through for r in self.rules if r.through}
        kinds |= self.beside()
        for kind in sorted(kinds - there | kinds & {"iam:instance-profile"}):
            for name in _THINGS:
                if self.dice.random() < 0.8:
                    account = self.dice.choice((A, B))
                    runs_as = tuple(self.dice.sample(self.own(account), 1))
                    attributes = {"documents": ["everything"]} if kind == "iam:group" else self.attributes(account)
                    attributes |= self.standing(kind, account)
                    self.add(kind, name, account, runs_as=runs_as, attributes=attributes)

    def beside(self) -> set[str]:
        """Kinds of which something must be there; of what no snapshot tells, nothing is."""
        return {need.beside for need in self.needs if arn_template(need.beside)}

    def own(self, account: str) -> list[str]:
        return [role for role in self.roles if role.split(":")[4] == account]

    def attributes(self, account: str) -> dict[str, Any]:
        keys = [key.arn for key in self.nasty.resources["kms:key"] if key.account == account]
        choice = self.dice.choice([None, *keys, f"arn:aws:kms:us-east-1:{account}:key/unread"])
        buckets = [bucket.arn for bucket in self.nasty.resources["s3:bucket"] if self.dice.random() < 0.4]
        counting = self.dice.choice([{}, {"lists_count": True}, {"lists_count": False}])
        return {"buckets": tuple(buckets), **({"key": choice} if choice else {}), **counting}

    def standing(self, kind: str, account: str) -> dict[str, Any]:
        """What a host consists of, whom it acts as, and what is told of its state."""
        found: dict[str, Any] = {}
        for rule in (rule for rule in self.rules if rule.kind == kind and rule.shape is Shape.RUN_AS):
            named = [self.arn(n.kind, account, name) for n in every_need(rule) if n.kind for name in _THINGS]
            there = [*named, *(item.arn for item in self.nasty.resources["s3:object"])]
            found["parts"] = tuple(sorted(set(self.dice.sample(there, min(3, len(there))))))
            found |= {rule.acts_as: tuple(self.dice.sample(self.own(account), 1))} if rule.acts_as else {}
            found |= {name: value for name, value in rule.where if self.dice.random() < 0.6}
            found |= {name: "otherwise" for name, _ in rule.where if self.dice.random() < 0.2}
            found["unread"] = tuple(name for name, _ in rule.where if name not in found and self.dice.random() < 0.4)
        return found

    # ----- who may what

    def place(self, need: Need) -> str:
        """Somewhere that the need may look at, exactly or by a pattern."""
        dice = self.dice
        there = [*self.nasty.resources.get(need.kind, ()), *self.extra.get(need.kind, {}).values()]
        if not there or need.place is Place.NEW or dice.random() < 0.4:
            return dice.choice(["*", "*", f"arn:aws:{need.kind.partition(':')[0] or 's3'}:*"])
        return str(dice.choice(there).arn)

    def document(self, number: int) -> Document:
        dice, statements = self.dice, []
        for branch in (dice.choice(rule.any_of) for rule in self.rules if dice.random() < 0.7):
            for need in branch:
                said: dict[str, Any] = {"Effect": "Allow", "Action": need.action, "Resource": self.place(need)}
                asked = _VIA if need.kind == "kms:key" else _SET if need.given == SETTING else CONDITIONS
                if dice.random() < (0.15 if asked is CONDITIONS else 0.5):
                    operator, key, want = dice.choice(asked)
                    said["Condition"] = {operator: {key: want}}
                statements.append(said)
        need = dice.choice(self.needs)
        if dice.random() < 0.25:
            statements.append({"Effect": "Deny", "Action": need.action, "Resource": self.place(need)})
        if any(need.place is Place.CARRIER for need in self.needs):
            statements.append({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": dice.choice(self.roles)})
        statements.append({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
        return Document(f"takeover {number}", {"Version": "2012-10-17", "Statement": statements})

    def principal(self, number: int, principal: Principal) -> Principal:
        if principal.kind not in (PrincipalKind.USER, PrincipalKind.ROLE):
            return principal
        mine = [g.arn for g in self.extra.get("iam:group", {}).values() if g.account == principal.account]
        held = [p.arn for p in self.extra.get("iam:policy", {}).values() if p.account == principal.account]
        documents = (
            (*principal.documents[:1], self.document(number)) if self.dice.random() < 0.8 else principal.documents
        )
        groups = tuple(mine[:1]) if principal.kind is PrincipalKind.USER else ()
        return replace(
            principal, documents=documents, groups=groups, policies=tuple(self.dice.sample(held, min(1, len(held))))
        )

    def trusting(self, role: Resource) -> Resource:
        if any(need.action == "sts:TagSession" for need in self.needs):
            role = replace(role, policies=(*role.policies, self.tagged(role)))
        asked = [rule.service for rule in self.rules] + [need.trusts for need in self.needs]
        services = [service for service in asked if service and self.dice.random() < 0.6]
        said = [_token_trust(self.dice) if service in WEB_IDENTITY else _service_trust(service) for service in services]
        if any(need.place is Place.CARRIER for need in self.needs):
            said.append({"Effect": "Allow", "Principal": {"AWS": self.dice.choice(self.roles)}, "Action": "sts:*"})
        if not said:
            return role
        return replace(role, policies=(*role.policies, Document(f"{role.arn} services", {"Statement": said})))

    def tagged(self, role: Resource) -> Document:
        """A trust that asks for session tags, or lets some pass them."""
        asked = self.dice.choice(
            [
                {"StringLike": {"aws:RequestTag/team": "r*"}},
                {"Null": {"aws:TagKeys": "false"}},
                {"StringNotEquals": {"aws:RequestTag/Team": "red"}},
                {"Null": {"aws:RequestTag/team": "true"}},
            ]
        )
        said = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": asked}
        said["Effect"] = self.dice.choice(["Allow", "Allow", "Deny"])
        tagging = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:TagSession"}
        statements = [said, *([tagging] if self.dice.random() < 0.5 else [])]
        return Document(f"{role.arn} tags", {"Version": "2012-10-17", "Statement": statements})

    def facts(self) -> AwsFacts:
        self.things()
        principals = tuple(self.principal(i, p) for i, p in enumerate(self.nasty.principals))
        if any(rule.service in WEB_IDENTITY for rule in self.rules):
            principals = tuple(sorted((*principals, *map(_token, _POOLS)), key=lambda p: p.key))
        resources = dict(self.nasty.resources)
        resources["iam:role"] = tuple(self.trusting(role) for role in resources["iam:role"])
        for kind, made in self.extra.items():
            everything = {**{r.arn: r for r in resources.get(kind, ())}, **made}
            resources[kind] = tuple(everything[arn] for arn in sorted(everything))
        kinds = {rule.kind for rule in self.rules} | {rule.through for rule in self.rules} | set(self.extra)
        kinds |= self.beside()
        listed = frozenset((a, kind) for a in (A, B) for kind in sorted(kinds) if self.dice.random() < 0.7)
        return replace(
            self.nasty, principals=principals, resources=resources, listed=listed, nodes=self.nodes(resources)
        )

    def nodes(self, resources: dict[str, tuple[Resource, ...]]) -> tuple[Node, ...]:
        harmed = [rule for rule in self.rules if rule.asset]
        keys = {item.node: rule.asset for rule in harmed for item in resources.get(rule.kind, ())}
        return tuple(Node(k, "thing", k, "aws", A, Category.RESOURCE, targets=(t,)) for k, t in sorted(keys.items()))
