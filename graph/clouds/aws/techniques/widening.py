"""Self-escalation: ways of widening one's own rights. They lead to the account only where limits let them."""

from __future__ import annotations

from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Need, Place, Rule, Shape
from graph.clouds.aws.techniques.entry import SELF_ESCALATION, Entry

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_ADMINISTRATOR = (("iam:PolicyARN", (ADMINISTRATOR_POLICY,)),)
_WITHOUT_LIMIT = ("*",)


def _widen(action: str, kind: str, place: Place = Place.SELF, attached: bool = False) -> Rule:
    need = Need(action, kind, place, _ADMINISTRATOR if attached else ())
    return Rule(Shape.WIDEN, kind, ((need,),), gains=_WITHOUT_LIMIT)


def _entry(key: str, title: str, rule: Rule, does: str, fix: str, *known_as: str) -> Entry:
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
        known_as=known_as,
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
    ),
    _entry(
        "aws.attach-own-role-policy",
        "Attach AdministratorAccess to oneself (role)",
        _widen("iam:AttachRolePolicy", "iam:role", attached=True),
        "attach AdministratorAccess to itself",
        _BY_POLICY,
        "iam-009",
    ),
    _entry(
        "aws.attach-own-group-policy",
        "Attach AdministratorAccess to an own group",
        _widen("iam:AttachGroupPolicy", "iam:group", Place.OWN_GROUP, attached=True),
        "attach AdministratorAccess to a group it is in",
        _BY_POLICY,
        "iam-010",
    ),
    _entry(
        "aws.put-own-user-policy",
        "Write one's own inline policy (user)",
        _widen("iam:PutUserPolicy", "iam:user"),
        "write its own inline policy",
        _INLINE,
        "iam-007",
    ),
    _entry(
        "aws.put-own-role-policy",
        "Write one's own inline policy (role)",
        _widen("iam:PutRolePolicy", "iam:role"),
        "write its own inline policy",
        _INLINE,
        "iam-005",
    ),
    _entry(
        "aws.put-own-group-policy",
        "Write the inline policy of an own group",
        _widen("iam:PutGroupPolicy", "iam:group", Place.OWN_GROUP),
        "write the inline policy of a group it is in",
        _INLINE,
        "iam-011",
    ),
    _entry(
        "aws.own-policy-version",
        "Rewrite a policy attached to oneself",
        _widen("iam:CreatePolicyVersion", "iam:policy", Place.OWN_POLICY),
        "rewrite a managed policy attached to itself or to a group it is in",
        "Narrow iam:CreatePolicyVersion to policies that are not attached to whoever holds it.",
        "iam-001",
    ),
    Entry(
        key="aws.set-default-policy-version",
        title="Bring back another version of one's own policy",
        family=SELF_ESCALATION,
        rule=Rule(
            Shape.ADD,
            "iam:policy",
            ((Need("iam:SetDefaultPolicyVersion", "iam:policy", Place.OWN_POLICY),),),
            gains=("what another version of the policy allows",),
        ),
        sentence="{source} can make another version of a policy attached to itself the one in force",
        gives="whatever an older or newer version of the policy allows",
        fix="Take iam:SetDefaultPolicyVersion away, and delete versions that allow more than the one in force.",
        page=f"{_REFERENCE}/API_SetDefaultPolicyVersion.html",
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
        sentence="{source} can add itself to a group",
        gives="what the group's policies allow; administrator if the group is one and no limit forbids it",
        fix="Narrow iam:AddUserToGroup to the groups that its holder may fill.",
        page=f"{_REFERENCE}/API_AddUserToGroup.html",
        known_as=("iam-013",),
    ),
)
