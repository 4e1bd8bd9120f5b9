"""What all ways into a snapshot end with: settle, compare, note what is missing, and put it in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Many
from collections.abc import Sequence

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats.collection import CLOUD, Collection, Question, entries
from graph.clouds.aws.formats.expect import Expectations, missing, resolve
from graph.clouds.aws.formats.manifest import utc
from graph.clouds.aws.formats.operations import operations
from graph.model import Json
from graph.snapshot import Part, Snapshot, canonical

_ORGANIZATION = "organizations-describe-organization"
_SAME_FOR_ALL = ("Id", "MasterAccountId", "FeatureSet")  # what an account sees of the rest depends on its rights


def finish(collection: Collection, scopes: Sequence[str], collected_at: str | None, options: ImportOptions) -> Snapshot:
    """The snapshot of a collection. What is kept and noted does not depend on how it was packed."""
    note(collection, scopes)
    return Snapshot(
        cloud=CLOUD,
        scope=scope_of(
            told_organizations(collection), scopes, {gap.scope for gap in collection.gaps.values()}, options
        ),
        parts=tuple(part for _, part in sorted(collection.parts.items())),
        gaps=tuple(gap for _, gap in sorted(collection.gaps.items())),
        problems=tuple(sorted(collection.problems, key=lambda p: (p.file, p.place, p.what))),
        ignored=tuple(sorted(collection.ignored, key=lambda p: (p.file, p.place, p.what))),
        collected_at=collected_at or given_time(options),
    )


def note(collection: Collection, scopes: Sequence[str]) -> None:
    """Make parts and gaps of what was read, and note what should be there and is not."""
    collection.settle()
    _one_organization(collection)
    expected = Expectations(collection, scopes)
    resolve(expected)
    missing(expected)


def given_time(options: ImportOptions) -> str | None:
    if options.collected_at is None:
        return None
    if (time := utc(options.collected_at)) is None:
        raise ImportRefusedError(
            f"`{options.collected_at}` is no time in ISO 8601, such as 2026-01-31T08:00:00Z. Correct it."
        )
    return time


def scope_of(organizations: Many[str], scopes: Sequence[str], gaps: Many[str], options: ImportOptions) -> str:
    """One account, or what several accounts have in common: their organization. `gaps` are scopes with some."""
    if len(scopes) == 1:
        return scopes[0]
    if options.scope:
        return options.scope
    if len(organizations) == 1:
        return next(iter(organizations))
    return ",".join(scopes or sorted({*gaps} - {"*"}))


def told_organizations(collection: Collection) -> set[str]:
    """The organizations that accounts say they belong to."""
    organizations = [p for p in collection.parts.values() if p.call == _ORGANIZATION]
    return {str(i) for part in organizations for i in entries(part.response, "Organization.Id")}


def _one_organization(collection: Collection) -> None:
    """Two accounts that describe the organization differently: neither is believed."""
    told: dict[tuple[str, tuple[str, ...]], dict[bytes, Part]] = defaultdict(dict)
    for question, part in sorted(collection.parts.items()):
        operation = operations().get(question.call)
        if operation is not None and operation.group == "organization" and part.response:
            told[question.call, question.arguments].setdefault(_essence(part), part)
    for (call, _), versions in sorted(told.items()):
        if len(versions) > 1:
            parts = list(versions.values())
            accounts = " and ".join(sorted({part.scope for part in parts})[:3])
            what = f"accounts {accounts} answer `{call}` differently: SCPs and RCPs are unknown"
            collection.problem(parts[0].file, what, "Keep the answers of the management account.")
            collection.gap(
                Question("*", "*", "organizations-*"),
                "accounts describe the organization differently",
                "Keep the answers of one management account and import again.",
            )


def essences(collection: Collection, call: str) -> frozenset[bytes]:
    """What the accounts say in answer to a call about the organization; more than one is a contradiction."""
    return frozenset(_essence(part) for part in collection.parts.values() if part.call == call and part.response)


def _essence(part: Part) -> bytes:
    """An answer about the organization, whatever the order of its lists."""
    organization = entries(part.response, "Organization")
    if part.call == _ORGANIZATION and organization and isinstance(organization[0], dict):
        return canonical([organization[0].get(name) for name in _SAME_FOR_ALL])
    response = part.response if isinstance(part.response, dict) else {}
    return canonical({name: _sorted(value) for name, value in response.items()})


def _sorted(value: Json) -> Json:
    return sorted(value, key=canonical) if isinstance(value, list) else value
