"""An estate read and decided account by account is the estate that is read and decided whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import graph.build
from graph.build import Estate, build
from graph.build.spread import Spread
from graph.clouds.aws import CLOUD
from graph.clouds.aws.demo import write
from graph.clouds.aws.parts import cut
from graph.clouds.aws.scattered import Organization
from graph.formats import load
from graph.model import Verdict
from graph.snapshot import Snapshot, Stored, opened, save


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Stored | Snapshot]:
    folder = tmp_path_factory.mktemp("demo")
    write(folder / "files")
    return [opened(folder, save(load(folder / "files"), folder).stem)]


@pytest.fixture(scope="module")
def whole(stored: Sequence[Stored | Snapshot]) -> Estate:
    """Cut into parts after it was read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, parts=cut)})
        return build(stored)


@pytest.fixture(scope="module", params=[1, 2])
def spread(stored: Sequence[Stored | Snapshot], request: pytest.FixtureRequest) -> Estate:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, scattered=Organization)})
        return build(stored, processes=request.param)


def _edges(estate: Estate) -> set[tuple[str, ...]]:
    """Pair by pair, for sets may differ where parts do."""
    inside: dict[str, list[str]] = {}
    for edge in estate.graph.edges:
        if edge.rule == "has":
            inside.setdefault(edge.source, []).append(edge.target)
    others = [e for e in estate.graph.edges if e.rule != "has"]
    return {(e.source, end, e.rule, e.verdict, *e.assumed) for e in others for end in inside.get(e.target, [e.target])}


def test_its_graph_is_the_same(spread: Estate, whole: Estate) -> None:
    nodes, others = ({node for node in one.graph.nodes if node.kind != "set"} for one in (spread, whole))
    assert sorted(node.key for node in nodes ^ others) == []
    assert sorted(_edges(spread) ^ _edges(whole))[:5] == []
    assert spread.graph.id == whole.graph.id


def test_so_is_all_that_is_known_of_it(spread: Estate, whole: Estate) -> None:
    assert spread.entries == whole.entries
    assert spread.gaps == whole.gaps
    assert spread.assumed == whole.assumed
    assert spread.identities == whole.identities
    assert set(spread.problems["aws"]) == set(whole.problems["aws"])
    told = {(b.identity, b.how, b.document.name, b.through) for b in spread.bindings()}
    assert told == {(b.identity, b.how, b.document.name, b.through) for b in whole.bindings()}


def test_its_hops_are_proved_by_the_same_statements(spread: Estate, whole: Estate) -> None:
    sets = {edge.source for edge in whole.graph.edges if edge.rule == "has"}
    edges = [edge for edge in whole.graph.edges if not {edge.source, edge.target} & sets]
    some = [edge for edge in edges[:: len(edges) // 60 + 1] if edge.source != edge.target]
    assert spread.hops(some, processes=1) == whole.hops(some, processes=1)


def test_what_hops_name_is_known_without_opening_a_part_again(
    stored: Sequence[Stored | Snapshot], whole: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, scattered=Organization)})
    estate = build(stored, processes=1)
    sets = {edge.source for edge in whole.graph.edges if edge.rule == "has"}
    edges = [edge for edge in whole.graph.edges if not {edge.source, edge.target} & sets]
    hops = estate.hops(edges[:: len(edges) // 60 + 1], processes=1).values()
    names = sorted({evidence.document for hop in hops for evidence in hop.proof.evidence})
    monkeypatch.setattr(Spread, "_open", lambda *_asked: pytest.fail("a part was opened"))
    assert len(names) > 5
    assert [estate.document(name) for name in names] == [whole.document(name) for name in names]


def test_what_only_lacks_a_host_is_the_same(spread: Estate, whole: Estate) -> None:
    def pairs(estate: Estate) -> set[tuple[str, ...]]:
        told = ((rule, relation, who) for rule, relation in estate.latents() for who in relation.identities)
        return {
            (rule, who, what, relation.verdict(who, what))
            for rule, relation, who in told
            for what in (relation.resources if relation.row_of(who) else ())
            if relation.verdict(who, what) is not Verdict.DENIED
        }

    assert sorted(pairs(spread) ^ pairs(whole))[:5] == []


def test_nothing_is_left_behind(stored: Sequence[Stored | Snapshot], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.build, "clouds", lambda: {"aws": replace(CLOUD, scattered=Organization)})
    estate = build(stored, processes=1)
    folder: Path = estate.works["aws"].folder.path  # type: ignore[union-attr]
    assert folder.exists()
    del estate
    assert not folder.exists()
