"""Random estates in which guards stand in the way of rules: policies that deny, groups, boundaries, SCPs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.rules.language import Rule, every_need
from graph.model import Document
from tests.estates.aws_random import EVERYTHING, A
from tests.estates.aws_takeovers import make_takeovers

_PEOPLE = (PrincipalKind.USER, PrincipalKind.ROLE)


def make_guarded(seed: int, rule: Rule, then: Sequence[Rule]) -> AwsFacts:
    """The estate of that seed with guards of all sorts that forbid what `then` needs."""
    return _Maker(Random(seed), make_takeovers(seed, (rule, *then)), then).facts()


class _Maker:
    def __init__(self, dice: Random, open_: AwsFacts, then: Sequence[Rule]) -> None:
        self.dice, self.open = dice, open_
        self.actions = sorted({need.action for rule in then for need in every_need(rule)})

    def denial(self, name: str) -> Document:
        said: list[Any] = [{"Effect": "Deny", "Action": self.dice.sample(self.actions, 2), "Resource": "*"}]
        if self.dice.random() < 0.3:
            said.append({"Effect": "Allow", "Action": self.dice.choice(self.actions), "Resource": "*"})
        return Document(name, {"Version": "2012-10-17", "Statement": said})

    def some(self, chance: float) -> bool:
        return self.dice.random() < chance

    def managed(self, account: str | None) -> list[str]:
        there = [item.arn for item in self.open.resources.get("iam:policy", ()) if item.account == account]
        return there or [f"arn:aws:iam::{account}:policy/no"]

    def group(self, group: Resource) -> tuple[Resource, list[Document]]:
        papers = [self.denial(f"{group.arn} inline no")] if self.some(0.6) else []
        papers += [self.denial(name) for name in self.managed(group.account) if self.some(0.3)]
        about = {**group.attributes, "documents": tuple(paper.name for paper in papers)}
        return replace(group, attributes=about), papers

    def person(self, one: Principal, handed: dict[str, list[Document]]) -> Principal:
        if one.kind not in _PEOPLE:
            return one
        papers = [self.denial(f"{one.key} inline {n}") for n in range(2) if self.some(0.3)]
        attached = [self.denial(name) for name in self.managed(one.account) if self.some(0.4)]
        groups = tuple(g for g in handed if g.split(":")[4] == one.account and one.kind is PrincipalKind.USER)
        papers += [*attached, *(paper for group in groups for paper in handed[group])]
        known = {document.name: document for document in (*one.documents, *papers)}
        return replace(
            one,
            documents=tuple(known.values()),
            groups=groups,
            attached=tuple(document.name for document in attached),
            boundary=self.boundary(one),
        )

    def boundary(self, one: Principal) -> Document | None:
        names = self.managed(one.account)
        if names and self.some(0.3):
            allowed = {"Effect": "Allow", "Action": self.dice.sample(self.actions, 2), "Resource": "*"}
            return Document(self.dice.choice(names), {"Statement": [allowed]})
        return one.boundary

    def account(self, account: Account) -> Account:
        names = [item.arn for item in self.open.resources.get("organizations:policy", ())]
        wide = Document("everything", EVERYTHING)
        levels = tuple(
            (*([wide] if self.some(0.9) else []), *(self.denial(name) for name in names if self.some(0.5))) or (wide,)
            for _ in range(2)
        )
        return replace(account, scps=levels) if names and not account.management else account

    def facts(self) -> AwsFacts:
        handed: dict[str, list[Document]] = {}
        groups = []
        for group in self.open.resources.get("iam:group", ()):
            made, handed[group.arn] = self.group(group)
            groups.append(made)
        root = Principal(f"arn:aws:iam::{A}:root", PrincipalKind.ROOT, A, tags={})
        people = {one.key: self.person(one, handed) for one in self.open.principals} | {root.key: root}
        return replace(
            self.open,
            principals=tuple(people[key] for key in sorted(people)),
            resources={**self.open.resources, **({"iam:group": tuple(groups)} if groups else {})},
            accounts={key: self.account(account) for key, account in self.open.accounts.items()},
        )


_PUBLIC = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
_LIST = ({"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"},)


def make_blocked(seed: int, rule: Rule) -> AwsFacts:
    """The estate of that seed with blocks of the account, of the bucket, or of both on public buckets."""
    dice = Random(seed)
    facts = make_takeovers(seed, (rule, *rule.then))
    chosen = {item.arn: _blocked(dice) for item in facts.resources["s3:bucket"]}
    kinds = {
        kind: tuple(_shut(item, *chosen[item.node]) if item.node in chosen else item for item in facts.resources[kind])
        for kind in ("s3:bucket", "s3:object")
    }
    return replace(facts, resources={**facts.resources, **kinds})


def _blocked(dice: Random) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    levels: list[tuple[str, ...]] = [(), ("account",), ("bucket",), ("bucket",), ("account", "bucket")]
    return dice.choice(levels), dice.choice(levels), dice.random() < 0.6


def _shut(item: Resource, restricted: tuple[str, ...], ignored: tuple[str, ...], public: bool) -> Resource:
    about = {**item.attributes, "restricted_by": restricted, "ignored_by": ignored}
    papers = (Document(f"{item.node} public", _PUBLIC),) if public else item.policies
    if ignored:
        about["ignored_acl"] = _LIST
    return replace(item, attributes=about, public_block=bool(restricted), policies=papers)
