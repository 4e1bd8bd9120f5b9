"""Guardrail removal: ways of getting rid of what limits an identity."""

from __future__ import annotations

from dataclasses import replace

from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Given, Need, Place, Rule, Shape
from graph.clouds.aws.techniques import directory, hosting, passing, promoting, taking, widening
from graph.clouds.aws.techniques.entry import GUARDRAIL_REMOVAL, Entry, going_on

_DOCS = "https://docs.aws.amazon.com"
_WIDE: Given = (("iam:PermissionsBoundary", (ADMINISTRATOR_POLICY,)),)
_IMPAIRS = ("T1562",)

# What is tried once more without the guard: everything by which one becomes somebody, or administrator.
_THEN = going_on(
    (
        *taking.ENTRIES,
        *directory.ENTRIES,
        *promoting.ENTRIES,
        *passing.ENTRIES,
        *hosting.ENTRIES,
        *widening.ENTRIES,
    )
)


def _slug(action: str) -> str:
    service, _, name = action.partition(":")
    name = f"{name[:-6]}OrganizationPolicy" if (service, name[-6:]) == ("organizations", "Policy") else name
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _page(action: str) -> str:
    service, _, name = action.partition(":")
    return f"{_DOCS}/{service.replace('iam', 'IAM')}/latest/APIReference/API_{name}.html"


def _entry(action: str, kind: str, guard: str, title: str, does: str, *answers: str, given: Given = ()) -> Entry:
    place = Place.TARGET if kind else Place.SOME
    return Entry(
        key=f"aws.{_slug(action)}",
        title=title,
        family=GUARDRAIL_REMOVAL,
        rule=Rule(
            Shape.UNBIND,
            kind,
            ((Need(action, kind, place, given),),),
            guard=guard,
            gains=(_GAINS[guard],),
            then=_THEN,
        ),
        sentence=f"{{source}} can {does}, and then reach {{target}}",
        gives=_GIVES[guard],
        fix=_FIXES.get(guard, f"Deny {action} in the boundary or in an SCP."),
        page=_page(action),
        answers=answers,
        attack=_IMPAIRS,
        prerequisites=_NEEDED.get(guard, _DENIES),
    )


_BOUNDARY, _INLINE, _ATTACHED = "boundary", "inline policy", "attached policy"
_GROUP_INLINE, _GROUP_ATTACHED, _MEMBERSHIP = "inline policy of a group", "attached policy of a group", "membership"
_VERSION, _LIFTED, _REWRITTEN = "managed policy", "organization policy", "text of an organization policy"
_LEFT = "organization"

_GAINS = {
    _BOUNDARY: "what its boundary forbids",
    **dict.fromkeys((_INLINE, _ATTACHED, _GROUP_INLINE, _GROUP_ATTACHED), "what the policy denies"),
    _MEMBERSHIP: "what the group's policies deny",
    _VERSION: "what the policy denies, or forbids as a boundary",
    **dict.fromkeys((_LIFTED, _REWRITTEN), "what the policy of the organization denies"),
    _LEFT: "what the policies of the organization deny",
}
_GIVES = {
    _BOUNDARY: "what the policies of the identity allow and only its boundary held back",
    **dict.fromkeys(
        (_INLINE, _ATTACHED, _GROUP_INLINE, _GROUP_ATTACHED),
        "what other policies of the identity allow and only this one denied",
    ),
    _MEMBERSHIP: "what the identity's own policies allow and only those of the group denied",
    _VERSION: "what other policies of the identity allow and only this one denied or bounded",
    **dict.fromkeys(
        (_LIFTED, _REWRITTEN), "what the policies in the account allow and only that of the organization denied"
    ),
    _LEFT: "what the policies in the account allow and only those of the organization denied",
}
_FIXES = {
    _BOUNDARY: "Deny changing boundaries in the boundary itself and in an SCP.",
    _LIFTED: "Leave policies of the organization to a few roles of the management account, without delegation.",
    _REWRITTEN: "Leave policies of the organization to a few roles of the management account, without delegation.",
    _LEFT: "Deny organizations:LeaveOrganization by an SCP on the root.",
}
_DENIES = "A policy that denies is what limits the identity."
_NEEDED = {
    _BOUNDARY: "The boundary is what limits the identity.",
    **dict.fromkeys((_LIFTED, _REWRITTEN), "The management account, or one to which it delegated its policies."),
    _LEFT: "A member account that the organization lets go.",
}

