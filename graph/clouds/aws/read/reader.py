"""All snapshots of an estate into one set of facts: every noun in turn, then what only all of them together tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from graph.clouds.aws.facts import AwsFacts, Principal, Resource
from graph.clouds.aws.read.assumptions import assumed, hosts
from graph.clouds.aws.read.bedrock import read_bedrock
from graph.clouds.aws.read.beside import beside
from graph.clouds.aws.read.commons import NOTHING_TOLD, Beside, Commons, Rank, Told
from graph.clouds.aws.read.compute import read_compute
from graph.clouds.aws.read.credentials import read_report
from graph.clouds.aws.read.databases import read_databases
from graph.clouds.aws.read.directories import read_directories, read_organization, told_better
from graph.clouds.aws.read.entries import key_entries, nested, outsider_entries
from graph.clouds.aws.read.estate import Estate, text
from graph.clouds.aws.read.exposure import exposed
from graph.clouds.aws.read.file_systems import read_file_systems
from graph.clouds.aws.read.holders import objects_of
from graph.clouds.aws.read.identities import DETAILS, read_identities, read_roots
from graph.clouds.aws.read.lists import read_lists
from graph.clouds.aws.read.named import named_buckets, named_things
from graph.clouds.aws.read.nodes import account_nodes, finished, outsider_nodes
from graph.clouds.aws.read.organization import read_accounts, read_policies, whole_organizations
from graph.clouds.aws.read.oversight import Oversight, overseen
from graph.clouds.aws.read.patterns import buckets_named, resource_patterns
from graph.clouds.aws.read.purpose import by_tags, hints, kept, uses
from graph.clouds.aws.read.reading import CLOUD, Mark, Reading, Thing, parse, prepare
from graph.clouds.aws.read.sagemaker import read_sagemaker
from graph.clouds.aws.read.secrets import read_secrets
from graph.clouds.aws.read.settings import named_secrets, read_settings
from graph.clouds.aws.read.standing import objects_loaded
from graph.clouds.aws.read.storage import BUCKETS, access_points, bucket_resource, bucket_things, buckets
from graph.clouds.aws.read.stores import read_stores
from graph.clouds.aws.read.trust import ai_roles, audiences_of, is_void, ranked_outsiders
from graph.clouds.aws.read.using import using
from graph.clouds.aws.read.vaults import read_vaults
from graph.model import Document, Edge, Entry, Gap, Node, Problem
from graph.snapshot import Snapshot

READERS = (
    read_identities,
    read_policies,
    read_secrets,
    read_compute,
    read_sagemaker,
    read_bedrock,
    read_stores,
    read_databases,
    read_file_systems,
    read_lists,
    read_settings,
    read_vaults,
)
_HINTED = frozenset(
    {
        "codeartifact:repository",
        "dynamodb:table",
        "ec2:snapshot",
        "ec2:volume",
        "elasticfilesystem:file-system",
        "rds:cluster",
        "rds:db",
        "rds:snapshot",
        "redshift:cluster",
        "s3:bucket",
        "s3tables:tablebucket",
        "sns:topic",
    }
)


def read(snapshots: Sequence[Snapshot]) -> AwsFacts:
    """The facts of all AWS snapshots of an estate together."""
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.id)
    return _read(Reading(Estate(ordered)), ordered)[0]


def read_alone(
    account: str, snapshots: Sequence[Snapshot], commons: Commons, told: Told = NOTHING_TOLD
) -> tuple[AwsFacts, Beside]:
    """The facts of one account, and what it tells of others. Snapshots hold but its parts, in the order of their ids.

    Together with `read_shared`, the facts of all accounts are those that are read together.
    """
    reading = Reading(Estate(snapshots), commons=commons, alone=account, told=told)
    return _read(reading, snapshots)


def read_shared(
    snapshots: Sequence[Snapshot], commons: Commons, reserved: Mapping[tuple[str, str], str]
) -> tuple[AwsFacts, Beside]:
    """The facts about what one account holds for all others, such as a directory of people. See `shared_answers`."""
    reading = Reading(Estate(snapshots), commons=commons, roles=dict(reserved))
    return _facts(reading, snapshots, list(read_organization(reading)), {})


def _read(reading: Reading, ordered: Sequence[Snapshot]) -> tuple[AwsFacts, Beside]:
    prepare(reading)
    read_report(reading)
    found = _accounts(reading)
    read_accounts(reading, found)  # its policies tell object classes apart as well
    things = list(chain(read_roots(found), *(reader(reading) for reader in READERS)))
    things += read_directories(reading, things)
    things += _stored(reading, things, found)
    principals = {thing.key: thing for thing in things if isinstance(thing, Principal)}
    things += key_entries(reading, principals, _collected(reading, ordered))
    things += exposed(reading, things, _collected(reading, ordered) or "")
    return _facts(reading, ordered, things, found)


def _accounts(reading: Reading) -> dict[str, str]:
    """The accounts with answers of their own, each with the partition it lies in."""
    numbers = [scope for scope in reading.answers.accounts() if scope.isdigit()]
    partitions = dict.fromkeys(numbers, "aws")
    for place, role in chain(
        reading.answers.items(DETAILS, "RoleDetailList"), reading.answers.items(DETAILS, "UserDetailList")
    ):
        if parsed := parse(text(role, "Arn")):
            partitions[place.account] = parsed.partition
    return partitions


def _stored(reading: Reading, things: Sequence[Thing], accounts: Mapping[str, str]) -> Iterator[Thing]:
    """Buckets with their object classes, and what only policies name: both need every policy read first."""
    listed = buckets(reading)
    principals = [thing for thing in things if isinstance(thing, Principal)]
    unlisted = [p for p in principals if not reading.answers.complete(p.account or "", BUCKETS)]
    taken = listed.keys() | (reading.commons.buckets.keys() if reading.commons else set())
    everywhere = {**listed, **named_buckets(_named_by_account(unlisted), taken)}
    made = {name: bucket_resource(reading, bucket) for name, bucket in sorted(everywhere.items())}
    places = kept(reading)
    valued = [pattern for here in places.values() for patterns in here.values() for pattern in patterns]
    objects = objects_of((*reading.papers.all, *_laid_on(reading)), principals, valued)
    yield from access_points(reading, everywhere, objects)
    classes, loaded = objects.classes(everywhere), objects_loaded(things)
    for name, bucket in made.items():
        keys = dict.fromkeys((*classes[name], *loaded.get(bucket.arn, ())))
        yield from bucket_things(everywhere[name], bucket, keys, places.get(bucket.arn, {}))
    there = {thing.arn for thing in things if isinstance(thing, Resource)}
    named = sorted({*resource_patterns(_own(reading.papers.all)), *reading.told.named})
    yield from named_things(reading, named, accounts, there)


def _laid_on(reading: Reading) -> Iterator[Document]:
    """The policies of the organization that bind an account which is read by itself."""
    account = reading.commons.accounts.get(reading.alone) if reading.commons else None
    for level in (*(account.scps or ()), *(account.rcps or ())) if account else ():
        yield from level


def _own(documents: Iterable[Document]) -> Iterator[Document]:
    """The policies that customers wrote: those of AWS name things of AWS."""
    return (document for document in documents if ":iam::aws:policy/" not in document.name)


def _named_by_account(principals: Iterable[Principal]) -> dict[str, tuple[str, ...]]:
    """The buckets that the customers' own policies name, by the account of those they are attached to."""
    documents: dict[str, dict[str, Document]] = defaultdict(dict)
    for principal in principals:
        documents[principal.account or ""].update((document.name, document) for document in principal.documents)
    return {account: buckets_named(_own(theirs.values())) for account, theirs in documents.items()}


