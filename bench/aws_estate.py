"""A seeded AWS account of any size, for measuring: people, roles, teams with buckets, and guard rails around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.model import Document

ACCOUNT, PARTNER, ORGANIZATION = "111122223333", "444455556666", "o-bench12345"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"
REGIONS = ("us-east-1", "eu-west-1")
STAGES = ("dev", "test", "prod")
CLASSES = ("data/*", "models/*", "*")  # object classes of each bucket
SERVICES = ("lambda", "ec2", "sagemaker", "glue", "codebuild", "cloudformation", "ecs-tasks", "bedrock")
WITH_KEY = 0.02  # of the users
NOW = "2026-11-01T00:00:00Z"

_VERBS = {
    "s3": (
        "GetObject",
        "PutObject",
        "DeleteObject",
        "PutObjectAcl",
        "GetObjectVersion",
        "ListBucket",
        "PutBucketPolicy",
        "DeleteBucket",
        "PutBucketNotification",
        "PutEncryptionConfiguration",
    ),
    "secretsmanager": (
        "GetSecretValue",
        "PutSecretValue",
        "DeleteSecret",
        "PutResourcePolicy",
    ),
    "kms": (
        "Decrypt",
        "Encrypt",
        "ScheduleKeyDeletion",
        "PutKeyPolicy",
        "CreateGrant",
    ),
    "sts": ("AssumeRole",),
    "iam": (
        "PassRole",
        "UpdateAssumeRolePolicy",
        "AttachRolePolicy",
        "PutRolePolicy",
        "DetachRolePolicy",
        "DeleteRolePermissionsBoundary",
        "CreateAccessKey",
        "CreateLoginProfile",
        "UpdateLoginProfile",
        "AttachUserPolicy",
        "PutUserPolicy",
        "DeleteUserPermissionsBoundary",
    ),
    "lambda": (
        "UpdateFunctionCode",
        "InvokeFunction",
        "UpdateFunctionConfiguration",
        "AddPermission",
    ),
    "ssm": (
        "GetParameter",
        "PutParameter",
    ),
    "sqs": (
        "SendMessage",
        "ReceiveMessage",
    ),
    "sns": ("Publish",),
    "dynamodb": (
        "GetItem",
        "PutItem",
    ),
    "bedrock": ("InvokeModel",),
    "sagemaker": (
        "InvokeEndpoint",
        "CreatePresignedNotebookInstanceUrl",
    ),
}
ACTIONS = tuple(f"{service}:{verb}" for service, verbs in _VERBS.items() for verb in verbs)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. The paper sizes are SMALL and LARGE."""

    users: int
    roles: int
    buckets: int
    others: int


SMALL = Size(users=170, roles=890, buckets=258, others=520)
LARGE = Size(users=770, roles=4290, buckets=1258, others=2500)


def make_estate(size: Size, seed: int = 7) -> AwsFacts:
    """The same size and seed give the same facts."""
    return Maker(size, seed).made


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, actions: Any, resources: Any = None, condition: Any = None, **more: Any) -> dict[str, Any]:
    said = {"Effect": effect, "Action": actions, **more}
    if resources is not None:
        said["Resource"] = resources
    return {**said, "Condition": condition} if condition else said


