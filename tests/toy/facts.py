"""A toy cloud's nouns: people wear badges, badges open doors, doors lead to rooms, rooms hold vaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.model import (
    Category,
    Document,
    Edge,
    EdgeClass,
    Entry,
    EntryKind,
    Facts,
    Gap,
    Node,
    Verdict,
)
from graph.snapshot import Snapshot

CLOUD = "toy"
ANYBODY = "anonymous"
LOGBOOK = "read-logbook"
Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wears badges (by document name). Anybody at all wears those that hang out in the open."""

    key: str
    name: str
    office: str
    badges: tuple[str, ...]
    locker: str = ""
    lends_to_robots: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A door that stays shut for a badge or a person, whatever else opens it."""

    document: str
    place: str
    door: str
    badge: str
    person: str
    when: str


@dataclass(frozen=True)
class OfficeFacts(Facts):
    """`rooms` maps a door's key to its room's entry; `robots` a robot's key to the person whose badge it wears.

    `asking` are the people that a part of a larger estate is about; None: all of them.
    """

    people: tuple[Person, ...] = ()
    bars: tuple[Bar, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    rooms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    robots: Mapping[str, str] = field(default_factory=dict)
    bays: Mapping[str, str] = field(default_factory=dict)
    listed_robots: frozenset[str] = frozenset()
    asking: frozenset[str] | None = None


def key_of(office: str, kind: str, name: str) -> str:
    return f"toy:{office}:{kind}/{name}"


def office_key(office: str) -> str:
    return f"toy:{office}"


def badge_name(office: str, colour: str) -> str:
    return f"{office}: {colour} badge"


def read(snapshots: Sequence[Snapshot]) -> OfficeFacts:
    """All logbooks as one estate."""
    books = [(part.scope, part.response) for snap in snapshots for part in snap.parts if part.call == LOGBOOK]
    pages = [(office, page) for office, page in books if isinstance(page, dict)]
    anybody = tuple(sorted(badge_name(o, colour) for o, page in pages for colour in page.get("hung_out", ())))
    people = [Person(ANYBODY, "anybody", "", anybody)] if anybody else []
    people += [person for office, page in pages for person in _people(office, page)]
    nodes = [node for office, page in pages for node in _nodes(office, page)]
    if anybody:
        nodes.append(Node(ANYBODY, "anonymous", "anybody", CLOUD, "", Category.IDENTITY, "Anybody"))
    return OfficeFacts(
        cloud=CLOUD,
        nodes=tuple(sorted(nodes, key=lambda node: node.key)),
        edges=tuple(edge for office, page in pages for edge in _edges(office, page)),
        entries=tuple(_entries(pages)),
        gaps=tuple(gap for snap in snapshots for gap in snap.gaps),
        problems=tuple(problem for snap in snapshots for problem in snap.problems),
        assumed={office: ("bars",) for office, page in pages if "bars" not in page},
        collected_at=max((snap.collected_at for snap in snapshots if snap.collected_at), default=None),
        people=tuple(sorted(people, key=lambda person: person.key)),
        bars=tuple(bar for office, page in pages for bar in _bars(office, page)),
        documents={d.name: d for office, page in pages for d in _documents(office, page)},
        rooms={key_of(o, "door", d["name"]): _room(o, page, d["room"]) for o, page in pages for d in page["doors"]},
        robots={key_of(o, "robot", r["name"]): key_of(o, "person", r["wears_badge_of"]) for o, r in _robots(pages)},
        bays={key_of(o, "robot", r["name"]): key_of(o, "room", r["room"]) for o, r in _robots(pages)},
        listed_robots=frozenset(office for office, page in pages if "robots" in page),
    )


def _robots(pages: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((office, robot) for office, page in pages for robot in page.get("robots", ()))


def _people(office: str, page: Mapping[str, Any]) -> Iterator[Person]:
    for entry in [*page.get("people", ()), *page.get("visitors", ())]:
        yield Person(
            key_of(office, "person", entry["name"]),
            entry["name"],
            office,
            tuple(sorted(badge_name(entry.get("office", office), colour) for colour in entry["badges"])),
            entry.get("leaves_badge_in", ""),
            bool(entry.get("lends_to_robots")),
        )


def _room(office: str, page: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entry = next(room for room in page["rooms"] if room["name"] == name)
    return {**entry, "office": office, "key": key_of(office, "room", name)}


def _nodes(office: str, page: Mapping[str, Any]) -> Iterator[Node]:
    def node(kind: str, name: str, category: Category, label: str, targets: tuple[str, ...] = ()) -> Node:
        return Node(key_of(office, kind, name), kind, name, CLOUD, office, category, label, targets)

    yield Node(office_key(office), "office", office, CLOUD, office, Category.ACCOUNT, "Office", ("account",))
    for entry in page.get("people", ()):
        yield node("person", entry["name"], Category.IDENTITY, "Person")
    for entry in page.get("visitors", ()):
        key = key_of(office, "person", entry["name"])  # nobody's: the owner of an office does not own its visitors
        yield Node(key, "person", entry["name"], CLOUD, "", Category.IDENTITY, "Visitor")
    for team in sorted({entry["team"] for entry in page.get("people", ()) if "team" in entry}):
        yield node("team", team, Category.IDENTITY, "Team")
    for room in page["rooms"]:
        yield node("room", room["name"], Category.RESOURCE, "Room", (room["keeps"],) if "keeps" in room else ())
        for vault in room.get("vaults", ()):
            yield node("vault", vault, Category.RESOURCE, "Vault", ("secret",))
    for door in page["doors"]:
        yield node("door", door["name"], Category.RESOURCE, "Door")
    for ledger in page.get("ledgers", ()):
        yield node("ledger", ledger, Category.RESOURCE, "Ledger")
    for robot in page.get("robots", ()):
        yield node("robot", robot["name"], Category.WORKLOAD, "Robot")


def _edges(office: str, page: Mapping[str, Any]) -> Iterator[Edge]:
    for entry in page.get("people", ()):
        if "team" in entry:
            ends = key_of(office, "person", entry["name"]), key_of(office, "team", entry["team"])
            yield Edge(*ends, EdgeClass.MEMBER_OF, "member", Verdict.ALLOWED)
    for robot in page.get("robots", ()):
        ends = key_of(office, "robot", robot["name"]), key_of(office, "person", robot["wears_badge_of"])
        yield Edge(*ends, EdgeClass.RUNS_AS, "runs-as", Verdict.ALLOWED)


def _entries(pages: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Entry]:
    if any(page.get("hung_out") for _office, page in pages):
        yield Entry(EntryKind.ANONYMOUS, ANYBODY, "a badge hangs out in the open")
    for office, page in pages:
        for entry in page.get("people", ()):
            if entry.get("badge_copied"):
                yield Entry(EntryKind.KEY, key_of(office, "person", entry["name"]), "the badge has been copied")
        for entry in page.get("visitors", ()):
            yield Entry(EntryKind.OUTSIDE, key_of(office, "person", entry["name"]), "a visitor from outside")


def _bars(office: str, page: Mapping[str, Any]) -> Iterator[Bar]:
    for number, entry in enumerate(page.get("bars", ())):
        yield Bar(
            f"{office}: barred doors",
            f"/bars/{number}",
            key_of(office, "door", entry["door"]),
            badge_name(office, entry["badge"]) if "badge" in entry else "",
            key_of(office, "person", entry["person"]) if "person" in entry else "",
            entry.get("when", ""),
        )


def _documents(office: str, page: Mapping[str, Any]) -> Iterator[Document]:
    yield Document(f"{office}: barred doors", {"bars": list(page.get("bars", ()))}, scope=office)
    for badge in page["badges"]:
        name, torn = badge_name(office, badge["colour"]), badge.get("torn", "")
        # A torn page still shows its first lines, but what else stood on it is not known.
        yield Document(name, {**badge, "office": office}, torn, office)


def gaps_in(office: str, page: Mapping[str, Any]) -> tuple[Gap, ...]:
    """Every torn page is something asked for and not got."""
    return tuple(
        Gap(CLOUD, office, "", LOGBOOK, (badge["colour"],), badge["torn"], "Ask the porter for a copy of the page.")
        for badge in page["badges"]
        if badge.get("torn")
    )
