"""Who may open what in the toy cloud: badges grant, bars forbid, a torn page may say anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np

from graph.model import Because, Condition, Decision, Document, Evidence, Verdict
from graph.policy.bits import full
from graph.policy.relation import Relation, Row
from tests.toy.facts import CLOUD, OfficeFacts, Person

ACTIONS = {"door.open": "door", "ledger.sign": "ledger", "robot.start": "robot", "vault.unlock": "vault"}
WHEN = {
    "after hours": Condition("hour", "After", ("18:00",), "true", "caller"),
    "two keys": Condition("second_key", "Present", (), "true", "none"),
}
Given = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line that speaks of a pair: it allows or denies, for sure, under a condition, or it cannot be read."""

    layer: str
    effect: str
    verdict: Verdict
    evidence: Evidence
    condition: Condition | None = None


class OfficeAccess:
    """The toy's `Access`."""

    def __init__(self, facts: OfficeFacts) -> None:
        self.facts = facts
        self._people = {person.key: person for person in facts.people}
        self._relations: dict[str, Relation] = {}

    @cached_property
    def identities(self) -> tuple[str, ...]:
        return tuple(sorted(self._people if self.facts.asking is None else self.facts.asking))

    @property
    def everybody(self) -> tuple[str, ...]:
        """Whose badge may be worn."""
        return tuple(sorted(self._people))

    @cached_property
    def _things(self) -> Mapping[str, tuple[str, ...]]:
        nodes = self.facts.nodes
        return {kind: tuple(n.key for n in nodes if n.kind == kind) for kind in ("door", "ledger", "robot", "vault")}

    def actions(self) -> tuple[str, ...]:
        return tuple(action for action, kind in ACTIONS.items() if self._things[kind])

    def kinds(self, action: str) -> tuple[str, ...]:
        return (ACTIONS[action],) if action in ACTIONS else ()

    def relation(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        if action not in self._relations:
            self._relations[action] = self._relate(self._things[kind or ACTIONS[action]])
        return self._relations[action]

    def _relate(self, things: tuple[str, ...]) -> Relation:
        seen: dict[Row, int] = {}
        classes = [seen.setdefault(self._row(self._people[key], things), len(seen)) for key in self.identities]
        return Relation(self.identities, things, np.array(classes, np.int32), tuple(seen), self.facts.assumed)

    def _row(self, person: Person, things: tuple[str, ...]) -> Row:
        granted, barred = Row(0, 0), Row(0, 0)
        for at, thing in enumerate(things):
            for line in self._lines(person, thing):
                bit = 1 << at
                certain, unread = line.verdict is Verdict.ALLOWED, line.verdict is Verdict.UNKNOWN
                row = Row(bit * certain, bit, bit * unread)
                if line.effect == "Allow":
                    granted |= row
                else:
                    barred |= row
        open_to = full(len(things))
        return granted & Row(open_to & ~barred.upper, open_to & ~barred.lower, barred.unread)

    def _lines(self, person: Person, thing: str) -> Iterator[Line]:
        for name in person.badges:
            if name in self.facts.documents:
                yield from _granting(self.facts.documents[name], thing)
        for bar in self.facts.bars:
            if bar.door == thing and (bar.person == person.key or bar.badge in person.badges):
                evidence = Evidence(bar.document, bar.place, "Deny", "barred")
                yield Line("bars", "Deny", *_sure(bar.when, evidence))

    def decide(self, identity: str, action: str, resource: str, context: Given | None = None) -> Decision:
        person = self._people.get(identity)
        there = resource in self._things.get(ACTIONS.get(action, ""), ())
        lines = list(self._lines(person, resource)) if person and there else []
        allow = [line for line in lines if line.effect == "Allow"]
        deny = [line for line in lines if line.effect == "Deny"]
        if not allow or any(line.verdict is Verdict.ALLOWED for line in deny):
            return _denied(deny)
        sure = [line for line in allow if line.verdict is Verdict.ALLOWED]
        verdict = Verdict.ALLOWED if sure and not deny else _worst(deny if sure else allow + deny)
        badge = Verdict.ALLOWED if sure else _worst(allow)
        used = [*(sure or allow), *deny]
        return Decision(
            verdict,
            layers={"badge": str(badge), "bars": str(_worst(deny)) if deny else "none"},
            because=tuple(Because(line.layer, line.evidence) for line in used),
            conditions=tuple(dict.fromkeys(line.condition for line in used if line.condition)),
            assumed=self.facts.assumed.get(person.office, ()) if person else (),
        )

    def explain(self, identity: str, action: str, resource: str) -> tuple[str, ...]:
        decision = self.decide(identity, action, resource)
        lines = [f"{identity} may {action} {resource}: {decision.verdict}."]
        for because in decision.because:
            named = because.evidence
            lines.append(f"{because.layer}: {named.document} {named.place}." if named else f"{because.layer}: nothing.")
        return tuple(lines)

    def knows(self, identity: str) -> bool:
        return identity in self.identities

    def document(self, name: str) -> Document | None:
        return self.facts.documents.get(name)


def _granting(badge: Document, thing: str) -> Iterator[Line]:
    body: Mapping[str, Any] = badge.body or {}
    for number, entry in enumerate(body.get("opens", ())):
        if fnmatchcase(thing, f"{CLOUD}:{entry.get('office', body['office'])}:{entry['what']}"):
            evidence = Evidence(badge.name, f"/opens/{number}", "Allow", entry["what"])
            yield Line("badge", "Allow", *_sure(entry.get("when", ""), evidence))
    if badge.problem and thing.startswith(f"{CLOUD}:{body['office']}:"):
        yield Line("badge", "Allow", Verdict.UNKNOWN, Evidence(badge.name, "/torn", "Allow", badge.problem))


def _sure(when: str, evidence: Evidence) -> tuple[Verdict, Evidence, Condition | None]:
    return (Verdict.CONDITIONAL, evidence, WHEN[when]) if when else (Verdict.ALLOWED, evidence, None)


def _worst(lines: list[Line]) -> Verdict:
    unread = any(line.verdict is Verdict.UNKNOWN for line in lines)
    return Verdict.UNKNOWN if unread else Verdict.CONDITIONAL


def _denied(deny: list[Line]) -> Decision:
    sure = [line for line in deny if line.verdict is Verdict.ALLOWED]
    return Decision(
        Verdict.DENIED,
        explicit=bool(sure),
        layers={"badge": "none", "bars": "denied" if sure else "none"},
        blocked_by=("bars",) if sure else ("badge",),
        because=tuple(Because(line.layer, line.evidence) for line in sure) or (Because("badge", None),),
    )
