"""What `docs/connecting-aws.md` says to type is there: commands, parameters, variables, fields."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from graph.cli import main
from graph.clouds.aws import CLOUD
from graph.clouds.aws.collect import COLLECTOR
from graph.clouds.aws.collect.rights import policies

PAGE = (Path(__file__).parents[2] / "docs" / "connecting-aws.md").read_text()
COMMANDS = re.findall(r"^ +\.venv/bin/python -m graph (rights .*)$", PAGE, re.MULTILINE)
FILES: dict[str, Any] = {way.key: way.files() for way in CLOUD.rights}


def _template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads({**FILES["cloudformation"], **FILES["stackset"]}[name])
    return found


def test_every_way_of_giving_the_rights_is_shown() -> None:
    assert {shlex.split(command)[4] for command in COMMANDS} == set(FILES)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_writes_its_files(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command, comments=True)
    assert main(arguments) == 0
    written = {path.relative_to(tmp_path / arguments[-1]) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {Path(name) for name in FILES[arguments[4]]}


@pytest.mark.parametrize(
    ("template", "given"),
    re.findall(r"--template-file \w+/(\S+) .*?--parameter-overrides (.*?)$", PAGE, re.DOTALL | re.MULTILINE),
)
def test_the_parameters_of_a_deployment_are_those_that_have_no_default(template: str, given: str) -> None:
    named = dict(one.split("=", 1) for one in given.split())
    parameters = _template(template)["Parameters"]
    assert set(named) == {name for name, parameter in parameters.items() if "Default" not in parameter}
    for name, value in named.items():
        assert re.fullmatch(parameters[name].get("AllowedPattern", ".*"), value)


def test_other_parameters_that_are_named_exist() -> None:
    assert "DelegatedAdministrator" in _template("grantpath-organization.template.json")["Parameters"]
    assert "`DelegatedAdministrator=" in PAGE
    variables = set(re.findall(r'variable "(\w+)"', FILES["terraform"]["variables.tf"]))
    [module] = re.findall(r'module "grantpath_read" \{(.*?)\}', PAGE, re.DOTALL)
    assert set(re.findall(r"(\w+) +=", module)) - {"source"} <= variables
    assert "organization" in variables
    script = FILES["commands"]["create-role.sh"]
    assert all(f"${{{name}:" in script for name in ("HUB_PRINCIPAL", "EXTERNAL_ID", "ORGANIZATION"))


def test_the_fields_to_fill_in_are_those_of_the_form() -> None:

    labels = {field.label for field in COLLECTOR.fields}
    for label in ("Profile", "Role ARN", "External id", "Role in each account", "Accounts", "Regions"):
        assert label in labels
        assert f"**{label}**" in PAGE


@pytest.mark.parametrize(
    ("words", "template"), [("Connect a cloud", "connections.html"), ("Test connection", "_parts/access.html")]
)
def test_what_is_to_be_pressed_is_there(words: str, template: str) -> None:
    assert f"**{words}**" in PAGE
    assert words in (Path(__file__).parents[2] / "templates" / "web" / template).read_text()


def test_the_policies_that_the_page_names_are_all_there_are() -> None:
    assert {f"{name}.json" for name in policies()} == set(re.findall(r"`(?:rights/)?([\w-]+\.json)`", PAGE)) - {
        "hub.json"
    }


def test_what_it_says_is_never_asked_for_is_in_no_policy() -> None:
    never = re.findall(r"\(`(\w+:\w+)`\)", PAGE.split("There are three ways")[0])
    assert len(never) == 5
    assert not set(never) & {
        action for policy in policies().values() for action in re.findall(r"[\w-]+:\w+", str(policy))
    }
