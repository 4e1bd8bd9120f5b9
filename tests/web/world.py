"""A small published estate, written by hand: every verdict, hostile names, and a part that is foreign to most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from ciem.accounts.models import Role, User
from ciem.connections.models import Connection, ConnectionGrant, ConnectionSet, Kind
from ciem.paths.estate import Territory, store
from ciem.paths.models import Comparison, Difference, Finding
from ciem.paths.rechecking import Recheck
from ciem.paths.refresh import Published, refresh
from ciem.scans.models import (
    ConnectionTest,
    EstateGraph,
    GapRecord,
    ProblemRecord,
    Scan,
    ScanPart,
    SnapshotRecord,
    State,
    Step,
    Upload,
)
from graph.analysis.report import Administrator, Amplification, Breach, Choke, Danger, Latent, Report, Standing
from graph.cloud import Binding
from graph.model import (
    Because,
    Category,
    Condition,
    Confidence,
    Document,
    Edge,
    EdgeClass,
    Entry,
    EntryKind,
    Evidence,
    Graph,
    Hop,
    Node,
    Path,
    Proof,
    Score,
    Strength,
    Verdict,
    together,
)

CLOUD, HOME, AWAY = "toy", "northwind", "lighthouse"
SCRIPT = '<script>alert("1")</script>'
REVERSED = "safe\u202egnp.exe\u202c"
LONG = "k/" + "x" * 996 + "?é"  # 1,000 characters, with what addresses find hard
DOCUMENT = "CiDeploy <b>policy</b>"


def _node(key: str, kind: str, name: str, category: Category, label: str, *targets: str, scope: str = HOME) -> Node:
    facts = (("description", SCRIPT), ("made", "2025-01-14"))
    return Node(key, kind, name, CLOUD, scope, category, label, targets, facts)


WORKFLOW = _node(
    "federated:ci|any", "federated", "Any workflow of the organization", Category.IDENTITY, "Federated", scope=""
)
DEPLOYER = _node("id:role/ci-deployer", "role", "ci-deployer", Category.IDENTITY, "Role")
JOB = _node("id:job/nightly-training", "job", "nightly-training", Category.WORKLOAD, "Training job")
TRAINER = _node("id:role/training-role", "role", "training-role", Category.IDENTITY, "Role")
ENDPOINT = _node(
    "id:endpoint/fraud-scoring-prod", "endpoint", "fraud-scoring-prod", Category.RESOURCE, "Endpoint", "model_endpoint"
)
BUCKET = _node("id:store/nw-training-data", "store", "nw-training-data", Category.RESOURCE, "Store", "training_data")
SYNC = _node("id:user/svc-datasync", "user", "svc-datasync", Category.IDENTITY, "User")
ANALYSTS = _node("id:group/analysts", "group", "analysts", Category.IDENTITY, "Group")
EVIL = _node(LONG, "user", SCRIPT, Category.IDENTITY, REVERSED)
SECRET = _node("id:secret/" + SCRIPT, "secret", REVERSED, Category.RESOURCE, "Secret", "secret")
ACCOUNT = _node("id:account", "account", "nw-prod-ml", Category.ACCOUNT, "Account", "account")
ADMIN = _node("id:role/platform-admin", "role", "platform-admin", Category.IDENTITY, "Role")
KEEPER = _node("away:user/keeper", "user", "keeper", Category.IDENTITY, "User", scope=AWAY)
LAMP = _node("away:secret/lamp", "secret", "lamp", Category.RESOURCE, "Secret", "secret", scope=AWAY)
NODES = (WORKFLOW, DEPLOYER, JOB, TRAINER, ENDPOINT, BUCKET, SYNC, ANALYSTS, EVIL, SECRET, ACCOUNT, ADMIN, KEEPER, LAMP)

STATEMENT = {"Effect": "Allow", "What": ["start", "pass"], "On": SCRIPT}
DOCUMENTS = {
    DOCUMENT: Document(DOCUMENT, {"Version": "1", "Statements": [{"Effect": "Deny", "What": "delete"}, STATEMENT]}),
    "torn": Document("torn", None, "The document could not be read: access was refused."),
}
GRANT = Evidence(DOCUMENT, "/Statements/1", "Allow", "statement 2")
NETWORK = Condition("network", "StringEquals", ("vpn",), "The call comes from the office network.", "network")
REGION = Condition("region", "StringEquals", ("north",), "The call names the region north.", "caller")


def _hop(
    source: Node, target: Node, rule: str, sentence: str, verdict: Verdict = Verdict.ALLOWED, **proof: object
) -> Hop:
    why = (
        Because("identity_policy", GRANT, "statement 2 grants it", "badge.lend"),
        Because("identity_policy", GRANT, "statement 2 grants it", "door.open"),
        Because("boundary", None, "there is none"),
    )
    full = Proof(verdict, (GRANT,), because=why, **proof)  # type: ignore[arg-type]
    strength = Strength.USES if rule == "toy.send-robot" else Strength.BECOMES
    return Hop(source.key, target.key, rule, strength, verdict, full, sentence)


def _score(value: float, bits: tuple[float, ...] = (), chance: float = 0.5, prior: float = 0.15) -> Score:
    unsure = sum(one > 0 for one in bits) / max(1, len(bits))
    confidence = Confidence(unsure, 0.0, (), 1)
    return Score(value, 0.72, 8, 4.5, prior, "key.old", chance, 0.01, 0.5, bits, bits, confidence, "2.abc")


def _path(
    key: str, score: float, kind: EntryKind, harm: str, *hops: Hop, assumed: tuple[str, ...] = (), finding: str = ""
) -> Path:
    facts = (("key_age_days", "512"), ("keys", SCRIPT)) if kind == EntryKind.KEY else ()
    entry = Entry(kind, hops[0].source, "a key that never ends" if kind == EntryKind.KEY else "", facts=facts)
    verdict = together(hop.verdict for hop in hops)
    factors = _score(score, tuple(float(hop.verdict != Verdict.ALLOWED) for hop in hops))
    named = (finding or key).ljust(64, "0")
    return Path(f"path-{key}", named, entry, hops[-1].target, harm, verdict, hops, assumed, score, "", factors)


PATHS = (
    _path(
        "a1",
        72,
        EntryKind.KEY,
        "read_training_data",
        _hop(SYNC, BUCKET, "toy.read-archive", "svc-datasync reads the objects of nw-training-data"),
    ),
    _path(
        "a2",
        58,
        EntryKind.FEDERATED,
        "replace_model",
        _hop(
            WORKFLOW,
            DEPLOYER,
            "toy.borrow-badge",
            "Any workflow of the organization signs in as ci-deployer",
            Verdict.CONDITIONAL,
            conditions=(REGION,),
        ),
        _hop(
            DEPLOYER,
            TRAINER,
            "toy.drive-robot",
            "ci-deployer starts nightly-training, which runs as training-role",
            via=JOB.key,
        ),
        _hop(
            TRAINER,
            ENDPOINT,
            "toy.empty-vault",
            "training-role replaces the model of fraud-scoring-prod",
            Verdict.CONDITIONAL,
            conditions=(NETWORK,),
        ),
    ),
    _path(
        "a3",
        40,
        EntryKind.OUTSIDE,
        "read_secrets",
        _hop(
            EVIL,
            SECRET,
            "toy.empty-vault",
            f"{SCRIPT} reads {REVERSED}",
            Verdict.UNKNOWN,
            assumed=("resource_policy",),
        ),
        assumed=("resource_policy",),
    ),
    _path("b1", 81, EntryKind.KEY, "read_secrets", _hop(KEEPER, LAMP, "toy.empty-vault", "keeper reads lamp")),
)
FIRST, CHAIN, HOSTILE, FOREIGN = (path.finding for path in PATHS)
# Another way to what the chain leads to, without the job; its last hop is the same.
SHORTCUT = _path(
    "a9",
    58,
    EntryKind.FEDERATED,
    "replace_model",
    _hop(WORKFLOW, TRAINER, "toy.borrow-badge", f"Any workflow is {SCRIPT} and becomes training-role"),
    PATHS[1].hops[-1],
    finding=CHAIN,
)


def _edge(source: Node, target: Node, edge_class: EdgeClass, rule: str, verdict: Verdict, harm: str = "") -> Edge:
    return Edge(source.key, target.key, edge_class, rule, verdict, harm=harm)


EDGES = (
    _edge(WORKFLOW, DEPLOYER, EdgeClass.CAN_BECOME, "toy.borrow-badge", Verdict.CONDITIONAL),
    _edge(DEPLOYER, TRAINER, EdgeClass.CAN_BECOME, "toy.drive-robot", Verdict.ALLOWED),
    _edge(JOB, TRAINER, EdgeClass.RUNS_AS, "runs-as", Verdict.ALLOWED),
    _edge(SYNC, ANALYSTS, EdgeClass.MEMBER_OF, "member-of", Verdict.ALLOWED),
    _edge(SYNC, BUCKET, EdgeClass.GRANTS, "toy.read-archive", Verdict.ALLOWED, "read_training_data"),
    _edge(TRAINER, ENDPOINT, EdgeClass.GRANTS, "toy.empty-vault", Verdict.CONDITIONAL, "replace_model"),
    _edge(TRAINER, ENDPOINT, EdgeClass.GRANTS, "toy.read-archive", Verdict.ALLOWED, "invoke"),
    _edge(EVIL, SECRET, EdgeClass.GRANTS, "toy.empty-vault", Verdict.UNKNOWN, "read_secrets"),
    _edge(ADMIN, ACCOUNT, EdgeClass.GRANTS, "toy.administer", Verdict.ALLOWED, "administer"),
    _edge(KEEPER, LAMP, EdgeClass.GRANTS, "toy.empty-vault", Verdict.ALLOWED, "read_secrets"),
)
GRAPH = Graph(
    "feed" * 16,
    ("snap-home", "snap-away"),
    tuple(sorted(NODES, key=lambda node: node.key)),
    tuple(sorted(EDGES, key=lambda edge: (edge.source, edge.target, edge.edge_class, edge.rule))),
)
WIDENING = Edge(
    SYNC.key, SYNC.key, EdgeClass.CAN_BECOME, "toy.sign-ledger", Verdict.ALLOWED, gains=("door.open", SCRIPT)
)
WORKERS = (DEPLOYER.key, EVIL.key, SYNC.key, TRAINER.key)
CHOKES = (
    Choke(
        "",
        GRANT,
        tuple(sorted((hop.source, hop.technique, hop.target) for path in PATHS[:2] for hop in path.hops)),
        97.5,
        (FIRST, CHAIN),
        0,
        2,
    ),
    Choke(TRAINER.key, None, (), 58.0, (CHAIN,), 0, 1),
    Choke(EVIL.key, None, (), 12.25, (), 1, 1),
    Choke("", None, ((SYNC.key, "member-of", ANALYSTS.key),), 3.0, (), 0, 0),
)
DANGERS = (
    Danger("replace_model", ENDPOINT.key, _score(60, chance=0.4, prior=1.0), (CHAIN,), (TRAINER.key, DEPLOYER.key)),
    Danger("read_secrets", LAMP.key, _score(81), (FOREIGN,), (KEEPER.key,)),
)
STANDINGS = (
    Standing((TRAINER.key,), ((EntryKind.FEDERATED, 1), (EntryKind.KEY, 2)), 3, 1, 2, 4),
    Standing((ENDPOINT.key, LAMP.key), ((EntryKind.FEDERATED, 1),), 5, 0, 0, 0),
)
LATENT = (
    Latent("toy.drive-robot", WORKERS, (TRAINER.key,), Verdict.ALLOWED),
    Latent("toy.drive-robot", (KEEPER.key,), (LAMP.key,), Verdict.UNKNOWN, ("resource_policy",)),
)
AMPLIFIED = (
    Amplification(TRAINER.key, 4.5, 90.0, 20.0, 3, 2, (("read_secrets", SECRET.key), ("invoke", ENDPOINT.key)), True),
    Amplification(DEPLOYER.key, None, 8.0, 0.0, 1, 1),
)
OWNING = Administrator(ADMIN.key, ACCOUNT.key, Verdict.ALLOWED, "toy.administer", (GRANT,), (EntryKind.KEY,), folded=12)
REPORT = Report(
    GRAPH.id,
    tuple(sorted(PATHS, key=lambda path: -(path.score or 0))),
    (OWNING,),
    (
        Breach(WORKERS, "replace_model", (ENDPOINT.key,), Verdict.CONDITIONAL, 2),
        Breach(WORKERS, "destroy", (BUCKET.key, ENDPOINT.key, SECRET.key), Verdict.ALLOWED, 3),
        Breach((KEEPER.key,), "read_secrets", (LAMP.key,), Verdict.ALLOWED, 1),
    ),
    (WIDENING,),
    DOCUMENTS,
    {CHAIN: (KEEPER.key, EVIL.key)},
    {CHAIN: (PATHS[1], SHORTCUT)},
    STANDINGS,
    DANGERS,
    CHOKES,
    LATENT,
    "2.abc",
    AMPLIFIED,
)


SHEET = Document("lamp oil", {"Effect": "Allow", "What": "light"}, scope=AWAY)
BINDINGS = (
    Binding(DEPLOYER.key, "inline rule", DOCUMENTS[DOCUMENT]),
    Binding(SYNC.key, "inline rule", DOCUMENTS[DOCUMENT]),
    Binding(
        SYNC.key, "lent rule", Document("sync/reader", {"Effect": "Allow", "What": SCRIPT}, scope=HOME), ANALYSTS.key
    ),
    Binding(SYNC.key, "lent rule", SHEET),
    Binding(KEEPER.key, "boundary", SHEET),
)


@dataclass(frozen=True)
class World:
    """What was made: alice sees everything, bob the home connection, charlie nothing, erin audits."""

    alice: User
    bob: User
    charlie: User
    erin: User
    home: Connection
    away: Connection
    scan: Scan
    foreign_scan: Scan


def people() -> tuple[User, User, User, User]:
    def person(name: str, role: Role) -> User:
        return User.objects.create_user(name, password=f"the password of {name}", role=role)

    return (
        person("alice", Role.ADMINISTRATOR),
        person("bob", Role.ARCHITECT),
        person("charlie", Role.ARCHITECT),
        person("erin", Role.AUDITOR),
    )


def make() -> World:
    """Publish it all, as the worker would."""
    alice, bob, charlie, erin = people()
    home = Connection.objects.create(name=f"Northwind {SCRIPT}", cloud=CLOUD, scope=HOME)
    away = Connection.objects.create(name="Lighthouse", cloud=CLOUD, scope=AWAY)
    ConnectionGrant.objects.create(user=bob, connection=home)
    records = [_snapshot(home, "snap-home", HOME), _snapshot(away, "snap-away", AWAY)]
    GapRecord.objects.create(
        snapshot=records[0],
        scope=HOME,
        call="list-keys",
        arguments=[SCRIPT],
        error="Refused.",
        remedy="Let it list keys.",
    )
    graph = EstateGraph.objects.create(
        graph_id=GRAPH.id,
        counts={"nodes": len(NODES)},
        assumed={HOME: ["resource_policy"]},
        is_current=True,
        published_at=timezone.now(),
    )
    graph.snapshots.set(records)
    store().publish(GRAPH)
    nodes = {node.key: node for node in NODES}
    refresh(Published(REPORT, graph, nodes, Territory.of(records), BINDINGS), lambda _: Recheck((), ()))
    scan, foreign = (_scan(connection, record, graph) for connection, record in zip((home, away), records, strict=True))
    ProblemRecord.objects.create(scan=scan, file=f"{SCRIPT}.json", where="/people/3", what="no name", remedy="Name it.")
    return World(alice, bob, charlie, erin, home, away, scan, foreign)


def _snapshot(connection: Connection, name: str, scope: str) -> SnapshotRecord:
    return SnapshotRecord.objects.create(
        snapshot_id=name,
        connection=connection,
        cloud=CLOUD,
        scope=scope,
        scopes=[scope],
        counts={"read-logbook": 9},
        parts=9,
        collected_at=datetime(2026, 11, 21, 6, 0, tzinfo=UTC),
    )


def _scan(connection: Connection, record: SnapshotRecord, graph: EstateGraph) -> Scan:
    upload = Upload.objects.create(name=f"{SCRIPT}.json", file=f"upload-{record.snapshot_id}", size=3, sha256="0" * 64)
    return Scan.objects.create(connection=connection, upload=upload, snapshot=record, graph=graph, state=State.DONE)


def read_live(world: World) -> tuple[Connection, Scan]:
    """A connection that is read live, seen by those who see the home connection, with a scan that goes on."""
    live = Connection.objects.create(name=f"Head office {SCRIPT}", kind=Kind.LIVE, cloud=CLOUD, given={"book": "/b"})
    for grant in world.home.grants.all():
        ConnectionGrant.objects.create(user=grant.user, connection=live)
    lacking = [{"place": SCRIPT, "what": f"The word {SCRIPT} is wrong.", "remedy": "Ask the porter."}]
    ConnectionTest.objects.create(connection=live, state=State.DONE, finished_at=timezone.now(), missing=lacking)
    upload = Upload.objects.create(name="Read live", file="live-1", size=0, sha256="")
    at = {"step": Step.COLLECT, "started_at": timezone.now()}
    scan = Scan.objects.create(connection=live, upload=upload, state=State.RUNNING, is_live=True, **at)
    for number, state in enumerate((State.DONE, State.RUNNING, State.FAILED, State.QUEUED)):
        told = {"error": f"Refused {SCRIPT}." if state == State.FAILED else "", "calls": 20, "gaps": number}
        ScanPart.objects.create(scan=scan, key=f"part-{number}", words=f"floor {number} {SCRIPT}", state=state, **told)
    return live, scan


OLDER = "beef" * 16


def compared(world: World) -> Comparison:
    """An earlier graph, and what became of the paths since: at home opened and closed, and away changed."""
    old = EstateGraph.objects.create(graph_id=OLDER, published_at=datetime(2026, 11, 20, 6, 0, tzinfo=UTC))
    new = EstateGraph.objects.get(is_current=True)
    old.snapshots.set(new.snapshots.all())
    comparison = Comparison.objects.create(old=old, new=new, state=State.DONE)
    cause = {
        "what": "statement",
        "change": "added",
        "before": None,
        "after": STATEMENT,
        "words": f"{SCRIPT} was added.",
    }
    hop = {"source": REVERSED, "target": "x", "rule": "toy.borrow-badge", "was": None, "now": "allowed"}
    rows = (
        (world.home, "opened", CHAIN, WORKFLOW, ENDPOINT, "", True),
        (world.home, "closed", HOSTILE, EVIL, SECRET, "", False),
        (world.away, "changed", FOREIGN, KEEPER, LAMP, "unknown", True),
    )
    for number, (place, turn, key, entry, target, was, rechecked) in enumerate(rows, 1):
        Difference.objects.create(
            comparison=comparison,
            touches=ConnectionSet.objects.of([place.pk]),
            number=number,
            turn=turn,
            finding_key=key,
            entry_key=entry.key,
            entry_name=entry.name,
            target_key=target.key,
            target_name=target.name,
            harm="read_secrets",
            verdict="allowed",
            score=40,
            was_verdict=was,
            was_score=20 if was else None,
            because=[f"{SCRIPT} of {turn} was added."],
            hops=[{**hop, "causes": [cause]}],
            route=[entry.name, target.name],
            rechecked=rechecked,
        )
    return comparison


def finding(key: str) -> Finding:
    return Finding.objects.get(key=key)
