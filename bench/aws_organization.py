"""A seeded organization of any number of accounts: renamed copies of a few companies that trust and share crosswise."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import orjson

from bench.aws_company import Company
from bench.aws_estate import ACCOUNT, NOW, ORGANIZATION, PARTNER, Size
from bench.aws_folder import MANAGEMENT, UNIT, write
from graph.cloud import ImportOptions
from graph.formats import load
from graph.snapshot import Part, Snapshot, Writer

SIZE = Size(users=80, roles=418, buckets=520, others=2600)  # of one account: 500 identities, 5,000 resources
SEEDS = 4  # different companies
DETAILS = "iam-get-account-authorization-details"
_LISTED = {"Email": "a@example.com", "Status": "ACTIVE", "State": "ACTIVE"}


def number_of(account: int) -> str:
    return f"{200000000000 + account}"


class Organization:
    """One snapshot for each account, made when asked for, and one for the management account."""

    def __init__(self, accounts: int, seed: int = 7, size: Size = SIZE) -> None:
        self.accounts, self.seed, self.size = accounts, seed, size

    @cached_property
    def _companies(self) -> tuple[Snapshot, ...]:
        count = min(SEEDS, self.accounts)
        with tempfile.TemporaryDirectory() as aside:
            places = [Path(aside) / str(i) for i in range(count)]
            for i, place in enumerate(places):
                write(Company(self.size, self.seed + i), place)
            return tuple(load(place, ImportOptions()) for place in places)

    def write(self, folder: Path) -> Path:
        """All of it as one stored snapshot, of which never more than one account is in memory."""
        makers = {MANAGEMENT: lambda: tuple(self._governed())}
        makers |= {number_of(i): partial(self._parts, i) for i in range(self.accounts)}
        with Writer(folder) as writer:
            for scope in sorted(makers):
                writer.put(scope, makers[scope]())
            return writer.close(Snapshot("aws", ORGANIZATION, (), collected_at=NOW))

    def snapshots(self) -> Iterator[Snapshot]:
        """The management account's first."""
        yield Snapshot("aws", MANAGEMENT, tuple(self._governed()), collected_at=NOW)
        yield from map(self._copy, range(self.accounts))

    # ----- accounts

    def _copy(self, i: int) -> Snapshot:
        return Snapshot("aws", number_of(i), self._parts(i), collected_at=NOW)

    def _parts(self, i: int) -> tuple[Part, ...]:
        """A company under other names; its partner is the next account, its management lets itself in."""
        mine, partner = number_of(i), number_of((i + 1) % self.accounts)
        names = ((ACCOUNT, mine), (PARTNER, partner), ("team", f"a{i:03}team"))
        parts = []
        for part in self._companies[i % len(self._companies)].parts:
            if part.scope == ACCOUNT:
                said = part.response
                if part.call == DETAILS:
                    said = _with_roles(said)
                text = orjson.dumps([list(part.arguments), said]).decode()
                for old, new in names:
                    text = text.replace(old, new)
                arguments, response = orjson.loads(text)
                parts.append(Part("aws", mine, part.region, part.call, tuple(arguments), response))
        return tuple(parts)

    # ----- the management account

    def _governed(self) -> Iterator[Part]:
        numbers = [number_of(i) for i in range(self.accounts)]
        for part in self._companies[0].parts:
            if part.scope != MANAGEMENT or (part.call == "organizations-list-parents" and part.arguments == (ACCOUNT,)):
                continue
            response: Any = part.response
            if part.call == "organizations-list-accounts":
                kept = [one for one in response["Accounts"] if one["Id"] == MANAGEMENT]
                listed = [{"Id": n, "Name": n, "Arn": f"arn:aws:organizations::{n}", **_LISTED} for n in numbers]
                yield replace(part, response={"Accounts": [*kept, *listed]})
            elif part.call == "organizations-list-targets-for-policy":
                yield replace(part, response={"Targets": list(_for_all(response["Targets"], numbers))})
            else:
                yield part
        for number in numbers:
            parents = {"Parents": [{"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}]}
            yield Part("aws", MANAGEMENT, "global", "organizations-list-parents", (number,), parents)


def _for_all(targets: list[dict[str, str]], numbers: list[str]) -> Iterator[dict[str, str]]:
    for target in targets:
        if target["TargetId"] != ACCOUNT:
            yield target
        else:
            yield from ({**target, "TargetId": number} for number in numbers)


def _with_roles(details: Any) -> Any:
    """The role by which the management account comes in, and one that everybody in the organization may put on."""
    ours = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    roles = [
        _role("OrganizationAccountAccessRole", {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, {}, "*"),
        _role("inventory", {"AWS": "*"}, ours, ["ec2:Describe*", "s3:ListAllMyBuckets"]),
    ]
    return {**details, "RoleDetailList": [*details["RoleDetailList"], *roles]}


def _role(name: str, trusted: dict[str, str], condition: dict[str, Any], may: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted, "Condition": condition}
    own = {"Effect": "Allow", "Action": may, "Resource": "*"}
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{ACCOUNT}{name.upper()}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [
            {"PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [own]}},
        ],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
        "Tags": [],
    }
