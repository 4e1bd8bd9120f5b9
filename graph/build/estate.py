"""An estate graph with all that is needed to prove its edges."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graph.build.drawing import OWNER, SET_PREFIX, Drawn, Rule, Share
from graph.build.spread import Spread
from graph.cloud import Access, Binding, Cloud, Part
from graph.model import Because, Decision, Document, Edge, Entry, Facts, Gap, Graph, Hop, Node, Problem, Proof
from graph.policy.relation import Relation, side_by_side
from graph.pool import each, workers

__all__ = ["OWNER", "SET_PREFIX", "Estate", "Work"]

# What facts say by themselves, without a decision to replay.
_PLAIN = {
    "MEMBER_OF": "{source} is a member of {target}",
    "RUNS_AS": "{source} runs as {target}",
    OWNER: "whoever owns {source} can become every identity in it, {target} too",
    "reaches-agent": "{source} ends up in what {target} is told",
    "calls-tool": "{source} calls {target} as a tool",
    "calls-tool-guarded": "{source} calls {target} as a tool, where its guards let it",
    "hands-on": "{source} hands work on to {target}",
    "acts-as": "{source} does its work as {target}",
    "acts-as-guarded": "{source} does its work as {target}, where its guards let it",
    "answers-from": "{source} answers from {target}",
    "answers-from-guarded": "{source} answers from {target}, where its guards let it",
    "let-in-unnamed": "{source} is let into {target}, whoever it works for",
}
_READ_SO = (Because("snapshot", None, "It stands so in the snapshot; there is nothing to decide."),)
_PLAIN_BECAUSE: Mapping[str, tuple[Because, ...]] = {
    OWNER: (Because("account", None, "The owner of an account can reset or replace every identity in it."),),
}
_OPEN = 2  # parts whose access is kept, once it was needed for a proof
_WORTH_A_PROCESS = 200  # hops; below that, starting processes costs more than it saves
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Work:
    """One cloud's share of an estate: its facts, the parts they fall into and what was found of each part."""

    cloud: Cloud
    facts: Facts
    access: Access
    parts: tuple[Part, ...]
    shares: tuple[Share, ...]
    drawn: Drawn | None = None  # of an estate in one piece, for a later one
    _opened: OrderedDict[int, Access] = field(default_factory=OrderedDict, repr=False)

    @cached_property
    def part_of(self) -> Mapping[str, int]:
        """The part that answers for an identity."""
        return {key: number for number, share in enumerate(self.shares) for key in share.identities}

    def number(self, identity: str, _target: str = "") -> int:
        """The part that answers for an identity."""
        return self.part_of.get(identity, -1)

    def asked(self, identity: str, _target: str = "") -> Access:
        """The access that answers for an identity; only the last few are kept, since an estate is large."""
        number = self.number(identity)
        if number < 0 or self.parts[number].facts is self.facts:
            return self.access
        known = self._opened.pop(number, None) or self.cloud.access(self.parts[number].facts)
        self._opened[number] = known
        while len(self._opened) > _OPEN:
            self._opened.popitem(last=False)
        return known

    def answering(self, identity: str) -> Access | None:
        return self.access if identity in self.access.identities else None

    def knowing(self, identity: str) -> Access | None:
        return self.access if self.access.knows(identity) else None

    def accesses(self) -> Iterator[Access]:
        yield self.access

    def identities(self) -> Iterator[str]:
        return iter(self.access.identities)

    def bindings(self) -> Iterator[Binding]:
        yield from self.cloud.bindings(self.facts)

    def document(self, name: str) -> Document | None:
        return self.access.document(name)

    def latents(self) -> Iterator[tuple[str, Relation]]:
        """By technique, what would be reached if a host existed, of all parts together."""
        for rule in dict.fromkeys(key for share in self.shares for key in share.latent):
            yield rule, side_by_side([share.latent[rule] for share in self.shares if rule in share.latent])


