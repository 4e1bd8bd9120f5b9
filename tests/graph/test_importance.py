"""How critical a target is and whose it is: what tags and names say of it, by rules that a user may change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.importance import SETTING, SHIPPED_AT, ImportanceError, importance, load, parsed, table
from graph.model import Category, Node


def _judged(name: str = "thing", tags: dict[str, str] | None = None, scope: str = "", **more: object) -> dict[str, str]:
    node = Node("key", "kind", name, "toy", "s", Category.RESOURCE, targets=("secret",), **more)  # type: ignore[arg-type]
    return dict(importance().judged(node, tags or {}, scope).properties)


@pytest.mark.parametrize(
    ("name", "tags", "scope", "level"),
    [
        ("thing", {}, "", None),
        ("thing", {"Criticality": "High"}, "", "4"),
        ("thing", {"business-criticality": "mission_critical"}, "", "5"),
        ("thing", {"DataClassification": "Restricted"}, "", "5"),
        ("thing", {"data_classification": "public"}, "", "1"),
        ("thing", {"Environment": "Prod"}, "", "5"),
        ("thing", {"tier": "1"}, "", "4"),
        ("models-prod-eu", {}, "", "5"),
        ("productivity", {}, "", None),
        ("models-dev", {}, "", "2"),
        ("thing", {}, "ml-sandbox", "2"),
        ("thing", {"criticality": "who knows"}, "", None),
    ],
)
def test_tags_names_and_scopes_tell_how_critical_a_thing_is(
    name: str, tags: dict[str, str], scope: str, level: str | None
) -> None:
    assert _judged(name, tags, scope).get("criticality") == level


def test_the_first_rule_that_speaks_of_a_thing_decides_and_says_why() -> None:
    told = _judged("models-dev", {"env": "prod", "criticality": "low"}, "sandbox")
    assert told == {"criticality": "2", "criticality_because": "its tag criticality is low"}


def test_the_owner_is_whoever_the_first_tag_names() -> None:
    assert _judged(tags={"Team": "search", "data-owner": "ada"})["owner"] == "search"
    assert "owner" not in _judged(tags={"Team": ""})


def test_what_is_not_worth_attacking_is_left_as_it_is() -> None:
    node = Node("key", "kind", "prod", "toy", "s", Category.RESOURCE)
    assert importance().judged(node, {"owner": "ada"}, "") is node


def test_a_users_own_rules_take_the_place_of_the_shipped_and_change_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"owner_tags": ["boss"], "rules": [{"names": {"5": ["crown"]}}]}))
    shipped = importance()
    monkeypatch.setenv(SETTING, str(own))
    assert importance().version != shipped.version
    assert _judged("crown-jewels", {"boss": "ada", "criticality": "low"})["criticality"] == "5"
    assert _judged(tags={"boss": "ada", "team": "x"})["owner"] == "ada"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "a JSON object with a list of `rules`"),
        ('{"rules": [{}]}', "rule 1 must have `tags` and `values`"),
        ('{"rules": [{"names": {"9": ["x"]}}]}', "rule 1: names must name levels from 1 to 5"),
        ('{"rules": [{"names": {"5": "x"}}]}', "rule 1: 5 must be a list of texts"),
        ('{"rules": [{"values": {"5": ["x"]}}]}', "rule 1 must have `tags` and `values`"),
        ('{"rules": [{"names": {"5": ["Big-One"], "2": ["big one"]}}]}', "“big one” cannot stand for both 5 and 2"),
        ('{"rules": [], "owners": []}', "has no `owners`; there are name, owner_tags and rules"),
        ('{"rules": [], "name": 1}', "name must be a text"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_the_place(tmp_path: Path, said: str, words: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(said)
    with pytest.raises(ImportanceError, match=words):
        load(path)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ImportanceError, match="cannot be read"):
        load(SHIPPED_AT.with_name("nowhere.json"))


def test_rules_written_down_are_the_same_rules_when_they_are_read_again() -> None:
    shipped = importance()
    again = parsed(json.loads(json.dumps(table(shipped))), "here")
    assert (again.version, again.rules) == (shipped.version, shipped.rules)


def test_what_a_table_over_another_leaves_out_is_taken_from_below() -> None:
    shipped = importance()
    tags = parsed({"owner_tags": ["boss"]}, "here", shipped)
    assert (tags.owner_tags, tags.rules) == (("boss",), shipped.rules)
    rules = parsed({"rules": [{"names": {"5": ["crown"]}}]}, "here", shipped)
    assert rules.owner_tags == shipped.owner_tags
    assert [rule.levels for rule in rules.rules] == [{"crown": "5"}]
    assert parsed({"rules": [], "owner_tags": []}, "here", shipped).rules == ()
