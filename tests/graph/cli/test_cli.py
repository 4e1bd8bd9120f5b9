"""Every command of the engine, on the toy office: answers, formats, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from graph.cli import main
from graph.cli.reference import reference
from tests.toy import office
from tests.toy.facts import key_of

OFFICE = str(office.LOGBOOK)
ROOT = Path(__file__).parents[3]


class Said(NamedTuple):
    """What a command left: exit code, lines of JSON, raw output, standard error."""

    code: int
    lines: list[dict[str, Any]]
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*arguments: str) -> Said:
        code = main(arguments)
        out, err = (text.decode() for text in capfdbinary.readouterr())
        lines = [json.loads(line) for line in out.splitlines()] if out.startswith("{") else []
        return Said(code, lines, out, err)

    return call


def _person(name: str) -> str:
    return key_of("harbour", "person", name)


def _write(folder: Path, page: dict[str, Any], name: str = "page.json") -> str:
    path = folder / name
    path.write_text(json.dumps(page))
    return str(path)


# ----- inspect


def test_inspect_counts_things_then_names_gaps_then_what_is_assumed(run: Run, tmp_path: Path) -> None:
    page = office.page()
    del page["bars"]
    said = run("inspect", _write(tmp_path, page))
    counts = [line for line in said.lines if "count" in line]
    assert {"cloud": "toy", "scope": "harbour", "kind": "door", "count": 6} in counts
    assert said.lines[: len(counts)] == counts
    gap, assumed = said.lines[len(counts) :]
    assert gap["gap"]["error"] == "page 12 is torn below the first line"
    assert gap["gap"]["remedy"]
    assert assumed == {"assumed": ["bars"], "cloud": "toy", "scope": "harbour"}
    assert (said.code, said.err) == (0, "")


# ----- who-can, can, explain


def test_who_can_lists_those_who_may_with_verdict_and_conditions(run: Run) -> None:
    said = run("who-can", OFFICE, "--action", "vault.unlock", "--resource", key_of("harbour", "vault", "payroll"))
    assert [(line["identity"], line["verdict"]) for line in said.lines] == [
        (_person("ada"), "allowed"),
        (_person("cleo"), "unknown"),
        (_person("dan"), "conditional"),
        (_person("gus"), "allowed"),
        (_person("night {watch}"), "allowed"),
    ]
    assert list(said.lines[0]) == ["identity", "action", "resource", "verdict", "conditions", "assumed"]
    [condition] = said.lines[2]["conditions"]
    assert condition == {
        "key": "second_key",
        "operator": "Present",
        "values": [],
        "needed": "true",
        "chosen_by": "none",
    }


def test_who_can_without_a_resource_asks_for_all_of_them(run: Run) -> None:
    every = run("who-can", OFFICE, "--action", "door.open").lines
    one = run("who-can", OFFICE, "--action", "door.open", "--resource", key_of("harbour", "door", "bay")).lines
    assert {line["resource"] for line in every} == {
        key_of("harbour", "door", d["name"]) for d in office.page()["doors"]
    }
    assert [line for line in every if line["resource"] == one[0]["resource"]] == one


def test_a_resource_that_is_not_listed_is_decided_as_written_and_noted(run: Run) -> None:
    said = run("who-can", OFFICE, "--action", "door.open", "--resource", "toy:harbour:door/cellar")
    assert said.code == 0
    assert "not listed" in said.err


def test_can_is_who_can_seen_from_the_other_end(run: Run) -> None:
    ben = run("can", OFFICE, "--identity", _person("ben")).lines
    assert {(line["action"], line["resource"]) for line in ben} == {
        ("door.open", key_of("harbour", "door", "changing-room")),
        ("robot.start", key_of("harbour", "robot", "cart")),
    }
    only = run("can", OFFICE, "--identity", _person("ben"), "--action", "robot.start").lines
    assert only == [line for line in ben if line["action"] == "robot.start"]
    assert only[0] in run("who-can", OFFICE, "--action", "robot.start").lines


def test_explain_says_why_not_with_the_evidence_that_denies(run: Run) -> None:
    asked = (
        "--identity",
        _person("mallory"),
        "--action",
        "door.open",
        "--resource",
        key_of("harbour", "door", "archive"),
    )
    [line] = run("explain", OFFICE, *asked).lines
    assert list(line) == ["verdict", "layers", "because", "conditions", "assumed"]
    assert line["verdict"] == "denied"
    [because] = line["because"]
    assert (because["layer"], because["place"], because["effect"]) == ("bars", "/bars/0", "Deny")
    words = run("explain", OFFICE, *asked, "--format", "table").out
    assert "denied" in words
    assert not words.startswith("{")


# ----- edges


def test_edges_names_every_technique_between_two_identities_with_its_proof(run: Run) -> None:
    lines = run("edges", OFFICE).lines
    members = [
        "source",
        "target",
        "technique",
        "strength",
        "verdict",
        "conditions",
        "assumed",
        "gains",
        "removes",
        "evidence",
    ]
    assert all(list(line) == members for line in lines)
    ben = [(line["technique"], line["strength"]) for line in lines if line["source"] == _person("ben")]
    assert ben == [("toy.borrow-badge", "becomes"), ("toy.send-robot", "uses")]
    [finn] = [line for line in lines if line["gains"] and line["source"] == _person("finn")]
    assert (finn["target"], finn["gains"]) == (_person("finn"), ["door.open"])
    assert all(line["evidence"] for line in lines)
    assert [(line["source"], line["target"]) for line in lines] == sorted((x["source"], x["target"]) for x in lines)


def test_latent_edges_lack_a_host_and_are_told_apart(run: Run, tmp_path: Path) -> None:
    path = _write(tmp_path, {**office.page(), "robots": []})
    latent = run("edges", path, "--latent").lines
    assert {(line["source"], line["technique"]) for line in latent} == {
        (_person(name), "toy.drive-robot") for name in ("ada", "cleo", "eve", "gus")
    }
    assert all(line["latent"] for line in latent)
    assert not [line for line in run("edges", path).lines if line["technique"] == "toy.drive-robot"]
    assert run("edges", OFFICE, "--latent").lines == []


# ----- paths


def test_paths_are_ranked_and_carry_all_members_of_the_format(run: Run) -> None:
    said = run("paths", OFFICE)
    first = said.lines[0]
    members = ["finding", "id", "entry", "target", "harm", "verdict", "score", "assumed", "hops", "reason", "factors"]
    assert all(list(line) == members for line in said.lines)
    assert set(first["hops"][0]) >= {"source", "target", "technique", "strength", "verdict", "conditions", "evidence"}
    scores = [line["score"] for line in said.lines]
    assert scores == sorted(scores, reverse=True)
    factors = first["factors"]
    assert factors["value"] == first["score"]
    assert len(factors["hops"]) == len(first["hops"])
    assert set(factors["confidence"]) == {"open", "unread", "assumed", "gaps"}
    assert len({line["finding"] for line in said.lines}) == len(said.lines)


def test_paths_are_filtered_by_start_end_harm_kind_and_hops(run: Run) -> None:
    whole = run("paths", OFFICE).lines

    def kept(*arguments: str) -> list[dict[str, Any]]:
        return run("paths", OFFICE, *arguments).lines

    assert kept("--from", "*/eve") == [line for line in whole if line["entry"]["identity"] == _person("eve")]
    assert kept("--to", "toy:*:room/*") == [line for line in whole if ":room/" in line["target"]]
    assert kept("--harm", "administer") == [line for line in whole if line["harm"] == "administer"]
    assert kept("--entry", "outside") == [line for line in whole if line["entry"]["kind"] == "outside"]
    assert kept("--max-hops", "1") == [line for line in whole if len(line["hops"]) == 1]


def test_whoever_can_take_the_office_over_is_listed_with_those_who_own_it(run: Run) -> None:
    lines = run("paths", OFFICE, "--to", "toy:harbour", "--harm", "administer").lines
    assert {line["entry"]["identity"] for line in lines} == {
        "anonymous",
        *(_person(name) for name in ("eve", "gus", "mallory")),
    }


def test_a_start_that_is_no_entry_point_is_taken_as_breached(run: Run) -> None:
    lines = run("paths", OFFICE, "--from", _person("finn")).lines
    assert [(line["entry"]["kind"], line["harm"]) for line in lines] == [("assume-breach", "administer")]
    everybody = run("paths", OFFICE, "--entry", "assume-breach").lines
    assert lines[0] in everybody
    assert {line["entry"]["kind"] for line in everybody} == {"assume-breach"}
    assert _person("mallory") not in {line["entry"]["identity"] for line in everybody}
    [stranger] = run("paths", OFFICE, "--from", _person("mallory"), "--entry", "assume-breach").lines
    assert stranger["entry"] == {"kind": "assume-breach", "identity": _person("mallory"), "facts": {}}


def test_the_limit_keeps_the_first_and_says_how_many_there_are(run: Run) -> None:
    whole = run("paths", OFFICE).lines
    said = run("paths", OFFICE, "--limit", "2")
    assert said.lines == whole[:2]
    assert f"2 of {len(whole)} paths" in said.err


def test_all_adds_other_ways_and_keeps_every_witness(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["people"].append({"name": "hal", "badges": ["green"], "leaves_badge_in": "locker-9"})
    path = _write(tmp_path, page)
    witnesses = {line["id"] for line in run("paths", path).lines}
    every = run("paths", path, "--all").lines
    assert witnesses < {line["id"] for line in every}
    assert {line["finding"] for line in every} == {line["finding"] for line in run("paths", path).lines}


# ----- reach


def test_reach_tells_all_that_is_within_reach_and_how_far(run: Run) -> None:
    lines = run("reach", OFFICE, "--from", _person("ben")).lines
    assert lines == [
        {"target": _person("dan"), "harm": "become", "verdict": "allowed", "hops": 1},
        {"target": key_of("harbour", "room", "archive"), "harm": "read_training_data", "verdict": "allowed", "hops": 2},
        {"target": key_of("harbour", "vault", "payroll"), "harm": "read_secrets", "verdict": "conditional", "hops": 2},
    ]
    both = run("reach", OFFICE, "--from", "*:person/[be][ev]*").lines
    assert {line["from"] for line in both} == {_person("ben"), _person("eve")}


# ----- the estate as a whole


def test_the_best_ways_of_a_finding_are_unlike_each_other(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["people"] += [
        {"name": "hal", "badges": ["green"], "leaves_badge_in": "locker-9"},
        {"name": "ivy", "badges": ["green"], "leaves_badge_in": "locker-9"},
    ]
    path = _write(tmp_path, page)
    asked = ("--from", _person("ben"), "--harm", "read_training_data")
    [witness] = run("paths", path, *asked).lines
    lines = run("paths", path, *asked, "--ways", "3").lines
    assert witness in lines
    assert {line["hops"][0]["target"] for line in lines} == {_person("dan"), _person("hal"), _person("ivy")}
    assert len(run("paths", path, *asked, "--ways", "2").lines) == 2


def test_choke_points_are_ranked_by_what_is_gone_without_them(run: Run) -> None:
    said = run("chokes", OFFICE)
    scores = [line["score"] for line in said.lines]
    assert scores == sorted(scores, reverse=True)
    gold = next(
        line for line in said.lines if line["evidence"] and line["evidence"]["document"] == "harbour: gold badge"
    )
    findings = {line["finding"]: line for line in run("paths", OFFICE).lines}
    assert all(findings[key]["hops"][-1]["source"] == _person("ada") for key in gold["removed"])
    assert gold["score"] == pytest.approx(sum(findings[key]["score"] for key in gold["removed"]))
    ada = next(line for line in said.lines if line["node"] == _person("ada"))
    assert ada["removed"] == gold["removed"]
    table = run("chokes", OFFICE, "--format", "table").out
    assert "gold badge" in table


def test_dangers_put_all_starts_together(run: Run) -> None:
    lines = run("dangers", OFFICE).lines
    first = lines[0]
    assert (first["harm"], first["target"]) == ("administer", "toy:harbour")
    single = max(line["score"] for line in run("paths", OFFICE, "--harm", "administer").lines)
    assert first["score"] > single
    assert {finding for line in lines for finding in line["findings"]} >= {
        line["finding"] for line in run("paths", OFFICE, "--harm", "read_secrets").lines
    }


def test_exposure_counts_who_reaches_what(run: Run) -> None:
    by_node = {node: line for line in run("exposure", OFFICE).lines for node in line["nodes"]}
    archive = by_node[key_of("harbour", "room", "archive")]
    assert archive["entries"] == {"anonymous": 1, "key": 3, "outside": 1}
    assert (archive["becomes"], archive["harms"]) == (0, 0)
    assert by_node[_person("ben")]["targets"] == 2


def test_administrators_say_by_what_they_own_the_office(run: Run) -> None:
    lines = run("administrators", OFFICE).lines
    assert [(line["identity"], line["rule"], line["entries"]) for line in lines] == [
        (_person("ada"), "toy.administer", []),
        (_person("cleo"), "toy.administer", []),
        (_person("gus"), "toy.administer", ["key"]),
    ]
    assert all(line["evidence"] and line["folded"] for line in lines)


def test_latent_rows_are_the_latent_edges_by_class(run: Run, tmp_path: Path) -> None:
    path = _write(tmp_path, {**office.page(), "robots": []})
    rows = run("latent", path).lines
    opened = {(who, row["technique"], end) for row in rows for who in row["identities"] for end in row["targets"]}
    edges = {(e["source"], e["technique"], e["target"]) for e in run("edges", path, "--latent").lines}
    assert {one for one in opened if one[0] != one[2]} == edges
    assert "nothing is latent" in run("latent", OFFICE).err


# ----- what is alike


@pytest.fixture
def offices(tmp_path: Path) -> list[str]:
    """Two offices that are the same but for their names."""
    names = ("harbour", "river")
    page = office.page()
    return [
        _write(tmp_path, {**page, "logbook": {**page["logbook"], "office": name}}, f"{name}.json") for name in names
    ]


def test_what_is_the_same_in_several_offices_is_one_line_with_a_count(run: Run, offices: list[str]) -> None:
    for command, names in (("paths", ("finding",)), ("administrators", ("identity", "account"))):
        listed, counted = run(command, *offices).lines, run(command, *offices, "--alike", "count").lines
        assert len(counted) < len(listed)
        assert sum(line["alike"] for line in counted) == len(listed)
        told = {tuple(one[name] for name in names) for line in counted for one in (line, *line["also"])}
        assert told == {tuple(line[name] for name in names) for line in listed}


def test_a_table_counts_what_is_alike_and_lists_it_if_asked(run: Run, offices: list[str]) -> None:
    counted = run("administrators", *offices, "--format", "table").out.splitlines()
    listed = run("administrators", *offices, "--format", "table", "--alike", "list").out.splitlines()
    assert (len(counted), len(listed)) == (1 + 3, 1 + 6)
    assert counted[0].split()[-1] == "alike"
    assert {row.split()[-1] for row in counted[1:]} == {"2"}


def test_alone_an_office_is_told_as_ever(run: Run) -> None:
    for command in ("paths", "administrators", "exposure", "latent"):
        counted, listed = run(command, OFFICE, "--alike", "count").lines, run(command, OFFICE).lines
        more = ("alike", "also", "called")
        assert [{name: line[name] for name in line if name not in more} for line in counted] == listed


def test_nodes_of_one_line_that_are_alike_are_called_by_the_name_they_share(run: Run, offices: list[str]) -> None:
    lines = run("exposure", *offices, "--alike", "count").lines
    assert any("archive (2)" in line["called"]["nodes"] for line in lines)
    assert "archive (2)" in run("exposure", *offices, "--format", "table").out


def test_the_first_so_many_lines_stand_for_more_paths_than_that(run: Run, offices: list[str]) -> None:
    said = run("paths", *offices, "--alike", "count", "--limit", "1")
    assert len(said.lines) == 1
    assert said.err.startswith(f"{said.lines[0]['alike']} of {len(run('paths', *offices).lines)} paths shown.")


def test_latent_lines_of_several_offices_are_one(run: Run, tmp_path: Path) -> None:
    page = {**office.page(), "robots": []}
    both = [
        _write(tmp_path, {**page, "logbook": {**page["logbook"], "office": name}}, f"{name}.json")
        for name in ("harbour", "river")
    ]
    listed, counted = run("latent", *both).lines, run("latent", *both, "--alike", "count").lines
    assert {line["alike"] for line in counted} == {2}
    assert len(listed) == 2 * len(counted)


# ----- weights


def test_an_own_table_of_weights_changes_scores(run: Run, tmp_path: Path) -> None:
    table = _write(tmp_path, {"name": "ours", "priors": {"outside": 1}}, "weights.json")
    said = run("paths", OFFICE, "--weights", table)
    mallory = next(line for line in said.lines if line["entry"]["identity"] == _person("mallory"))
    assert mallory["factors"]["prior"] == 1
    assert mallory["factors"]["weights"].startswith("ours.")
    before = next(x for x in run("paths", OFFICE).lines if x["finding"] == mallory["finding"])
    assert mallory["score"] > before["score"]
    broken = _write(tmp_path, {"priors": {"outside": 2}}, "broken.json")
    refused = run("paths", OFFICE, "--weights", broken)
    assert refused.code == 2
    assert "priors.outside must be a number from 0 to 1, not 2" in refused.err


# ----- diff


def _with_new_door(tmp_path: Path) -> str:
    page = office.page()
    guest = next(badge for badge in page["badges"] if badge["colour"] == "guest")
    guest["opens"].append({"what": "door/changing-room"})
    return _write(tmp_path, page, "later.json")


def test_diff_tells_what_opened_and_exits_with_three(run: Run, tmp_path: Path) -> None:
    later = _with_new_door(tmp_path)
    said = run("diff", OFFICE, later)
    assert said.code == 3
    [opened] = [line for line in said.lines if line["change"] == "opened"]
    assert list(opened) == ["change", "path", "was", "because", "rechecked"]
    assert opened["path"] in run("paths", later).lines
    [hop] = opened["because"]["hops"]
    assert hop["causes"][0]["after"] == {"what": "door/changing-room"}
    assert said.out == run("diff", OFFICE, later).out
    table = run("diff", OFFICE, later, "--format", "table").out
    assert "opens 3 of harbour: guest badge was added." in table


def test_diff_without_an_opened_path_exits_with_zero(run: Run, tmp_path: Path) -> None:
    later = _with_new_door(tmp_path)
    back = run("diff", later, OFFICE)
    assert (back.code, {line["change"] for line in back.lines}) == (0, {"closed"})
    same = run("diff", OFFICE, OFFICE)
    assert (same.code, same.lines) == (0, [])
    assert "no path was opened, closed or changed" in same.err


def test_diff_of_bad_input_exits_with_one_unless_something_opened(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["people"].append({"name": "no badges"})
    bad = _write(tmp_path, page)
    assert run("diff", OFFICE, bad).code == 1
    assert run("diff", bad, _with_new_door(tmp_path)).code == 3


def test_diff_where_nobody_can_start_is_no_all_clear(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["hung_out"], page["visitors"] = [], []
    for person in page["people"]:
        person.pop("badge_copied", None)
    closed = _write(tmp_path, page)
    assert "not an all-clear" in run("diff", closed, closed).err
    assert run("diff", closed, _with_new_door(tmp_path), "--entry", "assume-breach").code == 0


# ----- decide


def _decide(monkeypatch: pytest.MonkeyPatch, run: Run, *lines: str) -> Said:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode())))
    return run("decide", "--cloud", "toy")


def test_decide_answers_line_by_line_in_order(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    good = {"id": "a", "action": "door.open", "resource": "door/x", "opens": [{"what": "door/*"}]}
    said = _decide(monkeypatch, run, json.dumps(good), "", json.dumps({**good, "id": "b", "opens": []}))
    assert [(line["id"], line["verdict"]) for line in said.lines] == [("a", "allowed"), ("b", "denied")]
    assert said.code == 0


def test_a_bad_request_is_told_on_its_line_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    good = json.dumps({"id": "c", "action": "door.open", "resource": "door/x", "opens": []})
    said = _decide(monkeypatch, run, "{not json", '{"id": "b"}', "[]", good)
    assert ["error" in line for line in said.lines] == [True, True, True, False]
    assert set(said.lines[0]["error"]) == {"code", "message", "at"}
    assert said.lines[1]["id"] == "b"
    assert said.code == 1
    assert "could not be decided: 3." in said.err


# ----- formats, errors, exit codes


def test_a_table_has_a_head_and_one_row_for_each_line(run: Run) -> None:
    rows = run("edges", OFFICE, "--format", "table").out.splitlines()
    assert rows[0].split()[:3] == ["source", "target", "technique"]
    assert len(rows) == 1 + len(run("edges", OFFICE).lines)


def test_what_a_terminal_would_obey_is_escaped_in_a_table_and_kept_in_json(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["people"][0]["name"] = "ada\x1b[2J\u202e"
    path = _write(tmp_path, page)
    table = run("edges", path, "--format", "table").out
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "ada\\x1b[2J" in table
    assert any("ada\x1b[2J\u202e" in line["source"] for line in run("edges", path).lines)


def test_bad_input_is_left_out_named_and_counted_and_the_rest_is_done(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["people"].append({"name": "no badges"})
    said = run("paths", _write(tmp_path, page))
    assert said.code == 1
    assert "page.json /people/8" in said.err
    assert "left out: 1." in said.err
    assert said.lines == run("paths", OFFICE).lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inspect", "nowhere.json"), "nothing at"),
        (("inspect", __file__), "looks like"),
        (("who-can", OFFICE, "--action", "door.close"), "door.close"),
        (("can", OFFICE, "--identity", "toy:harbour:person/adda"), "person/ada"),
        (("can", OFFICE, "--identity", "toy:*"), "no identity `toy:*`"),
        (("can", OFFICE, "--identity", "anonymous", "--action", "fly"), "fly"),
        (("explain", OFFICE, "--identity", "anonymous", "--action", "fly", "--resource", "x"), "fly"),
        (("paths", OFFICE, "--from", "toy:harbour:person/adda"), "person/ada"),
        (("paths", OFFICE, "--to", "toy:harbor"), "toy:harbour"),
        (("reach", OFFICE, "--from", "nobody"), "nobody"),
        (("decide", "--cloud", "nimbus"), "toy"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_words(run: Run, arguments: tuple[str, ...], words: str) -> None:
    said = run(*arguments)
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("paths",),
        ("paths", OFFICE, "--limit", "0"),
        ("paths", OFFICE, "--harm", "tickle"),
        ("paths", OFFICE, "--entry", "window"),
        ("explain", OFFICE, "--identity", "x"),
    ],
)
def test_arguments_that_do_not_parse_exit_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2


def test_a_pattern_that_fits_nothing_is_noted_and_no_error(run: Run) -> None:
    said = run("paths", OFFICE, "--from", "toy:*:person/zz*")
    assert (said.code, said.lines) == (0, [])
    assert "No identity fits" in said.err


def test_several_snapshots_make_one_estate_whatever_their_order(run: Run, tmp_path: Path) -> None:
    page = office.page()
    page["logbook"]["office"] = "hill"
    hill = _write(tmp_path, page)
    both = run("paths", OFFICE, hill)
    assert both.out == run("paths", hill, OFFICE).out
    assert len(both.lines) > len(run("paths", OFFICE).lines)


def test_scope_is_given_where_a_file_does_not_say(run: Run, tmp_path: Path) -> None:
    silent = {**office.page(), "logbook": {}}
    given = ("--scope", "pier", "--collected-at", "2026-01-01T00:00:00Z")
    said = run("inspect", _write(tmp_path, silent), *given)
    assert {line["scope"] for line in said.lines if "scope" in line} == {"", "pier"}
    assert run("inspect", OFFICE, *given).out == run("inspect", OFFICE).out


def test_the_module_runs_by_itself_and_gives_the_same_bytes_each_time() -> None:
    def once(seed: str) -> subprocess.CompletedProcess[bytes]:
        asked = [sys.executable, "-m", "graph", "paths", OFFICE]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(asked, capture_output=True, check=False, cwd=ROOT, env=environment, timeout=120)

    first, second = once("1"), once("2")
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout
    assert first.stdout.count(b"\n") == 8


def test_a_reader_that_stops_early_is_no_error() -> None:
    asked = f'"{sys.executable}" -m graph can "{OFFICE}" --identity {_person("ada")} | head -n 1'
    done = subprocess.run(asked, shell=True, capture_output=True, check=False, cwd=ROOT, timeout=120)
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_the_reference_is_what_the_help_says() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == reference(), "run: python -m graph.cli.reference > docs/cli.md"
