"""What an account must know of all others while it is read by itself, and what it tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.clouds.aws.facts import Account, Principal
from graph.clouds.aws.read.selectors import Answer, Recorder
from graph.model import Edge, Proof
from graph.snapshot import Part

Rank = tuple[bool, str, str]  # of the policies that name somebody the first tells why it may come


@dataclass(frozen=True, slots=True)
class Mark:
    """A node is also this kind of target, for a reason: found at another thing than the node itself."""

    key: str
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """What other accounts tell of one: patterns that name its things, what things are for, functions agents call."""

    named: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    called: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.named or self.marks or self.called)


NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class Watching:
    """What an organization shows of logs for all its accounts.

    `recorders` are those of whole organizations, by the account that owns them, `known` the accounts of which all are
    known. `invocations` tells, by account and region in which models can be called, whether calls are written down.
    """

    recorders: Mapping[str, tuple[Recorder, ...]] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    invocations: Mapping[tuple[str, str], Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commons:
    """The same for all accounts of an estate that are read one by one.

    `read` are the accounts with answers of their own, `known` those whose identities were read. `buckets` are those
    that some account lists, with the account. `uses` are, by account and call, answers of others that name its buckets.
    `directory`: all assignments of an Identity Center were read. `models`: some account lists foundation models.
    `watching` is what an organization shows of logs.
    """

    accounts: Mapping[str, Account]
    read: frozenset[str]
    known: frozenset[str]
    canonical_ids: Mapping[str, str]
    whole_organizations: frozenset[str]
    collected_at: str | None
    buckets: Mapping[str, str]
    uses: Mapping[str, Mapping[str, tuple[Part, ...]]]
    directory: bool
    models: bool
    watching: Watching = Watching()


@dataclass(frozen=True, slots=True)
class Beside:
    """What an account that was read by itself tells beside its own facts.

    `outsiders` are those that it lets in, each with why and the rank of that reason. `loose` are edges with an end
    that is not its own. `reserved` are the roles that permission sets have become, by account and name. `told` is what
    it tells of others, by account; `kept` where in its buckets lies what something uses.
    """

    outsiders: Mapping[str, tuple[Principal, str, Rank]] = field(default_factory=dict)
    loose: tuple[tuple[Edge, Proof | None], ...] = ()
    reserved: Mapping[tuple[str, str], str] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
