"""Patterns in policies: globs in three modes, variables in them, and how two globs relate.

Policies are not to be trusted: no expression here can backtrack, whatever the pattern.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import lru_cache


class Tri(IntEnum):
    """Three values: and = min, or = max, not = `opposite`."""

    NO = 0
    MAYBE = 1
    YES = 2


NO, MAYBE, YES = Tri.NO, Tri.MAYBE, Tri.YES


def opposite(tri: Tri) -> Tri:
    return Tri(2 - tri)


class Mode(Enum):
    """How far a wildcard reaches in a name of six segments parted by colons (the last may hold colons itself).

    LIKE: anywhere. SEGMENTS: never past its segment; both sides must have all six. RESOURCE: as SEGMENTS, but a `*`
    that ends a segment may run past the colon (`a:b:*:kind/x`).
    """

    LIKE = "like"
    SEGMENTS = "segments"
    RESOURCE = "resource"


class Missing(Enum):
    """The states of a context key whose value is not at hand. PRESENT: surely there, value unknown."""

    ABSENT = "absent"
    UNKNOWN = "unknown"
    PRESENT = "present"


ABSENT, UNKNOWN, PRESENT = Missing.ABSENT, Missing.UNKNOWN, Missing.PRESENT


@dataclass(frozen=True, slots=True)
class Some:
    """One value, not known exactly: some text that this glob matches (`ID…:*`, `repo:acme/*`)."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Other:
    """Absent, or any value that this glob does not match (whoever is outside has another id, or none)."""

    than: str


# What is known of a context key: nothing, one value, one of a kind, one not of a kind, several (a multivalued key).
State = Missing | str | Some | Other | tuple[str, ...]
Context = Callable[[str], State]  # asked with the key in lower case
Pieces = tuple[tuple[bool, str], ...]  # (literal, text): what a variable brought is literal


# ----- variables

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPES = ("*", "?", "$")  # ${*}, ${?} and ${$} are these characters as plain text
_FORM = re.compile(r"\s*[\w./-]+:[^${}',]+(?:,\s*'[^']*'\s*)?")


def variables_in(texts: Iterable[str]) -> frozenset[str]:
    """The context keys, in lower case, that variables in these texts ask for."""
    found = (inner.partition(",")[0].strip().lower() for text in texts for inner in _VARIABLE.findall(text))
    return frozenset(found) - set(_ESCAPES)


def well_formed(text: str) -> bool:
    """False if a `${` in the text is not a variable in a form we know, so that its meaning is open."""
    inner = _VARIABLE.findall(text)
    if text.count("${") != len(inner):
        return False
    return all(name in _ESCAPES or _FORM.fullmatch(name) for name in inner)


def expand(text: str, context: Context | None) -> Pieces | Missing:
    """The text with its variables filled in; ABSENT if one has no single value, UNKNOWN if its value is not known.

    Without a context `${…}` is plain text.
    """
    if context is None or "${" not in text:
        return ((False, text),)
    pieces: list[tuple[bool, str]] = []
    at = 0
    unknown = False
    for found in _VARIABLE.finditer(text):
        pieces.append((False, text[at : found.start()]))
        at = found.end()
        value = _value_of(found.group(1), context)
        if value is ABSENT:
            return ABSENT
        unknown = unknown or value is UNKNOWN
        pieces.append((True, value if isinstance(value, str) else ""))
    return UNKNOWN if unknown else (*pieces, (False, text[at:]))


def _value_of(inner: str, context: Context) -> str | Missing:
    """`key, 'default'` -> its value, UNKNOWN, or ABSENT, which also stands for a key with several values."""
    name, _, default = inner.partition(",")
    if name.strip() in _ESCAPES:
        return name.strip()
    state = context(name.strip().lower())
    if state is ABSENT and default.strip():
        return default.strip().strip("'")
    if isinstance(state, str):
        return state
    return ABSENT if state is ABSENT or isinstance(state, tuple) else UNKNOWN


def resolved(texts: Iterable[str], context: Context | None) -> Tri:
    """Whether every variable has a value. One that has none matches nothing, and voids a negation as a whole."""
    worst = YES
    for text in texts:
        pieces = expand(text, context)
        worst = min(worst, NO if pieces is ABSENT else MAYBE if pieces is UNKNOWN else YES)
    return worst


