"""What the pages say: counts that open their set, filters in the address, reasons for nothing, steps of an import."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ciem.accounts.models import AuditEntry
from ciem.connections.models import Connection
from ciem.paths.models import Finding, PolicyDocument, Question
from ciem.scans.models import GapRecord, Scan, State, Step
from tests.web import world as worlds


def text(answer):
    """A page as a reader without pictures has it: tags gone, spaces single."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def get(world, signed_in):
    client = signed_in(world.alice)

    def fetch(name, *args, **parameters):
        return client.get(reverse(name, args=args), parameters)

    return fetch


def listed(answer):
    """The keys of the findings that a list links to, in its order."""
    return list(dict.fromkeys(re.findall(r"/paths/([0-9a-z]{64})/", answer.content.decode())))


def test_the_overview_counts_each_verdict_and_each_count_opens_its_set(get, world, signed_in):
    page = get("overview").content.decode()
    tiles = re.findall(r'<h3><a href="([^"]+)">([^<]+)</a></h3><p class="kpi-value">(\d+)', page)
    found = {title: (href, int(value)) for href, title, value in tiles}
    assert {title: value for title, (_, value) in found.items()} == {
        "Open paths": 4,
        "Allowed": 2,
        "Conditional": 1,
        "Unknown": 1,
        "Administrators": 1,
        "Read": 94,
    }
    client = signed_in(world.alice)
    for title in ("Open paths", "Allowed", "Conditional", "Unknown"):
        href, value = found[title]
        assert len(listed(client.get(href))) == value, title


def test_the_first_import_is_explained_to_whoever_has_no_connection(world, signed_in):
    assert "Bring your data" in text(signed_in(world.charlie).get("/"))
    assert reverse("import") in signed_in(world.charlie).get("/").content.decode()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["a1", "a2", "a3", "b1"]),
        ({"harm": "read_secrets"}, ["a3", "b1"]),
        ({"harm": ["read_secrets", "replace_model"]}, ["a2", "a3", "b1"]),
        ({"entry_kind": "key"}, ["a1", "b1"]),
        ({"target_kind": "model_endpoint"}, ["a2"]),
        ({"verdict": "unknown"}, ["a3"]),
        ({"scope": worlds.AWAY}, ["b1"]),
        ({"state": "gone"}, []),
        ({"assumed": "yes"}, ["a3"]),
        ({"q": "fraud"}, ["a2"]),
        ({"q": "FRAUD", "harm": "invoke"}, []),
        ({"harm": "no such word", "page": "-3"}, []),
    ],
)
def test_filters_choose_the_same_set_however_it_is_grouped(get, parameters, expected):
    for group in ("target", "entry", "harm", "none", "nonsense"):
        found = listed(get("paths", group=group, **parameters))
        assert sorted(key.rstrip("0") for key in found) == expected, group


def test_a_group_shows_its_best_rows_and_links_to_all_of_them(get, world, signed_in):
    clone = worlds.finding(worlds.FIRST)
    for number in range(9):
        clone.pk, clone.key, clone.rank, clone.harm = None, f"{number}".rjust(64, "c"), 100 + number, "destroy"
        clone.alike = clone.key
        clone.save()
    page = get("paths").content.decode()
    assert "Show all 10 paths" in page
    href = re.search(r'href="([^"]+)">Show all 10 paths', page)[1].replace("&amp;", "&")
    assert len(listed(signed_in(world.alice).get(href))) == 10


def test_nothing_to_show_says_which_kind_of_nothing(get, world, signed_in):
    assert "Hidden by your filters" in text(get("paths", harm="blind"))
    Finding.objects.all().delete()
    assert "None found in what was read" in text(get("paths"))
    GapRecord.objects.all().delete()
    assert "Every part that was asked for could be read" in text(get("paths"))
    assert "No data yet" in text(signed_in(world.charlie).get(reverse("paths")))


def test_a_running_first_import_is_not_called_no_data(world, signed_in):
    Finding.objects.all().delete()
    world.home.snapshots.all().delete()
    Scan.objects.filter(pk=world.scan.pk).update(state=State.RUNNING)
    assert "See how far it is" in text(signed_in(world.bob).get(reverse("paths")))