@dataclass(frozen=True, eq=False)
class Estate:
    """An estate graph with all that is needed to prove its edges."""

    graph: Graph
    works: Mapping[str, Work | Spread]
    rules: Mapping[str, tuple[str, Rule]]
    nodes: Mapping[str, Node]
    _proofs: dict[tuple[str, str, str], Proof] = field(default_factory=dict, repr=False)
    _documents: dict[str, Document] = field(default_factory=dict, repr=False)  # that proved hops name

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """By cloud."""
        return {key: work.facts for key, work in self.works.items()}

    @cached_property
    def accesses(self) -> Mapping[str, Access]:
        """By cloud, of the whole estate where one process holds it."""
        return {key: work.access for key, work in self.works.items() if isinstance(work, Work)}

    @cached_property
    def latent(self) -> Mapping[str, Relation]:
        """By technique, over node keys: what would be reached if a host existed. Of a large estate see `latents`."""
        found: dict[str, list[Relation]] = {}
        for rule, relation in self.latents():
            found.setdefault(rule, []).append(relation)
        return {rule: side_by_side(some) if len(some) > 1 else some[0] for rule, some in found.items()}

    def latents(self) -> Iterator[tuple[str, Relation]]:
        """The same, which may come in several relations over different identities for a technique."""
        for work in self.works.values():
            yield from work.latents()

    # ----- what is known of it

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The real places to start, of every cloud, sorted; each once."""
        found = {(e.kind, e.identity): e for facts in self.facts.values() for e in facts.entries}
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def gaps(self) -> Mapping[tuple[str, str], tuple[Gap, ...]]:
        """By cloud and scope, what was asked for and not got."""
        found: dict[tuple[str, str], list[Gap]] = {}
        for facts in self.facts.values():
            for gap in facts.gaps:
                found.setdefault((gap.cloud, gap.scope), []).append(gap)
        return {place: tuple(gaps) for place, gaps in found.items()}

    @cached_property
    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """By cloud, the bad input that was left out."""
        return {key: facts.problems for key, facts in self.facts.items()}

    @cached_property
    def assumed(self) -> Mapping[str, tuple[str, ...]]:
        """By scope, the limits and grants of a kind that was never asked for."""
        return {scope: kinds for facts in self.facts.values() for scope, kinds in facts.assumed.items()}

    def bindings(self) -> Iterator[Binding]:
        """What binds whom, cloud by cloud."""
        for work in self.works.values():
            yield from work.bindings()

    def ceilings(self, rule: str) -> tuple[str, ...]:
        """The layers of a rule's proofs that only limit what others grant."""
        return self.works[self.rules[rule][0]].cloud.ceilings

    def called(self, layer: str) -> str:
        """What people call a layer of a proof or a limit that was never asked for."""
        names = (work.cloud.layers.get(layer) for work in self.works.values())
        return next(filter(None, names), layer)

    # ----- single questions

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """Everybody who can be asked about, sorted."""
        return tuple(sorted({key for work in self.works.values() for key in work.identities()}))

    def answering(self, identity: str) -> Access | None:
        """The access that answers for an identity; None when nobody of that name was read."""
        return next(filter(None, (work.answering(identity) for work in self.works.values())), None)

    def knowing(self, identity: str) -> Access | None:
        """As above, or the access that can decide about a stranger by its name."""
        return next(filter(None, (work.knowing(identity) for work in self.works.values())), None)

    def asking(self, action: str) -> Iterator[Access]:
        """Each access that knows the action; every identity is in one of them."""
        return (access for work in self.works.values() for access in work.accesses() if access.kinds(action))

    def decide(self, identity: str, action: str, resource: str) -> Decision | None:
        """The point question; None where no cloud can be asked it."""
        known = filter(None, (work.knowing(identity) for work in self.works.values()))
        access = next((access for access in known if access.kinds(action)), None)
        return access.decide(identity, action, resource) if access else None

    # ----- proofs

    def prove(self, rule: str, source: str, target: str) -> Proof:
        """Why the pair is related by that rule, replayed by point decisions and kept."""
        asked = (rule, source, target)
        if asked not in self._proofs:
            cloud, known = self.rules[rule]
            self._proofs[asked] = known.prove(self.works[cloud].asked(source, target), source, target)
        return self._proofs[asked]

    def hop(self, edge: Edge) -> Hop:
        """An edge between two real nodes (no set) as a step of a path, with its proof and its sentence."""
        if edge.rule in self.rules:
            proof, template = self.prove(edge.rule, edge.source, edge.target), self.rules[edge.rule][1].sentence
        else:
            template = _PLAIN.get(edge.rule) or _PLAIN[edge.edge_class]
            proof = self._reason(edge)
        via = self.name(proof.via) if proof.via else "a host"
        sentence = template.format(source=self.name(edge.source), target=self.name(edge.target), via=via)
        return Hop(edge.source, edge.target, edge.rule, edge.strength, edge.verdict, proof, sentence)

    def hops(
        self,
        edges: Iterable[Edge],
        progress: Progress = lambda _done, _total, _words: None,
        processes: int | None = None,
    ) -> Mapping[Edge, Hop]:
        """Many edges as steps of paths, those of one part together, side by side where that pays."""
        batches: dict[tuple[str, int], dict[Edge, None]] = {}
        for edge in edges:
            batches.setdefault(self._asked_of(edge), {})[edge] = None
        some = [list(batches[place]) for place in sorted(batches)]
        total, found = sum(map(len, some)), dict[Edge, Hop]()
        at_once = workers(processes) if total >= _WORTH_A_PROCESS else 1
        told = each(lambda at: self._proved(some[at]), len(some), at_once)
        for batch, (hops, documents) in zip(some, told, strict=True):
            found.update(zip(batch, hops, strict=True))
            self._documents.update(documents)
            progress(len(found), total, "proving hops")
        return found

    def _proved(self, edges: Iterable[Edge]) -> tuple[list[Hop], dict[str, Document]]:
        """Hops of one part, and the documents that they name as long as the part is open."""
        hops, known = [], dict[str, Document]()
        for edge in edges:
            hops.append(self.hop(edge))
            names = sorted({evidence.document for evidence in hops[-1].proof.evidence} - known.keys())
            access = self._access_to(edge) if names else None
            found = {name: access.document(name) for name in names} if access else {}
            known.update({name: document for name, document in found.items() if document})
        return hops, known

    def _access_to(self, edge: Edge) -> Access | None:
        """The access that proves an edge, or that knows what facts say of one."""
        if edge.rule in self.rules:
            return self.works[self.rules[edge.rule][0]].asked(edge.source, edge.target)
        return self.answering(self._beside(edge))

    def _asked_of(self, edge: Edge) -> tuple[str, int]:
        """The part that proves an edge, or knows what facts say of it."""
        if edge.rule in self.rules:
            cloud = self.rules[edge.rule][0]
            return cloud, self.works[cloud].number(edge.source, edge.target)
        cloud = self.nodes[edge.source].cloud
        return cloud, self.works[cloud].number(self._beside(edge)) if cloud in self.works else -1

    def _beside(self, edge: Edge) -> str:
        """Somebody whose part knows what facts say of an edge: who lives where it ends or begins; "" for nobody."""
        ends = (self.nodes[edge.target], self.nodes[edge.source])
        return next(filter(None, (self._somebody.get((node.cloud, node.scope)) for node in ends)), "")

    @cached_property
    def _somebody(self) -> Mapping[tuple[str, str], str]:
        """By cloud and scope, an identity that lives there."""
        found = ((self.nodes[key], key) for key in self.identities if key in self.nodes)
        return {(node.cloud, node.scope): key for node, key in found}

    def _reason(self, edge: Edge) -> Proof:
        """Why an edge is there that needed no decision."""
        known = self.facts.get(self.nodes[edge.source].cloud)
        told = known.reasons.get((edge.source, edge.rule, edge.target)) if known else None
        return told or Proof(edge.verdict, assumed=edge.assumed, because=_PLAIN_BECAUSE.get(edge.rule, _READ_SO))

    def name(self, key: str) -> str:
        """The words for a node; its key when it has none."""
        return self.nodes[key].name or key if key in self.nodes else key

    def document(self, name: str) -> Document | None:
        """The document that evidence names."""
        found = (work.document(name) for work in self.works.values())
        return self._documents.get(name) or next(filter(None, found), None)
