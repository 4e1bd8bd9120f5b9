"""A large estate read and decided account by account; what was read lies in a folder, so that no process holds it all.

An account is read with a few answers of all others (`survey`). It keeps its facts aside and shows its border: whom it
lets in, what of others it stands on. From the borders follows which accounts a part needs something of.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from graph.cloud import Binding, Part
from graph.clouds.aws.bindings import bindings
from graph.clouds.aws.border import Border, Bundle, Kinds, border, services_of, strangers_of
from graph.clouds.aws.facts import Account, AwsFacts, Beyond, Principal, Resource
from graph.clouds.aws.parts import EASY, STRANGERS, Units
from graph.clouds.aws.read.commons import NOTHING_TOLD, Beside, Commons, Told
from graph.clouds.aws.read.entries import nested, outsider_entries
from graph.clouds.aws.read.named import sort_kind
from graph.clouds.aws.read.reader import read_alone, read_shared
from graph.clouds.aws.read.survey import piece, shared_answers, survey
from graph.clouds.aws.read.visiting import visited
from graph.clouds.aws.rules.furnishing import furnished
from graph.clouds.aws.rules.language import WEB_IDENTITY
from graph.model import Edge, Entry, Facts, Gap, Node, Problem, Proof
from graph.policy.collector import uncollected
from graph.snapshot import Pieces

SHARED = "shared"  # what one account holds for all others is a piece of its own
_TOGETHER = 8_000  # units open to strangers that are decided together
_BETWEEN = "|"
T = TypeVar("T")


@dataclass(frozen=True)
class Joined:
    """What all borders together tell every part."""

    commons: Commons
    listed: frozenset[tuple[str, str]]
    canonical_ids: Mapping[str, str]
    assumed: Mapping[str, tuple[str, ...]]
    beyond: Beyond
    strangers: tuple[Principal, ...]
    nobodys: Kinds
    nodes_of_nobody: tuple[Node, ...]
    hosts: Mapping[str, tuple[str, ...]]  # by account, those that let in somebody of it
    wanted: Mapping[str, frozenset[str]]  # by account, what others stand on
    standing: Mapping[str, tuple[str, ...]]  # by its name, the account of such a thing and those that stand on it
    ids: Mapping[str, frozenset[str]]  # by account, its own number and the ids of its identities that others name
    chunks: Mapping[str, tuple[str, ...]]  # accounts whose strangers are decided together, by the first of them


def by_account(snapshots: Sequence[Pieces], folder: Path) -> Organization | None:
    """None for an estate that is easily held whole."""
    accounts = {scope for snap in snapshots for scope in snap.scopes if scope.isdigit()}
    large = sum(getattr(snap, "bytes", 0) for snap in snapshots) > _LARGE
    return Organization(snapshots, folder) if large and len(accounts) > 1 else None


_LARGE = EASY * 7_000  # bytes of answers; an identity of an estate comes with several thousand bytes of them


@dataclass(frozen=True, eq=False)
class Organization:
    """All that is asked here can be asked in any process that sees the folder, once `join` has said that it is done."""

    snapshots: Sequence[Pieces]
    folder: Path
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)
    _borders: dict[str, Border] = field(default_factory=dict, repr=False)

    # ----- reading

    def names(self) -> tuple[str, ...]:
        """The accounts, once what they have in common is known."""
        commons = survey(self.snapshots)
        _put(self.folder / "commons", commons)
        return tuple(sorted(commons.read))

    def read(self, name: str) -> Border:
        """Read an account by itself and keep it."""
        told = _get(self.folder / f"{name}.told") if (self.folder / f"{name}.told").exists() else NOTHING_TOLD
        facts, beside = read_alone(name, piece(self.snapshots, name), self._commons, told)
        own = {name: self._commons.accounts.get(name, Account(name))}
        return self._keep(name, furnished(replace(facts, accounts=own)), beside)

    def _keep(self, name: str, facts: AwsFacts, beside: Beside) -> Border:
        told, outward, strange = border(name, facts, beside, self._commons)
        for kind, what in (("facts", facts), ("outward", outward), ("strange", strange)):
            _put(self.folder / f"{name}.{kind}", what)
        return told

    @property
    def _commons(self) -> Commons:
        commons: Commons = self._once("commons", lambda: _get(self.folder / "commons"))
        return commons

    def join(self, told: Sequence[Border]) -> tuple[str, ...]:
        """Put the borders together; accounts of which others told something are read again, once."""
        first = not self._borders
        self._borders.update((one.account, one) for one in told)
        again = self._heard() if first else {}
        for account, said in again.items():
            _put(self.folder / f"{account}.told", said)
        if not again:
            self._shared()
            _put(self.folder / "joined", self._joined())
        return tuple(sorted(again))

    def _heard(self) -> dict[str, Told]:
        """By account what others told of it, as far as it does not know that itself."""
        found: dict[str, list[Told]] = defaultdict(list)
        for one in self._borders.values():
            for account, told in one.beside.told.items():
                found[account].append(told)
        news = {account: self._news(account, some) for account, some in sorted(found.items())}
        return {account: told for account, told in news.items() if told}

    def _news(self, account: str, some: Sequence[Told]) -> Told:
        there = self._borders.get(account)
        if there is None:
            return NOTHING_TOLD
        named = {
            pattern for told in some for pattern in told.named if (account, sort_kind(pattern)) not in there.listed
        }
        called = {arn for told in some for arn in told.called}
        return Told(tuple(sorted(named)), tuple(mark for told in some for mark in told.marks), tuple(sorted(called)))

    def _shared(self) -> None:
        reserved = {key: arn for one in self._borders.values() for key, arn in one.beside.reserved.items()}
        facts, beside = read_shared(shared_answers(self.snapshots), self._commons, reserved)
        self._borders[SHARED] = self._keep(SHARED, facts, beside)

    # ----- what all borders tell

    def _joined(self) -> Joined:
        some = [self._borders[name] for name in sorted(self._borders)]
        strangers = strangers_of(some)
        homes = {uid: one.account for one in some for uid in one.uids}
        named = {guest for one in some for guest in one.opens}
        ids: dict[str, set[str]] = {name: {name} for name in self._borders}
        for uid in named & homes.keys():
            ids[homes[uid]].add(uid)
        return Joined(
            commons=self._commons,
            listed=frozenset(chain.from_iterable(one.listed for one in some)),
            canonical_ids={key: account for one in some for key, account in one.canonical_ids.items()},
            assumed={scope: words for one in some for scope, words in one.facts.assumed.items()},
            beyond=_beyond(some, strangers),
            strangers=strangers,
            nobodys=_together(one.nobodys for one in some),
            nodes_of_nobody=tuple({node.key: node for one in some for node in one.nodes_of_nobody}.values()),
            hosts={name: self._hosts(name, ids[name]) for name in sorted(self._commons.read)},
            wanted=_wanted(some),
            standing=_standing(some),
            ids={name: frozenset(some) for name, some in ids.items()},
            chunks=self._chunks(),
        )

    def _hosts(self, account: str, ids: Iterable[str]) -> tuple[str, ...]:
        found = {name for one in ids for name in self._letting_in.get(one, ())}
        return tuple(sorted((found | self._open_to_all | {SHARED}) - {account}))

    @cached_property
    def _letting_in(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._borders.values():
            for guest in one.opens:
                found[guest].append(one.account)
        return found

    @cached_property
    def _open_to_all(self) -> frozenset[str]:
        return frozenset(one.account for one in self._borders.values() if one.everybody)

    def _chunks(self) -> dict[str, tuple[str, ...]]:
        """Strangers can be let in everywhere: a few accounts at a time, so that no part is large."""
        found: list[list[str]] = []
        size = _TOGETHER
        for name in sorted(self._borders):
            if size + self._borders[name].strangers > _TOGETHER:
                found.append([])
                size = 0
            found[-1].append(name)
            size += self._borders[name].strangers
        return {names[0]: tuple(names) for names in found}

    def facts(self) -> Facts:
        """Everything that goes into the graph undecided, of all accounts."""
        some = [self._borders[name].facts for name in sorted(self._borders)]
        nodes = {node.key: node for facts in reversed(some) for node in facts.nodes}
        edges, reasons = self._edges(nodes.keys())
        problems = tuple(chain(self._problems(), *(facts.problems for facts in some)))
        made = Facts(
            "aws",
            tuple(nodes[key] for key in sorted(nodes)),
            edges,
            self._entries(some),
            _gaps(self.snapshots),
            problems,
            {scope: words for facts in some for scope, words in facts.assumed.items()},
            self._commons.collected_at,
            reasons,
            {key: tags for facts in some for key, tags in facts.tags.items()},
        )
        self._borders.clear()  # what parts need of them is in the folder
        return made

    def _problems(self) -> Iterator[Problem]:
        for snapshot in sorted(self.snapshots, key=lambda snap: snap.id):
            yield from snapshot.problems

    def _edges(self, nodes: Iterable[str]) -> tuple[tuple[Edge, ...], dict[tuple[str, str, str], Proof]]:
        """Those of each account, and those between accounts whose ends are both there."""
        there, edges, reasons = frozenset(nodes), dict[Edge, None](), dict[tuple[str, str, str], Proof]()
        for name in sorted(self._borders):
            one = self._borders[name]
            edges.update(dict.fromkeys(one.facts.edges))
            reasons.update(one.facts.reasons)
            for edge, proof in one.beside.loose:
                if {edge.source, edge.target} <= there:
                    edges[edge] = None
                    reasons.update({(edge.source, edge.rule, edge.target): proof} if proof else {})
        return tuple(sorted(edges, key=lambda e: (e.edge_class.value, e.source, e.target, e.rule, e.harm))), reasons

    def _entries(self, some: Sequence[Facts]) -> tuple[Entry, ...]:
        """Who is let in from elsewhere is told once, with the reason that comes first among all accounts."""
        outsiders: dict[str, Any] = {}
        for name in sorted(self._borders):
            for key, told in self._borders[name].beside.outsiders.items():
                if key not in outsiders or told[2] < outsiders[key][2]:
                    outsiders[key] = told
        found = {
            (e.kind, e.identity): e for e in outsider_entries({k: told[:2] for k, told in sorted(outsiders.items())})
        }
        for entry in (entry for facts in some for entry in facts.entries):
            found.setdefault((entry.kind, entry.identity), entry)
        principals = {p.key: p for name in sorted(self._borders) for p in self._borders[name].outside}
        return tuple(nested((found[key] for key in sorted(found)), principals))

    # ----- parts

    def parts(self) -> tuple[str, ...]:
        """One for each account, and some for strangers."""
        joined = self._all
        return (*sorted(joined.commons.read), *(f"{STRANGERS}{_BETWEEN}{first}" for first in joined.chunks))

    def part(self, key: str) -> Part:
        """Made of the facts of one account and bundles of those that let it in."""
        kind, between, first = key.partition(_BETWEEN)
        with uncollected():
            return Part(key, self._strangers(first) if between else self._own(kind))

    def asked(self, identity: str, target: str) -> str:
        """Strangers are asked about where the target lies."""
        scope = target.split(":")[4] if target.startswith("arn:") and target.count(":") > 4 else ""
        home = scope or self._all.commons.buckets.get(target.rpartition(":")[2], "")
        chunks = self._all.chunks.items()
        return next((f"{STRANGERS}{_BETWEEN}{first}" for first, accounts in chunks if home in accounts), "")

    def bindings(self) -> Iterator[Binding]:
        """Account by account."""
        for name in (*sorted(self._all.commons.read), SHARED):
            yield from bindings(_get(self.folder / f"{name}.facts"))

    @property
    def _all(self) -> Joined:
        joined: Joined = self._once("joined", lambda: _get(self.folder / "joined"))
        return joined

    def _own(self, account: str) -> AwsFacts:
        joined = self._all
        bundles = {name: self._bundle(name) for name in joined.hosts[account]}
        guests = [unit for one in bundles.values() for unit in one.letting_in(joined.ids[account])]
        facts: AwsFacts = _get(self.folder / f"{account}.facts")
        units = self._gathered(account, facts, bundles, guests)
        made = units.part_of(account, guests, joined.beyond)
        return visited(made, account, {key: some for one in bundles.values() for key, some in one.kept.items()})

    def _strangers(self, first: str) -> AwsFacts:
        chunk = self._all.chunks[first]
        bundles: dict[str, Bundle] = {f"{name}.strange": _get(self.folder / f"{name}.strange") for name in chunk}
        guests = [unit for one in bundles.values() for unit in one.guests]
        units = self._gathered(STRANGERS, AwsFacts("aws", principals=self._all.strangers), bundles, guests)
        return units.part_of(STRANGERS, guests, self._all.beyond)

    def _gathered(self, owner: str, facts: AwsFacts, bundles: dict[str, Bundle], guests: Sequence[str]) -> Units:
        """All units that the part may come to: as long as they lead into further accounts, those are looked up too."""
        while True:
            units = Units(self._with(facts, list(bundles.values())))
            inside = units.around(owner, guests)
            more = {name for unit in inside for name in self._leading(units, unit)} - bundles.keys() - {owner}
            if not more:
                return units
            bundles |= {name: self._bundle(name) for name in sorted(more)}

    def _leading(self, units: Units, unit: str) -> Iterator[str]:
        """The accounts whose things it stands on, and those whose things stand on it."""
        standing = self._all.standing
        for arn in units.named(unit) if standing else ():
            yield from standing.get(arn, ())[:1]
        for item in units.inside[unit] if standing else ():
            yield from standing.get(item.arn, ())[1:]
        yield from standing.get(unit, ()) if standing else ()

    def _with(self, facts: AwsFacts, bundles: Sequence[Bundle]) -> AwsFacts:
        """Facts with bundles of others, and what everybody must know."""
        joined = self._all
        nodes = {node.key: node for node in facts.nodes}
        for node in (*joined.nodes_of_nobody, *(node for one in bundles for node in one.nodes)):
            nodes.setdefault(node.key, node)
        return replace(
            facts,
            nodes=tuple(nodes.values()),
            resources=_together([facts.resources, *(one.resources for one in bundles), joined.nobodys]),
            assumed=joined.assumed,
            collected_at=joined.commons.collected_at,
            accounts=joined.commons.accounts,
            listed=joined.listed,
            canonical_ids=joined.canonical_ids,
            whole_organizations=joined.commons.whole_organizations,
            reasons={},
            tags={},
        )

    def _bundle(self, name: str) -> Bundle:
        """What an account shows to others, with what those stand on."""
        return self._once(f"bundle {name}", lambda: self._outward(name))

    def _outward(self, name: str) -> Bundle:
        outward: Bundle = _get(self.folder / f"{name}.outward")
        wanted = self._all.wanted.get(name, frozenset())
        if not wanted:
            return outward
        units = Units(_get(self.folder / f"{name}.facts"))
        keys = {units.node_of.get(arn, arn) for arn in wanted} & units.inside.keys()
        keys |= units.behind(keys)
        named = keys | wanted  # an account is a node and need be no resource
        nodes = {node.key: node for node in (*outward.nodes, *(n for n in units.facts.nodes if n.key in named))}
        resources = _together([outward.resources, units.resources(keys)])
        return replace(outward, resources=resources, nodes=tuple(nodes.values()))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


def _wanted(some: Sequence[Border]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in some:
        for account, arns in one.named.items():
            found[account] |= arns
    return {account: frozenset(arns) for account, arns in found.items()}


def _standing(some: Sequence[Border]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in some:
        for account, arns in one.named.items():
            for arn in sorted(arns):
                found[arn] = (*found.get(arn, (account,)), one.account)
    return found


def _beyond(some: Sequence[Border], strangers: Sequence[Principal]) -> Beyond:
    return Beyond(
        accounts=frozenset(),
        names=frozenset(chain.from_iterable(one.names for one in some)),
        services=services_of(strangers),
        tag_keys=tuple(sorted({key for one in some for key in one.tag_keys})),
        partitions=frozenset(chain.from_iterable(one.partitions for one in some)),
        tokens=tuple(p for p in strangers if p.provider in WEB_IDENTITY),
    )


def _together(some: Iterable[Kinds]) -> dict[str, tuple[Resource, ...]]:
    """Resources by kind, each once: the first that is found."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for kinds in some:
        for kind, items in kinds.items():
            known = found[kind]
            for item in items:
                known.setdefault(item.arn, item)
    return {kind: tuple(known[arn] for arn in sorted(known)) for kind, known in sorted(found.items())}


def _gaps(snapshots: Sequence[Pieces]) -> tuple[Gap, ...]:
    gaps = {gap for snapshot in snapshots for gap in snapshot.gaps}
    return tuple(sorted(gaps, key=lambda g: (g.scope, g.region, g.call, g.arguments, g.error, g.remedy)))


def _put(path: Path, what: Any) -> None:
    with path.with_suffix(f"{path.suffix}.part").open("wb") as file:
        pickle.dump(what, file, pickle.HIGHEST_PROTOCOL)
    path.with_suffix(f"{path.suffix}.part").replace(path)


def _get(path: Path) -> Any:
    with uncollected(), path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - written by this process or its children
