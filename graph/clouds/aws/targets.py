"""Harms to AWS assets: which permissions, on the asset and on what it stands on, realise each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graph.clouds.aws.harms import (
    agentcore,
    agents,
    data,
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
from graph.clouds.aws.techniques.unguarding import GUARDS

_ROOMS = (secrets, settings, keys, models, serving, lent, data, search, lakes, agents, agentcore, unblocking)
_PLAIN: tuple[Harm, ...] = tuple(row for room in _ROOMS for row in room.ROWS)


def _unguarded() -> Iterator[Harm]:
    """For each harm to each kind of asset: doing it once something that denies it is taken off."""
    rows: dict[tuple[str, str], list[Harm]] = defaultdict(list)
    for row in _PLAIN:
        if row.rule.shape is Shape.HARM:
            rows[row.asset, row.harm].append(row)
    for (asset, harm), some in sorted(rows.items()):
        first = min(some, key=lambda row: row.key)
        yield Harm(
            key=f"{first.key}-by-unguarding",
            asset=asset,
            harm=harm,
            rule=Rule(
                Shape.UNGUARD,
                "",
                tuple(way for guard in GUARDS for way in guard.any_of),
                asset=asset,
                guard="what denies it",
                guards=GUARDS,
                then=tuple(row.rule for row in some),
            ),
            title=f"{first.title}, once nothing denies it",
            does=f"take off what denies it, and then {first.does}",
            reason="A boundary or a denial that its holder may take off protects nothing.",
            page="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
        )


ROWS: tuple[Harm, ...] = (*_PLAIN, *_unguarded())
TARGETS = tuple(row.target() for row in ROWS)