def loose(pattern: str) -> str:
    """What a pattern could match at most, whatever its variables hold."""
    return _VARIABLE.sub("*", pattern)


# ----- globs


def matches(pattern: str, value: str, mode: Mode, context: Context | None = None) -> Tri:
    """Whether the pattern, its variables filled in from the context, matches the value."""
    pieces = expand(pattern, context)
    if isinstance(pieces, Missing):
        return MAYBE if pieces is UNKNOWN and tester(loose(pattern), Mode.LIKE)(value) else NO
    return YES if piece_tester(pieces, mode)(value) else NO


def tester(pattern: str, mode: Mode) -> Callable[[str], bool]:
    """A quick test for a pattern without variables."""
    return piece_tester(((False, pattern),), mode)


@lru_cache(maxsize=65536)
def piece_tester(pieces: Pieces, mode: Mode) -> Callable[[str], bool]:
    """A test for a pattern given in pieces; literal pieces bring no wildcards."""
    items = _items(pieces)
    if mode is Mode.SEGMENTS:
        return _segment_tester(items)
    if not any(wild for wild, _ in items):
        return "".join(text for _, text in pieces).__eq__
    if mode is Mode.LIKE or _runs_free(items):
        return _free_tester(items)
    return _Walk(items, _bounds(items)).match


Item = tuple[str, str]  # ("", character) or ("*" or "?", "")


def _items(pieces: Pieces) -> tuple[Item, ...]:
    return tuple(
        (char, "") if not literal and char in "*?" else ("", char) for literal, text in pieces for char in text
    )


def _free_tester(items: tuple[Item, ...]) -> Callable[[str], bool]:
    """Every wildcard may run anywhere: fnmatch's form, whose atomic groups cannot backtrack.

    With stars alone no expression is needed, and none to compile, which takes longer than most patterns are used.
    """
    if ("?", "") not in items:
        return _star_tester(items)
    glob = "".join(wild or {"[": "[[]", "*": "[*]", "?": "[?]"}.get(char, char) for wild, char in items)
    match = re.compile(fnmatch.translate(glob)).match
    return lambda value: match(value) is not None


def _star_tester(items: tuple[Item, ...]) -> Callable[[str], bool]:
    """Texts in their order, anything between them; each is found at its first place, so nothing is tried twice."""
    texts = [""]
    for wild, char in items:
        if wild:
            texts.append("")
        else:
            texts[-1] += char
    if len(texts) == 1:
        return texts[0].__eq__
    head, *middle, tail = texts

    def test(value: str) -> bool:
        at, end = len(head), len(value) - len(tail)
        if at > end or not value.startswith(head) or not value.endswith(tail):
            return False
        for text in middle:
            at = value.find(text, at, end)
            if at < 0:
                return False
            at += len(text)
        return True

    return test


def _split(items: tuple[Item, ...]) -> list[tuple[Item, ...]]:
    """At the first five colons."""
    parts: list[list[Item]] = [[]]
    for item in items:
        if item == ("", ":") and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(item)
    return [tuple(part) for part in parts]


def _segment_tester(items: tuple[Item, ...]) -> Callable[[str], bool]:
    """Six segments, each a glob of its own."""
    parts = _split(items)
    if len(parts) < 6:
        return lambda _value: False
    tests = [(place, _free_tester(part)) for place, part in enumerate(parts) if part != (("*", ""),)]

    def test(value: str) -> bool:
        segments = value.split(":", 5)
        return len(segments) == 6 and all(check(segments[place]) for place, check in tests)

    return test


def _runs_free(items: tuple[Item, ...]) -> bool:
    """No wildcard is bound to its segment: none before the last segment but stars that end one."""
    return not any(bound for (wild, _), bound in zip(items, _bounds(items), strict=True) if wild)


def _bounds(items: tuple[Item, ...]) -> tuple[bool, ...]:
    """For each item, whether it may not stand for a colon (mode RESOURCE)."""
    bound: list[bool] = []
    colons = 0
    for place, (wild, char) in enumerate(items):
        colons += char == ":"
        ends = place + 1 == len(items) or items[place + 1] == ("", ":")
        bound.append(bool(wild) and colons < 5 and not (wild == "*" and ends))
    return tuple(bound)


