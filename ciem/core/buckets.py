"""Where uploads and snapshots are kept for workers on several machines, by URL: a bucket that speaks S3."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from ciem.core.env import SettingError

WORDS = "write s3://BUCKET/PREFIX, and after a ? where needed region=REGION and endpoint=https://HOST"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of a bucket. Without an endpoint it is Amazon's."""

    name: str
    prefix: str
    region: str | None
    endpoint: str | None


def configured(name: str, url: str) -> Bucket | None:
    """The bucket that the setting `name` holds; None where it holds none: then everything is in the home folder."""
    if not url:
        return None
    said = urlsplit(url)
    asked = {key: values[-1] for key, values in parse_qs(said.query, keep_blank_values=True).items()}
    if said.scheme != "s3" or not said.netloc or "@" in said.netloc or set(asked) - {"region", "endpoint"}:
        raise SettingError(f"{name} is no bucket: {WORDS}")
    endpoint = asked.get("endpoint") or None
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise SettingError(f"{name} has an endpoint without https://: {WORDS}")
    prefix = said.path.strip("/")
    return Bucket(said.netloc, f"{prefix}/" if prefix else "", asked.get("region") or None, endpoint)
