"""What is the same in many accounts is one line that says how many it stands for, and opens to all of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from ciem.connections.models import ConnectionSet
from ciem.paths.estate import store
from ciem.paths.models import Administrator, Breach, Choke, Finding, IdentityClass, Latent, Passed
from ciem.scans.models import EstateGraph
from tests.web import world as worlds

MORE = 9


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def opened(client, answer, words):
    """What the link with these words leads to."""
    href = re.search(rf'href="([^"]+)">{words}', answer.content.decode())[1].replace("&amp;", "&")
    return client.get(href if href.startswith("/") else answer.request["PATH_INFO"] + href)


def clone(row, **more):
    row.pk = None
    for name, value in more.items():
        setattr(row, name, value)
    row.save()


@pytest.fixture
def client(world, signed_in):
    return signed_in(world.alice)


@pytest.fixture
def paths(world):
    """The same path in nine more accounts, where what it ends at is called the same."""
    row = worlds.finding(worlds.FIRST)
    row.alike, row.target_alike = "same", "same-target"
    row.save()
    for number in range(MORE):
        ends = {"target_key": f"{row.target_key}-{number}", "target_scope": f"account-{number}"}
        clone(row, key=f"{number}".rjust(64, "c"), rank=100 + number, **ends)
    return worlds.finding(worlds.FIRST)


def listed(answer):
    return re.findall(r'href="/paths/([0-9a-z]{64})/"', answer.content.decode())


def test_alike_paths_are_one_line_however_they_are_grouped(client, paths):
    for group in ("target", "entry", "harm", "none"):
        answer = client.get(reverse("paths"), {"group": group, "sort": "target"})
        shown = [key for key in listed(answer) if key == paths.key or key.startswith("ccc")]
        assert shown == [paths.key], group
        assert "and 9 paths alike in other accounts" in text(answer), group


def test_numbers_count_all_and_the_line_opens_to_its_members(client, paths):
    answer = client.get(reverse("paths"), {"group": "none"})
    everything = Finding.objects.filter(state="open").count()
    assert f"Paths {everything}" in text(answer)
    inside = opened(client, answer, "and 9 paths alike")
    assert len(listed(inside)) == 1 + MORE
    assert "alike in other accounts" not in text(inside)


def test_targets_that_are_alike_are_one_group_that_leads_to_the_paths_of_all(client, paths):
    answer = client.get(reverse("paths"))
    assert "10 of them, alike in 10 accounts" in text(answer)
    assert "and 9 paths alike" in text(opened(client, answer, "Show all 10 paths"))


def test_only_what_the_reader_may_see_is_counted(world, signed_in, paths):
    Finding.objects.filter(rank__gte=104).update(touches=ConnectionSet.objects.of([world.away.pk]))
    assert "and 4 paths alike in other accounts" in text(signed_in(world.bob).get(reverse("paths")))


def test_accounts_are_counted_and_not_the_ends_of_paths(client, paths):
    Finding.objects.filter(rank__gte=104).update(target_scope=worlds.HOME)
    assert "10 of them, alike in 5 accounts" in text(client.get(reverse("paths")))


@pytest.mark.parametrize(
    ("name", "model"),
    [("administrators", Administrator), ("breaches", Breach), ("latent", Latent), ("chokes", Choke)],
)
def test_the_lists_beside_the_paths_fold_what_is_alike(client, name, model):
    row = model.objects.order_by("pk").first()
    model.objects.filter(pk=row.pk).update(alike="same")
    row.alike = "same"
    before = text(client.get(reverse(name)))
    for number in range(MORE):
        clone(row, **({"key": f"{number}".rjust(64, "d"), "number": 50 + number} if model is Choke else {}))
    answer = client.get(reverse(name))
    assert "alike in other accounts" not in before
    assert "and 9 others alike in other accounts" in text(answer)
    inside = opened(client, answer, "and 9 others alike").content.decode()
    assert inside.count('<th scope="row"') == 1 + MORE


# ----- lists of nodes

TRAINERS = [replace(worlds.TRAINER, key=f"{scope}:role/training-role", scope=scope) for scope in (worlds.AWAY, "third")]
LAMPS = [replace(worlds.LAMP, key=f"{scope}:secret/lamp", scope=scope) for scope in (worlds.HOME, "third")]
ROLE, SECRETS = "a" * 64, "b" * 64


@pytest.fixture
def estate(world):
    """One role and one secret in three accounts each: at home, away, and outside every connection."""
    words = {node.key: ROLE for node in (worlds.TRAINER, *TRAINERS)} | {
        node.key: SECRETS for node in (worlds.LAMP, *LAMPS)
    }
    nodes = tuple(sorted((*worlds.GRAPH.nodes, *TRAINERS, *LAMPS), key=lambda node: node.key))
    graph = replace(worlds.GRAPH, id="folded", nodes=nodes)
    store().publish(graph, words)
    EstateGraph.objects.filter(graph_id=worlds.GRAPH.id).update(graph_id=graph.id)
    Passed.objects.filter(node_key=worlds.TRAINER.key).update(alike=ROLE)
    Finding.objects.filter(target_key=worlds.LAMP.key).update(target_alike=SECRETS)
    yield world
    store().delete(graph.id)


def lines(answer):
    found = re.findall(r'<tr><th scope="row".*?</tr>', answer.content.decode(), re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)).strip() for line in found]


def named(answer, name):
    return [line for line in lines(answer) if line.startswith(name)]


def test_a_role_in_three_accounts_is_one_line_however_sorted_and_opens_to_its_members(estate, signed_in):
    client = signed_in(estate.alice)
    for sort in ("name", "paths"):
        answer = client.get(reverse("identities"), {"sort": sort})
        (line,) = named(answer, "training-role")
        assert "3 of them, alike in 3 accounts" in line
        inside = opened(client, answer, "training-role")
        assert len(named(inside, "training-role")) == len(lines(inside)) == 3
        assert "of them, alike" not in text(inside)


def test_a_line_counts_a_path_through_several_of_its_nodes_once_and_opens_all(estate, signed_in):
    client = signed_in(estate.alice)
    finding = worlds.finding(worlds.CHAIN)
    for node in TRAINERS:
        Passed.objects.create(finding=finding, node_key=node.key, node_name=node.name, alike=ROLE)
    clone(worlds.finding(worlds.CHAIN), key="c" * 64, rank=99, alike="another")
    Passed.objects.create(finding=worlds.finding("c" * 64), node_key=TRAINERS[0].key, node_name="", alike=ROLE)
    for asked in ({}, {"sort": "paths"}, {"q": "training"}):
        answer = client.get(reverse("identities"), asked)
        assert " 2 attack paths" in named(answer, "training-role")[0], asked
    assert len(listed(opened(client, answer, "2<span"))) == 2


def test_a_search_folds_only_what_it_finds(estate, signed_in):
    client = signed_in(estate.alice)
    (line,) = lines(client.get(reverse("identities"), {"q": "third:role"}))
    assert "of them" not in line
    (line,) = lines(client.get(reverse("identities"), {"q": "training-role"}))
    assert "3 of them, alike in 3 accounts" in line
    inside = client.get(reverse("identities"), {"q": "third", "alike": ROLE})
    assert len(lines(inside)) == 1


def test_a_line_stands_only_for_what_its_reader_may_see(estate, signed_in):
    for sort in ("name", "paths"):
        (line,) = named(signed_in(estate.bob).get(reverse("identities"), {"sort": sort}), "training-role")
        assert "of them" not in line
    assert len(lines(signed_in(estate.bob).get(reverse("identities"), {"alike": ROLE}))) == 1


def test_targets_that_are_alike_are_one_line(estate, signed_in):
    client = signed_in(estate.alice)
    answer = client.get(reverse("targets"), {"kind": "secret"})
    (line,) = named(answer, "lamp")
    assert "3 of them, alike in 3 accounts" in line
    assert "1 attack paths that end there" in line
    assert len(listed(opened(client, answer, "1<span"))) == 1
    assert len(lines(opened(client, answer, "lamp"))) == 3


def test_names_in_one_row_of_breach_that_are_alike_are_one_that_leads_to_all_of_them(estate, signed_in):
    row = Breach.objects.order_by("pk").first()
    IdentityClass.objects.filter(pk=row.identities_id).update(
        members=[[node.key, node.name] for node in (worlds.TRAINER, *TRAINERS, worlds.SYNC)],
        words=[ROLE, ROLE, ROLE, ""],
        count=4,
    )
    client = signed_in(estate.alice)
    answer = client.get(reverse("breaches"))
    shown = [line for line in lines(answer) if "alike" in line]
    assert len(shown) == Breach.objects.filter(identities=row.identities_id).count() > 0
    assert all(re.match(r"training-role 3 alike svc-datasync (?!.*training-role)", line) for line in shown)
    assert len(lines(opened(client, answer, "training-role"))) == 3
