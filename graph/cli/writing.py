"""Lines of JSON for programs, a table for people; the same bytes for the same answers."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from graph.model import Because, Condition, Evidence, Hop, Path, Proof, Score

Line = Mapping[str, Any]


def write(lines: Iterable[Line], form: str | None, brief: Callable[[Line], Line] = dict) -> None:
    """JSON lines, or a table of what `brief` keeps of each."""
    if as_table(form):
        _table([brief(line) for line in lines])
    else:
        for line in lines:
            put(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def as_table(form: str | None) -> bool:
    """A table on a terminal or when it is asked for."""
    return (form or ("table" if sys.stdout.isatty() else "jsonl")) == "table"


def say(sentences: Iterable[str]) -> None:
    """Plain sentences, one a line."""
    for sentence in sentences:
        put(shown(sentence).encode() + b"\n")


def counts(arguments: Namespace) -> bool:
    """Whether what is alike is counted in one line."""
    told: str = arguments.alike or ("count" if as_table(arguments.format) else "list")
    return told == "count"


def spoken_for(line: Line, others: Sequence[Line]) -> Line:
    """A line that stands for others too, all alike: how many they are together, and which the others are."""
    return {**line, "alike": 1 + len(others), "also": list(others)}


def note(words: str) -> None:
    """Something about the answer that is not part of it."""
    sys.stderr.write(f"{shown(words)}\n")


def unless_none(lines: Iterable[Line], words: Callable[[], str]) -> Iterator[Line]:
    """The lines as they come. That there are none is noted with the reason: silence could be taken for an all-clear."""
    none = True
    for line in lines:
        none = False
        yield line
    if none:
        note(words())


def put(data: bytes) -> None:
    sys.stdout.buffer.write(data)


def _table(lines: Sequence[Line]) -> None:
    """Columns as wide as they need to be; members that only some lines have come last."""
    columns = list(dict.fromkeys(name for line in lines for name in line))
    rows = [columns, *([_cell(line.get(name, "")) for name in columns] for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows if columns else ():
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        put("  ".join(padded).rstrip().encode() + b"\n")


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(_cell, value))
    if isinstance(value, Mapping):
        return " ".join(cell for cell in map(_cell, value.values()) if cell)
    return "" if value is None else shown(str(value))


def shown(text: str) -> str:
    """Names come from strangers: what a terminal would obey rather than show is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# ----- the nouns as JSON


def evidence(one: Evidence) -> Line:
    return {"document": one.document, "place": one.place, "effect": one.effect, "label": one.label}


def condition(one: Condition) -> Line:
    return {
        "key": one.key,
        "operator": one.operator,
        "values": list(one.values),
        "needed": one.needed,
        "chosen_by": one.chosen_by,
    }


def because(one: Because) -> Line:
    """A layer without evidence has the same members, empty, and perhaps words."""
    named = evidence(one.evidence or Evidence("", "", ""))
    return {"layer": one.layer, **named, **({"words": one.words} if one.words else {})}


def proof(one: Proof) -> Line:
    return {"conditions": list(map(condition, one.conditions)), "evidence": list(map(evidence, one.evidence))}


def hop(one: Hop) -> Line:
    return {
        "source": one.source,
        "target": one.target,
        "technique": one.technique,
        "strength": one.strength,
        "verdict": one.verdict,
        **proof(one.proof),
        "via": one.proof.via,
        "sentence": one.sentence,
    }


def path(one: Path) -> Line:
    return {
        "finding": one.finding,
        "id": one.id,
        "entry": {"kind": one.entry.kind, "identity": one.entry.identity, "facts": dict(one.entry.facts)},
        "target": one.target,
        "harm": one.harm,
        "verdict": one.verdict,
        "score": one.score,
        "assumed": list(one.assumed),
        "hops": list(map(hop, one.hops)),
        "reason": one.reason,
        "factors": factors(one.factors) if one.factors else None,
    }


def factors(one: Score) -> Line:
    """What a score is made of."""
    return {**asdict(one), "likelihood": round(one.likelihood, 9)}


def brief_path(line: Line) -> Line:
    """A path in a table: the sentences are in `reason`, the steps in the JSON."""
    entry = f"{line['entry']['kind']} {line['entry']['identity']}"
    kept = {name: line[name] for name in ("verdict", "harm", "target", "reason")}
    return {"score": line["score"], "hops": len(line["hops"]), "entry": entry, **kept, **how_many(line)}


def how_many(line: Line) -> Line:
    """In a table: of a line that stands for several, how many."""
    return {"alike": line["alike"]} if line.get("alike", 1) > 1 else {}


def brief_edge(line: Line) -> Line:
    """An edge in a table, without its evidence."""
    return {
        name: line[name] for name in ("source", "target", "technique", "strength", "verdict", "conditions", "gains")
    }
