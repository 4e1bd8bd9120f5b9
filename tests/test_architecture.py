"""The rooms hold: imports go one way, the engine stays pure, functions fit in a glance."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")

# Each line planted in a file breaks a contract.
FORBIDDEN = [
    ("graph/policy/bits.py", "import django"),
    ("graph/model.py", "import graph.policy.bits"),
    ("graph/cloud.py", "import graph.store"),
    ("graph/clouds/aws/facts.py", "import graph.clouds.aws.read"),
    ("graph/clouds/other/__init__.py", "import graph.clouds.aws"),
    ("graph/build/__init__.py", "import networkx"),
    ("graph/misc/__init__.py", ""),
    ("graph/model.py", "import ciem.accounts"),
    ("ciem/accounts/queries.py", "import ciem.scans.models"),
    ("ciem/scans/tasks.py", "import ciem.pipeline"),
    ("ciem/helpers/__init__.py", ""),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in ("graph", "ciem"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def test_rooms_import_only_the_rooms_below_them():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line"), FORBIDDEN, ids=[f"{f}: {line or 'a new room'}" for f, line in FORBIDDEN])
def test_a_forbidden_import_is_refused(copy: Path, file: str, line: str):
    place = copy / file
    known = place.read_text() if place.exists() else None
    place.parent.mkdir(exist_ok=True)
    place.write_text((known or "") + f"\n{line}\n")
    try:
        done = lint_imports(copy)
        assert done.returncode == 1
        assert "BROKEN" in done.stdout or "exhaustive" in done.stdout.lower() or "not listed" in done.stdout.lower(), (
            done.stdout
        )
    finally:
        if known is None:
            shutil.rmtree(place.parent) if place.name == "__init__.py" else place.unlink()
        else:
            place.write_text(known)


def test_the_engine_starts_without_django_or_any_cloud_sdk():
    code = (
        "import sys, graph.cli; from graph.clouds import clouds; clouds();"
        "bad = {'django', 'celery', 'boto3', 'botocore', 'ladybug', 'neo4j'} & {m.split('.')[0] for m in sys.modules};"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def sources() -> list[Path]:
    return [p for room in ("graph", "ciem") for p in sorted((ROOT / room).rglob("*.py")) if "migrations" not in p.parts]


def test_modules_and_functions_fit_in_a_glance():
    lengths: list[int] = []
    too_long: list[str] = []
    for path in sources():
        text = path.read_text()
        if text.count("\n") >= 600:
            too_long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                lengths.append(length)
                if length > 60:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    lengths.sort()
    assert not too_long
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 35


def test_a_file_opens_with_a_sentence_that_says_what_it_is_for():
    texts = {path: path.read_text() for path in sources()}
    silent = [str(path) for path, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert not silent


def test_the_project_stands_alone():
    names = ("/work/" + "shared", "../" + "shared")
    kinds = (".py", ".md", ".html", ".toml", ".css", ".js", "Makefile")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    texts = [ROOT / name for name in listed.split("\n") if name.endswith(kinds) and (ROOT / name).exists()]
    assert not [str(p) for p in texts if any(name in p.read_text() for name in names)]
