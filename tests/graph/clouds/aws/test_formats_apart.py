"""A snapshot imported account by account is the snapshot imported at once, whatever is wrong with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from graph.cloud import ImportOptions
from graph.clouds.aws.demo import write
from graph.clouds.aws.formats import apart
from graph.formats import load, load_or_store
from graph.snapshot import Snapshot, Stored
from graph.snapshot import load as stored

DETAILS = "global/iam-get-account-authorization-details.json"
DEV, PROD = "aws/222233334444", "aws/111122223333"


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MANY", 2)


def _remove(places: list[Path]) -> None:
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        elif place.exists():
            place.unlink()


def _nothing(_root: Path) -> None:
    """As it is."""


def _a_region_is_missing(root: Path) -> None:
    _remove([next(place for place in sorted((root / DEV).iterdir()) if place.name != "global")])


def _a_call_is_missing_in_one_account(root: Path) -> None:
    _remove(sorted((root / DEV).rglob("s3-*")))


def _a_call_is_missing_everywhere(root: Path) -> None:
    _remove([*sorted(root.rglob("lambda-*")), *sorted(root.rglob("kms-list-*"))])


def _a_file_is_broken(root: Path) -> None:
    (root / PROD / DETAILS).write_bytes(b'{"RoleDetailList": [')


def _a_folder_is_of_another_account(root: Path) -> None:
    _remove(sorted((root / DEV).rglob("sts-get-caller-identity*")))
    caller = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:root"}
    (root / DEV / "global/sts-get-caller-identity.json").write_bytes(orjson.dumps(caller))


def _accounts_contradict_each_other(root: Path) -> None:
    about = {"Organization": {"Id": "o-another1234", "MasterAccountId": "123456789012", "FeatureSet": "ALL"}}
    (root / DEV / "global/organizations-describe-organization.json").write_bytes(orjson.dumps(about))


def _there_are_gaps_and_strays(root: Path) -> None:
    told = {"scope": "222233334444", "region": "eu-west-1", "service": "lambda", "operation": "list-functions"}
    everywhere = {"scope": "*", "region": "*", "service": "kms", "operation": "*", "error": "AccessDenied"}
    gaps = [{**told, "error": "Timeout"}, everywhere]
    manifest = {"format": 1, "collected_at": "2026-01-31T08:00:00Z", "gaps": gaps}
    (root / "manifest.json").write_bytes(orjson.dumps(manifest))
    (root / "notes.txt").write_bytes(b"hello")
    (root / DEV / "global" / "nosuch-get-thing.json").write_bytes(b"{}")


EDITS = [
    _nothing,
    _a_region_is_missing,
    _a_call_is_missing_in_one_account,
    _a_call_is_missing_everywhere,
    _a_file_is_broken,
    _a_folder_is_of_another_account,
    _accounts_contradict_each_other,
    _there_are_gaps_and_strays,
]
COMPARED = (_a_folder_is_of_another_account, _accounts_contradict_each_other)  # not to be told from one alone


@pytest.mark.parametrize("packed", ["folder", "zip"])
@pytest.mark.parametrize("edit", EDITS)
def test_it_says_the_same(tmp_path: Path, edit: Callable[[Path], None], packed: str) -> None:
    root = tmp_path / "estate"
    write(root)
    edit(root)
    place = root if packed == "folder" else Path(shutil.make_archive(str(tmp_path / "estate"), "zip", root))
    whole, found = load(place), load_or_store(place, ImportOptions(store=tmp_path / "store"))
    again = stored(tmp_path / "store", found.id) if isinstance(found, Stored) else found
    assert isinstance(found, Snapshot) == (edit in COMPARED)
    assert sorted(map(str, {*again.gaps} ^ {*whole.gaps})) == []
    assert sorted(map(str, {*again.problems} ^ {*whole.problems})) == []
    assert again.id == whole.id
    assert (again.scope, again.ignored) == (whole.scope, whole.ignored)
    assert [file.suffix for file in (tmp_path / "store").glob("*")] == [".zip"] * isinstance(found, Stored)
