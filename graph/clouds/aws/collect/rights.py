"""The least rights that collecting needs: the IAM action of each call, and the policies that allow just these."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from types import MappingProxyType

from graph.clouds.aws.formats.operations import operations

# A managed policy holds 6,144 characters, white space not counted, and no request raises that.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST = 6144

# Calls whose answers are not kept: they make AWS write what another call then reads.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
_ON_THE_WAY = MappingProxyType({"iam-generate-credential-report": "iam:GenerateCredentialReport"})


def action_of(call: str) -> str:
    """The IAM action that a call (`s3-list-buckets`) asks for; KeyError for one that collecting never makes."""
    return _ON_THE_WAY.get(call) or operations()[call].action


def account_actions() -> tuple[str, ...]:
    """The actions of the calls that are made in every account, sorted."""
    asked = {operation.action for operation in operations().values() if not operation.of_organization}
    return tuple(sorted({*asked, *_ON_THE_WAY.values()}))


def organization_actions() -> tuple[str, ...]:
    """The further actions of the account that the organization is read from, sorted."""
    asked = {operation.action for operation in operations().values() if operation.of_organization}
    return tuple(sorted(asked.difference(account_actions())))


@cache
def policies() -> Mapping[str, Mapping[str, object]]:
    """Policy documents by name: `account-1` and further for every account, `organization` besides for one."""
    parts = {f"account-{number}": part for number, part in enumerate(_split(account_actions()), 1)}
    return {name: _document(part) for name, part in {**parts, "organization": organization_actions()}.items()}


def size(document: object) -> int:
    """The characters of a document as AWS counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(actions: Iterable[str]) -> Mapping[str, object]:
    statement = {"Sid": "ReadHowThingsAreSetUp", "Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _split(actions: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """As few parts as fit into a policy each, services kept together."""
    part: tuple[str, ...] = ()
    for _service, some in groupby(actions, key=lambda action: action.partition(":")[0]):
        of_service = tuple(some)
        if part and size(_document((*part, *of_service))) > MOST:
            yield part
            part = ()
        part += of_service
    yield part
