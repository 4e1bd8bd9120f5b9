"""The hops of a path with why each holds: layers, documents with marks, conditions, and what was assumed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ciem.paths.factors import Factors
from ciem.paths.models import PolicyDocument
from ciem.paths.witness import (
    Rule,
    Witness,
    WitnessCondition,
    WitnessEvidence,
    WitnessHop,
    WitnessReason,
    family,
)
from ciem.web.asks import Ask, asking
from ciem.web.evidence import Sheet, sheet
from ciem.web.faces import Face, face
from ciem.web.names import visible
from ciem.web.picture import Step
from ciem.web.words import HARM_VERBS, assumption, fact, layer, short_name
from ciem.web.words import condition as sentence

_REMOVAL = "guardrail-removal"  # the family of techniques that do nothing but that
_ICONS = {"allow": "ok", "deny": "denied", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer said, and of which actions. `decides` when it brought evidence."""

    name: str
    words: str
    icon: str
    decides: bool
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with the hop it stands on; `open` when whoever calls may choose it."""

    key: str
    operator: str
    needed: str
    chosen_by: str
    hop: int

    @property
    def open(self) -> bool:
        return self.chosen_by == "caller"


@dataclass(frozen=True, slots=True)
class Reference:
    """A page to read on: a link when it is one, else only its words."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class HopView:
    """A hop with everything behind it. `sentence` comes in pieces; those that name a node are strong."""

    number: int
    sentence: tuple[tuple[str, bool], ...]
    verdict: str
    strength: str
    why: str
    source: Face
    target: Face
    via: Face | None
    actions: tuple[str, ...]
    layers: tuple[Layer, ...]
    sheets: tuple[Sheet, ...]
    conditions: tuple[Condition, ...]
    assumed: str
    rule: Rule
    references: tuple[Reference, ...]
    gains: str
    removes: str
    before: str
    ask: Ask
    open: bool
    bits: str
    asked: str
    chokes: tuple[object, ...]


def hops(
    witness: Witness,
    documents: Mapping[str, PolicyDocument],
    chokes: Mapping[int, tuple[object, ...]],
    factors: Factors | None,
) -> tuple[HopView, ...]:
    """The first hop that is not plainly allowed stands open: that is what a reader wants to know."""
    views = _hops(witness, documents)
    bits = factors.hops if factors and len(factors.hops) == len(views) else ()
    asked = factors.asked if factors and len(factors.asked) == len(views) else ()
    return tuple(
        replace(
            view,
            bits=f"{bits[i]:g}" if bits else "",
            asked=f"{asked[i]:g}" if asked and asked[i] else "",
            chokes=chokes.get(view.number, ()),
        )
        for i, view in enumerate(views)
    )


def _hops(witness: Witness, documents: Mapping[str, PolicyDocument]) -> tuple[HopView, ...]:
    doubtful = next((i for i, hop in enumerate(witness.hops, 1) if hop.verdict != "allowed"), 1)
    return tuple(_hop(i, hop, witness, documents, i == doubtful) for i, hop in enumerate(witness.hops, 1))


def _before(key: str) -> str:
    """What is done first to what a hop names so: a guard is taken away, anything else is only made another."""
    return "Removes a guard first" if family(key) == _REMOVAL else "Changes first"


def _hop(
    number: int, hop: WitnessHop, witness: Witness, documents: Mapping[str, PolicyDocument], is_open: bool
) -> HopView:
    wide = _wide(hop, documents)
    return HopView(
        number=number,
        sentence=emphasised(hop.sentence, (witness.node(key).name for key in (hop.source, hop.via, hop.target) if key)),
        verdict=hop.verdict,
        strength=hop.strength,
        why=f"Why it is {hop.verdict}",
        source=face(witness.node(hop.source)),
        target=face(witness.node(hop.target)),
        via=face(witness.node(hop.via)) if hop.via else None,
        actions=tuple(map(visible, hop.actions)),
        layers=tuple(_layers(hop, wide)),
        sheets=tuple(sheets((e for e in _evidence(hop) if (e.document, e.place) not in wide), documents)),
        conditions=tuple(_condition(condition, number) for condition in hop.conditions),
        assumed=", ".join(map(assumption, hop.assumed)),
        rule=hop.rule,
        references=tuple(map(reference, hop.rule.references)),
        gains=", ".join(hop.gains),
        removes=hop.removes,
        before=_before(hop.rule.key),
        ask=asking(hop.source, hop.rule.key, hop.target) if hop.rule.title else (),
        open=is_open,
        bits="",
        asked="",
        chokes=(),
    )


