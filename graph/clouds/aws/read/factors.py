"""Which users never call with a second factor: they have none, and nobody short of an administrator can set one up.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import IntEnum

from graph.clouds.aws.facts import Principal, Resource
from graph.clouds.aws.read.estate import spread
from graph.clouds.aws.read.reading import Thing
from graph.clouds.aws.read.trust import statements
from graph.model import Document, Json
from graph.policy.patterns import action_matches

_SET_UP, _OF_ADMINISTRATORS = "iam:EnableMFADevice", ("*", "*:*", "iam:*")
_ONESELF = "${aws:username}"


class _Lets(IntEnum):
    """For whom a document lets a factor be set up; an administrator needs none."""

    NOBODY = 0
    HOLDER = 1
    OTHERS = 2


def with_factors(things: Iterable[Thing]) -> list[Thing]:
    """The same, with the users marked who can never show a second factor."""
    told = list(things)
    users = [one for one in told if isinstance(one, Resource) and one.attributes.get("mfa") is False]
    reach = _reach(one for one in told if isinstance(one, Principal)) if users else {}
    without = {user.arn for user in users if _stays_without(user, reach)}
    return [_marked(one) if isinstance(one, Resource) and one.arn in without else one for one in told]


def _marked(user: Resource) -> Resource:
    return replace(user, attributes={**user.attributes, "factorless": True})


def _stays_without(user: Resource, reach: Mapping[str, _Lets]) -> bool:
    others = reach.get(user.account or "", _Lets.NOBODY)
    return others < _Lets.OTHERS and reach.get(user.arn, _Lets.OTHERS) is _Lets.NOBODY


def _reach(principals: Iterable[Principal]) -> Mapping[str, _Lets]:
    """By identity what its own policies let it set up, by account what those of all but administrators do."""
    found: dict[str, _Lets] = defaultdict(lambda: _Lets.NOBODY)
    known: dict[int, _Lets] = {}
    for principal in principals:
        found[principal.key] = mine = max((_lets(paper, known) for paper in principal.documents), default=_Lets.NOBODY)
        if principal.account and mine > found[principal.account] and not _administers(principal):
            found[principal.account] = mine
    return dict(found)


def _lets(paper: Document, known: dict[int, _Lets]) -> _Lets:
    """What a document lets its holder set up; what was not read may let it anything."""
    if paper.body is None:
        return _Lets.OTHERS
    if id(paper.body) not in known:
        known[id(paper.body)] = max((_says(one) for one in statements(paper)), default=_Lets.NOBODY)
    return known[id(paper.body)]


def _says(statement: Mapping[str, Json]) -> _Lets:
    if statement.get("Effect") != "Allow" or not _names(statement):
        return _Lets.NOBODY
    named = _texts(statement.get("Resource"))
    return _Lets.HOLDER if named and all(_ONESELF in name for name in named) else _Lets.OTHERS


def _names(statement: Mapping[str, Json]) -> bool:
    if "NotAction" in statement:
        return not any(action_matches(one, _SET_UP) for one in _texts(statement["NotAction"]))
    return any(action_matches(one, _SET_UP) for one in _texts(statement.get("Action")))


def _texts(said: Json) -> tuple[str, ...]:
    return tuple(map(str, spread(said)))


def _administers(principal: Principal) -> bool:
    """Whether a policy lets it do all of IAM to everything: who can do that has no need of anybody's factor."""
    return any(
        one.get("Effect") == "Allow"
        and "Condition" not in one
        and "*" in _texts(one.get("Resource"))
        and bool({*_texts(one.get("Action"))} & set(_OF_ADMINISTRATORS))
        for paper in principal.documents
        for one in statements(paper)
    )