def test_a_path_tells_each_hop_with_evidence_and_who_chooses_the_condition(get):
    page = text(get("path", worlds.CHAIN))
    for words in (
        "ci-deployer starts nightly-training",
        "The call names the region north.",
        "The caller chooses it, so it protects nothing",
        "Depends on where the call comes from",
        "statement 2 grants it",
        "Conditional. It works if the named conditions hold.",
        "Lock the bay.",
        "Found for the first time.",
    ):
        assert words in page, words


def test_the_deciding_statement_is_marked_and_others_are_not(get):
    page = get("path", worlds.FIRST).content.decode()
    hits = "".join(re.findall(r'<span class="line hit">(.*?)</span>\n', page))
    assert "start" in hits
    assert "delete" not in hits


def test_a_missing_document_is_said_and_not_shown_as_empty(get):
    PolicyDocument.objects.update(body=None, problem="Access was refused.")
    assert "Access was refused." in text(get("path", worlds.FIRST))
    PolicyDocument.objects.all().delete()
    assert "was not kept with this graph" in text(get("path", worlds.FIRST))


def test_what_was_assumed_stands_on_the_path_and_on_its_hop(get):
    page = text(get("path", worlds.HOSTILE))
    assert page.count("resource policy") >= 2
    assert "Unknown. Part of what decides could not be read." in page


def test_previous_and_next_walk_the_ranking(get):
    middle = get("path", worlds.CHAIN).content.decode()
    assert f'href="{reverse("path", args=[worlds.FIRST])}" rel="prev"' in middle
    assert f'href="{reverse("path", args=[worlds.HOSTILE])}" rel="next"' in middle
    assert 'rel="prev"' not in get("path", worlds.FOREIGN).content.decode()


def test_a_path_can_be_taken_along_as_text(get):
    answer = get("path-text", worlds.CHAIN)
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/plain")
    assert lines[0] == "# Any workflow of the organization can replace the model of fraud-scoring-prod"
    assert any(line.startswith("1. Any workflow of the organization signs in") for line in lines)
    assert f"   - From `{worlds.DEPLOYER.key}` to `{worlds.TRAINER.key}` by `{worlds.JOB.key}`" in lines
    assert f"   - Allow: statement 2 in `{worlds.DOCUMENT}` /Statements/1" in lines
    assert "   - If: The call comes from the office network. (Depends on where the call comes from)" in lines
    assert "   - To stop it: Lock the bay." in lines
    assert f"- Link: http://testserver{reverse('path', args=[worlds.CHAIN])}" in lines


def test_an_identity_shows_ways_in_ways_out_and_what_runs_as_it(get):
    page = text(get("identity", worlds.TRAINER.key))
    assert re.search("ci-deployer Role Allowed Drive a robot by hand", page)
    assert "nightly-training runs as this" in page
    assert "fraud-scoring-prod" in page
    assert "Replace model" in page
    member = text(get("identity", worlds.SYNC.key))
    assert "Is in analysts" in member
    assert "Sign oneself into the visitors" in member
    assert "svc-datasync can read nw-training-data" in member


def test_a_target_shows_its_ways_in_and_who_is_granted_what(get):
    page = text(get("target", worlds.ENDPOINT.key))
    for words in ("The ways in", "Any workflow of the organization can replace the model", "training-role", "Invoke"):
        assert words in page
    assert "platform-admin" in text(get("target", worlds.ACCOUNT.key))


def test_the_lists_beside_the_paths_hold_administrators_widening_and_breaches(get):
    assert "platform-admin" in text(get("administrators"))
    assert "door.open" in text(get("widenings"))
    breaches = text(get("breaches"))
    assert "ci-deployer" in breaches
    assert "all 4" in breaches
    assert "all 3" in breaches  # targets
    assert "lamp" not in text(get("breaches", q="fraud"))


def test_a_path_names_the_narrower_entry_points_it_holds_for_that_its_reader_may_know_of(get, world, signed_in):
    whole = text(get("path", worlds.CHAIN))
    assert "Holds as well for 2 narrower entry points" in whole
    assert "keeper" in whole
    part = text(signed_in(world.bob).get(reverse("path", args=[worlds.CHAIN])))
    assert "Holds as well for 1 narrower entry point " in part
    assert "keeper" not in part
    assert "Holds as well" not in text(get("path", worlds.FIRST))


