"""Second systems of authorisation: what has a list of its own of who may do what, which policies cannot replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.rules.places import Places
from graph.policy.relation import Relation, Row

_ANYBODY = "*"


def admitted(places: Places, identities: tuple[str, ...], permission: str, kind: str) -> Relation:
    """Identities and the resources of a kind whose lists name them; unknown where a list was not read.

    A permission with a question mark before it is one that may be meant: it hangs on what no call shows.
    """
    resources = places.of(kind)
    hidden = sum(1 << i for i, item in enumerate(resources) if "admits" not in item.attributes)
    listed = {i: tuple(_named(item, permission)) for i, item in enumerate(resources)}
    at = {key: number for number, key in enumerate(identities)}
    mine = [0] * len(identities)
    for i, names in listed.items():
        for number in _members(names, at, places, resources[i]):
            mine[number] |= 1 << i
    perhaps = [hidden] * len(identities)
    for i, item in enumerate(resources):
        for number in _members(tuple(_named(item, f"?{permission}")), at, places, item):
            perhaps[number] |= 1 << i
    told = [Row(sure, sure | open_, open_ & ~sure) for sure, open_ in zip(mine, perhaps, strict=True)]
    numbers = {row: number for number, row in enumerate(dict.fromkeys(told))}
    classes = np.array([numbers[row] for row in told], np.int32)
    return Relation(identities, tuple(item.arn for item in resources), classes, tuple(numbers))


def _named(item: Resource, permission: str) -> Iterator[str]:
    """Whom the list of a resource gives a permission."""
    admits = item.attributes.get("admits")
    for pattern, names in sorted(admits.items()) if isinstance(admits, Mapping) else ():
        if fnmatchcase(permission.lower(), pattern.lower()) and isinstance(names, list | tuple):
            yield from map(str, names)


def _members(names: Sequence[str], at: Mapping[str, int], places: Places, item: Resource) -> Iterator[int]:
    """The positions of those who are named; anybody is anybody of the resource's account."""
    yield from (at[name] for name in names if name in at)
    wild = [name for name in names if "*" in name and name != _ANYBODY]
    if wild or _ANYBODY in names:
        for key, number in at.items():
            at_home = _ANYBODY in names and places.account_of.get(key) == item.account
            if at_home or any(fnmatchcase(key, name) for name in wild):
                yield number
