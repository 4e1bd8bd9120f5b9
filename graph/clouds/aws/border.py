"""What one account of a scattered estate shows to the others: who is let in, what leads on, what is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.clouds.aws.guests import INSIDE, Guests, Invitations
from graph.clouds.aws.parts import Units
from graph.clouds.aws.policy.context import partitions
from graph.clouds.aws.read.beside import owner_of
from graph.clouds.aws.read.commons import Beside, Commons
from graph.clouds.aws.rules.places import tag_keys
from graph.model import Document, Edge, Entry, Facts, Node
from graph.packing import packed_by_fields

packed_by_fields(Document, Node, Edge, Entry, Principal, Resource, Account)
Kinds = Mapping[str, tuple[Resource, ...]]


@dataclass(frozen=True)
class Bundle:
    """Units with all that belongs to them, their nodes, and whom each of them lets in from elsewhere."""

    resources: Kinds
    nodes: tuple[Node, ...]
    guests: Mapping[str, Guests]
    kept: Mapping[str, Mapping[str, tuple[str, ...]]]

    def letting_in(self, accounts: Iterable[str]) -> list[str]:
        """The units that let in somebody of these accounts, or anybody."""
        asked = frozenset(accounts)
        return [unit for unit, guests in self.guests.items() if guests.everybody or guests.accounts & asked]


@dataclass(frozen=True)
class Border:
    """What everybody must know of an account: small beside its facts.

    `facts` go into the graph as they are. `opens` are the accounts, or the ids of somebody, that are let in; `named`
    the things of others that its own stand on, by the account of those. `nobodys` belong to no account; `names` are
    taken, though no account is in them.
    """

    account: str
    facts: Facts
    beside: Beside
    identities: int
    uids: tuple[str, ...]
    opens: frozenset[str]
    everybody: bool
    strangers: int
    named: Mapping[str, frozenset[str]]
    nobodys: Kinds
    nodes_of_nobody: tuple[Node, ...]
    names: frozenset[str]
    tag_keys: tuple[str, ...]
    partitions: frozenset[str]
    outside: tuple[Principal, ...]
    listed: frozenset[tuple[str, str]]
    canonical_ids: Mapping[str, str]


def border(account: str, facts: AwsFacts, beside: Beside, commons: Commons) -> tuple[Border, Bundle, Bundle]:
    """The border, what lets in or leads on to other accounts that were read, and what lets in strangers."""
    units = Units(facts)
    guests = units.guests(Invitations(facts, commons.read))
    others = {unit: _others(some, units, unit, account, commons) for unit, some in guests.items()}
    outward = {unit: some for unit, some in others.items() if some.accounts or some.everybody}
    named = {unit: theirs for unit in units.inside if (theirs := _foreign(units, unit, account, commons))}
    strange = {unit: some for unit, some in guests.items() if some.strangers}
    foreign = [owner for theirs in named.values() for owner in theirs]
    by_owner = {o: frozenset(a for theirs in named.values() for a in theirs.get(o, ())) for o in sorted({*foreign})}
    told = Border(
        account=account,
        facts=_plain(facts),
        beside=replace(beside, kept={}),
        identities=len(facts.principals),
        uids=tuple(p.uid for p in facts.principals if p.uid and p.kind in INSIDE),
        opens=frozenset(guest for some in outward.values() for guest in some.accounts),
        everybody=any(some.everybody for some in outward.values()),
        strangers=len(strange),
        named=by_owner,
        nobodys=units.resources(unit for unit in units.of("")),
        nodes_of_nobody=tuple(node for node in facts.nodes if not node.scope and node.key in units.inside),
        names=frozenset(r.arn for k, some in facts.resources.items() for r in some if ":::" in r.arn and k != _OBJECT),
        tag_keys=tag_keys(facts.resources.get("iam:role", ())),
        partitions=partitions(facts.principals),
        outside=tuple(p for p in facts.principals if p.kind not in INSIDE),
        listed=facts.listed,
        canonical_ids=facts.canonical_ids,
    )
    return told, bundle(units, outward, [*outward, *named], beside.kept), bundle(units, strange, strange, {})


_OBJECT = "s3:object"  # its bucket is there as well


def bundle(
    units: Units, guests: Mapping[str, Guests], keys: Iterable[str], kept: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Bundle:
    """These units with what stands on them and what they stand on."""
    inside = {*keys}
    inside |= units.above(inside)
    inside |= units.behind(inside)
    nodes = tuple(node for node in units.facts.nodes if node.key in inside)
    return Bundle(units.resources(inside), nodes, guests, {key: kept[key] for key in inside & kept.keys()})


def _others(guests: Guests, units: Units, unit: str, account: str, commons: Commons) -> Guests:
    """Whom of the other accounts it lets in, and whose it is where it is no own thing. An id may be of anybody."""
    owners = {item.account for item in units.inside[unit] if item.account in commons.read}
    known = {guest for guest in guests.accounts if guest in commons.read or not guest.isdigit()}
    return replace(guests, accounts=frozenset((known | owners) - {account}))


def _foreign(units: Units, unit: str, account: str, commons: Commons) -> dict[str, set[str]]:
    """By account, the things of others that a unit stands on, or that it is a part of."""
    found: dict[str, set[str]] = {}
    for arn in {*units.named(unit), unit}:
        if arn.startswith("arn:") and (owner := owner_of(arn, commons)) != account and owner in commons.read:
            found.setdefault(owner, set()).add(arn)
    return found


def _plain(facts: AwsFacts) -> Facts:
    """What needs no decision."""
    same: dict[object, object] = {}
    return Facts(
        facts.cloud,
        tuple(_sparing(node, same) for node in facts.nodes),
        facts.edges,
        facts.entries,
        (),
        facts.problems,
        facts.assumed,
        facts.collected_at,
        facts.reasons,
        facts.tags,
    )


def _sparing(node: Node, same: dict[object, object]) -> Node:
    """With properties that it shares with others that have the same: most say the same few things."""
    pairs = tuple([same.setdefault(pair, pair) for pair in node.properties])
    return replace(node, properties=same.setdefault(pairs, pairs))  # type: ignore[arg-type]


def strangers_of(borders: Iterable[Border]) -> tuple[Principal, ...]:
    """Everybody of no account, once."""
    found: dict[str, Principal] = {}
    for one in borders:
        for principal in one.outside:
            found.setdefault(principal.key, principal)
    return tuple(found[key] for key in sorted(found))


def services_of(strangers: Iterable[Principal]) -> frozenset[str]:
    return frozenset(p.key for p in strangers if p.kind is PrincipalKind.SERVICE)
