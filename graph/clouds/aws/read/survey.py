"""What all accounts of an estate have in common, told by a few calls of each, before they are read one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from graph.clouds.aws.facts import Account
from graph.clouds.aws.formats.operations import operations
from graph.clouds.aws.read.bedrock import FOUNDATION
from graph.clouds.aws.read.central import FEATURES
from graph.clouds.aws.read.commons import Commons, Watching
from graph.clouds.aws.read.estate import Estate, text, texts, values
from graph.clouds.aws.read.identities import DETAILS
from graph.clouds.aws.read.identity_center import whole_directory
from graph.clouds.aws.read.organization import read_accounts, whole_organizations
from graph.clouds.aws.read.oversight import INVOCATIONS, MODELS, watching
from graph.clouds.aws.read.purpose import USES, bucket_of
from graph.clouds.aws.read.reading import Reading
from graph.clouds.aws.read.recorders import CALLS
from graph.clouds.aws.read.storage import BUCKETS, POLICY
from graph.snapshot import Part, Pieces, Snapshot

_USES = frozenset(use.call for use in USES)
_GROUPS = ("organization", "identity-center")


@cache
def shared() -> frozenset[str]:
    """The calls whose answers are about the organization, or that a directory of people takes part in."""
    groups = {operation.name for operation in operations().values() if operation.group in _GROUPS}
    return frozenset({*groups, FEATURES, "iam-list-account-aliases"})


def shared_answers(snapshots: Sequence[Pieces]) -> list[Snapshot]:
    """Of each snapshot those answers, with all its gaps, in the order of their ids."""
    return [_only(snap, [p for scope in snap.scopes for p in snap.of(scope, shared())]) for snap in _ordered(snapshots)]


def piece(snapshots: Sequence[Pieces], account: str) -> list[Snapshot]:
    """Of each snapshot what one account answered, with the gaps that may be of it."""
    return [_only(snap, snap.of(account), account) for snap in _ordered(snapshots)]


def survey(snapshots: Sequence[Pieces]) -> Commons:
    """Reads a few calls of each account, so that none has to be held."""
    reading = Reading(Estate(shared_answers(snapshots)))
    read = sorted({scope for snap in snapshots for scope in snap.scopes if scope.isdigit()})
    buckets, canonical = _buckets(snapshots)
    accounts = read_accounts(reading, dict.fromkeys(read, "aws"))
    return Commons(
        accounts=accounts,
        read=frozenset(read),
        known=frozenset(scope for snap in snapshots for scope, calls in snap.calls.items() if DETAILS in calls),
        canonical_ids=canonical,
        whole_organizations=whole_organizations(reading),
        collected_at=max((snap.collected_at for snap in snapshots if snap.collected_at), default=None),
        buckets=buckets,
        uses=_uses(snapshots, buckets),
        directory=whole_directory(reading),
        models=any(
            FOUNDATION.call in calls and not reading.answers.lost(scope, FOUNDATION.call)
            for snap in snapshots
            for scope, calls in snap.calls.items()
        ),
        watching=_watching(snapshots, accounts),
    )


def _ordered(snapshots: Sequence[Pieces]) -> list[Pieces]:
    return sorted(snapshots, key=lambda snapshot: snapshot.id)


def _only(snapshot: Pieces, parts: Sequence[Part], account: str = "") -> Snapshot:
    """Gaps of no account, such as those of an organization, may be of any."""
    gaps = tuple(gap for gap in snapshot.gaps if account in ("", gap.scope) or not gap.scope.isdigit())
    return Snapshot(snapshot.cloud, snapshot.scope, tuple(parts), gaps, collected_at=snapshot.collected_at)


def _each(snapshots: Sequence[Pieces], calls: frozenset[str]) -> Iterator[Part]:
    for snap in _ordered(snapshots):
        for scope in snap.scopes:
            if calls & snap.calls[scope]:
                yield from snap.of(scope, calls)


def _buckets(snapshots: Sequence[Pieces]) -> tuple[dict[str, str], dict[str, str]]:
    """The account of each bucket that is listed, or whose policy was read; and that of each canonical user id."""
    listed, named, owners = dict[str, str](), dict[str, str](), dict[str, str]()
    for part in _each(snapshots, frozenset({BUCKETS, POLICY})):
        if part.call == POLICY:
            named["".join(part.arguments)] = part.scope
            continue
        listed |= dict.fromkeys(texts(part.response, "Buckets.Name"), part.scope)
        if owner := text(part.response, "Owner.ID"):
            owners[owner] = part.scope
    return {**named, **listed}, owners


def _watching(snapshots: Sequence[Pieces], accounts: Mapping[str, Account]) -> Watching:
    """Of accounts that manage an organization what they record; of all whether they write invocations down."""

    def wanted(scope: str) -> frozenset[str]:
        managing = scope in accounts and accounts[scope].management
        return frozenset({INVOCATIONS, MODELS, *(CALLS if managing else ())})

    some = [_only(s, [_slim(p) for scope in s.scopes for p in s.of(scope, wanted(scope))]) for s in _ordered(snapshots)]
    return watching(Reading(Estate(some)), accounts.values())


def _slim(part: Part) -> Part:
    """Of models it matters only where there are any."""
    listed = values(part.response, FOUNDATION.member)
    return replace(part, response={FOUNDATION.member: listed[:1]}) if part.call == MODELS else part


def _uses(snapshots: Sequence[Pieces], buckets: Mapping[str, str]) -> Mapping[str, Mapping[str, tuple[Part, ...]]]:
    """By account and call, the answers of other accounts that name its buckets."""
    found: dict[str, dict[str, dict[int, Part]]] = defaultdict(lambda: defaultdict(dict))
    paths: dict[str, list[str]] = defaultdict(list)
    for use in USES:
        paths[use.call].append(use.path)
    for part in _each(snapshots, _USES):
        for named in (name for path in paths[part.call] for name in texts(part.response, path)):
            owner = buckets.get(bucket_of(named), part.scope)
            if owner != part.scope:
                found[owner][part.call][id(part)] = part
    return {
        account: {call: tuple(some.values()) for call, some in of_call.items()} for account, of_call in found.items()
    }
