"""What the pages about findings, identities and targets read. Everything starts from `visible_to`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db.models import Count, F, Min, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from ciem.accounts.models import User
from ciem.connections.models import Connection
from ciem.core.paging import Page, map_page, page_of
from ciem.paths.estate import EVERY, Shared, Territory, Wanted, estate_for
from ciem.paths.factors import Factors
from ciem.paths.filters import LIVE, Choice, FindingFilter, facets
from ciem.paths.models import (
    Administrator,
    Amplified,
    Bound,
    Breach,
    ClassMember,
    Danger,
    Finding,
    FindingChange,
    FindingState,
    PolicyDocument,
    Question,
    ScopeName,
    Standing,
    Stepped,
    TargetMember,
    Way,
    Widening,
)
from ciem.paths.studied_queries import (
    ChokePoint,
    amplified,
    chokes_at,
    chokes_on,
    dangers_of,
    entries_passing,
    sees_all_of,
    standing_of,
)
from ciem.paths.witness import Witness
from ciem.scans.models import EstateGraph
from ciem.scans.queries import Coverage, coverage, current_graph
from graph.model import EdgeClass, Node
from graph.store import Neighbour

FACETS = ("state", "verdict", "harm", "target_kind", "entry_kind", "cloud", "scope", "assumed")
FEW = 10  # takeovers shown on the page of a target: each names all who are alike
NEAR = 100  # neighbours shown on the page of a node
_PASSIVE = (EdgeClass.MEMBER_OF, EdgeClass.RUNS_AS)
_HIDDEN = "What decides this was read in a connection that you were not given. Ask an administrator for it."


@dataclass(frozen=True, slots=True)
class FindingPage:
    """Findings that fit a filter, with the further choices and their counts."""

    findings: Page[Finding]
    chosen: FindingFilter
    facets: Mapping[str, tuple[Choice, ...]]


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """The findings on one target that fit a filter: the best few, and how many there are of each verdict."""

    key: str
    name: str
    kind: str
    label: str
    cloud: str
    scope: str
    total: int
    verdicts: Mapping[str, int]
    best: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class GroupedPage:
    """The same set of findings, grouped by target."""

    groups: Page[TargetGroup]
    total: int
    chosen: FindingFilter
    facets: Mapping[str, tuple[Choice, ...]]


@dataclass(frozen=True, slots=True)
class PathPage:
    """One finding with its path, the documents its evidence names, its history and its neighbours in the ranking.

    `way` is the number of the way that `witness` is; `ways` are the numbers, hops and bits of all that the user sees.
    `implied` are the narrower entries it holds for as well, of those that the user may know of: pairs of key and name.
    """

    finding: Finding
    witness: Witness
    documents: Mapping[str, PolicyDocument]
    changes: tuple[FindingChange, ...]
    previous: Finding | None
    next: Finding | None
    same_target: int
    same_entry: int
    implied: tuple[tuple[str, str], ...] = ()
    way: int = 1
    ways: tuple[Way, ...] = ()
    factors: Factors | None = None
    chokes: tuple[ChokePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that binds an identity: how, and through which other node (its key and name), if any."""

    how: str
    document: str
    through: str
    through_name: str


