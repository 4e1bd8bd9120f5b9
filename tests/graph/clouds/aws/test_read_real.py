"""Reading input that others made, and the demo estate: what is there must be found, whatever the order of files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph.cloud import ImportOptions
from graph.clouds.aws import demo
from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.formats import IMPORTERS
from graph.clouds.aws.read import read
from graph.snapshot import Snapshot
from tests.graph.clouds.aws import small

REAL = Path(__file__).parents[3] / "data" / "real"
EXPORT, CLOUDMAPPER = REAL / "aws_gaad_cloudsplaining_test.json", REAL / "aws_cloudmapper_demo"


def _load(path: Path) -> Snapshot:
    importer = next(each for each in IMPORTERS if each.recognise(path))
    return importer.load(path, ImportOptions())


@pytest.fixture(scope="module")
def export() -> AwsFacts:
    return read([_load(EXPORT)])


@pytest.fixture(scope="module")
def cloudmapper() -> AwsFacts:
    return read([_load(CLOUDMAPPER)])


@pytest.fixture(scope="module")
def northwind_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("northwind")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def northwind(northwind_files: Path) -> AwsFacts:
    return read([_load(northwind_files)])


def test_a_lone_export_shows_its_people_and_says_what_it_assumes(export: AwsFacts) -> None:
    names = {n.name for n in export.nodes if n.kind == "user"}
    assert names == {"obama", "biden", "userwithlotsofpermissions"}
    assert export.assumed["012345678901"] == ("access_key", "public_access_block", "rcp", "resource_policy", "scp")
    assert not any(kind.startswith(("lambda:", "ec2:", "sagemaker:")) for _, kind in export.listed)
    assert any(n.targets == ("model_endpoint",) for n in export.nodes)


def test_a_cloudmapper_folder_shows_its_public_bucket_and_its_function(cloudmapper: AwsFacts) -> None:
    assert {"anonymous", "arn:aws:iam::*:root"} <= {entry.identity for entry in cloudmapper.entries}
    assert small.node(cloudmapper, "arn:aws:s3:::cloudmapper_demo").kind == "bucket"
    assert [r.runs_as for r in cloudmapper.resources["lambda:function"]] == [
        ("arn:aws:iam::123456789012:role/service-role/invpclambda",)
    ]
    assert ("123456789012", "lambda:function") in cloudmapper.listed
    assert any("0123456789012:secret" in problem.what for problem in cloudmapper.problems)


def test_keys_of_users_that_the_export_does_not_show_are_named_and_no_entries(cloudmapper: AwsFacts) -> None:
    assert set(small.entries(cloudmapper, "key")) == {"arn:aws:iam::123456789012:root"}
    assert sum("has a key" in problem.what for problem in cloudmapper.problems) == 2


def test_the_demo_estate_is_read_whole_but_for_its_one_gap(northwind: AwsFacts) -> None:
    assert northwind.problems == ()
    assert northwind.assumed == {}
    unread = {r.arn for items in northwind.resources.values() for r in items if any(d.body is None for d in r.policies)}
    assert unread == {"arn:aws:s3:::nw-claims-archive", "arn:aws:s3:::nw-claims-archive/~"}
    targets = {target for n in northwind.nodes for target in n.targets}
    assert {
        "account",
        "agent",
        "agent_tool",
        "guardrail",
        "key",
        "ml_compute",
        "model_artifact",
        "model_endpoint",
        "prompt_log",
        "rag_store",
        "secret",
        "training_data",
        "ai_identity",
    } <= targets


def test_facts_hang_together(export: AwsFacts, cloudmapper: AwsFacts, northwind: AwsFacts) -> None:
    for found in (export, cloudmapper, northwind):
        nodes = [n.key for n in found.nodes]
        assert nodes == sorted(set(nodes))
        assert [p.key for p in found.principals] == sorted({p.key for p in found.principals})
        assert {p.key for p in found.principals} <= set(nodes)
        assert {e.identity for e in found.entries} <= {p.key for p in found.principals}
        assert {end for e in found.edges for end in (e.source, e.target)} <= set(nodes)
        for kind, items in found.resources.items():
            assert [r.arn for r in items] == sorted({r.arn for r in items})
            assert {r.kind for r in items} == {kind}
            assert {r.node for r in items} <= set(nodes)


def test_the_order_of_parts_and_snapshots_does_not_matter(northwind_files: Path, export: AwsFacts) -> None:
    whole, lone = _load(northwind_files), _load(EXPORT)
    turned = replace(whole, parts=tuple(reversed(whole.parts)), gaps=tuple(reversed(whole.gaps)))
    first, second = read([whole, lone]), read([lone, turned])
    assert first.nodes == second.nodes
    assert first.edges == second.edges
    assert first.entries == second.entries
    assert first.gaps == second.gaps
    assert first.assumed == second.assumed
    assert first.listed == second.listed
    for one, two in zip(first.principals, second.principals, strict=True):
        assert (one.key, one.documents, one.boundary) == (two.key, two.documents, two.boundary)
    assert list(first.resources) == list(second.resources)
    for kind, items in first.resources.items():
        assert [(r.arn, r.policies, r.attributes) for r in items] == [
            (r.arn, r.policies, r.attributes) for r in second.resources[kind]
        ]
