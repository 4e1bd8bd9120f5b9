"""An AWS estate as typed nouns: what `read` makes and `policy`, `techniques` and `targets` ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from graph.model import Document, Facts, Json

Tags = Mapping[str, str]
ELSEWHERE = "000000000000"  # nobody's account, of no organization: to ask what somebody from outside could do


class PrincipalKind(StrEnum):
    """Who can make a request. `outside` is another AWS account or a principal of one; its policies are its affair."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"
    OUTSIDE = "outside"
    FEDERATED = "federated"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """An identity with the policies that bind it. `documents` are its own, attached and its groups' policies.

    `key` is its node key: the ARN, `anonymous`, a service name, or `federated:<provider>|<audience>|<subject pattern>`.
    A document that could not be read has body None. `tags` are None when not known. `claims` are what the provider
    says of a federated subject besides; who is `brokered` does not call STS itself: its broker does, for certain roles.
    """

    key: str
    kind: PrincipalKind
    account: str | None
    uid: str = ""
    tags: Tags | None = None
    documents: tuple[Document, ...] = ()
    boundary: Document | None = None
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()  # ARNs of the managed policies in `documents`
    attached: tuple[str, ...] = ()  # those of them that are attached to it and not only to a group it is in
    provider: str = ""
    audience: str = ""
    subject: str = ""
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    brokered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """Something an action can be done to. `kind` is `service:type` of the service reference (`s3:object`, `iam:role`).

    `policies` are its resource policies (trust policy of a role, bucket and access point policies, key policy).
    `node` is the key of the graph node it belongs to: the bucket of an object class, else its own ARN.
    `runs_as` are role ARNs. `public_block`: RestrictPublicBuckets in force (None: not known).
    `acl` holds S3 grants that object ownership lets count.
    """

    arn: str
    kind: str
    account: str | None
    node: str
    region: str = ""
    tags: Tags | None = None
    policies: tuple[Document, ...] = ()
    runs_as: tuple[str, ...] = ()
    grants: tuple[Mapping[str, Json], ...] = ()
    public_block: bool | None = None
    acl: tuple[Mapping[str, Json], ...] = ()
    abac: bool = True  # its tags take part in authorisation
    members: tuple[str, ...] = ()  # further resources one call touches (models behind an inference profile)
    attributes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """An account and what the organization lays on it.

    `scps` and `rcps` are levels, root first, each a tuple of documents; () when none apply; None when never asked for.
    A level that was asked for and not read holds a document with body None.
    """

    id: str
    name: str = ""
    organization: str | None = None
    path: str | None = None
    management: bool = False
    scps: tuple[tuple[Document, ...], ...] | None = None
    rcps: tuple[tuple[Document, ...], ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """What the facts of a part must know of the rest of the estate.

    `accounts` are those of the part's own identities; `names` the ARNs without an account that things elsewhere have
    already, `services` those that policies name, `tag_keys` the condition keys by which trusts ask for session tags,
    `tokens` who comes with a token of a service, `partitions` those of all identities.
    """

    accounts: frozenset[str]
    names: frozenset[str]
    services: frozenset[str]
    tag_keys: tuple[str, ...]
    partitions: frozenset[str]
    tokens: tuple[Principal, ...] = ()


@dataclass(frozen=True)
class AwsFacts(Facts):
    """Everything the engine needs. `resources` are by kind, sorted by ARN; principals are sorted by key.

    `listed` holds (account, kind) for kinds of host that were listed there; a missing pair was never asked for.
    `canonical_ids` maps S3 canonical user ids to accounts. `whole_organizations` are those whose every account is in
    `accounts`, so that one that is not there is known to be outside. `beyond` is there in a part of a larger estate:
    principals are only the part's own, resources also those of others that may let them in.
    """

    principals: tuple[Principal, ...] = ()
    resources: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    listed: frozenset[tuple[str, str]] = frozenset()
    canonical_ids: Mapping[str, str] = field(default_factory=dict)
    whole_organizations: frozenset[str] = frozenset()
    beyond: Beyond | None = None
