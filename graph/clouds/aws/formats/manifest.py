"""manifest.json: when a snapshot was collected, and what its collector could not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graph.cloud import ImportRefusedError
from graph.clouds.aws.formats.answers import NotJsonError, parse
from graph.clouds.aws.formats.collection import Question
from graph.clouds.aws.formats.errors import MAX_WORDS
from graph.clouds.aws.formats.operations import canonical_name, operations
from graph.model import Json

FORMAT = 1
_DIGITS_OF_MILLISECONDS = 1e11


@dataclass(slots=True)
class Manifest:
    """What the manifest says. `faults` are places in it that could not be used, and why."""

    collected_at: str | None = None
    gaps: list[tuple[Question, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)


def read_manifest(data: bytes, max_nesting: int) -> Manifest:
    """Raises ImportRefusedError for a format that this version does not know."""
    manifest = Manifest()
    try:
        body = parse(data, max_nesting)
    except NotJsonError as error:
        manifest.faults.append((error.place, f"malformed: {error.what}"))
        return manifest
    if not isinstance(body, dict):
        manifest.faults.append(("", "malformed: not a JSON object"))
        return manifest
    _check_format(body.get("format", FORMAT), manifest)
    if (time := body.get("collected_at")) is not None:
        manifest.collected_at = utc(time)
        if manifest.collected_at is None:
            manifest.faults.append(("/collected_at", "malformed: not a time in ISO 8601"))
    _gaps(body.get("gaps"), manifest)
    return manifest


def _check_format(version: Json, manifest: Manifest) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        manifest.faults.append(("/format", "malformed: not a number"))
    elif version > FORMAT:
        raise ImportRefusedError(
            f"manifest.json says format {version}; this version reads format {FORMAT}. Update it to import this."
        )


def _gaps(listed: Json, manifest: Manifest) -> None:
    if listed is None:
        return
    if not isinstance(listed, list):
        manifest.faults.append(("/gaps", "malformed: not a list"))
        return
    for number, entry in enumerate(listed):
        gap = _gap(entry) if isinstance(entry, dict) else None
        if gap is None:
            manifest.faults.append((f"/gaps/{number}", "malformed: a gap names scope, region, service and operation"))
        elif entry.get("provider", "aws") == "aws":
            manifest.gaps.append(gap)


def _gap(entry: Mapping[str, Json]) -> tuple[Question, str] | None:
    words = [entry.get(name) for name in ("scope", "region", "service", "operation")]
    arguments = entry.get("arguments") or []
    if not all(isinstance(w, str) and w for w in words) or not isinstance(arguments, list):
        return None
    scope, region, service, operation = map(str, words)
    call = "*" if service == operation == "*" else canonical_name(f"{service}-{operation}")
    if known := operations().get(call):
        region = known.region(region)
    error = " ".join(str(entry.get("error") or "not read").split())[:MAX_WORDS]
    return Question(scope, region, call, tuple(map(str, arguments))), error


def utc(value: Json) -> str | None:
    """A time in ISO 8601 or in seconds since 1970 as `2026-01-31T08:00:00Z`; None when it is neither."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
        else:
            return None
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
