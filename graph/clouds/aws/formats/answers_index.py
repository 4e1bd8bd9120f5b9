"""Ask a snapshot: what a call answered, and whether it was asked, has gaps, or was never asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from graph.clouds.aws.formats.operations import Operation, operations
from graph.model import Gap, Json
from graph.snapshot import Part, Snapshot

NEVER_ASKED = "never-asked"
_ORGANIZATION_ID = "o-"


class State(StrEnum):
    """Of one question: answered in full, asked and not (all) got, or never asked."""

    ASKED = "asked"
    GAP = "gap"
    NEVER = "never"


class Answers:
    """The parts and gaps of one snapshot, by call."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._parts: dict[str, dict[tuple[str, str, tuple[str, ...]], Part]] = defaultdict(dict)
        for part in snapshot.parts:
            self._parts[part.call][part.scope, part.region, part.arguments] = part
        self._gaps = _Gaps(snapshot.gaps)

    def one(self, scope: str, region: str, call: str, *arguments: str) -> Mapping[str, Json] | None:
        """The answer, or None when there is none to read; `{}` is an answer: asked, there is none."""
        part = self._parts.get(call, {}).get((scope, _region(call, region), arguments))
        return part.response if part and isinstance(part.response, Mapping) else None

    def all(self, call: str) -> Iterator[Part]:
        """Every answer of a call, in order of scope, region and arguments."""
        for _, part in sorted(self._parts.get(call, {}).items()):
            yield part

    def scopes(self) -> tuple[str, ...]:
        """The accounts that have answers, sorted."""
        return tuple(sorted({part.scope for part in self.snapshot.parts}))

    def gaps(self, scope: str, region: str, call: str, *arguments: str) -> tuple[Gap, ...]:
        """The gaps that cover a question, except that it was never asked."""
        if not self._gaps.may_cover(call):
            return ()
        found = self._gaps.covering(scope, _region(call, region), call, arguments)
        return tuple(gap for gap in found if gap.error != NEVER_ASKED)

    def state(self, scope: str, region: str, call: str, *arguments: str) -> State:
        """Whether this very question was answered. A list that is a gap makes one of each call that it feeds."""
        if self.gaps(scope, region, call, *arguments):
            return State.GAP
        if (scope, _region(call, region), arguments) in self._parts.get(call, {}):
            return State.ASKED
        operation = operations().get(call)
        if operation is not None and self._asked_somewhere(call) and self._list_is_gap(scope, region, operation):
            return State.GAP
        return State.NEVER

    def _asked_somewhere(self, call: str) -> bool:
        return call in self._parts or any(gap.error != NEVER_ASKED for gap in self._gaps.of(call))

    def _list_is_gap(self, scope: str, region: str, operation: Operation) -> bool:
        calls = {source.call for parameter in operation.parameters for source in parameter.sources}
        return any(self.state(scope, region, call) is State.GAP for call in sorted(calls))


class _Gaps:
    """Gaps by the call they name; those that name a pattern are asked each time."""

    def __init__(self, gaps: Iterable[Gap]) -> None:
        self._exact: dict[tuple[str, str], list[Gap]] = defaultdict(list)
        self._patterns: list[Gap] = []
        self._calls: dict[str, list[Gap]] = defaultdict(list)
        for gap in gaps:
            if "*" in gap.call:
                self._patterns.append(gap)
                continue
            self._exact[gap.call, gap.arguments[0] if gap.arguments else ""].append(gap)
            self._calls[gap.call].append(gap)

    def may_cover(self, call: str) -> bool:
        """Whether any gap could be about the call."""
        return call in self._calls or bool(self._patterns)

    def of(self, call: str) -> list[Gap]:
        return self._calls.get(call, [])

    def covering(self, scope: str, region: str, call: str, arguments: tuple[str, ...]) -> Iterator[Gap]:
        first = arguments[0] if arguments else ""
        near = [gap for name in dict.fromkeys((first, "")) for gap in self._exact.get((call, name), ())]
        for gap in (*near, *self._patterns):
            if _covers(gap, scope, region, call, arguments):
                yield gap


def _covers(gap: Gap, scope: str, region: str, call: str, arguments: tuple[str, ...]) -> bool:
    return (
        (gap.scope in (scope, "*") or _organization_wide(gap.scope, call))
        and gap.region in (region, "*")
        and fnmatchcase(call, gap.call)
        and gap.arguments == arguments[: len(gap.arguments)]
    )


def _organization_wide(scope: str, call: str) -> bool:
    operation = operations().get(call)
    return scope.startswith(_ORGANIZATION_ID) and operation is not None and bool(operation.group)


def _region(call: str, region: str) -> str:
    operation = operations().get(call)
    return operation.region(region) if operation else region
