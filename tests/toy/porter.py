"""Ask the porter of a toy office, list by list. The file he reads from may say how he fails: for tests of that."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from graph.cloud import Collector, CollectRefusedError, Field, ImportOptions, Piece, Values
from graph.model import Gap, Problem
from graph.snapshot import Part, Snapshot
from tests.toy.facts import CLOUD, LOGBOOK, gaps_in

LISTS = ("people", "visitors", "hung_out", "badges", "bars", "doors", "rooms", "ledgers", "robots")
FIELDS = (
    Field("book", "Logbook", help="Where the porter's book lies."),
    Field("word", "Password", secret=True, help="What the porter wants to hear."),
    Field("floor", "Floor", optional=True),
)


def _book(values: Values) -> dict[str, Any]:
    page: dict[str, Any] = orjson.loads(Path(values["book"]).read_bytes())
    if page.get("porter", {}).get("word", values["word"]) != values["word"]:
        raise CollectRefusedError("The porter does not know this word. Ask for the new one.")
    return page


def _check(values: Values) -> Sequence[Problem]:
    try:
        refused = _book(values).get("porter", {}).get("refuses", {})
    except CollectRefusedError as error:
        return (Problem("", "word", str(error), "Type the word of today."),)
    return tuple(Problem("", name, words, f"Let the porter show `{name}`.") for name, words in sorted(refused.items()))


def _pieces(values: Values) -> Sequence[Piece]:
    page = _book(values)
    return tuple(Piece(f"list-{name}", f"The list of {name}", {"list": name}) for name in LISTS if name in page)


def _collect(values: Values, piece: Piece, folder: Path, tell: Callable[[int, str], None]) -> Sequence[Gap]:
    page, name = _book(values), str(piece.data["list"])
    porter = page.get("porter", {})
    if name in porter.get("kills", ()):
        os.kill(os.getpid(), signal.SIGKILL)
    until = time.monotonic() + porter.get("takes", {}).get(name, 0)
    tell(1, f"opens {name}")
    while time.monotonic() < until:
        time.sleep(0.05)
        tell(1, f"reads {name}")
    if name in porter.get("refuses", {}):
        raise CollectRefusedError(porter["refuses"][name])
    if name in porter.get("stumbles", {}):
        raise OSError(porter["stumbles"][name])
    tell(len(page[name]), f"has read {name}")
    kept = [] if name in porter.get("withholds", ()) else page[name]
    (folder / "answer.json").write_bytes(orjson.dumps(kept))
    return () if kept or not page[name] else (_gap(page, name, "withheld"),)


def _gap(page: Mapping[str, Any], name: str, error: str) -> Gap:
    return Gap(CLOUD, page["logbook"]["office"], "", LOGBOOK, (name,), error, f"Let the porter show `{name}`.")


def _finish(values: Values, folder: Path, lost: Sequence[tuple[Piece, str]], options: ImportOptions) -> Snapshot:
    book = _book(values)
    found = {place.name: orjson.loads((place / "answer.json").read_bytes()) for place in sorted(folder.iterdir())}
    empty: dict[str, Any] = {"people": [], "badges": [], "doors": [], "rooms": [], "ledgers": []}
    page = {**empty, **{name.removeprefix("list-"): some for name, some in found.items()}, "logbook": book["logbook"]}
    office = str(book["logbook"]["office"])
    gaps = [_gap(book, str(piece.data["list"]), reason) for piece, reason in lost]
    gaps += [_gap(book, name, "withheld") for name in book.get("porter", {}).get("withholds", ())]
    part = Part(CLOUD, office, "", LOGBOOK, (), page, "")
    return Snapshot(CLOUD, office, (part,), (*gaps, *gaps_in(office, page)), (), options.collected_at)


PORTER = Collector(FIELDS, _check, _pieces, _collect, _finish)