@dataclass(frozen=True, slots=True)
class NodePage:
    """A node with its edges and with the findings that begin, pass or end there.

    `breaches` are what its takeover leads to, `breached_by` the first takeovers that lead to it. `is_whole`: the reader
    sees the whole estate, so `standing` counts over it; `entries` count on visible paths alone.
    """

    node: Node
    graph: EstateGraph
    entering: tuple[Neighbour, ...]
    leaving: tuple[Neighbour, ...]
    belongs: tuple[Neighbour, ...]
    papers: tuple[Paper, ...]
    findings_from: tuple[Finding, ...]
    passing: int
    findings_to: tuple[Finding, ...]
    harms: tuple[tuple[str, str, int], ...]
    administers: tuple[Administrator, ...]
    administrators: tuple[Administrator, ...]
    widenings: tuple[Widening, ...]
    breaches: tuple[Breach, ...]
    breached_by: tuple[Breach, ...]
    breached_by_count: int
    is_whole: bool
    standing: Standing | None
    entries: Mapping[str, int]
    chokes: tuple[ChokePoint, ...]
    dangers: tuple[Danger, ...]
    amplified: Amplified | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Where we stand: how many findings of each kind, the first of them, and what was read."""

    coverage: Coverage
    total: int
    verdicts: Mapping[str, int]
    harms: Mapping[str, int]
    target_kinds: Mapping[str, int]
    entry_kinds: Mapping[str, int]
    states: Mapping[str, int]
    assumed: int
    new: int
    first: tuple[Finding, ...]
    administrators: int
    widenings: int
    changes: tuple[FindingChange, ...]


def findings(user: User) -> QuerySet[Finding]:
    """All the user may see; the path itself is left in the database."""
    return Finding.objects.visible_to(user).defer("path", "leans_on")


def _facets(user: User, chosen: FindingFilter) -> dict[str, tuple[Choice, ...]]:
    return facets(Finding.objects.visible_to(user), chosen, FACETS)


def finding_page(user: User, chosen: FindingFilter, number: int = 1) -> FindingPage:
    """The ranked list."""
    return FindingPage(page_of(chosen.apply(findings(user)), number), chosen, _facets(user, chosen))


def grouped_page(user: User, chosen: FindingFilter, number: int = 1, best: int = 3) -> GroupedPage:
    """The ranked list by target: the target with the highest-ranked finding first."""
    fitting = chosen.apply(findings(user))
    targets = (
        fitting.order_by()
        .values("target_key", "target_name", "target_kind", "target_label", "target_cloud", "target_scope")
        .annotate(total=Count("id"), top=Min("rank"))
        .order_by("top", "target_key")
    )
    page = page_of(targets, number, 20)
    rows: dict[str, list[Finding]] = {}
    for finding in fitting.filter(target_key__in=[target["target_key"] for target in page.rows]):
        rows.setdefault(finding.target_key, []).append(finding)
    groups = map_page(
        page,
        lambda target: TargetGroup(
            target["target_key"],
            target["target_name"],
            target["target_kind"],
            target["target_label"],
            target["target_cloud"],
            target["target_scope"],
            target["total"],
            _tally(finding.verdict for finding in rows[target["target_key"]]),
            tuple(rows[target["target_key"]][:best]),
        ),
    )
    return GroupedPage(groups, fitting.count(), chosen, _facets(user, chosen))


def _tally(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))


def path_page(user: User, key: str, way: int = 1) -> PathPage:
    """One finding by its key and one of its ways, or 404 when either is unknown or foreign."""
    visible = Finding.objects.visible_to(user)
    finding = get_object_or_404(visible.select_related("first_graph", "last_graph"), key=key)
    ways = tuple(Way.objects.visible_to(user).filter(finding=finding, graph=finding.last_graph_id))
    other = next((one for one in ways if one.number == way), None)
    if way != 1 and other is None:
        raise Http404("no such way")
    witness = Witness.load(other.path if other else finding.path)
    documents = PolicyDocument.objects.filter(graph=finding.last_graph_id, name__in=witness.documents)
    live = findings(user).filter(state__in=LIVE)
    return PathPage(
        finding,
        witness,
        {document.name: document for document in documents},
        tuple(finding.changes.select_related("by", "graph")),
        live.filter(rank__lt=finding.rank).order_by("-rank").first(),
        live.filter(rank__gt=finding.rank).order_by("rank").first(),
        live.filter(target_key=finding.target_key).exclude(pk=finding.pk).count(),
        live.filter(entry_key=finding.entry_key).exclude(pk=finding.pk).count(),
        tuple(_implied(user, finding)),
        way,
        ways,
        Factors.load(other.factors if other else finding.factors),
        chokes_on(user, finding),
    )


def _implied(user: User, finding: Finding) -> Iterator[tuple[str, str]]:
    """Who sees everything sees all of them; others those that they see in the current graph."""
    if not finding.implied or (user.is_active and user.sees_everything):
        yield from ((key, name) for key, name in finding.implied)
        return
    with estate_for(user) as estate:
        for key, name in finding.implied:
            with suppress(Http404):
                estate.node(key)
                yield key, name


def node_page(user: User, key: str) -> NodePage:
    """A node of the current graph by its key, identity or target, or 404 when it is unknown or foreign."""
    with estate_for(user) as estate:
        node = estate.node(key)
        entering, leaving = tuple(estate.entering(key, limit=NEAR)), tuple(estate.leaving(key, limit=NEAR))
        belongs = (*estate.leaving(key, _PASSIVE, limit=NEAR), *estate.entering(key, _PASSIVE, limit=NEAR))
    live = findings(user).filter(state__in=LIVE)
    ending = live.filter(target_key=key)
    published = {"graph": estate.graph}
    is_whole, takeovers = sees_all_of(user, estate.graph), _breaches_to(user, key, estate.graph)
    return NodePage(
        node,
        estate.graph,
        entering,
        leaving,
        belongs,
        tuple(_papers(estate.graph, key)),
        tuple(live.filter(entry_key=key)[:NEAR]),
        live.filter(passed__node_key=key).exclude(entry_key=key).count(),
        tuple(ending[:NEAR]),
        tuple(ending.order_by("harm", "verdict").values_list("harm", "verdict").annotate(number=Count("id"))),
        tuple(Administrator.objects.visible_to(user).filter(identity_key=key, **published)),
        tuple(Administrator.objects.visible_to(user).filter(account_key=key, **published)),
        tuple(Widening.objects.visible_to(user).filter(identity_key=key, **published)),
        tuple(_breaches_from(user, key, estate.graph)[:NEAR]),
        tuple(takeovers[:FEW]),
        takeovers.count(),
        is_whole,
        standing_of(estate.graph, key) if is_whole else None,
        {} if is_whole else entries_passing(user, key),
        chokes_at(user, key),
        tuple(dangers_of(user, key)),
        amplified(user).filter(agent_key=key).first(),
    )


def _breaches_from(user: User, key: str, graph: EstateGraph) -> QuerySet[Breach]:
    """Where a takeover of this identity leads. Who is like it is only counted: naming all would be most of the work."""
    classes = ClassMember.objects.filter(identity_key=key, identities__graph=graph).values("identities")
    rows = Breach.objects.visible_to(user).filter(graph=graph, identities__in=classes)
    targets = {f"target_{name}": F(f"targets__{name}") for name in ("members", "words", "count")}
    return rows.annotate(count=F("identities__count"), **targets)


def _breaches_to(user: User, key: str, graph: EstateGraph) -> QuerySet[Breach]:
    """Which takeovers lead to this target."""
    sets = TargetMember.objects.filter(target_key=key, targets__graph=graph).values("targets")
    return breaches(user, graph).filter(targets__in=sets)


def breaches(user: User, graph: EstateGraph | None = None, text: str = "") -> QuerySet[Breach]:
    """What a takeover of any identity leads to, in the current graph unless another is named.

    Each row also has `members` (pairs of key and name) and `count` of its identities, and `target_members` (key, name,
    kind) and `target_count`. `text` keeps the rows with an identity or a target whose key or name holds it.
    """
    rows = Breach.objects.visible_to(user).filter(graph=graph or current_graph())
    if text:
        classes = ClassMember.objects.filter(identity_key__icontains=text).values("identities")
        named = TargetMember.objects.filter(Q(target_key__icontains=text) | Q(target_name__icontains=text))
        of_identities = Q(identities__in=classes) | Q(identities__members__icontains=text)
        rows = rows.filter(of_identities | Q(targets__in=named.values("targets")))
    identities = {name: F(f"identities__{name}") for name in ("members", "words", "count")}
    targets = {f"target_{name}": F(f"targets__{name}") for name in ("members", "words", "count")}
    return rows.annotate(**identities, **targets)


def administrators(user: User) -> QuerySet[Administrator]:
    """The identities that own an account to begin with, in the current graph."""
    return Administrator.objects.visible_to(user).filter(graph=current_graph())


def widenings(user: User) -> QuerySet[Widening]:
    """The identities that can widen their own rights, in the current graph."""
    return Widening.objects.visible_to(user).filter(graph=current_graph())


def nodes_page(
    user: User, *, category: str = "", text: str = "", number: int = 1, size: int = 50
) -> tuple[tuple[Node, ...], bool]:
    """One page of the current graph's nodes, and whether there are more."""
    found = lines_page(user, Wanted(category=category, text=text), number=number, size=size)
    return found.nodes, found.more


