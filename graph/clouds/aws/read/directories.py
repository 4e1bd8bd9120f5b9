"""Who comes from a directory outside IAM: Identity Center, identity providers, Cognito, Roles Anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.anywhere import anywhere_things
from graph.clouds.aws.read.central import read_central, read_root_users
from graph.clouds.aws.read.cognito import COGNITO, cognito_things, read_pools
from graph.clouds.aws.read.identity_center import read_identity_center, signs_in_here
from graph.clouds.aws.read.providers import provider_things
from graph.clouds.aws.read.reading import Reading, Thing
from graph.clouds.aws.read.trust import audiences_of


def read_directories(reading: Reading, things: Sequence[Thing]) -> Iterator[Thing]:
    """What every directory holds, and what its people may put on. The roles must have been read before."""
    principals = {thing.key: thing for thing in things if isinstance(thing, Principal)}
    roles = [thing for thing in things if isinstance(thing, Resource) and thing.kind == "iam:role"]
    if not reading.commons:
        yield from read_organization(reading)
    yield from provider_things(reading, roles)
    yield from cognito_things(reading, principals, roles)
    yield from anywhere_things(reading, principals)
    yield from read_central(reading)


def read_organization(reading: Reading) -> Iterator[Thing]:
    """What one account holds for all others: the directory of people, the root users of members."""
    yield from read_identity_center(reading)
    yield from read_root_users(reading)


def told_better(reading: Reading) -> Callable[[Principal], bool]:
    """Whether a directory that was read says who the subject of a trust policy is: the trust's words do not count then.

    A token for a client that the provider does not list is not accepted, whatever a trust says.
    """
    pools, clients = read_pools(reading), audiences_of(reading)

    def better(principal: Principal) -> bool:
        if principal.kind is not PrincipalKind.FEDERATED:
            return False
        if principal.provider == COGNITO:
            return principal.audience in pools
        asked, listed = principal.audience, clients.get(principal.provider, ())
        refused = bool(listed) and "*" not in asked and "?" not in asked and asked not in listed
        return refused or signs_in_here(principal.provider, reading)

    return better
