"""Passwords and keys of users, as the credential report or the calls for single users tell them."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator, Mapping

from graph.clouds.aws.read.estate import Record, State, place_of, text
from graph.clouds.aws.read.reading import Reading, root
from graph.model import Json, Problem

REPORT, KEYS, LOGIN = "iam-get-credential-report", "iam-list-access-keys", "iam-get-login-profile"
SUMMARY = "iam-get-account-summary"
MOST_KEYS = 2  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_UNKNOWN = "an unknown date"
_REMEDY = "Collect it again, with the content as AWS gives it: CSV, or CSV in base64."


def read_report(reading: Reading) -> None:
    """Fill `reading.report` with the lines of every credential report, by ARN."""
    for part in reading.answers.parts(REPORT):
        lines = _lines(text(part.response, "Content"))
        if lines is None:
            words = "The content of the credential report is neither CSV nor CSV in base64"
            reading.problems.append(Problem(part.file, "/Content", words, _REMEDY, part.scope))
            continue
        place = place_of(part)
        reading.reported.add(part.scope)
        for row in csv.DictReader(io.StringIO(lines)):
            arn = row.get("arn") or ""
            if reading.own(place, arn, f"The credential report's line {row.get('user')}"):
                reading.report[arn] = row


def _lines(content: str) -> str | None:
    """The command line gives the report in base64, boto3 as it is; one that was not made has no content."""
    if not content or content.startswith("user,"):
        return content
    try:
        lines = base64.b64decode(content, validate=True).decode()
    except ValueError:
        return None
    return lines if lines.startswith("user,") else None


def active_keys(reading: Reading, users: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Who has an active access key, and since when."""
    for arn, row in sorted(reading.report.items()):
        active = [number for number in ("1", "2") if row.get(f"access_key_{number}_active") == "true"]
        if active:
            rotated = _day(row.get(f"access_key_{active[0]}_last_rotated"))
            yield arn, f"it has an active access key, made or rotated on {rotated}"
    for part in reading.answers.parts(KEYS):
        holder = users.get((part.scope, part.arguments[0])) if part.arguments else None
        key = _active(part.response)
        if holder and key:
            yield holder, f"it has an active access key, made on {_day(text(key, 'CreateDate'))}"
    for part in reading.answers.parts(SUMMARY):
        if _summed(part.response, "AccountAccessKeysPresent"):
            yield root(part.scope), "its root user has an access key"


def _summed(answer: Json, name: str) -> bool | None:
    """A count of the account summary as yes or no; None where it is not there."""
    counts = answer.get("SummaryMap") if isinstance(answer, Mapping) else None
    count = counts.get(name) if isinstance(counts, Mapping) else None
    return bool(count) if isinstance(count, int) else None


def keys_of(reading: Reading, account: str, name: str, arn: str) -> dict[str, Json]:
    """Whether a user has all the keys that it can have, and one that is switched off; nothing where nobody says."""
    if reading.answers.state(account, "global", KEYS, name) is State.ASKED:
        keys = reading.answers.one(account, "global", KEYS, name).get("AccessKeyMetadata")
        active = [text(k, "Status") == "Active" for k in (keys if isinstance(keys, list) else [])]
    elif row := reading.report.get(arn):
        active = [row.get(f"access_key_{n}_active") == "true" for n in ("1", "2") if _has_key(row, n)]
    else:
        return {}
    return {"all_keys": len(active) >= MOST_KEYS, "idle_key": not all(active)}


def _has_key(row: Mapping[str, str], number: str) -> bool:
    """A key that is switched off still shows when it was made."""
    made = row.get(f"access_key_{number}_last_rotated")
    return row.get(f"access_key_{number}_active") == "true" or bool(re.match(r"\d{4}-", made or ""))


def root_facts(reading: Reading, account: str, arn: str) -> dict[str, Json]:
    """How the root user can sign in. Whoever reads its mail can set a new password: no answer of AWS tells who does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys_retrieve.html
    """
    summary = reading.answers.one(account, "global", SUMMARY)
    row = reading.report.get(arn, {})
    mfa = _summed(summary, "AccountMFAEnabled")
    keys = _summed(summary, "AccountAccessKeysPresent")
    found = {
        "root_password": _summed(summary, "AccountPasswordPresent"),
        "root_mfa": row["mfa_active"] == "true" if row.get("mfa_active") in ("true", "false") else mfa,
        "root_key": any(_has_key(row, number) for number in ("1", "2")) if row else keys,
        "root_last_used": row.get("password_last_used") if _day(row.get("password_last_used")) != _UNKNOWN else None,
    }
    told: dict[str, Json] = {name: value for name, value in found.items() if value is not None}
    return {**told, "root_recovery": "by whoever reads the mail of its address; not in a snapshot"} if told else told


def _day(moment: str | None) -> str:
    """The date of a moment as AWS writes it; the report says N/A or nothing where it does not know."""
    found = re.match(r"\d{4}-\d{2}-\d{2}", moment or "")
    return found.group() if found else _UNKNOWN


def _active(answer: object) -> Record | None:
    keys = answer.get("AccessKeyMetadata") if isinstance(answer, Mapping) else None
    found = [k for k in keys if isinstance(k, Mapping)] if isinstance(keys, list) else []
    return next((key for key in found if key.get("Status") == "Active"), None)


def keys_known(reading: Reading, account: str) -> bool:
    """Whether the snapshot says which users have keys."""
    return account in reading.reported or reading.answers.ever(account, KEYS) or reading.answers.lost(account, REPORT)


def has_mfa(reading: Reading, arn: str) -> bool | None:
    """Whether a user has a second factor; None where the report does not say."""
    return {"true": True, "false": False}.get(reading.report.get(arn, {}).get("mfa_active", ""))


def has_password(reading: Reading, account: str, name: str, arn: str) -> bool | None:
    """Whether a user may sign in with a password; None where neither report nor login profile says."""
    said = reading.report.get(arn, {}).get("password_enabled")
    if said in ("true", "false"):
        return said == "true"
    if reading.answers.state(account, "global", LOGIN, name) is State.ASKED:
        return bool(reading.answers.one(account, "global", LOGIN, name))
    return None
