"""Random requests that are nasty on purpose: few names, so that nearly everything nearly fits."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

A, B = "111111111111", "222222222222"
GITHUB = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{A}:saml-provider/corp"
Json = dict[str, Any]

CALLS = (
    ("s3:GetObject", "arn:aws:s3:::data/ana/x"),
    ("s3:PutObject", "arn:aws:s3:::data/ml/x"),
    ("s3:ListBucket", "arn:aws:s3:::data"),
    ("s3:ListAllMyBuckets", "*"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{A}:secret:db-AbCdEf"),
    ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{A}:key/k1"),
    ("kms:RetireGrant", f"arn:aws:kms:eu-west-1:{A}:key/k1"),
    ("sts:AssumeRole", f"arn:aws:iam::{A}:role/target"),
    ("sts:TagSession", f"arn:aws:iam::{A}:role/target"),
    ("sts:AssumeRoleWithWebIdentity", f"arn:aws:iam::{A}:role/target"),
    ("sts:AssumeRoleWithSAML", f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{A}:function:ml"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{A}:ml"),
    ("iam:PassRole", f"arn:aws:iam::{A}:role/target"),
)
PRINCIPALS = (
    f"arn:aws:iam::{A}:user/ana",
    f"arn:aws:iam::{A}:role/ml",
    f"arn:aws:sts::{A}:assumed-role/ml/run",
    f"arn:aws:sts::{A}:federated-user/ana",
    f"arn:aws:iam::{A}:root",
    f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    f"arn:aws:iam::{B}:user/ana",
    f"arn:aws:sts::{B}:assumed-role/ml/run",
    f"arn:aws:iam::{B}:root",
    "sns.amazonaws.com",
    {"type": "Anonymous"},
    {"type": "Federated", "provider": GITHUB, "subject": "repo:acme/ml:ref:refs/heads/main"},
    {"type": "Federated", "provider": SAML, "subject": "ana"},
)
NAMES = (
    *("*", A, B, f"arn:aws:iam::{A}:root", f"arn:aws:iam::{B}:root", f"arn:aws:iam::{A}:user/ana"),
    *(f"arn:aws:iam::{A}:role/ml", f"arn:aws:sts::{A}:assumed-role/ml/run", f"arn:aws:sts::{A}:assumed-role/ml/walk"),
    *(f"arn:aws:sts::{A}:federated-user/ana", f"arn:aws:iam::{B}:user/ana", f"arn:aws:iam::{B}:role/ml"),
    f"arn:aws:iam::{A}:role/team/ml",
)
ACTIONS = (
    *(
        "*",
        "*",
        "*",
        "*",
        "*:*",
        "s3:*",
        "s3:*",
        "s3:Get*",
        "S3:getobject",
        "s3:?etObject",
        "s3:*Object",
        "s3:List*",
        "sts:*",
        "kms:*",
    ),
    *("sts:AssumeRole", "sts:AssumeRole*", "sts:*Session", "kms:Decrypt", "lambda:*", "secretsmanager:Get*"),
    *("sqs:SendMessage", "iam:*", "iam:Pass*", "sts:AssumeRoleWith*"),
)
RESOURCES = (
    *(
        "*",
        "*",
        "*",
        "*",
        "*",
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::data/*",
        "arn:aws:s3:::data",
        "arn:aws:s3:::data/?na/x",
    ),
    *("arn:aws:s3:::data/${aws:username}/*", "arn:aws:s3:::data/${aws:PrincipalTag/team}/*", "arn:aws:s3:::Data/*"),
    *("arn:aws:s3:::data/${aws:PrincipalTag/team, 'ml'}/x", "arn:aws:s3:::data/${*}", "arn:aws:s3", "arn:aws:k*s"),
    *("arn:aws:*:role/target", f"arn:aws:iam::{A}:role/*", "arn:aws:secretsmanager:eu*1:*:secret:*"),
    *("arn:aws:secretsmanager:*:*:secret:db-??????", f"arn:aws:kms:*:{A}:key/*", f"arn:aws:*:eu-west-1:{A}:*"),
    *("arn:aws:lambda:*:*:function:${aws:PrincipalTag/team}", "arn:aws:sqs:eu-*"),
)
TEAMS = ("ml", "ML", "web")
STRINGS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
SUB = "token.actions.githubusercontent.com:sub"


def _operator(*names: str) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(names), st.sampled_from(("", "", "IfExists"))).map("".join)


def _clause(
    operators: st.SearchStrategy[str], keys: tuple[str, ...], values: tuple[str, ...]
) -> st.SearchStrategy[Json]:
    several = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    value = st.one_of(st.sampled_from(values), several)
    return st.builds(lambda operator, key, found: {operator: {key: found}}, operators, st.sampled_from(keys), value)


_TEXTS = ("ml", "m*", "ML", "*", "${aws:PrincipalTag/team}", "${aws:username}", "${aws:PrincipalTag/team, 'web'}")
_SETS = ("ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotEquals",
         "ForAnyValue:StringNotEquals", "ForAllValues:StringLikeIfExists")  # fmt: skip
CLAUSES = st.one_of(
    _clause(_operator(*STRINGS), ("aws:PrincipalTag/team", "aws:ResourceTag/team", "AWS:principaltag/Team"), _TEXTS),
    _clause(st.sampled_from((*_SETS, "StringEquals")), ("aws:TagKeys",), ("ml", "web", "m*")),
    _clause(
        _operator("ArnEquals", "ArnLike", "ArnNotLike", "StringLike"),
        ("aws:PrincipalArn",),
        ("arn:aws:iam::*:role/ml", "arn:aws:*:ml", f"arn:aws:iam::{A}:*", "*"),
    ),
    _clause(_operator("StringEquals", "StringNotEquals"), ("aws:PrincipalAccount", "aws:ResourceAccount"), (A, B)),
    _clause(_operator("IpAddress", "NotIpAddress"), ("aws:SourceIp",), ("10.0.0.0/8", "192.0.2.7")),
    _clause(_operator("Bool"), ("aws:MultiFactorAuthPresent", "aws:PrincipalIsAWSService"), ("true", "false")),
    _clause(_operator("NumericLessThan", "NumericNotEquals"), ("s3:max-keys",), ("10", "9.5")),
    _clause(st.just("Null"), ("aws:PrincipalTag/team", "aws:username", "aws:SourceIp"), ("true", "false")),
    _clause(_operator("StringEquals", "StringNotLike"), ("aws:PrincipalOrgID",), ("o-1", "o-*")),
    _clause(_operator("StringEquals", "StringLike"), (SUB,), ("repo:acme/*", "repo:acme/ml:ref:refs/heads/main")),
)
VALUES: Json = {
    "aws:PrincipalTag/team": st.sampled_from(TEAMS),
    "aws:ResourceTag/team": st.sampled_from(TEAMS),
    "aws:TagKeys": st.lists(st.sampled_from(("ml", "web")), max_size=2, unique=True),
    "aws:SourceIp": st.sampled_from(("10.1.2.3", "192.0.2.7", "192.0.2.8")),
    "aws:MultiFactorAuthPresent": st.sampled_from(("true", "false")),
    "s3:max-keys": st.sampled_from(("9", "10", "9.50")),
    "aws:PrincipalOrgID": st.sampled_from(("o-1", "p-1")),
}
CONTEXTS = st.fixed_dictionaries({}, optional=VALUES)


@st.composite
def statements(draw: st.DrawFn, use: str, effect: str = "") -> Json:
    found: Json = {"Effect": effect or draw(st.sampled_from(("Allow",) * 5 + ("Deny",)))}
    if use in ("resource", "trust", "endpoint"):
        element = draw(st.sampled_from(("Principal",) * 6 + ("NotPrincipal",))) if use == "resource" else "Principal"
        found[element] = draw(_principal_elements(element))
    if use == "rcp":
        found |= {"Effect": "Deny", "Principal": "*"}
    negated = draw(st.integers(0, 9)) == 0
    several = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
    found["NotAction" if negated and use != "trust" else "Action"] = draw(several)
    if use != "trust":
        negated = draw(st.integers(0, 9)) == 0
        several = st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2)
        found["NotResource" if negated else "Resource"] = draw(several)
    for clause in draw(st.lists(CLAUSES, max_size=2)):
        for operator, keys in clause.items():
            found.setdefault("Condition", {}).setdefault(operator, {}).update(keys)
    return found


def _principal_elements(element: str) -> st.SearchStrategy[Any]:
    names = st.lists(st.sampled_from(NAMES[1:] if element == "NotPrincipal" else NAMES), min_size=1, max_size=3)
    named = names.map(lambda found: {"AWS": found})
    if element == "NotPrincipal":
        return named
    others = st.sampled_from(({"Service": "sns.amazonaws.com"}, {"Federated": GITHUB}, {"Federated": SAML}, "*"))
    return st.one_of(named, named, others)


def documents(use: str, most: int = 3) -> st.SearchStrategy[Json]:
    version = st.sampled_from(("2012-10-17",) * 5 + ("2008-10-17",))
    several = st.lists(statements(use), min_size=1, max_size=most)
    return st.builds(lambda v, s: {"Version": v, "Statement": s}, version, several)


FULL: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

MOSTLY_FULL = st.one_of(st.just(FULL), documents("identity"))


@st.composite
def requests(draw: st.DrawFn, contexts: st.SearchStrategy[Json] = CONTEXTS) -> Json:
    action, resource = draw(st.sampled_from(CALLS))
    principal = draw(st.sampled_from(PRINCIPALS))
    found: Json = {"id": "x", "principal": principal, "action": action, "resource": resource}
    found |= {"resource_account": A, "context": draw(contexts)}
    found |= draw(_own_policies(principal))
    if resource != "*" and action != "iam:PassRole" and draw(st.integers(0, 3)):
        found["resource_policy"] = draw(documents("trust" if action.startswith("sts:") else "resource"))
    found |= draw(_ceilings())
    if action.startswith("s3:") and not draw(st.integers(0, 3)):
        found["s3_block_public_access"] = True
    if action.startswith("kms:") and not draw(st.integers(0, 3)):
        grantee = draw(st.sampled_from(NAMES[5:8]))
        found["kms_grants"] = [{"GranteePrincipal": grantee, "Operations": [action.partition(":")[2]]}]
    return found


@st.composite
def _own_policies(draw: st.DrawFn, principal: Any) -> Json:
    """What only identities have: policies, a boundary (users and roles), a session policy (roles, federated users)."""
    if not isinstance(principal, str) or not principal.startswith("arn:") or principal.endswith(":root"):
        return {}
    found: Json = {"identity_policies": draw(st.lists(MOSTLY_FULL, max_size=2))}
    if not draw(st.integers(0, 4)):
        found["boundary"] = draw(MOSTLY_FULL)
    if ":user/" not in principal and not draw(st.integers(0, 4)):
        found["session_policy"] = draw(MOSTLY_FULL)
    return found


@st.composite
def _ceilings(draw: st.DrawFn) -> Json:
    found: Json = {}
    if not draw(st.integers(0, 4)):
        levels = st.lists(MOSTLY_FULL, min_size=1, max_size=2)
        found["scps"] = draw(st.lists(levels, min_size=1, max_size=2))
    if not draw(st.integers(0, 4)):
        found["rcps"] = [[draw(documents("rcp", 2))]]
    if not draw(st.integers(0, 9)):
        found["endpoint_policies"] = [draw(documents("endpoint"))]
    return found
