"""Ask all snapshots of an estate at once: what a call answered, and whether it was asked at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from graph.clouds.aws.formats import NEVER_ASKED, Answers, State
from graph.clouds.aws.formats.operations import operations
from graph.model import Gap, Json
from graph.snapshot import Part, Snapshot

__all__ = ["NOTHING", "Estate", "Place", "Record", "State", "place_of", "spread", "text", "texts", "values"]

Record = Mapping[str, Json]
NOTHING: Record = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer holds, and which call and file to name when something in it is wrong."""

    account: str
    region: str
    file: str = ""
    call: str = ""


def place_of(part: Part) -> Place:
    return Place(part.scope, part.region, part.file, part.call)


def values(record: Json, path: str) -> tuple[Json, ...]:
    """All values at a dotted path; a list on the way is walked through. Missing members and nulls give nothing."""
    found: list[Json] = [record]
    for name in path.split("."):
        found = [inner for outer in found if _is_record(outer) for inner in spread(outer.get(name))]  # type: ignore[attr-defined]
    return tuple(found)


def _is_record(value: Json) -> bool:
    """Nearly all are plain objects, and to ask that first costs a tenth of asking what a mapping is."""
    return type(value) is dict or isinstance(value, Mapping)


def spread(value: Json) -> tuple[Json, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return tuple([v for v in value if v is not None])
    return (value,)


def texts(record: Json, path: str) -> tuple[str, ...]:
    """The non-empty strings at a dotted path."""
    return tuple(v for v in values(record, path) if isinstance(v, str) and v)


def text(record: Json, path: str) -> str:
    """The first of them, or an empty string."""
    if "." not in path and _is_record(record):  # by far the most common question
        value = record.get(path)  # type: ignore[attr-defined]
        if not isinstance(value, list | tuple):
            return value if isinstance(value, str) else ""
    return next(iter(texts(record, path)), "")


def _scopes(snapshot: Snapshot) -> tuple[frozenset[str], bool]:
    """The accounts that a snapshot speaks of, and whether it has gaps that may be of any: of `*` or an organization."""
    named = {part.scope for part in snapshot.parts} | {gap.scope for gap in snapshot.gaps}
    return frozenset(named), any(not scope.isdigit() for scope in named)


class Estate:
    """The answers of several snapshots as one. The first of two answers to one question wins."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._answers = [(Answers(snapshot), _scopes(snapshot)) for snapshot in snapshots]
        self._about: dict[str, tuple[Answers, ...]] = {}
        self._parts: dict[str, dict[tuple[str, str, tuple[str, ...]], Part]] = defaultdict(dict)
        for part in (part for snapshot in snapshots for part in snapshot.parts):
            self._parts[part.call].setdefault((part.scope, part.region, part.arguments), part)
        self._asked = {(call, scope) for call, parts in self._parts.items() for scope, _, _ in parts}
        gaps = (gap for snapshot in snapshots for gap in snapshot.gaps if gap.error != NEVER_ASKED)
        self._refused = {(gap.call, gap.scope) for gap in gaps}

    def parts(self, call: str) -> tuple[Part, ...]:
        """Every answer of a call, in order of account, region and arguments."""
        answers = self._parts.get(call, {})
        return tuple(answers[key] for key in sorted(answers))

    def accounts(self) -> tuple[str, ...]:
        """The accounts that have answers, sorted."""
        return tuple(sorted({scope for _, scope in self._asked}))

    def one(self, account: str, region: str, call: str, *arguments: str) -> Record:
        """The answer to one question; an empty record when there is none (ask `state` why)."""
        part = self._parts.get(call, {}).get((account, region, arguments))
        return part.response if part and isinstance(part.response, Mapping) else NOTHING

    def items(self, call: str, path: str) -> Iterator[tuple[Place, Record]]:
        """The records that a call lists, wherever it was asked; a bare value stands under the empty name."""
        for part in self.parts(call):
            place = place_of(part)
            for item in values(part.response, path):
                yield place, item if isinstance(item, Mapping) else {"": item}

    def state(self, account: str, region: str, call: str, *arguments: str) -> State:
        """Whether this very question was answered in any of the snapshots."""
        best = State.NEVER
        for answers in self._speaking_of(account):
            said = answers.state(account, region, call, *arguments)
            if said is State.ASKED:
                return said
            best = said if said is State.GAP else best
        return best

    def why(self, account: str, region: str, call: str, *arguments: str) -> str:
        """What stood in the way of an answer."""
        gaps: Iterator[Gap] = (g for a in self._speaking_of(account) for g in a.gaps(account, region, call, *arguments))
        return next((gap.error for gap in gaps), "not in the snapshot")

    def _speaking_of(self, account: str) -> tuple[Answers, ...]:
        """The snapshots that say anything of an account: of hundreds nearly always one."""
        if account not in self._about:
            speaking = (answers for answers, (own, all_of_them) in self._answers if all_of_them or account in own)
            self._about[account] = tuple(speaking)
        return self._about[account]

    def spoil(self, place: Place) -> None:
        """What holds a broken entry is not complete."""
        self._refused.add((place.call, place.account))

    def lost(self, account: str, call: str) -> bool:
        """Whether some answer of the call was refused, cut or broken in this account."""
        return any(scope in (account, "*") and fnmatchcase(call, pattern) for pattern, scope in self._refused)

    def ever(self, account: str, call: str) -> bool:
        """Whether the call was asked in this account at all, answered or not."""
        return (call, account) in self._asked or self.lost(account, call)

    def complete(self, account: str, call: str) -> bool:
        """Whether all answers of the call are here; where the list that leads to it is empty, there are none."""
        if self.lost(account, call):
            return False
        return (call, account) in self._asked or self._nothing_to_ask(account, call)

    def _nothing_to_ask(self, account: str, call: str) -> bool:
        operation = operations().get(call)
        if operation is None:
            return False
        sources = [source for parameter in operation.parameters for source in parameter.sources]
        sources += [operation.items.source] if operation.items else []
        if not sources:
            return False
        empty = (not self._named(account, source.call, source.path.replace("[]", "")) for source in sources)
        return any(empty) and all(self.complete(account, source.call) for source in sources)

    def _named(self, account: str, call: str, path: str) -> bool:
        answers = (part.response for (scope, _, _), part in self._parts.get(call, {}).items() if scope == account)
        return any(values(answer, path) for answer in answers)
