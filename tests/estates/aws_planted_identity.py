"""Scenes of the planted estate about identities: becoming another one, widening oneself, taking off what limits."""

from __future__ import annotations

from graph.clouds.aws.demo.calls import Answer, allow, deny, trust
from tests.estates.aws_planted_stage import STRANGER, Stage, scene

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
GITHUB = "token.actions.githubusercontent.com"


@scene("the role trusts its account and the user may assume it", "the role trusts another user only")
def assume_role(s: Stage) -> None:
    other = trust({"AWS": s.a.arn("iam", "user/nobody-in-particular")})
    role = s.role(s.home_trust() if s.good else other)
    s.attacker(allow("sts:AssumeRole", role))


@scene("two roles, one after the other", "the second role does not let the first one in")
def assume_chain(s: Stage) -> None:
    first = s.a.arn("iam", f"role/{s.name}-first")
    second = s.role(trust({"AWS": s.pick(first, s.a.arn("iam", f"role/{s.name}-stranger"))}))
    s.role(s.home_trust(), allow("sts:AssumeRole", second), suffix="first")
    s.attacker(allow("sts:AssumeRole", first))


@scene("the other account lets this one in, and this one lets the user out", "nothing here lets the user out")
def cross_account(s: Stage) -> None:
    secret = s.b.secret(f"{s.name}/prize")
    role = s.b.role(f"{s.name}-role", s.home_trust(), allow("secretsmanager:GetSecretValue", secret))
    s.attacker(allow("sts:AssumeRole", s.pick(role, f"{role}-other")))
    s.wins(target=secret)
    s.beyond("read_secrets", secret, even_so=True)  # the role lets in all of the account, which an owner may grant


@scene("the role is open to any account of the world", "it asks for the account of a neighbour")
def open_trust(s: Stage) -> None:
    ours: Answer = {} if s.good else {"StringEquals": {"aws:PrincipalAccount": s.b.number}}
    s.role(trust({"AWS": "*"}, **ours))
    s.wins(who="arn:aws:iam::*:root")


@scene("a partner's account is let in as it is", "the partner was let in to a role that nobody gave anything")
def partner_trust(s: Stage) -> None:
    partner = STRANGER if s.good else "888888888888"
    statements = () if s.good else (allow("ec2:DescribeRegions"),)
    s.role(trust({"AWS": f"arn:aws:iam::{partner}:root"}), *statements)
    s.wins(who=f"arn:aws:iam::{partner}:root")


