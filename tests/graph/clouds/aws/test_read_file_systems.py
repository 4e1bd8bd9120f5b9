"""Reading file systems: by what uses them and by their tags, for no call of a snapshot lists them."""

from __future__ import annotations

from typing import Any

from tests.graph.clouds.aws.small import arn, facts, node, resource

KIND = "elasticfilesystem:file-system"
TRAINED, HOME, TAGGED = (arn("elasticfilesystem", f"file-system/{name}") for name in ("fs-1", "fs-2", "fs-3"))


def _source(kind: str) -> dict[str, Any]:
    source = {"FileSystemId": "fs-1", "FileSystemType": kind, "DirectoryPath": "/data"}
    return {"InputDataConfig": [{"DataSource": {"FileSystemDataSource": source}}]}


def _estate(kind: str = "EFS", **tags: str) -> dict[Any, Any]:
    tagged = {"ResourceARN": TAGGED, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    return {
        ("sagemaker-describe-training-job", "job"): _source(kind),
        ("sagemaker-describe-domain", "d-1"): {"HomeEfsFileSystemId": "fs-2"},
        "resourcegroupstaggingapi-get-resources": {"ResourceTagMappingList": [tagged]},
    }


def test_what_a_job_trains_from_and_where_studio_keeps_its_homes_is_training_data() -> None:
    found = facts(_estate())
    assert node(found, TRAINED).targets == ("training_data",)
    assert node(found, HOME).targets == ("training_data",)
    assert [item.arn for item in found.resources[KIND]] == [TRAINED, HOME, TAGGED]


def test_a_file_system_of_another_make_is_none_of_these() -> None:
    assert TRAINED not in {item.arn for item in facts(_estate("FSxLustre")).resources[KIND]}


def test_a_tagged_file_system_is_a_target_where_its_tags_or_its_name_say_so() -> None:
    assert node(facts(_estate(Name="training-data")), TAGGED).targets == ("training_data",)
    assert node(facts(_estate(Name="scratch")), TAGGED).targets == ()
    assert resource(facts(_estate(team="red")), KIND, TAGGED).tags == {"team": "red"}
