"""A hand-made organization with a path planted in each scene, and beside it the same scene where one thing is missing.

Each scene is played twice, under the names `<scene>-ok` and `<scene>-no`. Whoever attacks is a user with an active
access key (or a stranger); the prize is a secret of its own, unless the scene says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.clouds.aws.demo import write_accounts
from graph.clouds.aws.demo.calls import Account, Answer, allow, deny, policy, to
from tests.estates import (
    aws_planted_ai,
    aws_planted_compute,
    aws_planted_data,
    aws_planted_entries,
    aws_planted_identity,
    aws_planted_review,
)
from tests.estates.aws_planted_stage import ACCOUNT, MANAGEMENT, OTHER, SCENES, VAULT, Scene, Stage

ORGANIZATION, ROOT, UNIT = "o-planted0001", "r-pl01", "ou-pl01-scenes01"
_MODULES = (
    aws_planted_identity,
    aws_planted_compute,
    aws_planted_data,
    aws_planted_ai,
    aws_planted_entries,
    aws_planted_review,
)
Planted = tuple[str, str, str]  # who, harm, what of


@dataclass(frozen=True)
class Estate:
    """What the folder holds: findings that must be there, each with its scene; all others must not be."""

    planted: dict[Planted, str]
    administrators: tuple[str, ...]
    misses: tuple[str, ...]


def write(folder: Path) -> Estate:
    """Write the snapshot folder and tell what is planted in it."""
    accounts = {number: Account(number, name) for number, name in _accounts()}
    for account in (accounts[ACCOUNT], accounts[OTHER]):
        account.managed("AdministratorAccess", allow("*"), aws=True)
    stages = {slug: _play(slug, scene, accounts) for slug, scene in SCENES.items()}
    _organization(accounts[MANAGEMENT])
    write_accounts(folder, [accounts[number] for number in sorted(accounts)], MANAGEMENT)
    planted = {found: slug for slug, stage in stages.items() for found in stage.expected()}
    administrators = tuple(who for stage in stages.values() for who in stage.administrators)
    owners = [*administrators, *(who for who, harm, _account in planted if harm == "administer")]
    abroad = [pair for stage in stages.values() for pair in stage.abroad]
    planted |= {(who, *pair): "what owners win abroad" for who in owners for pair in abroad}
    return Estate(planted, administrators, tuple(f"{slug}-no" for slug in SCENES))


def _play(slug: str, scene: Scene, accounts: dict[str, Account]) -> Stage:
    """Once as it should be and once with something missing; what the good playing wins."""
    a, b, m, v = (accounts[number] for number in (ACCOUNT, OTHER, MANAGEMENT, VAULT))
    good, miss = Stage(f"{slug}-ok", True, a, b, m, v), Stage(f"{slug}-no", False, a, b, m, v)
    scene.play(good)
    scene.play(miss)
    good.abroad += miss.even_so
    return good


def _accounts() -> Iterator[tuple[str, str]]:
    yield from ((MANAGEMENT, "planted-management"), (ACCOUNT, "planted-scenes"))
    yield from ((OTHER, "planted-other"), (VAULT, "planted-vault"))


# ----- the organization


def _organization(a: Account) -> None:
    arn = f"arn:aws:organizations::{a.number}"
    types = [{"Type": kind, "Status": "ENABLED"} for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")]
    about = {"Id": ORGANIZATION, "Arn": f"{arn}:organization/{ORGANIZATION}", "FeatureSet": "ALL"}
    _put(
        a,
        "describe-organization",
        {"Organization": about | {"MasterAccountId": a.number, "AvailablePolicyTypes": types}},
    )
    root = {"Id": ROOT, "Arn": f"{arn}:root/{ORGANIZATION}/{ROOT}", "Name": "Root", "PolicyTypes": types}
    _put(a, "list-roots", {"Roots": [root]})
    unit = {"Id": UNIT, "Arn": f"{arn}:ou/{ORGANIZATION}/{UNIT}", "Name": "scenes"}
    _put(a, "list-organizational-units-for-parent", {"OrganizationalUnits": [unit]}, ROOT)
    _put(a, "list-organizational-units-for-parent", {"OrganizationalUnits": []}, UNIT)
    listed = [
        {"Id": n, "Arn": f"{arn}:account/{ORGANIZATION}/{n}", "Name": name, "Status": "ACTIVE", "State": "ACTIVE"}
        for n, name in _accounts()
    ]
    _put(a, "list-accounts", {"Accounts": listed})
    for n, _name in _accounts():
        above = {"Id": ROOT, "Type": "ROOT"} if n == a.number else {"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}
        _put(a, "list-parents", {"Parents": [above]}, n)
    _policies(a)


def _policies(a: Account) -> None:
    everywhere = [(ROOT, "ROOT"), (UNIT, "ORGANIZATIONAL_UNIT"), *((n, "ACCOUNT") for n, _name in _accounts())]
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    _policy(a, "p-FullAWSAccess", "FullAWSAccess", "SERVICE_CONTROL_POLICY", policy(full), everywhere)
    _policy(
        a,
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        "RESOURCE_CONTROL_POLICY",
        policy(full | {"Principal": "*"}),
        everywhere,
    )
    unit = [(UNIT, "ORGANIZATIONAL_UNIT")]
    _policy(a, "p-guard00001", "SceneGuard", "SERVICE_CONTROL_POLICY", policy(*_guard()), unit)
    _policy(a, "p-region0001", "OnlyInEurope", "SERVICE_CONTROL_POLICY", policy(_regions()), unit)
    _policy(a, "p-lifted0001", "Lifted", "SERVICE_CONTROL_POLICY", policy(*_lifted()), [(ACCOUNT, "ACCOUNT")])
    stranger = to(
        "*",
        deny(
            "s3:GetObject",
            "arn:aws:s3:::rcp-stranger-no/*",
            sid="Strangers",
            StringNotEqualsIfExists={"aws:PrincipalOrgID": ORGANIZATION},
            BoolIfExists={"aws:PrincipalIsAWSService": "false"},
        ),
    )
    _policy(a, "p-stranger01", "NoStrangers", "RESOURCE_CONTROL_POLICY", policy(stranger), [(ACCOUNT, "ACCOUNT")])


def _guard() -> Iterator[Answer]:
    """What the organization forbids to the attackers of single scenes."""
    forbidden = {
        "update-trust-no": "iam:UpdateAssumeRolePolicy",
        "pass-to-stack-no": "cloudformation:CreateStack",
        "invoke-model-no": "bedrock:InvokeModel",
    }
    for name, action in forbidden.items():
        yield deny(action, ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/{name}"})


def _regions() -> Answer:
    elsewhere = {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}
    spared = ["iam:*", "sts:*", "organizations:*", "s3:*", "sso:*", "support:*"]
    return {
        "Sid": "Europe",
        "Effect": "Deny",
        "NotAction": spared,
        "Resource": "*",
        "Condition": {"StringNotEquals": elsewhere},
    }


def _lifted() -> Iterator[Answer]:
    """What only this policy forbids, to two roles of the scene that detaches it."""
    for name in ("detach-scp-ok", "detach-scp-no"):
        held = f"arn:aws:iam::{ACCOUNT}:role/{name}-role"
        yield deny("secretsmanager:GetSecretValue", ArnEquals={"aws:PrincipalArn": held})


def _put(a: Account, operation: str, answer: Answer, *arguments: str) -> None:
    a.put(f"organizations-{operation}", answer, *arguments, region="global")


def _policy(a: Account, number: str, name: str, kind: str, document: Answer, targets: list[tuple[str, str]]) -> None:
    summary = {"Id": number, "Name": name, "Type": kind, "AwsManaged": "FullAWSAccess" in name}
    owner = "aws" if summary["AwsManaged"] else a.number
    summary["Arn"] = f"arn:aws:organizations::{owner}:policy/{ORGANIZATION}/{kind.lower()}/{number}"
    key = ("global", "organizations-list-policies", (kind,))
    a.answers.setdefault(key, {"Policies": []})["Policies"].append(summary)
    _put(a, "describe-policy", {"Policy": {"PolicySummary": summary, "Content": document}}, number)
    _put(a, "list-targets-for-policy", {"Targets": [{"TargetId": t, "Type": k} for t, k in targets]}, number)
