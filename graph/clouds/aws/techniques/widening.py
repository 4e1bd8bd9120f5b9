"""Self-escalation: ways of widening one's own rights. They lead to the account only where limits let them."""

from __future__ import annotations

from graph.clouds.aws.policy.context import Like
from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Given, Need, Place, Rule, Shape
from graph.clouds.aws.techniques.directory import SET, in_force
from graph.clouds.aws.techniques.entry import PRINCIPAL_ACCESS, SELF_ESCALATION, Entry

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_ADMINISTRATOR = (("iam:PolicyARN", (ADMINISTRATOR_POLICY,)),)
# A policy of the account, which one has written oneself.
_OF_ONES_OWN: Given = (("iam:PolicyARN", (Like("arn:aws:iam::{account}:policy/*"),)),)
_WITHOUT_LIMIT = ("*",)


def _widen(action: str, kind: str, place: Place = Place.SELF, attached: bool = False) -> Rule:
    need = Need(action, kind, place, _ADMINISTRATOR if attached else ())
    own = (Need("iam:CreatePolicy", "iam:policy", Place.NEW), Need(action, kind, place, _OF_ONES_OWN))
    return Rule(Shape.WIDEN, kind, ((need,), own) if attached else ((need,),), gains=_WITHOUT_LIMIT)


def _entry(key: str, title: str, rule: Rule, does: str, fix: str, known_as: str, *answers: str) -> Entry:
    action = rule.any_of[0][0].action.partition(":")[2]
    return Entry(
        key=key,
        title=title,
        family=SELF_ESCALATION,
        rule=rule,
        sentence=f"{{source}} can {does}",
        gives="every right that its boundary and its organization let through; administrator where they forbid nothing",
        fix=fix,
        page=f"{_REFERENCE}/API_{action}.html",
        known_as=(known_as,),
        answers=answers,
        attack=("T1098.003",),
        prerequisites="The source is such an identity itself; a session of a reserved role cannot write its policies.",
    )


_BY_POLICY = "Condition it on iam:PolicyARN so that only harmless policies can be attached, or take it away."
_INLINE = "Take it away, or set a boundary that forbids the identity to write its own policies."

