"""Where an attacker may start: whoever is let in from elsewhere, and whoever holds a key that does not expire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graph.clouds.aws.facts import Principal, PrincipalKind
from graph.clouds.aws.read.credentials import active_keys
from graph.clouds.aws.read.estate import text
from graph.clouds.aws.read.key_facts import key_entry
from graph.clouds.aws.read.reading import Mark, Reading, Thing, shown
from graph.clouds.aws.read.trust import ANONYMOUS, ANYONE
from graph.model import Entry, EntryKind
from graph.policy.patterns import YES, covers

CREDENTIALS = "iam-list-service-specific-credentials"
_WIDE = {ANONYMOUS: "anybody", ANYONE: "any account"}
# Their tokens are made by builds, and anybody can have some.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc_secure-by-default.html
_BUILDERS = ("token.actions.githubusercontent.com", "gitlab.com", "oidc.circleci.com", "app.terraform.io")
_KINDS = {
    PrincipalKind.ANONYMOUS: EntryKind.ANONYMOUS,
    PrincipalKind.OUTSIDE: EntryKind.OUTSIDE,
    PrincipalKind.FEDERATED: EntryKind.FEDERATED,
}


def outsider_entries(outsiders: Mapping[str, tuple[Principal, str]]) -> Iterator[Entry]:
    """Everyone from elsewhere that a policy lets in, or may; services do not attack."""
    for key, (principal, why) in outsiders.items():
        if principal.kind in _KINDS:
            traits = ("ci",) if principal.provider.endswith(_BUILDERS) else ()
            yield Entry(_KINDS[principal.kind], key, why, traits=traits, facts=shown(open_to=_open_to(principal)))


def _open_to(principal: Principal) -> str:
    """How wide the door is; "" for one with a name on it."""
    if principal.key in _WIDE:
        return _WIDE[principal.key]
    if principal.kind is not PrincipalKind.FEDERATED:
        return ""
    owner, _, rest = principal.subject.removeprefix("repo:").partition("/")
    if principal.provider.endswith(_BUILDERS) and ("*" in owner or principal.subject == "*"):
        return "any repository"
    if principal.provider.endswith(_BUILDERS) and rest.startswith("*"):
        return f"every repository of {owner}"
    return "any subject" if principal.subject == "*" else ""


def key_entries(reading: Reading, principals: Mapping[str, Principal], today: str | None) -> Iterator[Thing]:
    """Users and roots with an active access key or a service's own long-lived credential."""
    users = _users(reading)
    found: dict[str, str] = {}
    for arn, why in active_keys(reading, users):
        found.setdefault(arn, why)
    for place, credential in reading.answers.items(CREDENTIALS, "ServiceSpecificCredentials"):
        holder = users.get((place.account, text(credential, "UserName")), "")
        service = text(credential, "ServiceName")
        if holder and text(credential, "Status") == "Active":
            found.setdefault(holder, f"it holds an active credential for {service}")
            if service.startswith("bedrock"):
                yield Mark(holder, "ai_identity", "it holds a Bedrock API key")
    yield from (key_entry(reading, arn, why, principals.get(arn), today) for arn, why in sorted(found.items()))


def nested(entries: Iterable[Entry], principals: Mapping[str, Principal]) -> Iterator[Entry]:
    """The entries with the wider ones each of them is as well: anybody can call without a name, anybody can open an
    account of their own, and a token with one subject is a token with any subject that a looser pattern takes."""
    everybody = list(entries)
    tokens: dict[str, list[Principal]] = defaultdict(list)
    for entry in everybody:
        if entry.kind is EntryKind.FEDERATED:
            tokens[principals[entry.identity].provider].append(principals[entry.identity])
    open_to_all = [key for key in (ANONYMOUS, ANYONE) if any(e.identity == key for e in everybody)]
    for entry in everybody:
        wider = list(open_to_all[: open_to_all.index(entry.identity)] if entry.identity in open_to_all else open_to_all)
        if entry.kind is EntryKind.FEDERATED:
            mine = principals[entry.identity]
            wider += sorted(token.key for token in tokens[mine.provider] if _is_wider(token, mine))
        yield replace(entry, within=tuple(wider))


def _is_wider(token: Principal, than: Principal) -> bool:
    return (
        token.key != than.key
        and covers(token.audience, than.audience) is YES
        and covers(token.subject, than.subject) is YES
    )


def _users(reading: Reading) -> dict[tuple[str, str], str]:
    details = reading.answers.items("iam-get-account-authorization-details", "UserDetailList")
    return {(place.account, text(user, "UserName")): text(user, "Arn") for place, user in details}
