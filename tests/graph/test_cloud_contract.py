"""What every cloud must keep to, whatever it is: access, techniques, targets, importers; the toy too."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from graph.build import Estate, build
from graph.cloud import Access, Cloud, ImportOptions, Target, Technique
from graph.clouds import clouds
from graph.clouds.aws.demo import write
from graph.formats import load, recognise
from graph.model import Category, Edge, EdgeClass, EntryKind
from graph.policy.relation import Relation
from graph.targets import HARMS, TARGET_KINDS
from tests.toy import office

DATA = Path(__file__).parents[1] / "data" / "real"


def _demo(folder: Path) -> Path:
    write(folder)
    return folder


SAMPLES: Mapping[str, Mapping[str, Callable[[Path], Path]]] = {
    "aws": {
        "account export": lambda _folder: DATA / "aws_gaad_cloudsplaining_test.json",
        "snapshot folder": lambda _folder: DATA / "aws_cloudmapper_demo",
        "demo": _demo,
    },
    "toy": {"logbook": lambda _folder: office.LOGBOOK},
}
MOST = 1500  # pairs and edges replayed of one sample, spread evenly; replaying is slow


@cache
def _estate(path: Path) -> Estate:
    return build([load(path)])


@pytest.fixture(
    scope="module",
    params=[(key, name) for key, made in SAMPLES.items() for name in made],
    ids=" ".join,
)
def estate_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(cloud, path) of each sample estate."""
    key, name = request.param
    return key, SAMPLES[key][name](tmp_path_factory.mktemp("sample"))


@pytest.fixture
def sample(estate_file: tuple[str, Path]) -> tuple[Cloud, Estate]:
    return clouds()[estate_file[0]], _estate(estate_file[1])


@pytest.fixture
def access(sample: tuple[Cloud, Estate]) -> Access:
    return sample[1].accesses[sample[0].key]


def _rules() -> list[tuple[Cloud, Technique | Target]]:
    return [(cloud, rule) for cloud in clouds().values() for rule in (*cloud.techniques, *cloud.targets)]


