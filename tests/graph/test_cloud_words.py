"""No room but a cloud's own knows what that cloud calls things."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\barn:|\barns?\b|\baws\b|\bamazon|\biam\b|\bs3\b|\bkms\b|\bsts\b|\bscps?\b|\brcps?\b|\blambda\b|\bec2\b|\bbedrock\b"
    r"|\bsagemaker\b|\bbuckets?\b|\bazure\b|\bentra\b|\bgcp\b|\bgoogle\b|\bkubernetes\b|\btoy\b",
    re.IGNORECASE,
)
ROOMS = ("graph", "ciem", "templates")
CLOUDS = ROOT / "graph" / "clouds"
# Where an installation itself may keep its files: a storage that speaks S3, whoever runs it, and no cloud that is read.
_STORAGE = frozenset({"bucket", "buckets", "s3"})
ALLOWED: dict[str, frozenset[str]] = {
    "ciem/core/buckets.py": _STORAGE,
    "ciem/paths/sweeping.py": frozenset({"bucket"}),
    "ciem/scans/remote.py": _STORAGE | {"aws"},  # the parameters of the storage's client
    "ciem/scans/storage.py": frozenset({"bucket"}),
    "ciem/settings.py": _STORAGE | {"aws", "amazon"},  # what a setting is called and says to people
}


def _files() -> list[Path]:
    found = [p for room in ROOMS for pattern in ("*.py", "*.html") for p in (ROOT / room).rglob(pattern)]
    own = [folder for folder in CLOUDS.iterdir() if folder.is_dir()]
    return sorted(p for p in found if not any(p.is_relative_to(folder) for folder in own))


def _said(path: Path) -> Iterator[tuple[int, str]]:
    """Names and texts of a Python file that take part in what it does: comments and docstrings only explain."""
    if path.suffix != ".py":
        yield from enumerate(path.read_text().splitlines(), 1)
        return
    tree = ast.parse(path.read_text())
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in alone:
            yield node.lineno, node.value
        for name in ("id", "attr", "name", "arg", "module"):
            if isinstance(getattr(node, name, None), str):
                yield getattr(node, "lineno", 0), getattr(node, name)


def _offences(path: Path) -> list[str]:
    allowed = ALLOWED.get(str(path.relative_to(ROOT)), frozenset())
    return [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for line, text in _said(path)
        for word in WORDS.findall(text.replace("_", " "))
        if word.lower() not in allowed
    ]


def test_cloud_words_stay_in_the_rooms_of_their_clouds() -> None:
    assert [offence for path in _files() for offence in _offences(path)] == []


@pytest.mark.parametrize(
    "line", ['key.startswith("arn:")', "aws = 1", 'kind == "s3"', "iam_role = 2", 'f"{x} toy"', 'x = "an Amazon thing"']
)
def test_a_cloud_word_in_what_a_file_does_is_seen(tmp_path: Path, line: str) -> None:
    path = tmp_path / "planted.py"
    path.write_text(f'"""Docstrings may tell of AWS."""\n# and comments of S3\n{line}\n')
    assert [word for _line, text in _said(path) for word in WORDS.findall(text.replace("_", " "))]


def test_words_that_only_explain_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "explained.py"
    path.write_text('"""As AWS does."""\n\nx = 1  # an ARN\n\n\ndef f():\n    """Of an S3 bucket."""\n')
    assert [word for _line, text in _said(path) for word in WORDS.findall(text)] == []
