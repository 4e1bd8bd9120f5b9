"""Small changes of an AWS estate, as a later scan would find them: policies, trusts, limits, people and things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from graph.clouds.aws.facts import AwsFacts, Principal, PrincipalKind, Resource
from graph.model import Document
from tests.estates.aws_random import make_estate

_DENIED = Document(
    "denied", {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
)


class _Changer:
    """One change after the other to a copy of the facts; `other` is a like estate to take from."""

    def __init__(self, facts: AwsFacts, seed: int) -> None:
        self.facts, self.dice, self.other = facts, Random(seed), make_estate(seed + 1)

    # ----- who and what

    def person(self, *kinds: PrincipalKind) -> Principal:
        fitting = [p for p in self.facts.principals if p.kind in (kinds or _INSIDE)]
        return self.dice.choice(fitting or self.facts.principals)

    def thing(self, kind: str = "") -> Resource:
        kinds = [kind] if kind else sorted(kind for kind, items in self.facts.resources.items() if items)
        return self.dice.choice(self.facts.resources[self.dice.choice(kinds)])

    def is_now(self, person: Principal) -> None:
        others = (p for p in self.facts.principals if p.key != person.key)
        self.facts = replace(self.facts, principals=tuple(sorted((*others, person), key=lambda p: p.key)))

    def lies_now(self, thing: Resource) -> None:
        others = (item for item in self.facts.resources.get(thing.kind, ()) if item.arn != thing.arn)
        items = tuple(sorted((*others, thing), key=lambda item: item.arn))
        self.facts = replace(self.facts, resources={**self.facts.resources, thing.kind: items})

    def gone(self, kind: str, arn: str) -> None:
        items = tuple(item for item in self.facts.resources.get(kind, ()) if item.arn != arn)
        self.facts = replace(self.facts, resources={**self.facts.resources, kind: items})

    # ----- what identities hold and are

    def policy(self) -> None:
        person, donor = self.person(), self.dice.choice([p for p in self.other.principals if p.documents])
        papers = [donor.documents, (*person.documents, *donor.documents), person.documents[1:]]
        limits = [person.boundary, person.boundary, donor.boundary, donor.documents[0], None]
        self.is_now(replace(person, documents=self.dice.choice(papers), boundary=self.dice.choice(limits)))

    def membership(self) -> None:
        person = self.person(PrincipalKind.USER)
        groups = [group.arn for group in self.facts.resources.get("iam:group", ()) if group.account == person.account]
        joined = (*person.groups, *groups)[: self.dice.randint(0, 2)]
        self.is_now(replace(person, groups=joined, policies=person.policies[1:]))

    def tags(self) -> None:
        self.is_now(replace(self.person(), tags=self.dice.choice([None, {}, {"team": "red"}, {"team": "blue"}])))

    def less(self) -> None:
        person = self.person()
        self.facts = replace(self.facts, principals=tuple(p for p in self.facts.principals if p is not person))
        self.gone(f"iam:{person.kind.value}", person.key)

    def more(self) -> None:
        person = self.person(PrincipalKind.USER, PrincipalKind.ROLE)
        kind, key = f"iam:{person.kind.value}", f"{person.key}-more"
        found = next((item for item in self.facts.resources.get(kind, ()) if item.arn == person.key), None)
        self.is_now(replace(person, key=key, documents=self.person().documents))
        if found is not None:
            self.lies_now(replace(found, arn=key, node=key))

    # ----- what resources say and are

    def trust(self) -> None:
        self.lies_now(
            replace(self.thing("iam:role"), policies=self.dice.choice(self.other.resources["iam:role"]).policies)
        )

    def resource_policy(self) -> None:
        kind = self.dice.choice(
            [kind for kind in ("s3:bucket", "s3:object", "kms:key") if self.facts.resources.get(kind)]
        )
        donor = self.dice.choice(self.other.resources[kind])
        said: dict[str, Any] = {name: getattr(donor, name) for name in ("policies", "grants", "acl", "public_block")}
        self.lies_now(replace(self.thing(kind), **said))

    def resource_less(self) -> None:
        thing = self.thing()
        if thing.kind not in ("iam:role", "iam:user"):
            self.gone(thing.kind, thing.arn)

    def resource_more(self) -> None:
        thing = self.thing()
        if thing.kind not in ("iam:role", "iam:user"):
            self.lies_now(replace(thing, arn=f"{thing.arn}-more", node=f"{thing.node}-more"))

    def host(self) -> None:
        thing, role = self.thing(), self.thing("iam:role")
        attributes = {**thing.attributes, "key": "arn:aws:kms:us-east-1:111111111111:key/other", "network": "public"}
        self.lies_now(replace(thing, runs_as=(role.arn,), attributes=attributes))

    def resource_tags(self) -> None:
        self.lies_now(replace(self.thing(), tags=self.dice.choice([None, {}, {"team": "red"}])))

    # ----- what lies on an account, and when

    def limits(self) -> None:
        key = self.dice.choice(sorted(self.facts.accounts))
        account, levels = self.facts.accounts[key], ((_DENIED,), self.dice.choice(self.other.principals).documents)
        name = self.dice.choice(["scps", "rcps"])
        more: dict[str, Any] = {name: self.dice.choice([(*(getattr(account, name) or ()), *levels), ()])}
        account = replace(account, **more)
        self.facts = replace(self.facts, accounts={**self.facts.accounts, key: account})

    def later(self) -> None:
        self.facts = replace(self.facts, collected_at="2031-01-01T00:00:00Z")

    def listing(self) -> None:
        self.facts = replace(self.facts, listed=frozenset(sorted(self.facts.listed)[1:]))


_INSIDE = (PrincipalKind.USER, PrincipalKind.ROLE)
KINDS: Sequence[Callable[[_Changer], None]] = (
    *(_Changer.policy, _Changer.membership, _Changer.tags, _Changer.less, _Changer.more),
    *(_Changer.trust, _Changer.resource_policy, _Changer.resource_less, _Changer.resource_more),
    *(_Changer.host, _Changer.resource_tags, _Changer.limits, _Changer.later, _Changer.listing),
)


def changed(facts: AwsFacts, seed: int, kinds: Sequence[Callable[[_Changer], None]]) -> AwsFacts:
    """The facts after changes of these kinds, in order."""
    changer = _Changer(facts, seed)
    for change in kinds:
        change(changer)
    return changer.facts
