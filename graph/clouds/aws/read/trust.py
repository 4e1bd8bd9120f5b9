"""Who is let in from elsewhere: principals that an Allow of a trust or resource policy names and no account holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.commons import Rank
from graph.clouds.aws.read.estate import spread, text, texts
from graph.clouds.aws.read.reading import Mark, Reading, parse, root
from graph.model import Document, Json

ANYONE = root("*")
ANONYMOUS = "anonymous"
NOBODY: Mapping[str, tuple[str, ...]] = {}

# What only selects one of several values, or only adds "if present", does not change which tokens a value means.
_OPERATOR = re.compile(
    r"(?:for(?:anyvalue|allvalues):)?string(?:equals|like|equalsignorecase)(?:ifexists)?\Z", re.IGNORECASE
)
_CANONICAL = re.compile(r"[0-9a-f]{64}\Z")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}\Z")  # left behind in a policy by a principal that was deleted
_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": ANONYMOUS,
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": ANYONE,
}


_AI_SERVICES = {"sagemaker.amazonaws.com", "bedrock.amazonaws.com", "bedrock-agentcore.amazonaws.com"}


def ai_roles(resources: Iterable[Resource]) -> Iterator[Mark]:
    """Roles that an AI service may put on, whether or not it was seen to."""
    for role in (r for r in resources if r.kind == "iam:role"):
        named = {p.key for p in _named(role, ()) if p.kind is PrincipalKind.SERVICE} & _AI_SERVICES
        if named:
            yield Mark(role.arn, "ai_identity", f"it trusts {min(named)}")


def statements(document: Document) -> Iterator[Mapping[str, Json]]:
    """The statements of a document that could be read."""
    if document.body is not None:
        yield from (s for s in spread(document.body.get("Statement")) if isinstance(s, Mapping))


def read_outsiders(
    resources: Iterable[Resource], known: Collection[str], audiences: Mapping[str, tuple[str, ...]] = NOBODY
) -> dict[str, tuple[Principal, str]]:
    """Every such principal by key, each with why it may come: the policy that names it first, or one nobody could read.

    `known` are the accounts that were read, by number and by canonical user id; `audiences` those of each provider.
    """
    ranked = ranked_outsiders(resources, known, audiences)
    return {key: (principal, why) for key, (principal, why, _rank) in ranked.items()}


def ranked_outsiders(
    resources: Iterable[Resource], known: Collection[str], audiences: Mapping[str, tuple[str, ...]] = NOBODY
) -> dict[str, tuple[Principal, str, Rank]]:
    """As above, each with the rank of the reason: the lowest of several accounts is that of all together."""
    found: dict[str, tuple[Principal, str, Rank]] = {}
    inspected = sorted((r for r in resources if r.kind != "iam:group"), key=lambda r: (r.arn, r.kind))
    for resource in inspected:
        for principal in (one for named in _named(resource, known) for one in _for_each_audience(named, audiences)):
            why = f"{_policy_of(resource)} lets it in"
            found.setdefault(principal.key, (principal, why, (False, resource.arn, resource.kind)))
    for resource in (r for r in inspected if any(document.body is None for document in r.policies)):
        for principal in _anyone(resource.kind == "iam:role"):
            why = f"{_policy_of(resource)} was not read and may let it in"
            found.setdefault(principal.key, (principal, why, (True, resource.arn, resource.kind)))
    return dict(sorted(found.items()))


def audiences_of(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The client ids of each OIDC provider that was read: tokens for anybody else are not accepted.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    parts = (part for part in reading.answers.parts("iam-get-open-id-connect-provider") if part.arguments)
    return {part.arguments[0]: tuple(sorted(set(texts(part.response, "ClientIDList")))) for part in parts}


def _for_each_audience(principal: Principal, audiences: Mapping[str, tuple[str, ...]]) -> Iterator[Principal]:
    """Where a trust asks for no audience, the provider still does."""
    clients = audiences.get(principal.provider, ()) if principal.audience == "*" else ()
    yield from (_subject(principal.provider, client, principal.subject) for client in clients)
    if not clients:
        yield principal


_PROVIDERS = (
    (":oidc-provider/", "iam-list-open-id-connect-providers", "OpenIDConnectProviderList"),
    (":saml-provider/", "iam-list-saml-providers", "SAMLProviderList"),
)


def is_void(principal: Principal, reading: Reading) -> bool:
    """Whether it holds tokens of a provider that its account no longer has: whatever a trust says, they open no role.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html
    """
    provider = parse(principal.provider) if principal.kind is PrincipalKind.FEDERATED else None
    for mark, call, member in _PROVIDERS if provider else ():
        if provider and mark in principal.provider and reading.answers.complete(provider.account, call):
            return principal.provider not in {text(item, "Arn") for _, item in reading.answers.items(call, member)}
    return False


def _policy_of(resource: Resource) -> str:
    what = "the trust policy of" if resource.kind == "iam:role" else "the policy of"
    return f"{what} {resource.node.rpartition(':')[2]}"


def _named(resource: Resource, known: Collection[str]) -> Iterator[Principal]:
    for document in resource.policies:
        for statement in statements(document):
            if statement.get("Effect") == "Allow":
                yield from _of_statement(statement, known, resource.kind == "iam:role")
    for grant in resource.grants:
        yield from _of_grant(grant, known)
    for grant in resource.acl:
        yield from _of_acl(grant, known)


def _of_statement(statement: Mapping[str, Json], known: Collection[str], trust: bool) -> Iterator[Principal]:
    if "NotPrincipal" in statement:
        # Allow with NotPrincipal lets in everybody else, the anonymous too.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        yield from _anyone(trust)
    block = statement.get("Principal")
    named = {"AWS": block} if block == "*" else block if isinstance(block, Mapping) else {}
    for value in map(str, spread(named.get("AWS"))):
        yield from _anyone(trust) if value == "*" else _of_aws(value, known)
    yield from (service(value) for value in spread(named.get("Service")) if isinstance(value, str) and value != "*")
    for value in map(str, spread(named.get("CanonicalUser"))):
        yield from _canonical(value, known)
    for provider in map(str, spread(named.get("Federated"))):
        yield from _federated(provider, statement)


def _anyone(trust: bool) -> Iterator[Principal]:
    """`*`: any AWS account; where no signature is needed also nobody in particular. STS does not know the anonymous."""
    yield Principal(ANYONE, PrincipalKind.OUTSIDE, "*")
    if not trust:
        yield Principal(ANONYMOUS, PrincipalKind.ANONYMOUS, None)


def _of_aws(value: str, known: Collection[str]) -> Iterator[Principal]:
    """Accounts that were not read and their principals. What was read speaks for itself; unique ids are the deleted."""
    arn = root(value) if re.fullmatch(r"\d{12}", value) else value
    parsed = parse(arn)
    if parsed and parsed.account not in known and not _UNIQUE_ID.match(value):
        yield Principal(arn, PrincipalKind.OUTSIDE, parsed.account)


def service(name: str) -> Principal:
    return Principal(name, PrincipalKind.SERVICE, None)


def _canonical(value: str, known: Collection[str]) -> Iterator[Principal]:
    """A canonical user id stands for an account; whose it is only that account can say, so it may be anybody's."""
    if _CANONICAL.match(value) and value not in known:
        yield Principal(ANYONE, PrincipalKind.OUTSIDE, "*")


