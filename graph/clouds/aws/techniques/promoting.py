"""Principal access: ways of making a role or user administrator and then becoming it, by any technique there is."""

from __future__ import annotations

from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, MOVES, Need, Place, Rule, Shape
from graph.clouds.aws.techniques import directory, hosting, passing, taking
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, Entry
from graph.model import Strength

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_ADMINISTRATOR = (("iam:PolicyARN", (ADMINISTRATOR_POLICY,)),)
_BECOMING = tuple(
    entry.rule
    for entry in (*taking.ENTRIES, *directory.ENTRIES, *passing.ENTRIES, *hosting.ENTRIES)
    if entry.strength is Strength.BECOMES and entry.rule.shape in MOVES
)

_BECOME = "A role or user that the source is able to become, by any technique or chain of them."


def _through(kind: str, *rights: Need) -> Rule:
    """Rights for a role or user that one becomes by any technique."""
    return Rule(Shape.OWN_THROUGH, kind, tuple((right,) for right in rights), then=_BECOMING)


ENTRIES = (
    Entry(
        key="aws.attach-role-policy-assume",
        title="Make a role administrator and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:role", Need("iam:AttachRolePolicy", "iam:role", given=_ADMINISTRATOR)),
        sentence="{source} can attach AdministratorAccess to {via}, become it, and so own {target}",
        gives="administrator of the account, through a role that it can become",
        fix="Condition iam:AttachRolePolicy on iam:PolicyARN, or keep it off roles that others may assume.",
        page=f"{_REFERENCE}/API_AttachRolePolicy.html",
        known_as=("iam-014", "iam-019"),
        answers=("AWS-T028", "AWS-T029"),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.put-role-policy-assume",
        title="Write a role's inline policy and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:role", Need("iam:PutRolePolicy", "iam:role")),
        sentence="{source} can write an inline policy of {via}, become it, and so own {target}",
        gives="administrator of the account, through a role that it can become",
        fix="Take iam:PutRolePolicy away, or condition it on a boundary (iam:PermissionsBoundary).",
        page=f"{_REFERENCE}/API_PutRolePolicy.html",
        known_as=("iam-017", "iam-021"),
        answers=("AWS-T041", "AWS-T042"),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.policy-version-assume",
        title="Rewrite a policy attached to a role and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:role", Need("iam:CreatePolicyVersion", "iam:policy", Place.POLICY_OF)),
        sentence="{source} can rewrite a policy attached to {via}, become it, and so own {target}",
        gives="administrator of the account, through a role that it can become",
        fix="Narrow iam:CreatePolicyVersion to policies that are attached to nobody else's roles.",
        page=f"{_REFERENCE}/API_CreatePolicyVersion.html",
        known_as=("iam-016", "iam-020"),
        answers=("AWS-T037", "AWS-T038"),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.sso-widen-set",
        title="Widen a permission set and become one of its roles",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.OWN_THROUGH,
            "iam:role",
            (
                directory.in_force("sso:AttachManagedPolicyToPermissionSet", Place.HOST),
                directory.in_force("sso:PutInlinePolicyToPermissionSet", Place.HOST),
            ),
            then=_BECOMING,
        ),
        sentence="{source} can widen the permission set behind {via}, become it, and so own {target}",
        gives="administrator of every account in which it becomes a role of the permission set",
        fix="Narrow who may write permission sets, and who may assign them, so that nobody may do both.",
        page="https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ProvisionPermissionSet.html",
        answers=("AWS-T022", "AWS-T024"),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.attach-user-policy-key",
        title="Make a user administrator and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:user", Need("iam:AttachUserPolicy", "iam:user", given=_ADMINISTRATOR)),
        sentence="{source} can attach AdministratorAccess to {via}, become it, and so own {target}",
        gives="administrator of the account, through a user that it can become",
        fix="Condition iam:AttachUserPolicy on iam:PolicyARN, and narrow iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_AttachUserPolicy.html",
        known_as=("iam-015",),
        answers=("AWS-T030",),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.put-user-policy-key",
        title="Write a user's inline policy and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:user", Need("iam:PutUserPolicy", "iam:user")),
        sentence="{source} can write an inline policy of {via}, become it, and so own {target}",
        gives="administrator of the account, through a user that it can become",
        fix="Take iam:PutUserPolicy away, and narrow iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_PutUserPolicy.html",
        known_as=("iam-018",),
        answers=("AWS-T034",),
        attack=("T1098.003",),
        prerequisites=_BECOME,
    ),
    Entry(
        key="aws.policy-version-key",
        title="Rewrite a policy attached to a user and become it",
        family=PRINCIPAL_ACCESS,
        rule=_through("iam:user", Need("iam:CreatePolicyVersion", "iam:policy", Place.POLICY_OF)),
        sentence="{source} can rewrite a policy attached to {via}, become it, and so own {target}",
        gives="administrator of the account, through a user that it can become",
        fix="Narrow iam:CreatePolicyVersion to policies attached to nobody, and iam:CreateAccessKey to one's own user.",
        page=f"{_REFERENCE}/API_CreatePolicyVersion.html",
    ),
    Entry(
        key="aws.group-policy-key",
        title="Widen a user's group and become the user",
        family=PRINCIPAL_ACCESS,
        rule=_through(
            "iam:user",
            Need("iam:AttachGroupPolicy", "iam:group", Place.GROUP_OF, _ADMINISTRATOR),
            Need("iam:PutGroupPolicy", "iam:group", Place.GROUP_OF),
        ),
        sentence="{source} can widen a group of {via}, become it, and so own {target}",
        gives="administrator of the account, through a user that it can become",
        fix="Take iam:PutGroupPolicy away, condition iam:AttachGroupPolicy on iam:PolicyARN, and narrow key making.",
        page=f"{_REFERENCE}/API_PutGroupPolicy.html",
    ),
)
