"""How old long-lived keys are, when they were last used, and what else one can sign in with, as far as reports tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from graph.clouds.aws.facts import Principal
from graph.clouds.aws.read.credentials import KEYS
from graph.clouds.aws.read.estate import text, values
from graph.clouds.aws.read.reading import Reading, shown
from graph.model import Entry, EntryKind

OLD = 90  # days; https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3
# AWS attaches it to users whose key it found in public.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
_QUARANTINE = re.compile(r":iam::aws:policy/AWSCompromisedKeyQuarantine(V\d+)?\Z")


def key_entry(reading: Reading, arn: str, why: str, holder: Principal | None, today: str | None) -> Entry:
    """Somebody who holds a long-lived key, with what is known of it. `today` is when the snapshot was collected."""
    row = reading.report.get(arn, {})
    made, used = sorted(_made(reading, arn, row)), sorted(_used(row))
    leaked = next((name for name in (holder.policies if holder else ()) if _QUARANTINE.search(name)), "")
    age = _days(made[0], today) if made else None
    facts = shown(
        keys=len(made) or None,
        key_age_days=age,
        key_last_used=(used[-1] if used else "never") if _says_use(row) else None,
        key_unused_days=_days(used[-1], today) if used else None,
        password=_said(row, "password_enabled"),
        mfa=_said(row, "mfa_active"),
        leaked=leaked.rpartition("/")[2],
    )
    traits = (*(["leaked"] if leaked else []), *(["old"] if age is not None and age > OLD else []))
    return Entry(EntryKind.KEY, arn, why, traits=traits, facts=facts)


def _made(reading: Reading, arn: str, row: Mapping[str, str]) -> Iterator[str]:
    """The days on which its active keys were made or renewed."""
    for number in _active(row):
        yield from _day(row.get(f"access_key_{number}_last_rotated"))
    if not row:
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        for key in values(reading.answers.one(account, "global", KEYS, name), "AccessKeyMetadata"):
            if text(key, "Status") == "Active":
                yield from _day(text(key, "CreateDate"))


def _used(row: Mapping[str, str]) -> Iterator[str]:
    for number in _active(row):
        yield from _day(row.get(f"access_key_{number}_last_used_date"))


def _says_use(row: Mapping[str, str]) -> bool:
    return any(f"access_key_{number}_last_used_date" in row for number in _active(row))


def _active(row: Mapping[str, str]) -> list[str]:
    return [number for number in ("1", "2") if row.get(f"access_key_{number}_active") == "true"]


def _said(row: Mapping[str, str], column: str) -> bool | None:
    return {"true": True, "false": False}.get(row.get(column, ""))


def _day(moment: str | None) -> Iterator[str]:
    if found := re.match(r"\d{4}-\d{2}-\d{2}", moment or ""):
        yield found.group()


def _days(since: str, until: str | None) -> int | None:
    """Whole days between two moments; None where the snapshot does not say when it was collected."""
    try:
        return (date.fromisoformat((until or "")[:10]) - date.fromisoformat(since)).days
    except ValueError:
        return None
