"""What was written by an earlier version says the same after the migration."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at():
    """The models as they were at a migration of `paths`; at the end the newest are back."""

    def go(name):
        executor = MigrationExecutor(connection)
        executor.migrate([("paths", name)])
        return MigrationExecutor(connection).loader.project_state([("paths", name)]).apps

    yield go
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_rows_of_assumed_breach_keep_their_target_when_targets_come_in_sets(at):
    old = at("0001_initial")
    graph = old.get_model("scans", "EstateGraph").objects.create(graph_id="g", published_at=timezone.now())
    touched = old.get_model("connections", "ConnectionSet").objects.create(key="k")
    classes = [
        old.get_model("paths", "IdentityClass").objects.create(graph=graph, members=[[name, name]], count=1)
        for name in ("ada", "ben")
    ]
    said = [(0, "vault", 1), (1, "vault", 2), (1, "robot", 1)]
    for which, target, hops in said:
        old.get_model("paths", "Breach").objects.create(
            graph=graph,
            touches=touched,
            identities=classes[which],
            harm="destroy",
            target_key=target,
            target_name=target.title(),
            target_kind="secret",
            verdict="allowed",
            hops=hops,
        )
    new = at("0004_targets_only_in_sets")
    rows = new.get_model("paths", "Breach").objects.order_by("pk").select_related("identities", "targets")
    assert [(row.identities.members[0][0], row.targets.members, row.hops) for row in rows] == [
        ("ada", [["vault", "Vault", "secret"]], 1),
        ("ben", [["vault", "Vault", "secret"]], 2),
        ("ben", [["robot", "Robot", "secret"]], 1),
    ]
    assert new.get_model("paths", "TargetSet").objects.count() == 2
    found = new.get_model("paths", "TargetMember").objects.filter(target_key="vault")
    assert [member.target_name for member in found] == ["Vault"]


def test_paths_that_are_there_say_which_nodes_they_pass(at):
    old = at("0005_paths_of_nodes_and_bindings")
    touched = old.get_model("connections", "ConnectionSet").objects.create(key="k")
    now, columns = timezone.now(), {"entry_kind": "key", "harm": "destroy", "verdict": "allowed", "hops": 1}
    for key, path in (("a", {"nodes": [{"key": "ada"}, {"key": "vault"}]}), ("b", {})):
        old.get_model("paths", "Finding").objects.create(
            key=key, touches=touched, path=path, first_seen=now, last_seen=now, **columns
        )
    new = at("0006_nodes_of_known_paths")
    found = new.get_model("paths", "Passed").objects.order_by("pk").values_list("finding__key", "node_key")
    assert list(found) == [("a", "ada"), ("a", "vault")]


def test_connections_and_imports_of_before_live_scans_are_of_files_and_stay(at):
    executor = MigrationExecutor(connection)
    before = [("connections", "0001_initial"), ("scans", "0002_importance_of_graphs")]
    executor.migrate(before)
    old = MigrationExecutor(connection).loader.project_state(before).apps
    office = old.get_model("connections", "Connection").objects.create(name="Office", cloud="toy", scope="harbour")
    upload = old.get_model("scans", "Upload").objects.create(name="office.json", file="a", size=3, sha256="0" * 64)
    old.get_model("scans", "Scan").objects.create(connection=office, upload=upload, step="read", state="running")
    after = [("connections", "0003_rhythm"), ("scans", "0003_live")]
    executor = MigrationExecutor(connection)
    executor.migrate(after)
    new = MigrationExecutor(connection).loader.project_state(after).apps
    kept = new.get_model("connections", "Connection").objects.get()
    assert (kept.name, kept.kind, kept.given, kept.sealed, kept.rhythm) == ("Office", "files", {}, "", "")
    scan = new.get_model("scans", "Scan").objects.get()
    assert (scan.is_live, scan.step, scan.state, scan.parts.count()) == (False, "read", "running", 0)