# A session without the factor still has none: what asks for it stays closed until whoever signs in sets up its own.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
_WITHOUT_FACTOR = Entry(
    key="aws.deactivate-mfa",
    title="Take a user's second factor away",
    family=GUARDRAIL_REMOVAL,
    rule=Rule(
        Shape.BECOME,
        "iam:user",
        ((Need("iam:DeactivateMFADevice", "iam:user"),),),
        where=(("password", True), ("mfa", True)),
        supposes="the user's password is known",
    ),
    sentence="{source} can take the second factor of {target} away and sign in with its password alone",
    gives="the user, to whoever knows its password",
    fix="Let users deactivate only their own devices, and only when signed in with one.",
    page=_page("iam:DeactivateMFADevice"),
    answers=("AWS-T192",),
    attack=("T1556.006",),
    prerequisites="The user's password is known, and the second factor is what keeps others out.",
)

ENTRIES = (
    _WITHOUT_FACTOR,
    _entry(
        "iam:DeleteUserPermissionsBoundary",
        "iam:user",
        _BOUNDARY,
        "Take the boundary off a user",
        "take the boundary off a user that it is or can become",
        "AWS-T196",
    ),
    _entry(
        "iam:DeleteRolePermissionsBoundary",
        "iam:role",
        _BOUNDARY,
        "Take the boundary off a role",
        "take the boundary off a role that it is or can become",
        "AWS-T193",
        "AWS-T194",
    ),
    _entry(
        "iam:PutUserPermissionsBoundary",
        "iam:user",
        _BOUNDARY,
        "Give a user a boundary that forbids nothing",
        "give a user that it is or can become a boundary that forbids nothing",
        "AWS-T201",
        given=_WIDE,
    ),
    _entry(
        "iam:PutRolePermissionsBoundary",
        "iam:role",
        _BOUNDARY,
        "Give a role a boundary that forbids nothing",
        "give a role that it is or can become a boundary that forbids nothing",
        "AWS-T200",
        given=_WIDE,
    ),
    _entry(
        "iam:DeleteUserPolicy",
        "iam:user",
        _INLINE,
        "Delete a user's inline policy that denies",
        "delete an inline policy that denies, of a user that it is or can become",
        "AWS-T197",
    ),
    _entry(
        "iam:DeleteRolePolicy",
        "iam:role",
        _INLINE,
        "Delete a role's inline policy that denies",
        "delete an inline policy that denies, of a role that it is or can become",
        "AWS-T195",
    ),
    _entry(
        "iam:DetachUserPolicy",
        "iam:user",
        _ATTACHED,
        "Detach a policy that denies from a user",
        "detach a policy that denies from a user that it is or can become",
        "AWS-T199",
    ),
    _entry(
        "iam:DetachRolePolicy",
        "iam:role",
        _ATTACHED,
        "Detach a policy that denies from a role",
        "detach a policy that denies from a role that it is or can become",
        "AWS-T198",
    ),
    _entry(
        "iam:DeleteGroupPolicy",
        "iam:group",
        _GROUP_INLINE,
        "Delete a group's inline policy that denies",
        "delete an inline policy that denies, of a group that it or a user it can become is in",
    ),
    _entry(
        "iam:DetachGroupPolicy",
        "iam:group",
        _GROUP_ATTACHED,
        "Detach a policy that denies from a group",
        "detach a policy that denies from a group that it or a user it can become is in",
    ),
    _entry(
        "iam:RemoveUserFromGroup",
        "iam:group",
        _MEMBERSHIP,
        "Leave a group whose policy denies",
        "take itself, or a user it can become, out of a group whose policy denies",
        "AWS-T202",
    ),
    replace(
        _entry(
            "iam:CreatePolicyVersion",
            "iam:policy",
            _VERSION,
            "Rewrite a policy that denies or bounds",
            "rewrite a policy that denies something to, or bounds, an identity that it is or can become",
        ),
        key="aws.rewrite-limiting-policy",
    ),
    _entry(
        "organizations:DetachPolicy",
        "organizations:policy",
        _LIFTED,
        "Detach a policy of the organization",
        "detach a service control policy that binds an identity that it is or can become",
        "AWS-T203",
    ),
    _entry(
        "organizations:UpdatePolicy",
        "organizations:policy",
        _REWRITTEN,
        "Rewrite a policy of the organization",
        "rewrite a service control policy that binds an identity that it is or can become",
        "AWS-T205",
    ),
    _entry(
        "organizations:LeaveOrganization",
        "",
        _LEFT,
        "Take an account out of its organization",
        "take its account out of the organization and with it from under all its policies",
        "AWS-T204",
    ),
)
GUARDS = tuple(entry.rule for entry in ENTRIES if entry.rule.shape is Shape.UNBIND)