def _of_grant(grant: Mapping[str, Json], known: Collection[str]) -> Iterator[Principal]:
    grantee = str(grant.get("GranteePrincipal") or "")
    if grantee.endswith(".amazonaws.com"):
        yield service(grantee)
    elif grantee:
        yield from _of_aws(grantee, known)


def _of_acl(grant: Mapping[str, Json], known: Collection[str]) -> Iterator[Principal]:
    grantee = grant.get("Grantee")
    if not isinstance(grantee, Mapping):
        return
    group = _GROUPS.get(str(grantee.get("URI")))
    if group:
        yield Principal(ANYONE, PrincipalKind.OUTSIDE, "*")
    if group == ANONYMOUS:
        yield Principal(ANONYMOUS, PrincipalKind.ANONYMOUS, None)
    yield from _canonical(str(grantee.get("ID") or ""), known)


def _federated(provider: str, statement: Mapping[str, Json]) -> Iterator[Principal]:
    """One subject class for each audience and subject pattern that is asked for; `*` where none is."""
    audiences, subjects = _asked(statement, "aud"), _asked(statement, "sub")
    yield from (_subject(provider, audience, subject) for audience, subject in product(audiences, subjects))


def _subject(provider: str, audience: str, subject: str) -> Principal:
    key = f"federated:{provider}|{audience}|{subject}"
    return Principal(key, PrincipalKind.FEDERATED, None, provider=provider, audience=audience, subject=subject)


def asked_of(role: Resource) -> Iterator[tuple[str, str, str]]:
    """Provider, audience and subject of everybody whom a role lets in on the word of an identity provider."""
    for principal in _named(role, ()):
        if principal.kind is PrincipalKind.FEDERATED:
            yield principal.provider, principal.audience, principal.subject


def _asked(statement: Mapping[str, Json], claim: str) -> tuple[str, ...]:
    """The patterns that every token must fit in a claim (`…:sub`); the narrowest condition counts."""
    condition = statement.get("Condition")
    wanted: list[tuple[str, ...]] = []
    for operator, keys in condition.items() if isinstance(condition, Mapping) else ():
        for key, patterns in keys.items() if _OPERATOR.match(operator) and isinstance(keys, Mapping) else ():
            if key.lower().endswith(f":{claim}"):
                wanted.append(tuple(sorted(map(str, spread(patterns)))))
    # An exact value beats a pattern, few values beat many.
    return min(wanted, key=lambda w: (any("*" in v for v in w), len(w), w), default=("*",))