@scene("any repository of the organization may become the role", "it takes the tokens of another audience only")
def github_any(s: Stage) -> None:
    provider = s.a.arn("iam", f"oidc-provider/{GITHUB}")
    listed = s.a.answers.get(("global", "iam-list-open-id-connect-providers", ()), {})
    if not listed:
        s.a.append("iam-list-open-id-connect-providers", "OpenIDConnectProviderList", {"Arn": provider}, "global")
        about = {"Url": GITHUB, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": []}
        s.a.put("iam-get-open-id-connect-provider", about, provider, region="global")
    audience = {f"{GITHUB}:aud": s.pick("sts.amazonaws.com", "nobody.example")}
    subject = {f"{GITHUB}:sub": f"repo:planted/{s.name}:*"}
    web = trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", StringEquals=audience, StringLike=subject)
    s.role(web)
    s.wins(who=f"federated:{provider}|sts.amazonaws.com|repo:planted/{s.name}:*")


@scene("a key of a user that reads it can be made", "keys can be made for users with another tag only")
def create_key(s: Stage) -> None:
    s.a.user(f"{s.name}-victim", s.reads(), team="data")
    tag = {"aws:ResourceTag/team": s.pick("data", "web")}
    s.attacker(allow("iam:CreateAccessKey", s.a.arn("iam", f"user/{s.name}-victim"), StringEquals=tag))


@scene("a user without a password can be given one", "that is denied")
def create_password(s: Stage) -> None:
    victim = s.a.arn("iam", f"user/{s.name}-victim")
    s.a.user(f"{s.name}-victim", s.reads())
    more = () if s.good else (deny("iam:CreateLoginProfile", victim),)
    s.attacker(allow("iam:CreateLoginProfile", victim), *more)


@scene("the trust of a role can be rewritten", "the organization denies that")
def update_trust(s: Stage) -> None:
    role = s.role("ec2.amazonaws.com")
    s.attacker(allow("iam:UpdateAssumeRolePolicy", role))


@scene("a role can be made administrator and be assumed", "the role's boundary lets nothing through")
def attach_and_assume(s: Stage) -> None:
    limit = "" if s.good else s.a.managed(f"{s.name}-limit", allow("ec2:Describe*"))
    role = s.role(s.home_trust(), allow("ec2:DescribeRegions"), boundary=limit)
    s.attacker(allow(["iam:AttachRolePolicy", "sts:AssumeRole"], role))
    s.owns()


@scene("the attached policy can be any", "only harmless ones can be attached")
def attach_own(s: Stage) -> None:
    harmless = {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    only: Answer = {} if s.good else {"ArnEquals": harmless}
    s.attacker(allow("iam:AttachUserPolicy", s.who, **only))
    s.owns()


@scene("it may write its own policy", "its boundary leaves it no more than that")
def put_own(s: Stage) -> None:
    limit = "" if s.good else s.a.managed(f"{s.name}-limit", allow("iam:PutUserPolicy"))
    s.attacker(allow("iam:PutUserPolicy", s.who), boundary=limit)
    s.owns()


@scene("a policy that it holds can be rewritten", "the policy is held by nobody")
def own_version(s: Stage) -> None:
    held = s.a.managed(f"{s.name}-policy", allow("ec2:DescribeRegions"))
    s.attacker(allow("iam:CreatePolicyVersion", held), managed=[held] if s.good else [])
    s.owns()


@scene("it can join a group of administrators", "the group it can join describes regions")
def join_group(s: Stage) -> None:
    s.a.group(
        f"{s.name}-group",
        *(() if s.good else (allow("ec2:DescribeRegions"),)),
        managed=[ADMINISTRATOR] if s.good else [],
    )
    s.attacker(allow("iam:AddUserToGroup", s.a.arn("iam", f"group/{s.name}-group")))
    s.owns()


@scene("it can make a user, give it everything and a key", "new users must have a boundary")
def new_administrator(s: Stage) -> None:
    limit: Answer = {} if s.good else {"StringEquals": {"iam:PermissionsBoundary": s.a.arn("iam", "policy/none-such")}}
    s.attacker(
        allow(["iam:CreateUser", "iam:AttachUserPolicy"], "*", **limit),
        allow("iam:CreateAccessKey", s.a.arn("iam", "user/*-fresh")),
    )
    s.administers()


@scene("its boundary can be taken off, and its policy reads the prize", "the boundary forbids to take it off")
def drop_boundary(s: Stage) -> None:
    rights = ["iam:DeleteUserPermissionsBoundary"] if s.good else ["ec2:DescribeRegions"]
    limit = s.a.managed(f"{s.name}-limit", allow(rights))
    helper = s.role(s.home_trust(), s.reads())
    s.attacker(allow("iam:DeleteUserPermissionsBoundary", s.who), allow("sts:AssumeRole", helper), boundary=limit)


@scene("the policy that denies can be detached", "the denial is in its own inline policy")
def detach_denial(s: Stage) -> None:
    role = s.role(s.home_trust())
    denial = s.a.managed(f"{s.name}-denial", deny("sts:AssumeRole", role))
    inline = () if s.good else (deny("sts:AssumeRole", role),)
    s.attacker(allow("sts:AssumeRole", role), allow("iam:DetachUserPolicy", s.who), *inline, managed=[denial])


@scene("the role is assumed with a tag that opens the secret", "the trust lets nobody set tags", "read_secrets")
def session_tag(s: Stage) -> None:
    opened = {"aws:PrincipalTag/project": f"{s.name}-project"}
    actions = ["sts:AssumeRole", "sts:TagSession"] if s.good else ["sts:AssumeRole"]
    home = {"Effect": "Allow", "Principal": {"AWS": s.a.arn("iam", "root")}, "Action": actions}
    reads = allow("secretsmanager:GetSecretValue", s.prize, StringEquals=opened)
    role = s.role(home, reads)
    s.attacker(allow(["sts:AssumeRole", "sts:TagSession"], role))
