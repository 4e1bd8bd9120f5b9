"""File systems that jobs train from and Studio keeps its homes on, and those whose tags say what is on them.

No call of a snapshot lists them: they are known by their tags and by what uses them.
"""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, Record, place_of, text, values
from graph.clouds.aws.read.reading import Mark, Reading, Thing, parse, partition, resource

FILE_SYSTEM = "elasticfilesystem:file-system"
_JOBS, _DOMAINS = "sagemaker-describe-training-job", "sagemaker-describe-domain"


def read_file_systems(reading: Reading) -> Iterator[Thing]:
    """Each once, with what says that training data is on it."""
    found: dict[str, Place] = {}
    for arn in sorted(reading.tags):
        named = parse(arn)
        if named and named.service == "elasticfilesystem" and ":file-system/" in arn:
            found[arn] = Place(named.account, named.region)
    marks = [*_read_by_jobs(reading, found), *_homes(reading, found)]
    for arn, place in sorted(found.items()):
        tags = reading.tags_of(place, arn)
        name = (tags or {}).get("Name") or arn.rpartition("/")[2]
        told = {"name": name}
        yield Resource(arn, FILE_SYSTEM, place.account, arn, region=place.region, tags=tags, attributes=told)
        yield resource(arn, "file-system", name, place.account, "File system", region=place.region)
    yield from marks


def _read_by_jobs(reading: Reading, found: dict[str, Place]) -> Iterator[Mark]:
    for part in reading.answers.parts(_JOBS):
        for source in values(part.response, "InputDataConfig.DataSource.FileSystemDataSource"):
            if isinstance(source, dict) and text(source, "FileSystemType") == "EFS":
                arn = _named(place_of(part), source, "FileSystemId", found)
                yield Mark(arn, "training_data", f"training job {part.arguments[-1]} reads it")


def _homes(reading: Reading, found: dict[str, Place]) -> Iterator[Mark]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/studio-tasks-manage-storage.html"""
    for part in reading.answers.parts(_DOMAINS):
        if isinstance(part.response, dict) and text(part.response, "HomeEfsFileSystemId"):
            arn = _named(place_of(part), part.response, "HomeEfsFileSystemId", found)
            yield Mark(arn, "training_data", f"people of the Studio domain {part.arguments[-1]} keep notebooks on it")


def _named(place: Place, record: Record, path: str, found: dict[str, Place]) -> str:
    start = f"arn:{partition(place.region)}:elasticfilesystem:{place.region}:{place.account}"
    arn = f"{start}:file-system/{text(record, path)}"
    found.setdefault(arn, place)
    return arn
