"""A path as it is kept with its finding: all that a page needs, so that the web never asks the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import orjson

from graph.clouds import clouds
from graph.model import Because, Evidence, Hop, Node, Path


@dataclass(frozen=True, slots=True)
class WitnessNode:
    """A node of the path, as `graph.model.Node` had it."""

    key: str
    kind: str
    name: str
    label: str
    cloud: str
    scope: str
    category: str
    targets: tuple[str, ...] = ()

    @classmethod
    def of(cls, node: Node) -> Self:
        return cls(
            node.key, node.kind, node.name, node.label, node.cloud, node.scope, node.category.value, node.targets
        )

    @classmethod
    def unknown(cls, key: str) -> Self:
        """A key that a hop names and the graph does not hold, such as a host in between."""
        return cls(key, "", key, "", "", "", "", ())

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "targets": tuple(data["targets"])})


@dataclass(frozen=True, slots=True)
class WitnessEvidence:
    """A place in a document: see `graph.model.Evidence`."""

    document: str
    place: str
    effect: str
    label: str = ""

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        return cls(evidence.document, evidence.place, evidence.effect, evidence.label)


@dataclass(frozen=True, slots=True)
class WitnessCondition:
    """What must hold, in words, and who chooses it: see `graph.model.Condition`."""

    key: str
    operator: str
    values: tuple[str, ...]
    needed: str
    chosen_by: str

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "values": tuple(data["values"])})


@dataclass(frozen=True, slots=True)
class WitnessReason:
    """What one layer said about an action, and the evidence for it. What was kept earlier names no action."""

    layer: str
    words: str
    evidence: WitnessEvidence | None
    action: str = ""

    @classmethod
    def of(cls, because: Because) -> Self:
        evidence = WitnessEvidence.of(because.evidence) if because.evidence else None
        return cls(because.layer, because.words, evidence, because.action)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        evidence = WitnessEvidence(**data["evidence"]) if data["evidence"] else None
        return cls(data["layer"], data["words"], evidence, data.get("action", ""))


@dataclass(frozen=True, slots=True)
class Rule:
    """The technique or harm rule behind a hop, in the words of its entry."""

    key: str
    title: str = ""
    fix: str = ""
    detect: str = ""
    references: tuple[str, ...] = ()

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "references": tuple(data["references"])})


@dataclass(frozen=True, slots=True)
class WitnessHop:
    """One step: who becomes, uses or harms whom, how, how sure, and why."""

    source: str
    target: str
    rule: Rule
    strength: str
    verdict: str
    sentence: str
    via: str
    evidence: tuple[WitnessEvidence, ...]
    conditions: tuple[WitnessCondition, ...]
    because: tuple[WitnessReason, ...]
    assumed: tuple[str, ...]
    gains: tuple[str, ...]
    removes: str

    @classmethod
    def of(cls, hop: Hop) -> Self:
        proof = hop.proof
        return cls(
            hop.source,
            hop.target,
            rule(hop.technique),
            hop.strength.value,
            hop.verdict.value,
            hop.sentence,
            proof.via,
            tuple(map(WitnessEvidence.of, proof.evidence)),
            tuple(WitnessCondition(c.key, c.operator, c.values, c.needed, c.chosen_by) for c in proof.conditions),
            tuple(map(WitnessReason.of, proof.because)),
            proof.assumed,
            proof.gains,
            proof.removes,
        )

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that had to be allowed, each once, in the order in which they are needed."""
        return tuple(dict.fromkeys(reason.action for reason in self.because if reason.action))

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **data,
                "rule": Rule.load(data["rule"]),
                "evidence": tuple(WitnessEvidence(**item) for item in data["evidence"]),
                "conditions": tuple(map(WitnessCondition.load, data["conditions"])),
                "because": tuple(map(WitnessReason.load, data["because"])),
                "assumed": tuple(data["assumed"]),
                "gains": tuple(data["gains"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Witness:
    """The whole path. `nodes` are those that the hops name, in the order in which they come."""

    id: str
    entry: str
    entry_kind: str
    entry_why: str
    target: str
    harm: str
    verdict: str
    reason: str
    assumed: tuple[str, ...]
    nodes: tuple[WitnessNode, ...]
    hops: tuple[WitnessHop, ...]

    @classmethod
    def of(cls, path: Path, nodes: Mapping[str, Node]) -> Self:
        keys = dict.fromkeys(_named(path))
        return cls(
            path.id,
            path.entry.identity,
            path.entry.kind.value,
            path.entry.why,
            path.target,
            path.harm,
            path.verdict.value,
            path.reason,
            path.assumed,
            tuple(WitnessNode.of(nodes[key]) if key in nodes else WitnessNode.unknown(key) for key in keys),
            tuple(map(WitnessHop.of, path.hops)),
        )

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """What `dump` wrote, as it was."""
        return cls(
            **{
                **data,
                "assumed": tuple(data["assumed"]),
                "nodes": tuple(map(WitnessNode.load, data["nodes"])),
                "hops": tuple(map(WitnessHop.load, data["hops"])),
            }
        )

    def dump(self) -> dict[str, Any]:
        """Plain JSON."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps(self))  # ten times as fast as dataclasses.asdict
        return plain

    def node(self, key: str) -> WitnessNode:
        return next((node for node in self.nodes if node.key == key), WitnessNode.unknown(key))

    @property
    def conditions(self) -> tuple[WitnessCondition, ...]:
        """Every condition along the path, once."""
        return tuple(dict.fromkeys(condition for hop in self.hops for condition in hop.conditions))

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that the hops' evidence names, sorted."""
        plain = {evidence.document for hop in self.hops for evidence in hop.evidence}
        layered = {reason.evidence.document for hop in self.hops for reason in hop.because if reason.evidence}
        return tuple(sorted(plain | layered))


@cache
def layer_names() -> Mapping[str, str]:
    """What people call the layers of decisions and the limits that were never asked for, over all clouds."""
    return {key: name for cloud in clouds().values() for key, name in cloud.layers.items()}


@cache
def rule(key: str) -> Rule:
    """The technique or target rule with this key; an edge without one, such as a membership, has only its key."""
    for cloud in clouds().values():
        for technique in cloud.techniques:
            if technique.key == key:
                return Rule(key, technique.title, technique.fix, technique.detect, technique.references)
        for target in cloud.targets:
            if target.key == key:
                return Rule(key, target.title, references=target.references)
    return Rule(key)


@cache
def family(key: str) -> str:
    """The family of a technique; empty for a harm, and for an edge that is neither."""
    found = (technique.family for cloud in clouds().values() for technique in cloud.techniques if technique.key == key)
    return next(found, "")


def _named(path: Path) -> Iterable[str]:
    yield path.entry.identity
    for hop in path.hops:
        yield hop.source
        if hop.proof.via:
            yield hop.proof.via
        yield hop.target
    yield path.target
