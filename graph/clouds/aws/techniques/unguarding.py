"""Guardrail removal: ways of getting rid of what limits an identity."""

from __future__ import annotations

from graph.clouds.aws.rules.administer import ADMINISTER
from graph.clouds.aws.rules.language import ADMINISTRATOR_POLICY, Given, Need, Rule, Shape
from graph.clouds.aws.techniques import hosting, passing, promoting, taking, widening
from graph.clouds.aws.techniques.entry import GUARDRAIL_REMOVAL, Entry
from graph.model import Strength

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_WIDE: Given = (("iam:PermissionsBoundary", (ADMINISTRATOR_POLICY,)),)

# What is tried once more without the guard: everything by which one becomes somebody, or administrator.
_THEN = (
    ADMINISTER,
    *(
        entry.rule
        for entry in (*taking.ENTRIES, *promoting.ENTRIES, *passing.ENTRIES, *hosting.ENTRIES, *widening.ENTRIES)
        if entry.strength is Strength.BECOMES and entry.rule.shape not in (Shape.ADD, Shape.JOIN)
    ),
)


def _entry(action: str, kind: str, title: str, does: str, given: Given = ()) -> Entry:
    slug = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in action).lstrip("-")
    return Entry(
        key=f"aws.{slug}",
        title=title,
        family=GUARDRAIL_REMOVAL,
        rule=Rule(
            Shape.UNBIND,
            kind,
            ((Need(f"iam:{action}", kind, given=given),),),
            guard="boundary",
            gains=("what its boundary forbids",),
            then=_THEN,
        ),
        sentence=f"{{source}} can {does}, and then reach {{target}}",
        gives="what the policies of the identity allow and only its boundary held back",
        fix=f"Deny iam:{action} in the boundary itself and in an SCP.",
        page=f"{_REFERENCE}/API_{action}.html",
    )


ENTRIES = (
    _entry(
        "DeleteUserPermissionsBoundary",
        "iam:user",
        "Take the boundary off a user",
        "take the boundary off a user that it is or can become",
    ),
    _entry(
        "DeleteRolePermissionsBoundary",
        "iam:role",
        "Take the boundary off a role",
        "take the boundary off a role that it is or can become",
    ),
    _entry(
        "PutUserPermissionsBoundary",
        "iam:user",
        "Give a user a boundary that forbids nothing",
        "give a user that it is or can become a boundary that forbids nothing",
        _WIDE,
    ),
    _entry(
        "PutRolePermissionsBoundary",
        "iam:role",
        "Give a role a boundary that forbids nothing",
        "give a role that it is or can become a boundary that forbids nothing",
        _WIDE,
    ),
)
