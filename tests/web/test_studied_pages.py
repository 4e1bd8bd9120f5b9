"""Scores, choke points, exposure, dominators, ways, agents, latent techniques: each number opens what it counts."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from ciem.connections.models import ConnectionSet
from ciem.paths.models import Amplified, Choke, Danger, Finding, Standing
from ciem.paths.studied import choke_key
from ciem.paths.witness import rule
from tests.web import world as worlds

STATEMENT, NODE = (choke_key(choke) for choke in worlds.CHOKES[:2])


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def listed(answer):
    return sorted(set(re.findall(r"/paths/([0-9a-z]{64})/\"", answer.content.decode())))


@pytest.fixture
def get(world, signed_in):
    client = signed_in(world.alice)
    return lambda name, *args, **asked: client.get(reverse(name, args=args), asked)


@pytest.fixture
def get_as_bob(world, signed_in):
    client = signed_in(world.bob)
    return lambda name, *args, **asked: client.get(reverse(name, args=args), asked)


def test_a_path_prints_every_factor_of_its_score(get):
    page = text(get("path", worlds.CHAIN))
    assert "58 = 100 × impact 0.72 × visible likelihood 0.50" in page
    assert "harm 8 of 10 (replace model) × criticality 4.5 of 5" in page
    assert "how likely an attacker starts there: Long-lived key, old" in page
    assert "by any of the ways, give or take 1.0 in a hundred" in page
    assert "of the way shown, hop by hop: 1 + 0 + 1" in page
    assert "67 % of the hops hang on a condition, 1 gap where it leads" in page
    assert "1 in 13" in page


def test_each_hop_says_its_bits_and_which_choke_points_it_goes_through(get):
    page = get("path", worlds.CHAIN).content.decode()
    hops = re.split(r'<li><details name="hop"', page)[1:]
    assert [re.search(r"Effort <strong>(\S+) bits", hop)[1] for hop in hops] == ["1", "0", "1"]
    assert [f"/paths/choke-points/{NODE}/" in hop for hop in hops[:2]] == [False, False]
    assert all(f"/paths/choke-points/{STATEMENT}/" in hop for hop in hops)
    assert f"/paths/choke-points/{NODE}/" in hops[2]


def test_what_was_published_before_scores_had_factors_is_shown_without(get):
    Finding.objects.update(factors={}, score=None)
    answer = get("path", worlds.CHAIN)
    assert answer.status_code == 200
    assert "Why it scores" not in text(answer)


def test_facts_of_the_start_stand_beside_the_entry(get):
    assert "Age of its key, in days 512" in text(get("path", worlds.FIRST))


def test_the_other_ways_have_an_address_each_and_there_are_no_more(get):
    page = get("path", worlds.CHAIN).content.decode()
    assert "?way=2" in page
    other = text(get("path", worlds.CHAIN, way=2))
    assert "Any workflow is" in other
    assert "training-role replaces the model" in other
    assert "ci-deployer starts" not in other
    assert get("path", worlds.CHAIN, way=3).status_code == 404
    assert get("path", worlds.FIRST, way=2).status_code == 404


def test_choke_points_stand_by_what_their_removal_takes_away_and_numbers_open_their_sets(get, world, signed_in):
    page = get("chokes").content.decode()
    assert re.findall(r'/paths/choke-points/([0-9a-z]{64})/"', page) == [choke_key(choke) for choke in worlds.CHOKES]
    client = signed_in(world.alice)
    cells = re.findall(r'<a href="(/paths/\?(?:cut|choke)=[^"]+)">(\d+)', page)
    assert len(cells) == 4
    for href, number in cells:
        assert len(listed(client.get(href.replace("&amp;", "&")))) == int(number), href


def test_a_choke_point_shows_where_it_stands_and_what_it_makes(get):
    page = text(get("choke", STATEMENT))
    assert "Without it the scores sum up to 98 less: 2 paths have no way left" in page
    assert "Steps that are there by it" in page
    assert "Decides:" in page
    assert re.search(r"What to change .*Steps that are there by it", page)
    fixes = {rule(edge[1]).fix for edge in worlds.CHOKES[0].edges} - {""}
    assert fixes
    assert all(fix in page for fix in fixes)
    assert get("choke", "f" * 64).status_code == 404


def test_who_sees_a_part_is_told_at_least_what_hangs_on_a_choke_point_and_nothing_foreign(get_as_bob, world):
    page = get_as_bob("chokes").content.decode()
    assert "at least" not in page  # all paths of the first three are at home
    lamp = Finding.objects.get(key=worlds.FOREIGN)
    choke = Choke.objects.get(key=NODE)
    choke.paths.create(finding=lamp, removed=True)
    choke.whole = ConnectionSet.objects.of([world.home.pk, world.away.pk])
    choke.score = 139
    choke.save()
    row = re.search(rf"{NODE}.*?</tr>", get_as_bob("chokes").content.decode(), re.S)[0]
    assert "at least" in row
    assert "139" not in row
    assert re.search(r"at least </span>58", row)


def test_exposure_and_impact_stand_on_the_page_of_a_node_and_open_their_sets(get):
    page = get("identity", worlds.TRAINER.key)
    assert "Reached from 1 federated sign-in 2 long-lived key Own identities 3 if any is taken over" in text(page)
    assert "Can harm 2 ways to 4 targets" in text(page)
    href = re.search(r'href="(/paths/\?through=[^"]+entry_kind=federated[^"]*)"', page.content.decode())[1]
    assert listed(page.client.get(href.replace("&amp;", "&"))) == [worlds.CHAIN]
    assert "It is a choke point : without it 58 of score" in text(page)


def test_who_sees_a_part_is_told_only_of_visible_paths(get_as_bob):
    Standing.objects.update(identities=77777)
    page = text(get_as_bob("target", worlds.ENDPOINT.key))
    assert "Reached from 1 federated sign-in" in page
    assert "told only to those who may see the whole estate" in page
    assert "77777" not in page


def test_a_target_says_what_nobody_gets_around(get):
    page = text(get("target", worlds.ENDPOINT.key))
    assert re.search(r"Replace model 60 1 in 2 1 .* training-role ci-deployer", page)


def test_dominators_that_hang_on_what_is_foreign_are_not_told(get_as_bob, world):
    assert "What nobody gets around" in text(get_as_bob("target", worlds.ENDPOINT.key))
    everything = Danger.objects.get(target_key=worlds.LAMP.key).touches
    Danger.objects.update(touches=everything)
    assert "What nobody gets around" not in text(get_as_bob("target", worlds.ENDPOINT.key))


def test_administrators_say_by_what_and_how_much_is_folded(get):
    page = text(get("administrators"))
    assert re.search(r"platform-admin Role nw-prod-ml .*statement 2 in b&gt;", page)
    assert "An attacker may start as it: long-lived key" in page
    assert "12 harms in the account" in page


def test_latent_techniques_are_listed_and_cut_by_technique(get, get_as_bob):
    page = text(get("latent"))
    assert "Any of these Could then Reaching Verdict" in page
    assert "lamp" in page
    assert "lamp" not in text(get_as_bob("latent"))
    assert "Hidden by your filters" in text(get("latent", rule="toy.nothing"))


def test_agents_say_how_much_they_amplify_to_those_who_see_everything(get, get_as_bob):
    page = text(get("agents"))
    assert "Amplifies 4.5 times 90 against 20 of the median caller" in page
    assert "2 sensitive things won" in page
    assert "more than nothing" in page
    assert "training-role" not in text(get_as_bob("agents"))
    assert "As an agent it reaches 4.5 times" in text(get("identity", worlds.TRAINER.key))
    assert Amplified.objects.count() == 2


def test_empty_lists_say_why(get):
    for model, name in ((Amplified, "agents"),):
        model.objects.all().delete()
        assert "None found" in text(get(name))


def test_the_list_can_be_put_in_another_order(get):
    page = get("paths", group="none", sort="hops").content.decode()
    assert '<option value="hops" selected>' in page
    assert "The shortest first" in page


def test_a_statement_in_the_document_of_a_node_is_named_by_the_name_of_the_node(get):
    choke = Choke.objects.exclude(document="").first()
    choke.document, choke.place, choke.label = f"{worlds.BUCKET.key} policy", "/Statement/0", ""
    choke.edges = [[worlds.SYNC.key, worlds.SYNC.name, "rule", worlds.BUCKET.key, "crown jewels", "resource", []]]
    choke.save()
    assert "Statement 1 in crown jewels policy" in text(get("chokes"))


def test_whoever_an_attacker_may_start_as_is_not_said_to_be_out_of_reach(get):
    page = text(get("identity", worlds.SYNC.key))
    assert "no place where an attacker starts" not in page
    assert page.index("Attack paths that begin here") < page.index("What it can do to what is worth attacking")
