"""The toy cloud's techniques and harms: borrowing badges, driving robots, signing ledgers, emptying vaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from graph.cloud import Solved, Target, Technique
from graph.model import Decision, Proof, Strength, Verdict, together
from graph.policy.bits import full
from graph.policy.relation import Relation, Row
from tests.toy.access import OfficeAccess
from tests.toy.facts import key_of, office_key

Onto = Mapping[str, tuple[str, ...]]
# An image of a relation calls a pair unknown when one of the ways is unread and none is certain.
_ORDER = {Verdict.ALLOWED: 0, Verdict.UNKNOWN: 1, Verdict.CONDITIONAL: 2, Verdict.DENIED: 3}


def _from_doors(access: OfficeAccess, kind: str) -> Onto:
    """What lies behind each door."""

    def behind(room: Mapping[str, object]) -> tuple[str, ...]:
        if kind == "vault":
            return tuple(key_of(str(room["office"]), "vault", str(name)) for name in _names(room.get("vaults")))
        if kind == "office":
            return (office_key(str(room["office"])),) if room.get("control") else ()
        return (str(room["key"]),)

    return {door: behind(room) for door, room in access.facts.rooms.items()}


def _names(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _left_badges(access: OfficeAccess) -> Onto:
    """Door → people whose badge lies in a locker behind it."""
    return {
        door: tuple(
            p.key for p in access.facts.people if p.office == room["office"] and p.locker in _names(room.get("lockers"))
        )
        for door, room in access.facts.rooms.items()
    }


def _hosts(access: OfficeAccess) -> Onto:
    """Door → robots in the bay behind it."""
    bays = access.facts.bays
    return {
        door: tuple(sorted(r for r, bay in bays.items() if bay == room["key"]))
        for door, room in access.facts.rooms.items()
    }


def _lenders(access: OfficeAccess, listed: bool) -> Onto:
    """Bay door → people who lend their badge to robots, where robots were listed or not; () where some are there."""
    facts = access.facts
    with_robots = {access.facts.bays[robot] for robot in facts.robots}
    return {
        door: tuple(p.key for p in facts.people if p.lends_to_robots and p.office == room["office"])
        for door, room in facts.rooms.items()
        if room.get("robots") and room["key"] not in with_robots and (room["office"] in facts.listed_robots) is listed
    }


def _unread(relation: Relation) -> Relation:
    whole = full(len(relation.resources))
    return relation.within(Row(0, whole, whole))


def _borrow(access: OfficeAccess) -> Solved:
    return Solved(reaches=access.relation("door.open").image(_left_badges(access), access.everybody))


def _drive(access: OfficeAccess) -> Solved:
    doors, people = access.relation("door.open"), access.everybody
    wearers = {door: tuple(access.facts.robots[robot] for robot in robots) for door, robots in _hosts(access).items()}
    unseen = _unread(doors.image(_lenders(access, listed=False), people))
    return Solved(
        reaches=doors.image(wearers, people).join(unseen), latent=doors.image(_lenders(access, listed=True), people)
    )


def _send(access: OfficeAccess) -> Solved:
    wearers = {robot: (person,) for robot, person in access.facts.robots.items()}
    return Solved(reaches=access.relation("robot.start").image(wearers, access.everybody))


def _ledgers(access: OfficeAccess, name: str) -> Onto:
    ledgers = access.relation("ledger.sign").resources
    return {key: (office_key(key.split(":")[1]),) for key in ledgers if key.endswith(f":ledger/{name}")}


def _offices(access: OfficeAccess) -> tuple[str, ...]:
    return tuple(node.key for node in access.facts.nodes if node.kind == "office")


def _master(access: OfficeAccess) -> Solved:
    return Solved(reaches=access.relation("ledger.sign").image(_ledgers(access, "master"), _offices(access)))


def _sign(access: OfficeAccess) -> Solved:
    own = {p.key: [key_of(p.office, "ledger", "visitors")] for p in access.facts.people}
    return Solved(widens=access.relation("ledger.sign").own(own), gains=("door.open",))


def _vault(access: OfficeAccess) -> Solved:
    unlock = access.relation("vault.unlock")
    return Solved(
        reaches=access.relation("door.open").image(_from_doors(access, "vault"), unlock.resources).meet(unlock)
    )


def _archive(access: OfficeAccess) -> Solved:
    rooms = tuple(n.key for n in access.facts.nodes if "training_data" in n.targets)
    return Solved(reaches=access.relation("door.open").image(_from_doors(access, "room"), rooms))


def _control(access: OfficeAccess) -> Solved:
    return Solved(reaches=access.relation("door.open").image(_from_doors(access, "office"), _offices(access)))


# ----- proofs


def _both(decisions: Iterable[Decision], via: str = "", gains: tuple[str, ...] = ()) -> Proof:
    """All must hold."""
    said = list(decisions)
    because = [b for d in said for b in d.because]
    return Proof(
        together(d.verdict for d in said),
        evidence=tuple(dict.fromkeys(b.evidence for b in because if b.evidence)),
        conditions=tuple(dict.fromkeys(c for d in said for c in d.conditions)),
        assumed=tuple(sorted({a for d in said for a in d.assumed})),
        because=tuple(because),
        via=via,
        gains=gains,
    )


def _any(proofs: Iterable[Proof]) -> Proof:
    """One is enough: the best way."""
    return reduce(lambda a, b: b if _ORDER[b.verdict] < _ORDER[a.verdict] else a, proofs, Proof(Verdict.DENIED))


def _through(access: OfficeAccess, source: str, action: str, onto: Onto, target: str) -> Proof:
    ways = [thing for thing, others in sorted(onto.items()) if target in others]
    return _any(_both([access.decide(source, action, thing)]) for thing in ways)


def _prove_borrow(access: OfficeAccess, source: str, target: str) -> Proof:
    return _through(access, source, "door.open", _left_badges(access), target)


def _prove_drive(access: OfficeAccess, source: str, target: str) -> Proof:
    hosts = [
        _both([access.decide(source, "door.open", door)], via=robot)
        for door, robots in sorted(_hosts(access).items())
        for robot in robots
        if access.facts.robots[robot] == target
    ]
    unseen = _through(access, source, "door.open", _lenders(access, listed=False), target)
    if unseen.verdict is not Verdict.DENIED:
        hosts.append(Proof(Verdict.UNKNOWN, unseen.evidence, unseen.conditions, unseen.assumed, unseen.because))
    return _any(hosts)


def _prove_send(access: OfficeAccess, source: str, target: str) -> Proof:
    robots = [robot for robot, person in sorted(access.facts.robots.items()) if person == target]
    return _any(_both([access.decide(source, "robot.start", robot)], via=robot) for robot in robots)


def _prove_master(access: OfficeAccess, source: str, target: str) -> Proof:
    return _through(access, source, "ledger.sign", _ledgers(access, "master"), target)


def _prove_sign(access: OfficeAccess, source: str, _target: str) -> Proof:
    office = next(p.office for p in access.facts.people if p.key == source)
    return _both([access.decide(source, "ledger.sign", key_of(office, "ledger", "visitors"))], gains=("door.open",))


def _prove_vault(access: OfficeAccess, source: str, target: str) -> Proof:
    doors = [door for door, vaults in sorted(_from_doors(access, "vault").items()) if target in vaults]
    unlock = access.decide(source, "vault.unlock", target)
    return _any(_both([access.decide(source, "door.open", door), unlock]) for door in doors)


def _prove_archive(access: OfficeAccess, source: str, target: str) -> Proof:
    return _through(access, source, "door.open", _from_doors(access, "room"), target)


def _prove_control(access: OfficeAccess, source: str, target: str) -> Proof:
    return _through(access, source, "door.open", _from_doors(access, "office"), target)


HANDBOOK = ("https://example.org/handbook",)
TECHNIQUES = (
    Technique(
        "toy.borrow-badge",
        "Borrow a badge from a shared locker",
        "take over",
        Strength.BECOMES,
        "{source} takes the badge that {target} leaves in a shared locker",
        ("door.open on the locker room",),
        "the other person's badge",
        "Give everybody a locker with a key.",
        "Look for a badge used twice at once.",
        HANDBOOK,
        _borrow,
        _prove_borrow,
    ),
    Technique(
        "toy.drive-robot",
        "Drive a robot by hand",
        "change a workload",
        Strength.BECOMES,
        "{source} drives {via}, which wears the badge of {target}",
        ("door.open on the robots' bay",),
        "whatever the robot's badge opens",
        "Lock the bay.",
        "Look for robots off their rounds.",
        HANDBOOK,
        _drive,
        _prove_drive,
    ),
    Technique(
        "toy.send-robot",
        "Send a robot on its round",
        "use a workload",
        Strength.USES,
        "{source} sends {via} on the round it makes with the badge of {target}",
        ("robot.start on the robot",),
        "one round of the robot",
        "Let the porter start robots.",
        "Count the rounds.",
        HANDBOOK,
        _send,
        _prove_send,
    ),
    Technique(
        "toy.sign-ledger",
        "Sign oneself into the visitors' ledger",
        "widen oneself",
        Strength.BECOMES,
        "{source} signs for more doors in the visitors' ledger",
        ("ledger.sign on the visitors' ledger",),
        "more doors",
        "Let the porter keep the ledger.",
        "Compare signatures.",
        HANDBOOK,
        _sign,
        _prove_sign,
    ),
    Technique(
        "toy.sign-master-ledger",
        "Sign the master ledger",
        "widen oneself",
        Strength.BECOMES,
        "{source} writes a master badge for the office {target} into the ledger",
        ("ledger.sign on the master ledger",),
        "the office",
        "Keep the master ledger in the treasury.",
        "Compare signatures.",
        HANDBOOK,
        _master,
        _prove_master,
    ),
)
TARGETS = (
    Target(
        "toy.administer",
        "account",
        "administer",
        "Stand in the control room",
        "{source} walks into the control room of {target}",
        ("door.open on the control room",),
        HANDBOOK,
        _control,
        _prove_control,
    ),
    Target(
        "toy.empty-vault",
        "secret",
        "read_secrets",
        "Empty a vault",
        "{source} unlocks the vault {target}",
        ("door.open on the room", "vault.unlock on the vault"),
        HANDBOOK,
        _vault,
        _prove_vault,
    ),
    Target(
        "toy.read-archive",
        "training_data",
        "read_training_data",
        "Read in the archive",
        "{source} reads in {target}",
        ("door.open on the archive",),
        HANDBOOK,
        _archive,
        _prove_archive,
    ),
)
