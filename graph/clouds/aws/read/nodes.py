"""Nodes as they leave this room: those of accounts and outsiders, and which targets everything turned out to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graph.clouds.aws.facts import Account, Principal, PrincipalKind
from graph.clouds.aws.read.credentials import root_facts
from graph.clouds.aws.read.reading import CLOUD, Mark, Reading, identity, root, shown
from graph.clouds.aws.read.trust import ANYONE
from graph.model import Category, Json, Node


def account_nodes(reading: Reading, accounts: Mapping[str, Account], read: Mapping[str, str]) -> Iterator[Node]:
    """Root user and account are one node: administering the account is taking it over."""
    for number, part in sorted(read.items()):
        account, key = accounts[number], root(number, part)
        properties = shown(
            account=number,
            management=account.management or None,
            organization=account.organization,
            path=account.path,
            **root_facts(reading, number, key),
        )
        name = account.name or number
        yield Node(key, "account", name, CLOUD, number, Category.ACCOUNT, "AWS account", ("account",), properties)


def outsider_nodes(outsiders: Iterable[Principal], accounts: Mapping[str, Account]) -> Iterator[Node]:
    """Everyone from elsewhere, named as people know them."""
    for principal in outsiders:
        yield _outsider(principal, accounts)


def _outsider(principal: Principal, accounts: Mapping[str, Account]) -> Node:
    key = principal.key
    if principal.kind is PrincipalKind.ANONYMOUS:
        return identity(key, "anonymous", "Anyone on the internet", "", "Anonymous")
    if principal.kind is PrincipalKind.SERVICE:
        return identity(key, "service", key, "", "AWS service")
    if principal.kind is PrincipalKind.FEDERATED:
        provider = principal.provider.partition("-provider/")[2] or principal.provider
        name = principal.subject if principal.subject != "*" else f"any subject of {provider}"
        asked = {"audience": principal.audience, "subject": principal.subject}
        return identity(key, "federated", name, "", "Federated subject", provider=provider, **asked)
    if key == ANYONE:
        return identity(key, "outside", "Any AWS account", "", "Any AWS account")
    account = principal.account or ""
    known = accounts.get(account)
    name = account if key.endswith(":root") else f"{account} {key.rpartition('/')[2]}"
    about: dict[str, Json] = {"account": account, "organization": known.organization if known else None}
    return identity(key, "outside", known.name or name if known else name, account, "Outside account", **about)


def finished(nodes: Iterable[Node], marks: Iterable[Mark]) -> tuple[Node, ...]:
    """One node for each key, with all the targets it is and why; sorted."""
    by_key: dict[str, Node] = {}
    for node in nodes:
        by_key.setdefault(node.key, node)
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for mark in marks:
        reasons[mark.key].setdefault(mark.target, mark.why)
    marked = {key: _marked(by_key[key], reasons[key]) for key in reasons if key in by_key}
    return tuple(marked.get(key, by_key[key]) for key in sorted(by_key))


def _marked(node: Node, reasons: Mapping[str, str]) -> Node:
    targets = tuple(sorted({*node.targets, *reasons}))
    said = {f"{target}_because": why for target, why in reasons.items()}
    return replace(node, targets=targets, properties=tuple(sorted({**dict(node.properties), **said}.items())))