def _spread(things: list, most: int = MOST) -> list:  # type: ignore[type-arg]
    return list(islice(things, 0, None, len(things) // most + 1))


def test_every_cloud_has_a_sample() -> None:
    assert set(clouds()) == set(SAMPLES)


# ----- what a cloud says of itself


def test_keys_are_unique_and_begin_with_their_cloud() -> None:
    keys = [rule.key for _cloud, rule in _rules()]
    assert len(keys) == len(set(keys))
    assert [rule.key for cloud, rule in _rules() if not rule.key.startswith(f"{cloud.key}.")] == []


@pytest.mark.parametrize("rule", [rule for _cloud, rule in _rules()], ids=lambda rule: rule.key)
def test_a_rule_says_all_that_people_will_ask(rule: Technique | Target) -> None:
    assert rule.title
    assert rule.needs
    assert all(re.match(r"https://", page) for page in rule.references)
    assert rule.references
    fields = {name for _text, name, _form, _how in string.Formatter().parse(rule.sentence) if name}
    assert fields <= {"source", "target", "via"}
    assert "source" in fields
    if isinstance(rule, Technique):
        assert rule.family
        assert rule.gives
        assert rule.fix
        assert rule.detect
    else:
        assert rule.kind in TARGET_KINDS
        assert rule.harm in HARMS


def test_importers_have_keys_and_labels_of_their_own() -> None:
    importers = [importer for cloud in clouds().values() for importer in cloud.importers]
    assert len({importer.key for importer in importers}) == len(importers)
    assert all(importer.label for importer in importers)


# ----- importing


def test_a_cloud_says_by_which_command_a_first_file_is_made() -> None:
    for cloud in clouds().values():
        told = [importer.how for importer in cloud.importers if importer.how]
        assert told, cloud.key
        assert all(how == how.strip() and "\n" not in how for how in told)


def test_a_sample_is_recognised_as_its_own_cloud_and_by_no_other(estate_file: tuple[str, Path]) -> None:
    key, path = estate_file
    knowing = [cloud.key for cloud in clouds().values() for i in cloud.importers if i.recognise(path)]
    assert set(knowing) == {key}
    found = recognise(path)
    assert found is not None
    assert found[0].key == key


def test_importing_twice_gives_the_same_snapshot(estate_file: tuple[str, Path]) -> None:
    key, path = estate_file
    first, second = load(path), load(path)
    assert (first.id, first.cloud) == (second.id, key)


def test_a_collection_time_counts_where_the_file_has_none(estate_file: tuple[str, Path]) -> None:
    without, given = load(estate_file[1]), load(estate_file[1], ImportOptions(collected_at="2001-01-01T00:00:00Z"))
    assert (given.id == without.id) == (without.collected_at is not None)
    assert given.collected_at in (without.collected_at, "2001-01-01T00:00:00Z")


def test_nothing_is_recognised_in_rubbish(tmp_path: Path) -> None:
    for name, content in (
        ("empty", b""),
        ("text", b"hello"),
        ("nul", b"\0" * 99),
        ("json", b'{"a": 1}'),
        ("cut", b"{"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert recognise(path) is None, name
    assert recognise(tmp_path / "missing") is None


# ----- facts and access


def test_facts_name_only_what_is_there(sample: tuple[Cloud, Estate]) -> None:
    cloud, estate = sample
    facts = estate.facts[cloud.key]
    keys = [node.key for node in facts.nodes]
    assert keys == sorted(set(keys))
    assert all(edge.source in estate.nodes and edge.target in estate.nodes for edge in facts.edges)
    plain = {EdgeClass.MEMBER_OF, EdgeClass.RUNS_AS}  # all others say why they are there
    told = {(edge.source, edge.rule, edge.target) for edge in facts.edges if edge.edge_class not in plain}
    assert told <= facts.reasons.keys()
    assert all(entry.identity in estate.nodes and entry.why for entry in facts.entries)
    assert EntryKind.ASSUME_BREACH not in {entry.kind for entry in facts.entries}
    assert all(kind in TARGET_KINDS for node in facts.nodes for kind in node.targets)
    assert all(node.cloud == cloud.key and node.kind and node.label for node in facts.nodes)


def test_what_binds_is_told_of_nodes_and_by_documents_that_can_be_shown(sample: tuple[Cloud, Estate]) -> None:
    cloud, estate = sample
    told = list(cloud.bindings(estate.facts[cloud.key]))
    assert told
    assert len({(one.identity, one.how, one.document.name, one.through) for one in told}) == len(told)
    for one in told:
        assert one.how
        assert one.identity in estate.nodes
        assert not one.through or one.through in estate.nodes
        assert one.document.body is not None or one.document.problem


def test_identities_are_sorted_and_nodes(sample: tuple[Cloud, Estate], access: Access) -> None:
    assert list(access.identities) == sorted(set(access.identities))
    categories = {sample[1].nodes[key].category for key in access.identities}
    assert categories <= {Category.IDENTITY, Category.ACCOUNT, Category.WORKLOAD}


def test_actions_are_sorted_and_have_kinds(access: Access) -> None:
    actions = access.actions()
    assert list(actions) == sorted(set(actions))
    assert all(
        access.kinds(action) and list(access.kinds(action)) == sorted(access.kinds(action)) for action in actions
    )
    assert access.kinds("no such action") == ()


def _relations(access: Access) -> list[tuple[str, Relation]]:
    return [(action, access.relation(action, kind)) for action in access.actions() for kind in access.kinds(action)]


def test_relations_are_over_sorted_names_and_their_bounds_hold(access: Access) -> None:
    for _action, relation in _relations(access):
        assert relation.identities == access.identities
        assert list(relation.resources) == sorted(set(relation.resources))
        for row in relation.rows:
            assert row.lower & ~row.upper == 0
            assert row.unread & ~(row.upper & ~row.lower) == 0
            assert row.upper >> len(relation.resources) == 0


def test_the_set_answer_is_the_point_answer(access: Access) -> None:
    """Pair by pair, the verdict of the sets and that of the point decision are one."""
    pairs = [
        (identity, action, resource, relation.verdict(identity, resource))
        for action, relation in _relations(access)
        for identity in relation.identities
        for resource in relation.resources
    ]
    differing = []
    for identity, action, resource, said in _spread(pairs):
        decided = access.decide(identity, action, resource).verdict
        if said is not decided:
            differing.append((identity, action, resource, said, decided))
    assert pairs
    assert differing == []


def test_evidence_names_documents_that_can_be_shown_and_places_in_them(access: Access) -> None:
    for identity, action, resource in _some_allowed(access):
        for because in access.decide(identity, action, resource).because:
            if because.evidence is not None:
                document = access.document(because.evidence.document)
                assert document is not None, because
                if document.body is None:
                    assert document.problem, because
                else:
                    assert because.evidence.effect in ("Allow", "Deny"), because
                    assert _at(document.body, because.evidence.place) is not None, because


def _some_allowed(access: Access) -> list[tuple[str, str, str]]:
    found = [
        (identity, action, resource)
        for action, relation in _relations(access)
        for resource in relation.resources
        for identity, _verdict in relation.who(resource)
    ]
    return _spread(found, 500)


def _at(body: object, pointer: str) -> object:
    """RFC 6901."""
    for token in pointer.removeprefix("/").split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        body = body[int(name)] if isinstance(body, list) else body[name]  # type: ignore[index]
    return body


def test_a_decision_is_explained_in_sentences(access: Access) -> None:
    for asked in _some_allowed(access)[:50]:
        sentences = access.explain(*asked)
        assert sentences
        assert all(sentence.strip() for sentence in sentences)


# ----- rules on the sample


def _edges(estate: Estate) -> list[Edge]:
    inside: dict[str, list[str]] = {}
    for edge in estate.graph.edges:
        if edge.edge_class is EdgeClass.HAS:
            inside.setdefault(edge.source, []).append(edge.target)
    return [
        Edge(e.source, end, e.edge_class, e.rule, e.verdict, e.strength, e.harm, e.assumed, e.gains, e.removes)
        for e in estate.graph.edges
        if e.rule in estate.rules
        for end in inside.get(e.target, [e.target])
        if end == e.target or end != e.source
    ]


def test_every_edge_is_proved_by_replay_with_its_verdict(sample: tuple[Cloud, Estate]) -> None:
    estate = sample[1]
    edges = _spread(_edges(estate), 600)
    hops = [estate.hop(edge) for edge in edges]
    assert edges
    differing = [(e.rule, e.source, e.target, e.verdict, h.proof.verdict) for e, h in zip(edges, hops, strict=True)]
    assert [one for one in differing if one[3] is not one[4]] == []


def test_every_hop_has_its_sentence_filled_and_its_evidence_shown(sample: tuple[Cloud, Estate]) -> None:
    estate = sample[1]
    for edge in _spread(_edges(estate), 300):
        hop = estate.hop(edge)
        assert estate.name(edge.source) in hop.sentence
        assert not hop.sentence.endswith(".")
        assert all(estate.document(evidence.document) for evidence in hop.proof.evidence)


def test_harms_are_done_to_targets_of_their_kind(sample: tuple[Cloud, Estate]) -> None:
    cloud, estate = sample
    kinds = {target.key: target.kind for target in cloud.targets}
    for edge in _edges(estate):
        if edge.edge_class is EdgeClass.GRANTS:
            assert kinds[edge.rule] in estate.nodes[edge.target].targets, edge
