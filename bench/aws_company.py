"""The seeded account as an ordinary company would have it: teams that keep to themselves, few who may do much."""

from __future__ import annotations

from typing import Any

from bench.aws_estate import (
    ACCOUNT,
    GITHUB,
    PARTNER,
    PROVIDER,
    REGIONS,
    SERVICES,
    STAGES,
    Maker,
    Size,
    policy,
    statement,
)
from graph.model import Document

ADMINISTRATORS, READERS, MANAGERS = 0.002, 0.015, 0.004  # shares of the identities
_SERVICES = (
    *["s3"] * 7,
    *["secretsmanager", "secretsmanager", "kms", "lambda", "lambda", "ssm", "sqs", "sns", "dynamodb"],
    *["sagemaker", "bedrock", "logs", "logs", "logs", "sts"],
)
_VERBS: dict[str, list[Any]] = {
    "s3": ["s3:GetObject", ["s3:GetObject", "s3:PutObject"], ["s3:List*", "s3:GetObject*"], "s3:ListBucket"],
    "secretsmanager": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
    "kms": [["kms:Decrypt", "kms:GenerateDataKey"], "kms:Decrypt"],
    "lambda": ["lambda:InvokeFunction", "lambda:InvokeFunction", ["lambda:Get*", "lambda:UpdateFunctionCode"]],
    "ssm": ["ssm:GetParameter*"],
    "sqs": [["sqs:SendMessage", "sqs:ReceiveMessage"]],
    "sns": ["sns:Publish"],
    "dynamodb": ["dynamodb:*Item", "dynamodb:GetItem"],
    "sagemaker": ["sagemaker:InvokeEndpoint", "sagemaker:Describe*", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    "bedrock": ["bedrock:InvokeModel*"],
    "logs": [["logs:CreateLogStream", "logs:PutLogEvents"]],
    "sts": ["sts:AssumeRole"],
}


class Company(Maker):
    """Everybody works on what their own team has; the conditions, limits and resource policies are those of Maker."""

    def __init__(self, size: Size, seed: int = 7) -> None:
        self.home = ""
        self.roles_of: dict[str, list[str]] = {}
        self.buckets_of: dict[str, list[str]] = {}
        super().__init__(size, seed)

    def team(self) -> str:
        """The team at hand while an identity is made, any team else."""
        return self.home or self.dice.choice(self.teams)

    def role_arn(self, i: int) -> str:
        arn = super().role_arn(i)
        self.roles_of.setdefault(arn.split("/")[1], []).append(arn)
        return arn

    def bucket_arn(self, i: int) -> str:
        team = self.team()
        arn = f"arn:aws:s3:::{team}-{self.dice.choice(STAGES)}-{i:04}"
        self.buckets_of.setdefault(team, []).append(arn)
        return arn

    def colleague(self) -> str:
        """A role of the team at hand."""
        return self.dice.choice(self.roles_of.get(self.home) or self.roles)

    def place(self, service: str) -> Any:
        team, dice = self.team(), self.dice
        if service == "s3":
            bucket = dice.choice(self.buckets_of.get(team) or self.buckets)
            wide = [f"arn:aws:s3:::{team}-*", f"arn:aws:s3:::{team}-{dice.choice(STAGES)}-*/*"]
            return dice.choice([*wide, [bucket, f"{bucket}/*"], [bucket, f"{bucket}/*"], f"{bucket}/data/*"])
        if service in ("iam", "sts"):
            return self.colleague()
        if service == "bedrock":
            return f"arn:aws:bedrock:{dice.choice(REGIONS)}::foundation-model/vendor.m{dice.randint(0, 3)}"
        if service == "kms":
            return f"arn:aws:kms:{dice.choice(REGIONS)}:{ACCOUNT}:key/{dice.randint(0, self.size.others // 10):08}-0000"
        return f"arn:aws:{service}:*:{ACCOUNT}:*{team}-{dice.choice([*STAGES, ''])}*"

    def verbs(self, service: str) -> Any:
        return self.dice.choice(_VERBS[service])

    def identity_statement(self) -> dict[str, Any]:
        service = self.dice.choice(_SERVICES)
        effect = "Deny" if self.dice.random() < 0.04 else "Allow"
        condition = self.condition() if self.dice.random() < 0.4 else None
        return statement(effect, self.verbs(service), self.place(service), condition)

    def identity_policy(self, length: int, shared: bool = False) -> dict[str, Any]:
        self.home = self.home or (self.team() if shared else "")
        made = policy(*(self.identity_statement() for _ in range(length)))
        self.home = "" if shared else self.home
        return made

    def documents(self, arn: str) -> tuple[Document, ...]:
        """What the team may do; and, for few, what makes them a reader of all, a deployer or an administrator."""
        parts = arn.split("/")
        self.home = parts[1] if parts[1] in self.teams else self.dice.choice(self.teams)
        mine = self.policies_of[self.home]
        attached = self.dice.sample(mine, min(len(mine), self.dice.randint(0, 2)))
        own = policy(*self.identity_policy(self.dice.randint(1, 4))["Statement"], *self.special(arn in self.with_key))
        self.home = ""
        return (*attached, Document(f"{arn}#inline", own))

    def special(self, machine: bool) -> list[dict[str, Any]]:
        """More often for the users with keys: those who work for machines are the ones who may do more."""
        dice, luck = self.dice, self.dice.random() * (0.15 if machine else 1)
        if luck < ADMINISTRATORS:
            return [statement("Allow", "*", "*")]
        if luck < ADMINISTRATORS + READERS:
            secrets = ["secretsmanager:GetSecretValue", "ssm:GetParameter"]
            return [statement("Allow", dice.choice([["s3:Get*", "s3:List*"], ["s3:GetObject"], secrets]), "*")]
        if luck < ADMINISTRATORS + READERS + MANAGERS:
            action = dice.choice(["iam:CreateAccessKey", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"])
            place = self.colleague() if "Role" in action else f"arn:aws:iam::{ACCOUNT}:user/{self.home}/*"
            return [statement("Allow", action, place)]
        if luck < 0.05:
            create = dice.choice(["lambda:CreateFunction", "sagemaker:CreateNotebookInstance", "glue:CreateJob"])
            passing = statement("Allow", "iam:PassRole", self.colleague())
            return [passing, statement("Allow", [create, "lambda:InvokeFunction", "glue:StartJobRun"], "*")]
        return []

    def trust(self) -> dict[str, Any]:
        """Mostly services; now and then the account, a colleague, a partner or a pipeline on GitHub."""
        dice, luck = self.dice, self.dice.random()
        if luck < 0.004:
            external = {"StringEquals": {"sts:ExternalId": "x"}}
            return _trust({"AWS": f"arn:aws:iam::{PARTNER}:root"}, external)
        if luck < 0.008:
            claims = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": f"repo:bench/{self.team()}:ref:refs/*"}
            said = _trust({"Federated": PROVIDER}, {"StringLike": claims})
            said["Statement"][0]["Action"] = "sts:AssumeRoleWithWebIdentity"
            return said
        if luck < 0.10:
            return _trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        if luck < 0.20:
            return _trust({"AWS": [dice.choice(self.users), dice.choice(self.roles)]})
        return _trust({"Service": f"{dice.choice(SERVICES)}.amazonaws.com"})


def _trust(whom: dict[str, Any], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return policy(statement("Allow", "sts:AssumeRole", None, condition, Principal=whom))
