"""Whose account a folder or file is, by what it says of itself; never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats.operations import operations
from graph.model import Json

IDENTITY = "sts-get-caller-identity"
IAM = "iam-get-account-authorization-details"
_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")
_REGION = re.compile(r"arn:[\w-]*:[\w-]*:([a-z]{2}[\w-]*\d):")

Pages = Sequence[Mapping[str, Json]]


def named_by_identity(pages: Pages) -> set[str]:
    """The account that `sts-get-caller-identity` answered."""
    return {a for page in pages if isinstance(a := page.get("Account"), str) and _ACCOUNT.fullmatch(a)}


def named_by_arns(call: str, pages: Pages) -> set[str]:
    """The accounts in the ARNs of an answer's own entries; what AWS owns has none."""
    return {found[1] for arn in _own_arns(call, pages) if (found := _ARN.match(arn))}


def regions_named(call: str, pages: Pages) -> set[str]:
    """The regions in the same ARNs."""
    return {found[1] for arn in _own_arns(call, pages) if (found := _REGION.match(arn))}


def _own_arns(call: str, pages: Pages) -> Iterable[str]:
    for name, shape in operations()[call].shape.members.items():
        own = [member for member, s in shape.item.members.items() if s.own] if shape.item else []
        for page in pages if own else ():
            listed = page.get(name)
            for entry in listed if isinstance(listed, list) else ():
                yield from (v for m in own if isinstance(entry, dict) and isinstance(v := entry.get(m), str))
    arns = [page.get("Arn") for page in pages] if call == IDENTITY else []
    yield from (arn for arn in arns if isinstance(arn, str))


def settled(named: set[str], options: ImportOptions, what: str) -> str:
    """The account of answers whose path does not say it. Raises ImportRefusedError when they name none, or two."""
    given = options.scope if options.scope and _ACCOUNT.fullmatch(options.scope) else ""
    if len(named) == 1:
        return next(iter(named))
    if given:
        return given
    if not named:
        raise ImportRefusedError(
            f"{what} does not say which AWS account it is of. Give the account's twelve digits as the scope."
        )
    raise ImportRefusedError(
        f"{what} names several AWS accounts ({', '.join(sorted(named)[:5])}). Give the right one as the scope; "
        "entries of the others are then left out."
    )


def mismatch(account: str, identity: Pages, iam: Pages) -> str:
    """Why a folder is not the account's that it is named after, or an empty text."""
    caller = named_by_identity(identity)
    if caller and account not in caller:
        return f"{IDENTITY} is of account {min(caller)}, the folder is of {account}: the account was not read"
    owners = named_by_arns(IAM, iam)
    if owners and account not in owners:
        return f"{IAM} is of account {min(owners)}, the folder is of {account}: the account was not read"
    return ""
