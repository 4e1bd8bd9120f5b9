"""The interval-set engine: one action in one universe, worked out for all callers together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from graph.clouds.aws.facts import Principal, Resource
from graph.clouds.aws.policy import rules
from graph.clouds.aws.policy.callers import OF_STANDING, Callers
from graph.clouds.aws.policy.columns import Columns
from graph.clouds.aws.policy.combine import Answer, Book, Combination, Pages, Rules
from graph.clouds.aws.policy.context import Known
from graph.clouds.aws.policy.contribution import Key, Part, Setting
from graph.clouds.aws.policy.library import Library
from graph.clouds.aws.policy.organization import Organization
from graph.clouds.aws.policy.shared import Shared
from graph.clouds.aws.policy.triples import NOTHING
from graph.clouds.aws.policy.universe import Universe
from graph.policy.collector import uncollected
from graph.policy.patterns import State

Given = Mapping[str, State]


class Engine:
    """Answers are kept: an action is worked out once, and actions that no statement tells apart share one answer.

    What several engines hold is compiled once where they share a library.
    """

    def __init__(self, known: Known, library: Library) -> None:
        self.library, self.known, facts = library, known, known.facts
        with uncollected():
            self.callers = Callers(facts, self.known.callers)
            examples = [facts.principals[i] for i in self.callers.representatives]
            self.columns: Columns[Principal] = Columns(
                facts.principals, self.known.principal, (self.callers.standing, examples), OF_STANDING
            )
            self.book = Book(self.callers, self.library)
            self.organization = Organization(facts, self.library)
        # Of identities and the organization; the library has those of resources, too.
        self.texts = tuple(dict.fromkeys((*self.book.holders, *self.book.bounds, *self.organization.texts())))
        self._parts: dict[Key, Part] = {}
        self._pages: dict[tuple[object, ...], tuple[Setting, Pages]] = {}
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._nothing = Answer(np.zeros(self.callers.size, np.int32), (NOTHING,))  # on what is not there

    def universe(self, kind: str, resources: Sequence[Resource]) -> Universe:
        """Resources, sorted by ARN, with their policies compiled. The kind names it: no two may share one."""
        with uncollected():
            universe = Universe(kind, resources, self.known.resource)
            universe.attach(self.library)
        return universe

    def answer(
        self,
        action: str,
        universe: Universe,
        given: Given,
        *,
        everything: bool = False,
        named: bool = False,
        anew: bool = False,
    ) -> Answer:
        """Everybody's answer. `everything`: as if the identities' own documents allowed everything; `named`: as if
        the resources' own policies named each of them; `anew`: as if they said nothing of what they say now.
        """
        if not universe.size:
            return self._nothing
        speaking = self.library.verbs.speaking(action)
        given = self._heard(speaking, universe, given)
        laws = Rules(
            guarded=universe.guarded(action),
            frozen=universe.frozen(action),
            unable=self.callers.where(lambda caller: rules.unable(action, caller), outside=False),
            always=self.callers.where(lambda caller: rules.always_allowed(action, caller)),
            everything=everything,
            named=named,
            anew=anew,
        )
        key = (universe.kind, speaking, tuple(sorted(given.items())), laws, *_felt(action, universe))
        if key not in self._answers:
            with uncollected():
                self._answers[key] = self._work_out(action, universe, given, laws)
        return self._answers[key]

    def _heard(self, speaking: frozenset[int], universe: Universe, given: Given) -> Given:
        """What is given and something asks for: contexts that nothing tells apart share one answer."""
        if not given or universe.granted:
            return given
        asked = self.library.asked(speaking)
        return {key: state for key, state in given.items() if key in asked}

    def _setting(self, universe: Universe, given: Given) -> tuple[Setting, Pages]:
        key = universe.kind, tuple(sorted(given.items()))
        if key not in self._pages:
            setting = Setting(self.callers, self.columns, universe, given, self.known.constant, self._parts)
            plain = self._setting(universe, {})[1] if given else None
            self._pages[key] = setting, Pages(setting, plain)
        return self._pages[key]

    def _work_out(self, action: str, universe: Universe, given: Given, laws: Rules) -> Answer:
        speaking = self.library.verbs.speaking(action)
        setting, pages = self._setting(universe, given)
        shared = Shared(self.callers, setting, self.organization, action)
        shared.hear_everything(speaking, anew=laws.anew)
        view, views = shared.views(speaking)
        combination = Combination(self.callers, pages, views, view, laws)
        return combination.answer(self.book, speaking, shared.single)


def _felt(action: str, universe: Universe) -> tuple[object, ...]:
    """What tells actions apart besides the statements that speak of them."""
    service = action.lower().partition(":")[0]
    rcps = service in rules.rcp_services() and action.lower() != "kms:retiregrant"
    by_name = (service == "s3" and universe.lists) or universe.granted or universe.grants_unread
    return service == "s3", service == "sts", rcps, action.lower() if by_name else ""
