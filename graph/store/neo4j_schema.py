"""What Grantpath keeps in a Neo4j database, and the steps that bring an older database there."""

from __future__ import annotations

from typing import Any

from graph.model import Category, EdgeClass
from graph.store import StoreError
from graph.store.neo4j_server import Server

ROWS = 32  # bits: `num` is the number of the graph in this database, then the row of the node in its graph
LABELS = {category: category.value.capitalize() for category in Category}

# Step n brings a database of version n to version n + 1. Released steps never change; new ones are added.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE CONSTRAINT grantpath_graph_id IF NOT EXISTS FOR (g:Graph) REQUIRE g.id IS UNIQUE",
        "CREATE CONSTRAINT grantpath_node_num IF NOT EXISTS FOR (n:Node) REQUIRE n.num IS UNIQUE",
        "CREATE INDEX grantpath_node_key IF NOT EXISTS FOR (n:Node) ON (n.snap, n.key)",
    ),
)
_ALONE = "CREATE CONSTRAINT grantpath_itself IF NOT EXISTS FOR (s:Grantpath) REQUIRE s.name IS UNIQUE"
_VERSION = "MATCH (s:Grantpath {name: 'schema'}) RETURN s.version AS version"
_REACHED = (
    "MERGE (s:Grantpath {name: 'schema'}) ON CREATE SET s.next = 0, s.version = $version "
    "SET s.version = CASE WHEN s.version > $version THEN s.version ELSE $version END"
)

NODES = {
    "num": "its graph's number × 2³² + its row: unique, and in the order of the keys",
    "snap": "the number of its graph: `(:Graph {snap})`",
    "key": "the cloud's own unique id",
    "kind": "the cloud's short word, such as `role`",
    "name": "what people call it",
    "cloud": "which cloud",
    "scope": "where in it, such as the account",
    "category": "the part it plays; its second label as well",
    "label": "the words that are shown for its kind",
    "targets": "the kinds of target it is",
    "properties": "facts shown beside it: a JSON list of pairs",
    "folded": "key and name without case, to search in",
    "alike": "the word it shares with those that are one line with it; absent where there is none",
}
EDGES = {
    "rule": "the technique or harm that made it",
    "at": "its place among the edges of its graph",
    "verdict": "`allowed`, `conditional` or `unknown`",
    "strength": "`becomes` or `uses`",
    "harm": "on GRANTS: what can be done",
    "assumed": "kinds of limit and grant that were never asked for",
    "gains": "what is widened",
    "removes": "the guard that is taken away",
}
BARE = ("rule", "at")  # all that HAS, by far the most, says
TYPES = {
    EdgeClass.MEMBER_OF: "is a member of",
    EdgeClass.CAN_BECOME: "can become, or make use of",
    EdgeClass.GRANTS: "can do a harm to",
    EdgeClass.RUNS_AS: "is a workload that runs as",
    EdgeClass.HAS: "is a set, and this is a member",
}


def span(snap: int) -> dict[str, Any]:
    """The numbers of all nodes of a graph, as parameters `low` and `high`."""
    return {"low": snap << ROWS, "high": (snap + 1) << ROWS}


def prepare(server: Server) -> None:
    """Constraints and indexes, made or brought up to date. Several processes may do it at once."""
    found = server.read(lambda transaction: list(transaction.run(_VERSION)))
    version = int(found[0]["version"]) if found else 0
    if version > len(STEPS):
        raise StoreError(
            f"The database at {server.where.place} belongs to a newer Grantpath (version {version} of its schema, "
            f"this one knows {len(STEPS)}). Upgrade this one, or give it a database of its own."
        )
    for number in range(version, len(STEPS)):
        for statement in (_ALONE, *STEPS[number], "CALL db.awaitIndexes(600)"):
            server.alone(statement)
        server.write(_REACHED, version=number + 1)
