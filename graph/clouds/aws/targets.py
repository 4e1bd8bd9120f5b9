"""Harms to AWS assets: which permissions, on the asset and on what it stands on, realise each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from graph.clouds.aws.harms import (
    agentcore,
    agents,
    data,
    files,
    keys,
    lakes,
    lent,
    models,
    search,
    secrets,
    serving,
    settings,
    unblocking,
)
from graph.clouds.aws.harms.row import Harm
from graph.clouds.aws.rules.language import Rule, Shape
from graph.clouds.aws.rules.retagging import retags
from graph.clouds.aws.techniques.recasting import RECASTS
from graph.clouds.aws.techniques.unguarding import GUARDS

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_ROOMS = (secrets, settings, keys, models, serving, lent, data, files, search, lakes, agents, agentcore, unblocking)
_PLAIN: tuple[Harm, ...] = tuple(row for room in _ROOMS for row in room.ROWS)


def _by_kind() -> Mapping[tuple[str, str], list[Harm]]:
    """The plain rows by asset and harm."""
    rows: dict[tuple[str, str], list[Harm]] = defaultdict(list)
    for row in _PLAIN:
        if row.rule.shape is Shape.HARM:
            rows[row.asset, row.harm].append(row)
    return dict(sorted(rows.items()))


def _after(some: list[Harm], changes: tuple[Rule, ...], guard: str) -> Rule:
    """Any of these harms, once one of these changes has been made."""
    ways = tuple(way for change in changes for way in change.any_of)
    harms = tuple(row.rule for row in some)
    return Rule(Shape.UNGUARD, "", ways, asset=some[0].asset, guard=guard, guards=changes, then=harms)


def _unguarded() -> Iterator[Harm]:
    """For each harm to each kind of asset: doing it once something that denies it is taken off."""
    for (asset, harm), some in _by_kind().items():
        first = min(some, key=lambda row: row.key)
        yield Harm(
            key=f"{first.key}-by-unguarding",
            asset=asset,
            harm=harm,
            rule=_after(some, GUARDS, "what denies it"),
            title=f"{first.title}, once nothing denies it",
            does=f"take off what denies it, and then {first.does}",
            reason="A boundary or a denial that its holder may take off protects nothing.",
            page=f"{_GUIDE}/reference_policies_evaluation-logic.html",
        )


def _retags(some: list[Harm]) -> tuple[Rule, ...]:
    return retags(row.rule for row in some)


def _recast() -> Iterator[Harm]:
    """For each harm to each kind of asset: doing it as somebody with other tags, in a group, or by a policy of old."""
    for (asset, harm), some in _by_kind().items():
        first = min(some, key=lambda row: row.key)
        yield Harm(
            key=f"{first.key}-by-recasting",
            asset=asset,
            harm=harm,
            rule=_after(some, (*RECASTS, *_retags(some)), "tags, groups, or the version of a policy"),
            title=f"{first.title}, with other tags, a group or another version of a policy",
            does=f"tag it or whom it is or becomes, fill a group or bring back a policy, and then {first.does}",
            reason="What a tag, a group or an old policy grants, it grants to whoever may hand these out.",
            page=f"{_GUIDE}/access_tags.html",
        )


ROWS: tuple[Harm, ...] = (*_PLAIN, *_unguarded(), *_recast())
TARGETS = tuple(row.target() for row in ROWS)
