"""Who may do what in an AWS estate, for everybody at once: `graph.cloud.Access` over `AwsFacts`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from weakref import ref

import numpy as np

from graph.cloud import Given
from graph.clouds.aws.facts import AwsFacts, Beyond, Principal, Resource
from graph.clouds.aws.policy import assumptions, reference
from graph.clouds.aws.policy.again import Change, change, changed_papers, papers_of, told_alike
from graph.clouds.aws.policy.asking import Estate, decide_for, explain_for, stranger
from graph.clouds.aws.policy.context import Known, given_states, partitions
from graph.clouds.aws.policy.engine import Engine
from graph.clouds.aws.policy.library import Library
from graph.clouds.aws.policy.members import with_members
from graph.clouds.aws.policy.rules import rcp_services
from graph.clouds.aws.policy.trusts import ServiceTrusts
from graph.clouds.aws.policy.universe import Universe
from graph.clouds.aws.policy.witnesses import Witnesses
from graph.model import Decision, Document
from graph.policy.relation import ANYTHING, Classes, Relation, Row, overlaid, reseated, same

# An action, the kind that it is done to, what is given, and under which laws it is asked.
Question = tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...], tuple[tuple[str, bool], ...]]
_NO_RESOURCE = Resource("*", "", None, "*")  # what an action without resource type is done to
_TIME = frozenset({"aws:currenttime", "aws:epochtime"})
_REGION = "aws:requestedregion"
_TRUSTED = ("iam:role", "iam:group")  # their own policies say who may put them on and nothing else


class AwsAccess:
    """The protocol, and what AWS's techniques ask besides.

    `beside` is the access to an estate that these facts are a changed form of; with `same_names` new things get the
    names that they get there, so that answers of both can be put together. `before` is that of an earlier form of the
    facts, all of whose answers stay but those that the difference bears on.
    """

    def __init__(
        self,
        facts: AwsFacts,
        beside: AwsAccess | None = None,
        *,
        same_names: bool = False,
        before: AwsAccess | None = None,
    ) -> None:
        self._facts = facts
        self._change = _small_change(facts, before) if before else None
        self._before = ref(before) if before and self._change else None
        self._relations: dict[Question, Relation] = {}
        self.ground: object | None = None  # for rules, which keep here what they find
        self._named_by = beside if same_names else None
        shared = beside or before
        self._library: Library = shared._library if shared else Library()
        library = self._library  # later estates share what is compiled, and are not to hold on to this access
        self._estate = Estate(facts, Known(facts, lambda document: library.text(document).policy))
        kept = (known.unchanged(facts) for known in (before, beside) if known)
        self._universes = {kind: universe for some in kept for kind, universe in some}

    @cached_property
    def _engine(self) -> Engine:
        """Answers for everybody at once; who only asks single questions never needs it."""
        return Engine(self._estate.known, self._library)

    # ----- the protocol

    @property
    def facts(self) -> AwsFacts:
        return self._facts

    @cached_property
    def identities(self) -> tuple[str, ...]:
        keys = tuple(principal.key for principal in self._facts.principals)
        return self.before.identities if self.before and self.before.identities == keys else keys

    @property
    def before(self) -> AwsAccess | None:
        """The access to an earlier form of the facts, while somebody keeps it."""
        return self._before() if self._before else None

    def actions(self) -> tuple[str, ...]:
        kinds = set(self._facts.resources)
        services = sorted({kind.partition(":")[0] for kind in kinds} | {"sts"})
        found = (action for service in services for action in reference.service_actions(service))
        return tuple(sorted(action for action in found if kinds.intersection(reference.resource_kinds(action))))

    def kinds(self, action: str) -> tuple[str, ...]:
        """`*` stands for the kind of an action that takes no resource."""
        return ANYTHING if reference.takes_no_resource(action) else reference.resource_kinds(action)

    def relation(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        return self._relation(action, kind, given or {})

    def decide(self, identity: str, action: str, resource: str, context: Given | None = None) -> Decision:
        return decide_for(self._estate, identity, action, resource, context)

    def explain(self, identity: str, action: str, resource: str) -> tuple[str, ...]:
        return explain_for(self._estate, identity, action, resource)

    def knows(self, identity: str) -> bool:
        """Also anybody of an account that was not read: what resources say of them is here, the rest is theirs."""
        return identity in self._estate.principals or stranger(self._estate, identity) is not None

    def document(self, name: str) -> Document | None:
        return self._documents.get(name)

    @cached_property
    def _documents(self) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        for principal in self._facts.principals:
            limit = (principal.boundary,) if principal.boundary else ()
            found.update((document.name, document) for document in (*principal.documents, *limit))
        for of_kind in self._facts.resources.values():
            found.update((document.name, document) for resource in of_kind for document in resource.policies)
        for account in self._facts.accounts.values():
            levels = (*(account.scps or ()), *(account.rcps or ()))
            found.update((document.name, document) for level in levels for document in level)
        return found

    def asks_for_time(self, documents: Iterable[Document]) -> bool:
        """Whether some condition of these looks at what time it is."""
        return any(not _TIME.isdisjoint(self._library.text(document).keys) for document in documents)

    def condition_keys(self, document: Document) -> frozenset[str]:
        """What the conditions of a document look at."""
        return self._library.text(document).keys

    def prepare(self) -> None:
        """Compile the policies of every resource now, rather than when a kind is first asked about."""
        for kind in self._facts.resources:
            self._universe(kind)

    # ----- for techniques

    def ceiling(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        """What would be allowed if each identity's own documents allowed everything; their denies stay."""
        return self._relation(action, kind, given or {}, everything=True)

    def opened(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        """What would be allowed if the resource's own policy named each identity; denies and the organization stay."""
        return self._relation(action, kind, given or {}, named=True)

    def rewritten(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        """What would be allowed if the resource had another policy that names each identity."""
        return self._relation(action, kind, given or {}, named=True, anew=True)

    def bare(self, action: str, kind: str = "", given: Given | None = None) -> Relation:
        """What would be allowed if the resource had no policy."""
        return self._relation(action, kind, given or {}, anew=True)

    def witnesses(self, kind: str) -> tuple[Resource, ...]:
        """Names that a new resource of this kind could get in each account: the universe of `new <kind>`."""
        return self._named_by.witnesses(kind) if self._named_by else self._witnesses.of(kind)

    def regions(self) -> tuple[str, ...]:
        """Regions to call in, as far as conditions tell them apart; none where no condition on the region is there."""
        return self._regions

    @cached_property
    def _regions(self) -> tuple[str, ...]:
        before, now = self.before, self._change
        around = now is None or now.others or now.left or now.scps or now.rcps or now.shapes
        if before is None or around or any(_REGION in self._library.text(paper).keys for paper in self._papers):
            return self._witnesses.regions()
        return before.regions()

    @cached_property
    def _witnesses(self) -> Witnesses:
        return Witnesses(self._engine)

    def service_trust(self, service: str, account: str, source: str = "") -> Row:
        """Which roles a service may assume for work in this account, for one resource of it if that is named.

        Over the universe of `iam:role`.
        """
        return self._trusts.row(service, account, source)

    @cached_property
    def _trusts(self) -> ServiceTrusts:
        before, now = self.before, self._change
        if before and now and "iam:role" not in now.kinds and not now.rcps:
            return before._trusts
        return ServiceTrusts(self._engine, self._universe("iam:role"))

    def unchanged(self, facts: AwsFacts) -> Iterator[tuple[str, Universe]]:
        """The compiled universes of resources that these facts share. What is known of a resource hangs on accounts."""
        if not told_alike(facts.accounts, self._facts.accounts):
            return
        for kind, universe in self._universes.items():
            derived = kind.startswith(("new ", "touched by "))
            if not derived and facts.resources.get(kind) is self._facts.resources.get(kind):
                yield kind, universe

    # ----- questions to the engine

    def _relation(self, action: str, kind: str, given: Given, **laws: bool) -> Relation:
        asked = (action, self._kind(action, kind), tuple(sorted(given.items())), tuple(sorted(laws.items())))
        if asked not in self._relations:
            before = self.before
            known = before._relations.get(asked) if before else None
            self._relations[asked] = self._amended(asked, before, known) if before and known else self._anew(asked)
        return self._relations[asked]

    def _anew(self, asked: Question) -> Relation:
        return self._worked_out(asked, self._universe(asked[1]))

    # ----- an earlier answer, amended

    def _amended(self, asked: Question, before: AwsAccess, known: Relation) -> Relation:
        """The earlier answer with new ones for those who may be answered otherwise; the very same if nobody is."""
        if not self._stays(asked[0], asked[1], before):
            now = self._anew(asked)
            return known if same(known, now) else now
        if not self._bears_on(asked[0]):
            return known
        universe = self._universe(asked[1])
        if self._seats is not None:
            known = reseated(known, self.identities, self._seats)
            known = replace(known, assumptions=self._assumed(asked[0], universe))
        return overlaid(known, self._few._worked_out(asked, universe), self._differing)

    def _stays(self, action: str, kind: str, before: AwsAccess) -> bool:
        """Whether what is asked about is what it was, for all whom nothing bears on."""
        now, service = self._difference, action.lower().partition(":")[0]
        if now.rcps and (service in rcp_services() or kind.startswith("new ")):
            return False
        if kind.startswith("new "):
            return self._same_names(kind, before)
        if kind in now.kinds:
            return kind in _TRUSTED and kind not in now.shapes and service != "sts"
        return not now.kinds or not any(resource.members for resource in before._universe(kind).resources)

    def _bears_on(self, action: str) -> bool:
        """Whether anybody may be answered otherwise; whose documents alone are others, only where these speak."""
        by_papers = len(self._differing) == len(self._difference.papers)
        if not by_papers or self._seats is not None or self._limits_differ:
            return True
        return any(self._library.speaks(paper, action) for paper in self._papers)

    @cached_property
    def _limits_differ(self) -> bool:
        """A boundary decides by its silence too."""
        return any(now.boundary != was.boundary for now, was in self._rewritten)

    def _same_names(self, kind: str, before: AwsAccess) -> bool:
        """Whether names for new things are the same: they hang on policies too."""
        if kind not in self._universes:
            needed = {item.arn for item in self._few.witnesses(kind.removeprefix("new "))} if self._differing else set()
            if needed <= before._universe(kind).at.keys():
                self._universes[kind] = before._universe(kind)
        return self._universes.get(kind) is before._universe(kind)

    @cached_property
    def _few(self) -> AwsAccess:
        """Those alone who may be answered otherwise."""
        some = tuple(self._facts.principals[i] for i in self._differing)
        return AwsAccess(replace(self._facts, principals=some, beyond=self._seen_by_few), self)

    @cached_property
    def _seen_by_few(self) -> Beyond:
        """Few must know of the rest what a part must; new things are for them to name only in their own accounts."""
        return self._facts.beyond or Beyond(
            frozenset(self._facts.accounts), frozenset(), frozenset(), (), partitions(self._facts.principals)
        )

    @property
    def _difference(self) -> Change:
        if self._change is None:
            raise ValueError("there is no earlier form of the facts")
        return self._change

    @cached_property
    def _differing(self) -> tuple[int, ...]:
        """Where those stand who may be answered otherwise. Tags count for less where a trust lets sessions set them."""
        now, before = self._difference, self.before
        if before is None or "iam:role" not in now.kinds:
            return now.people
        tagged = self._estate.known.session_tagged ^ before._estate.known.session_tagged
        return tuple(sorted({*now.people, *(i for i, key in enumerate(self.identities) if key in tagged)}))

    @cached_property
    def _seats(self) -> Classes | None:
        """Where each identity stood before; none where all stand as they did. Who is new is answered anew."""
        before = self.before
        if before is None or before.identities == self.identities:
            return None
        at = {key: i for i, key in enumerate(before.identities)}
        return np.array([at.get(key, 0) for key in self.identities], np.int32)

    @cached_property
    def _rewritten(self) -> tuple[tuple[Principal, Principal], ...]:
        """Whose documents alone are others, as they are and as they were."""
        before = self.before
        theirs = before._estate.principals if before else {}
        people = (self._facts.principals[i] for i in self._difference.papers)
        return tuple((principal, theirs[principal.key]) for principal in people if theirs)

    @cached_property
    def _papers(self) -> tuple[Document, ...]:
        """The policies that some identity has only now, or had only before."""
        return tuple(paper for now, was in self._rewritten for paper in changed_papers(now, was))

    def _worked_out(self, asked: Question, universe: Universe) -> Relation:
        action, _kind, given, said = asked
        laws = dict(said)
        fixed = {**self._estate.known.of_action(action), **given_states(dict(given))}
        answer = self._engine.answer(action, universe, fixed, **laws)
        if any(resource.members for resource in universe.resources):
            touched = self._touched(universe)
            beside = self._engine.answer(action, touched, fixed, **laws)
            answer = with_members(answer, beside, universe, touched)
        rows = tuple(map(Row._make, answer.rows))
        return Relation(self.identities, universe.names, answer.classes, rows, self._assumed(action, universe))

    def _kind(self, action: str, kind: str) -> str:
        if reference.takes_no_resource(action):
            return "*"
        if kind:
            return kind
        kinds = self.kinds(action)
        return next((each for each in kinds if each in self._facts.resources), kinds[0] if kinds else "")

    def _universe(self, kind: str) -> Universe:
        if kind not in self._universes:
            self._universes[kind] = self._engine.universe(kind, self._resources(kind))
        return self._universes[kind]

    def _resources(self, kind: str) -> tuple[Resource, ...]:
        if kind == "*":
            return (_NO_RESOURCE,)
        if kind.startswith("new "):
            return self.witnesses(kind.removeprefix("new "))
        return self._facts.resources.get(kind, ())

    def _touched(self, universe: Universe) -> Universe:
        """The further resources that calls on these touch."""
        kind = f"touched by {universe.kind}"
        if kind not in self._universes:
            arns = sorted({arn for resource in universe.resources for arn in resource.members})
            self._universes[kind] = self._engine.universe(kind, [self._estate.resource(arn) for arn in arns])
        return self._universes[kind]

    def _assumed(self, action: str, universe: Universe) -> Mapping[str, tuple[str, ...]]:
        """For each scope what was never asked for there, of identities and of resources."""
        found: dict[str, set[str]] = defaultdict(set)
        touched = self._calling | universe.accounts.keys()
        for account in touched & set(self._facts.assumed):
            found[account or ""].update(assumptions.of_caller(self._facts, account))
        for account in universe.accounts.keys() & set(self._facts.assumed):
            found[account or ""].update(assumptions.of_resource(self._facts, account, action, universe.kind))
        return {scope: tuple(sorted(words)) for scope, words in sorted(found.items()) if words}

    @cached_property
    def _calling(self) -> frozenset[str | None]:
        """The accounts of whoever calls."""
        return frozenset(caller.account for caller in self._estate.known.callers.values())


def _small_change(facts: AwsFacts, before: AwsAccess) -> Change | None:
    """What is otherwise; None where so much is that it is as well to ask anew."""
    found = change(facts, before.facts)
    if found is None or len(found.people) * 2 > len(facts.principals):
        return None
    return found if facts.collected_at == before.facts.collected_at else _at_another_time(found, facts, before)


def _at_another_time(found: Change, facts: AwsFacts, before: AwsAccess) -> Change | None:
    """With all whose policies ask for the time as if they were others; None if the organization asks for it."""
    levels = (level for account in facts.accounts.values() for level in (*(account.scps or ()), *(account.rcps or ())))
    if any(map(before.asks_for_time, levels)):
        return None
    people = (i for i, who in enumerate(facts.principals) if before.asks_for_time(papers_of(who)))
    kinds = (
        kind
        for kind, items in facts.resources.items()
        if any(before.asks_for_time(item.policies) for item in items if item.policies)
    )
    others = tuple(sorted({*found.others, *people}))
    return replace(found, others=others, kinds=found.kinds | frozenset(kinds))
