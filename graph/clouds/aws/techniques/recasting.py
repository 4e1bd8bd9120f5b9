"""Self-escalation by changing what somebody is: its tags, its policies' versions, its permission set's boundary."""

from __future__ import annotations

from graph.clouds.aws.harms import agents, data, models, secrets
from graph.clouds.aws.rules.language import Given, Need, Place, Rule, Shape
from graph.clouds.aws.rules.tags import SETTING
from graph.clouds.aws.techniques import directory, hosting, passing, promoting, taking, widening
from graph.clouds.aws.techniques.entry import GUARDRAIL_REMOVAL, SELF_ESCALATION, Entry, going_on

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_ENTRIES = (
    *taking.ENTRIES,
    *directory.ENTRIES,
    *promoting.ENTRIES,
    *passing.ENTRIES,
    *hosting.ENTRIES,
    *widening.ENTRIES,
)
_HARMS = tuple(
    row.rule for row in (*agents.ROWS, *data.ROWS, *models.ROWS, *secrets.ROWS) if row.rule.shape is Shape.HARM
)
_THEN = (*going_on(_ENTRIES), *_HARMS)


def _recast(kind: str, action: str, change: str, gains: str, given: Given = ()) -> Rule:
    return Rule(Shape.RECAST, kind, ((Need(action, kind, given=given),),), guard=change, gains=(gains,), then=_THEN)


_JOINED = "what the policies of the group allow"
_TAGGED = "what policies grant to whoever is tagged so"
_BY_TAG = "Condition {} on aws:TagKeys so that no tag can be set by which policies grant access, or take it away."

ENTRIES = (
    Entry(
        key="aws.fill-group",
        title="Add a user to a group, and be that user",
        family=SELF_ESCALATION,
        rule=_recast("iam:group", "iam:AddUserToGroup", "joining", _JOINED),
        sentence="{source} can add itself, or a user that it becomes, to a group, and then reach {target}",
        gives="what the group's policies open to the user",
        fix="Narrow iam:AddUserToGroup to the groups that its holder may fill.",
        page=f"{_REFERENCE}/API_AddUserToGroup.html",
        attack=("T1098.003", "T1098.007"),
        prerequisites="A user that the source is or can become; a group that allows more than the user has.",
    ),
    Entry(
        key="aws.set-default-policy-version",
        title="Bring back another version of a policy",
        family=SELF_ESCALATION,
        rule=_recast(
            "iam:policy", "iam:SetDefaultPolicyVersion", "version", "what another version of its policy allows"
        ),
        sentence="{source} can put another version of a policy in force, and then reach {target}",
        gives="what another version of the policy opens to whoever it is attached to",
        fix="Take iam:SetDefaultPolicyVersion away, and delete versions that allow more than the one in force.",
        page=f"{_REFERENCE}/API_SetDefaultPolicyVersion.html",
        answers=("AWS-T015",),
        attack=("T1098.003", "T1548"),
        prerequisites="A version that allows more, of a policy attached to the source or to whom it can become.",
    ),
    Entry(
        key="aws.sso-delete-boundary",
        title="Take the boundary off a permission set",
        family=GUARDRAIL_REMOVAL,
        rule=Rule(
            Shape.UNBIND,
            "iam:role",
            (
                directory.in_force("sso:DeletePermissionsBoundaryFromPermissionSet", Place.HOST),
                directory.in_force("sso:PutPermissionsBoundaryToPermissionSet", Place.HOST),
            ),
            guard="boundary",
            gains=("what its boundary forbids",),
            then=going_on(_ENTRIES),
        ),
        sentence="{source} can take the boundary off the permission set of a role, and then reach {target}",
        gives="what the policies of the permission set allow and only its boundary held back",
        fix="Keep sso:DeletePermissionsBoundaryFromPermissionSet from whoever comes from a bounded permission set.",
        page="https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html",
        attack=("T1562", "T1098.003"),
        prerequisites="A permission set with a boundary, and a role of it that the source is or can become.",
    ),
    Entry(
        key="aws.tag-role",
        title="Tag a role into a grant",
        family=SELF_ESCALATION,
        rule=_recast("iam:role", "iam:TagRole", "tags", _TAGGED, SETTING),
        sentence="{source} can tag a role that it is or becomes as a policy asks, and then reach {target}",
        gives="what policies grant by aws:PrincipalTag",
        fix=_BY_TAG.format("iam:TagRole"),
        page=f"{_GUIDE}/access_tags.html",
        answers=("AWS-T016",),
        attack=("T1098", "T1548"),
        prerequisites="A policy that grants by aws:PrincipalTag, and a role that the source is or can become.",
    ),
    Entry(
        key="aws.tag-user",
        title="Tag a user into a grant",
        family=SELF_ESCALATION,
        rule=_recast("iam:user", "iam:TagUser", "tags", _TAGGED, SETTING),
        sentence="{source} can tag a user that it is or becomes as a policy asks, and then reach {target}",
        gives="what policies grant by aws:PrincipalTag",
        fix=_BY_TAG.format("iam:TagUser"),
        page=f"{_GUIDE}/access_tags.html",
        answers=("AWS-T017",),
        attack=("T1098", "T1548"),
        prerequisites="A policy that grants by aws:PrincipalTag, and a user that the source is or can become.",
    ),
)
RECASTS = tuple(entry.rule for entry in ENTRIES if entry.rule.shape is Shape.RECAST)
