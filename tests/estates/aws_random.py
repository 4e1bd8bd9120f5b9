"""Small random AWS estates that are nasty on purpose: everything that ever made two evaluators differ is in here."""

from __future__ import annotations

from random import Random
from typing import Any

from graph.clouds.aws.facts import Account, AwsFacts, Principal, PrincipalKind, Resource
from graph.model import Document

A, B, C = "111111111111", "222222222222", "333333333333"
TEAMS = ("red", "blue")
SERVICE = "lambda.amazonaws.com"
GITHUB = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{A}:saml-provider/corp"
HOST = "token.actions.githubusercontent.com"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

ACTIONS = {
    "s3:GetObject": "s3:object",
    "s3:PutObject": "s3:object",
    "s3:ListBucket": "s3:bucket",
    "s3:PutBucketPolicy": "s3:bucket",
    "secretsmanager:GetSecretValue": "secretsmanager:secret",
    "kms:Decrypt": "kms:key",
    "kms:RetireGrant": "kms:key",
    "sts:AssumeRole": "iam:role",
    "sts:AssumeRoleWithWebIdentity": "iam:role",
    "sts:AssumeRoleWithSAML": "iam:role",
    "iam:PassRole": "iam:role",
    "iam:UpdateAssumeRolePolicy": "iam:role",
    "iam:CreateAccessKey": "iam:user",
    "iam:PutUserPolicy": "iam:user",
    "bedrock:InvokeModel": "bedrock:inference-profile",
    "lambda:UpdateFunctionCode": "lambda:function",
    "lambda:InvokeFunction": "lambda:function",
}

GLOBS = (
    *("*", "*:*", "s3:*", "s3:Get*", "S3:putobject", "s3:*Object", "s3:List*", "s3:?etObject", "iam:*", "iam:Pass*"),
    *("sts:*", "sts:AssumeRole", "sts:AssumeRoleWith*", "kms:*", "kms:Decrypt", "lambda:*", "lambda:*Function*"),
    *("secretsmanager:Get*", "bedrock:Invoke*", "iam:Create*", "*:GetObject", "iam:NoSuchAction"),
)

PLACES = (
    *("*", "*", "*", "arn:aws:s3:::*", "arn:aws:s3:::red-*", "arn:aws:s3:::*/data/*", "arn:aws:s3:::blue-?/*"),
    *("arn:aws:s3:::red-0/${aws:username}", "arn:aws:s3:::red-1/${aws:PrincipalTag/team}/*", "arn:aws:s3:::red-0"),
    *("arn:aws:s3:::red-1/${aws:PrincipalTag/team, 'red'}/*", "arn:aws:s3:::red-0/${aws:SourceVpce}"),
    *("arn:aws:s3:::red-0/${*}", "arn:aws:s3:::${aws:ResourceTag/team}-0/*", "arn:aws:s3:::red-0/${nonsense"),
    *(f"arn:aws:iam::{A}:role/*", "arn:aws:iam::*:role/r1", f"arn:aws:iam::{B}:*/team/*"),
    *("arn:aws:iam::*:user/${aws:username}", "arn:aws:secretsmanager:*:*:secret:red*"),
    *("arn:aws:secretsmanager:us*1:*:secret:*", "arn:aws:*:role/r2", "arn:aws:lambda:*:*:function:red*"),
    *("arn:aws:kms:*", "arn:aws:bedrock:*::foundation-model/red*", "arn:aws:bedrock:*", "arn:*", "a*", "red-0"),
)

