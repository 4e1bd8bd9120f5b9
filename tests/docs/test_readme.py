"""What the README says to type answers something."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from graph.cli import main

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "tests" / "data" / "real" / "aws_gaad_cloudsplaining_test.json"
COMMANDS = re.findall(
    r"^    \.venv/bin/python -m graph (.*? account\.json.*)$", (ROOT / "README.md").read_text(), re.MULTILINE
)


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_answers_on_an_account_export(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    filled = command.replace("account.json", str(EXPORT)).replace(
        "--identity ARN", "--identity arn:aws:iam::012345678901:user/obama"
    )
    assert main(shlex.split(filled, comments=True)) == 0
    assert capfd.readouterr().out
