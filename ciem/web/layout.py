"""Where each node and edge of a layered picture goes: columns from left to right, same input, same picture.

Knows nothing of clouds, pages or colours. The steps are Sugiyama's: bends for long edges, order by the mean
place of the neighbours, then heights by least squares (pool adjacent violators).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ORDER_SWEEPS = 4
HEIGHT_SWEEPS = 6
PORT_REACH = 14  # an edge never leaves a node further than this from its middle


@dataclass(frozen=True, slots=True)
class Spot:
    """A node to place: its id and its column, 0 on the left."""

    id: str
    column: int


@dataclass(frozen=True, slots=True)
class Link:
    """A line to draw between two spots; the source stands left of the target."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Size:
    """Measures in pixels: of a node, of the gaps beside and below it, of the column heads and labels."""

    node: tuple[int, int] = (158, 46)
    gap: tuple[int, int] = (104, 30)
    top: int = 36
    pill: int = 26
    port: int = 10

    @property
    def step(self) -> int:
        return self.node[0] + self.gap[0]

    @property
    def row(self) -> int:
        return self.node[1] + self.gap[1]


@dataclass(frozen=True, slots=True)
class Layout:
    """Left upper corners of nodes, SVG paths of lines, middles of labels, left edges of columns."""

    width: int
    height: int
    corners: Mapping[str, tuple[int, int]]
    lines: Mapping[Link, str]
    labels: Mapping[Link, tuple[int, int]]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Slots with their columns: the nodes and, for each edge that skips columns, invisible bends."""

    slots: Mapping[str, int]
    links: Sequence[tuple[str, str]]
    before: Mapping[str, list[str]] = field(default_factory=dict)
    after: Mapping[str, list[str]] = field(default_factory=dict)


DEFAULT = Size()


def place(spots: Sequence[Spot], links: Sequence[Link], size: Size = DEFAULT) -> Layout:
    """Place every spot and link. Spots come sorted: ties keep the order given."""
    grid = _with_bends(spots, links)
    columns = _ordered(grid)
    middle = _heights(columns, grid, size)
    corners = {s.id: (s.column * size.step, round(middle[s.id] - size.node[1] / 2)) for s in spots}
    lines, wishes = _lines(links, grid, middle, size)
    count = max(columns) + 1
    return Layout(
        width=count * size.step - size.gap[0],
        height=round(max(middle.values()) + size.row / 2),
        corners=corners,
        lines=lines,
        labels=_labels(wishes, size),
        columns=tuple(c * size.step for c in range(count)),
    )


def _bend(link: Link, column: int) -> str:
    return f"{link.source}\0{link.target}\0{column}"


def _bends(link: Link, slots: Mapping[str, int]) -> list[str]:
    return [_bend(link, column) for column in range(slots[link.source] + 1, slots[link.target])]


def _with_bends(spots: Iterable[Spot], links: Iterable[Link]) -> _Grid:
    """An edge that skips columns passes a slot in each of them, so that it never runs under a node."""
    slots = {spot.id: spot.column for spot in spots}
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    short: list[tuple[str, str]] = []
    for link in links:
        bends = _bends(link, slots)
        slots |= {bend: slots[link.source] + 1 + i for i, bend in enumerate(bends)}
        short += pairwise([link.source, *bends, link.target])
    for source, target in short:
        after[source].append(target)
        before[target].append(source)
    return _Grid(slots, short, before, after)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _ordered(grid: _Grid) -> dict[int, list[str]]:
    """Order inside each column by the mean place of the neighbours, left to right and back."""
    columns: dict[int, list[str]] = defaultdict(list)
    for slot, column in grid.slots.items():
        columns[column].append(slot)
    for sweep in range(ORDER_SWEEPS):
        near = grid.after if sweep % 2 else grid.before
        rank = {slot: i for members in columns.values() for i, slot in enumerate(members)}
        for column in sorted(columns, reverse=bool(sweep % 2)):
            wish = {s: (_mean([rank[n] for n in near.get(s, ())], rank[s]), rank[s]) for s in columns[column]}
            columns[column].sort(key=wish.__getitem__)
            rank |= {slot: i for i, slot in enumerate(columns[column])}
    return dict(columns)


def _heights(columns: Mapping[int, list[str]], grid: _Grid, size: Size) -> dict[str, float]:
    """Each slot goes near the mean of its neighbours without coming closer than a row to the next."""
    tallest = max(map(len, columns.values()))
    first = size.top + size.row / 2
    middle = {
        slot: first + (i + (tallest - len(members)) / 2) * size.row
        for members in columns.values()
        for i, slot in enumerate(members)
    }
    for sweep in range(HEIGHT_SWEEPS):
        near = grid.before if sweep % 2 else grid.after
        for column in sorted(columns, reverse=not sweep % 2):
            wish = [_mean([middle[n] for n in near.get(s, ())], middle[s]) for s in columns[column]]
            middle |= zip(columns[column], apart(wish, size.row), strict=True)
    shift = first - min(middle.values())
    return {slot: y + shift for slot, y in middle.items()}


def apart(wishes: Sequence[float], distance: float) -> list[float]:
    """The heights nearest to the wishes, in least squares, that keep the order and the distance."""
    pools: list[tuple[float, int]] = []
    for i, wish in enumerate(wishes):
        total, count = wish - i * distance, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, members = pools.pop()
            total, count = total + more, count + members
        pools.append((total, count))
    bases = [total / count for total, count in pools for _ in range(count)]
    return [base + i * distance for i, base in enumerate(bases)]


_Wish = tuple[int, float, Link]


def _lines(
    links: Sequence[Link], grid: _Grid, middle: Mapping[str, float], size: Size
) -> tuple[dict[Link, str], list[_Wish]]:
    """The curve of each edge, and where its label would like to stand in the first gap."""
    leave = _ports(links, middle, size.port, outgoing=True)
    enter = _ports(links, middle, size.port, outgoing=False)
    lines: dict[Link, str] = {}
    wishes: list[_Wish] = []
    for link in links:
        stops = [
            (grid.slots[link.source], middle[link.source] + leave[link]),
            *((grid.slots[bend], middle[bend]) for bend in _bends(link, grid.slots)),
            (grid.slots[link.target], middle[link.target] + enter[link]),
        ]
        lines[link] = _curve(stops, size)
        wishes.append((stops[0][0], (stops[0][1] + stops[1][1]) / 2, link))
    return lines, wishes


def _curve(stops: Sequence[tuple[int, float]], size: Size) -> str:
    """A smooth line from the right side of the first stop through the middles of bends to the last."""
    x, y = stops[0][0] * size.step + size.node[0], stops[0][1]
    path = [f"M{x} {y:.0f}"]
    for column, to_y in stops[1:]:
        to_x = column * size.step
        half = (x + to_x) // 2
        path.append(f"C{half} {y:.0f} {half} {to_y:.0f} {to_x} {to_y:.0f}")
        if column != stops[-1][0]:
            path.append(f"h{size.node[0]}")
        x, y = to_x + size.node[0], to_y
    return " ".join(path)


def _ports(links: Sequence[Link], middle: Mapping[str, float], port: int, *, outgoing: bool) -> dict[Link, float]:
    """Edges at one side of a node leave from different points, in the order of their other ends."""
    groups: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        groups[link.source if outgoing else link.target].append(link)
    offsets: dict[Link, float] = {}
    for group in groups.values():
        group.sort(key=lambda link: middle[link.target if outgoing else link.source])
        for i, link in enumerate(group):
            offsets[link] = max(-PORT_REACH, min(PORT_REACH, (i - (len(group) - 1) / 2) * port))
    return offsets


def _labels(wishes: Sequence[_Wish], size: Size) -> dict[Link, tuple[int, int]]:
    """Labels of one gap keep their order and stand at least one pill apart."""
    gaps: dict[int, list[_Wish]] = defaultdict(list)
    for wish in sorted(wishes, key=lambda each: each[:2]):
        gaps[wish[0]].append(wish)
    labels: dict[Link, tuple[int, int]] = {}
    for column, group in gaps.items():
        x = column * size.step + size.node[0] + size.gap[0] // 2
        for (_, _, link), y in zip(group, apart([wish[1] for wish in group], size.pill), strict=True):
            labels[link] = (x, round(y))
    return labels
