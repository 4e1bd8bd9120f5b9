"""Identity providers of IAM, each with whom roles would let in if it vouched for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import text
from graph.clouds.aws.read.identities import DETAILS
from graph.clouds.aws.read.reading import Reading, Thing, parse, resource
from graph.clouds.aws.read.trust import asked_of, audiences_of
from graph.model import Json

NEW_AUDIENCE = "a-new-client-id"
_LISTS = {
    "iam:oidc-provider": ("iam-list-open-id-connect-providers", "OpenIDConnectProviderList"),
    "iam:saml-provider": ("iam-list-saml-providers", "SAMLProviderList"),
}


def provider_things(reading: Reading, roles: Iterable[Resource]) -> Iterator[Thing]:
    """The identity providers that an account has, each with whom roles would let in if it vouched for them."""
    asked: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for role in roles:
        for provider, audience, subject in asked_of(role):
            asked[provider].add((audience, subject))
    clients = audiences_of(reading)
    for kind, arn in _providers(reading, asked):
        subjects = _vouched(kind, asked.get(arn, set()), clients.get(arn, ()))
        parsed = parse(arn)
        account = parsed.account if parsed else None
        told: dict[str, Json] = {"subjects": subjects} if subjects else {}
        yield Resource(arn, kind, account, arn, attributes=told)
        name, words = arn.rpartition("-provider/")[2], "SAML provider" if "saml" in kind else "OIDC provider"
        shown = {"client_ids": clients.get(arn, ())}
        yield resource(arn, "identity-provider", name, account or "", words, **shown)


def _providers(reading: Reading, asked: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those that were listed; where they were not, those that the account's trust policies name."""
    for kind, (call, member) in sorted(_LISTS.items()):
        listed = {text(item, "Arn") for _, item in reading.answers.items(call, member)}
        accounts = {part.scope for part in reading.answers.parts(DETAILS)}
        unlisted = {account for account in accounts if not reading.answers.complete(account, call)}
        named = (arn for arn in asked if f":{kind.partition(':')[2]}/" in arn)
        more = {arn for arn in named if (parsed := parse(arn)) and parsed.account in unlisted}
        yield from ((kind, arn) for arn in sorted((listed | more) - {""}))


def _vouched(kind: str, asked: Iterable[tuple[str, str]], clients: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Audience and subject of those whom the provider could newly vouch for.

    With its keys replaced a SAML provider says whatever a trust asks. With another client id an OIDC provider only lets
    in tokens that were issued for somebody else: whose they are is not the caller's to choose.
    """
    if kind == "iam:saml-provider":
        return tuple(sorted(set(asked)))
    new = {NEW_AUDIENCE if audience == "*" else audience for audience, _ in asked}
    return tuple((audience, "*") for audience in sorted(new - set(clients)) if clients or audience == NEW_AUDIENCE)
