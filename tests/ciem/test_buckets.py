"""Uploads and snapshots in a bucket that speaks S3: what one machine received, another works on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from django.core.exceptions import ValidationError
from moto.server import ThreadedMotoServer

from ciem import pipeline
from ciem.core import buckets
from ciem.core.env import SettingError
from ciem.paths import sweeping
from ciem.scans import actions, queue, remote, storage
from ciem.scans.models import MAX_TRIES, Scan, State, Upload
from graph.snapshot import SnapshotError

OFFICE = (Path(__file__).parents[1] / "toy" / "office.json").read_bytes()


def test_a_bucket_is_told_by_a_url():
    assert buckets.configured("X", "") is None
    assert buckets.configured("X", "s3://grants") == buckets.Bucket("grants", "", None, None)
    other = buckets.configured("X", "s3://grants/a/b/?region=eu-north-1&endpoint=http://127.0.0.1:9000")
    assert other == buckets.Bucket("grants", "a/b/", "eu-north-1", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    "url", ["grants", "https://grants", "s3:///a", "s3://key:s3cret@grants", "s3://a?regoin=x", "s3://a?endpoint=host"]
)
def test_a_url_of_no_bucket_stops_the_start_in_words(url):
    with pytest.raises(SettingError, match=r"^X .* write s3://BUCKET/PREFIX") as caught:
        buckets.configured("X", url)
    assert "s3cret" not in str(caught.value)


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def machine(settings, tmp_path):
    """Go to a machine of this name: it has folders of its own, and the bucket in common with the others."""

    def go(name):
        settings.UPLOADS, settings.SNAPSHOTS = tmp_path / name / "uploads", tmp_path / name / "snapshots"

    return go


@pytest.fixture
def bucket(server, settings, machine, monkeypatch):
    monkeypatch.setattr(queue, "send", lambda task, row: True)
    settings.BUCKET = buckets.Bucket("grants", "ours/", "us-east-1", server)
    settings.BUCKET_KEY_ID, settings.BUCKET_SECRET = "testing", "testing"
    client = remote._client.__wrapped__()
    monkeypatch.setattr(remote, "_client", lambda: client)
    client.create_bucket(Bucket="grants")
    machine("web")
    yield client
    everything = boto3.resource(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    ).Bucket("grants")
    everything.objects.all().delete()
    everything.delete()


@pytest.fixture
def scan(bucket, alice, harbour):
    return actions.receive(by=alice, connection=harbour, name="office.json", chunks=[OFFICE])


def names(client):
    return [found["Key"] for found in client.list_objects_v2(Bucket="grants").get("Contents", ())]


def files(place):
    return [found for found in place.rglob("*") if found.is_file()] if place.exists() else []


def state(scan):
    scan.refresh_from_db()
    return scan.state, scan.error


pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_web_received_a_worker_elsewhere_reads_and_a_third_machine_loads(
    scan, bucket, machine, settings, monkeypatch
):
    assert names(bucket) == [f"ours/uploads/{scan.upload.file}/office.json"]
    assert files(settings.UPLOADS) == []
    machine("worker")
    pipeline.work_on_import(scan.pk)
    assert state(scan) == (State.DONE, "")
    assert names(bucket) == [f"ours/snapshots/{scan.snapshot.snapshot_id}.jsonl.gz"]
    machine("another")
    assert storage.load(scan.snapshot).id == scan.snapshot.snapshot_id
    assert len(files(settings.SNAPSHOTS)) == 1


def test_a_copy_that_was_damaged_in_the_bucket_is_told_and_not_kept(scan, bucket, machine, settings):
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    [name] = names(bucket)
    told = bucket.head_object(Bucket="grants", Key=name)["Metadata"]
    bucket.put_object(Bucket="grants", Key=name, Body=b"something else", Metadata=told)
    machine("another")
    with pytest.raises(SnapshotError, match="is damaged"):
        storage.opened(scan.snapshot)
    assert files(settings.SNAPSHOTS) == []


def test_a_received_file_that_is_nowhere_ends_the_import_in_words(scan, bucket, machine):
    bucket.delete_object(Bucket="grants", Key=names(bucket)[0])
    machine("worker")
    pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert scan.state == State.FAILED
    assert "Upload it again" in scan.error


def test_an_upload_that_the_bucket_does_not_take_is_refused_and_leaves_nothing(bucket, alice, harbour, settings):
    settings.BUCKET = buckets.Bucket("elsewhere", "", "us-east-1", settings.BUCKET.endpoint)
    with pytest.raises(ValidationError, match="the bucket elsewhere does not do as it should"):
        actions.receive(by=alice, connection=harbour, name="office.json", chunks=[OFFICE])
    assert not Scan.objects.exists()
    assert files(settings.UPLOADS) == []


def test_a_bucket_that_cannot_be_reached_is_tried_again_and_then_told(scan, machine, settings):
    settings.BUCKET = buckets.Bucket("elsewhere", "", "us-east-1", settings.BUCKET.endpoint)
    machine("worker")
    for _try in range(MAX_TRIES):
        pipeline.work_on_import(scan.pk)
    scan.refresh_from_db()
    assert scan.state == State.FAILED
    assert f"Tried {MAX_TRIES} times" in scan.error
    assert "the bucket elsewhere" in scan.error


def test_pieces_that_several_machines_made_come_together_and_a_later_try_replaces_an_earlier(bucket, machine, settings):
    upload = Upload.objects.create(name="Scan", file="scan-1", size=0)

    def make(where, key, content):
        machine(where)
        with storage.making(upload, key, where) as (aside, settle):
            for name, value in content.items():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                (aside / name).write_text(json.dumps(value))
            settle()

    make("one", "a", {"old.json": 0, "deep/x.json": 1})
    make("two", "b", {"x.json": 2})
    make("two", "a", {"deep/x.json": 3})
    machine("one")
    place = storage.collected(upload)
    found = {file.relative_to(place).as_posix(): json.loads(file.read_text()) for file in files(place)}
    assert found == {"a/deep/x.json": 3, "b/x.json": 2}
    storage.remove_upload("scan-1")
    assert (files(settings.UPLOADS), names(bucket)) == ([], [])


def test_what_nobody_needs_leaves_the_bucket_but_not_what_is_on_its_way(scan, bucket, machine, monkeypatch):
    pipeline.work_on_import(scan.pk)
    kept = names(bucket)
    for name in ("uploads/stray/file.json", f"snapshots/{'0' * 64}.zip"):
        bucket.put_object(Bucket="grants", Key=f"ours/{name}", Body=b"x")
    bucket.put_object(Bucket="grants", Key="theirs/uploads/stray/file.json", Body=b"x")
    sweeping.sweep()
    assert len(names(bucket)) == 4
    monkeypatch.setattr(sweeping.timezone, "now", lambda now=sweeping.timezone.now: now() + timedelta(hours=2))
    sweeping.sweep()
    assert names(bucket) == [*kept, "theirs/uploads/stray/file.json"]