def emphasised(sentence: str, names: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """The sentence cut at the names in it, the longest name first where one is part of another."""
    known = sorted(filter(None, set(names)), key=lambda name: (-len(name), name))
    if not known:
        return ((sentence, False),)
    pieces = re.split(f"({'|'.join(map(re.escape, known))})", sentence)
    return tuple((piece, piece in known) for piece in pieces if piece)


def _condition(condition: WitnessCondition, number: int) -> Condition:
    operator = " ".join((condition.operator, *condition.values[:5]))
    more = len(condition.values) - 5
    return Condition(
        condition.key,
        operator + (f" and {more} more" if more > 0 else ""),
        sentence(condition.key, condition.operator, condition.values, condition.needed),
        condition.chosen_by,
        number,
    )


def reference(text: str) -> Reference:
    """An address as a link; other words stay words."""
    return Reference(text.removeprefix("https://"), text if text.startswith("https://") else "")


def _layers(hop: WitnessHop, wide: Collection[tuple[str, str]]) -> Iterator[Layer]:
    """What each layer said, one line for all actions of which it said the same.

    Those that allow everything decide nothing here: one line names them.
    """
    passed: dict[str, list[str]] = {}
    said: dict[WitnessReason, list[str]] = {}
    for reason in hop.because:
        found = reason.evidence
        if found and (found.document, found.place) in wide:
            passed.setdefault(reason.layer, []).append(short_name(found.document))
        else:
            said.setdefault(replace(reason, action=""), []).append(reason.action)
    for reason, actions in said.items():
        found = reason.evidence
        icon = _ICONS.get(found.effect.lower(), "unknown") if found else "minus"
        named = tuple(visible(action) for action in dict.fromkeys(actions) if action and action not in reason.words)
        named = named if len(hop.actions) > 1 else ()  # one action is told above, and once will do
        yield Layer(layer(reason.layer), _said(reason), icon, found is not None and icon != "unknown", named)
    for name, documents in passed.items():
        yield Layer(layer(name), f"allows everything ({', '.join(dict.fromkeys(documents))})", "minus", False)


def _said(reason: WitnessReason) -> str:
    """The words of a layer, after the statement that decides and the document it stands in."""
    if reason.evidence is None:
        return reason.words
    label, document = reason.evidence.label, short_name(reason.evidence.document)
    where = f"statement {label.removeprefix('statement ')} in {document}" if label else document
    return f"{where}: {reason.words}" if reason.words else where


def _wide(hop: WitnessHop, documents: Mapping[str, PolicyDocument]) -> frozenset[tuple[str, str]]:
    """Statements that allow everything on everything, unless nothing else decides."""
    places = {(item.document, item.place) for item in _evidence(hop)}
    wide = {place for place in places if _is_wide(documents.get(place[0]), place[1])}
    return frozenset(wide if wide != places else ())


def _is_wide(document: PolicyDocument | None, place: str) -> bool:
    """Whether all that the statement says, but for its name and effect, is a star."""
    statement: Any = document.body if document else None
    for part in place.split("/")[1:]:
        known = isinstance(statement, dict) and part in statement
        index = isinstance(statement, list) and part.isdecimal() and int(part) < len(statement)
        statement = statement[part] if known else statement[int(part)] if index else None
    if not isinstance(statement, dict) or "Allow" not in statement.values():
        return False
    stars = [value for value in statement.values() if value in ("*", ["*"])]
    return len(stars) >= 2 and all(isinstance(value, str) or value == ["*"] for value in statement.values())


def _evidence(hop: WitnessHop) -> Iterator[WitnessEvidence]:
    yield from hop.evidence
    yield from (reason.evidence for reason in hop.because if reason.evidence)


def sheets(evidence: Iterator[WitnessEvidence], documents: Mapping[str, PolicyDocument]) -> Iterator[Sheet]:
    """Each document once, with every place marked that decides, in the order in which they are named."""
    places: dict[str, list[str]] = {}
    for item in evidence:
        places.setdefault(item.document, []).append(item.place)
    for name, marks in places.items():
        document = documents.get(name)
        if document is None:
            yield Sheet(name, problem="The document was not kept with this graph.")
        else:
            yield sheet(name, document.body, marks, document.problem)


def steps(witness: Witness, href: str = "") -> tuple[Step, ...]:
    """The path as a picture draws it. Without `href` the lines lead to the hops of the same page."""
    last = len(witness.hops)
    return tuple(
        Step(
            hop.source,
            hop.target,
            _verb(hop, witness.harm if i == last else "", witness.node(hop.via).kind),
            hop.verdict,
            hop.via,
            0 if href else i,
            href or f"#hop-{i}",
            "runs as" if witness.node(hop.via).category in {"workload", ""} else "leads to",
        )
        for i, hop in enumerate(witness.hops, 1)
    )


def _verb(hop: WitnessHop, harm: str, via: str) -> str:
    if harm:
        return HARM_VERBS.get(harm, "can harm")
    if not hop.rule.title:
        return fact(hop.rule.key)
    if via == "group":
        return "can join"
    return "becomes" if hop.strength == "becomes" and not hop.via else "can use"


def faces_of(witnesses: Iterable[Witness]) -> dict[str, Face]:
    return {node.key: face(node) for witness in witnesses for node in witness.nodes}
