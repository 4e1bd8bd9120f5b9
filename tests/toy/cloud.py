"""A cloud that is nothing like one, to prove that no room but a cloud's own knows what a cloud is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from graph.cloud import Binding, Cloud, Importer, ImportOptions, ImportRefusedError
from graph.cloud import Part as CloudPart
from graph.model import Problem
from graph.snapshot import Part, Snapshot
from tests.toy.access import ACTIONS, OfficeAccess
from tests.toy.facts import CLOUD as KEY
from tests.toy.facts import LOGBOOK, OfficeFacts, gaps_in, key_of, read
from tests.toy.porter import PORTER
from tests.toy.rules import TARGETS, TECHNIQUES


def _recognise(path: Path) -> bool:
    """A JSON file that opens with a logbook."""
    try:
        with path.open("rb") as file:
            return b'"logbook"' in file.read(4096)
    except OSError:
        return False


def _load(path: Path, options: ImportOptions) -> Snapshot:
    try:
        page: Any = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ImportRefusedError(f"{path.name} is no logbook: {error}. Export it again.") from error
    head = page.get("logbook") if isinstance(page, dict) else None
    if not isinstance(head, dict) or not isinstance(page.get("badges"), list):
        raise ImportRefusedError(f"{path.name} has no logbook with badges. Export it again.")
    office = str(head.get("office") or options.scope or "office")
    page, problems = _without_bad_people(page, path.name)
    part = Part(KEY, office, "", LOGBOOK, (), page, path.name)
    options.progress(1, 1, f"read {path.name}")
    return Snapshot(KEY, office, (part,), gaps_in(office, page), problems, head.get("written") or options.collected_at)


def _without_bad_people(page: dict[str, Any], file: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """An entry without name or badges is left out and named; the rest goes on."""
    people = page.get("people", [])
    good = [entry for entry in people if isinstance(entry, dict) and {"name", "badges"} <= entry.keys()]
    problems = tuple(
        Problem(file, f"/people/{number}", "a person without name or badges", "Write the missing words.")
        for number, entry in enumerate(people)
        if entry not in good
    )
    return {**page, "people": good}, problems


def _decide_request(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request brings its own badge: {"id", "action", "resource", "opens": [...]}."""
    if request.get("action") not in ACTIONS or not isinstance(request.get("opens"), list):
        error = {"code": "BadRequest", "message": "needs a known action and a list `opens`", "at": "action"}
        return {"id": request.get("id"), "error": error}
    kind = ACTIONS[request["action"]]
    name = str(request.get("resource", "")).removeprefix(f"{kind}/")
    page = {
        "people": [{"name": "you", "badges": ["own"]}],
        "badges": [{"colour": "own", "opens": request["opens"]}],
        "bars": [],
        "doors": [{"name": name, "room": "room"}] if kind == "door" else [],
        "rooms": [{"name": "room", "vaults": [name] if kind == "vault" else []}],
        "ledgers": [name] if kind == "ledger" else [],
    }
    access = OfficeAccess(read([Snapshot(KEY, "here", (Part(KEY, "here", "", LOGBOOK, (), page),))]))
    decision = access.decide(key_of("here", "person", "you"), request["action"], key_of("here", kind, name))
    return {"id": request.get("id"), "verdict": str(decision.verdict), "explicit": decision.explicit}


def _misspelt(action: str) -> str:
    return "" if action in ACTIONS else f"`{action}` is no action of this cloud."


def _bindings(facts: OfficeFacts) -> Iterator[Binding]:
    for person in facts.people:
        for badge in person.badges:
            if badge in facts.documents:
                yield Binding(person.key, "badge", facts.documents[badge])


def cut(facts: OfficeFacts) -> tuple[CloudPart, ...]:
    """The people of each office by themselves, with all that is there."""
    offices = sorted({person.office for person in facts.people})
    asking = {o: frozenset(person.key for person in facts.people if person.office == o) for o in offices}
    return tuple(CloudPart(office, replace(facts, asking=some)) for office, some in asking.items())


CLOUD = Cloud(
    key=KEY,
    label="Toy office",
    importers=(Importer("toy-logbook", "Logbook of a toy office", _recognise, _load, "porter print > logbook.json"),),
    read=read,
    access=OfficeAccess,
    techniques=TECHNIQUES,
    targets=TARGETS,
    decide_request=_decide_request,
    misspelt=_misspelt,
    data_versions=(("toy-handbook", "1"),),
    bindings=_bindings,
    collect=PORTER,
)
