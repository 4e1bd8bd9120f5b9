"""Which limits and grants were never asked for: decisions stand by what is there, and say what they assume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.clouds.aws.facts import Account
from graph.clouds.aws.read import bedrock, compute, databases, lists, sagemaker, secrets, settings, stores, vaults
from graph.clouds.aws.read.credentials import keys_known
from graph.clouds.aws.read.identities import DETAILS
from graph.clouds.aws.read.reading import Reading
from graph.clouds.aws.read.sorts import listed
from graph.clouds.aws.read.storage import ACCOUNT_BLOCK, BLOCK, BUCKETS, POINTS

# What lists things, and what answers for each of them which grants lie on it.
_GRANTS = (
    (BUCKETS, "s3-get-bucket-policy"),
    (BUCKETS, "s3-get-bucket-acl"),
    ("kms-list-keys", "kms-get-key-policy"),
    ("kms-list-keys", "kms-list-grants"),
    ("secretsmanager-list-secrets", "secretsmanager-get-resource-policy"),
    ("lambda-list-functions", "lambda-get-policy"),
)
IDENTITIES = ("iam:user", "iam:group", "iam:role", "iam:policy")
SORTS = (
    *compute.SORTS,
    *sagemaker.SORTS,
    sagemaker.NOTEBOOKS,
    sagemaker.DOMAINS,
    sagemaker.ENDPOINTS,
    sagemaker.MODELS,
    sagemaker.CONFIGS,
    sagemaker.PROFILES,
    sagemaker.SPACES,
    *bedrock.SORTS,
    bedrock.AGENTS,
    bedrock.GUARDRAILS,
    bedrock.BASES,
    bedrock.FLOWS,
    bedrock.RUNTIMES,
    bedrock.PROFILES,
    *stores.SORTS,
    *databases.SORTS,
    *lists.SORTS,
    *settings.SORTS,
    *vaults.SORTS,
    secrets.SECRETS,
    secrets.PARAMETERS,
    secrets.KEYS,
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
        and _some(reading, number, BUCKETS),
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
    """The (account, kind) of which everything is known: first of all hosts, but it is as true of other things."""
    return frozenset(
        (listed(reading, SORTS, read) | _plain(reading, read) | _profiles(reading, read))
        - compute.unplaced(reading)
        - sagemaker.models_unread(reading)
    )


def _profiles(reading: Reading, read: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Accounts of which every role says which instance profiles hold it."""
    roles = list(reading.answers.items(DETAILS, "RoleDetailList"))
    silent = {place.account for place, role in roles if not isinstance(role.get("InstanceProfileList"), list)}
    told = (a for a in read if a not in silent and reading.answers.complete(a, DETAILS))
    return frozenset((account, "iam:instance-profile") for account in told)


def _plain(reading: Reading, read: Iterable[str]) -> frozenset[tuple[str, str]]:
    lists = ((DETAILS, IDENTITIES), (BUCKETS, ("s3:bucket", "s3:object")), (POINTS, ("s3:accesspoint",)))
    return frozenset(
        (account, kind)
        for account in read
        for call, kinds in lists
        if reading.answers.complete(account, call)
        for kind in kinds
    )