def _facts(
    reading: Reading, snapshots: Sequence[Snapshot], things: Sequence[Thing], found: Mapping[str, str]
) -> tuple[AwsFacts, Beside]:
    accounts = read_accounts(reading, found)
    resources = _resources(things)
    principals = {thing.key: thing for thing in things if isinstance(thing, Principal)}
    everything = [resource for kind in resources.values() for resource in kind]
    outsiders = _outsiders(reading, everything, principals)
    strangers = {key: principal for key, (principal, *_) in outsiders.items()}
    marks = [*(t for t in things if isinstance(t, Mark)), *_marks(reading, everything), *reading.told.marks]
    use = using(reading, things, marks)
    outside = [*outsider_nodes(strangers.values(), accounts), *use.nodes.values()]
    oversight = Oversight(reading, accounts)
    named = finished(_nodes(things, [*account_nodes(reading, accounts, found), *outside]), marks)
    told = overseen(oversight, named, everything)
    there = {node.key for node in told}
    edges = _edges([*things, *use.edges], there)
    known = _known_entries(reading, things, there)
    lets_in = outsider_entries({key: (who, why) for key, (who, why, _rank) in outsiders.items()})
    entries = nested([*lets_in, *use.entries, *known], principals | strangers)
    facts = AwsFacts(
        cloud=CLOUD,
        nodes=told,
        edges=edges,
        entries=tuple(sorted(entries, key=lambda e: (e.kind.value, e.identity))),
        gaps=_gaps(snapshots),
        problems=(*(p for snapshot in snapshots for p in snapshot.problems), *reading.problems),
        assumed=assumed(reading, accounts, found),
        reasons=use.reasons(edges),
        tags=_tags(told, everything),
        collected_at=_collected(reading, snapshots),
        principals=tuple(principal for _, principal in sorted((principals | strangers).items())),
        resources=resources,
        accounts=accounts,
        listed=hosts(reading, found),
        canonical_ids=_canonical_ids(reading),
        whole_organizations=whole_organizations(reading),
    )
    return facts, beside(reading, facts, things, use, outsiders) if reading.commons else Beside()


