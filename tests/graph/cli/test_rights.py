"""The rights that collecting needs, on the command line: listed, shown, written, and nothing of others overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.cli import main
from graph.clouds import clouds

WAYS = {way.key: way for way in clouds()["aws"].rights}


def _run(*arguments: str) -> int:
    return main(["rights", *arguments])


def test_without_a_format_the_ways_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("--cloud", "aws") == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["format"] for line in lines] == ["iam", "cloudformation", "stackset", "terraform", "commands"]
    assert all(line["about"].endswith(".") and line["files"] for line in lines)


def test_a_single_file_goes_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("--cloud", "aws", "--format", "cloudformation") == 0
    [text] = WAYS["cloudformation"].files().values()
    assert capfd.readouterr().out == text


def test_several_files_want_a_folder(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("--cloud", "aws", "--format", "iam") == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert "--output" in said.err
    assert "organization.json" in said.err


@pytest.mark.parametrize("way", WAYS)
def test_the_files_are_written_and_writing_them_again_changes_nothing(way: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        assert _run("--cloud", "aws", "--format", way, "--output", str(folder)) == 0
        found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
        assert found == WAYS[way].files()


def test_a_file_that_says_something_else_stays_and_nothing_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text("# mine\n")
    assert _run("--cloud", "aws", "--format", "terraform", "--output", str(tmp_path)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["main.tf"]
    assert (tmp_path / "main.tf").read_text() == "# mine\n"
    assert "main.tf" in capfd.readouterr().err


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert _run("--cloud", "aws", "--format", "iam", "--output", str(tmp_path / "file")) == 2
    assert "cannot be written" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--cloud", "fog"), "There is no cloud `fog`"),
        (("--cloud", "aws", "--format", "chisel"), "there are: iam, cloudformation"),
        (("--cloud", "toy"), "Nothing is collected from"),
    ],
)
def test_what_there_is_not_is_said(arguments: tuple[str, ...], words: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(*arguments) == 2
    assert words in capfd.readouterr().err
