"""What is the same in many scopes is one thing with a count, and rows about it are one row; nothing else is folded."""

from __future__ import annotations

from dataclasses import replace

from graph.analysis.alike import ANY_SCOPE, alike, folded, likeness, same_breaches, same_latent
from graph.analysis.report import Breach, Latent
from graph.model import Category, Node, Verdict
from graph.node_facts import COMMON_NAME


def _node(key: str, scope: str, name: str, kind: str = "role", category: Category = Category.IDENTITY) -> Node:
    return Node(key, kind, name, "toy", scope, category)


ADMIN = [_node(f"{scope}/admin", scope, "admin") for scope in ("1", "2", "3")]
ACCOUNTS = [_node(scope, scope, f"account {scope}", "account", Category.ACCOUNT) for scope in ("1", "2", "3")]


def test_the_same_name_and_kind_in_several_scopes_is_one_thing() -> None:
    (group,) = set(alike(ADMIN).values())
    assert (group.name, group.members, group.scopes) == ("admin", ("1/admin", "2/admin", "3/admin"), 3)


def test_what_one_scope_alone_has_is_alike_to_nothing() -> None:
    twice = [_node("a", "1", "x"), _node("b", "1", "x")]
    assert alike([*twice, _node("c", "2", "y")]) == {}


def test_other_kinds_and_other_clouds_are_not_alike() -> None:
    user = _node("2/u", "2", "admin", "user")
    elsewhere = replace(_node("2/e", "2", "admin"), cloud="other")
    assert alike([ADMIN[0], user, elsewhere]) == {}


def test_what_belongs_to_no_scope_and_accounts_are_alike_to_nothing() -> None:
    assert alike([_node("x", "", "n"), _node("y", "", "n"), *ACCOUNTS]) == {}


def test_a_name_that_spells_out_its_scope_is_the_same_name_in_each() -> None:
    deploy = [_node(f"d{scope}", scope, f"deploy-{scope}-west") for scope in ("111", "222")]
    assert {group.name for group in alike(deploy).values()} == {f"deploy-{ANY_SCOPE}-west"}


def test_a_cloud_can_say_what_a_name_is_in_every_scope() -> None:
    made = [replace(_node(f"m{s}", s, f"made-{s * 3}"), properties=((COMMON_NAME, "made"),)) for s in ("1", "2")]
    assert {group.name for group in alike(made).values()} == {"made"}


def test_the_key_of_a_likeness_stays_as_members_come_and_go() -> None:
    assert alike(ADMIN)["1/admin"].key == alike(ADMIN[:2])["1/admin"].key


def _folds(rows: list[tuple[str, ...]], *more: Node) -> list[int]:
    nodes = {node.key: node for node in (*ADMIN, *ACCOUNTS, *more)}
    return [len(some) for some in folded(rows, len, lambda row: row, likeness(nodes))]


def test_who_owns_its_own_account_is_one_row_and_who_owns_another_is_another() -> None:
    own = [("1/admin", "1"), ("2/admin", "2"), ("3/admin", "3")]
    assert _folds([*own, ("1/admin", "2"), ("2/admin", "3")]) == [3, 2]


def test_one_who_owns_many_accounts_is_one_row() -> None:
    assert _folds([("boss", "2"), ("boss", "3"), ("boss", "1")], _node("boss", "1", "boss")) == [2, 1]


def test_what_is_reached_within_ones_scope_is_not_what_is_reached_across() -> None:
    store = _node("store", "1", "store", "bucket", Category.RESOURCE)
    assert _folds([(f"{scope}/admin", "store") for scope in ("1", "2", "3")], store) == [1, 2]


def test_rows_of_what_is_unlike_stay_apart() -> None:
    unlike = [_node("1/a", "1", "a"), _node("2/b", "2", "b")]
    assert _folds([("1/a", "1"), ("2/b", "2"), ("1/admin", "1")], *unlike) == [1, 1, 1]


def test_the_first_row_speaks_and_order_is_kept() -> None:
    nodes = {node.key: node for node in (*ADMIN, *ACCOUNTS)}
    rows = [("3/admin", "3"), ("unread", "2"), ("1/admin", "1")]
    assert folded(rows, len, lambda row: row, likeness(nodes)) == ((rows[0], rows[2]), (rows[1],))


def test_breaches_and_latent_rows_of_several_scopes_are_one_and_of_other_numbers_are_not() -> None:
    nodes = {node.key: node for node in (*ADMIN, *ACCOUNTS)}
    breach = [Breach((f"{s}/admin",), "administer", (s,), Verdict.ALLOWED, 1, float(s)) for s in ("1", "2")]
    further = [
        Breach(("3/admin",), "administer", ("3",), Verdict.ALLOWED, 2),
        Breach(("2/admin",), "destroy", ("2",), Verdict.ALLOWED, 1),
    ]
    assert list(map(len, same_breaches([*breach, *further], likeness(nodes)))) == [2, 1, 1]
    lacking = [Latent("toy.lend", (f"{s}/admin",), (s,), Verdict.ALLOWED) for s in ("1", "2", "3")]
    unsure = Latent("toy.lend", ("3/admin",), ("3",), Verdict.UNKNOWN)
    assert list(map(len, same_latent([*lacking, unsure], likeness(nodes)))) == [3, 1]


def test_how_identities_and_targets_are_parted_is_part_of_a_row() -> None:
    nodes = {node.key: node for node in ADMIN}
    rows = [
        Breach(("1/admin", "2/admin"), "destroy", ("3/admin",), Verdict.ALLOWED, 1),
        Breach(("1/admin",), "destroy", ("2/admin", "3/admin"), Verdict.ALLOWED, 1),
    ]
    assert len(same_breaches(rows, likeness(nodes))) == 2
