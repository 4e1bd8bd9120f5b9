"""Principal access: ways of being another user or role by its own credentials or trust."""

from __future__ import annotations

from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Conjunction, Need, Place, Rule, Shape, Supply
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, Entry
from graph.model import Strength

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_ADMINISTRATOR = (("iam:PolicyARN", (ADMINISTRATOR_POLICY,)),)

_ASSUME = Need("sts:AssumeRole", "iam:role")
_NEW_KEY = Need("iam:CreateAccessKey", "iam:user")
# A role that names a user or role of its own account needs no grant of sts:AssumeRole from that identity's policies;
# a denial, or the boundary of a role, still stops it.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
_RETRUST: Conjunction = (
    Need("iam:UpdateAssumeRolePolicy", "iam:role"),
    Need("sts:AssumeRole", "iam:role", supply=Supply.RESOURCE),
)


def _through_role(*rights: Need) -> Rule:
    """Rights for a role that one may assume, or make assumable."""
    return Rule(
        Shape.OWN_THROUGH, "iam:role", tuple(way for right in rights for way in ((right, _ASSUME), (right, *_RETRUST)))
    )


def _through_user(*rights: Need) -> Rule:
    return Rule(Shape.OWN_THROUGH, "iam:user", tuple((right, _NEW_KEY) for right in rights))


ENTRIES = (
    Entry(
        key="aws.assume-role",
        title="Assume a role",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((_ASSUME,),)),
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
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithWebIdentity", "iam:role"),),)),
        sentence="{source} can assume {target} with a token of its identity provider",
        gives="a session as the role for whoever holds a token whose audience and subject the trust policy accepts",
        fix="Pin both the audience (aud) and the subject (sub) in the trust policy to the one workload that needs it.",
        page=f"{_GUIDE}/id_roles_providers_create_oidc.html",
    ),
    Entry(
        key="aws.assume-role-saml",
        title="Assume a role with a SAML assertion",
        family=PRINCIPAL_ACCESS,
        rule=Rule(Shape.BECOME, "iam:role", ((Need("sts:AssumeRoleWithSAML", "iam:role"),),)),
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
    ),
    Entry(
        key="aws.attach-role-policy-assume",
        title="Make a role administrator and assume it",
        family=PRINCIPAL_ACCESS,
        rule=_through_role(Need("iam:AttachRolePolicy", "iam:role", given=_ADMINISTRATOR)),
        sentence="{source} can attach AdministratorAccess to {via}, assume it, and so own {target}",
        gives="administrator of the account, through a role it may assume or make assumable",
        fix="Condition iam:AttachRolePolicy on iam:PolicyARN, or keep it off roles that others may assume.",
        page=f"{_REFERENCE}/API_AttachRolePolicy.html",
        known_as=("iam-014", "iam-019"),
    ),
    Entry(
        key="aws.put-role-policy-assume",
        title="Write a role's inline policy and assume it",
        family=PRINCIPAL_ACCESS,
        rule=_through_role(Need("iam:PutRolePolicy", "iam:role")),
        sentence="{source} can write an inline policy of {via}, assume it, and so own {target}",
        gives="administrator of the account, through a role it may assume or make assumable",
        fix="Take iam:PutRolePolicy away, or condition it on a boundary (iam:PermissionsBoundary).",
        page=f"{_REFERENCE}/API_PutRolePolicy.html",
        known_as=("iam-017", "iam-021"),
    ),
    Entry(
        key="aws.policy-version-assume",
        title="Rewrite a policy attached to a role and assume it",
        family=PRINCIPAL_ACCESS,
        rule=_through_role(Need("iam:CreatePolicyVersion", "iam:policy", Place.POLICY_OF)),
        sentence="{source} can rewrite a policy attached to {via}, assume it, and so own {target}",
        gives="administrator of the account, through a role it may assume or make assumable",
        fix="Narrow iam:CreatePolicyVersion to policies that are attached to nobody else's roles.",
        page=f"{_REFERENCE}/API_CreatePolicyVersion.html",
        known_as=("iam-016", "iam-020"),
    ),
    Entry(
        key="aws.attach-user-policy-key",
        title="Make a user administrator and take a key of it",
        family=PRINCIPAL_ACCESS,
        rule=_through_user(Need("iam:AttachUserPolicy", "iam:user", given=_ADMINISTRATOR)),
        sentence="{source} can attach AdministratorAccess to {via}, make a key for it, and so own {target}",
        gives="administrator of the account, through an existing user",
        fix="Condition iam:AttachUserPolicy on iam:PolicyARN, and narrow iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_AttachUserPolicy.html",
        known_as=("iam-015",),
    ),
    Entry(
        key="aws.put-user-policy-key",
        title="Write a user's inline policy and take a key of it",
        family=PRINCIPAL_ACCESS,
        rule=_through_user(Need("iam:PutUserPolicy", "iam:user")),
        sentence="{source} can write an inline policy of {via}, make a key for it, and so own {target}",
        gives="administrator of the account, through an existing user",
        fix="Take iam:PutUserPolicy away, and narrow iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_PutUserPolicy.html",
        known_as=("iam-018",),
    ),
    Entry(
        key="aws.policy-version-key",
        title="Rewrite a policy attached to a user and take a key of it",
        family=PRINCIPAL_ACCESS,
        rule=_through_user(Need("iam:CreatePolicyVersion", "iam:policy", Place.POLICY_OF)),
        sentence="{source} can rewrite a policy attached to {via}, make a key for it, and so own {target}",
        gives="administrator of the account, through an existing user",
        fix="Narrow iam:CreatePolicyVersion to policies attached to nobody, and iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_CreatePolicyVersion.html",
    ),
    Entry(
        key="aws.group-policy-key",
        title="Widen a user's group and take a key of the user",
        family=PRINCIPAL_ACCESS,
        rule=_through_user(
            Need("iam:AttachGroupPolicy", "iam:group", Place.GROUP_OF, _ADMINISTRATOR),
            Need("iam:PutGroupPolicy", "iam:group", Place.GROUP_OF),
        ),
        sentence="{source} can widen a group of {via}, make a key for it, and so own {target}",
        gives="administrator of the account, through an existing user",
        fix="Take iam:PutGroupPolicy away, condition iam:AttachGroupPolicy on iam:PolicyARN, and narrow key making.",
        page=f"{_REFERENCE}/API_PutGroupPolicy.html",
    ),
)
