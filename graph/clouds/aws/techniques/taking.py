"""Principal access: ways of being another user or role by its own credentials or trust."""

from __future__ import annotations

from graph.clouds.aws.rules.language import UNTAGGED, Conjunction, Need, Rule, Shape, Supply
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, Entry
from graph.model import Strength

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"

# Session tags can be passed only by whoever may tag sessions, and inherited ones need the same.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
_ASSUME = (
    (Need("sts:AssumeRole", "iam:role", given=UNTAGGED),),
    (Need("sts:AssumeRole", "iam:role"), Need("sts:TagSession", "iam:role")),
)
_NEW_KEY = Need("iam:CreateAccessKey", "iam:user")
# A role that names a user or role of its own account needs no grant of sts:AssumeRole from that identity's policies;
# a denial, or the boundary of a role, still stops it.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
_RETRUST: Conjunction = (
    Need("iam:UpdateAssumeRolePolicy", "iam:role"),
    Need("sts:AssumeRole", "iam:role", supply=Supply.RESOURCE),
)

ENTRIES = (
    Entry(
        key="aws.assume-role",
        title="Assume a role",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", _ASSUME),
        sentence="{source} can assume {target}",
        gives="a session as the role, in the same account or across accounts",
        fix="Name in the role's trust policy only who needs it, and narrow sts:AssumeRole to those roles.",
        page=f"{_GUIDE}/id_roles_use.html",
        known_as=("sts-001",),
    ),
    Entry(
        key="aws.assume-role-web-identity",
        title="Assume a role with an OIDC token",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithWebIdentity", "iam:role"),),), token=True),
        sentence="{source} can assume {target} with a token of its identity provider",
        gives="a session as the role for whoever holds a token whose audience and subject the trust policy accepts",
        fix="Pin both the audience (aud) and the subject (sub) in the trust policy to the one workload that needs it.",
        page=f"{_GUIDE}/id_roles_providers_create_oidc.html",
    ),
    Entry(
        key="aws.assume-role-saml",
        title="Assume a role with a SAML assertion",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithSAML", "iam:role"),),), token=True),
        sentence="{source} can assume {target} with an assertion of its identity provider",
        gives="a session as the role for whoever the identity provider vouches for",
        fix="Pin SAML:aud and the attributes that name the people in the trust policy.",
        page=f"{_GUIDE}/id_roles_providers_saml.html",
    ),
    Entry(
        key="aws.create-access-key",
        title="Make an access key for a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:user", ((_NEW_KEY,),)),
        sentence="{source} can make an access key for {target}",
        gives="a long-lived credential of the user (a user who holds two already must lose one first)",
        fix="Allow iam:CreateAccessKey only on one's own user: arn:aws:iam::*:user/${aws:username}.",
        page=f"{_REFERENCE}/API_CreateAccessKey.html",
        known_as=("iam-002", "iam-003"),
    ),
    Entry(
        key="aws.create-login-profile",
        title="Give a user a console password",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME, "iam:user", ((Need("iam:CreateLoginProfile", "iam:user"),),), where=(("password", False),)
        ),
        sentence="{source} can give {target} a console password",
        gives="console access as a user that has no password yet",
        fix="Take iam:CreateLoginProfile away, or narrow it to the users that are managed this way.",
        page=f"{_REFERENCE}/API_CreateLoginProfile.html",
        known_as=("iam-004",),
    ),
    Entry(
        key="aws.update-login-profile",
        title="Change a user's console password",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.BECOME, "iam:user", ((Need("iam:UpdateLoginProfile", "iam:user"),),), where=(("password", True),)
        ),
        sentence="{source} can set a new console password for {target}",
        gives="console access as a user that has a password (its second factor, if any, still stands)",
        fix="Take iam:UpdateLoginProfile away, or narrow it; let users change their own with iam:ChangePassword.",
        page=f"{_REFERENCE}/API_UpdateLoginProfile.html",
        known_as=("iam-006",),
    ),
    Entry(
        key="aws.create-service-credential",
        title="Make a Bedrock API key for a user",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:user", ((Need("iam:CreateServiceSpecificCredential", "iam:user"),),)),
        sentence="{source} can make a long-lived Bedrock API key of {target}",
        gives="use of what the user may do in Bedrock, CodeCommit or Keyspaces, not the user itself",
        fix="Deny iam:CreateServiceSpecificCredential in an SCP, or narrow it to the users that need one.",
        page="https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
        strength=Strength.USES,
    ),
    Entry(
        key="aws.update-trust",
        title="Rewrite a role's trust policy",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", (_RETRUST,)),
        sentence="{source} can rewrite the trust policy of {target} and then assume it",
        gives="a session as the role",
        fix="Take iam:UpdateAssumeRolePolicy away from everybody who does not manage roles.",
        page=f"{_REFERENCE}/API_UpdateAssumeRolePolicy.html",
        known_as=("iam-012",),
        answers=("AWS-T167",),
        attack=("T1098", "T1078.004"),
        prerequisites="A role that is not linked to a service.",
    ),
)
