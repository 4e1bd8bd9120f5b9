"""Copies of uploads and snapshots in a bucket, so that a worker on another machine finds them. Without one: nothing.

What is in the bucket counts; what lies on this machine is a copy that may go at any time.
"""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from ciem.core.buckets import Bucket
from graph.snapshot import SnapshotError

_DIGEST = "sha256"


def is_on() -> bool:
    """Is there a bucket?"""
    return settings.BUCKET is not None


def _bucket() -> Bucket:
    if settings.BUCKET is None:
        raise RuntimeError("asked for a bucket where none is set")
    return settings.BUCKET


@cache
def _client() -> Any:
    """One in each process; threads may share it. Credentials of its own, since scans read AWS with others."""
    import boto3  # noqa: PLC0415  # half a second, for those who have a bucket
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(
        "s3",
        region_name=_bucket().region,
        endpoint_url=_bucket().endpoint,
        aws_access_key_id=settings.BUCKET_KEY_ID or None,
        aws_secret_access_key=settings.BUCKET_SECRET or None,
        config=Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5}),
    )


@contextmanager
def _told() -> Iterator[None]:
    """A trouble with the bucket is one of storage like any other, which may pass."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        words = f"the bucket {_bucket().name} does not do as it should: {error}"
        raise OSError(errno.EIO, words) from error


def _key(name: str) -> str:
    return f"{_bucket().prefix}{name}"


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, _DIGEST).hexdigest()


def keep(place: Path, name: str) -> None:
    """Copy a file into the bucket."""
    with _told():
        told = {"Metadata": {_DIGEST: _digest(place)}}
        _client().upload_file(str(place), _bucket().name, _key(name), ExtraArgs=told)


def fetch(name: str, place: Path) -> None:
    """Copy a file out of the bucket, whole or not at all. Raises SnapshotError when it is not what was put there."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".", suffix=".part") as folder, _told():
        aside = Path(folder, "file")
        head = _client().head_object(Bucket=_bucket().name, Key=_key(name))
        _client().download_file(_bucket().name, _key(name), str(aside))
        if _digest(aside) != head["Metadata"].get(_DIGEST):
            raise SnapshotError(f"{name} in the bucket {_bucket().name} is damaged. Import its files again.")
        aside.replace(place)


def listed(prefix: str) -> dict[str, datetime]:
    """What begins so, and when it was put there."""
    with _told():
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=_bucket().name, Prefix=_key(prefix))
        skip = len(_bucket().prefix)
        return {found["Key"][skip:]: found["LastModified"] for page in pages for found in page.get("Contents", ())}


def remove(prefix: str) -> None:
    """All that begins so. One by one: not everything that speaks S3 takes many at once."""
    for name in listed(prefix):
        with _told():
            _client().delete_object(Bucket=_bucket().name, Key=_key(name))
