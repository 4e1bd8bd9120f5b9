"""Steering an agent: whoever may talk to it, write what it reads or change how it is set up has it act for them.

Each follows from harms to the agent or to what it reads. It is use, not takeover: what comes of it is what the agent's
own tools do, and only if the agent can be talked into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from graph.cloud import Solved, Technique
from graph.clouds.aws.facts import Resource
from graph.clouds.aws.harms import agentcore, agents, data, keys, search
from graph.clouds.aws.harms.row import Harm
from graph.clouds.aws.rules.ground import AwsQuestions, Ground, ground
from graph.clouds.aws.rules.language import every_need
from graph.clouds.aws.rules.links import Link
from graph.clouds.aws.rules.places import basis, linked
from graph.clouds.aws.rules.prove import NO, best_of
from graph.model import Proof, Strength, Verdict
from graph.policy.relation import Relation

FAMILY = "agent-use"
KINDS = ("bedrock:agent", "bedrock:flow", "bedrock-agentcore:runtime", "bedrock-agentcore:gateway")
_PARTS = ("bedrock:agent-alias", "bedrock:flow-alias", "bedrock-agentcore:runtime-endpoint")  # by which one calls them
_OWN = ("agent", "agent_tool")
Reads = Callable[[Ground, Resource], tuple[str, ...]]


def _itself(_base: Ground, agent: Resource) -> tuple[str, ...]:
    return (agent.node,)


def _read_by(base: Ground, agent: Resource) -> tuple[str, ...]:
    """The knowledge bases that it asks, the stores they answer from, and the buckets that those are filled from."""
    bases = linked(agent, "knowledge_bases")
    known = (base.places.resources[name] for name in bases if name in base.places.resources)
    behind = (base.places.resources.get(arn) for item in known for arn in basis(item))
    return tuple(dict.fromkeys((*bases, *(item.node for item in behind if item))))


@dataclass(frozen=True, slots=True)
class Steering:
    """One way of steering agents: `rows` are the harms that do it, to any node that `over` names for an agent."""

    key: str
    precondition: str
    title: str
    sentence: str
    rows: tuple[Harm, ...]
    over: Reads
    fix: str
    page: str
    prerequisites: str
    attack: tuple[str, ...]

    def technique(self) -> Technique:
        return Technique(
            key=self.key,
            title=self.title,
            family=FAMILY,
            strength=Strength.USES,
            sentence=self.sentence,
            needs=tuple(sorted({words for row in self.rows for words in row.target().needs})),
            gives="what the agent's tools do, if the agent can be talked into it",
            fix=self.fix,
            detect=f"CloudTrail, data events among them: {', '.join(self._events())}",
            references=(self.page,),
            solve=self.solve,
            prove=self.prove,
            prerequisites=self.prerequisites,
            attack=self.attack,
            precondition=self.precondition,
        )

    def _events(self) -> tuple[str, ...]:
        actions = (need.action for row in self.rows for need in every_need(row.rule))
        return tuple(sorted({action.partition(":")[2] for action in actions if not action.startswith("kms:")}))

    def solve(self, access: AwsQuestions) -> Solved:
        base = ground(access)
        return base.once(("steering", self.key), partial(self._solve, base))

    def _solve(self, base: Ground) -> Solved:
        over = self._over(base)
        names, wanted = tuple(sorted(over)), {node for nodes in over.values() for node in nodes}
        whole = base.nobody(names)
        for row in self.rows:
            harmed = None if wanted.isdisjoint(base.places.universe(row.rule)) else row.solve(base.access).reaches
            if harmed is not None:
                whole = whole.best(_image(harmed, over, names))
        return Solved(reaches=whole)

    def prove(self, access: AwsQuestions, source: str, target: str) -> Proof:
        nodes = self._over(ground(access)).get(target, ())
        return best_of(self._proofs(access, source, nodes)) if nodes else NO

    def _proofs(self, access: AwsQuestions, source: str, nodes: tuple[str, ...]) -> Iterator[Proof]:
        places = ground(access).places
        for row in self.rows:
            there = set(nodes).intersection(places.universe(row.rule))
            harmed = row.solve(access).reaches if there else None
            for node in sorted(there):
                if harmed is not None and harmed.verdict(source, node) is not Verdict.DENIED:
                    proof = row.prove(access, source, node)
                    yield proof if self.over is _itself else _through(proof, node)

    def _over(self, base: Ground) -> Mapping[str, tuple[str, ...]]:
        """For each agent the nodes that steer it when harmed."""
        return base.once(("steered", self.key), lambda: dict(self._steered(base)))

    def _steered(self, base: Ground) -> Iterator[tuple[str, tuple[str, ...]]]:
        for kind in KINDS:
            for agent in base.places.of(kind):
                if nodes := self.over(base, agent):
                    yield agent.node, nodes


def _image(harmed: Relation, over: Mapping[str, tuple[str, ...]], agents: tuple[str, ...]) -> Relation:
    steps: dict[str, list[str]] = {}
    for agent in agents:
        for node in over[agent]:
            steps.setdefault(node, []).append(agent)
    return Link(harmed.resources, agents, steps).image(harmed)


def _through(proof: Proof, node: str) -> Proof:
    """What was written stands between."""
    return Proof(proof.verdict, proof.evidence, proof.conditions, proof.assumed, proof.because, via=node)


def _calls(row: Harm) -> bool:
    """Whether it is done by calling: what one calls does as it is set up to."""
    return any(":Invoke" in need.action for need in every_need(row.rule))


_ROWS = tuple(row for room in (agents, agentcore, data, keys, search) for row in room.ROWS)
_OF_AGENTS = tuple(row for row in _ROWS if row.asset in _OWN and row.rule.kind in (*KINDS, *_PARTS))
_TALKING = tuple(row for row in _OF_AGENTS if row.harm in ("invoke", "hijack_tools") and _calls(row))
_CHANGING = tuple(row for row in _OF_AGENTS if row.harm == "hijack_tools" and not _calls(row))
_WRITING = tuple(row for row in _ROWS if row.asset == "rag_store" and row.harm == "poison_data")

WAYS = (
    Steering(
        key="aws.steer-agent-direct",
        precondition="direct",
        title="Tell an agent what to do",
        sentence="{source} can tell {target} what to do",
        rows=_TALKING,
        over=_itself,
        fix="Let only those call the agent who may do themselves what its tools do, and put a guardrail before it.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/agents-guardrail.html",
        prerequisites="An agent with tools that it can be talked into using.",
        attack=("T1648",),
    ),
    Steering(
        key="aws.steer-agent-indirect",
        precondition="indirect",
        title="Write what an agent reads",
        sentence="{source} can write what {target} reads, in {via}",
        rows=_WRITING,
        over=_read_by,
        fix="Let only those write the sources of a knowledge base whom the agents that ask it may obey.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-injection.html",
        prerequisites="A knowledge base that the agent asks; what is in a bucket is taken in at its next ingestion.",
        attack=("T1565.001", "T1648"),
    ),
    Steering(
        key="aws.steer-agent-config",
        precondition="config",
        title="Change what an agent does for everybody",
        sentence="{source} can change what {target} does when others call it",
        rows=_CHANGING,
        over=_itself,
        fix="Keep changes to agents, action groups and gateway targets with their developers, behind review.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/agents-manage.html",
        prerequisites="An agent that somebody calls.",
        attack=("T1648", "T1546"),
    ),
)
TECHNIQUES = tuple(way.technique() for way in WAYS)