@dataclass(frozen=True, slots=True)
class LinesPage:
    """One page of nodes. `shared`: by key, how many more such a line stands for."""

    nodes: tuple[Node, ...]
    more: bool
    shared: Mapping[str, Shared]


def lines_page(
    user: User, wanted: Wanted = EVERY, *, number: int = 1, size: int = 50, first: Sequence[str] = ()
) -> LinesPage:
    """A page of the current graph's nodes, those of `first` before all others; those that are alike share a line."""
    start = (number - 1) * size
    with estate_for(user) as estate:
        found = estate.lines(wanted, first, offset=start, limit=size + 1)
        shared = estate.shared([node.key for node in found[:size]], wanted) if wanted.folded else {}
    return LinesPage(tuple(found[:size]), len(found) > size, shared)


def rule_counts(user: User) -> dict[str, int]:
    """By technique or harm, how many attack paths go by it."""
    live = Finding.objects.visible_to(user).filter(state__in=LIVE)
    return dict(Stepped.objects.filter(finding__in=live).values_list("rule").annotate(number=Count("id")))


def papers(user: User, key: str) -> tuple[Paper, ...]:
    """The documents that bind an identity of the current graph; 404 when the identity is unknown or foreign."""
    with estate_for(user) as estate:
        estate.node(key)
    return tuple(_papers(estate.graph, key))


