"""The shell script in `docs/importing.md` makes a snapshot folder: run on a stand-in for the AWS command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graph.analysis.findings import analyse
from graph.build import build
from graph.cloud import ImportOptions
from graph.clouds.aws.demo import write
from graph.formats import load
from graph.snapshot import Snapshot

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
ACCOUNTS = ("100000000001", "222233334444", "333344445555")

# Answers from the files of a snapshot; what is not there is refused, as AWS words it, and so are the tags of buckets.
AWS = """#!{python}
import os, pathlib, sys
service, operation, *rest = sys.argv[1:]
given = dict(zip(rest[::2], rest[1::2]))
account = os.environ["ACCOUNT"]
if operation == "generate-credential-report":
    print("COMPLETE")
elif operation == "get-caller-identity":
    print(account)
else:
    named = ("--bucket", "--key-id", "--function-name", "--parent-id", "--child-id", "--policy-id", "--filter")
    argument = next((given[name] for name in named if name in given), "")
    top = pathlib.Path({folder!r}, "aws", account, given.get("--region", "global"))
    call = service.replace("s3api", "s3") + "-" + operation
    found = top / call / (argument + ".json") if argument else top / (call + ".json")
    if not found.exists() or operation == "get-bucket-tagging":
        code = "NoSuchBucketPolicy" if operation == "get-bucket-policy" else "AccessDenied"
        sys.exit(f"\\nAn error occurred ({{code}}) when calling the X operation: no")
    if (body := found.read_text()).startswith("\\nAn error") or "An error occurred" in body[:40]:
        sys.exit(body)
    print(body)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """The demo estate, and what the script makes of it."""
    folder = tmp_path_factory.mktemp("script")
    demo, stand_in = folder / "northwind", folder / "bin" / "aws"
    write(demo)
    stand_in.parent.mkdir()
    stand_in.write_text(AWS.format(python=sys.executable, folder=str(demo)))
    stand_in.chmod(0o755)
    [script] = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for account in ACCOUNTS:
        path = f"{stand_in.parent}:{os.environ['PATH']}"
        around = {**os.environ, "PATH": path, "ACCOUNT": account, "regions": "eu-west-1"}
        ran = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=around, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, "")
    return load(demo, ImportOptions()), load(folder / "snapshot", ImportOptions())


pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the script needs jq")


def test_the_script_makes_a_folder_that_is_read_without_complaint(made: tuple[Snapshot, Snapshot]) -> None:
    _demo, snapshot = made
    assert snapshot.problems == ()
    assert snapshot.collected_at is not None
    assert {part.scope for part in snapshot.parts} >= set(ACCOUNTS)


def test_paths_begin_at_keys_and_bucket_policies(made: tuple[Snapshot, Snapshot]) -> None:
    """What the script collects is enough for the ways over identities, keys and buckets."""
    demo, snapshot = (
        {(str(path.entry.kind), path.entry.identity, path.harm, path.target) for path in analyse(build([each])).paths}
        for each in made
    )
    kinds = {kind for kind, *_ in snapshot}
    assert {"key", "anonymous", "outside", "federated"} <= kinds
    buckets = {row for row in demo if row[3].startswith("arn:aws:s3:::") and row[2] == "read_training_data"}
    assert buckets & snapshot


def test_an_answer_that_was_refused_is_a_gap_and_not_none(made: tuple[Snapshot, Snapshot]) -> None:
    _demo, snapshot = made
    refused = {gap.call for gap in snapshot.gaps if "AccessDenied" in gap.error}
    assert refused == {"s3-get-bucket-tagging"}
    assert not any(gap.call == "s3-get-bucket-policy" and "NoSuchBucketPolicy" in gap.error for gap in snapshot.gaps)
