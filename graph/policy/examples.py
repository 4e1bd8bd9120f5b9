"""Example texts for globs: one for each way in which all of them together can match a text or miss it.

Names that could be given are without number, and patterns tell only few kinds of them apart. What holds for the
example holds for every text that the same globs match.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from graph.policy.bits import bits, members
from graph.policy.patterns import MAYBE, NO, YES, Mode, Pieces, Tri, meet, piece_tester

OTHER = "~"  # stands for what a wildcard takes; policies seldom write it
ANY_TEXT = "…"  # in a name: whatever text, not told apart. No name of a cloud holds it
_OTHERS = (OTHER, "¬", "§", "¤", "¦")
_STARS = re.compile(r"\*+")
_WILD = re.compile(r"[*?]")
_ENOUGH = 20_000  # globs that cross one another can need more states than there is memory

Glob = frozenset[str]  # forms of which a text must match one
Places = int  # bits


@dataclass(frozen=True, slots=True)
class Examples:
    """`whole`: there is one for each way; else some may be missing."""

    texts: tuple[str, ...]
    whole: bool


def after(glob: str, head: str) -> Glob:
    """What a glob leaves to be matched by the rest of a text that begins with `head`; nothing if it cannot match."""
    if "?" in glob:
        return _left_over(glob, head)
    first, *others = glob.split("*")
    if not head.startswith(first) or not others:
        return frozenset([glob[len(head) :]] if glob.partition("*")[0].startswith(head) else ())
    at = len(first)
    for passed, text in enumerate(others):  # the last star that can be reached takes all that an earlier one would
        found = head.find(text, at) if passed + 1 < len(others) else -1
        if found < 0:
            break
        at = found + len(text)
    rest = "*".join(others[passed:])
    ends = range(1, min(len(others[passed]), len(head) - at) + 1)
    return frozenset(["*" + rest, *(rest[n:] for n in ends if head.endswith(rest[:n]))])


def _left_over(glob: str, head: str) -> Glob:
    """The same for any glob, character by character."""
    walk = Walk([frozenset([glob])])
    places = walk.start
    for char in head:
        places = walk.step(places, char)
    text = _STARS.sub("*", glob)
    return frozenset(text[place:] for place in members(places) if place == 0 or text[place - 1] != "*")


def widened(glob: Glob) -> tuple[str, ...]:
    """The forms of a glob as names of which nothing else is known."""
    return tuple(sorted(_STARS.sub(ANY_TEXT, form.replace("?", "*")) for form in glob))


def whether(pieces: Pieces, name: str) -> Tri:
    """Whether a pattern in pieces matches a name that holds ANY_TEXT: each name that this may be, some, or none."""
    text = "".join(piece for _, piece in pieces)
    if not meet(text, name.replace(ANY_TEXT, "*")):
        return NO
    by_stars = "?" not in text and ANY_TEXT not in text and piece_tester(pieces, Mode.RESOURCE)(name)
    return YES if by_stars else MAYBE


def examples(globs: Collection[Glob], within: str = "?*", enough: int = _ENOUGH) -> Examples:
    """Among the texts that `within` matches."""
    told_apart = sorted(set(globs), key=sorted)
    other = unwritten(told_apart)
    walk = Walk([frozenset([within]), *told_apart])
    found, whole = walk.ways(other, enough)
    plain = sorted({plain_text(form, other) for glob in (*told_apart, Glob(["*"])) for form in glob}, key=short_first)
    named = {walk.way(text): text for text in reversed(plain)}  # of equal ones the shortest stays
    chosen = {way: named.get(way, text) for way, text in found.items()} | named
    return Examples(tuple(sorted(text for way, text in chosen.items() if 0 in way)), whole)


def unwritten(globs: Collection[Glob]) -> str:
    """A character that none of the globs holds."""
    written = {char for glob in globs for form in glob for char in form}
    return next((char for char in _OTHERS if char not in written), _OTHERS[-1])


def plain_text(form: str, other: str) -> str:
    """The name that says most plainly which form it is an example of."""
    return _STARS.sub(other, form).replace("?", other)


def short_first(text: str) -> tuple[int, str]:
    return len(text), text


class Walk:
    """All globs read side by side: where one may be in each of them after some text, as a set of places."""

    def __init__(self, globs: Sequence[Glob]) -> None:
        self._chars: list[str] = []
        self._owner: dict[int, int] = {}  # the end of each form, and the number of its glob
        starts = []
        for number, glob in enumerate(globs):
            for form in sorted(glob):
                starts.append(len(self._chars))
                self._chars += [*_STARS.sub("*", form), ""]
                self._owner[len(self._chars) - 1] = number
        at: dict[str, list[int]] = defaultdict(list)
        for place, char in enumerate(self._chars):
            at[char].append(place)
        self._ends, self._stars, self._anyone = (bits(at.pop(char, ())) for char in ("", "*", "?"))
        self._letters = {char: bits(at[char]) for char in sorted(at)}
        self._last = self._stars & self._ends >> 1  # stars from which on everything matches
        self._told: dict[Places, frozenset[int]] = {}
        self.start = self._closed(bits(starts))

    def _closed(self, places: Places) -> Places:
        """A star may stand for nothing."""
        return places | (places & self._stars) << 1

    def _anyhow(self, places: Places) -> Places:
        """Where any character leads."""
        return places & self._stars | (places & self._anyone) << 1

    def step(self, places: Places, char: str) -> Places:
        return self._closed(self._anyhow(places) | (places & self._letters.get(char, 0)) << 1)

    def _steps(self, places: Places, other: str) -> Iterator[tuple[str, Places]]:
        """Where any character leads, and where certain characters lead besides."""
        anyhow = self._anyhow(places)
        yield other, self._closed(anyhow)
        named = [(char, places & where) for char, where in self._letters.items() if places & where]
        if len(named) == 1 and not anyhow & ~self._last and named[0][1].bit_count() == 1:
            yield self._run(named[0][1].bit_length() - 1, anyhow)  # nothing happens until this text is at its end
            return
        for char, where in named:
            yield char, self._closed(anyhow | where << 1)

    def _run(self, place: int, anyhow: Places) -> tuple[str, Places]:
        end = place
        while self._chars[end] and self._chars[end] not in "*?":
            end += 1
        return "".join(self._chars[place:end]), self._closed(anyhow | 1 << end)

    def _matched(self, places: Places) -> frozenset[int]:
        ended = places & self._ends
        if ended not in self._told:
            self._told[ended] = frozenset(self._owner[place] for place in members(ended))
        return self._told[ended]

    def way(self, text: str) -> frozenset[int]:
        """The numbers of the globs that match the text."""
        return self._matched(self.run(self.start, text))

    def run(self, places: Places, text: str) -> Places:
        for char in text:
            places = self.step(places, char)
        return places

    def together(self, globs: Sequence[Glob], other: str) -> str:
        """A text that matches as many of the globs as come of writing their forms one after another."""
        text, places = "", self.start
        for form in (form for glob in globs for form in sorted(glob)[:1]):
            more = plain_text(form, other)
            following = self.run(places, more)
            if self._matched(following) > self._matched(places):
                text, places = text + more, following
        return text

    def ways(self, other: str, enough: int) -> tuple[dict[frozenset[int], str], bool]:
        """Every set of globs that some text matches, with a text that does; and whether that is all of them."""
        todo, seen = [("", self.start)], {self.start}
        found: dict[frozenset[int], str] = {}
        for text, places in todo:
            found.setdefault(self._matched(places), text)
            for more, following in self._steps(places, other):
                if following not in seen:
                    seen.add(following)
                    todo.append((text + more, following))
            if len(seen) > enough:
                return found, False
        return found, True