def _outsiders(
    reading: Reading, resources: Iterable[Resource], principals: Mapping[str, Principal]
) -> dict[str, tuple[Principal, str, Rank]]:
    """Those who are let in from elsewhere, with why; who is known better, or can no longer come, is none of them."""
    known = {*_with_identities(reading), *_canonical_ids(reading)}
    better = told_better(reading)
    return {
        key: told
        for key, told in ranked_outsiders(resources, known, audiences_of(reading)).items()
        if key not in principals and not is_void(told[0], reading) and not better(told[0])
    }


def _tags(nodes: Iterable[Node], resources: Iterable[Resource]) -> dict[str, Mapping[str, str]]:
    """The tags of what is worth attacking."""
    targets = {node.key for node in nodes if node.targets}
    return {thing.arn: thing.tags for thing in resources if thing.tags and thing.arn in targets}


def _collected(reading: Reading, snapshots: Iterable[Snapshot]) -> str | None:
    if reading.commons:
        return reading.commons.collected_at
    return max((s.collected_at for s in snapshots if s.collected_at), default=None)


def _gaps(snapshots: Sequence[Snapshot]) -> tuple[Gap, ...]:
    gaps = {gap for snapshot in snapshots for gap in snapshot.gaps}
    return tuple(sorted(gaps, key=lambda g: (g.scope, g.region, g.call, g.arguments, g.error, g.remedy)))


def _resources(things: Iterable[Thing]) -> dict[str, tuple[Resource, ...]]:
    by_kind: dict[str, dict[str, Resource]] = defaultdict(dict)
    for thing in things:
        if isinstance(thing, Resource):
            by_kind[thing.kind].setdefault(thing.arn, thing)
    return {kind: tuple(found[arn] for arn in sorted(found)) for kind, found in sorted(by_kind.items())}


def _nodes(things: Iterable[Thing], more: Iterable[Node]) -> list[Node]:
    return [*(thing for thing in things if isinstance(thing, Node)), *more]


def _edges(things: Iterable[Thing], nodes: set[str]) -> tuple[Edge, ...]:
    """Edges between nodes that are there; a role that no export shows stays a property of its workload."""
    edges = {thing for thing in things if isinstance(thing, Edge) and {thing.source, thing.target} <= nodes}
    return tuple(sorted(edges, key=lambda e: (e.edge_class.value, e.source, e.target, e.rule, e.harm)))


def _known_entries(reading: Reading, things: Iterable[Thing], nodes: set[str]) -> Iterator[Entry]:
    """Entries that are nodes; a report of keys may be older or newer than the export beside it."""
    for entry in (thing for thing in things if isinstance(thing, Entry)):
        if entry.identity in nodes:
            yield entry
        else:
            words = f"{entry.identity} has a key, but the account's export does not show it"
            remedy, parsed = "Collect report and export at the same time.", parse(entry.identity)
            scope = parsed.account if parsed else ""
            reading.problems.append(Problem("", entry.identity, words, remedy, scope))


def _marks(reading: Reading, resources: Sequence[Resource]) -> Iterator[Mark]:
    """What things are for: told by their use and their tags first, and only then by what they are called."""
    told = list(uses(reading))
    yield from told
    yield from ai_roles(resources)
    used = {mark.key for mark in told}
    for resource in resources:
        if resource.kind in _HINTED and (resource.arn not in used or by_tags(resource)):
            yield from hints(resource)
    yield from named_secrets(resources)


def _with_identities(reading: Reading) -> frozenset[str]:
    """The accounts whose users and roles were read: what they do not show does not exist."""
    if reading.commons:
        return reading.commons.known
    return frozenset(part.scope for part in reading.answers.parts(DETAILS))


def _canonical_ids(reading: Reading) -> dict[str, str]:
    """The canonical user id of each account, as its own buckets tell it."""
    lists = [(part.scope, text(part.response, "Owner.ID")) for part in reading.answers.parts("s3-list-buckets")]
    owners = [(part.scope, text(part.response, "Owner.ID")) for part in reading.answers.parts("s3-get-bucket-acl")]
    told = {owner: account for account, owner in (*owners, *lists) if owner}
    return dict(sorted({**(reading.commons.canonical_ids if reading.commons else {}), **told}.items()))