def test_connections_say_what_was_not_read_and_what_would_close_it(get, world):
    assert "1 part could not be read" in text(get("connections"))
    page = text(get("connection", world.home.pk))
    assert "Let it list keys." in page
    assert "Never asked for" in page
    assert "Name it." in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.QUEUED, "Waiting"),
        (State.RUNNING, "Build the estate graph"),
        (State.FAILED, "It is no export. Nothing that was published is lost."),
        (State.CANCELLED, "What was published before stays"),
        (State.DONE, "See the attack paths"),
    ],
)
def test_an_import_tells_its_state_and_asks_again_only_while_it_goes_on(get, world, state, words):
    Scan.objects.filter(pk=world.scan.pk).update(
        state=state, step=Step.BUILD, progress_done=1, progress_total=4, error="It is no export."
    )
    answer = get("scan", world.scan.pk)
    assert words.lower() in text(answer).lower()
    going = state in {State.QUEUED, State.RUNNING}
    assert ('hx-trigger="every' in answer.content.decode()) == going
    assert ("Cancel" in re.findall(r"<button[^>]*>([^<]*)", answer.content.decode())) == going


def test_htmx_gets_the_moving_part_of_an_import_alone(world, signed_in):
    answer = signed_in(world.alice).get(reverse("scan", args=[world.scan.pk]), headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith('<section class="card" id="scan"')


def upload(client, htmx=False, **fields):
    file = SimpleUploadedFile("office.json", b'{"logbook": {}}')
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("import"), {"file": file, **fields}, headers=headers)


def test_an_upload_becomes_an_import_and_leads_to_its_progress(world, signed_in):
    answer = upload(signed_in(world.alice))
    scan = Scan.objects.latest("pk")
    assert answer["Location"] == reverse("scan", args=[scan.pk])
    assert (scan.connection.name, scan.upload.name, scan.state) == ("office", "office.json", State.QUEUED)
    assert Path(scan.upload.place).read_bytes() == b'{"logbook": {}}'
    assert AuditEntry.objects.filter(action="import asked", by=world.alice).exists()


def test_an_upload_by_htmx_is_sent_on_to_the_same_place(world, signed_in):
    answer = upload(signed_in(world.alice), htmx=True, connection=world.home.pk, scope="harbour")
    scan = Scan.objects.latest("pk")
    assert answer["HX-Redirect"] == reverse("scan", args=[scan.pk])
    assert (scan.connection, scan.upload.scope) == (world.home, "harbour")


def test_a_refused_upload_says_why_and_leaves_nothing(world, signed_in, settings):
    client = signed_in(world.alice)
    before = Scan.objects.count(), Connection.objects.count()
    assert "This field is required" in text(client.post(reverse("import"), {"name": "x"}))
    empty = client.post(reverse("import"), {"file": SimpleUploadedFile("empty.json", b""), "name": "empty"})
    assert empty.status_code == 422
    settings.MAX_UPLOAD_BYTES = 5
    assert "larger than" in text(upload(client, name="large"))
    assert (Scan.objects.count(), Connection.objects.count()) == before


def test_cancelling_ends_a_waiting_import(world, signed_in):
    client = signed_in(world.alice)
    upload(client)
    scan = Scan.objects.latest("pk")
    assert client.post(reverse("scan-cancel", args=[scan.pk]))["Location"] == reverse("scan", args=[scan.pk])
    scan.refresh_from_db()
    assert scan.state == State.CANCELLED


def test_a_question_is_kept_and_its_answer_shown_with_the_statement(world, signed_in):
    client = signed_in(world.bob)
    ask = {"identity": worlds.SYNC.key, "action": "vault.unlock", "resource": worlds.BUCKET.key}
    answer = client.post(reverse("explain"), ask)
    question = Question.objects.get()
    address = reverse("answer", args=[question.pk])
    assert answer["Location"] == address
    assert "Look again" in text(client.get(address))
    question.answer = {
        "verdict": "denied",
        "sentences": ["A deny says no."],
        "because": [
            {
                "layer": "boundary",
                "words": "",
                "evidence": {"document": "d", "place": "/0", "effect": "Deny", "label": "first"},
            }
        ],
        "conditions": [],
        "assumed": ["scp"],
        "documents": {"d": {"body": [worlds.SCRIPT], "problem": ""}},
    }
    question.state = State.DONE
    question.save()
    page = text(client.get(address))
    assert "A deny says no." in page
    assert "Decides:" in page
    assert client.post(reverse("explain"), ask)["Location"] == address
    assert signed_in(world.charlie).get(address).status_code == 404


