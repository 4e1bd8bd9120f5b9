"""Where an attacker may start: whoever is let in from elsewhere, and whoever holds a key that does not expire."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.clouds.aws.read.estate import Place, Record, text
from graph.clouds.aws.read.reading import Mark, Reading, Thing, root
from graph.model import Entry, EntryKind

REPORT, KEYS, CREDENTIALS = (
    "iam-get-credential-report",
    "iam-list-access-keys",
    "iam-list-service-specific-credentials",
)
_KINDS = {
    PrincipalKind.ANONYMOUS: EntryKind.ANONYMOUS,
    PrincipalKind.OUTSIDE: EntryKind.OUTSIDE,
    PrincipalKind.FEDERATED: EntryKind.FEDERATED,
}


def outsider_entries(outsiders: Mapping[str, tuple[Principal, str]]) -> Iterator[Entry]:
    """Everyone from elsewhere that a policy lets in; services do not attack."""
    for key, (principal, where) in outsiders.items():
        if principal.kind in _KINDS:
            yield Entry(_KINDS[principal.kind], key, f"the policy of {where} lets it in")


def key_entries(reading: Reading) -> Iterator[Thing]:
    """Users and roots with an active access key or a service's own long-lived credential."""
    users = _users(reading)
    found: dict[str, str] = {}
    for arn, why in (*_reported(reading), *_listed(reading, users)):
        found.setdefault(arn, why)
    for place, credential in reading.answers.items(CREDENTIALS, "ServiceSpecificCredentials"):
        arn = users.get((place.account, text(credential, "UserName")))
        service = text(credential, "ServiceName")
        if arn and text(credential, "Status") == "Active":
            found.setdefault(arn, f"it holds an active credential for {service}")
            if service.startswith("bedrock"):
                yield Mark(arn, "ai_identity", "it holds a Bedrock API key")
    yield from (Entry(EntryKind.KEY, arn, why) for arn, why in sorted(found.items()))


def _users(reading: Reading) -> dict[tuple[str, str], str]:
    details = reading.answers.items("iam-get-account-authorization-details", "UserDetailList")
    return {(place.account, text(user, "UserName")): text(user, "Arn") for place, user in details}


def _reported(reading: Reading) -> Iterator[tuple[str, str]]:
    for part in reading.answers.parts(REPORT):
        place = Place(part.scope, part.region, part.file)
        for row in csv.DictReader(io.StringIO(text(part.response, "Content"))):
            yield from _of_row(reading, place, row)


def _of_row(reading: Reading, place: Place, row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    arn = root(place.account) if row.get("user") == "<root_account>" else row.get("arn") or ""
    active = [number for number in ("1", "2") if row.get(f"access_key_{number}_active") == "true"]
    if active and reading.own(place, arn, f"The credential report's line {row.get('user')}"):
        rotated = row.get(f"access_key_{active[0]}_last_rotated") or "an unknown date"
        yield arn, f"it has an active access key, made or rotated on {rotated}"


def _listed(reading: Reading, users: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    for part in reading.answers.parts(KEYS):
        place = Place(part.scope, part.region, part.file)
        arn = users.get((place.account, part.arguments[0])) if part.arguments else None
        active = _active(part.response if isinstance(part.response, Mapping) else {})
        if arn and active:
            yield arn, f"it has an active access key, made on {text(active, 'CreateDate') or 'an unknown date'}"


def _active(answer: Record) -> Record | None:
    keys = answer.get("AccessKeyMetadata")
    found = (
        (k for k in keys if isinstance(k, Mapping) and k.get("Status") == "Active") if isinstance(keys, list) else ()
    )
    return next(iter(found), None)


def keys_known(reading: Reading, account: str) -> bool:
    """Whether the snapshot says which users have keys."""
    return any(reading.answers.ever(account, call) for call in (REPORT, KEYS))