class Maker:
    """Holds the dice and what was made so far; `made` is all of it as facts."""

    def __init__(self, size: Size, seed: int = 7) -> None:
        self.size, self.dice, self.others = size, Random(seed), Random(f"others {seed}")
        dice = self.dice
        self.teams = [f"team{i:02}" for i in range(max(8, (size.users + size.roles) // 110))]
        self.users = [f"arn:aws:iam::{ACCOUNT}:user/{self.team()}/u{i:04}" for i in range(size.users)]
        self.roles = [self.role_arn(i) for i in range(size.roles)]
        self.buckets = [self.bucket_arn(i) for i in range(size.buckets)]
        self.managed = [
            Document(f"arn:aws:iam::{ACCOUNT}:policy/p{i:03}", self.identity_policy(dice.randint(1, 4), shared=True))
            for i in range(60 + size.roles // 20)
        ]
        self.boundaries = [Document(f"arn:aws:iam::{ACCOUNT}:policy/b{i}", self.boundary()) for i in range(4)]

    @cached_property
    def made(self) -> AwsFacts:
        return self.facts()

    @cached_property
    def with_key(self) -> frozenset[str]:
        """The users with an active access key."""
        return frozenset(self.others.sample(self.users, max(4, round(WITH_KEY * self.size.users))))

    @cached_property
    def ai_buckets(self) -> list[str]:
        """A sixth of the buckets: model artifacts in the first half of them, training data in the second."""
        return self.others.sample(self.buckets, len(self.buckets) // 6)

    @cached_property
    def policies_of(self) -> dict[str, list[Document]]:
        """The managed policies that speak of each team."""
        return {team: [document for document in self.managed if team in str(document.body)] for team in self.teams}

    # ----- names

    def team(self) -> str:
        return self.dice.choice(self.teams)

    def role_arn(self, i: int) -> str:
        path = "aws-service-role/x.amazonaws.com/" if i % 97 == 5 else f"{self.team()}/" if i % 3 else ""
        return f"arn:aws:iam::{ACCOUNT}:role/{path}r{i:04}"

    def bucket_arn(self, i: int) -> str:
        return f"arn:aws:s3:::{self.team()}-{self.dice.choice(STAGES)}-{i:04}"

    def regional(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.dice.choice(REGIONS)}:{ACCOUNT}:{rest}"

    def tags(self) -> dict[str, str]:
        tags = {"team": self.team(), "stage": self.dice.choice(STAGES), "class": self.dice.choice(["open", "secret"])}
        return {key: value for key, value in tags.items() if self.dice.random() < 0.8}

    # ----- policies of identities

    def place(self, service: str) -> Any:
        team, dice = self.team(), self.dice
        if service == "s3":
            bucket = dice.choice(self.buckets)
            return dice.choice(
                [
                    f"arn:aws:s3:::{team}-*",
                    f"arn:aws:s3:::{team}-dev-*/*",
                    [bucket, f"{bucket}/*"],
                    [bucket, f"{bucket}/*"],
                    f"{bucket}/data/*",
                    f"{bucket}/${{aws:username}}/*",
                    "arn:aws:s3:::*-dev-*/*",
                    f"arn:aws:s3:::${{aws:PrincipalTag/team}}-{dice.choice(STAGES)}-*",
                    "*",
                ]
            )
        if service in ("iam", "sts"):
            role = dice.choice(self.roles)
            return dice.choice(
                [role, role, f"arn:aws:iam::{ACCOUNT}:role/{team}/*", f"arn:aws:iam::*:user/{team}/*", "*"]
            )
        return dice.choice([f"arn:aws:{service}:*:{ACCOUNT}:*{team}*", f"arn:aws:{service}:*:*:*", "*"])

    def condition(self) -> dict[str, Any]:
        dice = self.dice
        return dice.choice(
            [
                {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
                {"StringEquals": {"aws:ResourceTag/stage": dice.choice(STAGES)}},
                {"StringEquals": {"aws:PrincipalTag/team": [self.team(), self.team()]}},
                {"StringNotEquals": {"aws:ResourceTag/class": "secret"}},
                {"StringEquals": {"aws:RequestedRegion": list(REGIONS)[: dice.randint(1, 2)]}},
                {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
                {"Bool": {"aws:SecureTransport": "true"}},
                {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}},
                {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{self.team()}/*"}},
                {"StringEqualsIfExists": {"iam:PassedToService": f"{dice.choice(SERVICES)}.amazonaws.com"}},
                {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
            ]
        )

    def verbs(self, service: str) -> Any:
        table = {
            "s3": ["s3:GetObject", ["s3:GetObject", "s3:PutObject"], "s3:Get*", ["s3:List*", "s3:GetObject*"], "s3:*"],
            "secretsmanager": ["secretsmanager:GetSecretValue", "secretsmanager:*Secret*"],
            "kms": [["kms:Decrypt", "kms:Encrypt"], "kms:Decrypt"],
            "iam": ["iam:PassRole", "iam:PassRole", "iam:Get*", ["iam:List*", "iam:CreateAccessKey"], "iam:Put*Policy"],
            "sts": ["sts:AssumeRole"],
            "lambda": ["lambda:InvokeFunction", "lambda:Update*", "lambda:*"],
            "ssm": ["ssm:GetParameter*", "ssm:Put*"],
            "sqs": [["sqs:SendMessage", "sqs:ReceiveMessage"]],
            "sns": ["sns:Publish"],
            "dynamodb": ["dynamodb:*Item", "dynamodb:GetItem"],
            "bedrock": ["bedrock:InvokeModel*", "bedrock:*"],
            "sagemaker": ["sagemaker:InvokeEndpoint", "sagemaker:Create*"],
            "logs": ["logs:*", ["logs:CreateLogStream", "logs:PutLogEvents"]],
        }
        return self.dice.choice(table[service])

    def identity_statement(self) -> dict[str, Any]:
        dice = self.dice
        service = dice.choice(
            ["s3"] * 6
            + ["iam", "sts", "kms", "secretsmanager", "secretsmanager", "lambda", "ssm", "sqs", "sns"]
            + ["dynamodb", "bedrock", "sagemaker", "logs", "logs"]
        )
        effect = "Deny" if dice.random() < 0.06 else "Allow"
        return statement(
            effect, self.verbs(service), self.place(service), self.condition() if dice.random() < 0.4 else None
        )

    def identity_policy(self, length: int, shared: bool = False) -> dict[str, Any]:
        if shared and self.dice.random() < 0.02:
            return policy(statement("Allow", "*", "*"))
        return policy(*(self.identity_statement() for _ in range(length)))

    def boundary(self) -> dict[str, Any]:
        return policy(
            statement(
                "Allow", [f"{s}:*" for s in ("s3", "kms", "lambda", "logs", "sts", "secretsmanager", "bedrock")], "*"
            ),
            statement("Allow", ["iam:Get*", "iam:PassRole"], f"arn:aws:iam::{ACCOUNT}:role/{self.team()}/*"),
            statement("Deny", "s3:*", f"arn:aws:s3:::{self.team()}-prod-*"),
        )

    # ----- principals

    def documents(self, arn: str) -> tuple[Document, ...]:
        attached = self.dice.sample(self.managed, self.dice.randint(0, 3))
        inline = self.dice.random() < 0.75
        own = [Document(f"{arn}#inline", self.identity_policy(self.dice.randint(2, 6)))] if inline else []
        return (*attached, *own)

    def principal(self, arn: str, kind: PrincipalKind, number: int) -> Principal:
        return Principal(
            key=arn,
            kind=kind,
            account=ACCOUNT,
            uid=("AIDA" if kind is PrincipalKind.USER else "AROA") + f"{number:016}",
            tags=self.tags(),
            documents=self.documents(arn),
            boundary=self.dice.choice(self.boundaries) if self.dice.random() < 0.12 else None,
        )

    def principals(self) -> list[Principal]:
        return [
            *(self.principal(arn, PrincipalKind.USER, i) for i, arn in enumerate(self.users)),
            *(self.principal(arn, PrincipalKind.ROLE, i) for i, arn in enumerate(self.roles)),
            Principal(f"arn:aws:iam::{ACCOUNT}:root", PrincipalKind.ROOT, ACCOUNT, tags={}),
            Principal(f"arn:aws:iam::{PARTNER}:root", PrincipalKind.OUTSIDE, PARTNER),
            Principal("anonymous", PrincipalKind.ANONYMOUS, None),
            *(Principal(f"{s}.amazonaws.com", PrincipalKind.SERVICE, None) for s in SERVICES),
        ]

    # ----- resources and their policies

    def trust(self) -> dict[str, Any]:
        dice = self.dice
        whom = dice.choice(
            [{"Service": f"{dice.choice(SERVICES)}.amazonaws.com"}] * 5
            + [{"AWS": f"arn:aws:iam::{ACCOUNT}:root"}] * 2
            + [{"AWS": dice.choice(self.roles)}, {"AWS": [dice.choice(self.users), dice.choice(self.roles)]}]
            + [{"AWS": f"arn:aws:iam::{PARTNER}:root"}]
        )
        outside = {"StringEquals": {"sts:ExternalId": "x"}} if PARTNER in str(whom) else None
        return policy(statement("Allow", "sts:AssumeRole", None, outside, Principal=whom))

    def bucket_policy(self, bucket: str) -> dict[str, Any]:
        dice, both = self.dice, [bucket, f"{bucket}/*"]
        said = [statement("Deny", "s3:*", both, {"Bool": {"aws:SecureTransport": "false"}}, Principal="*")]
        if dice.random() < 0.4:
            said.append(
                statement("Allow", "s3:GetObject", f"{bucket}/*", None, Principal={"AWS": dice.choice(self.roles)})
            )
        if dice.random() < 0.1:
            said.append(statement("Allow", ["s3:GetObject", "s3:ListBucket"], both, None, Principal={"AWS": PARTNER}))
        if dice.random() < 0.15:
            org = {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
            said.append(statement("Deny", "s3:*", both, org, Principal="*"))
        if dice.random() < 0.1:
            team = {"StringNotEquals": {"aws:PrincipalTag/team": self.team()}}
            said.append(statement("Deny", ["s3:PutObject", "s3:DeleteObject"], f"{bucket}/data/*", team, Principal="*"))
        return policy(*said)

    def key_policy(self) -> dict[str, Any]:
        said = [statement("Allow", "kms:*", "*", None, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]
        if self.dice.random() < 0.3:
            said = [statement("Allow", "kms:*", "*", None, Principal={"AWS": self.dice.sample(self.roles, 3)})]
        return policy(*said)

    def shared_policy(self, arn: str, actions: str) -> dict[str, Any]:
        whom = self.dice.choice(
            [{"AWS": self.dice.choice(self.roles)}, {"AWS": PARTNER}, {"Service": "s3.amazonaws.com"}]
        )
        return policy(statement("Allow", actions, arn, None, Principal=whom))

    def resource(self, kind: str, arn: str, **more: Any) -> Resource:
        region = arn.split(":")[3]
        return Resource(
            **{"arn": arn, "kind": kind, "account": ACCOUNT, "node": arn, "region": region, "tags": self.tags(), **more}
        )

    def bucket_resources(self) -> tuple[list[Resource], list[Resource]]:
        buckets, objects = [], []
        for arn in self.buckets:
            policy = (Document(f"{arn}#policy", self.bucket_policy(arn)),) if self.dice.random() < 0.7 else ()
            facts = {"region": self.dice.choice(REGIONS), "policies": policy, "public_block": self.dice.random() < 0.7}
            facts |= {"abac": False, "tags": self.tags()}
            buckets.append(self.resource("s3:bucket", arn, **facts))
            objects += [self.resource("s3:object", f"{arn}/{part}", node=arn, **facts) for part in CLASSES]
        return buckets, objects

    def keys(self, count: int) -> list[Resource]:
        made = []
        for i in range(count):
            arn = self.regional("kms", f"key/{i:08}-0000")
            grant = {"GranteePrincipal": self.dice.choice(self.roles), "Operations": ["Decrypt", "Encrypt"]}
            grants = (grant,) if self.dice.random() < 0.3 else ()
            made.append(
                self.resource("kms:key", arn, policies=(Document(f"{arn}#policy", self.key_policy()),), grants=grants)
            )
        return made

    def several(self, kind: str, count: int, form: str, shared: str = "") -> list[Resource]:
        made = []
        for i in range(count):
            arn = self.regional(kind.partition(":")[0], form.format(f"{self.team()}-{self.dice.choice(STAGES)}-{i:04}"))
            open_to = shared and self.dice.random() < 0.25
            policies = (Document(f"{arn}#policy", self.shared_policy(arn, shared)),) if open_to else ()
            runs = (self.dice.choice(self.roles),) if kind in ("lambda:function", "sagemaker:notebook-instance") else ()
            made.append(self.resource(kind, arn, policies=policies, runs_as=runs))
        return made

    def resources(self) -> dict[str, list[Resource]]:
        buckets, objects = self.bucket_resources()
        n = self.size.others // 10
        models = [f"arn:aws:bedrock:{r}::foundation-model/vendor.m{i}" for r in REGIONS for i in range(4)]
        return {
            "s3:bucket": buckets,
            "s3:object": objects,
            "iam:role": [
                self.resource("iam:role", arn, policies=(Document(f"{arn}#trust", self.trust()),)) for arn in self.roles
            ],
            "iam:user": [self.resource("iam:user", arn) for arn in self.users],
            "kms:key": self.keys(n),
            "secretsmanager:secret": self.several(
                "secretsmanager:secret", 5 * n, "secret:{}", "secretsmanager:GetSecretValue"
            ),
            "lambda:function": self.several("lambda:function", n, "function:{}", "lambda:InvokeFunction"),
            "ssm:parameter": self.several("ssm:parameter", n, "parameter/{}"),
            "sqs:queue": self.several("sqs:queue", n // 2, "{}", "sqs:*"),
            "sns:topic": self.several("sns:topic", n // 2, "{}", "sns:Publish"),
            "dynamodb:table": self.several("dynamodb:table", n // 2, "table/{}", "dynamodb:GetItem"),
            "sagemaker:endpoint": self.several("sagemaker:endpoint", n // 4, "endpoint/{}"),
            "sagemaker:notebook-instance": self.several("sagemaker:notebook-instance", n // 4, "notebook-instance/{}"),
            "bedrock:foundation-model": [
                self.resource("bedrock:foundation-model", arn, account=None, tags={}) for arn in models
            ],
        }

    # ----- the organization

    def account(self) -> Account:
        everything = Document("FullAWSAccess", policy(statement("Allow", "*", "*")))
        regions = {"StringNotEquals": {"aws:RequestedRegion": list(REGIONS)}}
        guard = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{self.teams[0]}/*"}}
        scps = (
            (
                everything,
                Document("regions", policy(statement("Deny", ["lambda:*", "sqs:*", "bedrock:*"], "*", regions))),
            ),
            (everything, Document("guard", policy(statement("Deny", "iam:Delete*Boundary", "*", guard)))),
            (everything, Document("prod", policy(statement("Deny", "s3:DeleteBucket", "arn:aws:s3:::*-prod-*")))),
        )
        org = {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        }
        perimeter = policy(statement("Deny", ["s3:*", "kms:*", "secretsmanager:*", "sqs:*"], "*", org, Principal="*"))
        rcps = ((Document("perimeter", perimeter),),)
        return Account(ACCOUNT, "bench", ORGANIZATION, f"{ORGANIZATION}/r-1/ou-1/", scps=scps, rcps=rcps)

    def facts(self) -> AwsFacts:
        principals = tuple(sorted(self.principals(), key=lambda p: p.key))
        resources = {kind: tuple(sorted(made, key=lambda r: r.arn)) for kind, made in sorted(self.resources().items())}
        return AwsFacts(
            cloud="aws",
            principals=principals,
            resources=resources,
            accounts={ACCOUNT: self.account()},
            collected_at=NOW,
        )
