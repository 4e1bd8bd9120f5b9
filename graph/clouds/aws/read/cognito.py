"""Cognito identity pools: whom they hand credentials to, of which roles, and how much these may do then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.estate import Place, Record, State, text, texts, values
from graph.clouds.aws.read.reading import Reading, Thing, identity, partition, resource
from graph.clouds.aws.read.sessions import Limit, limited
from graph.clouds.aws.read.trust import asked_of
from graph.model import Document, Entry, EntryKind, Json

COGNITO = "cognito-identity.amazonaws.com"
POOLS = "cognito-identity-list-identity-pools"
SIGNED_IN, GUEST = "authenticated", "unauthenticated"  # as tokens say it
_GUESTS = Path(__file__).parents[1] / "data" / "cognito_guests.json"
# A login by which anybody at all can sign in.
# https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html
_PUBLIC = ("accounts.google.com", "api.twitter.com", "appleid.apple.com", "graph.facebook.com", "www.amazon.com")


@dataclass(frozen=True, slots=True)
class _Pool:
    place: Place
    number: str
    record: Record
    roles: Record

    @property
    def arn(self) -> str:
        place = self.place
        head = f"arn:{partition(place.region)}:cognito-identity:{place.region}:{place.account}"
        return f"{head}:identitypool/{self.number}"

    @property
    def name(self) -> str:
        return text(self.record, "IdentityPoolName") or self.number

    @property
    def classic(self) -> bool:
        """Whether its people may call STS themselves, for any role that trusts the pool and without a limit."""
        return self.record.get("AllowClassicFlow") is True

    def people(self, which: str) -> Principal:
        """Everybody with a token of the pool, signed in or not."""
        key = f"federated:{COGNITO}|{self.number}|{which}"
        said = (which, *_logins(self)) if which == SIGNED_IN else (which,)
        return Principal(
            key,
            PrincipalKind.FEDERATED,
            None,
            provider=COGNITO,
            audience=self.number,
            subject="*",
            claims=(("amr", said),),
            brokered=not self.classic,
        )


def cognito_things(reading: Reading, principals: Mapping[str, Principal], roles: Iterable[Resource]) -> Iterator[Thing]:
    """Identity pools: their guests, if they have any, and those who signed in."""
    trusted = {role.arn: {(who, pool) for who, pool, _ in asked_of(role)} for role in roles}
    for pool in _pools(reading):
        trusting = [arn for arn, asked in trusted.items() if {(COGNITO, pool.number), (COGNITO, "*")} & asked]
        yield from _members(pool, principals)
        yield from _user_pools(pool, tuple(sorted(trusting)))
        if pool.record.get("AllowUnauthenticatedIdentities") is True:
            yield from _guests(pool, principals)


def read_pools(reading: Reading) -> frozenset[str]:
    """The pools of which everything is known."""
    return frozenset(pool.number for pool in _pools(reading))


def _pools(reading: Reading) -> Iterator[_Pool]:
    for place, item in reading.answers.items(POOLS, "IdentityPools"):
        number = text(item, "IdentityPoolId")
        calls = ("cognito-identity-describe-identity-pool", "cognito-identity-get-identity-pool-roles")
        asked = [reading.answers.state(place.account, place.region, call, number) for call in calls]
        if number and all(state is State.ASKED for state in asked):
            answers = [reading.answers.one(place.account, place.region, call, number) for call in calls]
            yield _Pool(place, number, answers[0], answers[1])


def _members(pool: _Pool, principals: Mapping[str, Principal]) -> Iterator[Thing]:
    people, logins, place = pool.people(SIGNED_IN), _logins(pool), pool.place
    roles = tuple(sorted({*texts(pool.roles, "Roles.authenticated"), *_mapped(pool)} & principals.keys()))
    assigned = {people.key: dict.fromkeys(roles, "")} if roles else {}
    attributes: dict[str, Json] = {"assigned": assigned} if assigned else {}
    kind, shown = "cognito-identity:identitypool", {"region": place.region, "logins": logins}
    yield Resource(pool.arn, kind, place.account, pool.arn, place.region, runs_as=roles, attributes=attributes)
    yield resource(pool.arn, "identity-pool", pool.name, place.account, "Identity pool", **shown)
    if not logins or not (roles or pool.classic):
        return
    yield people
    yield identity(people.key, "federated", f"members of {pool.name}", place.account, "Identity pool members")
    public = [login for login in logins if login in _PUBLIC]
    how = EntryKind.ANONYMOUS if public else EntryKind.FEDERATED
    yield Entry(how, people.key, f"whoever signs in with {', '.join(public or logins)} gets credentials")


def _logins(pool: _Pool) -> list[str]:
    supported = pool.record.get("SupportedLoginProviders")
    named = [*(supported if isinstance(supported, Mapping) else ()), text(pool.record, "DeveloperProviderName")]
    paths = ("CognitoIdentityProviders.ProviderName", "OpenIdConnectProviderARNs", "SamlProviderARNs")
    return sorted({*named, *(login for path in paths for login in texts(pool.record, path))} - {""})


def _mappings(pool: _Pool) -> Iterator[tuple[str, Record]]:
    mappings = pool.roles.get("RoleMappings")
    for provider, mapping in sorted(mappings.items()) if isinstance(mappings, Mapping) else ():
        if isinstance(mapping, Mapping):
            yield str(provider), mapping


def _mapped(pool: _Pool) -> Iterator[str]:
    """The roles that rules hand out."""
    for _, mapping in _mappings(pool):
        yield from texts(mapping, "RulesConfiguration.Rules.RoleARN")


def _user_pools(pool: _Pool, trusting: tuple[str, ...]) -> Iterator[Thing]:
    """User pools whose groups choose the role: by a rule on the claim, or any role that trusts the pool, by its own.

    https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    """
    for provider, mapping in _mappings(pool):
        name = provider.partition(":")[0].rpartition("/")[2]
        region = name.partition("_")[0]
        arn = f"arn:{partition(region)}:cognito-idp:{region}:{pool.place.account}:userpool/{name}"
        rules = [rule for rule in values(mapping, "RulesConfiguration.Rules") if isinstance(rule, Mapping)]
        by_group = sorted({text(rule, "RoleARN") for rule in rules if text(rule, "Claim") == "cognito:groups"} - {""})
        told: dict[str, Json] = {"group_roles": trusting} if text(mapping, "Type") == "Token" and trusting else {}
        account = pool.place.account
        yield Resource(arn, "cognito-idp:userpool", account, arn, region, runs_as=tuple(by_group), attributes=told)
        yield resource(arn, "user-pool", name, account, "User pool", region=region)


def _guests(pool: _Pool, principals: Mapping[str, Principal]) -> Iterator[Thing]:
    """Anybody may be one. In the enhanced flow their sessions are cut down to what AWS lets guests do.

    https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies
    """
    why = f"identity pool {pool.name} hands credentials to anybody"
    people = pool.people(GUEST)
    if pool.classic:
        yield people
        yield identity(people.key, "federated", f"guests of {pool.name}", pool.place.account, "Identity pool guests")
        yield Entry(EntryKind.ANONYMOUS, people.key, why)
    role = principals.get(text(pool.roles, "Roles.unauthenticated"))
    if role is not None:
        session, node = limited(role, _guest_limit(f"guests of {pool.name}"))
        yield from (session, node, Entry(EntryKind.ANONYMOUS, session.key, f"{why}, with less than the role may do"))


def _guest_limit(name: str) -> Limit:
    return Limit("CognitoIdentityCredentials", name, "Guest session", _guest_policy())


@cache
def _guest_policy() -> Document:
    body = json.loads(_GUESTS.read_text(encoding="utf-8"))
    return Document("AmazonCognitoUnAuthedIdentitiesSessionPolicy and its inline part", body)