class _Walk:
    """A glob matched by keeping the set of places one may be at, as bits: linear, for what an expression cannot do."""

    def __init__(self, items: tuple[Item, ...], bound: tuple[bool, ...] = ()) -> None:
        self.end = 1 << len(items)
        self.stars = self.free_stars = self.anyone = self.free_anyone = 0
        self.chars: dict[str, int] = {}
        for place, (wild, char) in enumerate(items):
            bit = 1 << place
            free = not (bound and bound[place])
            if wild == "*":
                self.stars |= bit
                self.free_stars |= bit * free
            elif wild == "?":
                self.anyone |= bit
                self.free_anyone |= bit * free
            else:
                self.chars[char] = self.chars.get(char, 0) | bit
        self.start = self.closed(1)

    def closed(self, states: int) -> int:
        """A star may stand for nothing."""
        new = states & self.stars
        while new:
            new = (new << 1) & ~states
            states |= new
            new &= self.stars
        return states

    def step(self, states: int, char: str) -> int:
        """After one character; "" is a character that no pattern names."""
        stay, pass_by = (self.free_stars, self.free_anyone) if char == ":" else (self.stars, self.anyone)
        return self.closed(states & stay | (states & (pass_by | self.chars.get(char, 0))) << 1)

    def match(self, value: str) -> bool:
        states = self.start
        for char in value:
            states = self.step(states, char)
            if not states:
                return False
        return bool(states & self.end)


# ----- how two globs relate; for values that are themselves known only as a glob


_TOO_MANY = 5000  # a subset construction can explode; past this the answer is MAYBE


@lru_cache(maxsize=16384)
def covers(general: str, special: str) -> Tri:
    """Whether everything the special glob matches is matched by the general one. MAYBE: too hard to say."""
    if general == special or (general and not general.strip("*")):
        return YES
    outer, inner = _Walk(_items(((False, general),))), _Walk(_items(((False, special),)))
    alphabet = sorted({*outer.chars, *inner.chars, ""})
    todo = [(inner.start, outer.start)]
    seen = set(todo)
    while todo:
        mine, theirs = todo.pop()
        if mine & inner.end and not theirs & outer.end:
            return NO
        for char in alphabet:
            following = (inner.step(mine, char), outer.step(theirs, char))
            if following[0] and following not in seen:
                seen.add(following)
                todo.append(following)
        if len(seen) > _TOO_MANY:
            return MAYBE
    return YES


@lru_cache(maxsize=16384)
def meet(one: str, other: str) -> bool:
    """Whether some text is matched by both globs."""
    if "?" not in one and "?" not in other:
        return _stars_meet(one, other)
    left, right = _items(((False, one),)), _items(((False, other),))
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        i, j = todo.pop()
        if i == len(left) and j == len(right):
            return True
        for following in _next(left, i, right, j):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return False


def _stars_meet(one: str, other: str) -> bool:
    """With stars alone only the ends can be at odds: what lies between them can be written one after the other."""
    if "*" not in one or "*" not in other:
        glob, text = (other, one) if "*" in other else (one, other)
        return tester(glob, Mode.LIKE)(text)
    heads = one.partition("*")[0], other.partition("*")[0]
    tails = one.rpartition("*")[2], other.rpartition("*")[2]
    return (heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])) and (
        tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
    )


def _next(left: tuple[Item, ...], i: int, right: tuple[Item, ...], j: int) -> Iterable[tuple[int, int]]:
    a = left[i] if i < len(left) else None
    b = right[j] if j < len(right) else None
    if a and a[0] == "*":
        yield i + 1, j
    if b and b[0] == "*":
        yield i, j + 1
    if a and b and (a[0] or b[0] or a[1] == b[1]):
        yield i + (a[0] != "*"), j + (b[0] != "*")


# ----- actions


@lru_cache(maxsize=65536)
def action_matches(pattern: str, action: str) -> bool:
    """`service:Name` without regard to case. The service takes no wildcard, but `*` and `*:*` are every action."""
    if pattern in ("*", "*:*"):
        return True
    service, _, name = pattern.lower().partition(":")
    own_service, _, own_name = action.lower().partition(":")
    return service == own_service and tester(name, Mode.LIKE)(own_name)
