"""Northwind AI, a made-up organization of five accounts, written as an ordinary snapshot folder.

Some twenty ways to harm its models, data and secrets are planted in it, beside things that look like one and are
none; the policy of one bucket could not be read. `tests/data/northwind.json` names them all.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from graph.clouds.aws.demo import apps, data, organization, prod_ml
from graph.clouds.aws.demo.calls import REGION, Account, error
from graph.clouds.aws.formats.operations import Operation, operations

COLLECTED_AT = "2026-11-21T06:00:00Z"
MANAGEMENT, PROD_ML, DATA = "100000000001", "111122223333", "222233334444"
APPS, ARCHIVE = "333344445555", "666677778888"
_NONE: Mapping[str, Mapping[str, Any]] = {
    "ecr-get-registry-policy": error("RegistryPolicyNotFoundException"),
    "organizations-describe-resource-policy": error("ResourcePolicyNotFoundException"),
    "s3control-get-public-access-block": error("NoSuchPublicAccessBlockConfiguration"),
    "iam-get-account-summary": {"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}},
    "lakeformation-get-data-lake-settings": {"DataLakeSettings": {"DataLakeAdmins": []}},
}


def accounts() -> list[Account]:
    """The five accounts, management account first."""
    members = {PROD_ML: "nw-prod-ml", DATA: "nw-data", APPS: "nw-apps", ARCHIVE: "nw-archive"}
    return [
        organization.make(MANAGEMENT, members, (DATA, ARCHIVE)),
        prod_ml.make(PROD_ML),
        data.make(DATA, PROD_ML, organization.ID),
        apps.make(APPS),
        data.make_archive(ARCHIVE),
    ]


def write(folder: Path) -> None:
    """Write the snapshot folder; `folder` is made if it is not there."""
    write_accounts(folder, accounts(), MANAGEMENT)


def write_accounts(folder: Path, made: Sequence[Account], management: str) -> None:
    """Write accounts as a snapshot folder. Whatever they do not tell of was asked, and there is none."""
    for account in made:
        _identity(account)
        _recorded(account, management)
        for operation in operations().values():
            if not operation.optional and (account.number == management or not operation.group):
                _nothing(account, operation)
    folder.mkdir(parents=True, exist_ok=True)
    about = {"format": 1, "collected_at": COLLECTED_AT, "collector": "grantpath demo", "gaps": []}
    (folder / "manifest.json").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    for account in made:
        for (region, call, arguments), answer in sorted(account.answers.items()):
            _write(folder / "aws" / account.number / region, call, arguments, answer)


def _write(folder: Path, call: str, arguments: tuple[str, ...], answer: Mapping[str, Any]) -> None:
    file = folder.joinpath(call, *(quote(argument, safe="") for argument in arguments))
    file = file.with_name(f"{file.name}.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(answer, option=orjson.OPT_INDENT_2))


def _identity(account: Account) -> None:
    """What every account answers about itself and its identities."""
    root = f"arn:aws:iam::{account.number}:root"
    who = {"Account": account.number, "Arn": root, "UserId": account.number}
    account.put("sts-get-caller-identity", who, region="global")
    here = {"RegionName": REGION, "OptInStatus": "opt-in-not-required"}
    account.put("ec2-describe-regions", {"Regions": [here]}, region=operations()["ec2-describe-regions"].region(REGION))
    details = {
        "UserDetailList": account.users,
        "GroupDetailList": account.groups,
        "RoleDetailList": account.roles,
        "Policies": account.policies,
    }
    account.put("iam-get-account-authorization-details", details, region="global")
    report = {"Content": base64.b64encode(_report(account).encode()).decode(), "GeneratedTime": COLLECTED_AT}
    account.put("iam-get-credential-report", report, region="global")


def _recorded(account: Account, management: str) -> None:
    """One trail of the organization records what is managed everywhere, and reading and writing of the models."""
    trail = f"arn:aws:cloudtrail:{REGION}:{management}:trail/nw-organization"
    about = {"TrailARN": trail, "Name": "nw-organization", "S3BucketName": "nw-trail", "HomeRegion": REGION}
    reach = {"IsMultiRegionTrail": True, "IsOrganizationTrail": True}
    account.append("cloudtrail-describe-trails", "trailList", {**about, **reach})
    account.put("cloudtrail-get-trail-status", {"IsLogging": True}, trail)
    models = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::nw-model-artifacts/"]}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": models}
    account.put("cloudtrail-get-event-selectors", {"TrailARN": trail, "EventSelectors": [selector]}, trail)
    account.put("cloudtrail-list-event-data-stores", {"EventDataStores": []})


def _report(account: Account) -> str:
    """The credential report: a line for root and for each user, with the state of the first access key."""
    names = ("user", "arn", "user_creation_time", "password_enabled", "mfa_active")
    keys = ("access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_2_active")
    lines = [",".join((*names, *keys))]
    root = f"arn:aws:iam::{account.number}:root"
    lines.append(f"<root_account>,{root},2023-01-01T00:00:00Z,not_supported,true,false,N/A,N/A,false")
    for user in account.users:
        active, made, used = account.keys.get(user["UserName"], (False, "N/A", "N/A"))
        start = f"{user['UserName']},{user['Arn']},{user['CreateDate']},false,false"
        lines.append(f"{start},{str(active).lower()},{made},{used},false")
    return "\n".join(lines) + "\n"


def _nothing(account: Account, operation: Operation) -> None:
    """ "Asked, there is none" for a call that says nothing of this account yet."""
    fixed = [parameter.values for parameter in operation.parameters]
    if any(not values for values in fixed):
        return  # its arguments come from lists, and each entry was given its own answers
    region = operation.region(REGION)
    for argument in fixed[0] if fixed else ("",):
        arguments = (argument,) if argument else ()
        if (region, operation.name, arguments) not in account.answers:
            account.put(operation.name, dict(_NONE.get(operation.name, _empty(operation))), *arguments, region=region)


def _empty(operation: Operation) -> Mapping[str, Any]:
    lists = [member for member, kind in operation.members.items() if kind.startswith("list of")]
    return {} if operation.empty else {member: [] for member in lists[:1]}