ENTRIES = (
    _entry(
        "aws.attach-own-user-policy",
        "Attach AdministratorAccess to oneself (user)",
        _widen("iam:AttachUserPolicy", "iam:user", attached=True),
        "attach AdministratorAccess to itself",
        _BY_POLICY,
        "iam-008",
        "AWS-T006",
        "AWS-T008",
    ),
    _entry(
        "aws.attach-own-role-policy",
        "Attach AdministratorAccess to oneself (role)",
        _widen("iam:AttachRolePolicy", "iam:role", attached=True),
        "attach AdministratorAccess to itself",
        _BY_POLICY,
        "iam-009",
        "AWS-T004",
    ),
    _entry(
        "aws.attach-own-group-policy",
        "Attach AdministratorAccess to an own group",
        _widen("iam:AttachGroupPolicy", "iam:group", Place.OWN_GROUP, attached=True),
        "attach AdministratorAccess to a group it is in",
        _BY_POLICY,
        "iam-010",
        "AWS-T003",
    ),
    _entry(
        "aws.put-own-user-policy",
        "Write one's own inline policy (user)",
        _widen("iam:PutUserPolicy", "iam:user"),
        "write its own inline policy",
        _INLINE,
        "iam-007",
        "AWS-T001",
        "AWS-T011",
        "AWS-T014",
    ),
    _entry(
        "aws.put-own-role-policy",
        "Write one's own inline policy (role)",
        _widen("iam:PutRolePolicy", "iam:role"),
        "write its own inline policy",
        _INLINE,
        "iam-005",
        "AWS-T011",
        "AWS-T013",
    ),
    _entry(
        "aws.put-own-group-policy",
        "Write the inline policy of an own group",
        _widen("iam:PutGroupPolicy", "iam:group", Place.OWN_GROUP),
        "write the inline policy of a group it is in",
        _INLINE,
        "iam-011",
        "AWS-T012",
    ),
    _entry(
        "aws.own-policy-version",
        "Rewrite a policy attached to oneself",
        _widen("iam:CreatePolicyVersion", "iam:policy", Place.OWN_POLICY),
        "rewrite a managed policy attached to itself or to a group it is in",
        "Narrow iam:CreatePolicyVersion to policies that are not attached to whoever holds it.",
        "iam-001",
        "AWS-T009",
    ),
    Entry(
        key="aws.sso-widen-own-set",
        title="Widen the permission set one comes from",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.WIDEN,
            SET,
            (
                in_force("sso:AttachManagedPolicyToPermissionSet", Place.OWN_SET),
                in_force("sso:PutInlinePolicyToPermissionSet", Place.OWN_SET),
            ),
            gains=_WITHOUT_LIMIT,
        ),
        sentence="{source} can widen the permission set it comes from, and provision it",
        gives="every right that its boundary and its organization let through; administrator where they forbid nothing",
        fix="Narrow who may write permission sets to sets that none of them is assigned.",
        page="https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html",
        answers=("AWS-T022", "AWS-T024"),
        attack=("T1098.003",),
        prerequisites="A role that comes from a permission set of the same Identity Center instance.",
    ),
    Entry(
        key="aws.sso-reference-own-set",
        title="Refer to another policy in the permission set one comes from",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.WIDEN,
            SET,
            (in_force("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", Place.OWN_SET),),
            gains=_WITHOUT_LIMIT,
            supposes="a policy of that name in the account allows everything",
        ),
        sentence="{source} can have the permission set it comes from refer to another customer managed policy",
        gives="what a customer managed policy of the account allows, of whatever name is chosen",
        fix="Narrow who may write permission sets to sets that none of them is assigned.",
        page="https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html",
        answers=("AWS-T021",),
        attack=("T1098.003",),
        prerequisites="A customer managed policy in the account that allows more than the permission set does.",
    ),
    Entry(
        key="aws.lake-formation-grant",
        title="Grant oneself the data lake as its administrator",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.ADD,
            "lakeformation:administrators",
            ((Need("lakeformation:GrantPermissions", "", Place.SOME),),),
            gains=("every right on every table of the data lake",),
            office="lakeformation:administrators",
        ),
        sentence="{source} can grant itself rights on any table of the data lake",
        gives="reading and writing what Lake Formation guards, whatever was granted before",
        fix="Keep lakeformation:GrantPermissions to few administrators, who are watched.",
        page="https://docs.aws.amazon.com/lake-formation/latest/dg/permissions-reference.html",
        answers=("AWS-T019",),
        attack=("T1098", "T1530"),
        prerequisites="The source is an administrator of the data lake.",
    ),
    Entry(
        key="aws.lake-formation-settings",
        title="Make oneself administrator of the data lake",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.ADD,
            "lakeformation:administrators",
            ((Need("lakeformation:PutDataLakeSettings", "", Place.SOME),),),
            gains=("administration of the data lake",),
        ),
        sentence="{source} can make itself administrator of the data lake",
        gives="granting itself every table that Lake Formation guards",
        fix="Take lakeformation:PutDataLakeSettings away from whoever does not administer the data lake.",
        page="https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_PutDataLakeSettings.html",
        answers=("AWS-T020",),
        attack=("T1098", "T1530"),
        prerequisites="Tables that Lake Formation guards.",
    ),
    Entry(
        key="aws.federation-token",
        title="Keep a session that outlives its key",
        family=PRINCIPAL_ACCESS,
        rule=Rule(
            Shape.ADD,
            "iam:user",
            ((Need("sts:GetFederationToken", "sts:federated-user", Place.NEW),),),
            gains=("up to 36 hours of its own rights after its key is gone",),
        ),
        sentence="{source} can open a session that goes on when its key is deleted",
        gives="nothing that the user may not do already: only time, until the user itself is denied or deleted",
        fix="Deny sts:GetFederationToken in an SCP; when a key leaks, deny the user and not only the key.",
        page="https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html",
        answers=("AWS-T053",),
        attack=("T1550.001", "T1098"),
        prerequisites="A user with a long-lived key: no session can call it.",
    ),
    Entry(
        key="aws.join-group",
        title="Add oneself to a group",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.JOIN,
            "iam:group",
            ((Need("iam:AddUserToGroup", "iam:group"),),),
            gains=("what the policies of the group allow",),
        ),
        sentence="{source} can add itself to {via}",
        gives="what the group's policies allow; administrator if the group is one and no limit forbids it",
        fix="Narrow iam:AddUserToGroup to the groups that its holder may fill.",
        page=f"{_REFERENCE}/API_AddUserToGroup.html",
        known_as=("iam-013",),
        answers=("AWS-T002",),
        attack=("T1098.003", "T1098.007"),
        prerequisites="The source is a user; a group that allows more than it has.",
    ),
)
