"""An estate of several accounts cut up: each account's identities, with what lets them in wherever it lies.

Access across accounts needs both sides, so it is the resources that tell who may come: trusts and policies that name
somebody, grants and lists. What none of them opens to an account, its identities cannot reach, whatever their own
policies say: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_

from graph.cloud import Part
from graph.clouds.aws.facts import AwsFacts, Beyond, Principal, PrincipalKind, Resource
from graph.clouds.aws.guests import INSIDE, NOBODY, Guests, Invitations
from graph.clouds.aws.policy.context import partitions
from graph.clouds.aws.rules.furnishing import furnished
from graph.clouds.aws.rules.language import WEB_IDENTITY
from graph.clouds.aws.rules.places import tag_keys
from graph.model import Node

EASY = 6_000  # identities of several accounts that are decided together: chains may lead through all of them
STRANGERS = "strangers"  # the part of those who belong to no account that was read


def parts(facts: AwsFacts) -> tuple[Part, ...]:
    """One part for each account with identities, and one for all strangers; what is easily decided stays whole."""
    accounts = {p.account for p in facts.principals if p.kind in INSIDE}
    return (Part("", facts),) if len(accounts) < 2 or len(facts.principals) <= EASY else cut(facts)


def cut(facts: AwsFacts) -> tuple[Part, ...]:
    """The parts in the order of their accounts, that of the strangers last."""
    accounts = sorted({p.account for p in facts.principals if p.kind in INSIDE and p.account})
    units = Units(furnished(facts))
    return tuple(Part(owner, units.part(owner)) for owner in (*accounts, STRANGERS))


@dataclass(frozen=True, eq=False)
class Units:
    """The facts, by whose they are and whom they let in. A unit is a node with all resources that belong to it."""

    facts: AwsFacts

    def part(self, owner: str) -> AwsFacts:
        """What the identities of one account, or the strangers, can be asked about."""
        return self.part_of(owner, self._guests_of(owner), self.beyond)

    def part_of(self, owner: str, guests: Iterable[str], beyond: Beyond) -> AwsFacts:
        """The same, given the units elsewhere that let them in, and what the rest of the estate holds."""
        units = self.around(owner, guests)
        principals = self._principals.get(owner, ())
        return replace(
            self.facts,
            nodes=tuple(self._nodes_of(owner, units, principals)),
            edges=(),
            entries=(),
            gaps=(),
            problems=(),
            principals=tuple(principals),
            resources=self.resources(units),
            beyond=replace(beyond, accounts=frozenset({owner} - {STRANGERS})),
        )

    def around(self, owner: str, guests: Iterable[str]) -> set[str]:
        """The units of an account and these others, what stands on them, what all of that stands on."""
        units = {*self._by_owner.get(owner, ()), *guests}
        units |= self.above(units)
        units |= {*self._by_owner.get("", ())}
        return units | self.behind(units)

    def resources(self, units: Iterable[str]) -> dict[str, tuple[Resource, ...]]:
        """Everything in these units, by kind."""
        kinds: dict[str, list[Resource]] = defaultdict(list)
        for node in units:
            for item in self.inside[node]:
                kinds[item.kind].append(item)
        return {kind: tuple(sorted(some, key=lambda r: r.arn)) for kind, some in sorted(kinds.items())}

    # ----- whose things are

    def of(self, owner: str) -> Sequence[str]:
        """The units of an account; of "" what is nobody's."""
        return self._by_owner.get(owner, ())

    @cached_property
    def _principals(self) -> Mapping[str, Sequence[Principal]]:
        found: dict[str, list[Principal]] = defaultdict(list)
        for principal in self.facts.principals:
            inside = principal.kind in INSIDE and principal.account
            found[principal.account or "" if inside else STRANGERS].append(principal)
        return found

    @cached_property
    def inside(self) -> Mapping[str, Sequence[Resource]]:
        """The resources of each unit."""
        found: dict[str, list[Resource]] = defaultdict(list)
        for some in self.facts.resources.values():
            for item in some:
                found[item.node].append(item)
        return found

    @cached_property
    def _by_owner(self) -> Mapping[str, Sequence[str]]:
        """Units by the account they belong to; under "" what is nobody's, which everybody has."""
        found: dict[str, list[str]] = defaultdict(list)
        for node, some in self.inside.items():
            for owner in {item.account or "" for item in some}:
                found[owner].append(node)
        return found

    @cached_property
    def _nodes(self) -> tuple[Mapping[str, Sequence[Node]], Mapping[str, Node]]:
        by_scope: dict[str, list[Node]] = defaultdict(list)
        for node in self.facts.nodes:
            by_scope[node.scope].append(node)
        return by_scope, {node.key: node for node in self.facts.nodes}

    def _nodes_of(self, owner: str, units: Iterable[str], principals: Iterable[Principal]) -> list[Node]:
        by_scope, by_key = self._nodes
        keys = {*units, *(principal.key for principal in principals)}
        found = {key: by_key[key] for key in keys & by_key.keys()}
        found |= {node.key: node for node in (*by_scope.get(owner, ()), *by_scope.get("", ()))}
        return [found[key] for key in sorted(found)]

    @cached_property
    def beyond(self) -> Beyond:
        facts = self.facts
        return Beyond(
            accounts=frozenset(),
            names=frozenset(r.arn for some in facts.resources.values() for r in some if ":::" in r.arn),
            services=frozenset(p.key for p in facts.principals if p.kind is PrincipalKind.SERVICE),
            tag_keys=tag_keys(facts.resources.get("iam:role", ())),
            partitions=partitions(facts.principals),
            tokens=tuple(p for p in facts.principals if p.provider in WEB_IDENTITY),
        )

    # ----- who is let in

    @cached_property
    def _invited(self) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
        """The units that let each account, or strangers, in from elsewhere; and those that let in any account."""
        found, open_to_all = defaultdict(list), []
        for node, guests in self.guests(Invitations(self.facts)).items():
            if guests.everybody:
                open_to_all.append(node)
            for account in () if guests.everybody else guests.accounts:
                found[account].append(node)
            if guests.strangers:
                found[STRANGERS].append(node)
        return found, open_to_all

    def guests(self, invitations: Invitations) -> Mapping[str, Guests]:
        """Whom each unit lets in."""
        return {node: reduce(or_, map(invitations.to, some), NOBODY) for node, some in self.inside.items()}

    def _guests_of(self, owner: str) -> Iterator[str]:
        found, open_to_all = self._invited
        yield from found.get(owner, ())
        yield from open_to_all

    def above(self, units: Iterable[str]) -> set[str]:
        """What stands on these units, and what stands on that."""
        found: set[str] = set()
        todo = list(units)
        while todo:
            more = set(self._standing_on.get(todo.pop(), ())) - found
            found |= more
            todo += more
        return found

    def behind(self, units: Iterable[str]) -> set[str]:
        """What these units stand on and run as, and what that stands on: it decides even where it lets nobody in."""
        found: set[str] = set()
        todo, known = list(units), set(units)
        while todo:
            for arn in self.named(todo.pop()):
                node = self.node_of.get(arn, arn)
                if node in self.inside and node not in known:
                    known.add(node)
                    found.add(node)
                    todo.append(node)
        return found

    def named(self, node: str) -> Iterator[str]:
        for item in self.inside[node]:
            yield from item.members
            yield from item.runs_as
            for value in item.attributes.values():
                if isinstance(value, str):
                    yield value
                elif isinstance(value, list | tuple):
                    yield from (one for one in value if isinstance(one, str))

    @cached_property
    def _standing_on(self) -> Mapping[str, Sequence[str]]:
        """The other way round: what stands on a unit, so that whoever is let in here may reach it."""
        found: dict[str, list[str]] = defaultdict(list)
        for node in self.inside:
            for below in {self.node_of.get(arn, arn) for arn in self.named(node)} - {node}:
                if below in self.inside:
                    found[below].append(node)
        return found

    @cached_property
    def node_of(self) -> Mapping[str, str]:
        """Of resources that are not a unit by themselves."""
        return {r.arn: r.node for some in self.facts.resources.values() for r in some if r.arn != r.node}
