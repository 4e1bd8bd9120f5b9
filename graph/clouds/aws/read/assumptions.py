"""Which limits and grants were never asked for: decisions stand by what is there, and say what they assume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.clouds.aws.facts import Account
from graph.clouds.aws.read import bedrock, compute, sagemaker
from graph.clouds.aws.read.credentials import keys_known
from graph.clouds.aws.read.reading import Reading
from graph.clouds.aws.read.sorts import listed
from graph.clouds.aws.read.storage import ACCOUNT_BLOCK, BLOCK, LIST

# What lists things, and what answers for each of them which grants lie on it.
_GRANTS = (
    (LIST, "s3-get-bucket-policy"),
    (LIST, "s3-get-bucket-acl"),
    ("kms-list-keys", "kms-get-key-policy"),
    ("kms-list-keys", "kms-list-grants"),
    ("secretsmanager-list-secrets", "secretsmanager-get-resource-policy"),
    ("lambda-list-functions", "lambda-get-policy"),
)
HOSTS = (
    *compute.SORTS,
    compute.INSTANCES,
    compute.TASKS,
    compute.SERVICES,
    *sagemaker.SORTS,
    sagemaker.ENDPOINTS,
    sagemaker.CONFIGS,
    sagemaker.PROFILES,
    sagemaker.SPACES,
    *bedrock.SORTS,
    bedrock.AGENTS,
    bedrock.BASES,
    bedrock.FLOWS,
    bedrock.PROFILES,
)


def assumed(reading: Reading, accounts: Mapping[str, Account], read: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each account that was read, the words for what was never asked for there, sorted."""
    found = {account: tuple(sorted(_words(reading, accounts[account]))) for account in sorted(read)}
    return {account: words for account, words in found.items() if words}


def _words(reading: Reading, account: Account) -> set[str]:
    ever, number = reading.answers.ever, account.id
    missing = {
        "scp": account.scps is None,
        "rcp": account.rcps is None,
        "resource_policy": any(_unasked(reading, number, *pair) for pair in _GRANTS),
        "public_access_block": not (ever(number, BLOCK) and ever(number, ACCOUNT_BLOCK))
        and _some(reading, number, LIST),
        "access_key": not keys_known(reading, number),
    }
    return {word for word, is_missing in missing.items() if is_missing}


def _unasked(reading: Reading, account: str, call: str, grants: str) -> bool:
    return not reading.answers.ever(account, grants) and _some(reading, account, call)


def _some(reading: Reading, account: str, call: str) -> bool:
    """Whether there may be anything: the list was never asked for, or is not empty."""
    answers = (part for part in reading.answers.parts(call) if part.scope == account)
    filled = [any(part.response.values()) for part in answers if isinstance(part.response, Mapping)]
    return any(filled) or not reading.answers.complete(account, call)


def hosts(reading: Reading, read: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The (account, kind) of which every host is known."""
    return listed(reading, HOSTS, sorted(read)) - compute.unplaced(reading)
