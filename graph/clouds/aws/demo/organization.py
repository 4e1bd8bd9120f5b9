"""The organization of Northwind AI: its management account, its units and what it lays on the accounts below."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import Account, Answer, allow, deny, policy, to, trust

ID, ROOT, UNIT = "o-nw4i8ra1nd", "r-nw01", "ou-nw01-work0001"
EVERYTHING, REGIONS, LOGS, OURS, RCP_EVERYTHING = (
    "p-FullAWSAccess",
    "p-nwregions1",
    "p-nwprotect1",
    "p-nwours0001",
    "p-RCPFullAWSAccess",
)
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def make(number: str, members: dict[str, str], guarded: tuple[str, ...]) -> Account:
    """`members`: account → name of the accounts in the unit; `guarded`: those that the RCP protects."""
    a = Account(number, "nw-management")
    a.managed("AdministratorAccess", allow("*"), aws=True)
    a.role(
        "security-admin",
        trust({"AWS": f"arn:aws:iam::{number}:root"}),
        managed=["arn:aws:iam::aws:policy/AdministratorAccess"],
    )
    # Near miss: a bucket for everybody, under Block Public Access.
    website = to("*", allow("s3:GetObject", "arn:aws:s3:::nw-website-corpus/*", sid="Anyone"))
    a.bucket("nw-website-corpus", policy(website), purpose="training-data")
    types = [{"Type": kind, "Status": "ENABLED"} for kind in (SCP, RCP)]
    about = {"Id": ID, "Arn": f"arn:aws:organizations::{number}:organization/{ID}", "FeatureSet": "ALL"}
    more = {"MasterAccountId": number, "AvailablePolicyTypes": types}
    _put(a, "describe-organization", {"Organization": about | more})
    _tree(a, {number: a.name} | members, types)
    _policies(a, [number, *members], guarded)
    return a


def _put(a: Account, operation: str, answer: Answer, *arguments: str) -> None:
    a.put(f"organizations-{operation}", answer, *arguments, region="global")


def _tree(a: Account, accounts: dict[str, str], types: list[Answer]) -> None:
    arn = f"arn:aws:organizations::{a.number}"
    _put(
        a,
        "list-roots",
        {"Roots": [{"Id": ROOT, "Arn": f"{arn}:root/{ID}/{ROOT}", "Name": "Root", "PolicyTypes": types}]},
    )
    unit = {"Id": UNIT, "Arn": f"{arn}:ou/{ID}/{UNIT}", "Name": "workloads"}
    _put(a, "list-organizational-units-for-parent", {"OrganizationalUnits": [unit]}, ROOT)
    _put(a, "list-organizational-units-for-parent", {"OrganizationalUnits": []}, UNIT)
    listed = [
        {"Id": n, "Arn": f"{arn}:account/{ID}/{n}", "Name": name, "Status": "ACTIVE", "State": "ACTIVE"}
        for n, name in accounts.items()
    ]
    _put(a, "list-accounts", {"Accounts": listed})
    for n in accounts:
        above = {"Id": ROOT, "Type": "ROOT"} if n == a.number else {"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}
        _put(a, "list-parents", {"Parents": [above]}, n)


def _policies(a: Account, accounts: list[str], guarded: tuple[str, ...]) -> None:
    everywhere = [(ROOT, "ROOT"), (UNIT, "ORGANIZATIONAL_UNIT"), *((n, "ACCOUNT") for n in accounts)]
    europe = {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}
    regional = {"Sid": "OutsideEurope", "Effect": "Deny", "Resource": "*", "Condition": {"StringNotEquals": europe}}
    regional["NotAction"] = ["iam:*", "sts:*", "organizations:*", "s3:*", "support:*"]
    logging = ["bedrock:DeleteModelInvocationLoggingConfiguration", "bedrock:PutModelInvocationLoggingConfiguration"]
    stranger = to(
        "*",
        deny(
            ["s3:*", "secretsmanager:*"],
            sid="Strangers",
            StringNotEqualsIfExists={"aws:PrincipalOrgID": ID},
            BoolIfExists={"aws:PrincipalIsAWSService": "false"},
        ),
    )
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    unit = [(UNIT, "ORGANIZATIONAL_UNIT")]
    _policy(a, EVERYTHING, "FullAWSAccess", SCP, policy(full), everywhere)
    _policy(a, REGIONS, "DenyOutsideEurope", SCP, policy(regional), unit)
    _policy(
        a, LOGS, "ProtectInvocationLogs", SCP, policy(deny([*logging, "cloudtrail:StopLogging"], sid="KeepLogs")), unit
    )
    _policy(a, RCP_EVERYTHING, "RCPFullAWSAccess", RCP, policy(full | {"Principal": "*"}), everywhere)
    _policy(a, OURS, "OnlyOurOrganization", RCP, policy(stranger), [(n, "ACCOUNT") for n in guarded])


def _policy(a: Account, number: str, name: str, kind: str, document: Answer, targets: list[tuple[str, str]]) -> None:
    summary = {"Id": number, "Name": name, "Type": kind, "AwsManaged": "FullAWSAccess" in name}
    summary["Arn"] = f"arn:aws:organizations::{a.number}:policy/{ID}/{kind.lower()}/{number}"
    key = ("global", "organizations-list-policies", (kind,))
    a.answers.setdefault(key, {"Policies": []})["Policies"].append(summary)
    _put(a, "describe-policy", {"Policy": {"PolicySummary": summary, "Content": document}}, number)
    _put(a, "list-targets-for-policy", {"Targets": [{"TargetId": t, "Type": k} for t, k in targets]}, number)