def _papers(graph: EstateGraph, key: str) -> Iterator[Paper]:
    rows = Bound.objects.filter(graph=graph, identity_key=key).order_by("pk")
    return (Paper(*told) for row in rows for told in row.papers)


def paper(user: User, key: str, name: str) -> PolicyDocument:
    """One of the documents that bind an identity, or 404."""
    if name not in {found.document for found in papers(user, key)}:
        raise Http404("no such document binds it")
    return get_object_or_404(PolicyDocument, graph=current_graph(), name=name)


def scope_names(user: User) -> dict[str, str]:
    """What people call the scopes: by the cloud's own account of itself, else by the connection that reads them."""
    named = Connection.objects.visible_to(user).exclude(scope="").values_list("scope", "name")
    known = ScopeName.objects.visible_to(user).filter(graph=current_graph()).order_by("pk")
    return {**dict(named), **dict(known.values_list("scope", "name"))}


def edges(
    user: User,
    key: str,
    classes: Iterable[EdgeClass] = (),
    *,
    entering: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> tuple[Neighbour, ...]:
    """More edges of a node than its page shows."""
    with estate_for(user) as estate:
        estate.node(key)
        side = estate.entering if entering else estate.leaving
        return tuple(side(key, classes, offset=offset, limit=limit))


def overview(user: User, first: int = 5) -> Overview:
    """What the first page shows."""
    everything = findings(user)
    live = everything.filter(state__in=LIVE)
    graph = current_graph()
    changes = FindingChange.objects.filter(finding__in=everything).select_related("finding", "by")
    return Overview(
        coverage(user),
        live.count(),
        _counts(live, "verdict"),
        _counts(live, "harm"),
        _counts(live, "target_kind"),
        _counts(live, "entry_kind"),
        _counts(everything, "state"),
        live.filter(is_assumed=True).count(),
        live.filter(state=FindingState.OPEN, first_graph=graph).count() if graph else 0,
        tuple(live[:first]),
        administrators(user).count(),
        widenings(user).count(),
        tuple(changes[:10]),
    )


def _counts(rows: QuerySet[Finding], column: str) -> dict[str, int]:
    return dict(rows.order_by(column).values_list(column).annotate(number=Count("id")))


def document(user: User, key: str, name: str) -> PolicyDocument:
    """A document that one finding's evidence names, or 404 when either is unknown or foreign."""
    page = path_page(user, key)
    return get_object_or_404(
        PolicyDocument, graph=page.finding.last_graph_id, name__in=page.witness.documents, name=name
    )


def question(user: User, pk: int) -> Question:
    """A question that was asked, with its answer when there is one; 404 when it is unknown or foreign.

    What decides may lie in a connection that the user was not given, though both ends are theirs: then that is said.
    """
    found = get_object_or_404(Question.objects.visible_to(user).select_related("graph"), pk=pk)
    if found.answer and not _sees_scopes(user, found.graph, found.answer.get("scopes", ())):
        found.answer, found.error = None, _HIDDEN
    return found


def _sees_scopes(user: User, graph: EstateGraph, scopes: Iterable[str]) -> bool:
    needed = Territory.of(graph.snapshots.all()).named(scopes)
    return needed <= set(Connection.objects.visible_to(user).values_list("pk", flat=True))
