"""Answer questions from the stored snapshots of an estate graph. Only workers import this: it runs the engine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ciem.paths.models import Question, QuestionKind
from ciem.paths.witness import Rule, rule
from ciem.scans import storage
from ciem.scans.models import EstateGraph
from graph.cloud import Access, Target, Technique
from graph.clouds import clouds
from graph.model import Because, Condition, Evidence, Node


class UnanswerableError(Exception):
    """A question that makes no sense for this graph; the message says why."""


@lru_cache(maxsize=2)
def _access(graph_id: str, cloud: str) -> tuple[Access, dict[str, Node]]:
    """One cloud's part of an estate graph, ready to decide; the last ones are kept."""
    records = EstateGraph.objects.get(graph_id=graph_id).snapshots.filter(cloud=cloud).order_by("snapshot_id")
    facts = clouds()[cloud].read([storage.load(record) for record in records])
    return clouds()[cloud].access(facts), {node.key: node for node in facts.nodes}


def answer(question: Question) -> dict[str, Any]:
    """The answer as JSON: verdict, sentences, what decided, what is left open, and the documents it rests on."""
    ask = _why_edge if question.kind == QuestionKind.EDGE else _may
    keys = sorted(set(question.graph.snapshots.values_list("cloud", flat=True)))
    if question.kind == QuestionKind.ACCESS:
        _check_action(keys, question.verb)
    for cloud in keys:
        access, nodes = _access(question.graph.graph_id, cloud)
        if question.subject in nodes or (question.kind == QuestionKind.ACCESS and access.knows(question.subject)):
            return ask(question, access, nodes)
    raise UnanswerableError("The identity is not part of what was read.")


def _check_action(keys: Iterable[str], action: str) -> None:
    """A name that none of the clouds has is told before anything is read."""
    said = [clouds()[key].misspelt(action) for key in keys]
    if said and all(said):
        raise UnanswerableError(" ".join(said))


def _may(question: Question, access: Access, _nodes: dict[str, Node]) -> dict[str, Any]:
    if not access.kinds(question.verb):
        raise UnanswerableError(f"`{question.verb}` is no action of this cloud.")
    if not access.knows(question.subject):
        raise UnanswerableError("Only an identity can be asked about.")
    decision = access.decide(question.subject, question.verb, question.object)
    return {
        "verdict": decision.verdict.value,
        "explicit": decision.explicit,
        "sentences": list(access.explain(question.subject, question.verb, question.object)),
        "layers": dict(decision.layers),
        "blocked_by": list(decision.blocked_by),
        "because": _because(decision.because),
        "conditions": _conditions(decision.conditions),
        "assumed": list(decision.assumed),
        **_documents(access, (b.evidence for b in decision.because)),
    }


def _why_edge(question: Question, access: Access, nodes: dict[str, Node]) -> dict[str, Any]:
    found = _rule_of(question.verb)
    proof = found.prove(access, question.subject, question.object)
    names = {key: node.name or key for key, node in nodes.items()}
    sentence = found.sentence.format(
        source=names[question.subject],
        target=names.get(question.object, question.object),
        via=names.get(proof.via, proof.via) or "a host",
    )
    known: Rule = rule(question.verb)
    told = _documents(access, (*proof.evidence, *(b.evidence for b in proof.because)))
    via = {nodes[proof.via].scope} if proof.via in nodes else set()
    return {
        **told,
        "scopes": sorted({*told["scopes"], *via}),
        "verdict": proof.verdict.value,
        "sentences": [sentence],
        "title": known.title,
        "fix": known.fix,
        "detect": known.detect,
        "references": list(known.references),
        "evidence": [_evidence(item) for item in proof.evidence],
        "because": _because(proof.because),
        "conditions": _conditions(proof.conditions),
        "assumed": list(proof.assumed),
        "via": proof.via,
        "gains": list(proof.gains),
        "removes": proof.removes,
    }


def _rule_of(key: str) -> Technique | Target:
    for cloud in clouds().values():
        known: tuple[Technique | Target, ...] = (*cloud.techniques, *cloud.targets)
        for found in known:
            if found.key == key:
                return found
    raise UnanswerableError("This edge is a fact, read as it stands: there is no decision to explain.")


def _evidence(evidence: Evidence) -> dict[str, str]:
    return {
        "document": evidence.document,
        "place": evidence.place,
        "effect": evidence.effect,
        "label": evidence.label,
    }


def _because(reasons: Iterable[Because]) -> list[dict[str, Any]]:
    return [
        {
            "layer": b.layer,
            "words": b.words,
            "action": b.action,
            "evidence": _evidence(b.evidence) if b.evidence else None,
        }
        for b in reasons
    ]


def _conditions(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    return [
        {"key": c.key, "operator": c.operator, "values": list(c.values), "needed": c.needed, "chosen_by": c.chosen_by}
        for c in conditions
    ]


def _documents(access: Access, evidence: Iterable[Evidence | None]) -> dict[str, Any]:
    """The documents that were named, and the scopes in which they were read."""
    named = sorted({item.document for item in evidence if item is not None})
    found = [document for name in named if (document := access.document(name))]
    return {
        "documents": {each.name: {"body": each.body, "problem": each.problem} for each in found},
        "scopes": sorted({each.scope for each in found}),
    }
