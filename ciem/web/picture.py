"""A path, or several that share their ends, as a drawing: every box, line and label with its place and its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ciem.web.faces import Face
from ciem.web.layout import Layout, Link, Spot, place
from ciem.web.names import shorten

MOST_NODES = 25
LETTER = 6  # mean width of a letter in a label, in pixels


@dataclass(frozen=True, slots=True)
class Step:
    """One hop to draw. `via` is the key of what stands in between, `onward` how it leads on."""

    source: str
    target: str
    verb: str
    verdict: str
    via: str = ""
    number: int = 0
    href: str = ""
    onward: str = "runs as"


@dataclass(frozen=True, slots=True)
class Box:
    face: Face
    x: int
    y: int
    part: str

    @property
    def short(self) -> str:
        return shorten(self.face.name)

    @property
    def words(self) -> str:
        return shorten(self.face.words, 21)

    @property
    def label(self) -> str:
        return f"{self.face.name}, {self.face.words}. {self.part}."


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its label; `pill` is the left edge and the width of the label's frame."""

    step: Step
    path: str
    x: int
    y: int
    verb: str
    label: str
    main: bool

    @property
    def pill(self) -> tuple[int, int]:
        letters = len(self.verb) + (len(str(self.step.number)) + 1 if self.main and self.step.number else 0)
        width = LETTER * letters + 15
        return self.x - width // 2, width


@dataclass(frozen=True, slots=True)
class Band:
    x: int
    head: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws, and `left_out`: how many of the paths were not drawn."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    label: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """One line of a chain, after hosts became nodes of their own."""

    source: str
    target: str
    step: Step
    verb: str
    main: bool


def draw(chains: Sequence[Sequence[Step]], faces: Mapping[str, Face], label: str) -> Picture:
    """Draw the chains together; those that no longer fit, or would go in a circle, are counted and left out."""
    parts, left_out = _fit(chains)
    columns = _columns(parts)
    spots = [Spot(key, column) for key, column in sorted(columns.items(), key=lambda item: (item[1], item[0]))]
    layout = place(spots, [Link(p.source, p.target) for p in parts])
    last = len(layout.columns) - 1
    heads = _heads(columns, faces, last)
    boxes = tuple(Box(faces[_face(s.id)], *layout.corners[s.id], heads[s.column]) for s in spots)
    lines = tuple(_line(part, layout, faces) for part in parts)
    bands = tuple(Band(x, head) for x, head in zip(layout.columns, heads, strict=True))
    return Picture(layout.width, layout.height, boxes, lines, bands, label, left_out)


def _face(slot: str) -> str:
    return slot.removesuffix("\0end")


def _parts(chain: Sequence[Step]) -> Iterator[_Part]:
    """A chain's lines. A node that is start and end is drawn twice, so that the last line has somewhere to go."""
    seen = {step.source for step in chain}
    for step in chain:
        end = f"{step.target}\0end" if step is chain[-1] and step.target in seen else step.target
        if not step.via or step.via in (step.source, step.target):
            yield _Part(step.source, end, step, step.verb, True)
        else:
            yield _Part(step.source, step.via, step, step.verb, True)
            yield _Part(step.via, end, step, step.onward, False)


def _fit(chains: Sequence[Sequence[Step]]) -> tuple[list[_Part], int]:
    """As many chains as stay within the most nodes and without a circle, best first; the first always fits."""
    drawn: dict[tuple[str, str], list[_Part]] = {}
    left_out = 0
    for chain in chains:
        more = {ends: list(parts) for ends, parts in drawn.items()}
        for part in _parts(chain):
            more.setdefault((part.source, part.target), []).append(part)
        nodes = {end for pair in more for end in pair}
        if drawn and (len(nodes) > MOST_NODES or not _columns(parts[0] for parts in more.values())):
            left_out += 1
        else:
            drawn = more
    return [_together(parts) for parts in drawn.values()], left_out


def _together(parts: Sequence[_Part]) -> _Part:
    """Lines between the same two nodes are one: that of the best path, saying how many things it stands for."""
    verbs = {part.verb for part in parts}
    return parts[0] if len(verbs) == 1 else replace(parts[0], verb=f"{len(verbs)} ways")


def _columns(parts: Iterable[_Part]) -> dict[str, int]:
    """The longest way from an entry to each node; ends go to the last column. Empty: there is a circle."""
    links = [(p.source, p.target) for p in parts]
    column = {node: 0 for pair in links for node in pair}
    for _ in range(len(column)):
        moved = False
        for source, target in links:
            if column[target] <= column[source]:
                column[target], moved = column[source] + 1, True
        if not moved:
            break
    else:
        return {}
    sources = {source for source, _ in links}
    last = max(column.values())
    return {node: at if node in sources else last for node, at in column.items()}


def _heads(columns: Mapping[str, int], faces: Mapping[str, Face], last: int) -> list[str]:
    """Columns are named by the part that their nodes play."""
    heads = []
    for column in range(last + 1):
        kinds = {faces[_face(key)].category for key, at in columns.items() if at == column}
        middle = "Host" if kinds == {"workload"} else "Identity" if kinds <= {"identity", "account"} else "Through"
        heads.append("Entry" if column == 0 else "Target" if column == last else middle)
    return heads


def _line(part: _Part, layout: Layout, faces: Mapping[str, Face]) -> Line:
    link = Link(part.source, part.target)
    x, y = layout.labels[link]
    ends = f"{faces[_face(part.source)].name}, {faces[_face(part.target)].name}"
    number = f"{part.step.number} " if part.main and part.step.number else ""
    label = f"{number}{part.verb}: {ends}. {part.step.verdict.capitalize()}."
    return Line(part.step, layout.lines[link], x, y, part.verb, label, part.main)


def as_text(sentences: Iterable[str]) -> str:
    """The hops as numbered lines, to paste into a mail."""
    return "\n".join(f"{i}. {sentence}" for i, sentence in enumerate(sentences, 1))
