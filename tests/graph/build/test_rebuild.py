"""An estate built from what an earlier one knows is the estate that is built anew; parts travel and stay the same."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ref

import orjson
import pytest

import graph.build
import graph.build.estate
from graph.build import Estate, build, rebuild
from graph.clouds.aws import CLOUD
from graph.clouds.aws.demo import write
from graph.clouds.aws.parts import cut
from graph.formats import load
from graph.pool import each
from graph.snapshot import Snapshot
from tests.toy import office
from tests.toy.cloud import CLOUD as TOY
from tests.toy.cloud import cut as cut_offices

DETAILS = "iam-get-account-authorization-details"


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Snapshot]:
    folder = tmp_path_factory.mktemp("demo")
    write(folder)
    return [load(folder)]


@pytest.fixture(scope="module")
def estate(snapshots: Sequence[Snapshot]) -> Estate:
    return build(snapshots)


Edit = tuple[str, str, Callable[[Any], None]]  # the call whose answer is another one, of what, and how


def _edited(snapshots: Sequence[Snapshot], *edits: Edit) -> list[Snapshot]:
    """Answers changed, as a later scan would find them: each edit of the first answer that it is about."""
    first, *rest = snapshots
    parts = list(first.parts)
    for call, of, edit in edits:
        at = next(i for i, p in enumerate(parts) if p.call == call and (of in (p.scope, *p.arguments) or not of))
        response: Any = orjson.loads(orjson.dumps(parts[at].response))
        edit(response)
        parts[at] = replace(parts[at], response=response)
    return [replace(first, parts=tuple(parts)), *rest]


def _body(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _policy(details: Any) -> None:
    may = {"Effect": "Allow", "Action": ["s3:GetObject", "lambda:InvokeFunction"], "Resource": "*"}
    details["RoleDetailList"][0]["RolePolicyList"].append({"PolicyName": "more", "PolicyDocument": _body(may)})


def _owner(details: Any) -> None:
    may = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    details["UserDetailList"][0].setdefault("UserPolicyList", []).append(
        {"PolicyName": "all", "PolicyDocument": _body(may)}
    )


def _trust(details: Any) -> None:
    anyone = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    details["RoleDetailList"][0]["AssumeRolePolicyDocument"] = _body(anyone)


def _service(details: Any) -> None:
    lets_in = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    for role in details["RoleDetailList"][:3]:
        role["AssumeRolePolicyDocument"] = _body(lets_in)


def _membership(details: Any) -> None:
    for user in details["UserDetailList"]:
        user["GroupList"] = [group["GroupName"] for group in details["GroupDetailList"]][:1]


def _tags(details: Any) -> None:
    details["RoleDetailList"][0]["Tags"] = [{"Key": "team", "Value": "red"}]


def _removal(details: Any) -> None:
    details["RoleDetailList"].pop()


def _newcomer(details: Any) -> None:
    like = orjson.loads(orjson.dumps(details["RoleDetailList"][0]).replace(b"ole/", b"ole/new-"))
    details["RoleDetailList"].append({**like, "RoleName": f"new-{like['RoleName']}", "RoleId": "AROANEWNEWNEWNEWNEW00"})


def _opened(response: Any) -> None:
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::nw-training-data/*"}
    response["Policy"] = _body(anybody)


def _keyless(response: Any) -> None:
    response["Policy"] = _body({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"})


def _limit(response: Any) -> None:
    response["Policy"]["Content"] = _body({"Effect": "Deny", "Action": ["iam:*", "lambda:*"], "Resource": "*"})


def _no_host(response: Any) -> None:
    response["Functions"].clear()


EDITS: dict[str, Edit] = {
    "nothing": (DETAILS, "", lambda _details: None),
    "policy": (DETAILS, "222233334444", _policy),
    "policy that owns": (DETAILS, "333344445555", _owner),
    "trust": (DETAILS, "", _trust),
    "trust of a service": (DETAILS, "333344445555", _service),
    "membership": (DETAILS, "111122223333", _membership),
    "tags": (DETAILS, "222233334444", _tags),
    "a role less": (DETAILS, "", _removal),
    "a role more": (DETAILS, "333344445555", _newcomer),
    "bucket policy": ("s3-get-bucket-policy", "nw-training-data", _opened),
    "key policy": ("kms-get-key-policy", "", _keyless),
    "organization limit": ("organizations-describe-policy", "p-nwprotect1", _limit),
    "resource limit": ("organizations-describe-policy", "p-nwours0001", _limit),
    "a host less": ("lambda-list-functions", "333344445555", _no_host),
}
TOGETHER = (("policy", "bucket policy"), ("trust of a service", "membership", "a host less"), ("tags", "a role more"))


@pytest.mark.parametrize("names", [*((name,) for name in EDITS), *TOGETHER], ids="+".join)
def test_a_rebuilt_estate_is_the_estate_built_anew(
    snapshots: Sequence[Snapshot], estate: Estate, names: tuple[str, ...]
) -> None:
    later = _edited(snapshots, *(EDITS[name] for name in names))
    again, anew = rebuild(estate, later), build(later)
    same = again.graph == anew.graph  # large things that differ would be spelled out
    assert same
    assert again.entries == anew.entries
    assert _latent(again) == _latent(anew)
    unchanged = again.graph.edges == estate.graph.edges
    assert unchanged == (names in (("nothing",), ("tags",)))  # nothing asks for the tag


def test_what_is_changed_back_is_as_it_was(snapshots: Sequence[Snapshot], estate: Estate) -> None:
    again = rebuild(estate, _edited(snapshots, *(EDITS[name] for name in TOGETHER[1])))
    same = rebuild(again, snapshots).graph == estate.graph
    assert same


def _latent(estate: Estate) -> dict[str, list[tuple[str, str, str]]]:
    pairs = {rule: [(s, t, v) for t in r.resources for s, v in r.who(t)] for rule, r in estate.latent.items()}
    return {rule: sorted(some) for rule, some in pairs.items()}


def test_what_a_policy_does_not_bear_on_is_not_asked_again(snapshots: Sequence[Snapshot], estate: Estate) -> None:
    again = rebuild(estate, _edited(snapshots, EDITS["policy"]))
    before, now = estate.works["aws"].drawn, again.works["aws"].drawn
    assert before is not None
    assert now is not None
    same = {key for key, solved in now.solved.items() if before.solved[key] is solved}
    assert len(same) > len(now.solved) // 2
    assert len(same) < len(now.solved)


def test_of_estates_built_one_from_another_only_the_last_stays_in_memory(
    snapshots: Sequence[Snapshot], estate: Estate
) -> None:
    last, made = estate, list[ref[Any]]()
    for name in ("policy", "bucket policy", "a host less", "nothing", "policy that owns"):
        last = rebuild(last, _edited(snapshots, EDITS[name]))
        access: Any = last.works["aws"].access
        made += ref(access), ref(access.ground)
        del access
    gc.collect()
    assert [one() is not None for one in made] == [*[False] * 8, True, True]


def test_a_cloud_that_keeps_nothing_is_built_anew() -> None:
    first = build([office.sample()])
    assert rebuild(first, [office.sample()]).graph == first.graph


# ----- parts


def _edges(estate: Estate) -> set[tuple[str, ...]]:
    """Pair by pair."""
    inside: dict[str, list[str]] = {}
    for edge in estate.graph.edges:
        if edge.rule == "has":
            inside.setdefault(edge.source, []).append(edge.target)
    others = [e for e in estate.graph.edges if e.rule != "has"]
    return {(e.source, end, e.rule, e.verdict, *e.assumed) for e in others for end in inside.get(e.target, [e.target])}


def test_an_estate_in_parts_is_the_same_graph_whatever_works_on_them(
    snapshots: Sequence[Snapshot], estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = replace(CLOUD, parts=cut)
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": cloud})
    monkeypatch.setattr(graph.build, "_WORTH_A_PROCESS", 1)
    parts, spread = build(snapshots, processes=1), build(snapshots, processes=2)
    assert len(parts.works["aws"].parts) > 2
    assert _edges(parts) == _edges(estate)
    assert spread.graph == parts.graph
    assert {rule: r.pairs() for rule, r in spread.latent.items()} == {r: x.pairs() for r, x in estate.latent.items()}


def test_offices_decided_one_by_one_are_the_same_graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = office.page()
    lighthouse = {**page, "logbook": {**page["logbook"], "office": "lighthouse"}}
    whole = office.estate(page, lighthouse, folder=tmp_path)
    monkeypatch.setattr(graph.build, "clouds", lambda: {"toy": replace(TOY, parts=cut_offices)})
    parts = office.estate(page, lighthouse, folder=tmp_path)
    assert len(parts.works["toy"].parts) > 2
    same = parts.graph == whole.graph
    assert same
    assert _latent(parts) == _latent(whole)
    edges = [edge for edge in parts.graph.edges if edge.rule in parts.rules and not edge.target.startswith("set:")]
    assert [parts.hop(edge).proof.verdict for edge in edges] == [edge.verdict for edge in edges]


def test_an_edge_of_a_part_is_proved_by_that_part(
    snapshots: Sequence[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, parts=cut)})
    parts = build(snapshots)
    sets = {edge.source for edge in parts.graph.edges if edge.rule == "has"}
    edges = [edge for edge in parts.graph.edges if edge.rule in parts.rules and edge.target not in sets]
    some = [edge for edge in edges[:: len(edges) // 60 + 1] if edge.source != edge.target]
    assert [parts.hop(edge).proof.verdict for edge in some] == [edge.verdict for edge in some]


def test_hops_that_are_proved_together_are_those_proved_one_by_one(
    snapshots: Sequence[Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, parts=cut)})
    monkeypatch.setattr(graph.build.estate, "_WORTH_A_PROCESS", 1)
    parts = build(snapshots)
    sets = {edge.source for edge in parts.graph.edges if edge.rule == "has"}
    edges = [edge for edge in parts.graph.edges if not {edge.source, edge.target} & sets]
    plain = [edge for edge in edges if edge.rule not in parts.rules]
    some = [*plain[:20], *edges[:: len(edges) // 60 + 1]]
    assert {edge.rule in parts.rules for edge in some} == {True, False}
    told: list[int] = []
    found = parts.hops(some, lambda done, _total, _words: told.append(done), processes=2)
    assert found == {edge: parts.hop(edge) for edge in some}
    assert told[-1] == len(set(some))


@pytest.mark.parametrize("processes", [1, 3])
def test_pieces_of_work_come_back_in_order(processes: int) -> None:
    assert list(each(lambda number: number * number, 7, processes)) == [0, 1, 4, 9, 16, 25, 36]