CONDITIONS: tuple[tuple[str, str, Any], ...] = (
    ("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
    ("StringNotEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
    ("StringEquals", "aws:PrincipalTag/team", list(TEAMS)),
    ("StringLike", "aws:PrincipalTag/team", "r*"),
    ("StringNotLike", "aws:PrincipalTag/Team", "b*"),
    ("StringEqualsIfExists", "aws:PrincipalTag/team", "red"),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/r?", f"arn:aws:iam::{A}:user/*"]),
    ("ArnNotLike", "aws:PrincipalArn", f"arn:aws:iam::{A}:role/*"),
    ("StringNotLikeIfExists", "aws:PrincipalArn", "*:user/u1"),
    ("ArnEquals", "aws:PrincipalArn", [f"arn:aws:iam::{A}:role/r0", f"arn:aws:iam::{A}:role/team/r1"]),
    ("StringEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*"),
    ("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
    ("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}"),
    ("Bool", "aws:SecureTransport", "false"),
    ("Bool", "aws:SecureTransport", True),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
    ("BoolIfExists", "aws:PrincipalIsAWSService", False),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ("StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1"),
    ("Null", "aws:TokenIssueTime", "true"),
    ("Null", "aws:PrincipalTag/team", "false"),
    ("StringLike", "aws:userid", "*:s1"),
    ("StringLike", "aws:userid", "*"),
    ("StringEquals", "aws:RequestedRegion", "us-east-1"),
    ("StringEquals", "iam:PassedToService", [SERVICE]),
    ("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
    ("DateGreaterThan", "aws:CurrentTime", "1893456000"),
    ("Null", "aws:SourceArn", "true"),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"]),
    ("ForAllValues:StringLike", "aws:TagKeys", "t*"),
    ("ForAllValues:StringNotEquals", "aws:PrincipalTag/team", "red"),
    ("StringEquals", "kms:CallerAccount", A),
    ("StringEquals", "aws:SourceAccount", A),
    ("StringEquals", "aws:PrincipalType", "User"),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "60"),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", "RED"),
    ("StringLike", "aws:ResourceTag/team", "*"),
    ("StringResembles", "aws:PrincipalTag/team", "red"),
    ("StringEquals", f"{HOST}:aud", "sts.amazonaws.com"),
    ("StringLike", f"{HOST}:sub", ["repo:org/*", "repo:other/app:ref:*"]),
    ("StringEquals", f"{HOST}:sub", "repo:org/app:ref:refs/heads/main"),
    ("StringNotLike", f"{HOST}:sub", "repo:*:pull_request"),
    ("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"),
    ("StringEquals", "sts:ExternalId", "x"),
)

BROKEN: tuple[Any, ...] = (
    {"Effect": "Perhaps", "Action": "*", "Resource": "*"},
    {"Effect": "Allow", "Resource": "*"},
    {"Effect": "Deny", "Action": "s3:*", "Resource": 7},
    "Allow everything",
)


def make_estate(seed: int) -> AwsFacts:
    """Two accounts of one organization and strangers around them; the same seed gives the same facts."""
    return _Maker(Random(seed)).facts()


class _Maker:
    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.users = [f"arn:aws:iam::{a}:user/u{i}" for a in (A, B) for i in range(3)]
        paths = ("", "", "team/", "aws-service-role/x.amazonaws.com/", "aws-reserved/sso/")
        self.roles = [f"arn:aws:iam::{a}:role/{dice.choice(paths)}r{i}" for a in (A, B) for i in range(5)]
        self.named = [f"arn:aws:s3:::{t}-{i}" for t in TEAMS for i in range(2)]
        self.documents = 0
        self.pool = [self.document() for _ in range(25)]

    # ----- documents

    def few(self, options: Any) -> Any:
        return self.dice.sample(list(options), self.dice.randint(1, 2))

    def sessions(self) -> list[str]:
        return [f"arn:aws:sts::{r.split(':')[4]}:assumed-role/{r.rsplit('/', 1)[1]}/s1" for r in self.roles]

    def whom(self) -> Any:
        dice = self.dice
        return dice.choice(
            [
                "*",
                {"AWS": "*"},
                {"AWS": f"arn:aws:iam::{A}:root"},
                {"AWS": [A, B]},
                {"AWS": [C, f"arn:aws:iam::{C}:role/other"]},
                {"AWS": f"arn:aws:iam::{C}:root"},
                {"AWS": self.few(self.users)},
                {"AWS": self.few(self.roles)},
                {"AWS": self.few(self.sessions())},
                {"AWS": ["AIDA0", "AROAOLD", f"arn:aws:iam::{A}:role/*"]},
                {"Service": SERVICE},
                {"AWS": [f"arn:aws:iam::{A}:root", dice.choice(self.users), dice.choice(self.roles)]},
                {"Federated": GITHUB, "AWS": dice.choice(self.roles)},
                {"Federated": SAML},
                {"CanonicalUser": "c0ffee"},
            ]
        )

    def statement(self, resource_side: bool = False, trust: bool = False) -> Any:
        dice = self.dice
        if dice.random() < 0.02:
            return dice.choice(BROKEN)
        said: dict[str, Any] = {"Effect": "Allow" if dice.random() < 0.75 else "Deny"}
        verb = dice.choice([dice.choice(GLOBS), self.few(GLOBS), dice.choice(list(ACTIONS)), "*"])
        said["NotAction" if dice.random() < 0.1 else "Action"] = verb
        if not trust:
            arns = self.named + self.roles + self.users
            place = dice.choice([dice.choice(PLACES), self.few(PLACES), self.few(arns)])
            said["NotResource" if dice.random() < 0.12 else "Resource"] = place
        if resource_side:
            said["NotPrincipal" if dice.random() < 0.15 and not trust else "Principal"] = self.whom()
        for operator, key, want in dice.sample(CONDITIONS, dice.choice([0, 0, 0, 1, 1, 2])):
            said.setdefault("Condition", {}).setdefault(operator, {})[key] = want
        return said

    def body(self, longest: int = 3, **side: bool) -> dict[str, Any] | None:
        if self.dice.random() < 0.04:
            return None
        version = {"Version": "2012-10-17"} if self.dice.random() < 0.9 else {}
        statements = [self.statement(**side) for _ in range(self.dice.randint(1, longest))]
        return {**version, "Statement": statements[0] if len(statements) == 1 else statements}

    def document(self, longest: int = 3, **side: bool) -> Document:
        self.documents += 1
        body = self.body(longest, **side)
        return Document(f"document {self.documents}", body, "" if body else "access denied")

    # ----- principals

    def tags(self) -> dict[str, str] | None:
        return self.dice.choice([None, {}, {"team": "red"}, {"team": "blue"}, {"Team": "red"}])

    def insider(self, arn: str, kind: PrincipalKind, number: int) -> Principal:
        dice = self.dice
        documents = dice.sample(self.pool, dice.randint(0, 3))
        if dice.random() < 0.15:
            documents.append(Document("everything", EVERYTHING))
        limit = dice.choice([Document("everything", EVERYTHING), dice.choice(self.pool)])
        return Principal(
            key=arn,
            kind=kind,
            account=arn.split(":")[4],
            uid=("AIDA" if kind is PrincipalKind.USER else "AROA") + str(number),
            tags=self.tags(),
            documents=tuple(documents),
            boundary=limit if dice.random() < 0.3 else None,
        )

    def federated(self, provider: str, audience: str, subject: str) -> Principal:
        return Principal(
            key=f"federated:{provider}|{audience}|{subject}",
            kind=PrincipalKind.FEDERATED,
            account=A,
            provider=provider,
            audience=audience,
            subject=subject,
        )

    def strangers(self) -> list[Principal]:
        outside = PrincipalKind.OUTSIDE
        return [
            Principal(f"arn:aws:iam::{A}:root", PrincipalKind.ROOT, A, tags={}),
            Principal(f"arn:aws:iam::{B}:root", PrincipalKind.ROOT, B, tags={}),
            Principal(f"arn:aws:iam::{C}:root", outside, C),
            Principal(f"arn:aws:iam::{C}:role/other", outside, C),
            Principal("arn:aws:iam::*:root", outside, None),
            Principal("anonymous", PrincipalKind.ANONYMOUS, None),
            Principal(SERVICE, PrincipalKind.SERVICE, None),
            self.federated(GITHUB, "sts.amazonaws.com", "repo:org/app:*"),
            self.federated(GITHUB, "sts.amazonaws.com", "*"),
            self.federated(GITHUB, "other", "repo:org/app:ref:refs/heads/main"),
            self.federated(SAML, "https://signin.aws.amazon.com/saml", "*"),
        ]

    # ----- resources

    def resource(self, kind: str, arn: str, policy: float, **more: Any) -> Resource:
        parts = arn.split(":")
        policies = (self.document(resource_side=True),) if self.dice.random() < policy else ()
        facts = {"account": parts[4] or None, "region": parts[3], "tags": self.tags(), "policies": policies}
        facts |= {"node": arn, "abac": self.dice.random() < 0.7}
        return Resource(arn=arn, kind=kind, **{**facts, **more})

    def grants(self) -> tuple[dict[str, Any], ...]:
        who = self.dice.choice([*self.users, *self.roles, f"arn:aws:iam::{C}:root", SERVICE])
        constraint = {"Constraints": {"EncryptionContextSubset": {"a": "b"}}} if self.dice.random() < 0.4 else {}
        return ({"GranteePrincipal": who, "Operations": ["Decrypt", "RetireGrant"], **constraint},)

    def acl(self) -> tuple[dict[str, Any], ...]:
        group = "http://acs.amazonaws.com/groups/global/"
        grantee = self.dice.choice(
            [
                {"Type": "Group", "URI": f"{group}AllUsers"},
                {"Type": "Group", "URI": f"{group}AuthenticatedUsers"},
                {"Type": "CanonicalUser", "ID": "c0ffee"},
                {"Type": "CanonicalUser", "ID": "nobody knows"},
            ]
        )
        return ({"Grantee": grantee, "Permission": self.dice.choice(["READ", "WRITE", "FULL_CONTROL"])},)

    def buckets(self) -> tuple[list[Resource], list[Resource]]:
        buckets, objects = [], []
        for arn in self.named:
            blocked = self.dice.choice([True, False, False, None])
            facts = {"account": self.dice.choice([A, B]), "region": "us-east-1", "public_block": blocked}
            facts |= {"acl": self.acl() if self.dice.random() < 0.3 else ()}
            bucket = self.resource("s3:bucket", arn, 0.6, **facts)
            buckets.append(bucket)
            facts |= {"policies": bucket.policies, "tags": bucket.tags, "abac": bucket.abac, "node": arn}
            objects += [self.resource("s3:object", f"{arn}/{key}", 0, **facts) for key in ("data/*", "u1", "red/y")]
        return buckets, objects

    def trusts(self) -> list[Resource]:
        return [
            self.resource("iam:role", arn, 0, policies=(self.document(resource_side=True, trust=True),), runs_as=())
            for arn in self.roles
        ]

    def keys(self) -> list[Resource]:
        arns = [f"arn:aws:kms:us-east-1:{a}:key/k{i}" for a in (A, B) for i in range(2)]
        arns.append(f"arn:aws:kms:us-east-1:{A}:alias/k0")
        return [
            self.resource("kms:key", arn, 1, grants=self.grants() if self.dice.random() < 0.4 else ()) for arn in arns
        ]

    def resources(self) -> dict[str, list[Resource]]:
        buckets, objects = self.buckets()
        models = [f"arn:aws:bedrock:{r}::foundation-model/{t}.m1" for r in ("us-east-1", "us-west-2") for t in TEAMS]
        profiles = [f"arn:aws:bedrock:us-east-1:{a}:inference-profile/{t}" for a in (A, B) for t in TEAMS]
        secrets = [
            f"arn:aws:secretsmanager:{r}:{a}:secret:{t}/s"
            for r in ("us-east-1", "eu-west-1")
            for a in (A, B)
            for t in TEAMS
        ]
        functions = [f"arn:aws:lambda:us-east-1:{a}:function:{t}-f" for a in (A, B) for t in TEAMS]
        return {
            "s3:bucket": buckets,
            "s3:object": objects,
            "iam:role": self.trusts(),
            "iam:user": [self.resource("iam:user", arn, 0) for arn in self.users],
            "kms:key": self.keys(),
            "secretsmanager:secret": [self.resource("secretsmanager:secret", arn, 0.5) for arn in secrets],
            "lambda:function": [
                self.resource("lambda:function", arn, 0.4, runs_as=(self.dice.choice(self.roles),)) for arn in functions
            ],
            "bedrock:foundation-model": [self.resource("bedrock:foundation-model", arn, 0) for arn in models],
            "bedrock:inference-profile": [
                self.resource("bedrock:inference-profile", arn, 0, members=tuple(self.few(models))) for arn in profiles
            ],
        }

    # ----- the organization

    def levels(self, count: int, **side: bool) -> tuple[tuple[Document, ...], ...] | None:
        if self.dice.random() < 0.2:
            return None
        wide = Document("everything", EVERYTHING)
        if side:
            return tuple((self.document(2, **side),) for _ in range(self.dice.randint(0, count)))
        return tuple((self.dice.choice([wide, wide, self.document()]), self.document()) for _ in range(count))

    def account(self, key: str, management: bool = False) -> Account:
        scps = () if management else self.levels(2)
        rcps = () if management else self.levels(1, resource_side=True)
        return Account(key, key, "o-1", f"o-1/r-1/ou-{key[0]}/", management=management, scps=scps, rcps=rcps)

    def facts(self) -> AwsFacts:
        insiders = [self.insider(arn, PrincipalKind.USER, i) for i, arn in enumerate(self.users)]
        insiders += [self.insider(arn, PrincipalKind.ROLE, i) for i, arn in enumerate(self.roles)]
        principals = sorted([*insiders, *self.strangers()], key=lambda p: p.key)
        resources = {kind: tuple(sorted(made, key=lambda r: r.arn)) for kind, made in sorted(self.resources().items())}
        accounts = {A: self.account(A), B: self.account(B, management=self.dice.random() < 0.2)}
        return AwsFacts(
            cloud="aws",
            principals=tuple(principals),
            resources=resources,
            accounts=accounts,
            canonical_ids={"c0ffee": C},
            collected_at="2026-11-01T00:00:00Z" if self.dice.random() < 0.8 else None,
        )