def test_a_question_about_what_is_foreign_or_unknown_is_refused_in_words(world, signed_in):
    ask = {"identity": worlds.KEEPER.key, "action": "vault.unlock", "resource": worlds.LAMP.key}
    answer = signed_in(world.bob).post(reverse("explain"), ask)
    assert f"no identity with the key or name {worlds.KEEPER.key}" in text(answer)
    assert not Question.objects.exists()


def test_a_hop_is_replayed_by_one_click(world, signed_in):
    client = signed_in(world.alice)
    page = client.get(reverse("path", args=[worlds.FIRST])).content.decode()
    form = re.search(r'<form class="ask"[^>]*>((?:(?!</form>).)*)Replay this decision', page)[1]
    parts = dict(re.findall(r'name="(source|rule|target)" value="([^"]*)"', form))
    assert parts == {"source": worlds.SYNC.key, "rule": "toy.read-archive", "target": worlds.BUCKET.key}
    assert client.post(reverse("explain"), parts)["Location"].startswith("/explain/")
    assert Question.objects.get().kind == "edge"
    assert "Replay one step" in text(client.get(reverse("explain"), parts))


def test_search_finds_by_name_and_by_key_and_says_when_there_is_nothing(get):
    assert "ci-deployer" in text(get("search", q="DEPLOY"))
    assert "nw-training-data" in text(get("search", q="id:store"))
    assert "Nothing has such a name" in text(get("search", q="zzz"))


def test_the_audit_log_names_who_did_what(get, world, signed_in):
    upload(signed_in(world.bob), connection=world.home.pk)
    page = text(get("audit"))
    assert "bob import asked" in page


def test_lists_cost_the_same_number_of_queries_however_long_they_are(world, signed_in):
    client = signed_in(world.alice)

    def cost(name, **parameters):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(name), parameters)
        return len(queries)

    views = [
        ("overview", {}),
        ("paths", {}),
        ("paths", {"group": "none"}),
        ("paths", {"group": "entry"}),
        ("connections", {}),
        ("breaches", {}),
    ]
    before = [cost(name, **parameters) for name, parameters in views]
    clone = worlds.finding(worlds.FIRST)
    for number in range(30):
        clone.pk, clone.key, clone.rank, clone.target_key = None, f"{number:064}", 100 + number, f"target {number}"
        clone.entry_key = f"entry {number}"
        clone.save()
        Connection.objects.create(name=f"more {number}", scope=f"more {number}")
        Connection.objects.create(name=f"nothing {number}")
    assert [cost(name, **parameters) for name, parameters in views] == before
    assert max(before) <= 40


def test_a_finding_is_accepted_for_a_reason_and_reopened_by_those_who_decide(world, signed_in):
    client, page = signed_in(world.bob), reverse("path", args=[worlds.FIRST])
    accept = reverse("path-accept", args=[worlds.FIRST])
    client.post(accept, {"until": "2999-01-01", "note": "The data is public anyway."})
    assert "Accepted until 1 Jan 2999" in text(client.get(page))
    assert "The data is public anyway." in text(client.get(page))
    client.post(reverse("path-reopen", args=[worlds.FIRST]))
    assert worlds.finding(worlds.FIRST).state == "open"
    assert "Choose a day in the future" in text(client.post(accept, {"until": "2000-01-01", "note": "x"}, follow=True))
    assert "Give a day and a reason" in text(client.post(accept, {}, follow=True))
    assert signed_in(world.erin).post(accept, {"until": "2999-01-01", "note": "x"}).status_code == 403
    assert "Accept the risk" not in text(signed_in(world.erin).get(page))
    assert signed_in(world.charlie).post(accept, {"until": "2999-01-01", "note": "x"}).status_code == 404
